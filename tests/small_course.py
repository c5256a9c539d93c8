"""A course of its own with three claims and a fake experiment, in a git repository, for tests of claims."""

from __future__ import annotations

import subprocess
import sys

from ftlab import files
from ftlab.workshop import reference

TABLE = """id,notebook,statement,effect,unit,at_least,at_most,tolerance,experiment,models,smallest,dials
gain,02_x,"Tuning helps, a lot.",tuned minus base,points,30,,2,fake_experiment:measure,lab,30,
cost,02_x,Tuning costs little.,base minus tuned,points,,5,,fake_experiment:measure,,5,
other,03_x,Rank is a dial.,spread,points,-1,1,,fake_experiment:unused,lab,1,
"""
EXPERIMENT = """
import pathlib
def measure(seed):
    for name in ("table.csv", "lab-model/model.safetensors"):
        pathlib.Path(__file__).with_name("data").joinpath(name).read_text()
    log = pathlib.Path(__file__).with_name("log.txt")
    log.write_text((log.read_text() if log.exists() else "") + f"{seed} ")
    if seed == 99:
        raise RuntimeError("the power went")
    return {"gain": {"effect": 40 + seed, "right": [seed, 1]}, "cost": {"effect": 4.0 + seed}}
def unused(seed):
    return {"gain": {"effect": 1.0}}
"""

SEEDS = ["--seeds", "0", "1", "2", "3", "4"]


def make(folder, monkeypatch):
    """Writes the course into a folder, for a fixture to yield from."""
    monkeypatch.setenv("FTLAB_HOME", str(folder))
    for name in ("FTLAB_MODEL", "FTLAB_MODELS", "FTLAB_RUNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "fake_experiment", raising=False)
    monkeypatch.setattr(reference, "WIDEST", {})  # few coins scatter widely
    files.write_text(folder / "data" / "claims.csv", TABLE)
    files.write_text(folder / "data" / "designs.csv", "id,model,kind,prompts,apart,seeds,spread,alike,basis\n")
    files.write_text(folder / "data" / "table.csv", "a,b\n1,2\n")
    files.write_text(folder / "data" / "lab-model" / "model.safetensors", "weights")
    files.write_text(folder / "notebooks" / "source" / "02_x.py", "# Prose\nSEED = 0\n")
    files.write_text(folder / "fake_experiment.py", EXPERIMENT)
    files.write_text(folder / ".gitignore", "runs/\nlog.txt\n__pycache__/\n")
    git(folder, "init", "-q")
    commit(folder)
    yield folder
    sys.modules.pop("fake_experiment", None)


def git(home, *command):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(home), *who, *command], check=True, capture_output=True)


def commit(home):
    git(home, "add", "-A")
    git(home, "commit", "-q", "--allow-empty", "-m", "as it is")


def runs(*effects):
    return [{"seed": seed, "effect": effect} for seed, effect in enumerate(effects)]
