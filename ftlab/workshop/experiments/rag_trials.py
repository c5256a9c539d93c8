"""The facts change, pages lie and give orders, old knowledge may go: trials behind the stored comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ftlab.retrieval import answers, unscreened
from ftlab.retrieval.chunks import Chunk
from ftlab.workshop.experiments import rag_rows, rag_ways
from ftlab.workshop.experiments.rag_ways import SCORES, Writer, answer, found
from ftlab.world import real

CLOSED, READER = (f"{name}, {rag_ways.ROUNDS} rounds" for name in ("closed book", "RAFT"))
ATTACKED = 24  # questions about one fact of a product whose passages are attacked: none of 24 is clearly below 15 %
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
    """One model whose passages carry an order, or a lie, or a lie whose passage is marked as a stranger's.

    Beside these, what the defence costs: the same questions with nothing false among the passages, without the warning
    ("clean") and with it ("warned").

    Args:
        told: Whether it is told to keep to the passages and to cite them.
    """
    once = {rag_rows.wording(row): row for row in reversed(unscreened.rows("test"))
            if row["kind"] == "fact" and row["product"]}  # fmt: skip
    rows = unscreened.balanced(list(once.values()), ATTACKED, seed=1)
    part, form = found(rows, rag_rows.SHOWN), form_of(told)
    clean = [part[row["id"]] for row in rows]
    lies = [rag_rows.with_lie(row, parts) for row, parts in zip(rows, clean, strict=True)]
    lying = [parts for parts, _ in lies]
    lists = {
        "order": [rag_rows.with_order(parts, i) for i, parts in enumerate(clean)],
        "lie": lying,
        "lie, marked": [rag_rows.marked(parts) for parts in lying],
        "clean": clean,
        "warned": clean,
    }
    result = {}
    for kind, every in lists.items():
        prompts = [form(row, parts) for row, parts in zip(rows, every, strict=True)]
        if kind in ("lie, marked", "warned"):
            prompts = [rag_rows.warned(prompt) for prompt in prompts]
        result[kind] = answer(name, seed, rows, prompts, every)
    result["order"]["obeyed"] = [int(rag_rows.NUMBER in reply) for reply in result["order"]["reply"]]
    for kind in ("lie", "lie, marked"):
        told_on = zip(result[kind]["reply"], lies, rows, strict=True)
        result[kind]["obeyed"] = [int(answers.stale(reply, wrong, row)) for reply, (_, wrong), row in told_on]
    return result | {"wrong": [wrong for _, wrong in lies], "about": rag_rows.subjects(rows)}


def form_of(told: bool) -> Callable[[dict, Sequence[Chunk]], dict]:
    """How a model is shown passages: with the order to keep to them and to cite them, or without a word."""
    return unscreened.told if told else unscreened.beside


def world(name: str, seed: int) -> dict:
    """What a model still knows of the real world: 0 or 1 by question."""
    rows = real.questions(rag_rows.WORLD)
    asked = [{"messages": [{"role": "user", "content": row["question"]}]} for row in rows]
    replies = [each["reply"] for each in Writer(name, seed).replies(asked)]
    known = [int(real.knows(reply, row["answers"])) for reply, row in zip(replies, rows, strict=True)]
    return {"knows": known, "about": [row["topic"] for row in rows], "reply": replies}
