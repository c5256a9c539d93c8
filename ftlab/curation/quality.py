"""Is the reply there, whole, true to the screen, and in the house's manner?"""

from __future__ import annotations

import re
from functools import cache

from ftlab.curation import personal
from ftlab.curation.records import Reject
from ftlab.data.turns import is_visible
from ftlab.values import FIGURE, contradicts, states_all
from ftlab.world import brand

NOTHING = ("na", "none", "null", "nil", "nan", "test", "tbd", "todo", "xxx", "empty", "blank", "noreply", "noanswer")
ENDS = re.compile(r"[.!?…)\]\"'>:;*😊🙂👍]$")
HOUSE_PHRASES = (brand.NEXT_STEP, brand.SIGN_OFF)  # a reply that ends inside one of them is cut
LAST = re.compile(r"[^.!?]*$")
NAMES = r"(?!(?:The|There|This|That|Our|We|It|In|You|Please|Yes|No)\b)(?:[A-Z][\w'-]+\.?)(?: [A-Z][\w'-]*\.?){0,2}"
CLOSED = re.compile(  # closing words, a name, or whose desk it is: nobody puts a full stop there
    rf"(?:\W*{NAMES}|[^,]{{2,30}}(?:, {NAMES}){{1,2}}|\W*(?:x+|[-–—~]) ?{NAMES}|"
    r"(?=[^\W\d_a-z])(?:\S+ ){0,5}(?i:desk|team|support|service|care|quillmere|regards|wishes|thanks|you|sincerely|"
    r"faithfully|truly|warmly|cheers|bye|clienti|clientes?|clients?|klantenservice|kundendienst|kundenservice))")
LOOSE_END = re.compile(r"(?:[,–—-]|\b(?:the|a|an|and|or|but|of|to|in|on|at|for|with|by|from|as|is|are|was|be|if|that|"
                       r"which|our|your|its|this|we|you|it|has|have|will|can|may|please|next|step:?|not|than|so))$",
                       re.IGNORECASE)

FIELD = re.compile(r"([A-Z][a-z]+(?: [a-z]+)*): ([^.]*(?:\.\d+[^.]*)*)\.")
SAFE = re.compile(r"\b(?:yes|safe|(?:can|may) go in(?:to)?)\b", re.IGNORECASE)
UNSAFE = re.compile(r"\b(?:no|not|never|cannot|can't|isn't|keep it out|by hand)\b", re.IGNORECASE)
WORDS_OF_VALUES = ("material", "colour", "made_in")


def check_reply_whole(record: dict) -> dict:
    """The record, if something is asked and its reply has words and is not cut off in the middle.

    Raises:
        Reject: If nothing is left of the question, the reply is empty or a stand-in for nothing, or it ends in the
            middle of a sentence or word.
    """
    if not is_visible(record["question"]):
        raise Reject(f"expected a question, found {record['question']!r} once it was clean.")
    reply = record["reply"].strip()
    letters = re.sub(r"[\W_]", "", reply).lower()
    if len(letters) < 2 or letters in NOTHING:
        raise Reject(f"expected a reply, found {reply!r}.")
    if is_cut(reply):
        raise Reject(f"expected a reply that ends with its sentence, found one that ends {reply[-30:]!r}.")
    return record


def is_cut(reply: str) -> bool:
    """True if the text stops in the middle: no mark at its end, and no closing words either."""
    if reply.endswith(brand.SIGN_OFF):
        return False
    last = LAST.search(reply)[0].strip()
    if LOOSE_END.search(reply) or (last and any(phrase.startswith(last) for phrase in HOUSE_PHRASES)):
        return True
    return not (ENDS.search(reply) or CLOSED.fullmatch(last))


def check_facts(record: dict) -> dict:
    """The record, if the reply states no value that the screen does not show.

    Figures are compared by ``values.contradicts``. Materials, colours and places are looked up in the catalogue: where
    the screen shows one and the reply another, they contradict each other.

    Raises:
        Reject: With the values of both.
    """
    screen, reply = record["record"], personal.without_masks(record["reply"])
    known = f"{screen} {record['question']} {record['product'] or ''}"
    if contradicts(_loose(reply), [], _loose(known)):
        raise Reject(f"expected only figures from the screen, found {', '.join(FIGURE.findall(reply))} in the "
                     "reply.")
    fields = dict(FIELD.findall(screen))
    bare = reply.replace(record["product"], "") if record["product"] else reply
    for label, values in _catalogue_values().items():
        shown = fields.get(label)
        if shown and not states_all(bare, [shown]):
            for value in values:
                if value.lower() in bare.lower() and states_all(bare, [value]) and not states_all(shown, [value]):
                    raise Reject(f"expected {label.lower()} {shown!r} as on the screen, found {value!r} in the reply.")
    answer = fields.get("Dishwasher safe")
    if answer and "dishwasher" in f"{record['question']} {reply}".lower():
        says_no = bool(UNSAFE.search(reply))
        if (answer == "yes" and says_no) or (answer == "no" and not says_no and SAFE.search(reply)):
            raise Reject(f"expected 'dishwasher safe: {answer}' as on the screen, found the opposite in the reply.")
    return record


def _loose(text: str) -> str:
    """Figures without the dollar sign, thousands and cents of zero: "$1,049.00" and "1049" are one sum."""
    return re.sub(r"(\d)\.00\b", r"\1", re.sub(r"(?<=\d),(?=\d{3})", "", text.replace("$", "")))


@cache
def _catalogue_values() -> dict[str, tuple[str, ...]]:
    from ftlab.world import quillmere

    return {quillmere.LABELS[key]: tuple(sorted({value for product in quillmere.products()
                                                 if (value := product.fact(key))}, key=len, reverse=True))
            for key in WORDS_OF_VALUES}


def check_quality(record: dict, most_broken: int = 0) -> dict:
    """The record with its ``quality``, if the reply breaks at most ``most_broken`` rules of the brand guide.

    Raises:
        Reject: With the names of the rules.
    """
    broken = [rule for rule, keeps in brand.check(personal.without_masks(record["reply"])).items() if not keeps]
    if len(broken) > most_broken:
        raise Reject(f"expected a reply by the brand guide, found one that breaks {', '.join(broken)}.")
    return {**record, "quality": score(record, len(broken))}


def score(record: dict, broken: int) -> float:
    """From 0 to 1: rules kept, stars given, a reply and a question of usual length, a customer not masked away."""
    words, asked = len(record["reply"].split()), len(record["question"].split())
    signs = (
        (4, 1 - broken / len(brand.RULES)),
        (2, ((record["rating"] or 3) - 1) / 4),
        (1, 18 <= words <= 45),
        (1, 5 <= asked <= 40),
        (1, record["question"][:1].isupper() and record["question"][-1:] in ".?!"),
        (1, "<" not in record["question"] + record["reply"]),
    )
    return round(sum(weight * float(sign) for weight, sign in signs) / sum(weight for weight, _ in signs), 4)
