"""Every checkout has the same bytes: git on Windows would otherwise write other line ends than the tests compare."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT, NO_TEXT = b"one\ntwo\nthree\n", b"\x89one\r\ntwo\n\0three\r\n"
COMPARED = ("data", "ftlab", "notebooks", "tests", "docs")  # what tests read byte for byte, or hash
BINARY = {".safetensors", ".png"}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("settings", [("true", "crlf"), ("true", "native"), ("input", "lf"), ("false", "crlf")])
def test_a_checkout_has_the_bytes_that_were_committed(tmp_path: Path, settings: tuple[str, str]) -> None:
    """A file of every kind goes through git with the settings of a Windows machine."""
    convert, ends = settings
    git = ["git", "-c", f"core.autocrlf={convert}", "-c", f"core.eol={ends}", "-c", "user.name=a", "-c",
           "user.email=a@example.org", "-c", "commit.gpgsign=false", "-C", str(tmp_path)]
    shutil.copyfile(ROOT / ".gitattributes", tmp_path / ".gitattributes")
    kinds = {path.suffix for top in COMPARED for path in (ROOT / top).rglob("*.*") if path.is_file()
             and "__pycache__" not in path.parts} | {".lock", ".toml", ""}
    assert {".jsonl", ".csv", ".json", ".py", ".ipynb", ".safetensors", ".png"} <= kinds
    for kind in kinds:
        (tmp_path / f"file{kind}").write_bytes(NO_TEXT if kind in BINARY else TEXT)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run([*git, "add", "-A"], check=True, capture_output=True)
    subprocess.run([*git, "commit", "-qm", "all"], check=True)
    for kind in kinds:
        (tmp_path / f"file{kind}").unlink()
    subprocess.run([*git, "checkout", "-q", "--", "."], check=True)
    for kind in kinds:
        assert (tmp_path / f"file{kind}").read_bytes() == (NO_TEXT if kind in BINARY else TEXT), kind
