"""The command line: help at once and without the heavy libraries, JupyterLab on localhost only, honest exit codes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from ftlab import cli
from ftlab.course import doctor

HEAVY = {"torch", "transformers", "trl", "peft", "datasets", "evaluate", "matplotlib", "pandas", "sklearn", "numpy"}


@pytest.mark.parametrize("command", [[], ["lab"], ["run"], ["doctor"], ["notebooks"]])
def test_help_loads_nothing_heavy(python: Callable, command: list[str]) -> None:
    script = (
        "import sys\nfrom ftlab import cli\ntry:\n    cli.main(sys.argv[1:] + ['--help'])\nexcept SystemExit as end:\n"
        f"    assert not end.code, end.code\nprint('heavy:', sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = python("-c", script, *command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ") and done.stdout.endswith("heavy: []\n")


@pytest.mark.parametrize("name", sorted(cli.ELSEWHERE))
def test_commands_that_live_elsewhere_get_their_arguments(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    seen = {}
    module = SimpleNamespace(main=lambda argv: seen.update(argv=argv))
    monkeypatch.setattr(cli.importlib, "import_module", lambda path: seen.update(path=path) or module)
    assert cli.main([name, "--help", "x"]) == 0
    assert seen == {"path": cli.ELSEWHERE[name][0], "argv": ["--help", "x"]}


def test_every_command_elsewhere_exists(root: Path) -> None:
    for module, _ in cli.ELSEWHERE.values():
        assert (root / (module.replace(".", "/") + ".py")).is_file(), module


def test_unknown_words_are_refused(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["run", "--fast"])
    assert end.value.code == 2
    assert "does not know --fast" in capsys.readouterr().err


def test_lab_is_for_this_computer_only() -> None:
    command = cli.lab_command(port=9999, no_browser=True, more=["--debug"])
    assert "--ServerApp.ip=127.0.0.1" in command
    assert "--ServerApp.port=9999" in command and "--no-browser" in command and command[-1] == "--debug"
    assert not [part for part in command if "token" in part or "password" in part]


def test_lab_takes_these_settings(python: Callable) -> None:
    """JupyterLab accepts each setting and means by it what we mean."""
    script = (
        "import sys\nfrom jupyterlab.labapp import LabApp\nfrom jupyterlab import NeverCheckForUpdate\n"
        "from jupyter_server.serverapp import ServerApp\nlab = LabApp()\n"
        "lab.parse_command_line([part for part in sys.argv[1:] if 'LabApp' in part])\n"
        "print(lab.news_url, lab.check_for_updates_class is NeverCheckForUpdate, lab.extension_manager)\n"
        "server = ServerApp()\nserver.parse_command_line([part for part in sys.argv[1:] if 'ServerApp' in part])\n"
        "print(server.ip, server.allow_remote_access, server.identity_provider_class.__name__)"
    )
    done = python("-c", script, *cli.lab_command()[3:])
    assert done.stdout.splitlines() == ["None True readonly", "127.0.0.1 False PasswordIdentityProvider"], done.stderr


def test_doctor_reports_each_problem_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    findings = [
        doctor.Finding("ok", "Python", "3.12.1"),
        doctor.Finding("note", "memory", "4 GiB", "Close programs."),
        doctor.Finding("problem", "disk", "0.1 GiB free", "Free at least 1 GB."),
    ]
    monkeypatch.setattr(doctor, "examine", lambda: iter(findings))
    assert doctor.main() == 1
    printed = capsys.readouterr().out
    assert "-> Free at least 1 GB." in printed and "-> Close programs." in printed
    monkeypatch.setattr(doctor, "examine", lambda: iter(findings[:2]))
    assert doctor.main() == 0


def test_doctor_finds_a_package_that_differs(home: Path) -> None:
    (home / "requirements.lock").write_text("pytest==0.0.1\n", encoding="utf-8")
    assert doctor.check_packages().level == "note"
    (home / "requirements.lock").write_text("no-such-package==1.0\n", encoding="utf-8")
    assert doctor.check_packages().level == "problem"
    (home / "requirements.lock").unlink()
    assert doctor.check_packages().level == "problem"


def test_doctor_finds_small_memory_and_a_full_disk(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    import psutil

    gib = doctor.GIB
    for total, level in ((2 * gib, "problem"), (4 * gib, "note"), (16 * gib, "ok")):
        monkeypatch.setattr(psutil, "virtual_memory", lambda total=total: SimpleNamespace(total=total, available=total))
        assert doctor.check_memory().level == level
    for free, level in ((gib // 10, "problem"), (gib, "note"), (50 * gib, "ok")):
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        assert doctor.check_disk().level == level


@pytest.mark.skipif(sys.platform == "win32", reason="make is not a Windows habit")
def test_make_says_what_to_do_without_a_python(root: Path, tmp_path: Path) -> None:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_bytes((root / name).read_bytes())
    done = subprocess.run(["make", "lab", "PYTHON=/nowhere/python3"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "ftlab needs Python 3.11, 3.12 or 3.13" in done.stdout and "PYTHON=" in done.stdout
    assert not (tmp_path / ".venv").exists()
