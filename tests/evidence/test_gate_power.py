"""How often an equal model passes a gate: by hand, and as often as gates on drawn scores let it pass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlab.evidence import gate_power
from ftlab.evidence.gate import FAIL, PASS, UNSURE, gate

HALF = [1, 0] * 100  # 200 items, 50 %


def split_pair(random, items, split, drop=0.0):
    """Scores of two models that split ``split`` of the items, the new one worse by ``drop`` (both shares)."""
    drawn = random.random(items)
    won, lost = drawn < (split - drop) / 2, drawn > 1 - (split + drop) / 2
    old = ~won & (lost | (random.random(items) < 0.7))
    return old.astype(int).tolist(), (won | (old & ~lost)).astype(int).tolist()


def passing(rule, make, trials=400):
    """How often a rule passes on scores made anew, and the power that it states on the mean."""
    rules = [{"metric": "facts", **rule}]
    found = [gate(rules, *({"facts": scores} for scores in make())).checks[0] for _ in range(trials)]
    return sum(one.verdict == PASS for one in found) / trials, sum(one.power.passes for one in found) / trials


@pytest.mark.parametrize(("items", "split", "may_drop"), [(200, 0.2, 5), (300, 0.1, 3), (800, 0.2, 4), (100, 0.3, 10)])
def test_power_is_how_often_an_equal_model_passes(items, split, may_drop):
    random = np.random.default_rng(items)
    share, stated = passing({"may_drop": may_drop}, lambda: split_pair(random, items, split))
    assert stated == pytest.approx(share, abs=0.09)  # standard error over 400 trials 2.5 points; the formula's own 2
    # With the number of items that it names, an equal model passes in 80 %.
    needed = gate_power.of_drop(*map(np.array, split_pair(random, 20000, split)), may_drop / 100, True).items
    share, _ = passing({"may_drop": may_drop}, lambda: split_pair(random, needed, split))
    assert share == pytest.approx(0.8, abs=0.075)


def test_power_of_a_limit_and_of_graded_scores():
    random = np.random.default_rng(1)
    # A baseline of 85 % against a limit of 80 %: an equal model passes as often as is said.
    def rates():
        return [(random.random(300) < 0.85).astype(int).tolist() for _ in range(2)]
    share, stated = passing({"at_least": 80}, rates)
    assert stated == pytest.approx(share, abs=0.12)  # stated from each baseline's own share, which scatters
    power = gate_power.of_limit(np.array([1] * 85 + [0] * 15), 0.05, True)
    def enough():
        return [(random.random(power.items) < 0.85).astype(int).tolist() for _ in range(2)]
    assert passing({"at_least": 80}, enough)[0] == pytest.approx(0.8, abs=0.075)

    def graded():
        old = random.random(150)
        return old.tolist(), np.clip(old + random.normal(0, 0.15, 150), 0, 1).tolist()
    share, stated = passing({"may_drop": 3}, graded)
    assert stated == pytest.approx(share, abs=0.09)


def test_power_by_hand():
    # Graded, 100 differences of -0.1 and +0.1 in turn: s^2 = 100 / 99 * 0.01, may drop 0.02.
    # 0.02 * 10 / 0.100504 - 1.95996 = 0.0300, P(Z < 0.03) = 0.512; items (2.80159 * 0.100504 / 0.02)^2 = 198.2.
    old, new = np.full(100, 0.5), 0.5 + 0.1 * (-1) ** np.arange(100)
    power = gate_power.of_drop(new, old, 0.02, False)
    assert power == (pytest.approx(0.512, abs=1e-3), 199)
    # No drop allowed: an equal model passes in 1 of 40 and no number of items changes it.
    assert gate_power.of_drop(new, old, 0.0, False) == (pytest.approx(0.025), None)
    # 3 points away, 4 unsure, 200 items: 200 * (4 / 3 * 2.80159 / 1.95996)^2 = 726.5.
    assert gate_power.items_to_settle(200, 4, 3) == 727
    shown = str(gate([{"metric": "facts", "may_drop": 5}], {"facts": HALF}, {"facts": HALF}))
    assert "an equal model passes" in shown and "in 100%" in shown


def test_the_number_that_settles_does_so_in_8_of_10():
    random = np.random.default_rng(2)
    truth = np.concatenate([np.full(160, 0.0), np.full(34, -1.0), np.full(6, 1.0)])  # 14 points worse, 20 % split
    distance, half = 0.04, float(1.96 * truth.std() / 200**0.5)  # the limit is 10 points
    needed, settled = gate_power.items_to_settle(200, half, distance), 0
    for _ in range(400):
        old, new = split_pair(random, needed, 0.2, 0.14)
        settled += gate([{"metric": "facts", "may_drop": 10}], {"facts": old}, {"facts": new}).checks[0].verdict == FAIL
    assert settled / 400 == pytest.approx(0.8, abs=0.075)


def test_a_limit_by_hand():
    # A wrong rate of 0 may be 5 %: at the limit the variance of an item is 0.05 * 0.95, at the truth there is none. So
    # an equal model passes for sure once 0.05 sqrt(N) > 1.95996 sqrt(0.0475), from N = 72.99 on.
    assert gate_power.of_limit(np.zeros(100), 0.05, True, -1) == (1, 73)
    assert gate_power.of_limit(np.zeros(72), 0.05, True, -1).passes == 0
    # Graded, 100 scores of 0.4 and 0.6 in turn: s = 0.100504, as far off as in the example above.
    old = 0.5 + 0.1 * (-1) ** np.arange(100)
    assert gate_power.of_limit(old, 0.02, False) == (pytest.approx(0.512, abs=1e-3), 199)
    # A baseline that breaks its own limit, or stands on it: no number of items helps an equal model.
    below, on = (gate_power.of_limit(old, distance, False) for distance in (-0.02, 0.0))
    assert below.items is on.items is None and below.passes < on.passes == pytest.approx(0.025)


@pytest.mark.parametrize("distance", [0.0, -1.0])
def test_what_is_found_beyond_its_limit_is_settled_by_no_number(distance):
    assert gate_power.items_to_settle(200, 4, distance) is None
    assert gate_power.items_to_settle(200, 4, 8) < 200 < gate_power.items_to_settle(200, 4, 4)


def test_where_no_item_is_split_a_half_is_counted():
    # None seen is not taken for none to come; but the more items agree, the fewer can be.
    same = np.ones(100)
    few, many = gate_power.of_drop(same, same, 0.05, True), gate_power.of_drop(np.ones(400), np.ones(400), 0.05, True)
    assert 0.5 < few.passes < many.passes <= 1 and 2 <= many.items < few.items < 100


@given(won=st.integers(0, 30), lost=st.integers(0, 30), drop=st.integers(0, 30), looser=st.floats(1, 5))
def test_law_more_room_helps_and_items_that_fall_together_do_not(won, lost, drop, looser):
    new = np.array([1] * won + [0] * lost + [1] * (200 - won - lost))
    old = np.array([0] * won + [1] * lost + [1] * (200 - won - lost))
    power, wider = (gate_power.of_drop(new, old, points / 100, True) for points in (drop, drop + 5))
    together = gate_power.of_drop(new, old, drop / 100, True, looser)
    assert 0 <= power.passes <= wider.passes + 1e-9 and wider.items <= (power.items or wider.items)
    if power.items and power.items > 2:
        assert together.items >= power.items and (power.passes < 0.5 or together.passes <= power.passes + 1e-9)
    assert gate_power.of_drop(old, new, drop / 100, True) == power  # which of the two is new does not matter


@pytest.mark.parametrize("rule, off, truth", [
    ({"may_drop": 2}, 0, 1.0),  # not one item is split in 40
    ({"may_drop": 10}, 5, 0.875),  # 5 of 40 lost: on the wrong side of the limit
    ({"at_least": 80}, 4, 0.9),
    ({"at_least": 95}, 4, 0.9),
])
def test_the_number_that_settles_shares_does_so_in_8_of_10(rule, off, truth):
    """Fresh experiments with as many items as the note asks for, were the shares as found."""
    old = [1] * 40
    note = gate([{"metric": "facts", **rule}], {"facts": old}, {"facts": [0] * off + [1] * (40 - off)}).checks[0].note
    needed = int(note.partition(" items would settle it in 8 of 10 cases")[0].rpartition("; ")[2].replace(",", ""))
    random, settled = np.random.default_rng(3), 0
    for _ in range(300):
        new = (random.random(needed) < truth).astype(int).tolist()
        check = gate([{"metric": "facts", **rule}], {"facts": [1] * needed}, {"facts": new}).checks[0]
        settled += check.verdict != UNSURE
    assert settled / 300 == pytest.approx(1.0 if truth == 1 else 0.8, abs=0.08)
    if truth == 1:  # half an item more than seen may split, so it asks for more than the 190 that would do
        assert 190 < needed < 600
