"""Which preference rows to train on where time is short: of each kind of conversation the shorter half."""

from __future__ import annotations

from collections import defaultdict

from ftlab.tuning.pairs import cut


def short_half(pairs: list[dict], rows: list[dict], tokenizer) -> list[dict]:
    """Of each kind of conversation, the half of the preference rows with the fewest tokens: tokens are time.

    Args:
        pairs: What was voted on, each with its "id" and "kind".
        rows: Preference rows, as ``cut`` takes them, each with the id of its "pair".
    """
    kind_of, by_kind = {pair["id"]: pair["kind"] for pair in pairs}, defaultdict(list)
    for row in sorted(rows, key=lambda row: sum(map(len, cut(tokenizer, row)))):
        by_kind[kind_of[row["pair"]]].append(row)
    return [row for kind in sorted(by_kind) for row in by_kind[kind][: max(1, len(by_kind[kind]) // 2)]]
