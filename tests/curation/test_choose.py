"""Choosing records: turns for intents and subjects, the best first, and two sides that know nothing of each other."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlab.curation import choose


def test_balance_takes_turns_and_the_best_first():
    row = choose.Row
    rows = [row("1", "a", "kettle", "price", 0.2), row("2", "b", "kettle", "price", 0.9),
            row("3", "c", "pan", "price", 0.1), row("4", "d", "pan", "size", 0.5), row("5", "e", "pan", "price", 0.3)]
    assert choose.balance(rows, 2) == [1, 3]  # the best price question about kettles, and the only one about size
    assert choose.balance(rows, 3) == [1, 3, 4]  # then price again, about pans: 0.3 before 0.1
    assert choose.balance(rows, None) == choose.balance(rows, 9) == [0, 1, 2, 3, 4]


def test_split_refuses_a_share_that_is_no_fifth_or_tenth():
    with pytest.raises(ValueError, match=r"between 0.1 and 0.2, found 0\.5"):
        choose.split([], 0.5)
    # Ten customers with two records each of one product: nobody crosses, and one or two products are held out.
    rows = [choose.Row(f"{i}-{j}", f"c{i}", f"p{i}", "price", 1.0) for i in range(10) for j in range(2)]
    sides = choose.split(rows)
    assert "" not in sides and sides.count("test") in (2, 4)


@pytest.mark.parametrize(("size", "held_out", "message"), [
    (0, 0.15, "size: expected at least 1 record to keep, a whole number, or None for all that are good, found 0"),
    (2.5, 0.15, "found 2.5"), ("a", 0.15, "found 'a'"),
    (-3, 0.15, "found -3"),
    (None, 0.09, r"held_out: expected a share between 0\.1 and 0\.2, found 0\.09\. Choose about 0\.15"),
    (5, 0.21, "found 0.21"),
    (5, 15, "found 15"),
    (5, float("nan"), "found nan"),
])
def test_what_cannot_be_chosen_or_split_is_said_at_once(size, held_out, message):
    with pytest.raises(ValueError, match=message):
        choose.check(size, held_out)
    choose.check(1, choose.FEWEST)
    choose.check(None, choose.MOST)


def rows_of(draws):
    return [choose.Row(f"d-{i}", f"c-{customer}", f"p-{about}", f"i-{intent}", quality)
            for i, (customer, about, intent, quality) in enumerate(draws)]


ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 2), st.sampled_from([0.1, 0.5, 0.9])),
                max_size=40).map(rows_of)


@given(rows=ROWS, size=st.integers(1, 45))
def test_law_of_balance(rows, size):
    chosen = choose.balance(rows, size)
    assert chosen == sorted(set(chosen)) and len(chosen) == min(size, len(rows))
    there, taken = Counter(row.intent for row in rows), Counter(rows[i].intent for i in chosen)
    for intent in there:  # it may have less than another only if it has run out, or has its turn next
        assert taken[intent] == there[intent] or taken[intent] >= max(taken.values()) - 1
    for intent, about in {(row.intent, row.about) for row in rows}:
        mine = [i for i, row in enumerate(rows) if (row.intent, row.about) == (intent, about)]
        left = [rows[i].quality for i in mine if i not in chosen]
        assert not left or max(left) <= min((rows[i].quality for i in mine if i in chosen), default=1)


@given(rows=ROWS, size=st.integers(1, 45), seed=st.integers(0, 5))
def test_law_the_order_of_the_records_changes_nothing(rows, size, seed):
    mixed = random.Random(seed).sample(rows, len(rows))
    assert {rows[i].id for i in choose.balance(rows, size)} == {mixed[i].id for i in choose.balance(mixed, size)}
    sides = dict(zip([row.id for row in mixed], choose.split(mixed), strict=True))
    assert [sides[row.id] for row in rows] == choose.split(rows)


@given(rows=ROWS, held_out=st.floats(choose.FEWEST, choose.MOST))
def test_law_of_split(rows, held_out):
    sides = choose.split(rows, held_out)
    assert len(sides) == len(rows) and set(sides) <= {choose.TRAIN, choose.TEST, choose.CROSSING}
    for value in ("customer", "about"):
        of = [{getattr(row, value) for row, side in zip(rows, sides, strict=True) if side == one}
              for one in (choose.TRAIN, choose.TEST)]
        assert not of[0] & of[1]
    for customer in {row.customer for row in rows}:  # each is where most of their records are
        mine = [side for row, side in zip(rows, sides, strict=True) if row.customer == customer]
        assert mine.count(choose.CROSSING) <= len(mine) / 2


@pytest.mark.parametrize(("customers", "products"), [(40, 20), (200, 40)])
def test_about_as_many_are_held_out_as_wished(customers, products):
    draw = random.Random(customers)
    rows = [choose.Row(f"{c}-{i}", f"c{c}", f"p{draw.randrange(products)}", "price", 1.0)
            for c in range(customers) for i in range(draw.choice([1, 1, 1, 2]))]
    for wished in (choose.FEWEST + 0.02, choose.HELD_OUT, choose.MOST - 0.02):
        sides = choose.split(rows, wished)
        share = sides.count(choose.TEST) / (len(sides) - sides.count(choose.CROSSING))
        assert choose.FEWEST <= share <= choose.MOST and share == pytest.approx(wished, abs=0.04)


def test_what_is_all_about_one_thing_is_all_for_training():
    rows = [choose.Row(str(i), f"c{i}", "kettle", "price", 1.0) for i in range(20)]
    assert choose.split(rows) == [choose.TRAIN] * 20
    assert choose.split([]) == [] and choose.balance([], 3) == []
