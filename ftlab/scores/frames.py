"""Frames for three of the four tasks: fixed words and a few patterns, the honest rival of a model that was tuned.

What a careful programmer writes in an afternoon from training rows and from the house's own rules: a description and a
post are put together from what stands in the record or in the article, the fields of a page are found by patterns.
Intents have a rival of their own, counted words. Like a model, a frame sees what it is given and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ftlab.world import articles

MEASURE = r"\d+(?:\.\d)? k?g\b"
TITLES = (r"^(.+) by Quillmere$", r"^Quillmere: (.+)$", r"^The (.+)$", r"^(.+)$")  # of a product's page
REFUSED = re.compile(r"\b(?:not|never|no|out of)\b|n't", re.IGNORECASE)
INVITED = "Come and see it for yourself. #Quillmere #Journal"


def reply(row: dict) -> str:
    """The frame's reply to a row of ``ftlab.world.tasks.rows``.

    Raises:
        ValueError: If the row's task has no frame.
    """
    if row["task"] not in FRAMES:
        raise ValueError(f"frames.reply: expected a task of {', '.join(FRAMES)}, found {row['task']!r}. Labels have "
                         "another rival: count words.")
    return FRAMES[row["task"]](row["source"])


def description(record: str) -> str:
    """Four lines in the house's format, from a product's record."""
    head, _, rest = record.partition(". ")
    name, _, noun = head.removesuffix(")").partition(" (")
    facts = dict(re.findall(r"([A-Z][\w ]+): ((?:[^.]|\.(?=\d))+)\.", rest))
    size = next((label for label in ("Capacity", "Height", "Warranty") if label in facts), "Warranty")
    article = "an" if noun[:1] in "aeiou" else "a"
    return "\n".join([
        name, f"It is {article} {noun} for every day, and it has {facts.get('Feature')}.",
        f"Facts: weight {facts.get('Weight')}, {size.lower()} {facts.get(size)}, price {facts.get('Price')}.",
        f"Care: {facts.get('Care')}."])  # fmt: skip


def fields(page: str) -> str:
    """The six fields of a product's page as JSON; what no pattern finds is null."""
    title, _, text = page.partition("\n")
    name = next(found[1] for pattern in TITLES if (found := re.match(pattern, title.strip())))
    price, years = _found(r"\$(\d+(?:\.\d+)?)", text), _found(r"\b(\d+) years?\b", text)
    washing = next((each for each in articles.sentences(text) if "dishwasher" in each.lower()), None)
    safe = None if washing is None else "not harm" in washing or not REFUSED.search(washing)
    return json.dumps({
        "product": name, "price_dollars": price and float(price), "weight": _found(f"({MEASURE})", text),
        "made_in": _found(r"\b(?:in|from) ((?!Quillmere)[A-Z][a-z]+(?: [A-Z][a-z]+)*)", text),
        "warranty_years": years and int(years), "dishwasher_safe": safe})  # fmt: skip


def post(article: str) -> str:
    """What the article is about, one of its sentences with a figure in it, an invitation, and two hashtags.

    Of all such posts the first that keeps the house's rules; without one, the first of all.
    """
    every = list(_posts(article))
    return next((each for each in every if articles.is_post(each)), every[0] if every else INVITED)


def _posts(article: str) -> Iterator[str]:
    title, _, text = article.partition("\n\n")
    patterns = (r"(?:[A-Z][\w'-]+ )+[A-Z][\w'-]+", r"\b[Tt]he [a-z]+ [a-z]+", r"(?:[A-Z][a-z'-]+ )*[A-Z][a-z'-]+")
    names = [name for pattern, where in zip(patterns, (title, article, article), strict=True)
             for name in re.findall(pattern, where)]  # fmt: skip
    told = [part for whole in articles.sentences(text.replace("\n", " ")) for part in (whole, *_clauses(whole))]
    told = [part for part in told if len(articles.NUMBER.findall(part)) == 1]
    for name in dict.fromkeys(part.strip() for each in names for part in _beginnings(each)):
        for sentence in told:
            yield f"{name[0].upper()}{name[1:]}: {sentence.strip()} {INVITED}"


def _clauses(text: str) -> list[str]:
    """What stands between the commas and the "and"s of a sentence, each as a sentence."""
    parts = re.split(r"(?:,|,? and|,? but) ", text.rstrip(".?"))
    return [f"{part[0].upper()}{part[1:]}." for part in parts if part]


def _beginnings(name: str) -> Iterator[str]:
    """The words, and what is left without the last ones and without the first one: "An Orchard Pan", "Orchard Pan"."""
    words = name.split()
    for start in range(min(2, len(words))):
        for end in range(len(words), start, -1):
            yield " ".join(words[start:end])


def _found(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[1] if found else None


FRAMES = {"description": description, "fields": fields, "post": post}
