"""What a run read: changes that can move its numbers are seen, words about them are not."""

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


def test_line_ends_of_a_table_do_not_count_and_those_of_weights_do(tmp_path):
    for name, same in (("a.csv", True), ("a.safetensors", False)):
        (tmp_path / name).write_bytes(b"a\nb\n")
        unix = inputs.digest(tmp_path / name)
        (tmp_path / name).write_bytes(b"a\r\nb\r\n")
        assert (inputs.digest(tmp_path / name) == unix) == same


def test_modules_are_followed_over_steps_and_into_functions():
    found = {path.relative_to(inputs.PACKAGE.parent).as_posix()
             for path in inputs._modules("ftlab.workshop.experiments.first")}
    # first imports desk_work, whose tune imports the trainer within the function; the trainer imports the loss.
    assert {"ftlab/workshop/experiments/first.py", "ftlab/workshop/experiments/desk_work.py", "ftlab/tuning/trainer.py",
            "ftlab/tuning/loss.py", "ftlab/model.py", "ftlab/__init__.py"} <= found
    assert "ftlab/evidence/gate.py" not in found and all(name.startswith("ftlab/") for name in found)


def test_files_opened_below_data_are_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path))
    for name in ("data/a.csv", "data/b.csv", "data/claims.csv", "data/reference/lab/x.json", "elsewhere.csv"):
        files.write_text(tmp_path / name, "1")
    files.write_text(tmp_path / "notebooks" / "source" / "01.py", "A = 1")
    files.write_text(tmp_path / "alone.py", "import helper")
    files.write_text(tmp_path / "helper.py", "B = 2")
    inputs.watch()
    for name in ("data/a.csv", "data/claims.csv", "data/reference/lab/x.json", "elsewhere.csv"):
        (tmp_path / name).read_text()
    found = inputs.snapshot("alone", "01")
    assert list(found) == ["alone.py", "data/a.csv", "helper.py", "notebooks/source/01.py"]
    assert inputs.changed(found) == []
    files.write_text(tmp_path / "data" / "a.csv", "2")
    (tmp_path / "helper.py").unlink()
    assert inputs.changed(found) == ["data/a.csv", "helper.py"]
