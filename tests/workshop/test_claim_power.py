"""No claim is kept whose reference runs would not decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftlab import claims, files
from ftlab.evidence import repeated
from ftlab.workshop import claim_power, gather

HEADER = "id,notebook,statement,effect,unit,at_least,at_most,tolerance,experiment,models,smallest,dials\n"
ROWS = """wide,01,A,effect,points,30,,,x:y,lab,30,
near,01,B,effect,points,5,,,x:y,lab,5,
most,01,C,effect,points,,5,,x:y,real,5,
"""
DESIGNS = """id,model,kind,prompts,apart,seeds,spread,alike,basis
near,lab,shares,300,40,5,3,0.5,assumed
most,real,shares,300,40,3,3,0.5,assumed
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path))
    files.write_text(tmp_path / "data" / "claims.csv", HEADER + ROWS)
    files.write_text(tmp_path / "data" / "designs.csv", DESIGNS)
    # Five runs of s = 6.3 points: half an interval of 7.9, so 30 points off are seen and 5 are not.
    runs = [{"seed": seed, "effect": 40 + 4 * seed} for seed in range(5)]
    for name in ("wide", "near"):
        files.write_json(claims.reference_path(name, "lab"), {"runs": runs, "date": "2026-11-25"})
    return tmp_path


def test_weak_claims_are_named_with_what_would_decide(home: Path) -> None:
    near, most = claim_power.faults()
    assert near.startswith("data/claims.csv, near on lab: expected reference runs that decide in 60% of the cases")
    claim = claims.find("most")
    more = claim_power.enough(claim, claim_power.designs()["most", "real"])
    assert "most on real" in most and f"{more.prompts} prompts and {more.seeds} seeds would do by" in most


def test_weak_runs_may_stand_with_a_dated_reason(home: Path) -> None:
    path = claims.reference_path("near", "lab")
    known = files.read_json(path)
    files.write_json(path, known | {"weak": {"date": "2026-11-27", "reason": "Seeds scatter by 6 points."}})
    assert [fault.split(":")[0] for fault in claim_power.faults()] == ["data/claims.csv, most on real"]
    files.write_json(path, known | {"weak": {"date": "soon", "reason": "Seeds scatter."}})
    assert claim_power.faults()[0].startswith("near on lab, weak: expected a reason as an object with a date")


def test_a_claim_without_runs_needs_a_design(home: Path) -> None:
    files.write_text(home / "data" / "designs.csv", DESIGNS.replace("most,real", "near,real"))
    assert "data/designs.csv: expected a row for most on real" in claim_power.faults()[-1]
    for before, after in (("shares,300", "share,300"), ("40,3,3", "0,3,3"), ("assumed", ""), ("300,40", "many,40"),
                          ("most,real", "near,lab")):
        files.write_text(home / "data" / "designs.csv", DESIGNS.replace(before, after))
        with pytest.raises(ValueError, match=r"designs.csv line [23]: expected a new claim"):
            claim_power.designs()


def test_the_table_says_what_it_rests_on(home: Path, capsys: pytest.CaptureFixture) -> None:
    assert gather.main(["--power"]) == 0
    _, _, wide, near, most, note = capsys.readouterr().out.splitlines()
    assert "5 seeds " in wide and "100% (fails at 0)" in wide and wide.endswith("100% (holds at 60)")
    assert near.endswith("too weak") and most.endswith("too weak")
    # At most 5: no effect is inside, twice as much is not.
    assert "planned: 3 seeds x 300 prompts" in most
    assert "(holds at 0)" in most and "(fails at 10)" in most
    assert "clear verdict" in note and not (home / "runs").exists()
    gather.main(["--power", "--only", "most", "--prompts", "5000", "--spread", "0"])
    assert "x 5000 prompts" in (row := capsys.readouterr().out.splitlines()[2])
    assert not row.endswith("too weak")


def test_both_ends_of_a_range_are_tried(home: Path) -> None:
    files.write_text(home / "data" / "claims.csv", HEADER + "ratio,01,D,effect,times,5,20,,x:y,lab,2,\n")
    files.write_text(home / "data" / "designs.csv", DESIGNS.splitlines()[0] + "\nratio,lab,number,100,4,5,0.5,1,as\n")
    low, high = claim_power.decided(claims.find("ratio"), "lab")
    assert (low.limit, high.limit) == (5, 20) and low.above > 0.6 < high.below  # 7 and 18 are inside
    # The same truth in another unit decides as often.
    files.write_text(home / "data" / "claims.csv", HEADER + "ratio,01,D,effect,bits,0.5,2,,x:y,lab,0.2,\n")
    files.write_text(home / "data" / "designs.csv", DESIGNS.splitlines()[0] + "\nratio,lab,number,100,.4,5,0.05,1,as\n")
    assert [each[3:] for each in claim_power.decided(claims.find("ratio"), "lab")] == [
        (pytest.approx(each.limit / 10), *each[4:]) for each in (low, high)]


def test_what_is_said_to_be_enough_is_and_half_of_it_is_not(home: Path) -> None:
    claim, design = claims.find("near"), claim_power.designs()["near", "lab"]
    more = claim_power.enough(claim, design)
    for prompts, does in ((more.prompts, True), (more.prompts // 2, False)):
        chances = [claim_power.power.planned(more._replace(prompts=prompts), truth, 5, float("inf"))
                   for truth in (0, 10)]
        assert (min(chances[0].outside, chances[1].inside) >= claim_power.DECIDES) == does
    assert claim_power.enough(claim, design._replace(spread=50)) is None  # no prompts help against seeds


def test_every_claim_of_the_course_would_be_decided() -> None:
    print(claim_power.shown(list(claims.table().values())))
    assert claim_power.faults() == []


def test_no_truth_that_a_design_is_held_to_is_beyond_what_is_possible() -> None:
    for claim in claims.table().values():
        for limit in claim.limits:
            ends = limit - claim.smallest, limit + claim.smallest
            assert claim.clip(*ends) == ends, claim.id


def test_the_designs_have_the_prompts_that_the_reference_runs_asked() -> None:
    runs = {key: known["runs"] for key in claim_power.designs() if (known := claims.reference(*key))}
    scores = {key: found[0] for key, each in runs.items() if (found := repeated.arms(each)) is not None}
    assert scores
    for key, each in scores.items():  # where prompts hang together, a design counts the things that they are about
        things = len(set(repeated.about(runs[key]) or ()))
        assert claim_power.designs()[key].prompts in {each.shape[1], things}, key
