"""The shorter half of the preference rows, kind by kind."""

from __future__ import annotations

from ftlab.tuning import short_pairs


def test_each_kind_keeps_its_shorter_half_and_one_row_at_least(monkeypatch) -> None:
    monkeypatch.setattr(short_pairs, "cut", lambda tokenizer, row: ([1], [1] * row["tokens"], [1]))
    pairs = [{"id": id, "kind": kind} for id, kind in zip("abcdefg", ("order", "fact") * 3 + ("grave",), strict=True)]
    rows = [{"pair": id, "tokens": tokens} for id, tokens in zip("abcdefg", (9, 4, 3, 2, 5, 6, 80), strict=True)]
    found = short_pairs.short_half(pairs, rows, None)
    assert [row["pair"] for row in found] == ["d", "g", "c"]  # one of three facts, of one grave case, of three orders
