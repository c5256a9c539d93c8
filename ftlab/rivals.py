"""The rivals of a tuned model: the same model asked well. Messages for the chat template, from a conversation.

Whoever tunes a model should first see how far a prompt gets: asked plainly, with the brand guide, with three examples.
The fourth rival needs no model at all: ``ftlab.scores.template``.
"""

from __future__ import annotations

from ftlab.seeded import rng
from ftlab.world import brand

JOB = (
    "You are the support desk of Quillmere, a maker of kitchen and outdoor goods. Answer the customer in a few "
    "sentences, only with what your screen shows."
)


def plain(row: dict) -> list[dict]:
    """The job in two sentences, the screen, and the conversation."""
    screen, *talk = row["messages"][:-1]
    return [{"role": "system", "content": f"{JOB}\n\nYour screen:\n{screen['content']}"}, *talk]


def guide(row: dict) -> list[dict]:
    """The same with every rule of the brand guide."""
    screen, *talk = row["messages"][:-1]
    rules = "\n".join(f"- {rule.rule}" for rule in brand.guide())
    text = f"{JOB} Keep these rules:\n{rules}\n\nYour screen:\n{screen['content']}"
    return [{"role": "system", "content": text}, *talk]


def examples(rows: list[dict], seed: int, count: int = 3) -> list[dict]:
    """Conversations to show in a prompt: what a careful person would choose from ``rows``.

    Give rows of the kind of work that is asked for, with replies in one manner (``house.in_house_words``): that is the
    best set of examples that we know of, and where the kinds are many it presumes that somebody sorts the messages
    first. Of what is asked (``intent``), no two are alike as long as there is a choice.

    Raises:
        ValueError: If there are fewer rows than ``count``.
    """
    if len(rows) < count:
        raise ValueError(f"rows: expected {count} conversations or more, found {len(rows)}. Take rows of more kinds.")
    order, seen = rng("shown", seed).sample(rows, len(rows)), set()
    first = [row for row in order if not (row["intent"] in seen or seen.add(row["intent"]))]
    rest = [row for row in order if all(row is not other for other in first)]
    return [*first, *rest][:count]


def shown(row: dict, few: list[dict]) -> list[dict]:
    """The job, then the examples as turns that have been, each with its screen, then the conversation with its own."""
    turns = [{"role": "system", "content": JOB}]
    for each in [*few, row]:
        screen, question, *rest = each["messages"]
        turns.append({"role": "user", "content": f"Screen: {screen['content']}\n\nCustomer: {question['content']}"})
        turns += rest if each is not row else rest[:-1]
    return turns
