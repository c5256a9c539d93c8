"""The claims in the report: a column a model, and which carry over, said by the verdicts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ftlab import claims, files
from ftlab.course import report, verdicts
from ftlab.evidence.claim import FAILS, HOLDS, LAB, MIXED
from ftlab.model import REAL_FOLDER as REAL

HEADER = "id,notebook,statement,effect,unit,at_least,at_most,tolerance,experiment,models,smallest,dials\n"


@pytest.fixture
def home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("FTLAB_MODEL", raising=False)
    rows = {"alike": f"{REAL} lab", "opposite": f"{REAL} lab", "unclear": f"{REAL} lab", "small": "lab", "big": REAL}
    files.write_text(home / "data" / "claims.csv", HEADER + "".join(
        f"{name},01,Tuned < {name}.,tuned minus base,points,5,,1,,{models},5,\n" for name, models in rows.items()))
    return home


def store(claim_id: str, model: str, verdict: str, **more: object) -> None:
    low, high = {HOLDS: (6, 10), FAILS: (-4, 1), MIXED: (2, 9)}[verdict]
    runs = [{"seed": seed, "effect": (low + high) / 2 + seed} for seed in range(-2, 3)]
    files.write_json(claims.reference_path(claim_id, model), {
        "id": claim_id, "unit": "points", "effect": (low + high) / 2, "low": low, "high": high, "verdict": verdict,
        "runs": runs, **more})


def recorded(home: Path) -> list[dict]:
    return [files.read_json(path) for path in sorted((home / "runs" / "claims").glob("*.json"))]


def test_one_sentence_says_which_claims_carry_over(home: Path) -> None:
    for claim_id, lab, real in (("alike", FAILS, FAILS), ("opposite", HOLDS, FAILS), ("unclear", HOLDS, MIXED)):
        store(claim_id, LAB, lab)
        store(claim_id, REAL, real)
    store("small", LAB, HOLDS)
    claims.record("big", 0, 8, 6, 10)  # no reference runs, so this run speaks
    claims.record("alike", 0, 8, 6, 10, model=LAB)  # it has reference runs, which speak
    found = verdicts.rows("01", recorded(home), ["alike", "opposite", "unclear", "small"])
    assert verdicts.carried_over(found) == [
        "From the lab model to SmolLM2-135M-Instruct: carried over (the same verdict on both): alike; not carried over "
        "(the opposite verdict): opposite; open, since a verdict is mixed: unclear; tried on the lab model alone: "
        "small; tried on SmolLM2-135M-Instruct alone: big."]
    assert verdicts.models_of(found) == [LAB, REAL]


def test_without_a_second_model_nothing_is_said_to_carry_over(home: Path) -> None:
    store("small", LAB, HOLDS)
    (sentence,) = verdicts.carried_over(verdicts.rows("01", [], ["small"]))
    assert sentence == ("Tried on the lab model alone: small; nothing here says whether that carries over to another "
                        "model.")
    assert verdicts.section([]) == ""


def test_a_learners_own_model_has_its_own_column_and_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store("alike", LAB, HOLDS)
    monkeypatch.setenv("FTLAB_MODEL", "someone/Tiny")
    claims.record("alike", 0, 8, 6, 10)
    found = verdicts.rows("01", recorded(home), ["alike"])
    assert verdicts.models_of(found) == [LAB, REAL, "tiny"]
    first, second = verdicts.carried_over(found)
    assert "alone: alike" in first
    assert second.startswith("From the lab model to tiny: carried over (the same verdict on both): alike;")


def test_the_page_shows_this_run_and_the_reference_runs_by_model(home: Path) -> None:
    store("alike", LAB, HOLDS, stale={"date": "2026-11-25", "reason": "x"})
    claims.record("alike", 3, 8, 6, 10, model=LAB)
    claims.record("alike", 3, 1, -2, 4, model=REAL)
    outcomes = [report.NotebookRun("01_x", claims=recorded(home), expected_claims=["alike", "small"])]
    page = report.page(outcomes, 0.0)
    table = page[page.index('<table class="claims">'):]
    assert re.findall(r"<th>([^<]*)</th>", table) == ["claim", "the lab model", "SmolLM2-135M-Instruct"]
    alike, small = table.split("<tr>")[3:]
    lab, real = re.sub(r"<[^>]*>", " ", alike).split("this run, seed 3")[1:]
    assert " ".join(lab.split()) == ("holds +8 (6 to 10) points 5 reference runs (older than the code) holds +8 "
                                     "(6 to 10) points")
    assert " ".join(real.split()) == "does not hold here +1 (-2 to 4) points no reference runs yet"
    assert "Tuned &lt; alike." in alike and "alike: tuned minus base; holds if at least 5 points" in alike
    assert small.count("not tried") == 1 and "not run" in small and "1 claim put on trial" in page
    assert alike.count("<svg") == 2 and "<path" in alike and "<rect" in alike


def test_a_claim_without_numbers_still_has_its_row(home: Path) -> None:
    claim = {"id": "demo", "statement": "words only", "verdict": "mixed"}
    table = verdicts.section(verdicts.rows("01", [claim], []))
    assert "words only" in table and "mixed" in table and "svg" not in table


def test_a_run_outside_of_what_is_expected_is_named(home: Path) -> None:
    store("alike", LAB, HOLDS)
    store("small", LAB, HOLDS)
    claims.record("alike", 9, 30, 29, 31, model=LAB)
    claims.record("small", 9, 8, 7, 9)
    found = verdicts.rows("01", recorded(home), ["alike", "small"])
    assert verdicts.outside(found) == (
        "1 of 2 runs lie where reference runs with other seeds lead us to expect them; 1 in 20 may lie outside by luck."
        " Outside: alike (above).")
    assert verdicts.cell(found[0], LAB).count("above the expected range") == 1
    assert "above" not in verdicts.cell(found[1], LAB)
    assert "No run could be compared" in verdicts.outside(verdicts.rows("01", [], ["alike"]))


def test_a_claim_that_a_run_could_not_try_has_no_verdict(home: Path) -> None:
    claims.skip("alike", 0, "there was nothing to choose", model=LAB)
    found = verdicts.rows("01", recorded(home), ["alike"])
    assert "not tried" in verdicts.cell(found[0], LAB) and found[0].tried[LAB].verdict is None
    assert verdicts.carried_over(found)[0].endswith("tried on neither: alike.")


def test_a_claim_with_an_id_of_its_own_on_the_real_model_is_told_with_the_lab_models(home: Path) -> None:
    files.write_text(home / "data" / "claims.csv", HEADER + "".join(
        f"{name},01,Tuned < {name}.,tuned minus base,points,5,,1,,{model},5,\n"
        for name, model in (("forgets", "lab"), ("forgets-real", REAL), ("alone-real", REAL))))
    store("forgets", LAB, HOLDS)
    store("forgets-real", REAL, FAILS)
    store("alone-real", REAL, HOLDS)
    (sentence,) = verdicts.carried_over(verdicts.rows("01", [], ["forgets", "forgets-real", "alone-real"]))
    assert "not carried over (the opposite verdict): forgets;" in sentence
    assert f"tried on {verdicts.NAMES[REAL]} alone: alone-real" in sentence
