"""What the stored comparison of weights and documents trains on and asks, and what its claims are made of."""

from __future__ import annotations

import json

from ftlab import files, paths
from ftlab.retrieval import chunks, documents, unscreened
from ftlab.workshop.experiments import rag, rag_rows
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
    asked = rag_rows.asked() + rag_rows.fresh() + rag_rows.changed("test")
    assert not trained & {row["messages"][0]["content"] for row in asked}
    found = {row["id"]: PIECES[:40] for row in unscreened.rows("train")}
    tested = {product.name for product in quillmere.products() if product.split == "test"}
    rows = rag_rows.raft_rows(0, found, PIECES)
    assert len(rows) == rag_rows.RAFT_ROWS
    assert not any(name in row["messages"][1]["content"] for row in rows for name in tested)


def test_no_fresh_question_was_looked_at_first_and_none_stands_twice() -> None:
    first, fresh = ([row["messages"][0]["content"] for row in rows] for rows in (rag_rows.asked(), rag_rows.fresh()))
    assert not set(first) & set(fresh) and len(set(fresh)) == len(fresh) > len(first)


def test_a_question_stands_with_its_product_and_one_on_two_with_the_first_by_name() -> None:
    rows = [{"about": ["Trekker Flask"]}, {"about": ["Trekker Flask", "Inkwell Mug"]}]
    assert rag_rows.subjects(rows) == ["Trekker Flask", "Inkwell Mug"]


def test_with_the_oracle_everything_is_there_and_damaged_nothing() -> None:
    for row in rag_rows.asked() + rag_rows.fresh():
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


def test_claims_count_the_questions_that_have_an_answer(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(paths, "runs", lambda: tmp_path)
    rows = rag_rows.fresh()
    has = [bool(unscreened.values(row)) for row in rows]
    for part, right in ((rag.CLOSED, 0), ("RAG, assistant", 0), (rag.READER, 1), ("retrained", 0)):
        scores = [right if known else None for known in has]
        files.write_json(rag.path_of(part, 0), {"facts": scores, "fit": [right] * len(rows)})
    found = rag.against_weights(0)
    assert found["documents-beat-weights"]["effect"] == 100
    assert len(found["documents-beat-weights"]["by_prompt"]) == sum(has)
    assert len(found["raft-beats-rag"]["by_prompt"]) == len(rows) and found["retraining-harms-rest"]["effect"] == 0
    assert json.dumps(found)


def test_what_is_stored_is_small() -> None:
    kept = rag.small({"facts": [1, None, 0], "read": [10, 20], "reply": ["a"], "new": {"stale": [0, 1]}, "log": [1]})
    assert kept == {"facts": "1-0", "read": 15, "reply": ["a"], "new": {"stale": "01"}}


def test_what_was_found_is_kept_by_question_and_the_passages_are_not() -> None:
    rows = [row for row in rag_rows.fresh() if row["kind"] == "fact"][:1] + rag_rows.fresh()[-1:]
    gold = unscreened.gold(rows[0], rag.chunks())
    for ids, found in (([gold[0].id], 1), ([], 0)):
        kept = rag.with_found({"facts": [1, None], "passages": [ids, []]}, rows)
        assert kept == {"facts": [1, None], "found": [found, None]}
