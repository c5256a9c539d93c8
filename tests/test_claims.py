import json
import math
import sys

import matplotlib
import pytest

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from ftlab import claims, figures, files
from ftlab.workshop import reference

TABLE = """id,notebook,statement,effect,unit,at_least,at_most,tolerance,experiment
gain,02_x,"Tuning helps, a lot.",tuned minus base,points,30,,2,fake_experiment:measure
cost,02_x,Tuning costs little.,base minus tuned,points,,5,,fake_experiment:measure
other,03_x,Rank is a dial.,spread,points,-1,1,,fake_experiment:unused
"""
EXPERIMENT = """
import pathlib
def measure(seed):
    log = pathlib.Path(__file__).with_name("log.txt")
    log.write_text((log.read_text() if log.exists() else "") + f"{seed} ")
    if seed == 99:
        raise RuntimeError("the power went")
    return {"gain": {"effect": 40 + seed, "right": [seed, 1]}, "cost": {"effect": 4.0 + seed}}
def unused(seed):
    return {"gain": {"effect": 1.0}}
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A course of its own with three claims and a fake experiment."""
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path))
    monkeypatch.delenv("FTLAB_MODEL", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "fake_experiment", raising=False)
    files.write_text(tmp_path / "data" / "claims.csv", TABLE)
    files.write_text(tmp_path / "fake_experiment.py", EXPERIMENT)
    yield tmp_path
    sys.modules.pop("fake_experiment", None)


def seeds_run(home):
    return [int(seed) for seed in (home / "log.txt").read_text().split()]


@pytest.mark.parametrize(("claim_id", "low", "high", "verdict"), [
    ("gain", 30, 50, "holds"),  # at least 30: the whole interval is
    ("gain", 29.9, 50, "mixed"),
    ("gain", 10, 29.9, "does not hold here"),
    ("cost", -3, 5, "holds"),  # at most 5
    ("cost", 4, 6, "mixed"),
    ("cost", 5.1, 6, "does not hold here"),
    ("other", -0.5, 0.5, "holds"),  # between -1 and 1
    ("other", -2, 2, "mixed"),
    ("other", 1.5, 2, "does not hold here"),
])
def test_verdict(home, claim_id, low, high, verdict):
    assert claims.find(claim_id).verdict(low, high) == verdict


def test_rule_in_words(home):
    assert [claim.rule for claim in claims.table().values()] == [
        "at least 30 points", "at most 5 points", "at least -1 and at most 1 points"]


def test_expected_range_by_hand(home):
    # Effects 40..44: mean 42, s = 1.5811, t(4) = 2.7764, 2.7764 * 1.5811 * sqrt(1.2) = 4.8089; tolerance 2.
    gain = claims.find("gain")
    assert claims.expected_range(gain, [40, 41, 42, 43, 44]) == pytest.approx((35.1911, 48.8089), abs=1e-4)
    # Runs that agree leave no spread: the tolerance alone.
    assert claims.expected_range(gain, [42.0] * 5) == (40, 44)
    # Nine runs at 0 and one at 10: s = sqrt(10), 1 + 2.2622 * 3.1623 * sqrt(1.1) = 8.5, so the run at 10 is the end.
    assert claims.expected_range(gain, [0] * 9 + [10])[1] == 12


def test_runs_over_seeds_become_a_reference(home, capsys):
    assert reference.main(["--only", "gain"]) == 0
    known = claims.reference("gain")
    # Mean 42, t-interval 42 +- 2.7764 * 1.5811 / sqrt(5) = 42 +- 1.9632: all of it above 30.
    assert (known["effect"], known["verdict"]) == (42, "holds")
    assert (known["low"], known["high"]) == pytest.approx((40.0368, 43.9632), abs=1e-4)
    found = [(run["seed"], run["effect"], run["right"]) for run in known["runs"]]
    assert found == [(seed, 40 + seed, [seed, 1]) for seed in range(5)]
    assert known["command"] == "ftlab claims --only gain --seeds 0 1 2 3 4"
    assert {"id", "statement", "code_version", "machine", "minutes", "date"} <= set(known)
    assert str(home) not in json.dumps(known)
    # Costs 4..8 with mean 6 +- 1.96: partly below the limit of 5, so mixed. One experiment served both claims.
    assert claims.reference("cost")["verdict"] == "mixed"
    assert seeds_run(home) == [0, 1, 2, 3, 4]
    assert reference.verify() == []
    assert "[5/5] fake_experiment.measure seed 4" in capsys.readouterr().out


def test_a_stopped_command_goes_on_where_it_was(home):
    with pytest.raises(RuntimeError, match="power"):
        reference.main(["--only", "gain", "--seeds", "0", "1", "99", "2"])
    assert claims.reference("gain") is None
    reference.main(["--only", "gain"])
    assert seeds_run(home) == [0, 1, 99, 2, 3, 4]  # 0 and 1 were kept
    reference.main(["--only", "gain", "--seeds", "7"])  # one more seed joins the five
    assert [run["seed"] for run in claims.reference("gain")["runs"]] == [0, 1, 2, 3, 4, 7]
    reference.main(["--only", "gain", "--seeds", "7", "--fresh"])
    assert seeds_run(home)[-2:] == [7, 7]


def test_other_code_or_weights_are_run_again(home):
    reference.main(["--only", "gain"])
    files.write_text(home / "fake_experiment.py", EXPERIMENT.replace("40 + seed", "20 + seed"))
    sys.modules.pop("fake_experiment")
    reference.main(["--only", "gain"])
    assert claims.reference("gain")["verdict"] == "does not hold here"
    files.write_text(home / "data" / "lab-model" / "model.safetensors", "new weights")
    reference.main(["--only", "gain"])
    assert len(seeds_run(home)) == 15


def test_too_few_seeds_write_no_reference(home, capsys):
    assert reference.main(["--only", "gain", "--seeds", "0", "1"]) == 1
    assert claims.reference("gain") is None
    assert "gain: 2 of 5 seeds done" in capsys.readouterr().out


def test_list_runs_nothing(home, capsys):
    assert reference.main(["--list"]) == 0
    shown = capsys.readouterr().out
    assert "gain  (02_x, fake_experiment:measure)" in shown and "at least 30 points; no reference runs" in shown
    assert not (home / "log.txt").exists()


def test_record_compares_with_the_reference(home):
    first = claims.record("gain", 0, 45, 40, 50)
    assert (first.where, first.reference_low, first.verdict) == ("no reference runs yet", None, "holds")
    reference.main(["--only", "gain"])
    inside = claims.record("gain", 3, 45.25, 40, 50, seconds=17)
    assert str(inside) == ("Tuning helps, a lot.\nHere: 45.2 points (95 % interval 40 to 50). Verdict: holds.\nInside "
                           "the range that 5 reference runs lead us to expect (35.2 to 48.8 points).")
    stored = files.read_json(home / "runs" / "claims" / "gain.json")
    assert (stored["where"], stored["seed"]) == ("inside the expected range", 3)
    assert stored["values"] == {"seconds": 17}
    assert {"id", "statement", "verdict", "effect", "low", "high", "unit"} <= set(stored)
    assert (stored["reference_low"], stored["reference_high"]) == pytest.approx((35.1911, 48.8089), abs=1e-4)
    assert claims.record("gain", 0, 35, 29, 41).where == claims.BELOW
    assert claims.record("gain", 0, 49, 45, 55).where == claims.ABOVE
    assert "\n" not in repr(inside)


def test_another_model_is_not_compared(home, monkeypatch):
    reference.main(["--only", "gain"])
    monkeypatch.setenv("FTLAB_MODEL", "HuggingFaceTB/SmolLM2-135M")
    result = claims.record("gain", 0, 45, 40, 50)
    assert (result.where, result.reference_low) == (claims.OTHER_MODEL, None)
    assert "FTLAB_MODEL names another" in str(result)
    with pytest.raises(SystemExit):
        reference.main(["--only", "gain"])
    (home / "data" / "lab-model").mkdir()
    monkeypatch.setenv("FTLAB_MODEL", str(home / "data" / "tuned"))
    assert claims.record("gain", 0, 45, 40, 50).where == claims.OTHER_MODEL
    monkeypatch.setenv("FTLAB_MODEL", str(home / "data" / "lab-model"))  # the bundled model by its path
    assert claims.record("gain", 0, 45, 40, 50).where == claims.INSIDE


@pytest.mark.parametrize("numbers", [(50, 55, 60), (math.nan, 1, 2), (1, 0, math.inf)])
def test_record_refuses_numbers_that_make_no_interval(home, numbers):
    with pytest.raises(ValueError, match="low <= effect <= high"):
        claims.record("gain", 0, *numbers)


def test_numpy_numbers_are_kept(home):
    import numpy as np

    values = {"curve": np.arange(3), "best": {"lr": np.float64(0.5)}}
    claims.record("gain", np.int64(1), np.float32(40), np.float64(35), 45, **values)
    stored = files.read_json(home / "runs" / "claims" / "gain.json")
    assert stored["values"] == {"curve": [0, 1, 2], "best": {"lr": 0.5}}


def test_verify_names_what_was_changed_by_hand(home):
    reference.main(["--only", "gain"])
    known = claims.reference("gain")
    files.write_json(home / "data" / "reference" / "gain.json", {**known, "verdict": "mixed"})
    assert reference.verify() == ["gain.json: verdict is 'mixed', but claims.csv and the runs give 'holds'. "
                               "Run: ftlab claims --only gain --seeds 0 1 2 3 4"]
    files.write_json(home / "data" / "reference" / "gain.json", {**known, "runs": known["runs"][:4]})
    assert "at least 5 runs" in reference.verify()[0]


def test_mistakes_are_named(home):
    with pytest.raises(KeyError, match="gain, cost, other"):
        claims.find("gian")
    with pytest.raises(ValueError, match="expected a dict with the claims"):
        reference.main(["--only", "other"])
    for wrong, message in [("gain,02,a,b,p,much,,,x:y", "line 2"), ("gain,02,a,b,p,,,,x:y", "at least one limit")]:
        files.write_text(home / "data" / "claims.csv", TABLE.splitlines()[0] + "\n" + wrong + "\n")
        with pytest.raises(ValueError, match=message):
            claims.table()
    files.write_text(home / "data" / "claims.csv", TABLE.replace("fake_experiment:measure", "fake_experiment:nothing"))
    with pytest.raises(ValueError, match="module:function"):
        reference.main(["--only", "gain"])


def test_draw_puts_the_run_over_the_reference(home):
    reference.main(["--only", "gain"])
    with plt.style.context(figures.STYLE):
        figure, ax = plt.subplots(figsize=(7, 2.4))
        assert claims.draw("gain", claims.record("gain", 0, 45, 40, 50), ax) is ax
        assert [label.get_text() for label in ax.get_yticklabels()] == ["your run", "5 reference runs"]
        assert ax.get_xlabel() == "tuned minus base (points)"
        assert [text.get_text() for text in ax.texts] == ["range to expect", "holds from 30"]
        figure.canvas.draw()
        plt.close(figure)
        figure, ax = plt.subplots()
        claims.draw("cost", claims.record("other", 0, 0, -1, 1), ax)  # without reference runs
        plt.close(figure)


def test_the_reference_runs_that_the_course_ships_agree_with_its_claims():
    assert claims.table()
    assert reference.verify() == []
