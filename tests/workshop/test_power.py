"""No claim is kept whose reference runs would not decide, unless a dated reason says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftlab import claims, files, paths
from ftlab.workshop import gather, power

HEADER = "id,notebook,statement,effect,unit,at_least,at_most,tolerance,experiment,models,smallest,dials\n"
ROWS = """wide,01,A,effect,points,30,,,x:y,lab,30,
near,01,B,effect,points,5,,,x:y,lab,5,
most,01,C,effect,points,,5,,x:y,real,5,
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path))
    files.write_text(tmp_path / "data" / "claims.csv", HEADER + ROWS)
    files.write_text(tmp_path / "data" / "undecided.csv", "id,model,date,reason\n")
    # Five runs of s = 6.3 points: half an interval of 7.9, so 30 points off are seen and 5 are not.
    runs = [{"seed": seed, "effect": 40 + 4 * seed} for seed in range(5)]
    for name in ("wide", "near"):
        files.write_json(claims.reference_path(name, "lab"), {"runs": runs})
    return tmp_path


def test_weak_claims_are_named_unless_a_dated_reason_excuses_them(home: Path) -> None:
    near, most = power.faults()
    assert near.startswith("data/claims.csv, near on lab: expected reference runs that decide in 60% of the cases")
    assert "most on real" in most and "--only most" in most
    excuse = "id,model,date,reason\nnear,lab,2026-11-25,on its way\nmost,real,{},{}\n"
    files.write_text(home / "data" / "undecided.csv", excuse.format("2026-11-25", "on its way"))
    assert power.faults() == []
    for when, why, fault in (("soon", "on its way", "expected a date"), ("2026-11-25", "", "and a reason")):
        files.write_text(home / "data" / "undecided.csv", excuse.format(when, why))
        (found,) = power.faults()
        assert fault in found
    files.write_text(home / "data" / "undecided.csv", excuse.format("2026-11-25", "x") + "wide,lab,2026-11-25,x\n"
                     "gone,lab,2026-11-25,x\n")
    unknown, needless = power.faults()
    assert "gone on lab: expected a claim" in unknown and "wide on lab: its reference runs decide in" in needless


def test_the_table_says_what_it_rests_on(home: Path, capsys: pytest.CaptureFixture) -> None:
    assert gather.main(["--power"]) == 0
    _, _, wide, near, most, note = capsys.readouterr().out.splitlines()
    assert "5 seeds " in wide and "100% (fails at 0)" in wide and wide.endswith("100% (holds at 60)")
    assert near.endswith("too weak")
    # At most 5: no effect is inside, twice as much is not.
    assert "assumed: 3 seeds (3 points apart) x 300 prompts" in most
    assert "(holds at 0)" in most and "(fails at 10)" in most
    assert "clear verdict" in note and not (home / "runs").exists()
    gather.main(["--power", "--only", "most", "--prompts", "5000", "--spread", "0"])
    assert "(0 points apart) x 5000 prompts" in (row := capsys.readouterr().out.splitlines()[2])
    assert not row.endswith("too weak")


def test_every_claim_of_the_course_would_be_decided_or_says_why_not() -> None:
    assert power.faults() == []


def test_no_truth_that_a_design_is_held_to_is_beyond_what_is_possible() -> None:
    for claim in claims.table().values():
        ends = claim.limit - claim.smallest, claim.limit + claim.smallest
        assert claim.clip(*ends) == ends, claim.id
    assert (paths.data() / "undecided.csv").exists()
