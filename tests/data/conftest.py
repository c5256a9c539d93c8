"""What is read is kept in a folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's folder as these tests have it: not there yet, and beside the file that is read."""
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
