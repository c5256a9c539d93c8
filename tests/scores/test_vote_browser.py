"""The form for votes in a real browser, inside JupyterLab: vote, undo, restart the kernel, and nothing is lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import browser
import nbformat
import pytest

from ftlab.scores import vote_log

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
ROOT = Path(__file__).resolve().parents[2]
TOKEN, WAIT_MS, START_S = "votes", 120_000, 180
CELL = """
from ftlab.scores import votes
from ftlab.scores.vote_widget import VoteForm
from ftlab import texts
from ftlab.world import house
rows = texts.conversations("test")[:8]
pairs = votes.pair_up(rows, [[house.reply(row), row["messages"][-1]["content"]] for row in rows])
form = VoteForm(pairs, "mine.jsonl", rater="ada")
form.form
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """JupyterLab on a free port with one notebook; gives its address."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL.strip())])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (tmp_path / "work").mkdir()
    nbformat.write(notebook, tmp_path / "work" / "vote.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={tmp_path / 'work'}",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--LabApp.user_settings_dir={tmp_path / 'settings'}", f"--LabApp.workspaces_dir={tmp_path / 'workspaces'}",
    ]  # fmt: skip
    folders = {f"JUPYTER_{what}_DIR": str(tmp_path / what.lower()) for what in ("CONFIG", "RUNTIME")}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **folders, "PYTHONPATH": path})
        try:
            started = time.monotonic()
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token={TOKEN}", timeout=5)
                    break
                except OSError:
                    gone = server.poll() is not None or time.monotonic() - started > START_S
                    assert not gone, (tmp_path / "lab.log").read_text()
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/lab/tree/vote.ipynb?token={TOKEN}"
        finally:
            server.terminate()  # it shuts its kernels down
            server.wait(30)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[playwright.Page]:
    with playwright.sync_playwright() as driver:
        program = browser.find(driver.chromium.executable_path)
        if not program:
            pytest.skip(browser.NONE)
        window = driver.chromium.launch(executable_path=program, args=browser.FLAGS)
        page = window.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(WAIT_MS)
        yield page
        if folder := os.environ.get("FTLAB_SHOTS"):
            page.screenshot(path=Path(folder) / "last.png")
        window.close()


def test_vote_undo_restart_and_nothing_is_lost(lab: str, page, tmp_path: Path) -> None:
    path, form = tmp_path / "work" / "mine.jsonl", page.locator(".vote-form")

    def stands_at(number: int) -> None:
        form.get_by_text(f"Pair {number} of 8").wait_for()

    def shot(name: str) -> None:
        if folder := os.environ.get("FTLAB_SHOTS"):  # to look at: a folder for pictures
            page.screenshot(path=Path(folder) / f"{name}.png")

    page.goto(lab)
    page.get_by_text("| Idle").wait_for()  # the kernel is there
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    stands_at(1)
    shot("first")
    form.locator("button.vote-left").click()
    stands_at(2)
    keys = form.locator("input[type=text]")
    keys.click()
    page.keyboard.type("20s")  # right, equal, skip: by keys, faster than the kernel answers
    stands_at(5)
    form.locator("button.vote-undo").click()
    stands_at(4)
    shot("fourth")
    before = vote_log.read(path)
    assert [vote["vote"] for vote in before] == [before[0]["order"][0], before[1]["order"][1], "tie"]
    shown = form.locator(".widget-html").nth(2).inner_text()

    page.evaluate("document.querySelector('.vote-form').dataset.old = 'yes'")  # the form of the kernel that ends
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Run All Cells", exact=False).click()
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    page.locator(".vote-form[data-old]").wait_for(state="detached")
    stands_at(4)
    assert form.locator(".widget-html").nth(2).inner_text() == shown  # the same pair, on the same sides
    assert vote_log.read(path) == before
    form.locator("button.vote-undo").click()  # what the old kernel took
    stands_at(3)
    form.locator("button.vote-right").click()
    stands_at(4)
    after = vote_log.read(path)
    assert [vote["pair"] for vote in after] == [vote["pair"] for vote in before]
    assert after[:2] == before[:2] and after[2]["vote"] == after[2]["order"][1]
    shot("after-restart")
