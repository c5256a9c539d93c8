"""The runs that the stored notebooks show lie where the reference runs with other seeds lead us to expect."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from scipy.stats import binom

from ftlab import claims

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
COMPARED = re.compile(r"(?:Here|The stored run): (?P<effect>\S+) .*\n(?P<place>Inside|Below|Above) the range that \d+ "
                      r"reference runs lead us to expect \((?P<low>\S+) to (?P<high>\S+) ")
OWN_SEED = 0  # of every stored notebook


def printed(path: Path) -> str:
    """All that a stored notebook's cells printed."""
    outputs = [output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", ())]
    return "\n".join(str(output.get("text") or output.get("data", {}).get("text/plain", "")) for output in outputs)


def compared(text: str) -> list[tuple[str, str, float]]:
    """Of each claim that was compared: its id, the place, and how far from the range's middle, in half widths."""
    found = []
    for claim in claims.table().values():
        for begin in re.finditer(re.escape(claim.statement) + r"\n", text):
            if match := COMPARED.match(text[begin.end():]):
                effect, low, high = (float(match[name]) for name in ("effect", "low", "high"))
                off = abs(2 * effect - low - high) / max(high - low, 1e-9)
                found.append((claim.id, match["place"], off))
    return found


def faults(found: list[tuple[str, str, float]]) -> list[str]:
    """What is no longer luck: a run twice as far off as its range reaches, or more runs outside than 1 in 20 explain.

    Nineteen in twenty runs lie inside by construction, so of thirty that are what they should be one or two do not.
    """
    outside = [claim_id for claim_id, place, _ in found if place != "Inside"]
    far = [f"{claim_id} lies {off:.1f} times as far from the middle as its range reaches" for claim_id, _, off in found
           if off > 2]
    many = outside and len(found) > 1 and binom.sf(len(outside) - 1, len(found), 0.05) < 0.01
    return far + [f"{len(outside)} of {len(found)} runs lie outside: {', '.join(outside)}"] * bool(many)


def test_the_stored_runs_lie_where_they_are_expected() -> None:
    assert not faults([each for path in NOTEBOOKS for each in compared(printed(path))])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_run_that_can_be_compared_is(path: Path) -> None:
    text = printed(path)
    shown = [claim_id for claim_id, *_ in compared(text)]
    for claim in claims.table().values():
        if claim.notebook != path.stem:
            continue
        known = [claims.reference(claim.id, model) or {"stale": ""} for model in claim.models]
        due = sum("stale" not in each and sum(run["seed"] != OWN_SEED for run in each["runs"]) >= claims.WITNESSES
                  for each in known)
        assert shown.count(claim.id) >= due, (
            f"{claim.id} has reference runs, but the stored notebook does not print how its run compares with them. "
            f"Print the whole result of claims.record, then run `ftlab notebooks {path.stem}`.")


def test_luck_is_let_pass_and_faults_are_not() -> None:
    inside, outside = ("a", "Inside", 0.3), ("b", "Above", 1.2)
    assert not faults([]) and not faults([inside] * 29 + [outside] * 2)
    assert "5 of 24 runs lie outside" in faults([inside] * 19 + [outside] * 5)[0]
    assert "c lies 2.5 times" in faults([inside, ("c", "Below", 2.5)])[0]


def test_a_printed_result_is_read_back() -> None:
    claim = claims.find("first-finetune")
    result = claims.Result(claim.id, claim.statement, "holds", 58.0, 40.0, 70.0, "points", 0, claims.ABOVE,
                           40.0, 50.0, 4)
    assert compared(f"some words\n{result}\n") == [("first-finetune", "Above", pytest.approx(2.6))]
