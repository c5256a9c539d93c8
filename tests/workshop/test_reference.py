"""References: made from their runs by hand, held against the present code, and each fault named with what to run."""

from dataclasses import replace

import pytest
from small_course import EXPERIMENT, SEEDS, TABLE, make, runs

from ftlab import claims, files, paths
from ftlab.evidence.claim import LAB
from ftlab.workshop import gather, inputs, reference, stored, trial


@pytest.fixture
def home(tmp_path, monkeypatch):
    yield from make(tmp_path, monkeypatch)


def test_the_reference_runs_that_the_course_ships_agree_with_its_claims():
    assert claims.table()
    assert reference.verify() == []


def test_too_few_seeds_write_no_reference(home, capsys):
    assert gather.main(["--only", "gain", "--seeds", "0", "1"]) == 1
    assert claims.reference("gain") is None
    assert "gain: 2 of 5 seeds done" in capsys.readouterr().out


def test_verify_names_what_was_changed_by_hand(home):
    gather.main(["--only", "gain", *SEEDS])
    known = claims.reference("gain")
    files.write_json(home / "data" / "reference" / "lab" / "gain.json", {**known, "verdict": "mixed"})
    assert reference.verify() == ["lab/gain.json: verdict is 'mixed', but claims.csv and the runs give 'holds'. "
                               "Run: ftlab claims --only gain --seeds 0 1 2 3 4"]
    files.write_json(home / "data" / "reference" / "lab" / "gain.json", {**known, "runs": known["runs"][:4]})
    assert "at least 5 runs" in reference.verify()[0]


def test_a_word_of_explanation_makes_nothing_stale(home):
    gather.main(["--only", "gain", *SEEDS])
    explained = EXPERIMENT.replace("measure(seed):\n", 'measure(seed):\n    "Why."\n')
    files.write_text(home / "fake_experiment.py", f"# why\n{explained}")
    files.write_text(home / "notebooks" / "source" / "02_x.py", "# Better prose\nSEED = 0  # a dial\n")
    files.write_text(home / "data" / "claims.csv", TABLE.replace("points,30,", "points,41,"))
    assert inputs.changed(claims.reference("gain")["inputs"]) == []
    assert "verdict" in reference.verify()[0] and len(reference.verify()) == 1  # 40 to 44 against 41: mixed now


def test_a_stale_reference_needs_a_reason_with_its_date(home):
    gather.main(["--only", "gain", *SEEDS])
    path, known = home / "data" / "reference" / "lab" / "gain.json", claims.reference("gain")
    files.write_text(home / "data" / "table.csv", "other")
    assert "stale" in " ".join(reference.verify())
    shape = "an object with a date"
    good = stored.excuse(known, "the table's order changed, no run reads it")
    for reason, fault in [(good, None), ({**good, "reason": " "}, "expected a reason"),
                          ({**good, "date": "lately"}, shape), ("later", shape), ({**good, "inputs": {}}, "stale"),
                          ({**good, "dials": {"PROMPTS": 9}}, "the columns experiment and dials")]:
        files.write_json(path, {**known, "stale": reason})
        faults = [one for one in reference.verify() if "gain" in one]
        assert (fault is None and faults == []) or fault in faults[0]
    files.write_json(path, {key: value for key, value in known.items() if key != "inputs"})
    assert "hashes of what its runs read" in " ".join(reference.verify())


def test_prompts_that_stand_or_fall_together_widen_the_reference(home):
    scores = {"by_prompt": "11110000" * 5, "effect": 50.0}
    alone = reference.aggregate(claims.find("gain"), LAB, [{"seed": seed, **scores} for seed in range(5)])
    about = " ".join(str(place // 4) for place in range(40))
    made = [{"seed": seed, **scores, "about": about} for seed in range(5)]
    found = reference.aggregate(claims.find("gain"), LAB, made)
    # Ten things, each right or wrong as a whole: s = 0.527, t(9) = 2.262, 100 * 2.262 * 0.527 / sqrt(10) = 37.7.
    assert (found["low"], found["high"]) == pytest.approx((12.3, 87.7), abs=0.05)
    assert alone["low"] > 30 and alone["high"] < 70


def test_a_range_that_would_notice_nothing_is_a_fault(home, monkeypatch):
    gather.main(["--only", "gain", *SEEDS])
    monkeypatch.setattr(reference, "WIDEST", {"points": 4})
    # Seeds 1..4: 41..44, s = 1.291, t(3) = 3.1824, half 3.1824 * 1.291 * sqrt(1.25) = 4.593.
    cost, gain = reference.verify()
    assert gain == ("lab/gain.json: its range to expect reaches 4.59 points to one side and would notice nothing "
                    "below that, expected 4 at most: run more seeds. Run: ftlab claims --only gain --seeds 0 1 2 3 4")
    for claim_id in ("gain", "cost"):
        files.write_json(claims.reference_path(claim_id), {
            **claims.reference(claim_id), "wide": {"date": "2026-11-26", "reason": "coins"}})
    assert reference.verify() == []


@pytest.mark.parametrize(("unit", "effects", "reach"), [
    # Seeds 1..4: mean 97.5, s = 5, 3.1824 * 5 * sqrt(1.25) = 17.8 down; upwards 100 points end it after 2.5, so that
    # the range is only 20.3 wide.
    ("points", (90, 100, 100, 100), "17.8 points"),
    ("kappa", (0.3, 0.5, 0.3, 0.5), "0.411 kappa"),  # s = 0.11547, 3.1824 * 0.11547 * sqrt(1.25) = 0.4109
    ("kappa", (0.35, 0.45, 0.35, 0.45), ""),  # half of it: 0.205
    ("times", (9, 11, 8, 12), "6.5 times"),  # s = 1.8257, 3.1824 * 1.8257 * sqrt(1.25) = 6.496
])
def test_no_side_of_a_range_and_no_unit_is_let_off(unit, effects, reach):
    claim = replace(claims.find("first-finetune"), unit=unit, smallest=20, tolerance=0)
    faults = reference._wide(claim, {"runs": runs(effects[0], *effects)})
    assert [f"reaches {reach} to one side" in fault for fault in faults] == [True] * bool(reach)


def store(claim_id, model, effects, more):
    """A reference as it would be written, from runs that read nothing."""
    claim, made = claims.find(claim_id), runs(*effects)
    known = {"id": claim_id, "model": model, "statement": claim.statement, "unit": claim.unit, "runs": made,
             **reference.aggregate(claim, model, made), "command": f"ftlab claims --only {claim_id}",
             "inputs": {"data/table.csv": inputs.now("data/table.csv")}, **more}
    files.write_json(claims.reference_path(claim_id, model), known)


def test_the_mean_and_interval_of_runs_by_hand(home):
    # Mean 42, s = 1.5811, t(4) = 2.7764: 42 +- 2.7764 * 1.5811 / sqrt(5).
    found = reference.aggregate(claims.find("gain"), LAB, runs(40, 41, 42, 43, 44))
    assert found == {"effect": 42, "low": pytest.approx(40.0368, abs=1e-4), "high": pytest.approx(43.9632, abs=1e-4),
                     "over": "seeds", "verdict": "holds"}
    # 98, 100, 100: the t-interval goes on to 102.2, which no rate can.
    assert reference.aggregate(claims.find("gain"), LAB, runs(98, 100, 100))["high"] == 100
    found = reference.aggregate(claims.find("cost"), LAB, runs(-1e-9, -1e-9, -1e-9))
    assert str(found["effect"]) == "0.0"  # and not -0.0


def test_seeds_with_prompts_of_their_own_are_judged_by_their_scatter_alone(home):
    # Each seed's prompts split evenly: an interval over them would reach far. Seeds that agree on the mean are sure.
    scores = {"by_prompt": "1" * 21 + "0" * 19, "low": 30.0, "high": 75.0}
    made = [{**run, **scores} for run in runs(52.5, 52.5, 52.5, 52.5, 52.5)]
    shared = reference.aggregate(claims.find("gain"), LAB, made)
    assert shared["low"] < 40 and shared["over"] == "seeds and prompts"
    design = "id,model,kind,prompts,apart,seeds,spread,alike,basis\ngain,lab,shares,40,60,5,3,0,assumed\n"
    files.write_text(paths.data() / "designs.csv", design)
    found = reference.aggregate(claims.find("gain"), LAB, made)
    assert (found["low"], found["high"]) == (52.5, 52.5)
    assert found["over"] == "seeds, each with prompts of its own"


@pytest.mark.parametrize(("claim_id", "model", "more", "fault"), [
    ("gain", "lab", {"id": "gone"}, "data/claims.csv has no claim with the id 'gone' and this name on the model 'lab'"),
    ("gain", "lab", {"model": "real"}, "on the model 'real', or it is not in its model's folder"),
    ("gain", "real", {}, "has no claim with the id 'gain' and this name on the model 'real'"),  # tried on lab alone
    ("gain", "lab", {"unit": "%"}, "unit is '%', but claims.csv and the runs give 'points'. Run: ftlab claims"),
    ("gain", "lab", {"effect": 42.1}, "effect is 42.1, but claims.csv and the runs give 42.0"),
    ("gain", "lab", {"effect": 42.000001}, None),  # of another machine's last digit
    ("gain", "lab", {"runs": runs(40, 41, 42, 43, 44) * 2}, "expected at least 5 runs, each with its own seed, found"),
    ("gain", "lab", {"dials": {"N": 1}}, "the columns experiment and dials in data/claims.csv changed"),
    ("gain", "lab", {"inputs": {"data/gone.csv": "0"}}, "its runs are stale, since data/gone.csv changed. Run: ftlab"),
    ("gain", "lab", {}, None),
])
def test_a_fault_of_a_stored_reference_is_named_with_its_file(home, claim_id, model, more, fault):
    store(claim_id, model, (40, 41, 42, 43, 44), more)
    faults = reference.verify()
    assert len(faults) == (fault is not None) and (not fault or faults[0].startswith(f"{model}/{claim_id}.json: "))
    assert fault is None or fault in faults[0]


def test_a_run_counts_as_done_from_a_clean_tree_and_while_its_inputs_last(home):
    pair = [(claims.find("gain"), "lab")]
    path = reference.seed_path(trial.Experiment.of(*pair[0]), 3)
    assert path == home / "runs" / "claims-seeds" / "fake_experiment.measure-3.json"
    assert not reference.is_done(path, pair)
    run = {"claims": {"gain": {"lab": {"effect": 1}}}, "commit": "abc",
           "inputs": {"data/table.csv": inputs.now("data/table.csv")}}
    for other, done in (({}, True), ({"commit": f"abc{stored.DIRTY}"}, False), ({"inputs": {}}, False),
                        ({"claims": {"gain": {"real": {"effect": 1}}}}, False), ({"claims": {}}, False)):
        files.write_json(path, {**run, **other})
        assert reference.is_done(path, pair) is done, other
    files.write_json(path, run)
    files.write_text(home / "data" / "table.csv", "a,b\n1,9\n")
    assert not reference.is_done(path, pair)
