"""The desk's questions without a screen: what a model says from its weights, or from the passages that it is shown.

A row here is a conversation of the desk whose screen has been taken away. What the screen would have shown in full is
kept aside as ``truth``: no model sees it, and the scorer judges every way of answering against it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ftlab import texts
from ftlab.retrieval.chunks import Chunk
from ftlab.scores import stated
from ftlab.seeded import rng
from ftlab.world import house, quillmere

JOB = (
    "You are the support desk of Quillmere, a maker of kitchen and outdoor goods. Answer the customer in a few "
    "sentences."
)
ONLY_THESE = (
    "Rely on these passages alone, and put the number of the passage that you used in square brackets. If they do not "
    "hold the answer, say that a colleague will look it up."
)
NO_ANSWER = "no_answer"
GROUPS = ("a product's fact", "a policy's fact", "two facts", "two products", "no answer")
CITATION = re.compile(r"\s?\[(\d+)\]")


def rows(split: str, year: int = 2025) -> list[dict]:
    """The conversations that can be asked without a screen: they name what they are about, or are about a policy.

    Of the questions that nobody can answer, those stay that no page of Quillmere's answers either.

    Args:
        split: "train", "valid" or "test".
        year: Whose facts are true: 2026 gives the test conversations after the update.
    """
    found = []
    for row in texts.conversations("2026" if (split, year) == ("test", 2026) else split):
        question = row["messages"][-2]["content"]
        named = row["product"] and row["product"].lower() in question.lower()
        answerable = row["kind"] in ("fact", "two_facts", "compare", "complaint") and (named or row["policy"])
        if len(row["messages"]) == 3 and (answerable or row["kind"] == NO_ANSWER and row["attribute"] == "other"):
            found.append(unscreened(row, year))
    return found


def unscreened(row: dict, year: int = 2025) -> dict:
    """The conversation without its screen, the gold reply in the house's plainest words, and the ``truth`` aside."""
    about = [row["winner"], row["loser"]] if row["kind"] == "compare" else [row["product"]]
    if row["policy"]:
        policy = next(policy for policy in quillmere.policies(year) if policy.id == row["policy"])
        truth, about = policy.passage(), [policy.title]
    else:
        goods = {product.name: product for product in quillmere.products(year)}
        truth = "\n".join(goods[name].record() for name in about)
    question = row["messages"][-2]
    gold = {"role": "assistant", "content": house.reply(row, year)}
    return {**row, "truth": truth, "about": about, "messages": [question, gold]}


def group(row: dict) -> str:
    """Which of the five kinds of question a row is."""
    if row["kind"] in ("two_facts", "compare", NO_ANSWER):
        return GROUPS[("two_facts", "compare", NO_ANSWER).index(row["kind"]) + 2]
    return GROUPS[1 if row["policy"] else 0]


def balanced(rows: Sequence[dict], per_group: int, seed: int) -> list[dict]:
    """Up to ``per_group`` rows of each group, in the groups' order; a larger sample holds the smaller ones."""
    found = []
    for name in GROUPS:
        members = [row for row in rows if group(row) == name]
        rng("unscreened", seed, name).shuffle(members)
        found += members[:per_group]
    return found


def values(row: dict) -> list[tuple[str, str]]:
    """What a right reply must state: pairs of a thing and its value. None where a colleague must look it up."""
    if row["kind"] == NO_ANSWER:
        return []
    if row["kind"] == "compare":
        _, best, other = [*row["expected"], row["expected"][-1]][:3]
        return [(row["winner"], best), (row["loser"], other)]
    return [(row["about"][0], value) for value in row["expected"]]


def holds(chunk: Chunk, about: str, value: str, row: dict) -> bool:
    """Whether a chunk is about the right thing and states the value."""
    if chunk.about != about:
        return False
    if value.endswith("dishwasher safe"):
        return "dishwasher" in chunk.text
    return stated.states(chunk.text, value, {**row, "product": None})


def gold(row: dict, chunks: Sequence[Chunk]) -> list[Chunk]:
    """The chunks that hold a value which the reply must state."""
    return [chunk for chunk in chunks if any(holds(chunk, *each, row) for each in values(row))]


# What a model is shown -----------------------------------------------------------------------------------------------


def numbered(chunks: Sequence[Chunk]) -> str:
    """The passages as a prompt shows them, each on a line with its number from 1 on."""
    lines = (f"{chunk.heading}: {' '.join(chunk.text.split())}" for chunk in chunks)
    return "\n".join(f"[{i}] {line}" for i, line in enumerate(lines, start=1))


def closed(row: dict) -> dict:
    """The question with nothing but the job: what follows comes from the weights."""
    return {"messages": [{"role": "system", "content": JOB}, *row["messages"]]}


def shown(row: dict, few: Sequence[dict]) -> dict:
    """The same after some questions with their gold replies."""
    turns = [turn for each in few for turn in each["messages"]]
    return {"messages": [{"role": "system", "content": JOB}, *turns, *row["messages"]]}


def told(row: dict, chunks: Sequence[Chunk]) -> dict:
    """The question with passages and the order to keep to them: for a model that was never tuned to."""
    system = f"{JOB} {ONLY_THESE}\n\n{numbered(chunks)}"
    return {"messages": [{"role": "system", "content": system}, *row["messages"]]}


def beside(row: dict, chunks: Sequence[Chunk]) -> dict:
    """The question with passages in the place where the assistant's screen was, and no further word."""
    return {"messages": [{"role": "system", "content": numbered(chunks)}, *row["messages"]]}


# What RAFT trains on -------------------------------------------------------------------------------------------------


def cited(row: dict, chunks: Sequence[Chunk]) -> dict:
    """The row to train on: passages, the question, and the gold reply with the number of the passage after each value.

    Where a value stands in none of the passages, the reply hands over to a colleague: facts change, so a model must
    not be taught to answer from memory.
    """
    reply, needed = row["messages"][-1]["content"], values(row)
    places = [[i for i, chunk in enumerate(chunks, start=1) if holds(chunk, *each, row)] for each in needed]
    if not all(places):
        reply = house.reply({**row, "kind": NO_ANSWER, "product": row["about"][0], "attribute": "other"})
        needed, places = [], []
    head, tail = reply, ""
    for (_, value), where in reversed(list(zip(needed, places, strict=True))):  # from the end, so that places stay
        before, found, after = head.rpartition(_written(value, head))
        if found:
            head, tail = before, f"{found} [{where[0]}]{after}{tail}"
    return beside({**row, "messages": [row["messages"][0], {"role": "assistant", "content": head + tail}]}, chunks)


def _written(value: str, reply: str) -> str:
    """The value as the reply writes it, which may begin a sentence with it."""
    place = reply.lower().rfind(value.lower())
    return reply[place : place + len(value)] if place >= 0 else value
