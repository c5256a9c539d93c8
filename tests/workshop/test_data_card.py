"""The writer of the data card: it mends numbers and examples, leaves prose alone, and asks for missing lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ftlab import paths
from ftlab.workshop import data_card

CARD = (Path(__file__).resolve().parents[2] / "data" / "README.md").read_text(encoding="utf-8")


def test_numbers_and_examples_are_mended_and_prose_stays() -> None:
    spoiled = CARD.replace("| `general/documents.jsonl` | 300 |", "| `general/documents.jsonl` | 7 |")
    spoiled = re.sub(r"^\| plain conversations \| [\d,]+", "| plain conversations | 9,999", spoiled, flags=re.MULTILINE)
    spoiled = re.sub(r"^\| compare \| \d+ \| \d+ \| \d+ \|$", "| compare | 1 | 2 | 3 |", spoiled, flags=re.MULTILINE)
    spoiled = re.sub(r"(`market/documents.jsonl` \| `kind`) \w+", r"\1 old", spoiled).replace("customer: ", "nobody: ")
    assert sum(one != other for one, other in zip(spoiled.splitlines(), CARD.splitlines(), strict=True)) >= 6
    assert data_card.render(spoiled) == CARD
    prose = CARD.replace("a page about the land:", "a page on the land:")
    assert data_card.render(prose) == prose != CARD


def test_a_part_that_is_gone_is_asked_for() -> None:
    with pytest.raises(ValueError, match="expected one place like .*tickets.*, found 0. Write the line by hand"):
        data_card.render(re.sub(r"^\| tickets .*\n", "", CARD, flags=re.MULTILINE))
    with pytest.raises(ValueError, match="expected a file data/general/gone.jsonl, found none"):
        data_card.render(CARD.replace("general/documents.jsonl", "general/gone.jsonl"))


def test_a_file_without_a_line_is_named() -> None:
    assert data_card.missing(CARD) == []
    for line in re.findall(r"^\| `shops/prose.jsonl` .*\n", CARD, re.MULTILINE):
        assert data_card.missing(CARD.replace(line, "")) == ["shops/prose.jsonl"]


def test_values_are_shortened_to_what_a_cell_can_hold() -> None:
    assert [data_card._short(value) for value in ("short", "a line\nanother", "x | y", 7, None, ["ü"], "")] == [
        "short", "a line…", "x…", "7", "null", '["ü"]', ""]  # fmt: skip
    assert data_card._short("word " * 9) == "word word word word word…"  # 25 characters end in a space


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    for each in paths.data().iterdir():
        (tmp_path / each.name).symlink_to(each)
    (tmp_path / "README.md").unlink()
    (tmp_path / "README.md").write_text(CARD.replace("| policies | 8 |", "| policies | 9 |"), encoding="utf-8")
    monkeypatch.setattr(paths, "data", lambda: tmp_path)
    assert data_card.main(["--check"]) == 1 and "differ from the files" in capsys.readouterr().out
    assert data_card.main([]) == 0
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == CARD
    assert data_card.main(["--check"]) == 0 and "is in step" in capsys.readouterr().out
    (tmp_path / "README.md").write_text(CARD.replace("`shops/drills.jsonl`", "shops/drills.jsonl"), encoding="utf-8")
    assert data_card.main([]) == 1
    assert "found none for shops/drills.jsonl. Write them by hand" in capsys.readouterr().err
