"""Small instructions on a screen of four facts about a product: tell a fact, say whether one is there, list them all.

For a small model: what an instruction is, is as little as can be. Whether a model that was tuned on some of these
follows the others is a question of notebook 03.
"""

from __future__ import annotations

from collections.abc import Collection

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import quillmere

TRAINED, NEW = ("price", "weight", "warranty", "made_in"), ("material", "colour", "height", "capacity")
FORMS = ("yes or no", "list")


def rows(asks: Collection[str], split: str, seed: int) -> list[dict]:
    """Questions about facts on screens of four: conversations with ``answers`` and the product's id as ``target``.

    Args:
        asks: Facts to ask for, among ``TRAINED`` and ``NEW``.
        split: "train" or "test": of the products and of the questions' wordings.
        seed: Of the order.
    """
    catalogue, found = {product.id: product for product in quillmere.products()}, []
    for question in files.read_jsonl(paths.data() / "questions" / f"product_{split}.jsonl"):
        product = catalogue[question["target"]]
        if question["relation"] in asks and product.split == split:
            others = [key for key in TRAINED + NEW if product.fact(key) and key != question["relation"]]
            facts = [*rng("screen", question["id"]).sample(others, 3), question["relation"]]
            found.append(_row(product, facts, question["question"], question["answer"], question["answers"]))
    rng("screens", seed).shuffle(found)
    return found


def other_form(form: str, split: str, seed: int) -> list[dict]:
    """Instructions whose replies have another form, one for each screen of ``rows``.

    Args:
        form: "yes or no", whether a fact is on the screen (half of them are), or "list", which facts are.
    Raises:
        ValueError: If there is no such form.
    """
    if form not in FORMS:
        raise ValueError(f"form: expected one of {', '.join(FORMS)}, found {form!r}. Correct the name.")
    found = []
    for place, row in enumerate(rows(TRAINED + NEW, split, seed)):
        there = [key for key in quillmere.ATTRIBUTES if key in row["facts"]]  # in the order of the screen
        away = [key for key in TRAINED + NEW if key not in there]
        yes = place % 2 == 0
        fact = _label((there if yes else away)[place // 2 % 4])
        listed = f"{', '.join(map(_label, there))}."
        pairs = {"list": ("Which facts are on the screen?", listed),
                 "yes or no": (f"Is the {fact} on the screen? Yes or no.", "Yes." if yes else "No.")}  # fmt: skip
        asks, reply = pairs[form]
        screen, *_ = row["messages"]
        talk = [{"role": "user", "content": asks}, {"role": "assistant", "content": reply}]
        found.append({**row, "answers": [reply], "messages": [screen, *talk]})
    return found


def _row(product: quillmere.Product, facts: list[str], asks: str, reply: str, answers: list[str]) -> dict:
    turns = (("system", product.record(facts)), ("user", asks), ("assistant", reply))
    return {"target": product.id, "facts": facts, "answers": answers,
            "messages": [{"role": role, "content": content} for role, content in turns]}  # fmt: skip


def _label(key: str) -> str:
    return quillmere.LABELS[key].lower()
