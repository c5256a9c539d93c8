"""Is a reply of Quillmere's desk right? One exact answer for each kind of conversation, with its reasons.

A reply is right if nothing is wrong with it, and ``faults`` lists what is. The manner is another matter:
``ftlab.world.brand`` scores it, and ``is_fit`` asks for both. What a reply may not add, guess or promise is read by
``ftlab.scores.bounds``, whose functions say what they cannot see.

What it cannot see:

- beside the right answer: one right figure of the screen, and what has neither figure, name, material nor colour
  ("and the delivery is free", "it keeps soup hot for a day", "and we will fire him"); of two products compared, a word
  about another measure ("it is also lighter"); what a value is for ("60 days for a full refund")
- sense: content words in any order, a sentence without a verb ("Kettle taller 21 cm"), an odd "of" ("2.1 L of $47.00")
- a name's first word swapped for another common word, in small letters ("the walker flask")
- of a case that is handed over: whether the reply speaks of this customer's; a guess about the customer ("you will see
  it from a helicopter"), something else that the screen is said to lack, if it is no measure ("Banana is not on our
  screen"), and advice or blame in plain words ("put butter on it", "you put it on cloth", "we never got a letter")
- scorn in a word of regret ("we are sorry that you cannot read")
- an answer in a part that speaks of us beside what the desk is for ("Paris, and we sell our goods", "our products bet
  big", "our goods are prettier than you")

It refuses some right replies: one with a sum that it works out, or a number whose decimals are words ("two point one
litres"); one that quotes a word that the row forbids to say no. It wants the word "colleague" or "our team" where a
case is handed over, and no synonym of a value: "tin" is not "steel", "a year" not "1 year". Replies of all these sorts
are in ``tests/scores/attacks.csv``.
"""

from __future__ import annotations

import re

from ftlab.scores import attributed, bounds, stated, strangers, words
from ftlab.scores.strangers import garbled_names
from ftlab.scores.unsupported import house_values, unsupported_values
from ftlab.values import states_all
from ftlab.world import brand
from ftlab.world.pairs import COMPARING

REGRET = r"(?<!not )(?<!are you )\b(?:sorry|regret\w*|(?<!your )apolog\w+|forgive (?:us|that|this|the|our))\b"
SORRY = re.compile(
    rf"{REGRET}|\b(?:we understand(?! nothing)|our fault|should not have happened|you deserved? (?:a )?better)\b",
    re.IGNORECASE,
)
# A word of regret that is none about us: for a loss, or about bad news.
CONDOLES = re.compile(r"\bsorry (?:to say|to read of|for (?:your|his|her|the) loss)\b|\bregret to say\b", re.IGNORECASE)
SCOPE = re.compile(
    rf"\b(?:our|quillmere(?:'s)?)(?: \w+)? (?:products?|goods|orders|range|(?:{stated.NOUNS})s|knives)\b|"
    r"\b(?:what|things|things that|all that) we (?:make|sell)\b|\bproducts of ours\b|"
    rf"\bquestions about (?:{stated.NOUNS})s\b",
    re.IGNORECASE,
)
# "Your colleague" is the customer's. A team hands over only if it is to do something, and "no colleague" does nothing.
HANDS_OVER = re.compile(
    r"(?<!your )\bcolleagues?\b(?! (?:of|at) (?:yours|your))|\b(?:member of|someone (?:from|on|in)) our team\b|"
    r"\bour (?:\w+ )?team,?(?: who)? will\b(?! not| never)",
    re.IGNORECASE,
)
DENIED_BEFORE = re.compile(
    r"(?:\b(?:no|not|never|without|nor|neither|instead of|rather than|cannot))(?: (?!so\b|and\b|but\b)[\w']+){0,5} $",
    re.IGNORECASE,
)
DENIED_AFTER = re.compile(
    r"^(?: of ours)?(?: \w+ly)? (?:cannot|(?:can|will|would|could|should|may|does|do|did|is|are|has|have|"
    r"need) (?:not|no)|"
    r"(?:can |will |may )?never|(?:will|can|does) nothing)\b",
    re.IGNORECASE,
)
ORDERED = r"ordered (?:[\w']+ ){0,3}on$|(?:was|were) ordered|after$"
DELIVERED = r"(?:it|that|been|already) (?:was )?delivered|delivered (?:on|until)$"
OTHER_DATES = {  # words that give a date to something else than an order's question is about
    "return": rf"{ORDERED}|{DELIVERED}|arrive[sd]|warranty|covered|guaranteed?|get your money",
    "warranty": rf"{ORDERED}|{DELIVERED}|returns?|returned|starts?|started|begins?|began|never",
    "arrives": rf"{ORDERED}|{DELIVERED}|returned|warranty|not (?:arrive|come|reach|be)|never",
    "delivered": rf"{ORDERED}|arrives|returned|warranty|not (?:be )?delivered|never",
}
MEANS = {"holds more": ("has more room", "takes more"), "holds less": ("has less room", "takes less")}
RECORD = re.compile(r"^([A-Z][^.(]+) \([a-z]+\)\. (.+)$", re.MULTILINE)
FIELD = bounds.FIELD
CLAUSE = re.compile(r"[.,;:] | and ")
NOT_SHOWN = re.compile(r"\b(?:screen|record)s? do(?:es)? not (?:show|say)\b|\bnot on our screen\b", re.IGNORECASE)
PLAIN = ("fact", "two_facts", "follow_up")  # kinds in which nobody complains
NO_COMPLAINT = "says sorry where nobody complained"


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
    reply = _written_out(reply)
    found = [f"no word: {word}" for word in words.unknown(reply, sources)]
    found += [f"no sense: {pair}" for pair in words.senseless(reply)]
    found += [f"no such product: {name}" for name in garbled_names(reply, sources)]
    figures = [value for value in unsupported_values(reply, sources) if any(c.isdigit() for c in value)]
    found += [f"a figure from nowhere: {value}" for value in figures]
    found += [f"from nowhere: {value}" for value in strangers.from_nowhere(reply, sources)]
    found += [f"says {word} of a dishwasher that the screen does not" for word in strangers.washed(reply, sources)]
    if recited := bounds.recited(reply, row):
        found.append(f"recites the screen: {', '.join(recited)}")
    given = words.words(" ".join(sources))
    found += [f"a town from nowhere: {word}" for word in strangers.towns(reply, given)]
    if row["kind"] != "out_of_scope":
        found += [f"nobody spoke of a {kind}" for kind in strangers.other_goods(reply, given)]
    if row["kind"] in PLAIN and re.search(REGRET, CONDOLES.sub("", reply), re.IGNORECASE):
        found.append(NO_COMPLAINT)
    if hands_over(reply) != row["hand_over"]:
        found.append("not handed over" if row["hand_over"] else "handed over without need")
    if not row["hand_over"]:
        found += [f"not stated: {value}" for value in row["expected"] if not stated.states(reply, value, row)]
    text = stated.claims(reply) if row["kind"] == "no_answer" else reply
    found += [f"must not be said: {part}" for part in row["forbidden"] if stated.says(text, part)]
    found += strangers.measured_strangers(reply, given)
    if again := stutter(reply):
        found.append(f"says again: {again}")
    found += CHECKS[row["kind"]](reply, row)
    return list(dict.fromkeys(found))


def hands_over(reply: str) -> bool:
    """Whether a reply hands the case to a person: it speaks of a colleague, or of what the team will do.

    "No colleague", "we will not trouble a colleague" and "a colleague cannot help you" hand over nothing.
    """
    text = _written_out(reply)
    return any(
        not DENIED_BEFORE.search(text[: match.start()]) and not DENIED_AFTER.search(text[match.end() :])
        for match in HANDS_OVER.finditer(text)
    )


def _written_out(text: str) -> str:
    """The text in one line with straight quotes, and with "not" for what is drawn together: "it isn't", "it won't"."""
    text = " ".join(text.replace("\u2019", "'").split())
    for drawn, full in (("can't", "cannot"), ("won't", "will not"), ("shan't", "shall not"), ("n't", " not")):
        text = re.sub(rf"{drawn}\b", full, text, flags=re.IGNORECASE)
    return text


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
    if row["winner"] not in given and row["loser"] not in denied and not _only(answer, row):
        return [f"does not say which {right}"]
    return ["swaps the two values"] if attributed.swapped(answer, things, row["expected"][1:]) else []


def _only(answer: str, row: dict) -> bool:
    """Whether the answer decides by "only": "the Kettle, with 21 cm; the Mug is only 14 cm tall"."""
    asks_for_more = any(want == "more" and group == tuple(row["comparing"]) for (_, want), group in COMPARING.items())
    return asks_for_more and re.search(rf"\bonly {re.escape(row['expected'][-1])}", answer) is not None


def _forms(comparing: tuple[str, ...]) -> list[str]:
    """Comparing words with their superlatives, which many use of two as well: "the longest", "holds the most"."""
    most = [re.sub(r"er$", "est", re.sub(r"^(costs|holds|weighs) ", r"\1 the ", word)) for word in comparing]
    most = [re.sub(r"\bless\b", "least", re.sub(r"\bmore\b", "most", word)) for word in most]
    return list(dict.fromkeys([*comparing, *most, *MEANS.get(comparing[0], ())]))


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
    """A complaint is met with a word of regret or understanding, and with no gift."""
    found = [] if SORRY.search(reply) else ["does not acknowledge the complaint"]
    return [*found, *(f"promises or judges: {part}" for part in bounds.gives(reply)), *_calls_it_rightly(reply, row)]


def _answers_one_way(reply: str, row: dict) -> list[str]:
    """To a question of yes or no, one of them; a date is that of what was asked about."""
    found = [f"promises or judges: {part}" for part in bounds.gives(reply)]
    other = OTHER_DATES.get(row["attribute"].split("_")[0])
    if other:
        answer = stated.house_dates(stated.answer(reply))
        clauses = [each for each in CLAUSE.split(answer) if row["expected"][-1] in each]
        clauses = [answer if each.strip(" .") == row["expected"][-1] else each for each in clauses]
        if clauses and all(_of_another(each, row["expected"][-1], other) for each in clauses):
            found.append(f"takes {row['expected'][-1]} for another date")
    if row["expected"][0] in ("yes", "no"):
        found += [f"says {word}" for word in sorted(stated.verdicts(stated.answer(reply)) - {row["expected"][0]})]
    return found


def _of_another(clause: str, date: str, other: str) -> bool:
    """Whether one of these words stands before the date, or after it."""
    before, _, after = clause.partition(date)
    return any(re.search(rf"\b(?:{other})", part.strip(), re.IGNORECASE) for part in (before, after))


def _guesses_nothing(reply: str, row: dict) -> list[str]:
    """It says that the screen lacks what was asked for, and nothing of how the thing might be."""
    lacks = [] if bounds.says_what_is_missing(reply) else ["does not say that the screen lacks it"]
    washed = sorted(stated.dishwasher(reply)) if row["attribute"] == "dishwasher_safe" else []
    return [
        *lacks,
        *(f"looked for another thing: {each}" for each in bounds.lacks_another(reply, row)),
        *(f"guesses {word} of the dishwasher" for word in washed),
        *(f"guesses: {clause}" for clause in bounds.guesses(reply)),
    ]


def _hands_over_and_nothing_else(reply: str, row: dict) -> list[str]:
    """A grave case is handed over: no promise, no verdict, and no figure or fact that is not the customer's."""
    said = [f"promises or judges: {part}" for part in bounds.promises(reply)]
    said += ["puts off a grave case with its screen"] if NOT_SHOWN.search(reply) else []
    return [*(f"states {value} in a grave case" for value in _stated(reply, row)), *said]


def _stays_the_desk(reply: str, row: dict) -> list[str]:
    """A message that is not the desk's business is told what the desk is there for, and gets nothing else."""
    scope = [] if SCOPE.search(reply) else ["does not say what the desk is there for"]
    figures = re.findall(r"\$?\d+(?:[.,]\d+)*", reply)
    facts = [value for value in _stated(reply, row) if value not in figures]
    return [
        *scope,
        *(f"states {value} out of scope" for value in [*figures, *facts]),
        *(f"not the desk's business: {part}" for part in bounds.strays(reply)),
    ]


def _stated(reply: str, row: dict) -> list[str]:
    """The figures of a reply, and the facts of the record, that are not the customer's own words."""
    record, *talk = (message["content"] for message in row["messages"][:-1])
    figures = re.findall(r"\$?\d+(?:[.,]\d+)*", reply)
    facts = [value for _, value in FIELD.findall(record) if value not in ("yes", "no") and states_all(reply, [value])]
    return [value for value in dict.fromkeys([*figures, *facts]) if not stated.says(" ".join(talk), value)]


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
