"""``ftlab claims`` on a small notebook of its own, in real kernels: from its source to a reference that grows stale."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ftlab import claims, files
from ftlab.evidence import intervals
from ftlab.workshop import gather, reference

HEADER = "id,notebook,statement,effect,unit,at_least,at_most,tolerance,experiment,models,smallest,dials\n"
GAIN = 'gain,05_x,Coins fall.,new minus old,points,20,,2,,real lab,20,"{""PROMPTS"": 40, ""SIZES"": {""2"": 5}}"\n'
COST = 'cost,05_x,Coins cost.,loss,nats,,5,,,lab,5,"{""PROMPTS"": 40, ""SIZES"": {""2"": 5}}"\n'
DESIGNS = "id,model,kind,prompts,apart,seeds,spread,alike,basis\ngain,lab,shares,40,60,6,3,0.5,assumed\n"
SOURCE = '''# ---
# jupyter:
#   ftlab:
#     minutes: 0.1
# ---

# %% [markdown]
# # Do coins fall?

# %%
import random

from ftlab import claims, files, paths

# %%
SEED = 0  # whole number; try 1
PROMPTS = 10  # how many; try 20
SIZES = {2: 3}  # not asked for much
PAUSE = 0.0  # seconds

# %%
import time

(paths.runs() / "mine.txt").write_text("x" * SIZES[2])
(paths.runs() / "begun").touch()
share = float(files.read_table(paths.data() / "shares.csv")[0]["share"])
time.sleep(PAUSE)
draw = random.Random(SEED)
new, old = ([draw.random() < each for _ in range(PROMPTS)] for each in (share, 0.2))
effect = 100 * (sum(new) - sum(old)) / PROMPTS

# %%
for model in ("lab", "real"):
    claims.record("gain", SEED, effect, effect - 9, effect + 9, by_prompt=new, against=old, model=model, sizes=SIZES[2])
claims.record("cost", SEED, 1 + SEED, 0, 9, model="lab")
'''


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one notebook, two claims, one of them on two models, and a table."""
    monkeypatch.setattr(reference, "WIDEST", {})  # few coins scatter widely
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(claims.__file__).parents[1]))
    for name in ("FTLAB_MODEL", "FTLAB_MODELS", "FTLAB_RUNS"):
        monkeypatch.delenv(name, raising=False)
    files.write_text(tmp_path / "data" / "claims.csv", HEADER + GAIN + COST)
    files.write_text(tmp_path / "data" / "designs.csv", DESIGNS)
    files.write_text(tmp_path / "data" / "shares.csv", "share\n0.9\n")
    files.write_text(tmp_path / "notebooks" / "source" / "05_x.py", SOURCE)
    files.write_text(tmp_path / ".gitignore", "runs/\n")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(home: Path, *command: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(home), *who, *command], check=True, capture_output=True)


def commit(home: Path) -> None:
    git(home, "add", "-A")
    git(home, "commit", "-q", "--allow-empty", "-m", "as it is")


def change(home: Path, name: str, before: str, after: str) -> None:
    text = (home / name).read_text()
    assert before in text
    files.write_text(home / name, text.replace(before, after))
    commit(home)


def left(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "runs" / "claims-seeds").iterdir())


def test_a_notebook_over_seeds_becomes_references_that_grow_stale(home: Path, capsys: pytest.CaptureFixture) -> None:
    assert gather.main(["--only", "gain", "--seeds", "0", "1", "2"]) == 1  # on the lab model six, as designed
    shown = capsys.readouterr().out
    assert "1 experiments: 3 runs to do" in shown and "[3/3] 05_x-" in shown
    assert "gain on lab: 3 of 6 seeds done" in shown and "cost: 3 of 5 seeds done" in shown
    known = claims.reference("gain", "real")
    assert (known["dials"], known["model"]) == ({"PROMPTS": 40, "SIZES": {"2": 5}}, "real")
    assert [(run["seed"], run["sizes"], len(run["by_prompt"])) for run in known["runs"]] == [
        (0, 5, 40), (1, 5, 40), (2, 5, 40)]
    # What the file holds is enough to compute its interval anew, and it is the one over seeds and prompts.
    arms = [[[int(digit) for digit in run[arm]] for run in known["runs"]] for arm in ("by_prompt", "against")]
    found = intervals.paired_difference(*arms).times(100)
    assert (known["effect"], known["low"], known["high"]) == pytest.approx(found, abs=1e-5)
    assert known["over"] == "seeds and prompts" and known["verdict"] == "holds"
    assert {"data/shares.csv", "notebooks/source/05_x.py", "ftlab/claims.py", "ftlab/evidence/tango.py"} <= set(
        known["inputs"])
    assert "data/claims.csv" not in known["inputs"] and "ftlab/evidence/gate.py" not in known["inputs"]
    assert {"machine", "precision", "libraries", "minutes", "commit", "command"} <= set(known)
    assert [name for name in left(home) if not name.endswith(".json")] == [], "a run's folder goes with the run"
    assert not (home / "runs" / "claims").exists() and not (home / "runs" / "mine.txt").exists()
    assert reference.verify() == []
    assert gather.main(["--only", "gain"]) == 0  # 1 and 2 are kept, 3 to 6 run, for both models and claims
    assert "1 experiments: 4 runs to do" in capsys.readouterr().out
    assert len(claims.reference("gain")["runs"]) == len(claims.reference("cost")["runs"]) == 7
    assert reference.verify() == []

    change(home, "data/shares.csv", "0.9", "0.8")
    assert reference.verify() == [
        f"{name}.json: its runs are stale, since data/shares.csv changed. Run: ftlab claims --only {name[-4:]} --seeds "
        "0 1 2 3 4 5 6" for name in ("lab/cost", "lab/gain", "real/gain")]
    change(home, "data/shares.csv", "0.8", "0.9")
    change(home, "notebooks/source/05_x.py", "PROMPTS = 10", "PROMPTS = 12")
    assert "notebooks/source/05_x.py changed" in reference.verify()[0]
    change(home, "notebooks/source/05_x.py", "PROMPTS = 12  # how many", "PROMPTS = 10  # so many")
    assert reference.verify() == []
    change(home, "data/claims.csv", '""PROMPTS"": 40', '""PROMPTS"": 30')
    assert len(reference.verify()) == 3 and all("dials in data/claims.csv" in fault for fault in reference.verify())


def test_a_killed_run_is_begun_anew_and_two_at_once_are_refused(home: Path, capsys: pytest.CaptureFixture,
                                                                tmp_path_factory: pytest.TempPathFactory,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    change(home, "notebooks/source/05_x.py", "PAUSE = 0.0", "PAUSE = 60.0 * (SEED == 1)")
    command = [sys.executable, "-m", "ftlab.cli", "claims", "--seeds", "0", "1"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    seeds = home / "runs" / "claims-seeds"
    try:
        while not list(seeds.glob("05_x-*-1.*/begun")):
            assert running.poll() is None
            time.sleep(0.1)
        clone = tmp_path_factory.mktemp("clone")
        shutil.copytree(home, clone, ignore=shutil.ignore_patterns("runs"), dirs_exist_ok=True)
        for project, runs in ((home, clone / "runs"), (clone, home / "runs")):  # one data/reference, one runs' folder
            with monkeypatch.context() as other, pytest.raises(SystemExit):
                other.setenv("FTLAB_HOME", str(project))
                other.setenv("FTLAB_RUNS", str(runs))
                gather.main(["--only", "gain"])
            assert "expected no other `ftlab claims` at work here" in capsys.readouterr().err
    finally:
        running.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        running.wait()
    (half,) = seeds.glob("*.tmp")
    files.write_text(half / "claims" / "gain.json", "{}")  # as if it had come so far
    assert [name for name in left(home) if name.endswith(".json")] == [
        path.name for path in seeds.glob("05_x-*-0.json")]
    change(home, "notebooks/source/05_x.py", "PAUSE = 60.0 * (SEED == 1)", "PAUSE = 0.0")
    assert gather.main(["--only", "gain", "--seeds", "0", "1", "2"]) == 1
    assert len(claims.reference("gain", "real")["runs"]) == 3 and not list(seeds.glob("*.tmp"))


@pytest.mark.parametrize(("before", "after", "message"), [
    ('""PROMPTS"": 40', '""PROMTS"": 40', "dials cell: expected a dial PROMTS .*found SEED, PROMPTS, SIZES, PAUSE"),
    ('""PROMPTS"": 40', '""PROMPTS"": 4.5', "PROMPTS: expected a whole number such as 10, found a number, 4.5"),
    ('""PROMPTS"": 40', '""SEED"": 4', "without SEED"),
    ("05_x,", "06_y,", "expected a notebook that has a source, found '06_y'"),
])
def test_a_wrong_dial_is_refused_before_any_kernel_starts(home, capsys, before, after, message) -> None:
    change(home, "data/claims.csv", before, after)
    with pytest.raises(SystemExit):
        gather.main([])
    assert re.search(message, " ".join(capsys.readouterr().err.split()))
    assert not (home / "runs").exists()


def test_a_notebook_that_fails_or_records_nothing_stops_no_other(home: Path, capsys: pytest.CaptureFixture) -> None:
    for name, source in {"06_bad": "# %%\nSEED = 0\n\n# %%\nknown = {}\nknown[SEED + 41]\n",
                         "07_mute": "# %%\nSEED = 0\n"}.items():
        files.write_text(home / "notebooks" / "source" / f"{name}.py", source)
        row = f"{name[3:]},{name},Words.,effect,points,5,,,,lab,5,\n"
        text = (home / "data" / "claims.csv").read_text()
        files.write_text(home / "data" / "claims.csv", text.replace("gain,05_x", row + "gain,05_x"))
    commit(home)
    assert gather.main(["--seeds", "1", "2", "3"]) == 1
    shown = capsys.readouterr().out
    assert "06_bad, seed 1, cell 2:\n\nknown = {}\nknown[SEED + 41]" in shown and "KeyError: 42" in shown
    assert shown.count("KeyError: 42") == 1, "after its first failure a notebook is left alone"
    assert "07_mute, seed 1: expected a record of mute on lab, found none at all. Call claims.record" in shown
    assert len(claims.reference("gain", "real")["runs"]) == 3
    assert re.search(r"Failed \(see above\), the others went on: 06_bad-\w+, 07_mute-", shown)
    kept = files.read_json(next((home / "runs" / "claims-seeds" / "failed").glob("06_bad-*-1.ipynb")))
    assert kept["cells"][1]["outputs"][0]["ename"] == "KeyError"


def test_a_record_with_another_seed_is_no_witness(home: Path, capsys: pytest.CaptureFixture) -> None:
    change(home, "notebooks/source/05_x.py", 'claims.record("cost", SEED,', 'claims.record("cost", 7,')
    assert gather.main(["--seeds", "0"]) == 1
    assert "expected records with this seed, found 7 for cost on lab" in capsys.readouterr().out


def test_each_kernel_has_the_runs_folder_that_it_is_given(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTLAB_RUNS", "elsewhere/mine")  # from the project's folder
    files.write_text(home / ".gitignore", "runs/\nelsewhere/\n")
    commit(home)
    gather.main(["--seeds", "0"])
    assert [path.suffix for path in (home / "elsewhere" / "mine" / "claims-seeds").iterdir()] == [".json"]
    assert os.environ["FTLAB_RUNS"] == "elsewhere/mine"
    assert [path.name for path in (home / "runs").iterdir()] in ([], [".claims.lock"])


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_folder_of_runs_by_another_name_is_locked_once(home: Path, monkeypatch: pytest.MonkeyPatch,
                                                         tmp_path_factory: pytest.TempPathFactory) -> None:
    (home / "runs").mkdir()
    link = tmp_path_factory.mktemp("elsewhere") / "runs"
    link.symlink_to(home / "runs")
    monkeypatch.setenv("FTLAB_RUNS", str(link))
    assert gather.main(["--only", "gain", "--seeds", "1", "2", "3"]) == 1  # on the lab model six, as designed
    assert len(claims.reference("gain", "real")["runs"]) == 3
