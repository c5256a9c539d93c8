"""Questions whose right passage is known, in three wordings: plain, a customer's own, and a riddle.

A riddle names no product: "the bottle that stays put on a wet deck" has no word of the page that it is about, so only
a search by meaning can find it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ftlab import files, paths, texts
from ftlab.retrieval.chunks import Chunk
from ftlab.values import states_any
from ftlab.world import quillmere

WORDINGS = ("plain", "customers", "riddles")
KINDS = ("fact", "complaint")  # of the desk's conversations: the ones with one question that a document answers


@dataclass(frozen=True)
class Asked:
    """A question that documents answer.

    Attributes:
        question: As it is asked.
        answers: What is accepted as the value asked for.
        about: The product's name or the policy's title.
        relation: What is asked of it, such as "price".
        wording: One of ``WORDINGS``.
    """

    question: str
    answers: tuple[str, ...]
    about: str
    relation: str
    wording: str


def questions(wording: str, split: str | None = "test", year: int = 2025) -> list[Asked]:
    """The questions of a wording about the products and policies of a split.

    Args:
        wording: "plain": from patterns that no tuning here sees ("What would I pay for the Trekker Flask?"), except
            that split "train" has the training patterns. "customers": one-question messages of the desk's
            conversations, written one by one, that name the product or are about a policy. "riddles": the plain
            questions on products, with a riddle in the name's place.
        split: "train", "valid", "test", or None for all.
        year: 2025, or 2026 for the values after the update.
    Raises:
        ValueError: If the wording or the split is unknown.
    """
    if split not in (None, *quillmere.SPLITS):
        raise ValueError(f"split: expected one of {', '.join(quillmere.SPLITS)} or None, found {split!r}.")
    if wording == "plain":
        return _plain(split, year)
    if wording == "customers":
        return _customers(split, year)
    if wording == "riddles":
        return _riddles(split, year)
    raise ValueError(f"wording: expected one of {', '.join(WORDINGS)}, found {wording!r}.")


def is_gold(asked: Asked, chunk: Chunk) -> bool:
    """True if the chunk answers the question: it is about the right thing and states an accepted value.

    Whether something may go in the dishwasher is told in many ways, so there the word itself counts.
    """
    if chunk.about != asked.about:
        return False
    if asked.relation == "dishwasher_safe":
        return "dishwasher" in chunk.text
    return states_any(chunk.text, asked.answers)


def gold(asked: Asked, chunks: Sequence[Chunk]) -> set[str]:
    """The ids of the chunks that answer the question; empty if none does."""
    return {chunk.id for chunk in chunks if is_gold(asked, chunk)}


def by_subject(asked: Sequence[Asked], scores: Sequence[float]) -> list[float]:
    """The mean score of each product or policy, in the order of first appearance.

    Questions about one product stand or fall together; an interval over questions would be too narrow.

    Raises:
        ValueError: If there is not one score a question.
    """
    found = defaultdict(list)
    for question, score in zip(asked, scores, strict=True):
        found[question.about].append(score)
    return [sum(some) / len(some) for some in found.values()]


def pairs(chunks: Sequence[Chunk], split: str = "train", wordings: Sequence[str] = WORDINGS) -> list[dict[str, str]]:
    """Questions with the passage that answers them, to tune an embedder: rows of "anchor" and "positive".

    Each question gets one passage, and each fact the same one for all its questions: two passages that both answer
    would be each other's wrong negatives in a batch. Take ``BatchSamplers.NO_DUPLICATES``, which keeps a passage from
    standing in a batch twice.
    """
    found, by_about = [], defaultdict(list)
    for chunk in sorted(chunks, key=lambda chunk: (chunk.kind == "article", chunk.id)):
        by_about[chunk.about].append(chunk)
    for wording in wordings:
        for question in questions(wording, split):
            right = next((chunk for chunk in by_about[question.about] if is_gold(question, chunk)), None)
            if right:
                found.append({"anchor": question.question, "positive": right.passage})
    return found


def _split_of() -> dict[str, str]:
    """The split of each product's name and policy's title."""
    things = {product.name: product.split for product in (*quillmere.products(), *quillmere.products(2026))}
    return things | {policy.title: policy.split for policy in quillmere.policies()}


def _plain(split: str | None, year: int) -> list[Asked]:
    patterns = "train" if split == "train" else "test"
    rows = [row for kind in ("product", "policy") for row in quillmere.questions(kind, patterns, year)]
    gone = {product.name for product in quillmere.products(year) if product.status == "retired"}
    return [
        Asked(row["question"], tuple(row["answers"]), row["entity"], row["relation"], "plain")
        for row in rows
        if split in (None, row["entity_split"]) and row["entity"] not in gone
    ]


def _customers(split: str | None, year: int) -> list[Asked]:
    names = ["2026" if year == 2026 else "test"] if split in (None, "test") else []
    names += [name for name in ("train", "valid") if split in (None, name)]
    titles = {policy.id: policy.title for policy in quillmere.policies()}
    found = []
    for name in names:
        for row in texts.conversations(name):
            question = row["messages"][1]["content"]
            about = titles.get(row["policy"]) or row["product"]
            written = f"-{row['split']}-" not in row["question_phrasing"]
            if row["kind"] in KINDS and written and (row["policy"] or about in question):
                answers = tuple(quillmere.accepted(row["value"]))
                found.append(Asked(question, answers, about, row["attribute"], "customers"))
    return found


def _riddles(split: str | None, year: int) -> list[Asked]:
    riddles = {row["product"]: row["riddle"] for row in _table()}
    names = {product.name: riddles[product.id] for product in quillmere.products(year)}
    return [
        Asked(asked.question.replace(asked.about, names[asked.about]), asked.answers, asked.about, asked.relation,
              "riddles")
        for asked in _plain(split, year)
        if asked.about in names
    ]  # fmt: skip


def _table() -> list[dict[str, str]]:
    return files.read_table(paths.data() / "world" / "quillmere" / "riddles.csv")
