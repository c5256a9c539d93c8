import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlab.evidence import clusters
from ftlab.evidence import gate as gates
from ftlab.evidence.gate import FAIL, PASS, UNSURE, gate

HALF = [1, 0] * 100  # 200 items, 50 %


def verdicts(rules, baseline, candidate, **named):
    return [check.verdict for check in gate(rules, baseline, candidate, **named).checks]


def change(won, lost, total=200):
    """Scores of two models: the candidate wins and loses so many items."""
    return [0] * won + [1] * lost + [1] * (total - won - lost), [1] * won + [0] * lost + [1] * (total - won - lost)


@pytest.mark.parametrize(("won", "lost", "verdict"), [
    (2, 2, PASS),  # 0 points, interval about -2.8 to +2.8
    (0, 30, FAIL),  # -15 points, interval about -20.6 to -10.7
    (5, 15, UNSURE),  # -5 points, interval about -9.7 to -0.6: the limit of -5 is within
])
def test_three_outcomes_of_a_change(won, lost, verdict):
    base, candidate = change(won, lost)
    found = gate([{"metric": "facts", "may_drop": 5}], {"facts": base}, {"facts": candidate})
    assert [check.verdict for check in found.checks] == [verdict]
    assert found.exit_code == (0 if verdict == PASS else 1)
    assert found.checks[0].allowed == -5 and found.checks[0].items == 200


def test_three_outcomes_of_a_limit():
    # 100 of 200: the Wilson interval is 43.1 to 56.9 %.
    for limit, verdict in ((40, PASS), (50, UNSURE), (60, FAIL)):
        assert verdicts([{"metric": "facts", "at_least": limit}], {"facts": HALF}, {"facts": HALF}) == [verdict]
        down = [{"metric": "facts", "at_most": 100 - limit, "direction": "down"}]
        assert verdicts(down, {"facts": HALF}, {"facts": HALF}) == [verdict]


def test_unsure_can_pass_and_says_how_many_items_would_do():
    base, candidate = change(5, 11)
    found = gate([{"metric": "facts", "may_drop": 5}], {"facts": base}, {"facts": candidate}, unsure="pass")
    assert found.checks[0].verdict == UNSURE and found.exit_code == 0 and "Gate open" in str(found)
    assert "items would settle it in 8 of 10 cases" in found.checks[0].note
    assert gate([{"metric": "facts", "may_drop": 5}], {"facts": base}, {"facts": candidate}).exit_code == 1


@pytest.mark.parametrize("rule", [
    {"at_least": 80, "unit": "percent"}, {"at_least": 0.8, "unit": "share"}, {"at_least": 0.8, "unit": "points of 1"},
    {"at_least": -0.5, "unit": "%"}, {"at_most": 95.5, "direction": "down", "unit": "%"},
    {"at_least": 0.8, "unit": "% of the best"},
])
def test_limits_that_fit_their_unit_are_taken(rule):
    assert verdicts([{"metric": "facts", **rule}], {"facts": 90.0}, {"facts": 90.0}) == [PASS]


def test_lower_is_better_turns_the_drop_round():
    rule = [{"metric": "wrong", "may_drop": 5, "direction": "down"}]
    base, candidate = change(30, 0)  # 15 points more wrong replies
    assert verdicts(rule, {"wrong": base}, {"wrong": candidate}) == [FAIL]
    assert verdicts(rule, {"wrong": candidate}, {"wrong": base}) == [PASS]


def test_single_figures_are_compared_as_they_stand():
    rules = [{"metric": "seconds", "may_drop": 0.3, "at_most": 3, "direction": "down", "unit": "s"},
             {"metric": "facts", "at_least": 57}]
    found = gate(rules, {"seconds": 1.5, "facts": 0.6, "more": 1}, {"seconds": 1.8, "facts": 0.57})
    assert [check.verdict for check in found.checks] == [PASS, PASS, PASS]  # just at the limits, rounding aside
    assert "no interval" in str(found) and "No rule for: more." in str(found)
    assert verdicts(rules[:1], {"seconds": 1.5}, {"seconds": 3.1}) == [FAIL, FAIL]


def test_graded_scores_and_too_few_items():
    base = [0.5 + 0.01 * (i % 5) for i in range(60)]
    rule = [{"metric": "style", "may_drop": 3}]
    assert verdicts(rule, {"style": base}, {"style": [score - 0.2 for score in base]}) == [FAIL]
    assert verdicts(rule, {"style": base}, {"style": base}) == [PASS]
    found = gate(rule, {"style": base[:19]}, {"style": base[:19]})
    assert found.checks[0].verdict == UNSURE and "under 20 items" in found.checks[0].note


def test_graded_scores_without_a_spread_do_not_pass_in_silence():
    base = [0.5 + 0.01 * (i % 5) for i in range(60)]
    drop = [{"metric": "style", "may_drop": 3}]
    same, = gate(drop, {"style": base}, {"style": base}).checks
    assert same.verdict == PASS and "is this the candidate's file?" in same.note
    moved, = gate(drop, {"style": base}, {"style": [score + 0.1 for score in base]}).checks
    assert moved.verdict == PASS and "look at the scorer" in moved.note
    flat, = gate([{"metric": "style", "at_least": 40}], {"style": base}, {"style": [0.5] * 60}).checks
    assert flat.verdict == PASS and "look at the scorer" in flat.note
    assert gate(drop, {"style": base}, {"style": base[::-1]}).checks[0].note == ""
    # Twins of 0 and 1 are no surprise: they have an interval.
    assert gate([{"metric": "facts", "may_drop": 5}], {"facts": HALF}, {"facts": HALF}).checks[0].note == ""


def test_a_share_where_points_are_meant_is_questioned():
    low, = gate([{"metric": "facts", "may_drop": 0.02}], {"facts": HALF}, {"facts": HALF}).checks
    assert "is may_drop 0.02 points meant, 1 item in 5,000? For 2 points write 2" in low.note
    assert "meant" not in gate([{"metric": "facts", "may_drop": 2}], {"facts": HALF}, {"facts": HALF}).checks[0].note
    seconds = [{"metric": "s", "may_drop": 0.02, "direction": "down", "unit": "s"}]
    assert "meant" not in gate(seconds, {"s": 1.0}, {"s": 1.0}).checks[0].note


def test_items_are_matched_by_name():
    base = {f"q{i}": i % 2 for i in range(100)}
    shuffled = dict(reversed(base.items()))
    found = gate([{"metric": "facts", "may_drop": 5}], {"facts": base}, {"facts": shuffled})
    assert found.checks[0].found.value == 0 and found.exit_code == 0
    other = {"x": 1, **{item: base[item] for item in base if item != "q0"}}
    with pytest.raises(ValueError, match=r"same items in both, found 2 in only one of them, such as 'q0'"):
        gate([{"metric": "facts", "may_drop": 5}], {"facts": base}, {"facts": other})


@given(won=st.integers(0, 60), lost=st.integers(0, 60), drop=st.integers(0, 20))
def test_law_allowing_more_never_makes_it_worse(won, lost, drop):
    base, candidate = change(won, lost)
    order = [FAIL, UNSURE, PASS]
    strict, = verdicts([{"metric": "facts", "may_drop": drop}], {"facts": base}, {"facts": candidate})
    loose, = verdicts([{"metric": "facts", "may_drop": drop + 3}], {"facts": base}, {"facts": candidate})
    assert order.index(loose) >= order.index(strict)


@pytest.mark.parametrize(("metric", "scores", "message"), [
    ("tone", HALF, "baseline: expected scores for 'tone', which has a rule, found .'facts'.. Add the scores or take"),
    ("facts", HALF[:-1], "200 scores as list .baseline. and 199"),
    ("facts", 0.5, "one figure .candidate."),
    ("facts", "0.5", "candidate, facts: expected finite numbers from 0 to 1 .* found '0.5'"),
])
def test_scores_that_do_not_go_together_are_named(metric, scores, message):
    with pytest.raises(ValueError, match=message):
        gate([{"metric": metric, "may_drop": 2}], {"facts": HALF}, {"facts": scores})


@pytest.fixture
def paths(tmp_path):
    base, candidate = change(0, 30)
    for name, value in (("rules.json", [{"metric": "facts", "may_drop": 5}]), ("old.json", {"facts": base}),
                        ("new.json", {"facts": candidate}), ("list.json", [1])):
        (tmp_path / name).write_text(json.dumps(value), encoding="utf-8")
    (tmp_path / "rules.csv").write_text("\ufeffmetric,may_drop,at_least\nfacts,5,\n", encoding="utf-8")
    (tmp_path / "long.csv").write_text("metric,may_drop,unit\nfacts,5,s\ntone,2,s,per item\n", encoding="utf-8")
    (tmp_path / "short.csv").write_text("metric,may_drop,unit\n\nfacts,5\n", encoding="utf-8")
    (tmp_path / "comma.csv").write_text("metric;may_drop\nfacts;5\n", encoding="utf-8")
    (tmp_path / "named.json").write_text('{"facts": {"may_drop": 5}}', encoding="utf-8")
    (tmp_path / "broken.json").write_text('{\n"facts": [1,\n', encoding="utf-8")
    (tmp_path / "latin.json").write_bytes('{"caf\u00e9": 1}'.encode("latin-1"))
    (tmp_path / "twice.json").write_text('{"facts": {"q1": 1, "q2": 0, "q1": 0}}', encoding="utf-8")
    return lambda *names: [str(tmp_path / name) for name in names]


@pytest.mark.parametrize("rules", ["rules.json", "rules.csv"])
def test_command_returns_0_and_1(paths, capsys, rules):
    assert gates.main(paths(rules, "old.json", "new.json")) == 1
    shown = capsys.readouterr().out
    assert "FAIL" in shown and "-15 [" in shown and "at least -5 points" in shown
    assert "Gate closed: 0 pass, 1 fail" in shown
    assert gates.main(paths(rules, "old.json", "old.json")) == 0
    assert "PASS" in capsys.readouterr().out


@pytest.mark.parametrize(("names", "message"), [
    (("rules.json", "old.json", "broken.json"), "broken.json line 3: expected JSON"),
    (("rules.json", "old.json", "gone.json"), "gone.json: expected a file to read"),
    (("rules.json", "old.json", "twice.json"), "twice.json: expected each item once, found 1 more than once, such as"),
    (("rules.json", "list.json", "new.json"), "list.json: expected one JSON object"),
    (("rules.json", "latin.json", "new.json"), "latin.json: expected UTF-8 text"),
    (("list.json", "old.json", "new.json"), "list.json: rule 1: expected an object"),
    (("named.json", "old.json", "new.json"), "named.json: expected a list of rules"),
    (("long.csv", "old.json", "new.json"), "long.csv line 3: expected 3 cells as in the header, found 4. Put a text"),
    (("short.csv", "old.json", "new.json"), "short.csv line 3: expected 3 cells as in the header, found 2. Put a text"),
    (("comma.csv", "old.json", "new.json"), "comma.csv line 1: expected columns separated by commas"),
    (("gone.csv", "old.json", "new.json"), "gone.csv: expected a file, found nothing of that name"),
])
def test_command_names_bad_files(paths, capsys, names, message):
    assert gates.main(paths(*names)) == 2
    shown = capsys.readouterr()
    assert message in shown.err and shown.out == ""


def test_command_runs_as_a_module(paths, python):
    done = python("-m", "ftlab.evidence.gate", *paths("rules.json", "old.json", "new.json"))
    assert done.returncode == 1 and "Gate closed" in done.stdout and done.stderr == ""


def test_html_is_escaped():
    found = gate([{"metric": "<i>", "at_least": 40}], {"<i>": HALF}, {"<i>": HALF})
    assert "&lt;i&gt;" in found._repr_html_() and "<i>" not in found._repr_html_()


def test_graded_scores_that_are_all_equal_are_noted_beside_a_drop():
    varied = [0.6, 0.78] * 40  # mean 0.69
    found = gate([{"metric": "tone", "may_drop": 2}], {"tone": varied}, {"tone": [0.7] * 80})
    assert "every item of the candidate scores the same" in found.checks[0].note
    found = gate([{"metric": "tone", "may_drop": 2}], {"tone": [0.7] * 80}, {"tone": varied})
    assert "every item of the baseline scores the same" in found.checks[0].note
    found = gate([{"metric": "right", "may_drop": 50}], {"right": [0, 1] * 40}, {"right": [1] * 80})
    assert "scores the same" not in found.checks[0].note  # all right is a result


@pytest.mark.parametrize("unit", ["%", "percent", "points", "percentage points"])
def test_a_small_drop_on_a_scale_of_percent_is_questioned(unit):
    scores = {"tone": [60.0, 78.0] * 40} if unit != "points" else {"tone": [0.6, 0.78] * 40}
    found = gate([{"metric": "tone", "may_drop": 0.02, "unit": unit}], scores, scores)
    assert "is may_drop 0.02" in found.checks[0].note
    found = gate([{"metric": "tone", "may_drop": 0.02, "unit": "s"}], {"tone": 1.0}, {"tone": 1.0})
    assert "meant" not in found.checks[0].note


def test_items_about_one_thing_count_together_if_it_is_said_what_they_are_about():
    old, new = [0] * 40 + [1] * 40, [1] * 40 + [1] * 36 + [0] * 4
    about = [number // 4 for number in range(80)]  # four items a thing, all alike
    rules = [{"metric": "facts", "may_drop": 5, "at_least": 80}]
    alone = gate(rules, {"facts": old}, {"facts": new}).checks
    together = gate(rules, {"facts": old}, {"facts": new}, about={"facts": about}).checks
    assert together[0].found == clusters.paired_difference(new, old, about).times(100)
    assert together[1].found == clusters.mean_interval(new, about).times(100)
    for one, other in zip(alone, together, strict=True):
        assert other.found.low < one.found.low and other.items == one.items == 80
        assert other.power.passes != one.power.passes
    assert together[0].power.items == pytest.approx(4 * alone[0].power.items, rel=0.06)
    with pytest.raises(ValueError, match="one entry for each item, found 79"):
        gate(rules, {"facts": old}, {"facts": new}, about={"facts": about[1:]})


@pytest.mark.parametrize("rule", [
    {"metric": "m", "unit": "stars", "may_drop": 0.2}, {"metric": "m", "unit": "s", "direction": "down", "at_most": 3},
    {"metric": "m", "may_drop": 2},
])
@pytest.mark.parametrize("score", [0, 1])
def test_scores_that_are_all_zero_or_all_one_are_noted(rule, score):
    note = gate([rule], {"m": [score] * 200}, {"m": [score] * 200}).checks[0].note
    assert note.endswith(": look at the scorer"), note


def test_what_is_named_in_about_must_have_a_rule():
    with pytest.raises(ValueError, match="^about: expected metrics that have a rule, found 'M'. Correct the name"):
        gate([{"metric": "m", "may_drop": 2}], {"m": [1, 0] * 50}, {"m": [1, 0] * 50}, about={"M": list(range(100))})


@pytest.mark.parametrize(("unit", "scores", "asked"), [
    ("ROUGE", [30.5, 41.0], True), ("bleu", [12.0, 55.0], True), ("ROUGE", [0.3, 0.4], False),
    ("s", [30.5, 41.0], False),
    ("review score", [3.5, 4.0], False), ("ELO score", [1500.0, 1600.0], False),
])
def test_a_scale_to_a_hundred_is_told_by_the_scores_where_its_name_leaves_it_open(unit, scores, asked):
    found = gate([{"metric": "m", "may_drop": 0.02, "unit": unit}], {"m": scores * 50}, {"m": scores * 50})
    assert ("is may_drop 0.02" in found.checks[0].note) is asked


def test_items_of_a_table_are_matched_by_their_index():
    import pandas as pd

    old = pd.Series([1, 0] * 50, index=[f"q{i}" for i in range(100)])
    same = gate([{"metric": "m", "may_drop": 2}], {"m": old}, {"m": old[::-1]}).checks[0].found
    assert same.value == 0 and same.low > -4
    with pytest.raises(ValueError, match="candidate, m: expected each item once, found 1 more than once, such as 'q0'"):
        gate([{"metric": "m", "may_drop": 2}], {"m": old}, {"m": pd.Series([1] * 100, index=["q0"] * 100)})
    part = pd.Series([1, 0] * 100)[100:]  # beside a list its index says nothing
    assert gate([{"metric": "m", "may_drop": 2}], {"m": part}, {"m": part.tolist()}).checks[0].found.value == 0
    with pytest.raises(ValueError, match="candidate, m: expected finite numbers"):
        gate([{"metric": "m", "may_drop": 2}], {"m": [1, 0] * 50}, {"m": pd.DataFrame({"m": [1, 0] * 50})})
