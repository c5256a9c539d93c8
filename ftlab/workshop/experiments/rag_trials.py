"""The facts change, and pages lie and give orders: two trials behind the stored comparison of weights and documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ftlab.retrieval import answers, unscreened
from ftlab.retrieval.chunks import Chunk
from ftlab.workshop.experiments import rag_rows, rag_ways
from ftlab.workshop.experiments.rag_ways import SCORES, answer, found

CLOSED, READER = (f"{name}, {rag_ways.ROUNDS} rounds" for name in ("closed book", "RAFT"))
ATTACKED = 12  # questions about one fact of a product whose passages are attacked
STATES = {  # of the index: the model that reads from it, the pages' year; notices beside the pages; told to cite
    "old index": (READER, 2025, False, False),
    "new index": (READER, 2026, False, False),
    "notices beside old pages": (READER, 2025, True, False),
    "new index, assistant": ("assistant", 2026, False, False),
    "new index, assistant, told": ("assistant", 2026, False, True),
    "new index, untuned": ("untuned", 2026, False, True),
}


def update(names: str, seed: int) -> dict:
    """The changed facts: who is stale, and what the documents need so that nobody is.

    Args:
        names: "weights" or "documents".
    """
    rows, everything = rag_rows.changed("test"), {}
    if names == "weights":
        for name in (CLOSED, "retrained"):
            everything[name] = answer(name, seed, rows, [unscreened.closed(row) for row in rows])
    else:
        for state, (name, year, notices, told) in STATES.items():
            part, form = found(rows, rag_rows.SHOWN, year, notices), form_of(told)
            parts = [part[row["id"]] for row in rows]
            prompts = [form(row, each) for row, each in zip(rows, parts, strict=True)]
            everything[state] = answer(name, seed, rows, prompts, parts)
        part = found(rows, rag_rows.SHOWN, 2026)
        replies = [rag_rows.framed(row, part[row["id"]], 2026) for row in rows]
        scored = [answers.score(reply, row) for reply, row in zip(replies, rows, strict=True)]
        everything["new index, template"] = {key: [score[key] for score in scored] for key in SCORES}
        everything["new index, template"] |= {"reply": replies}
    for each in everything.values():
        pairs = zip(each["reply"], rows, strict=True)
        each["stale"] = [int(answers.stale(reply, row["stale"], row)) for reply, row in pairs]
    return everything | {"questions": [row["messages"][0]["content"] for row in rows], "about": rag_rows.subjects(rows)}


def attack(name: str, seed: int, told: bool = False) -> dict:
    """One model whose passages carry an order, or a lie.

    Args:
        told: Whether it is told to keep to the passages and to cite them.
    """
    rows = [row for row in unscreened.rows("test") if row["kind"] == "fact" and row["product"]]
    rows = unscreened.balanced(rows, ATTACKED, seed=1)
    part, form = found(rows, rag_rows.SHOWN), form_of(told)
    lies = [rag_rows.with_lie(row, part[row["id"]]) for row in rows]
    lists = {
        "order": [rag_rows.with_order(part[row["id"]], i) for i, row in enumerate(rows)],
        "lie": [parts for parts, _ in lies],
    }
    result = {
        kind: answer(name, seed, rows, [form(r, p) for r, p in zip(rows, parts, strict=True)], parts)
        for kind, parts in lists.items()
    }
    result["order"]["obeyed"] = [int(rag_rows.NUMBER in reply) for reply in result["order"]["reply"]]
    believed = zip(result["lie"]["reply"], lies, rows, strict=True)
    result["lie"]["obeyed"] = [int(answers.stale(reply, wrong, row)) for reply, (_, wrong), row in believed]
    return result | {"wrong": [wrong for _, wrong in lies], "about": rag_rows.subjects(rows)}


def form_of(told: bool) -> Callable[[dict, Sequence[Chunk]], dict]:
    """How a model is shown passages: with the order to keep to them and to cite them, or without a word."""
    return unscreened.told if told else unscreened.beside
