"""What a run read: changes that can move its numbers are seen, words about them are not."""

import os
import subprocess
import sys

import pytest

from ftlab import files
from ftlab.workshop import inputs

CODE = '"""About."""\ndef add(a, b):\n    """The sum."""\n    return a + b\n'


@pytest.mark.parametrize(("code", "same"), [
    ("def add(a, b):\n    return a + b\n", True),
    ('"""Other words."""\ndef add(a, b):\n    # a comment\n    return (a + b)\n', True),
    (CODE.replace("a + b\n", "a - b\n"), False),
    (CODE.replace("add", "sum_of"), False),
    (CODE + 'TEXT = "About."\n', False),
    (CODE.replace("return a + b", 'return f"{a:{b}}"'), False),
])
def test_a_python_file_is_hashed_by_what_it_does(tmp_path, code, same):
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    files.write_text(first, CODE)
    files.write_text(second, code)
    assert (inputs.digest(first) == inputs.digest(second)) == same


def test_every_version_of_python_hashes_a_file_alike(tmp_path):
    # U+0ECE came with Unicode 15: Python 3.12 prints it, 3.11 writes it as an escape.
    files.write_text(tmp_path / "a.py", CODE + 'LAO = "\u0e81-\u0ece"\n')
    assert inputs.digest(tmp_path / "a.py") == "4e2961adcf2a6223"
    assert "".join(inputs._dump(inputs.ast.parse('LAO = "\u0ece"'))).isascii()


def test_line_ends_of_a_table_do_not_count_and_those_of_weights_do(tmp_path):
    for name, same in (("a.csv", True), ("a.safetensors", False)):
        (tmp_path / name).write_bytes(b"a\nb\n")
        unix = inputs.digest(tmp_path / name)
        (tmp_path / name).write_bytes(b"a\r\nb\r\n")
        assert (inputs.digest(tmp_path / name) == unix) == same


def test_modules_are_followed_over_steps_and_into_functions():
    found = {path.relative_to(inputs.PACKAGE.parent).as_posix()
             for path in inputs._modules("ftlab.workshop.experiments.desk_work")}
    # desk_work's tune imports the trainer within the function; the trainer imports the loss.
    assert {"ftlab/workshop/experiments/desk_work.py", "ftlab/tuning/trainer.py", "ftlab/tuning/loss.py",
            "ftlab/model.py", "ftlab/__init__.py"} <= found
    assert "ftlab/evidence/gate.py" not in found and all(name.startswith("ftlab/") for name in found)


def test_files_opened_below_data_are_seen(home):
    (home / "alone.py").write_text("import helper")
    (home / "helper.py").write_text("B = 2")
    inputs.watch()
    for name in READ:
        (home / name).read_text()
    found = inputs.of_function("alone", "01")
    assert list(found) == ["alone.py", "data/a.csv", "helper.py", "models/real/config.json",
                           "models/real/model.safetensors", "notebooks/source/01.py"]
    assert inputs.changed(found) == []
    files.write_text(home / "data" / "a.csv", "2")
    (home / "helper.py").unlink()
    assert inputs.changed(found) == ["data/a.csv", "helper.py"]


def test_a_process_and_its_children_note_what_they_read(home, monkeypatch):
    child = "open('data/b.csv').read(); open('data/made.csv', 'w')"
    script = (f"import os, subprocess, sys\nfor name in {READ}: open(name).read()\nimport ftlab.values\n"
              f"subprocess.run([sys.executable, '-c', {child!r}], check=True)\n"
              "pid = os.fork() if hasattr(os, 'fork') else None\n"
              "if not pid: open('data/c.csv').read()\n"
              "if pid: os.waitpid(pid, 0)")
    log = home / "read.txt"
    monkeypatch.setenv("PYTHONPATH", str(inputs.PACKAGE.parent))
    subprocess.run([sys.executable, "-c", script], cwd=home, check=True, env={**os.environ, **inputs.environment(log)})
    found = inputs.of_kernel(log, "01")
    assert [name for name in found if not name.startswith("ftlab/")] == [
        "data/a.csv", "data/b.csv", "data/c.csv", "models/real/config.json", "models/real/model.safetensors",
        "notebooks/source/01.py"]
    # ftlab.values imports what it needs of the package; the rest of the package was not read.
    assert {"ftlab/__init__.py", "ftlab/values.py"} <= set(found) and "ftlab/figures.py" not in found
    assert len(log.read_text().splitlines()) == len(set(log.read_text().splitlines())), "each file once"


def test_a_model_that_is_not_here_cannot_have_changed(home):
    found = {"models/real/model.safetensors": "0" * 16, "data/a.csv": inputs.digest(home / "data" / "a.csv")}
    assert inputs.changed(found) == ["models/real/model.safetensors"]
    (home / "models" / "real").rename(home / "models" / "other")
    assert inputs.changed(found) == []


READ = ["data/a.csv", "data/claims.csv", "data/reference/lab/x.json", "elsewhere.csv", "models/real/config.json",
        "models/looked/source.json"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project with data, models and a notebook."""
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path))
    monkeypatch.delenv("FTLAB_MODELS", raising=False)
    for name in (*READ, "data/b.csv", "data/c.csv", "models/real/model.safetensors", "models/looked/config.json"):
        files.write_text(tmp_path / name, "1")
    files.write_text(tmp_path / "notebooks" / "source" / "01.py", "A = 1")
    return tmp_path


def test_an_adapter_on_the_courses_shelf_counts_as_a_whole_once_it_is_taken(home):
    shelf = home / "data" / "shelf" / "assistant"
    for name in ("settings.json", "tuned.json", "tuned/adapter_config.json", "tuned/adapter_model.safetensors"):
        files.write_text(shelf / name, "1")
    assert list(inputs._read([str(shelf / "settings.json")])) == []  # it was asked for, and was not the one
    found = inputs._hashes(inputs._read([str(shelf / "settings.json"), str(shelf / "tuned.json")]))
    assert [name.removeprefix("data/shelf/assistant/") for name in found] == [
        "settings.json", "tuned/adapter_config.json", "tuned/adapter_model.safetensors", "tuned.json"]
    files.write_text(shelf / "tuned" / "adapter_model.safetensors", "2")
    assert inputs.changed(found) == ["data/shelf/assistant/tuned/adapter_model.safetensors"]
