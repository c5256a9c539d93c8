"""The network cut: what stays on this computer passes, what would leave it fails and is named."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from ftlab.course import offline
from ftlab.course.execute import execute

LOOPBACK = """
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
print("connected")
"""
# 192.0.2.0/24 is reserved for documentation: nothing is there.
OUTSIDE = """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=2)
except OSError as error:
    print("refused:", error)
"""
LOOK_UP = """
import socket
try:
    socket.getaddrinfo("example.invalid", 443)
except OSError as error:
    print("refused:", error)
"""


def test_loopback_passes(python: Callable, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(LOOPBACK, encoding="utf-8")
    done = python("-m", "ftlab.course.offline", sys.executable, str(tmp_path / "script.py"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "network: cut by" in done.stdout and "connected" in done.stdout


@pytest.mark.parametrize(("script", "what"), [(OUTSIDE, "192.0.2.1"), (LOOK_UP, "'example.invalid'")])
def test_reaching_out_fails_even_if_the_script_forgives_it(
    python: Callable, tmp_path: Path, script: str, what: str
) -> None:
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    done = python("-m", "ftlab.course.offline", sys.executable, str(tmp_path / "script.py"))
    assert done.returncode == 1
    assert "refused: [Errno" in done.stdout
    assert what in done.stderr
    assert "script.py:4" in done.stderr


def test_a_child_process_is_watched_too(python: Callable, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(LOOK_UP, encoding="utf-8")
    parent = f"import subprocess, sys; subprocess.run([sys.executable, {str(tmp_path / 'script.py')!r}])"
    assert python("-m", "ftlab.course.offline", sys.executable, "-c", parent).returncode == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has network namespaces")
def test_what_is_not_python_is_seen_as_well(python: Callable) -> None:
    done = python("-m", "ftlab.course.offline", "bash", "-c", "echo > /dev/tcp/192.0.2.1/80; true")
    if "namespace" not in done.stdout:
        pytest.skip("namespaces are not allowed here")
    assert done.returncode == 1
    assert "not Python" in done.stderr


def test_a_notebook_that_reaches_out_fails(python: Callable, home: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(LOOK_UP)])
    path = home / "notebooks" / "09_nosy.ipynb"
    nbformat.write(notebook, path)
    done = python(
        "-m",
        "ftlab.course.offline",
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(home),
        str(path),
    )
    assert "1 passed" in done.stdout
    assert done.returncode == 1
    assert "'example.invalid'" in done.stderr


def test_the_commands_own_exit_code_comes_through(python: Callable) -> None:
    assert python("-m", "ftlab.course.offline", sys.executable, "-c", "raise SystemExit(7)").returncode == 7
    assert python("-m", "ftlab.course.offline", "no-such-command-here").returncode == 127
    assert python("-m", "ftlab.course.offline").returncode == 2


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        (b"localhost", True),
        ("", True),
        (None, True),
        ("0.0.0.0", True),
        ("::", True),
        ("10.0.0.1", False),
        ("example.org", False),
        ("fe80::1%eth0", False),
    ],
)
def test_is_here(host: object, here: bool) -> None:
    assert offline.is_here(host) is here


def test_only_a_hub_name_that_the_learner_asked_for_opens_the_hub(tmp_path: Path) -> None:
    assert offline.environment(None)["HF_HUB_OFFLINE"] == "1"
    assert offline.environment(str(tmp_path))["HF_HUB_OFFLINE"] == "1"
    asked = offline.environment("someone/some-model")
    assert "HF_HUB_OFFLINE" not in asked and asked["HF_HUB_DISABLE_TELEMETRY"] == "1"


def test_kernels_of_the_course_are_offline(home: Path) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import os; print(os.environ['HF_HUB_OFFLINE'])")]
    )
    assert execute(notebook, home) is None
    assert notebook.cells[0].outputs[0].text == "1\n"
