"""Words that name a section, an exercise, a claim, a figure or a table name one that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ftlab.course import course

SOURCES = sorted((Path(__file__).resolve().parents[2] / "notebooks" / "source").glob("*.py"))
NUMBERS = r"(?P<numbers>\d+(?:(?:, | and | to | or |, and )\d+)*)(?![.\d]*\d)"  # not the 4.1 of a paper
NAMED = re.compile(rf"\b(?P<what>[Ss]ection|[Ee]xercise|[Cc]laim)(?P<many>s?) {NUMBERS}")
ELSEWHERE = re.compile(r"notebooks? (\d\d)(?:'s|,|:)? \(?$"), re.compile(r"^ (?:of|in) notebook (\d\d)")
HEADING = re.compile(r"^#+ (?:(?P<what>Exercise|Claim) )?(?P<number>\d+)[.:]", re.MULTILINE)
ASIDE = re.compile(r"(?:section (\d+), )?(?:the )?(?:left|right|middle) (?:figure|panel)")
every_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)


def cells(path: Path) -> list:
    return course.from_source(path).cells


def headings(some_cells: list) -> dict[str, list[int]]:
    """The numbers of sections and exercises, by their headings, and of claims, also where bold words name one."""
    found: dict[str, list[int]] = {"section": [], "exercise": [], "claim": []}
    for cell in some_cells:
        if cell.cell_type == "markdown":
            for match in HEADING.finditer(cell.source):
                found[(match["what"] or "section").lower()].append(int(match["number"]))
            found["claim"] += [int(number) for number in re.findall(r"\*\*Claim (\d+)", cell.source)]
    return found


def names(text: str) -> list[tuple[str, int, str]]:
    """What a text names: the kind, the number, and the notebook, empty for its own."""
    text, found = re.sub(r"\s+(?:# )?", " ", text), []
    for match in NAMED.finditer(text):
        before, after = ELSEWHERE[0].search(text[: match.start()]), ELSEWHERE[1].search(text[match.end():])
        where = (before or after)[1] if before or after else ""
        numbers = [int(number) for number in re.findall(r"\d+", match["numbers"])]
        if not match["many"]:
            numbers = numbers[:1]
        elif " to " in match["numbers"]:
            numbers = list(range(numbers[0], numbers[-1] + 1))
        found += [(match["what"].lower(), number, where) for number in numbers]
    return found


@every_source
def test_sections_exercises_and_claims_are_numbered_from_one_without_gaps(path: Path) -> None:
    for what, numbers in headings(cells(path)).items():
        first = list(dict.fromkeys(numbers))  # a claim is named in bold more than once
        assert sorted(first) == list(range(1, len(first) + 1)), f"{path.stem}: {what}s are numbered {numbers}"
        assert what == "claim" or numbers == first == sorted(first), f"{path.stem}: {what}s are numbered {numbers}"


@every_source
def test_what_is_named_is_there(path: Path) -> None:
    other = {each.stem[:2]: headings(cells(each)) for each in SOURCES}
    missing = []
    for cell in cells(path):
        text = cell.source if cell.cell_type == "code" else HEADING.sub("", cell.source)
        missing += [f"{what} {number}" + f" of notebook {where}" * bool(where) for what, number, where in names(text)
                    if number not in other.get(where or path.stem[:2], {}).get(what, [])]
    assert not missing, f"{path.stem} names {', '.join(dict.fromkeys(missing))}: there is none"


@every_source
def test_a_left_or_right_figure_is_one_of_several_in_its_section(path: Path) -> None:
    parts: dict[str, list] = {"": []}  # by section
    for cell in cells(path):
        if cell.cell_type == "markdown" and (begun := re.match(r"## (?:(\d+)\.)?", cell.source)):
            parts.setdefault(number := begun[1] or "", [])
        else:
            number = list(parts)[-1]
        parts[number].append(cell)
    for number, part in parts.items():
        for cell in part:
            for match in ASIDE.finditer(cell.source):
                shown = parts[match[1] or number]
                assert any(re.search(r"subplots\([^)]*\b[1-9], ?[2-9]", each.source) for each in shown), (
                    f"{path.stem}: {match[0]!r}, but that section draws no figures side by side")


@every_source
def test_a_table_of_a_section_is_printed_there(path: Path) -> None:
    parts = re.split(r"^# ## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for match in re.finditer(r"\b(table|figure) of section (\d+)", re.sub(r"\n# ", " ", path.read_text("utf-8"))):
        (part,) = [part for part in parts if part.startswith(f"{match[2]}. ")]
        made = r"subplots\(" if match[1] == "figure" else r":[<>]?\d+[}.%]|HTML\(|DataFrame|^# \|"
        assert re.search(made, part, re.MULTILINE), f"{path.stem}: there is no {match[0]}"


@pytest.mark.parametrize(("text", "found"), [
    ("see section 5, right figure", [("section", 5, "")]), ("notebook 00, section 7)", [("section", 7, "00")]),
    ("Sections 4\n# and 8", [("section", 4, ""), ("section", 8, "")]), ("section 4.1 of it", []),
    ("on trial in sections 2 to 4.", [("section", 2, ""), ("section", 3, ""), ("section", 4, "")]),
    ("exercise 3 of notebook 02", [("exercise", 3, "02")]), ("section 6, 159 ask", [("section", 6, "")]),
    ("section 2's star", [("section", 2, "")]),
    ("the claim holds in 5 cases", []), ("a section is 2 lines", [])])
def test_names_are_read_from_a_text(text: str, found: list) -> None:
    assert names(text) == found
