"""A Python that is watched notes each file that it opens to read, once, and is otherwise the Python that it was."""

import os
import subprocess
import sys

import pytest

from ftlab import files
from ftlab.course import offline
from ftlab.workshop import inputs


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project with two tables; one more lies outside of what is watched."""
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path))
    monkeypatch.delenv("FTLAB_MODELS", raising=False)
    monkeypatch.delenv("PYTHONPATH", raising=False)  # tests may run with the network cut, whose guard is read as well
    for name in ("data/a.csv", "data/b.csv", "elsewhere.csv"):
        files.write_text(tmp_path / name, "1")
    return tmp_path


def read(home, code, **more):
    """The files, from the project's folder, that a watched Python wrote down while it ran the code."""
    log = home / "read.txt"
    environment = {**os.environ, **inputs.environment(log), **more}
    subprocess.run([sys.executable, "-c", code], cwd=home, check=True, env=environment)
    return [os.path.relpath(name, home) for name in log.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("code", "expected"), [
    ("open('data/a.csv')", ["data/a.csv"]),
    ("open('data/b.csv', 'rb'); open('data/a.csv', encoding='utf-8')", ["data/b.csv", "data/a.csv"]),
    ("open('data/a.csv'); open(b'data/a.csv'); import pathlib; pathlib.Path('data/../data/a.csv').read_text()",
     ["data/a.csv"]),  # each once, however it is written
    ("import os; os.chdir('data'); open('a.csv')", ["data/a.csv"]),
    ("import os; os.read(os.open('data/a.csv', os.O_RDONLY), 1)", ["data/a.csv"]),
    ("open('data/a.csv', 'r+')", ["data/a.csv"]),
    ("open('data/new.csv', 'w'); open('data/a.csv', 'a'); open('data/c.csv', 'xb')", []),  # written, not read
    ("open('elsewhere.csv')", []),
    ("import os; open(os.dup(0), closefd=False)", []),  # a number and no name
    ("import os\ntry: open('data/gone.csv')\nexcept OSError: pass", ["data/gone.csv"]),  # it was looked for
])
def test_what_is_opened_to_read_below_the_roots_is_noted(home, code, expected):
    assert read(home, code) == [os.path.join(*name.split("/")) for name in expected]


def test_the_log_is_gone_on_with(home):
    assert read(home, "open('data/a.csv')") == [os.path.join("data", "a.csv")]
    assert len(read(home, "open('data/b.csv')")) == 2


def test_without_a_log_nothing_is_watched(home, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", inputs.environment(home / "read.txt")["PYTHONPATH"])
    monkeypatch.delenv("FTLAB_WATCH_LOG", raising=False)
    code = "import sys; open('data/a.csv'); print(hasattr(sys, 'ftlab_watches'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=home, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False" and not (home / "read.txt").exists()


def test_a_sitecustomize_that_the_watch_hides_still_runs_once(home, monkeypatch):
    files.write_text(home / "hidden" / "sitecustomize.py", "open('ran.txt', 'a').write('once ')")
    monkeypatch.setenv("PYTHONPATH", str(home / "hidden"))
    environment = {**os.environ, **inputs.environment(home / "read.txt")}
    subprocess.run([sys.executable, "-c", "open('data/a.csv')"], cwd=home, check=True, env=environment)
    assert (home / "ran.txt").read_text() == "once "
    assert (home / "read.txt").read_text() == f"{home / 'data' / 'a.csv'}\n"


def test_the_watch_and_the_cut_network_go_together(home, monkeypatch):
    """Each of the two is a sitecustomize that gives way to the one that it hides."""
    guard = home / "ftlab-offline-x"
    files.write_text(guard / "sitecustomize.py", offline.SITE.format(path=offline.__file__))
    monkeypatch.setenv("PYTHONPATH", str(guard))
    script = ("import socket; open('data/a.csv')\n"
              "try: socket.getaddrinfo('example.org', 80)\nexcept OSError: print('cut')")
    environment = {**os.environ, **inputs.environment(home / "read.txt"), offline.LOG: str(home / "tried.txt")}
    done = subprocess.run([sys.executable, "-c", script], cwd=home, check=True, env=environment, capture_output=True)
    assert done.stdout.strip() == b"cut" and "example.org" in (home / "tried.txt").read_text()
    assert "data" in (home / "read.txt").read_text()
