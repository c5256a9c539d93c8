import json
import math
import sys

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from small_course import EXPERIMENT, SEEDS, TABLE, commit, make, runs

from ftlab import claims, figures, files
from ftlab.evidence import intervals
from ftlab.evidence.claim import LAB, NOT_TRIED
from ftlab.model import REAL_FOLDER
from ftlab.workshop import gather, reference, stored, trial


@pytest.fixture
def home(tmp_path, monkeypatch):
    yield from make(tmp_path, monkeypatch)


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
    # Effects 40..44: mean 42, s = 1.5811, t(4) = 2.7764, 2.7764 * 1.5811 * sqrt(1.2) = 4.8089.
    gain = claims.find("gain")
    assert claims.expected_range(gain, runs(40, 41, 42, 43, 44)) == pytest.approx((37.1911, 46.8089), abs=1e-4)
    # Runs that agree leave no spread: the tolerance of 2 alone.
    assert claims.expected_range(gain, runs(*[42.0] * 5)) == (40, 44)
    # No rate can rise by more than 100 points: 96..100 would go on to 102.8.
    assert claims.expected_range(gain, runs(96, 97, 98, 99, 100)) == pytest.approx((93.1911, 100), abs=1e-4)


def test_other_prompts_widen_the_range_by_hand(home):
    # Two runs on 4 prompts, both 50 %: no spread between them; within a run the variance is 4 / 3 * 0.25 = 1 / 3.
    # On 2 of the prompts: extra 10,000 / 3 * (1/2 - 1/4) = 833.3, times 1.95996^2: half 56.58.
    two = [{"seed": i, "effect": 50.0, "by_prompt": "1100"} for i in range(2)]
    gain = claims.find("gain")
    assert claims.expected_range(gain, two, prompts=2) == pytest.approx((-6.58, 100), abs=0.01)
    assert claims.expected_range(gain, two, prompts=4) == claims.expected_range(gain, two) == (48, 52)


def simulated(random, seeds, prompts, mine):
    """Runs in which seed and prompt have luck of their own, and one more on the first ``mine`` prompts."""
    hard = random.normal(0, 1, prompts)
    def right():
        return (random.normal(0.25, 0.12) + random.normal(0, 0.7, prompts) > hard).astype(int)
    known = []
    for seed in range(seeds):
        scores = right()
        known.append({"seed": seed, "effect": 100 * scores.mean(), "by_prompt": "".join(map(str, scores))})
    return known, 100 * right()[:mine].mean()


@pytest.mark.parametrize(("seeds", "prompts", "mine"), [
    (3, 100, 100), (4, 60, 60), (5, 60, 60), (4, 500, 500), (5, 300, 60)])
def test_one_more_run_lands_in_the_range_19_times_in_20(home, seeds, prompts, mine):
    gain, random, inside, widths = claims.find("gain"), np.random.default_rng(seeds + prompts), 0, []
    for _ in range(600):
        known, effect = simulated(random, seeds, prompts, mine)
        low, high = claims.expected_range(gain, known, prompts=mine)
        inside += low <= effect <= high
        widths.append(high - low)
    assert 0.93 <= inside / 600 <= 0.97  # standard error over 600 trials: 0.9 points
    if (seeds, mine) == (4, 500):  # more prompts, a narrower range
        few = [claims.expected_range(gain, simulated(random, 4, 60, 60)[0]) for _ in range(200)]
        assert np.mean(widths) < 0.75 * np.mean([high - low for low, high in few])


def test_runs_over_seeds_become_a_reference(home, capsys):
    assert gather.main(["--only", "gain", *SEEDS]) == 0
    known = claims.reference("gain")
    # Mean 42, t-interval 42 +- 2.7764 * 1.5811 / sqrt(5) = 42 +- 1.9632: all of it above 30.
    assert (known["effect"], known["verdict"]) == (42, "holds")
    assert (known["low"], known["high"]) == pytest.approx((40.0368, 43.9632), abs=1e-4)
    found = [(run["seed"], run["effect"], run["right"]) for run in known["runs"]]
    assert found == [(seed, 40 + seed, [seed, 1]) for seed in range(5)]
    assert known["command"] == "ftlab claims --only gain --seeds 0 1 2 3 4"
    assert {"id", "statement", "commit", "machine", "precision", "libraries", "minutes", "date"} <= set(known)
    assert known["over"] == "seeds" and "torch" in known["libraries"]
    assert set(known["inputs"]) == {"data/lab-model/model.safetensors", "data/table.csv", "fake_experiment.py",
                                    "notebooks/source/02_x.py"}
    assert str(home) not in json.dumps(known)
    # Costs 4..8 with mean 6 +- 1.96: partly below the limit of 5, so mixed. One experiment served both claims.
    assert claims.reference("cost")["verdict"] == "mixed"
    assert seeds_run(home) == [0, 1, 2, 3, 4]
    assert reference.verify() == []
    assert "[5/5] fake_experiment.measure seed 4" in capsys.readouterr().out


def test_a_stopped_command_goes_on_where_it_was(home):
    with pytest.raises(RuntimeError, match="power"):
        gather.main(["--only", "gain", "--seeds", "0", "1", "99", "2"])
    assert claims.reference("gain") is None
    gather.main(["--only", "gain", *SEEDS])
    assert seeds_run(home) == [0, 1, 99, 2, 3, 4]  # 0 and 1 were kept
    gather.main(["--only", "gain", "--seeds", "7"])  # one more seed joins the five
    assert [run["seed"] for run in claims.reference("gain")["runs"]] == [0, 1, 2, 3, 4, 7]
    gather.main(["--only", "gain", "--seeds", "7", "--fresh"])
    assert seeds_run(home)[-2:] == [7, 7]


def test_other_code_data_or_weights_are_run_again(home):
    gather.main(["--only", "gain", *SEEDS])
    files.write_text(home / "fake_experiment.py", EXPERIMENT.replace("40 + seed", "20 + seed"))
    sys.modules.pop("fake_experiment")
    commit(home)
    gather.main(["--only", "gain", *SEEDS])
    assert claims.reference("gain")["verdict"] == "does not hold here"
    for count, (name, text) in enumerate({"data/table.csv": "a,b\n1,3\n", "notebooks/source/02_x.py": "SEED = 1\n",
                                          "data/lab-model/model.safetensors": "new weights"}.items(), start=3):
        files.write_text(home / name, text)
        commit(home)
        faults = reference.verify()
        assert faults == [f"lab/{claim}.json: its runs are stale, since {name} changed. Run: ftlab claims --only "
                          f"{claim} --seeds 0 1 2 3 4" for claim in ("cost", "gain")]
        gather.main(["--only", "gain", *SEEDS])
        assert reference.verify() == [] and len(seeds_run(home)) == 5 * count


def test_a_reference_is_stored_from_a_clean_tree_only(home, capsys):
    files.write_text(home / "fake_experiment.py", EXPERIMENT + "\n# tried something\n")
    with pytest.raises(SystemExit):
        gather.main(["--only", "gain", *SEEDS])
    assert "clean tree" in capsys.readouterr().err and not (home / "log.txt").exists()
    commit(home)
    assert gather.main(["--only", "gain", *SEEDS]) == 0
    assert gather.main(["--only", "other", "--list"]) == 0
    files.write_text(home / "data" / "new.csv", "not committed")  # while it runs, the tree may change under it
    known = files.read_json(home / "runs" / "claims-seeds" / "fake_experiment.measure-0.json")
    assert not known["commit"].endswith("-dirty") and stored.commit().endswith("-dirty")


def test_scores_by_prompt_take_prompts_into_the_interval(home):
    files.write_text(home / "fake_experiment.py", """
import random
def measure(seed):
    draw = random.Random(seed)
    new, old = ([draw.random() < share for _ in range(80)] for share in (0.9, 0.4))
    effect = 100 * (sum(new) - sum(old)) / 80
    return {"gain": {"effect": effect, "by_prompt": new, "against": old}, "cost": {"effect": 1.0 + seed}}
""")
    commit(home)
    assert gather.main(["--only", "gain", *SEEDS]) == 0
    known = claims.reference("gain")
    assert known["over"] == "seeds and prompts" and claims.reference("cost")["over"] == "seeds"
    arms = [[[int(digit) for digit in run[arm]] for run in known["runs"]] for arm in ("by_prompt", "against")]
    assert len(arms[0][0]) == 80 and isinstance(known["runs"][0]["by_prompt"], str)
    found = intervals.paired_difference(*arms).times(100)
    assert (known["effect"], known["low"], known["high"]) == pytest.approx(found, abs=1e-5)
    assert reference.verify() == []
    # A run with its scores is kept with them, and compared with the other seeds.
    result = claims.record("gain", 0, known["runs"][0]["effect"], 0, 90, by_prompt=arms[0][0], against=arms[1][0])
    assert result.reference_runs == 4 and result.values["by_prompt"] == known["runs"][0]["by_prompt"]
    with pytest.raises(ValueError, match="whose mean is the effect"):
        claims.record("gain", 0, 12, 0, 90, by_prompt=arms[0][0], against=arms[1][0])


def test_list_runs_nothing(home, capsys):
    assert gather.main(["--list"]) == 0
    shown = capsys.readouterr().out
    assert "gain  (02_x, fake_experiment:measure)" in shown and "at least 30 points\n  lab: no reference runs" in shown
    assert not (home / "log.txt").exists()


def test_record_compares_with_the_reference(home):
    first = claims.record("gain", 0, 45, 40, 50)
    assert (first.where, first.reference_low, first.verdict) == ("no reference runs yet", None, "holds")
    gather.main(["--only", "gain", *SEEDS])
    inside = claims.record("gain", 3, 45.25, 40, 50, seconds=17)
    # The run with seed 3 is no witness: 40, 41, 42, 44 have mean 41.75, s = 1.7078, t(3) = 3.1824, half 6.0766.
    assert str(inside) == ("Tuning helps, a lot.\nHere: 45.2 points (95 % interval 40 to 50). Verdict: holds.\nInside "
                           "the range that 4 reference runs lead us to expect (35.7 to 47.8 points).")
    stored = files.read_json(home / "runs" / "claims" / "gain.json")
    assert (stored["where"], stored["seed"]) == ("inside the expected range", 3)
    assert stored["values"] == {"seconds": 17}
    assert {"id", "statement", "verdict", "effect", "low", "high", "unit"} <= set(stored)
    assert (stored["reference_low"], stored["reference_high"]) == pytest.approx((35.6734, 47.8266), abs=1e-4)
    # A seed of its own has all five to compare with: 37.2 to 46.8.
    assert claims.record("gain", 9, 37, 29, 41).where == claims.BELOW
    assert claims.record("gain", 9, 47, 45, 55).where == claims.ABOVE
    assert "\n" not in repr(inside)


def test_another_model_is_not_compared(home, monkeypatch):
    gather.main(["--only", "gain", *SEEDS])
    monkeypatch.setenv("FTLAB_MODEL", "HuggingFaceTB/SmolLM2-135M")
    result = claims.record("gain", 0, 45, 40, 50)
    assert (result.where, result.reference_low) == (claims.OTHER_MODEL, None)
    assert "no reference runs of this model" in str(result)
    with pytest.raises(SystemExit):
        gather.main(["--only", "gain", *SEEDS])
    monkeypatch.setenv("FTLAB_MODEL", str(home / "data" / "tuned"))
    assert claims.record("gain", 0, 45, 40, 50).where == claims.OTHER_MODEL
    monkeypatch.setenv("FTLAB_MODEL", str(home / "data" / "lab-model"))  # the lab model by its path
    assert claims.record("gain", 0, 45, 40, 50).where == claims.INSIDE
    for unset in ("", "''", ' "" '):  # as an empty line of a settings file leaves it
        monkeypatch.setenv("FTLAB_MODEL", unset)
        assert claims.record("gain", 0, 45, 40, 50).where == claims.INSIDE
    # Whoever knows which model is at work says so; a model with reference runs of its own is compared with those.
    known = claims.reference("gain")
    files.write_json(claims.reference_path("gain", "smollm2-135m"), {**known, "model": "smollm2-135m"})
    monkeypatch.setenv("FTLAB_MODEL", "HuggingFaceTB/SmolLM2-135M")
    assert claims.record("gain", 0, 45, 40, 50).model == "smollm2-135m"
    assert claims.record("gain", 0, 45, 40, 50).where == claims.INSIDE
    assert claims.record("gain", 0, 45, 40, 50, model=claims.LAB).model == "lab"


def test_a_models_name_is_the_same_however_it_is_written(home, monkeypatch):
    """With quotes, from the project's folder wherever the kernel stands; never one of the course's own by chance."""
    mine, real = home / "mine", home / "models" / REAL_FOLDER
    for folder in (mine, real, home / "elsewhere" / REAL_FOLDER):
        folder.mkdir(parents=True)
    monkeypatch.delenv("FTLAB_MODELS", raising=False)
    monkeypatch.chdir(home / "notebooks")
    for written, name in (
        ("mine", "mine"), ('"mine"', "mine"), (" 'mine' ", "mine"), (str(mine), "mine"), ("./mine/", "mine"),
        ("owner/Model", "model"), ("data/lab-model", LAB), ("''", LAB), (f"models/{REAL_FOLDER}", REAL_FOLDER),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", f"huggingfacetb--{REAL_FOLDER}"), ("someone/lab", "someone--lab"),
        (f"elsewhere/{REAL_FOLDER}", f"elsewhere--{REAL_FOLDER}"),
    ):  # fmt: skip
        monkeypatch.setenv("FTLAB_MODEL", written)
        assert claims.model_named() == name, written


def test_the_lab_model_in_the_real_ones_place_is_not_called_the_real_one(home, monkeypatch):
    files.write_text(home / "data" / "claims.csv", TABLE.replace("measure,lab,30", "measure,real,30"))
    assert claims.record("gain", 0, 45, 40, 50).model == "real"
    monkeypatch.setenv("FTLAB_MODEL", "data/lab-model")
    result = claims.record("gain", 0, 45, 40, 50)
    assert (result.model, result.where) == (LAB, claims.OTHER_MODEL)


def test_what_this_kernel_recorded_is_told_and_not_what_another_wrote_meanwhile(home, monkeypatch):
    monkeypatch.setattr(claims, "RECORDED", {})
    with pytest.raises(KeyError, match="Run the cells above first"):
        claims.recorded("gain")
    claims.record("gain", 0, 45, 40, 50)
    files.write_json(claims.record_path(claims.find("gain"), LAB), {"verdict": "another kernel's"})
    assert (claims.recorded("gain")["verdict"], claims.recorded("gain")["effect"]) == ("holds", 45)
    claims.skip("gain", 1, "nothing was to be chosen")
    assert claims.recorded("gain")["verdict"] == NOT_TRIED


def test_each_model_of_a_claim_has_a_record_of_its_own(home, monkeypatch):
    files.write_text(home / "data" / "claims.csv", TABLE.replace("measure,lab,30", "measure,real lab,30"))
    assert claims.find("gain").models == ("real", "lab")
    claims.record("gain", 0, 45, 40, 50)  # the headline's
    claims.record("gain", 0, 20, 10, 29, model=claims.LAB)
    found = {path.name: files.read_json(path) for path in (home / "runs" / "claims").iterdir()}
    assert {name: (each["model"], each["verdict"]) for name, each in found.items()} == {
        "gain.json": ("real", "holds"), "gain.lab.json": ("lab", "does not hold here")}
    assert {each["where"] for each in found.values()} == {claims.NO_REFERENCE}
    # Whoever puts a model of their own in the real one's place has its record where the real one's was.
    monkeypatch.setenv("FTLAB_MODEL", "someone/Tiny")
    assert claims.record("gain", 0, 45, 40, 50).where == claims.OTHER_MODEL
    assert files.read_json(home / "runs" / "claims" / "gain.json")["model"] == "tiny"


def test_functions_that_try_a_claim_on_two_models_answer_by_model(home, capsys):
    files.write_text(home / "data" / "claims.csv", TABLE.replace("measure,lab,30", "measure,real lab,30"))
    commit(home)
    with pytest.raises(ValueError, match="expected an entry for each of real, lab for gain, found effect, right"):
        gather.main(["--only", "gain", *SEEDS])
    by_model = '{"real": {"effect": 50.0 + seed}, "lab": {"effect": 40 + seed}}'
    code = EXPERIMENT.replace('{"effect": 40 + seed, "right": [seed, 1]}', by_model)
    files.write_text(home / "fake_experiment.py", code)
    sys.modules.pop("fake_experiment")
    commit(home)
    assert gather.main(["--only", "gain", *SEEDS]) == 0
    assert (claims.reference("gain")["effect"], claims.reference("gain", "real")["effect"]) == (42, 52)


def test_functions_have_a_runs_folder_of_their_own(home):
    files.write_text(home / "fake_experiment.py", EXPERIMENT.replace("import pathlib", """import pathlib
from ftlab import paths
def where():
    (paths.runs() / "mine").touch()
    assert len(list(paths.runs().iterdir())) == 1""", 1).replace("    log = ", "    where()\n    log = ", 1))
    commit(home)
    assert gather.main(["--only", "gain", *SEEDS]) == 0
    assert all(path.suffix == ".json" for path in (home / "runs" / "claims-seeds").iterdir())
    assert not (home / "runs" / "mine").exists()


@pytest.mark.parametrize("numbers", [(50, 55, 60), (math.nan, 1, 2), (1, 0, math.inf)])
def test_record_refuses_numbers_that_make_no_interval(home, numbers):
    with pytest.raises(ValueError, match="low <= effect <= high"):
        claims.record("gain", 0, *numbers)


def test_numpy_numbers_are_kept(home):
    values = {"curve": np.arange(3), "best": {"lr": np.float64(0.5)}}
    claims.record("gain", np.int64(1), np.float32(40), np.float64(35), 45, **values)
    stored = files.read_json(home / "runs" / "claims" / "gain.json")
    assert stored["values"] == {"curve": [0, 1, 2], "best": {"lr": 0.5}}


def test_mistakes_are_named(home):
    with pytest.raises(KeyError, match="gain, cost, other"):
        claims.find("gian")
    with pytest.raises(ValueError, match="expected a dict with the claims"):
        gather.main(["--only", "other"])
    for wrong, message in [("gain,02,a,b,p,much,,,x:y,lab,1,", "line 2"),
                           ("gain,02,a,b,p,,,,x:y,,1,", "at least one limit"),
                           ("gain,02,a,b,p,5,,,x:y,,6,", "at most the limit, 5 p, found 6"),
                           ("gain,02,a,b,p,5,,,x:y,,0,", "above 0"), ("gain,02,a,b,p,5,,,,,5,[1]", "JSON object"),
                           ("gain,02,a,b,p,5,,,x:y,,5,\"{\"\"A\"\": 1}\"", "Leave one of the two empty")]:
        files.write_text(home / "data" / "claims.csv", TABLE.splitlines()[0] + "\n" + wrong + "\n")
        with pytest.raises(ValueError, match=message):
            claims.table()
    files.write_text(home / "data" / "claims.csv", TABLE.replace("fake_experiment:measure", "fake_experiment:nothing"))
    commit(home)
    with pytest.raises(ValueError, match="module:function"):
        gather.main(["--only", "gain", *SEEDS])


def test_draw_puts_the_run_over_the_reference(home):
    gather.main(["--only", "gain", *SEEDS])
    with plt.style.context(figures.STYLE):
        figure, ax = plt.subplots(figsize=(7, 2.4))
        assert claims.draw("gain", claims.record("gain", 0, 45, 40, 50), ax) is ax
        assert [label.get_text() for label in ax.get_yticklabels()] == ["your run", "4 reference runs"]
        assert ax.get_xlabel() == "tuned minus base (points)"
        assert [text.get_text() for text in ax.texts] == ["range to expect", "holds from 30"]
        figure.canvas.draw()
        plt.close(figure)
        figure, ax = plt.subplots()
        claims.draw("cost", claims.record("other", 0, 0, -1, 1), ax)  # without reference runs
        plt.close(figure)


def test_of_two_witnesses_nothing_is_expected(home):
    gather.main(["--only", "gain", *SEEDS])
    known = claims.reference("gain")
    files.write_json(claims.reference_path("gain"), {**known, "runs": known["runs"][:3]})
    result = claims.record("gain", 0, 45, 40, 50)
    assert (result.where, result.reference_low, result.reference_runs) == (claims.TOO_FEW, None, 2)
    assert str(result).endswith("There are too few reference runs with other seeds to compare with (2).")
    assert claims.record("gain", 7, 41, 40, 50).where == claims.INSIDE  # it has all three


def test_an_effect_that_is_no_mean_brings_the_luck_of_its_prompts_along(home):
    # The runs' own intervals are 4 +- 1.96: other prompts bring a variance of 1, over 100 prompts 100 for each. Asked
    # of 25, a run has 100 * (1/25 - 1/100) = 3 more: half of the range is 1.95996 * sqrt(3) = 3.3947.
    known = [{"seed": seed, "effect": 4.0, "low": 2.040036, "high": 5.959964, "prompts": 100} for seed in range(4)]
    cost = claims.find("cost")
    assert claims.expected_range(cost, known, 25) == pytest.approx((0.6053, 7.3947), abs=1e-4)
    assert claims.expected_range(cost, known) == (4, 4)
    # Seeds agree, so the interval is that of the prompts, which all runs share: it does not shrink with more seeds.
    found = reference.aggregate(cost, LAB, known)
    assert (found["low"], found["high"], found["over"]) == (2.040036, 5.959964, "seeds and prompts")
    result = claims.record("cost", 0, 4, 2, 6, by_draw=[3, 4, 5], prompts=25)
    assert result.values == {"by_draw": "3 4 5", "prompts": 25}


def test_a_claim_is_tried_by_a_function_on_one_model_and_by_the_notebook_on_the_other(home):
    row = 'both,02_x,Both.,b,points,5,,,real=fake_experiment:measure,lab real,5,"{""PROMPTS"": 4}"\n'
    files.write_text(home / "data" / "claims.csv", TABLE + row)
    both = claims.find("both")
    assert (both.function("lab"), both.function("real")) == ("", "fake_experiment:measure")
    assert trial.Experiment.of(both, "lab") == trial.Experiment("", "02_x", '{"PROMPTS": 4}')
    assert trial.Experiment.of(both, "real") == trial.Experiment("fake_experiment:measure", "02_x", "{}")
    files.write_text(home / "data" / "claims.csv", TABLE + row.replace("real=", "other="))
    with pytest.raises(ValueError, match="experiments of the models lab, real, found one of other"):
        claims.table()


def test_a_function_that_was_stopped_goes_on_with_its_parts_at_the_same_commit(home):
    parts = """import pathlib
from ftlab import paths
def part(number):
    place = paths.runs() / f"part-{number}"
    log = pathlib.Path(__file__).with_name("log.txt")
    if not place.exists():
        log.write_text((log.read_text() if log.exists() else "") + f"{number} ")
        place.touch()
def measure(seed):
    part(seed)
    if seed == 3 and not pathlib.Path(__file__).with_name("go").exists():
        raise RuntimeError("the power went")
    return {"gain": {"effect": 40.0 + seed}, "cost": {"effect": 4.0 + seed}}
"""
    files.write_text(home / "fake_experiment.py", parts)
    files.write_text(home / ".gitignore", "runs/\nlog.txt\n__pycache__/\ngo\n")
    commit(home)
    with pytest.raises(RuntimeError, match="power"):
        gather.main(["--only", "gain", *SEEDS])
    (home / "go").touch()
    assert gather.main(["--only", "gain", *SEEDS]) == 0
    assert seeds_run(home) == [0, 1, 2, 3, 4]  # 3 was kept, though its run came to nothing
    assert all(path.suffix == ".json" for path in (home / "runs" / "claims-seeds").iterdir())


def test_a_seed_that_could_not_try_a_claim_is_no_witness(home, capsys):
    assert claims.skip("gain", 3, "there was nothing to choose") == (
        "Tuning helps, a lot.\nHere: not tried, since there was nothing to choose.")
    record = files.read_json(home / "runs" / "claims" / "gain.json")
    pair = [(claims.find("gain"), "lab")]
    found = trial._recorded(trial.Experiment("", "02_x", "{}"), 3, pair, [record])
    assert found == {"gain": {"lab": {"not tried": "there was nothing to choose"}}}
    files.write_text(home / "fake_experiment.py", EXPERIMENT.replace(
        '"cost": {"effect": 4.0 + seed}', '"cost": {"not tried": "x"} if seed == 1 else {"effect": 4.0 + seed}'))
    commit(home)
    assert gather.main(["--only", "gain", *SEEDS, "5"]) == 0
    assert [run["seed"] for run in claims.reference("cost")["runs"]] == [0, 2, 3, 4, 5]
    assert len(claims.reference("gain")["runs"]) == 6 and reference.verify() == []
    capsys.readouterr()
    assert gather.main(["--only", "gain", *SEEDS, "5"]) == 0  # seed 1 is not run again for it
    assert "1 experiments: 0 runs to do" in capsys.readouterr().out
