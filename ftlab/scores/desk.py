"""Is a reply of Quillmere's desk right? One exact answer for each kind of conversation, with its reasons.

A reply is right if nothing is wrong with it, and ``faults`` lists what is. The manner is another matter:
``ftlab.world.brand`` scores it, and ``is_fit`` asks for both.

What it cannot see: a wrong colour or material beside the right one (towns, figures and names it sees); a right figure
from the screen or from the customer about something that nobody asked for; whether a reply that hands over speaks of
this customer's case; a sum that the reply works out, which counts as a figure from nowhere; words in an order without
sense. It wants the word "colleague" or "our team" where a case is handed over, and no synonym of a value: "tin" is not
"steel", "a year" not "1 year".
"""

from __future__ import annotations

import re
from functools import cache

from ftlab.scores import attributed, stated, words
from ftlab.scores.unsupported import house_values, unsupported_values
from ftlab.values import states_all
from ftlab.world import brand, quillmere
from ftlab.world.pairs import COMPARING

SORRY = re.compile(
    r"\b(?:sorry|regret\w*|(?<!your )apolog\w+|we understand|our fault|should not have happened)\b", re.IGNORECASE
)
SCOPE = re.compile(
    r"\b(?:our|quillmere(?:'s)?)(?: own)? (?:products?|goods|orders|range)\b|\bwhat we (?:make|sell)\b", re.IGNORECASE
)
# "Your colleague" is the customer's. A team hands over only if it is to do something.
HANDS_OVER = re.compile(
    r"(?<!your )\bcolleagues?\b|\b(?:member of|someone (?:from|on|in)) our team\b|\bour team will\b", re.IGNORECASE
)
NAMED = re.compile(rf"\b((?:[A-Z][\w'-]+ ){{1,3}}(?:{stated.NOUNS.title()}))\b")  # "Gallivant Camp Kettle"
ARTICLES = frozenset("the our your this that every each any a an one no yes both for if of and or quillmere".split())  # noqa: SIM905
RECORD = re.compile(r"^([A-Z][^.(]+) \([a-z]+\)\. (.+)$", re.MULTILINE)
FIELD = re.compile(r"([A-Z][\w ]+): ((?:[^.]|\.(?=\d))+)\.")
MEASURES = "height|weight|price|capacity|colour|material|warranty"
MEASURED = re.compile(  # "the height of the workshop is"
    rf"\b({MEASURES}) of (?:the|our|this|that) ((?:[\w'-]+ ){{0,3}}?[\w'-]+)(?= (?:is|are|was|comes)\b|[.,;]|$)",
    re.IGNORECASE,
)


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
    reply = " ".join(reply.replace("\u2019", "'").split())
    found = [f"no word: {word}" for word in words.unknown(reply, sources)]
    found += [f"no such product: {name}" for name in garbled_names(reply, sources)]
    figures = [value for value in unsupported_values(reply, sources) if any(c.isdigit() for c in value)]
    found += [f"a figure from nowhere: {value}" for value in figures]
    given = words.words(" ".join(sources))
    found += [f"a town from nowhere: {word}" for word in words.words(reply) if word in _towns() and word not in given]
    if hands_over(reply) != row["hand_over"]:
        found.append("not handed over" if row["hand_over"] else "handed over without need")
    if not row["hand_over"]:
        found += [f"not stated: {value}" for value in row["expected"] if not stated.states(reply, value, row)]
    text = stated.claims(reply) if row["kind"] == "no_answer" else reply
    found += [f"must not be said: {part}" for part in row["forbidden"] if stated.says(text, part)]
    found += measured_strangers(reply, given)
    if again := stutter(reply):
        found.append(f"says again: {again}")
    found += CHECKS[row["kind"]](reply, row)
    return list(dict.fromkeys(found))


def hands_over(reply: str) -> bool:
    """Whether a reply hands the case to a person: it speaks of a colleague, or of what the team will do."""
    return bool(HANDS_OVER.search(reply))


def is_right(reply: str, row: dict) -> bool:
    """True if nothing is wrong with the reply (``faults``)."""
    return not faults(reply, row)


def is_fit(reply: str, row: dict) -> bool:
    """True if the reply can be sent as it is: right, and on-brand."""
    return brand.on_brand(reply) and is_right(reply, row)


def stutter(reply: str) -> str:
    """What a reply says twice running, else nothing: a word, or a whole sentence with which the next one begins."""
    said = [words.words(sentence) for sentence in brand.sentences(reply)]
    for first, later in zip(said, said[1:], strict=False):
        if first and later[: len(first)] == first:
            return " ".join(first)
    double = re.search(r"\b([a-z]+) \1\b", reply, re.IGNORECASE)
    return double[0] if double and double[1].lower() not in ("that", "had") else ""


def measured_strangers(reply: str, given: list[str]) -> list[str]:
    """Measures of what has none here: "the height of the workshop". Goods have them, and whatever the screen names.

    Args:
        given: The words of the screen and of the turns before.
    """
    found = []
    for measure, of in MEASURED.findall(reply):
        last = words.words(of)[-1:]
        if not re.search(rf"\b(?:{stated.NOUNS})s?\b", of, re.IGNORECASE) and not set(last) <= set(given):
            found.append(f"the {measure.lower()} of no such thing: {of.strip()}")
    return found


def garbled_names(reply: str, sources: list[str]) -> list[str]:
    """Names of goods in a reply that are the name of none on the screen: "Hearthland Tent" for "Moorland Tent"."""
    known = " ".join(sources).lower()
    found = []
    for name in NAMED.findall(reply):
        parts = name.split()
        while parts[0].lower() in ARTICLES:
            parts = parts[1:]
        if len(parts) > 1 and " ".join(parts).lower() not in known:
            found.append(" ".join(parts))
    # The first word of a name, small before its goods, or by itself: "the moorland tent", "our Hearthby".
    for first in sorted(_first_names() - set(words.words(known))):
        before_goods = re.search(rf"\b{first} (?:\w+ )?(?:{stated.NOUNS})s?\b", reply, re.IGNORECASE)
        alone = re.search(rf"(?<=[a-z,] ){first.capitalize()}\b", reply)
        if (before_goods or alone) and first not in " ".join(found).lower():
            found.append((before_goods or alone)[0])
    return list(dict.fromkeys(found))


@cache
def _first_names() -> frozenset[str]:
    return frozenset(p.name.split()[0].lower() for year in quillmere.YEARS for p in quillmere.products(year))


@cache
def _towns() -> frozenset[str]:
    return frozenset(p.made_in.lower() for year in quillmere.YEARS for p in quillmere.products(year))


def _compares_rightly(reply: str, row: dict) -> list[str]:
    """The comparing words are the winner's, their opposites not, and each value is its own product's."""
    things, answer = [row["winner"], row["loser"]], stated.answer(reply)
    rights = tuple(row["comparing"])
    wrongs = next(
        COMPARING[about, "more" if want == "less" else "less"]
        for (about, want), group in COMPARING.items()
        if about == row["attribute"] and group == rights
    )
    given, denied = (
        {thing for text in brand.sentences(answer) for thing in attributed.given_to(text, _forms(group), things)}
        for group in (rights, wrongs)
    )
    right, wrong = (word if word.startswith(("holds", "costs")) else f"is {word}" for word in (rights[0], wrongs[0]))
    if row["loser"] in given:
        return [f"says that the {row['loser']} {right}"]
    if row["winner"] in denied:
        return [f"says that the {row['winner']} {wrong}"]
    if row["winner"] not in given:
        return [f"does not say which {right}"]
    return ["swaps the two values"] if attributed.swapped(answer, things, row["expected"][1:]) else []


def _forms(comparing: tuple[str, ...]) -> list[str]:
    """Comparing words with their superlatives, which many use of two as well: "the longest", "holds the most"."""
    most = [re.sub(r"er$", "est", re.sub(r"^(costs|holds|weighs) ", r"\1 the ", word)) for word in comparing]
    most = [re.sub(r"\bless\b", "least", re.sub(r"\bmore\b", "most", word)) for word in most]
    return list(dict.fromkeys([*comparing, *most]))


def _calls_it_rightly(reply: str, row: dict) -> list[str]:
    """No value has another measure's name, and none is that of another product on the screen."""
    if row["policy"]:
        return []
    answer, asked = stated.answer(reply), row["attribute"].split("+")
    talk = " ".join(message["content"] for message in row["messages"][1:-1])
    wrong = attributed.wrongly_called(house_values(answer), asked, row["expected"])
    found = [f"calls it {wrong}"] if wrong else []
    if "dishwasher_safe" in asked and len(stated.dishwasher(reply)) > 1:
        found.append("says both yes and no of the dishwasher")
    for name, facts in RECORD.findall(row["messages"][0]["content"]):
        fields = dict(FIELD.findall(facts))
        for key in asked:
            value = fields.get(key.replace("_", " ").capitalize(), "yes")
            others = name != row["product"] and value not in (*row["expected"], "yes", "no")
            if others and states_all(house_values(answer), [value]) and not states_all(talk, [value]):
                found.append(f"gives {value}, of the {name}")
    return found


def _acknowledges(reply: str, row: dict) -> list[str]:
    """A complaint is met with a word of regret or understanding."""
    return [*([] if SORRY.search(reply) else ["does not acknowledge the complaint"]), *_calls_it_rightly(reply, row)]


def _answers_one_way(reply: str, row: dict) -> list[str]:
    """To a question of yes or no, one of them."""
    if row["expected"][0] in ("yes", "no"):
        return [f"says {word}" for word in sorted(stated.verdicts(stated.answer(reply)) - {row["expected"][0]})]
    return []


def _guesses_nothing(reply: str, row: dict) -> list[str]:
    """Of a dishwasher that the screen lacks it says neither yes nor no; other guesses are forbidden words."""
    if row["attribute"] != "dishwasher_safe":
        return []
    return [f"guesses {word} of the dishwasher" for word in sorted(stated.dishwasher(reply))]


def _hands_over_and_nothing_else(reply: str, row: dict) -> list[str]:
    """A grave case is handed over without a figure or a fact of the product, the customer's own words aside."""
    record, *talk = (message["content"] for message in row["messages"][:-1])
    figures = re.findall(r"\$?\d+(?:[.,]\d+)*", reply)
    facts = [value for _, value in FIELD.findall(record) if value not in ("yes", "no") and states_all(reply, [value])]
    values = [value for value in dict.fromkeys([*figures, *facts]) if not stated.says(" ".join(talk), value)]
    return [f"states {value} in a grave case" for value in values]


def _stays_the_desk(reply: str, row: dict) -> list[str]:
    """A message that is not the desk's business is told what the desk is there for."""
    return [] if SCOPE.search(reply) else ["does not say what the desk is there for"]


CHECKS = {
    "fact": _calls_it_rightly,
    "two_facts": _calls_it_rightly,
    "follow_up": _calls_it_rightly,
    "no_answer": _guesses_nothing,
    "compare": _compares_rightly,
    "complaint": _acknowledges,
    "order": _answers_one_way,
    "grave": _hands_over_and_nothing_else,
    "out_of_scope": _stays_the_desk,
}
