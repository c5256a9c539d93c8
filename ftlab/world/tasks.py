"""Four jobs of Quillmere beside the desk's conversations: an intent, fields as JSON, a description, a social post.

Each row is a conversation of three turns, so that whatever trains or asks on conversations takes it: the instruction
in full, what it is about, and the reply that is wanted.
"""

from __future__ import annotations

import json

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import quillmere

TASKS = ("intent", "fields", "description", "post")
INTENTS = ("order_change", "payment", "praise", "privacy", "product", "refund", "repairs", "returns", "shipping",
           "warranty")  # fmt: skip
FIELDS = ("product", "price_dollars", "weight", "made_in", "warranty_years", "dishwasher_safe")
SCHEMA = {
    "type": "object",
    "properties": {
        "product": {"type": "string", "minLength": 1, "maxLength": 40},
        "price_dollars": {"type": "number", "exclusiveMinimum": 0, "maximum": 10000},
        "weight": {"type": "string", "pattern": r"^[0-9]+(\.[0-9])? (g|kg)$"},
        "made_in": {"type": "string", "minLength": 1, "maxLength": 20},
        "warranty_years": {"type": "integer", "minimum": 1, "maximum": 25},
        "dishwasher_safe": {"type": ["boolean", "null"]},
    },
    "required": list(FIELDS),
    "additionalProperties": False,
}
INSTRUCTIONS = {
    "intent": "Sort the customer's message. Answer with one of these words and nothing else: "
              f"{', '.join(INTENTS)}.",
    "fields": f"Read the page and answer with one JSON object and nothing else. Its keys are {', '.join(FIELDS)}. "
              "Numbers stand without unit, dishwasher_safe is true, false or null, and null is for what the page does "
              "not say.",
    "description": "Write the product's description from its record, in four lines and at most 60 words: its name; "
                   "one sentence on what it is for and its feature; \"Facts:\" with weight, then capacity (or "
                   "height, or warranty), then price; \"Care:\" and one sentence. No exclamation mark.",
    "post": "Write a social post of 10 to 40 words on the article. Begin with the product or the place, give one "
            "fact with a number, then one question or invitation, and end with two hashtags, the first of them "
            "#Quillmere. No exclamation mark, no link.",
}  # fmt: skip


def rows(task: str, split: str) -> list[dict]:
    """The rows of a task: ``messages``, ``task`` and ``source``, what the reply may rely on; intents have ``label``.

    Args:
        task: One of ``TASKS``.
        split: "train", "valid" or "test": of a ticket's wording, of a product or of an article. "2026": the test
            rows after the update; its tickets are those of "test", as no ticket states a fact that changes.
    Raises:
        ValueError: If there is no such task or split.
    """
    if task not in TASKS or split not in (*quillmere.SPLITS, "2026"):
        raise ValueError(f"tasks.rows: expected a task of {', '.join(TASKS)} and a split of "
                         f"{', '.join(quillmere.SPLITS)}, 2026, found {task!r} and {split!r}. Correct the name.")
    return [{"task": task, "source": source, **_label(task, reply), "messages": [
        {"role": "system", "content": INSTRUCTIONS[task]}, {"role": "user", "content": source},
        {"role": "assistant", "content": reply}]} for source, reply in _READ[task](split)]  # fmt: skip


def mixture(sizes: dict[str, int], seed: int, split: str = "train") -> list[dict]:
    """So many rows of each task, mixed; a larger mixture of the same seed holds the smaller ones.

    Intents come in equal numbers, as far as the size allows: the first ten tickets have ten intents.
    """
    chosen = []
    for task, size in sizes.items():
        pool = rows(task, split)
        rng("tasks", seed, task).shuffle(pool)
        pool = _in_turn(pool) if task == "intent" else pool
        if size > len(pool):
            raise ValueError(f"tasks.mixture: expected at most {len(pool)} rows of {task} in {split}, found {size}. "
                             "Ask for fewer.")
        chosen += pool[:size]
    rng("tasks order", seed).shuffle(chosen)
    return chosen


def held_out(task: str, count: int | None = None) -> list[dict]:
    """The first test rows of a task, all by default; tickets come in turns, one of each intent and again."""
    if task != "intent":
        return rows(task, "test")[:count]
    rng("tasks test").shuffle(pool := rows(task, "test"))
    return _in_turn(pool)[:count]


def _in_turn(tickets: list[dict]) -> list[dict]:
    by_label = [[row for row in tickets if row["label"] == label] for label in INTENTS]
    return [row for turn in zip(*by_label, strict=True) for row in turn]


def _label(task: str, reply: str) -> dict[str, str]:
    return {"label": reply} if task == "intent" else {}


def _stored(name: str, split: str) -> list[dict]:
    if split == "2026":
        name, split = f"{name}_2026", "test"
    return [row for row in files.read_jsonl(paths.data() / "quillmere" / f"{name}.jsonl") if row["split"] == split]


def _tickets(split: str) -> list[tuple[str, str]]:
    return [(row["text"], row["intent"]) for row in _stored("tickets", "test" if split == "2026" else split)]


def _fields(split: str) -> list[tuple[str, str]]:
    products = {product.name: product for product in quillmere.products(2026 if split == "2026" else 2025)}
    return [(row["text"], json.dumps(record(products[row["about"]]))) for row in _stored("documents", split)
            if row["kind"] == "product"]


def record(product: quillmere.Product) -> dict[str, str | int | float | bool | None]:
    """What a page says of a product, as a program wants it: numbers as numbers, what is not said as null."""
    safe = {"yes": True, "no": False}.get(product.dishwasher_safe)
    values = (product.name, float(product.price), product.fact("weight"), product.made_in, product.warranty_years, safe)
    return dict(zip(FIELDS, values, strict=True))


def _descriptions(split: str) -> list[tuple[str, str]]:
    return [(row["record"], row["text"]) for row in _stored("descriptions", split)]


def _posts(split: str) -> list[tuple[str, str]]:
    return [(f"{row['title']}\n\n{row['text']}", row["post"]) for row in _stored("articles", split)]


_READ = {"intent": _tickets, "fields": _fields, "description": _descriptions, "post": _posts}
