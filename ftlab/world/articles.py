"""The Quillmere journal: long articles, social posts made from them, product descriptions, questions on the articles.

Facts live once, in the catalogue and in one small table a topic (``data/world/quillmere/article_<topic>.csv``, a row an
article); the paragraphs that carry them are in ``article_patterns.csv``. Within a topic no paragraph is used twice.
"""

from __future__ import annotations

import re
from functools import cache

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import quillmere
from ftlab.world.text import a, sentence

TOPICS = ("making", "portrait", "care", "recipe", "trip", "visit", "customer", "repair", "season", "lesson")
PRODUCT_FACTS = ("price", "weight", "material", "colour", "warranty", "made_in")
# What follows a number in the articles. Where a column names the noun, it is given in braces.
UNITS = {"years": "years", "minutes": "minutes", "hours": "hours", "days": "days", "weeks": "weeks", "km": "km",
         "hands": "people", "crew": "people", "servings": "people", "degrees": "degrees", "baskets": "baskets",
         "count": "pieces", "times": "times", "daily": "{pieces}", "output": "{goods}"}
SILENT_COLUMNS = ("split", "pronoun", "product", "pieces", "goods")
MOST_POST_WORDS, MOST_DESCRIPTION_WORDS = 40, 60
FIELD = re.compile(r"\{(\w+)\}")
WITH_ARTICLE = re.compile(r"\b([Aa]) \{(\w+)\}")
NUMBER = re.compile(r"\$?\d+(?:[.:]\d+)?")
HASHTAG = re.compile(r"#\w+")
INVITATIONS = ("Bring", "Come", "Join", "Read", "Send", "Show", "Tell", "Try")
FACTS_LINE = re.compile(r"Facts: weight \d+(?:\.\d)? k?g, (?:capacity \d+(?:\.\d)? (?:L|ml)|height \d+ cm|"
                        r"warranty \d+ years?), price \$\d+\.\d\d\.")


# Tables -------------------------------------------------------------------------------------------------------------

def _table(name: str) -> list[dict[str, str]]:
    return files.read_table(paths.data() / "world" / "quillmere" / f"article_{name}.csv")


def _patterns() -> dict[tuple[str, str], list[str]]:
    patterns: dict[tuple[str, str], list[str]] = {}
    for row in _table("patterns"):
        patterns.setdefault((row["topic"], row["part"]), []).append(row["text"])
    return patterns


def _products(year: int) -> dict[str, quillmere.Product]:
    return {product.id: product for product in quillmere.products(year)}


def _values(row: dict[str, str], product: quillmere.Product | None) -> dict[str, str]:
    """Everything that a pattern may ask for: the row's cells, the product's facts, pronouns."""
    values = dict(row)
    if product:
        values |= {key: product.fact(key) or "" for key in PRODUCT_FACTS}
        values |= {"product": product.name, "noun": product.noun, "feature": product.feature, "care": product.care}
    if "pronoun" in row:
        he, his, him, man = ("he", "his", "him", "man") if row["pronoun"] == "he" else ("she", "her", "her", "woman")
        values |= {"he": he, "He": sentence(he), "his": his, "His": sentence(his), "him": him, "man": man}
    for key, value in tuple(values.items()):
        values[f"{key}_cap"] = sentence(value)
        values[f"{key}_low"] = value[:1].lower() + value[1:].removesuffix(".")
        values[f"{key}_bare"] = re.sub(r"^(?:a|an|the) ", "", value)
    return values


def _fill(pattern: str, values: dict[str, str]) -> str:
    """The pattern with its fields filled in and "a" or "an" chosen by the word that follows."""
    def with_article(match: re.Match[str]) -> str:
        phrase = a(values[match[2]])
        return sentence(phrase) if match[1] == "A" else phrase

    return FIELD.sub(lambda match: values[match[1]], WITH_ARTICLE.sub(with_article, pattern))


def sentences(text: str) -> list[str]:
    """The sentences of a text: cut after a full stop, question mark or closing quotation mark."""
    return [part for part in re.split(r"(?<=[.?])\"?\s+", text) if part]


# Articles and posts -------------------------------------------------------------------------------------------------

def _stated(column: str, values: dict[str, str], text: str) -> str:
    """The value as the text says it: with its unit where the two stand together, else alone."""
    full = f"{values[column]} {_fill(UNITS[column], values)}" if column in UNITS else values[column]
    return full if full in text else values[column]


def _body(topic: str, number: int, values: dict[str, str], patterns: dict, order: dict) -> tuple[str, list[str]]:
    """The article's text and the product facts that it states."""
    parts = [part for part in "ABCD" if (topic, part) in patterns]
    chosen = [patterns[topic, part][order[topic, part][number]] for part in parts]
    if "product" in values:
        place = len(chosen) if topic == "trip" else rng("articles", topic, "place", number).choice([1, len(chosen)])
        chosen.insert(place, patterns["product", "Z"][order[topic, "Z"][number]])
    keys = FIELD.findall(" ".join(chosen))
    product_facts = [values[key] for key in PRODUCT_FACTS if key in keys]
    return "\n\n".join(sentence(_fill(pattern, values)) for pattern in chosen), product_facts


def _post(topic: str, number: int, values: dict[str, str], text: str, patterns: list[str]) -> str:
    """A post whose every value stands in the article."""
    lower = text.lower()
    fitting = [pattern for pattern in patterns
               if all(values[key].lower() in lower or key in ("he", "him", "his") for key in FIELD.findall(pattern))]
    # Taken in turn, so that the patterns of a topic are used about equally often.
    return _fill(fitting[number % len(fitting)], values)


@cache
def _written(year: int = 2025) -> tuple[tuple[dict, dict[str, str]], ...]:
    patterns, products = _patterns(), _products(year)
    order = {}
    for topic in TOPICS:
        for part in "ABCDZ":
            size = len(patterns.get(("product", "Z") if part == "Z" else (topic, part), []))
            order[topic, part] = rng("articles", topic, part).sample(range(size), size)
    written = []
    for topic in TOPICS:
        for number, row in enumerate(_table(topic)):
            product = products[row["product"]] if "product" in row else None
            if product and product.status == "retired":
                continue
            values = _values(row, product)
            text, product_facts = _body(topic, number, values, patterns, order)
            own = [_stated(column, values, text) for column in row if column not in SILENT_COLUMNS]
            facts = [fact for fact in dict.fromkeys(own + product_facts) if fact.lower() in text.lower()]
            title = _fill(rng("articles", topic, "title", number).choice(patterns[topic, "title"]), values)
            written.append(({
                "id": f"article-{topic}-{number + 1:02d}", "split": row["split"], "topic": topic,
                "title": sentence(title), "product": product.name if product else None, "text": text,
                "facts": facts,
                "post": _post(topic, number, values, text, patterns[topic, "post"])}, values))
    return tuple(written)


def articles(year: int = 2025) -> list[dict]:
    """The journal: one dict an article with id, split, topic, title, product, text, facts and its social post.

    Args:
        year: Whose facts the articles state, 2025 or 2026; those about a product that is retired by then are left out.
    """
    return [dict(article, facts=list(article["facts"])) for article, _ in _written(year)]


@cache
def _subjects() -> tuple[str, ...]:
    """What a post may begin with: a product, or a place that the journal has been to."""
    places = [row["place"] for row in _table("trip")]
    rooms = [f"The {row['room']}" for topic in ("portrait", "visit", "lesson") for row in _table(topic)]
    spots = [f"The {row['spot']}" for row in _table("season")]
    names = [product.name for year in quillmere.YEARS for product in quillmere.products(year)]
    return tuple(dict.fromkeys(names + places + rooms + spots))


def check_post(text: str) -> dict[str, bool]:
    """Each rule of the house format for social posts, and whether the post keeps it.

    ``length``: 10 to 40 words. ``subject``: begins with a product or a place. ``one_number``: one fact with a number.
    ``asks``: one question or one invitation, just before the hashtags. ``hashtags``: ends with exactly two, the first
    is #Quillmere. ``calm``: no exclamation mark. ``no_link``: no web address.
    """
    body = HASHTAG.sub("", text).strip()
    numbers = NUMBER.findall(body)
    last = sentences(body)[-1] if body else ""
    tags, invites = HASHTAG.findall(text), last.startswith(INVITATIONS)
    ends = re.search(r"[.?] #Quillmere #[A-Z]\w+$", text) is not None
    return {
        "length": 10 <= len(text.split()) <= MOST_POST_WORDS,
        "subject": any(re.match(rf"{re.escape(subject)}\b", text) for subject in _subjects()),
        "one_number": len(numbers) == 1,
        "asks": body.count("?") + invites == 1 and (last.endswith("?") or invites),
        "hashtags": ends and len(tags) == 2 and tags[0] != tags[1],
        "calm": "!" not in text,
        "no_link": re.search(r"https?:|www\.|\w\.(?:com|net|org|shop)\b", text) is None,
    }


def is_post(text: str) -> bool:
    """True if the text keeps every rule of the house format for social posts."""
    return all(check_post(text).values())


# Product descriptions -----------------------------------------------------------------------------------------------

def _facts_line(product: quillmere.Product) -> str:
    size = next(key for key in ("capacity", "height", "warranty") if product.fact(key))
    return f"Facts: weight {product.fact('weight')}, {size} {product.fact(size)}, price {product.fact('price')}."


def descriptions(year: int = 2025) -> list[dict]:
    """One description in the house format for every product on sale, with the record that it is written from."""
    uses: dict[str, list[str]] = {}
    for row in _table("uses"):
        uses.setdefault(row["category"], []).append(row["text"])
    rows = []
    for product in quillmere.products(year):
        if product.status == "retired":
            continue
        use = rng("descriptions", product.id).choice(uses[product.category]).replace("{feature}", product.feature)
        text = "\n".join([product.name, use, _facts_line(product), f"Care: {product.care}"])
        record = f"{product.record()} Feature: {product.feature}. Care: {product.care}"
        rows.append({"id": f"description-{product.id}", "split": product.split, "product": product.name,
                     "record": record, "text": text})
    return rows


def check_description(text: str) -> dict[str, bool]:
    """Each rule of the house format for product descriptions, and whether the text keeps it.

    ``length``: at most 60 words. ``lines``: four lines. ``name``: the first is a product's name alone. ``use``: the
    second is one sentence. ``facts``: the third is "Facts:" with weight, then capacity, height or warranty, then price.
    ``care``: the fourth is "Care:" and one sentence. ``calm``: no exclamation mark.
    """
    lines = text.split("\n")
    name, use, facts, care = (lines + [""] * 4)[:4]
    names = {product.name for year in quillmere.YEARS for product in quillmere.products(year)}
    return {
        "length": len(text.split()) <= MOST_DESCRIPTION_WORDS,
        "lines": len(lines) == 4,
        "name": name in names,
        "use": re.fullmatch(r"[A-Z][^.?!]+\.", use) is not None and len(use.split()) >= 6,
        "facts": FACTS_LINE.fullmatch(facts) is not None,
        "care": re.fullmatch(r"Care: [A-Z][^.?!]+\.", care) is not None,
        "calm": "!" not in text,
    }


def is_description(text: str) -> bool:
    """True if the text keeps every rule of the house format for product descriptions."""
    return all(check_description(text).values())


# Questions ----------------------------------------------------------------------------------------------------------

ENTITIES = {"making": "product", "portrait": "name", "care": "product", "recipe": "dish", "trip": "place",
            "visit": "room", "customer": "name", "repair": "product", "season": "spot", "lesson": "room"}


def questions(split: str) -> list[dict]:
    """Questions with short answers that stand in an article of this split.

    Articles of "train" and "valid" are asked about in two of the training phrasings, articles of "test" in the two
    phrasings that only test questions use.

    Raises:
        ValueError: If ``split`` is not one of "train", "valid", "test".
    """
    if split not in quillmere.SPLITS:
        raise ValueError(f"articles.questions: expected a split of {', '.join(quillmere.SPLITS)}, found {split!r}. "
                         "Use one of these three.")
    asks: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
    for row in _table("questions"):
        forms = asks.setdefault((row["topic"], row["relation"]), [])
        forms.append((len(forms), row["split"], row["text"]))
    rows = []
    for article, values in _written():
        if article["split"] != split:
            continue
        for (topic, relation), forms in asks.items():
            if topic != article["topic"]:
                continue
            usable = [form for form in forms if form[1] == ("test" if split == "test" else "train")]
            chosen = sorted(rng("article questions", article["id"], relation).sample(usable, 2))
            answer = _stated(relation, values, article["text"])
            accepted = [answer, values[relation], values[f"{relation}_bare"]]
            if relation in UNITS:
                accepted.append(f"{values[relation]} {_fill(UNITS[relation], values)}")
            for phrasing, _, text in chosen:
                rows.append({
                    "id": f"{article['id']}-{relation}-{phrasing}", "question": sentence(_fill(text, values)),
                    "answer": answer, "answers": list(dict.fromkeys(accepted)), "entity": values[ENTITIES[topic]],
                    "relation": relation, "phrasing": phrasing, "split": split, "source": "articles",
                    "context": article["id"]})
    return rows
