"""What the comparison of weights and documents trains on and asks."""

from __future__ import annotations

from ftlab.retrieval import chunks, firm, unscreened
from ftlab.workshop.experiments import rag, rag_rows
from ftlab.world import quillmere

PIECES = [piece for page in firm.pages() for piece in chunks.cut(page, 50)]


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


def test_the_seed_draws_what_is_trained_on_and_nothing_that_is_asked() -> None:
    found = {row["id"]: PIECES[:40] for row in unscreened.rows("train")}
    for draw in (rag_rows.closed_rows, rag.few, rag_rows.raft_asked, lambda seed: rag_rows.closed_rows(seed, begin=4),
                 lambda seed: rag_rows.raft_rows(seed, found, PIECES)):  # fmt: skip
        assert draw(0) == draw(0) != draw(1)
    assert rag_rows.raft_asked(0, 1) != rag_rows.raft_asked(0, 2)
    assert rag_rows.closed_rows(0) != rag_rows.closed_rows(0, begin=4)
