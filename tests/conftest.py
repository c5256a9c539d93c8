"""What all tests share: this project's folder, and an environment that stays quiet and offline."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from ftlab.course import offline

ROOT = Path(__file__).resolve().parents[1]

# Before any test imports a library that reads them. The tests are about the course's own models, whatever a learner
# chose, and fetch none.
os.environ.pop("FTLAB_MODEL", None)
os.environ.update(offline.environment() | {offline.FETCH_NOTHING: "1"})

# No property test fails for being slow: the machine may be busy. In CI they draw the same examples at every run; on a
# person's machine they explore.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


# Each takes one worker longer than any other file. Begun first, they leave the rest to the other worker meanwhile.
LONGEST = ("test_suggested_dials.py", "test_other_models.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty course folder that stands in for the project's, in this process and in those it starts."""
    (tmp_path / "notebooks" / "source").mkdir(parents=True)
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path))
    for name in ("FTLAB_MODELS", "FTLAB_RUNS"):
        monkeypatch.delenv(name, raising=False)
    yield tmp_path


@pytest.fixture
def python(monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs this Python with arguments, in a process of its own that knows ftlab, and returns what it printed."""
    known = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, known)))

    def call(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, encoding="utf-8", timeout=timeout, check=False
        )

    return call
