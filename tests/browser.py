"""A real browser for tests: the one that is installed, or none, with what to do about it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
NONE = ("no Chromium was found: install one (Debian, Ubuntu: apt install chromium; elsewhere: python -m playwright "
        "install chromium), or name its program in FTLAB_BROWSER")


# It asks for no name outside, or the course's check that nothing leaves the machine would rightly complain.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-domain-reliability", "--disable-sync", "--no-first-run", "--no-pings",
         "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"]


def find(own: str) -> str | None:
    """The program of a browser that playwright can drive: named, installed, or playwright's own.

    Args:
        own: Where playwright's own would be.
    """
    named = os.environ.get("FTLAB_BROWSER")
    found = [named] if named else [*map(shutil.which, NAMES), own]
    return next((path for path in found if path and Path(path).exists()), None)
