"""The stored comparison of weights and documents: what its claims are made of, and what is gathered."""

from __future__ import annotations

import json

import kept
import pytest

from ftlab import files
from ftlab.claims import table
from ftlab.evidence.packed import unpack
from ftlab.retrieval import chunks, firm, unscreened
from ftlab.retrieval.compared import ONE_FACT, READER, TOLD, WAYS, Compared
from ftlab.workshop import stored as store
from ftlab.workshop import trial
from ftlab.workshop.experiments import rag, rag_rows, rag_trials, rag_ways

PIECES = [piece for page in firm.pages() for piece in chunks.cut(page, 50)]


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """An empty place for results."""
    monkeypatch.setattr(rag_ways, "folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def stored(runs, monkeypatch, tmp_path):
    """A stored comparison of two seeds, in a folder of data that has nothing else of it."""
    monkeypatch.setattr(rag_ways, "chunks", lambda: PIECES)
    monkeypatch.setattr(store, "stored_path", lambda name: tmp_path / "stored" / f"{name}.json")
    for seed in (0, 1):
        for part in rag.PARTS:
            kept.keep(rag.path_of(part, seed), made_up(part, seed))
    kept.write("rag", rag.gather((0, 1)))
    return store.stored_path("rag")


def test_the_claims_of_two_seeds_are_read_from_the_stored_file_and_those_of_a_third_from_what_they_need(
    stored, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path / "empty"))
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(rag, "do", None)  # nothing is made
    claims = [claim for claim in table().values() if claim.experiment.endswith("rag:against_weights")]
    served = [(claim, model) for claim in claims for model in claim.models]
    experiment, found = trial.Experiment.of(*served[0]), []
    for seed in (0, 1):
        answers, inputs, _ = trial.run(experiment, seed, served, "0" * 12)
        assert set(answers) == {claim.id for claim in claims} and "ftlab/retrieval/compared.py" in inputs
        found.append(answers["documents-beat-weights"]["smollm2-135m-instruct"])
    one = Compared(files.read_json(stored), ONE_FACT, seeds=[1])
    assert found[1]["effect"] == pytest.approx(one.gap(rag.READER, rag.CLOSED, "facts").value, abs=1e-5)
    assert len(unpack(found[1]["by_prompt"])) == len(unpack(found[1]["about"]))  # a number for each question
    assert len(set(unpack(found[1]["about"]))) == 18  # products and rules
    made = []
    monkeypatch.setattr(rag, "do", lambda part, seed: made.append((part, seed)) or made_up(part, seed))
    third = rag.against_weights(2)
    assert made == [(part, 2) for part in rag.NEEDED] and len(made) < len(rag.PARTS) / 4
    assert {name: set(each) for name, each in third.items()} == {
        claim.id: {"effect", "by_prompt", "against", "about"} for claim in claims}
    kept.write("rag", files.read_json(stored), inputs={"data/no-such-table.csv": "0" * 16})
    made.clear()
    again = rag.against_weights(0)  # what is stored was made by other code
    assert {seed for _, seed in made} == {0}
    assert again["documents-beat-weights"]["effect"] == pytest.approx(found[0]["effect"], abs=1e-5)


def test_told_to_cite_means_the_prompt_of_the_untuned_model(monkeypatch, runs) -> None:
    seen = []
    monkeypatch.setattr(rag, "answer", lambda name, seed, rows, prompts, shown=(): seen.append((name, prompts)) or {})
    monkeypatch.setattr(rag, "passages", lambda quality, rows: [PIECES[:4] for _ in rows])
    rows = rag_rows.asked()[:2]
    for way in ("RAG, untuned", TOLD, "RAG, assistant"):
        (rag.WAYS | rag.MORE)[way](0, rows=rows)
    untuned, told, bare = seen
    assert (untuned[0], told[0], bare[0]) == ("untuned", "assistant", "assistant")
    assert untuned[1] == told[1] != bare[1] and "square brackets" in told[1][0]["messages"][0]["content"]


def made_up(part: str, seed: int) -> dict:
    """A result of a part, as it would be, with scores that a seed turns round in some places."""
    def way(rows: int, passages: bool) -> dict:
        scores = {key: [(i + seed * (i % 5 == 0)) % 2 for i in range(rows)] for key in rag_ways.SCORES}
        found = scores | {key: [1.5] * rows for key in ("read", "written", "seconds")} | {"reply": ["Yes [1]."] * rows}
        return found | ({"passages": [[PIECES[0].id]] * rows} if passages else {})

    about = [f"p{i % 7}" for i in range(21)]
    if part.startswith("train"):
        return {"seconds": 100.0, "log": []}
    if part == "start":
        return {"path": "assistant-0"}
    if part.startswith("update"):
        states = ("retrained", rag.CLOSED) if "weights" in part else (*rag_trials.STATES, "new index, template")
        return {state: way(21, False) | {"stale": [0] * 21} for state in states} | {"about": about, "questions": about}
    if part.startswith("attack"):
        kinds = {kind: way(12, False) for kind in ("order", "lie", "lie, marked", "clean", "warned")}
        told_on = {kind: {"obeyed": [seed % 2] * 12} for kind in ("order", "lie", "lie, marked")}
        return {kind: each | told_on.get(kind, {}) for kind, each in kinds.items()} | {
            "wrong": ["red"] * 12, "about": about[:12]}  # fmt: skip
    if part.startswith("world"):
        return {"knows": [1, 0] * 10 + [seed], "about": about, "reply": ["Paris"] * 21}
    rows = rag_rows.one_fact() if part.startswith(ONE_FACT) else rag_rows.asked()
    found = way(len(rows), "RA" in part)
    for key in ("facts", "cited"):
        found[key] = [score if unscreened.values(row) else None for score, row in zip(found[key], rows, strict=True)]
    return found


def test_what_is_gathered_can_be_read_for_one_seed_and_for_three(runs, monkeypatch, capsys) -> None:
    monkeypatch.setattr(rag_ways, "chunks", lambda: PIECES)
    with pytest.raises(ValueError, match="Make them first: --seed N"):
        rag.gather((0,))
    for seed in (0, 1, 2):
        for part in rag.PARTS:
            kept.keep(rag.path_of(part, seed), made_up(part, seed))
    rag.path_of("retrained", 2).unlink()
    stored = json.loads(json.dumps(rag.gather((0, 1, 2))))
    assert "seed 2 is left out: 1 parts are to be made, the first is 'retrained'" in capsys.readouterr().out
    assert list(stored["runs"]) == ["0", "1"]
    assert "reply" in stored["runs"]["0"][READER] and "reply" not in stored["runs"]["1"][READER]
    found, single = Compared(stored), Compared(stored, ONE_FACT)
    assert found.ways == WAYS and found.scores(READER, "fit").shape == (2, len(found.questions))
    assert found.rows(unscreened.rows("test")) == rag_rows.asked()
    assert single.ways == (rag.CLOSED, READER) and single.scores("retrained", "facts").shape[1] == len(single.questions)
    assert 0 < single.scores("retrained", "facts", which="unchanged").shape[1] < len(single.questions)
    assert found.learnt(TOLD)[0].shape == (2, 21) and found.lied_to(TOLD, "lie, marked")[0].shape == (2, 12)
    assert found.state("world, retrained", "", "knows")[0].shape == (2, 21)
    assert found.mean(READER, "seconds").value == 1.5 and found.difference(READER, TOLD, "read").value == 0
    assert found.share(TOLD, "cited").value > 0 and Compared(rag.gather((0,))).scores(READER, "fit").shape[0] == 1
