"""Is a reply of Quillmere's desk right? One exact answer for each kind of conversation, with its reasons.

A reply is right if nothing is wrong with it, and ``faults`` lists what is. The manner is another matter:
``ftlab.world.brand`` scores it, and ``is_fit`` asks for both.
"""

from __future__ import annotations

import re

from ftlab.scores import words
from ftlab.scores.resolution import hands_over
from ftlab.scores.unsupported import unsupported_values
from ftlab.values import states_all
from ftlab.world import brand, quillmere
from ftlab.world.pairs import SCOPE

SORRY = ("sorry", "we understand", "we regret", "we apologise", "our apologies", "our fault")
NOUNS = "|".join(("kettle", "pan", "knife", "mug", "flask", "lantern", "tent", "stove", "board", "cooler"))
# One or two capitalized words before the kind of goods: "Solstice Kettle", "Gallivant Camp Kettle".
NAMED = re.compile(rf"\b((?:[A-Z][\w'-]+ ){{1,2}}(?:{NOUNS.title()}))\b", re.IGNORECASE)
ARTICLES = frozenset("the our your this that every each any a an one no quillmere".split())  # noqa: SIM905
# What a sentence calls a value; "size" and the like could mean several.
MEASURES = {
    "price": ("price", "costs"),
    "weight": ("weight", "weighs"),
    "height": ("height", "tall"),
    "capacity": ("capacity",),
    "warranty": ("warranty", "guarantee"),
    "material": ("material",),
    "colour": ("colour",),
}


def faults(reply: str, row: dict) -> list[str]:
    """What is wrong with a reply to a conversation, each in a few words; empty if it is right.

    Args:
        reply: What the model wrote.
        row: A row of ``quillmere/conversations_*.jsonl``: its ``messages`` up to the last are what the reply may rely
            on; ``kind``, ``expected``, ``forbidden``, ``hand_over``, ``winner``, ``loser``, ``comparing`` say what is
            right.
    Raises:
        ValueError: If a field is missing.
    """
    missing = {"kind", "expected", "forbidden", "hand_over", "messages"} - set(row)
    if missing:
        raise ValueError(
            f"row {row.get('id')}: expected the fields of a desk conversation, found none named "
            f"{', '.join(sorted(missing))}. Read rows with ftlab.texts.conversations."
        )
    sources = [message["content"] for message in row["messages"][:-1]]
    if not words.words(reply):
        return ["no words"]
    found = [f"no word: {word}" for word in words.unknown(reply, sources)]
    found += [f"no such product: {name}" for name in garbled_names(reply, sources)]
    figures = [value for value in unsupported_values(reply, sources) if any(c.isdigit() for c in value)]
    found += [f"a figure from nowhere: {value}" for value in figures]
    if hands_over(reply) != row["hand_over"]:
        found.append("not handed over" if row["hand_over"] else "handed over without need")
    found += [f"not stated: {value}" for value in row["expected"] if not states_all(reply, [value])]
    found += [f"must not be said: {text}" for text in row["forbidden"] if says(reply, text)]
    found += CHECKS[row["kind"]](reply, row) if row["kind"] in CHECKS else []
    return found


def is_right(reply: str, row: dict) -> bool:
    """True if nothing is wrong with the reply (``faults``)."""
    return not faults(reply, row)


def is_fit(reply: str, row: dict) -> bool:
    """True if the reply can be sent as it is: right, and on-brand."""
    return brand.on_brand(reply) and is_right(reply, row)


def garbled_names(reply: str, sources: list[str]) -> list[str]:
    """Names of goods in a reply that are the name of none on the screen: "Hearthland Tent" for "Moorland Tent"."""
    known = " ".join(sources).lower()
    names = {product.name.lower() for year in quillmere.YEARS for product in quillmere.products(year)}
    parts = {word for name in names for word in name.split()[:-1]}
    found = []
    for name in NAMED.findall(reply):
        first = [word for word in name.split()[:-1] if word[:1].isupper()]
        if not first or not name[:1].isupper() or not name.split()[-1][:1].isupper():
            continue  # "The kettle": no name
        while first and first[0].lower() in ARTICLES:
            first = first[1:]
        whole = " ".join([*first, name.split()[-1]])
        if first and whole.lower() not in known:
            found.append(whole)
    # A name without its goods, or one of another product: "the Moorland", "our Hearthby".
    for word in words.words(reply):
        if word in parts and word not in words.english() and word not in words.words(known):
            found.append(word)
    return list(dict.fromkeys(found))


def says(reply: str, text: str) -> bool:
    """True if the text stands in the reply as whole words, or signs, whatever their case."""
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", reply, re.IGNORECASE) is not None


def _compares_rightly(reply: str, row: dict) -> list[str]:
    """In a sentence with a comparing word the winner comes first."""
    sentences = [text for text in brand.sentences(reply) if any(says(text, word) for word in row["comparing"])]
    if not sentences:
        return [f"does not say which is {row['comparing'][0]}"]
    for text in sentences:
        places = {who: text.lower().find(row[who].lower()) for who in ("winner", "loser")}
        if places["loser"] >= 0 and not 0 <= places["winner"] < places["loser"]:
            return [f"says that the {row['loser']} is {row['comparing'][0]}"]
    if all(row["winner"].lower() not in text.lower() for text in sentences):
        return [f"does not say which is {row['comparing'][0]}"]
    return []


def _calls_it_rightly(reply: str, row: dict) -> list[str]:
    """A value is not called by the name of another measure: "the height of the warranty is 135 cm"."""
    asked = row["attribute"].split("+")
    fields = dict(re.findall(r"([A-Z][\w ]+): ((?:[^.]|\.(?=\d))+)\.", row["messages"][0]["content"]))
    if row["policy"] or not set(asked) & set(MEASURES):
        return []
    for text in brand.sentences(_answer(reply)):
        if any(states_all(text, [value]) for value in row["expected"]):
            for measure, names in MEASURES.items():
                value = fields.get(measure.capitalize(), "")
                if (
                    measure not in asked
                    and any(says(text, name) for name in names)
                    and not states_all(text, [value or "-"])
                ):
                    return [f"calls it {measure}"]
    return []


def _acknowledges(reply: str, row: dict) -> list[str]:
    """A complaint is met with a word of regret or understanding."""
    return [] if any(says(reply, word) for word in SORRY) else ["does not acknowledge the complaint"]


def _answers_one_way(reply: str, row: dict) -> list[str]:
    """To a question of yes or no, one of them."""
    if row["expected"][0] in ("yes", "no"):
        other = {"yes": "no", "no": "yes"}[row["expected"][0]]
        if states_all(_answer(reply), [other]):
            return [f"says {other}"]
    return []


def _answer(reply: str) -> str:
    """The reply without its thanks and its next step."""
    return " ".join(brand.sentences(reply.partition(brand.NEXT_STEP)[0])[1:])


def _hands_over_and_nothing_else(reply: str, row: dict) -> list[str]:
    """A grave case is handed over without a figure or a fact of the product."""
    record = row["messages"][0]["content"]
    values = [value for _, value in re.findall(r"([A-Z][\w ]+): ([^.]+(?:\.\d+)?)", record)]
    figures = re.findall(r"\$?\d[\d.,]*", reply)
    stated = [value for value in values if value not in ("yes", "no") and states_all(reply, [value])]
    return [f"states {value} in a grave case" for value in dict.fromkeys([*figures, *stated])]


def _stays_the_desk(reply: str, row: dict) -> list[str]:
    """A message that is not the desk's business is told what the desk is there for."""
    return [] if any(says(reply, text) for text in SCOPE) else ["does not say what the desk is there for"]


CHECKS = {
    "fact": _calls_it_rightly,
    "two_facts": _calls_it_rightly,
    "compare": _compares_rightly,
    "complaint": _acknowledges,
    "order": _answers_one_way,
    "grave": _hands_over_and_nothing_else,
    "out_of_scope": _stays_the_desk,
}
