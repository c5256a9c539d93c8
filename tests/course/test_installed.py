"""The lock as it is read, and what is installed otherwise; ``test_lock.py`` is about the project's own lock."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from ftlab.course import installed


@pytest.mark.parametrize("line", ["numpy>=2", "numpy", "numpy==2.*", "torch==2.13.0+cpu", "-e .", "numpy==2.4.6,<3"])
def test_a_loose_line_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "x.lock").write_text(f"# header\nidna==3.20\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 3: expected one exact version"):
        installed.read_lock(tmp_path / "x.lock")


def test_differences_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.lock").write_text("pytest==0.0.1\nno-such-package==1.0\n", encoding="utf-8")
    first, second = installed.differences(tmp_path / "x.lock")
    assert first.startswith("pytest is ") and first.endswith("the lock says 0.0.1")
    assert second == "no-such-package 1.0 is not installed"


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_comments_and_blank_lines_are_no_requirements(tmp_path: Path) -> None:
    lock = write(tmp_path / "x.lock", "# header", "", "idna==3.20  # via x", "    # via yarl", "   ", "six==1.17")
    assert [(line.name, str(line.specifier)) for line in installed.read_lock(lock)] == [
        ("idna", "==3.20"), ("six", "==1.17")]
    assert installed.read_lock(str(write(tmp_path / "empty.lock"))) == []


@pytest.mark.parametrize("line", ["numpy===2.4.6", "numpy~=2.4", "numpy @ https://example.org/numpy.whl",
                                  "-r more.txt", "numpy==2.4.6 --hash=sha256:00", "numpy==2.4.6 ; sys_platform ="])
def test_a_line_that_pip_would_take_and_is_not_one_version_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError) as error:
        installed.read_lock(write(tmp_path / "x.lock", "", line))
    assert str(error.value) == (f"x.lock line 2: expected one exact version such as 'numpy==2.4.6', found '{line}'. "
                                "Write the file again with `make lock`.")


def test_lines_for_other_systems_are_read_and_left_aside(tmp_path: Path) -> None:
    lock = write(tmp_path / "x.lock", "Ruamel_YAML.clib==0.2 ; python_version >= '3'",
                 "colorama==0.4.6 ; sys_platform == 'no-such-system'", "six==1.16 ; python_version < '3'", "six==1.17")
    assert len(installed.read_lock(lock)) == 4
    assert installed.locked_here(lock) == {"ruamel-yaml-clib": "0.2", "six": "1.17"}
    assert installed.differences(write(tmp_path / "y.lock", "no-such==1 ; sys_platform == 'no-such-system'")) == []


def test_a_build_of_the_same_version_is_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = tmp_path / "tiny_box-2.13.0+cpu.dist-info"
    about.mkdir()
    write(about / "METADATA", "Metadata-Version: 2.1", "Name: tiny-box", "Version: 2.13.0+cpu")
    monkeypatch.syspath_prepend(tmp_path)
    assert metadata.version("tiny-box") == "2.13.0+cpu"
    assert installed.differences(write(tmp_path / "x.lock", "Tiny_Box==2.13.0")) == []
    assert installed.differences(write(tmp_path / "x.lock", "tiny-box==2.13.1")) == [
        "tiny-box is 2.13.0+cpu, the lock says 2.13.1"]


def test_the_lock_that_is_read_is_the_projects(home: Path) -> None:
    write(home / "requirements.lock", "no-such-package==1.0")
    assert installed.locked_here() == {"no-such-package": "1.0"}
    assert installed.differences() == ["no-such-package 1.0 is not installed"]
