"""The template: a fixed frame filled with the record's value, the honest rival of every tuned model.

It looks at the customer's last message and at the screen, as a model does, and at nothing else. Keywords find the fact
that is asked for, words shared with the message find a policy's sentence, and a few words of alarm hand a case over.
``ftlab template`` prints its score by kind, beside that of rules for every kind (``ftlab.scores.rules``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ftlab.scores import desk
from ftlab.world import brand
from ftlab.world.pairs import KINDS

KEYWORDS = {  # the first that is found in the message names the fact
    "Price": r"price|cost|how much (?:is|are|for|money|would|do)|pay|charge|expensive|\$|dear\b|afford|\bsum\b",
    "Weight": r"weigh|heavy|heavier|light(?:er|est)?\b|kilo|grams?\b|scales?\b",
    "Capacity": r"capacity|hold|volume|lit(?:re|er)s?|how many (?:cups|ml)|fit in|room for|\bml\b",
    "Height": r"\btall|height|high\b|how big|\bcm\b|centimet",
    "Warranty": r"warrant|guarantee|covered|how long (?:is|are|do|does) (?:it|you)",
    "Dishwasher safe": r"dishwasher|machine wash",
    "Material": r"material|made (?:of|from|out)|metal|what's in it",
    "Colour": r"colou?r|shade|which (?:red|blue|green)",
    "Made in": r"where|made in|come from|origin|country|town",
}
ALARM = re.compile(
    r"injur|hurt|burn|bleed|blood|cut (?:my|his|her)|hospital|doctor|lawyer|solicitor|court|legal|press\b|regulator|"
    r"fire|smoke|gas\b|explod|danger|refund|charged twice|bank|never (?:came|arrived)|not arrived|missing parcel|lost",
    re.IGNORECASE,
)
FRAME = "Thank you for writing to us. {answer} Next step: write back to us if you have another question."
FACT = {
    "Price": "The {name} costs {value}.",
    "Weight": "The {name} weighs {value}.",
    "Capacity": "The {name} holds {value}.",
    "Height": "The {name} is {value} tall.",
    "Warranty": "The warranty of the {name} is {value}.",
    "Material": "The {name} is made of {value}.",
    "Colour": "The colour of the {name} is {value}.",
    "Made in": "The {name} is made in {value}.",
    "Dishwasher safe": "{Yes}, the {name} is {not_}dishwasher safe.",
}
HAND_OVER = "We cannot answer this from our screen, so a colleague will look at it and write to you."
STOP = frozenset("""a an the is are do does did to of in on for and or i my me you your it that this if how what when
can we our be have has will at with by from so not any""".split())  # noqa: SIM905


def reply(row: dict) -> str:
    """The template's reply to a conversation.

    Args:
        row: A conversation with ``messages``: the screen first, the customer's last message before the gold reply.
    """
    screen, message = row["messages"][0]["content"], row["messages"][-2]["content"]
    answer = HAND_OVER if ALARM.search(message) else _fact(screen, message) or policy(screen, message) or HAND_OVER
    return f"{FRAME.format(answer=answer)} {brand.SIGN_OFF}"


def _fact(screen: str, message: str) -> str | None:
    """The sentence for the fact that the message asks for, of the product that it names (else of the first)."""
    records = re.findall(r"^([A-Z][^.(]+) \([a-z]+\)\. (.+)$", screen, re.MULTILINE)
    if not records:
        return None
    name, facts = next((record for record in records if record[0].lower() in message.lower()), records[0])
    fields = dict(re.findall(r"([A-Z][\w ]+): ((?:[^.]|\.(?=\d))+)\.", facts))
    for label, words in KEYWORDS.items():
        if re.search(words, message, re.IGNORECASE):
            value = fields.get(label)
            if value is None:
                return None
            return FACT[label].format(name=name, value=value, Yes=value.capitalize(), not_="not " * (value == "no"))
    return None


def policy(screen: str, message: str) -> str | None:
    """The sentence of the screen's running text that shares most words with the message, if any."""
    if re.search(r"\([a-z]+\)\.", screen):
        return None
    asked = _content(message)
    sentences = brand.sentences(screen)[1:]
    best = max(sentences, key=lambda text: len(asked & _content(text)), default="")
    return best if asked & _content(best) else None


def _content(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"[a-z]+", text.lower()) if word not in STOP}


def scores(rows: Sequence[dict], reply: Callable[[dict], str] = reply) -> dict[str, list[bool]]:
    """Which replies are fit to send (on-brand and right), by kind.

    Args:
        reply: The program: a conversation's reply from its messages.
    """
    found: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for row in rows:
        found[row["kind"]].append(desk.is_fit(reply(row), row))
    return found
