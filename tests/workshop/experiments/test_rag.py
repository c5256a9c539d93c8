"""What the stored comparison of weights and documents trains on and asks, and what its claims are made of."""

from __future__ import annotations

import json

import kept
import pytest

from ftlab import files, model, shelf
from ftlab.claims import table
from ftlab.evidence.packed import unpack
from ftlab.retrieval import chunks, documents, unscreened
from ftlab.retrieval.compared import ONE_FACT, READER, TOLD, WAYS, Compared
from ftlab.workshop import stored as store
from ftlab.workshop import trial
from ftlab.workshop.experiments import rag, rag_rows, rag_trials, rag_ways
from ftlab.world import quillmere

PIECES = [piece for page in documents.pages() for piece in chunks.cut(page, 50)]


def test_the_closed_book_training_meets_every_fact_of_the_test_products_as_often() -> None:
    replies = [row["messages"][-1]["content"] for row in rag_rows.closed_rows(0)]
    for product in rag_rows.goods(2025):
        about = [reply for reply in replies if product.name in reply and "compare" not in reply]
        for key in quillmere.ATTRIBUTES:
            if product.fact(key) and key != "dishwasher_safe":
                assert sum(product.fact(key) in reply for reply in about) >= rag_rows.EXPOSURES


def test_no_test_wording_is_trained_on_and_no_test_product_by_raft() -> None:
    trained = {row["messages"][1]["content"] for row in rag_rows.closed_rows(0)}
    asked = rag_rows.asked() + rag_rows.one_fact() + rag_rows.changed("test")
    assert not trained & {row["messages"][0]["content"] for row in asked}
    found = {row["id"]: PIECES[:40] for row in unscreened.rows("train")}
    tested = {product.name for product in quillmere.products() if product.split == "test"}
    rows = rag_rows.raft_rows(0, found, PIECES)
    assert len(rows) == rag_rows.RAFT_ROWS
    assert not any(name in row["messages"][1]["content"] for row in rows for name in tested)


def test_no_wording_is_asked_twice_and_a_pattern_is_asked_of_each_thing() -> None:
    rows = rag_rows.asked()
    written = [row["question_phrasing"] for row in rows if "-test-" not in row["question_phrasing"]]
    patterns = [row["question_phrasing"] for row in rows if "-test-" in row["question_phrasing"]]
    assert len(set(written)) == len(written) and len(set(patterns)) < len(patterns)
    assert len({row["messages"][0]["content"] for row in rows}) == len(rows) > 100
    counts = [sum(unscreened.group(row) == group for row in rows) for group in unscreened.GROUPS]
    assert counts[:2] == [rag_rows.PER_GROUP] * 2 and all(0 < count <= rag_rows.PER_GROUP for count in counts)
    early = {row["question_phrasing"] for row in unscreened.rows("test")} & rag_rows.EARLY
    assert len(early) > 40  # what was looked at when the rounds were chosen is still known by its name


def test_the_second_panel_asks_for_one_fact_that_is_named_and_knows_what_changes() -> None:
    rows = rag_rows.one_fact()
    assert len(rows) > 200 and len(set(rag_rows.subjects(rows))) == 18  # 14 products, 4 rules
    for row in rows:
        reply = f"Thank you for asking us. {row['messages'][-1]['content']}"
        assert unscreened.values(row) == [(row["about"][0], row["expected"][0])] and row["expected"][0] in reply
    changes = {row["id"]: changed for row, changed in zip(rows, rag_rows.touched(rows), strict=True)}
    assert changes["product-q006-price-test-0"]  # $89.00, and $95.00 from 2026 on
    assert not changes["product-q006-weight-test-0"]


def test_a_question_stands_with_its_product_and_one_on_two_with_the_first_by_name() -> None:
    rows = [{"about": ["Trekker Flask"]}, {"about": ["Trekker Flask", "Inkwell Mug"]}]
    assert rag_rows.subjects(rows) == ["Trekker Flask", "Inkwell Mug"]


def test_with_the_oracle_everything_is_there_and_damaged_nothing() -> None:
    for row in rag_rows.asked() + rag_rows.one_fact():
        some = PIECES[:4]
        full = rag_rows.oracle(row, some, PIECES)
        assert all(any(unscreened.holds(c, *each, row) for c in full) for each in unscreened.values(row))
        assert len(full) == 4
        none = rag_rows.damaged(row, PIECES)
        assert len(none) == 4 and not any(unscreened.holds(c, *e, row) for c in none for e in unscreened.values(row))


def test_changed_facts_have_an_old_value_that_is_wrong_now() -> None:
    for split in ("train", "test"):
        rows = rag_rows.changed(split)
        assert rows and all(row["stale"] not in row["truth"] or row["stale"] != row["expected"][0] for row in rows)
    assert sum(rag_rows.touched(rag_rows.asked())) < len(rag_rows.asked()) / 2


def test_an_attacked_passage_is_the_first_and_a_lie_is_one() -> None:
    row = next(row for row in rag_rows.asked() if row["kind"] == "fact" and row["product"])
    assert rag_rows.with_order(PIECES[:4], 1)[0].text.endswith(rag_rows.ORDERS[1])
    assert all(rag_rows.NUMBER in order for order in rag_rows.ORDERS)
    shown, wrong = rag_rows.with_lie(row, PIECES[:4])
    assert len(shown) == 4 and wrong in shown[0].text + "dishwasher" and wrong not in row["expected"]
    prompt = rag_rows.warned(unscreened.beside(row, rag_rows.marked(shown)))["messages"]
    assert prompt[0]["content"].startswith(f"{rag_rows.WARNING}\n\n[1] {rag_rows.MARK}: ") and len(prompt) == 3
    assert prompt[0]["content"].count(rag_rows.MARK) == 2  # in the warning, and at the one passage


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


def test_the_claims_of_two_seeds_are_read_from_the_stored_file_and_a_third_says_what_is_missing(
    stored, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path / "empty"))
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(rag, "do", None)  # nothing is made
    claims = [claim for claim in table().values() if claim.experiment.endswith("rag:against_weights")]
    served = [(claim, model) for claim in claims for model in claim.models]
    experiment, found = trial.Experiment.of(*served[0]), []
    for seed in (0, 1):
        answers, inputs = trial.run(experiment, seed, served, "0" * 12)
        assert set(answers) == {claim.id for claim in claims} and "ftlab/retrieval/compared.py" in inputs
        found.append(answers["documents-beat-weights"]["smollm2-135m-instruct"])
    one = Compared(files.read_json(stored), ONE_FACT, seeds=[1])
    assert found[1]["effect"] == pytest.approx(one.gap(rag.READER, rag.CLOSED, "facts").value, abs=1e-5)
    assert len(unpack(found[1]["by_prompt"])) == len(unpack(found[1]["about"]))  # a number for each question
    assert len(set(unpack(found[1]["about"]))) == 18  # products and rules
    with pytest.raises(trial.TrialError, match=r"expected a run of seed 2 .*, found those of 0, 1.*--seed 2.*--gather"):
        trial.run(experiment, 2, served, "0" * 12)
    kept.write("rag", files.read_json(stored), inputs={"data/no-such-table.csv": "0" * 16})
    with pytest.raises(ValueError, match="expected a run of seed 0 by the present code, found those of none"):
        rag.against_weights(0)


def test_what_is_stored_is_small() -> None:
    scores = {"facts": [1, None, 0], "seconds": [1.234, 2], "new": {"stale": [0, 1]}}
    small = rag.small(scores | {"reply": ["a"], "log": [1]})
    assert small == {"facts": "1-0", "seconds": [1.23, 2], "reply": ["a"], "new": {"stale": "01"}}


def test_what_was_found_is_kept_by_question_and_the_passages_are_not() -> None:
    rows = [row for row in rag_rows.asked() if row["kind"] == "fact"][:1] + rag_rows.asked()[-1:]
    store.watch()
    gold = unscreened.gold(rows[0], rag.chunks())
    for ids, found in (([gold[0].id], 1), ([], 0)):
        result = rag.with_found({"facts": [1, None], "passages": [ids, []]}, rows)
        assert result == {"facts": [1, None], "found": [found, None]}


def test_the_seed_draws_what_is_trained_on_and_nothing_that_is_asked() -> None:
    found = {row["id"]: PIECES[:40] for row in unscreened.rows("train")}
    for draw in (rag_rows.closed_rows, rag.few, rag_rows.raft_asked, lambda seed: rag_rows.closed_rows(seed, begin=4),
                 lambda seed: rag_rows.raft_rows(seed, found, PIECES)):  # fmt: skip
        assert draw(0) == draw(0) != draw(1)
    assert rag_rows.raft_asked(0, 1) != rag_rows.raft_asked(0, 2)
    assert rag_rows.closed_rows(0) != rag_rows.closed_rows(0, begin=4)


def test_what_no_seed_changes_is_written_once(runs) -> None:
    same = [rag_ways.Writer("assistant", seed).path for seed in (0, 1)]
    assert same[0] == same[1] and rag_ways.Writer(rag.READER, 0).path != rag_ways.Writer(rag.READER, 1).path
    assert len({rag.path_of(part, 0) for part in rag.PARTS}) == len(rag.PARTS)


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


def test_other_weights_on_the_shelf_are_another_folder(monkeypatch, tmp_path) -> None:
    place = tmp_path / "assistant-x"
    monkeypatch.setattr(shelf, "place", lambda *_, **__: place)
    monkeypatch.setattr(shelf, "shipped", lambda place: iter(()))
    monkeypatch.setattr(model, "choose", lambda: model.Choice("m", "m", "cpu", "float32", ""))
    marks = [rag_ways.mark.__wrapped__()]
    for weights in (b"one", b"other"):
        (place / shelf.MODEL).mkdir(parents=True, exist_ok=True)
        (place / shelf.MODEL / "adapter_model.safetensors").write_bytes(weights)
        marks.append(rag_ways.mark.__wrapped__())
    assert len(set(marks)) == 3


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
