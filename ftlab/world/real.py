"""What a model knows of the real world: questions that it must answer from memory, and whether a reply answers one.

The lab model's yardstick for forgetting is the invented land. A model that people know has read the real world, so the
course asks it what a child can look up: capitals, authors, animals, sums. ``data/world/real`` holds the tables.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ftlab import files, paths
from ftlab.seeded import rng

# The words that hold a sentence together. A candidate in a list has none of them, nor has a bare row of words.
SMALL = frozenset(
    ["a", "an", "the", "is", "are", "was", "were", "be", "been", "it", "its", "they", "he", "she", "this",
     "that", "which", "who", "has", "have", "had", "of", "in", "on", "at", "by", "to", "from", "for", "with",
     "as", "called", "also", "you", "i", "we", "so", "then", "not", "because", "some", "typically", "usually",
     "including"]
)
WHOLE = r"(?<![\w$-])(?<!\d[.,])(?:%s)(?![\w-])(?![.,]\d)"  # "8" does not stand in "88", "8.5" or "8-inch"
DENIED = re.compile(r"(?:\bnot|n't|\bnever|\brather than|\binstead of|\bunlike)(?: (?:in|called|the|an?))* $", re.I)
BETWEEN = r"(?: (?:in|at|by|the|an?))*"  # what may stand before a candidate: "Paris or in London"
LIST_BREAK = re.compile(r",? (?:and|or) |, ")
TURN = re.compile(r"\b(?:but|however),? ([^.;]+)", re.I)


def questions(count: int | None = None) -> list[dict]:
    """Closed-book questions of the real world.

    Args:
        count: How many; without it all, in the table's order. A sample is drawn over all topics, the same on every
            machine, and a larger one begins with every smaller one.
    Returns:
        Rows of id, topic, question, answer (the usual form), answers (every accepted form), split, source and easy
        (what a child of ten is likely to know: marked by hand, without a look at any model's answers).
    Raises:
        ValueError: If ``count`` is not between 1 and the number of questions.
    """
    rows = []
    for row in files.read_table(paths.data() / "world" / "real" / "questions.csv"):
        accepted = row["answers"].split("|")
        rows.append({"id": f"real-{row['id']}", "topic": row["topic"], "question": row["question"],
                     "answer": accepted[0], "answers": accepted, "split": "test", "source": "real",
                     "easy": row["easy"] == "yes"})
    if count is None:
        return rows
    if not 1 <= count <= len(rows):
        raise ValueError(f"count: expected 1 to {len(rows)} questions, found {count}. Leave it out to ask all of them.")
    rng("real world").shuffle(rows)
    return rows[:count]


def general_chat() -> list[dict]:
    """Ordinary conversations about the real world, to mix into training so that a model keeps its manner elsewhere.

    None of them asks or answers one of ``questions()``. Rows of ``messages``: a user's turn and the assistant's.
    """
    rows = files.read_table(paths.data() / "world" / "real" / "general_chat.csv")
    turns = (("user", "ask"), ("assistant", "reply"))
    return [{"messages": [{"role": role, "content": row[column]} for role, column in turns]} for row in rows]


def knows(reply: str, answers: Sequence[str]) -> bool:
    """True if a free reply states an accepted answer and offers no other thing beside it.

    The answer must stand as a whole word; case, accents and quotation marks do not matter. A reply does not count

    - if it denies the answer: "not Paris";
    - if it leaves a choice: "Paris or London", "Paris/London", "7 to 9"; of names and figures also "Mars and Venus";
    - if it lists three things or more, or a row of figures, or is only a row of words: "Paris Rome Berlin Madrid";
    - if it takes the answer back: "Jupiter, but it's actually Saturn", "2, but it's not necessarily the smallest".

    The first mention that is not denied decides. It sees the reply, not the question: so it cannot see that the answer
    is said of another thing ("one gram is 1000 litres"), the wrong way round ("a gift to France"), beside a wrong one
    in another sentence, or beside a common word ("arteries and veins"). Of a list it does not take the first: "eggs,
    flour and butter" does not count. A right answer in words that are not listed is missed, and so is one that the
    reply's limit has cut off.

    Raises:
        ValueError: If the answers are a text and not a list, are none, or hold an empty one.
    """
    if isinstance(answers, str) or not answers or not all(answer.strip() for answer in answers):
        raise ValueError(f"answers: expected a list of texts, none of them empty, found {answers!r}. Put a single text "
                         "into a list.")
    text = _plain(reply)
    forms = {_plain(answer).casefold(): _plain(answer) for answer in answers}
    accepted = re.compile(WHOLE % "|".join(map(re.escape, sorted(forms, key=len, reverse=True))), re.I)
    first = next((m for m in accepted.finditer(text) if not DENIED.search(text[: m.start()])), None)
    if first is None:
        return False
    if not text[: first.start()] or re.search(r"[.:!?] $", text[: first.start()]):
        # As it is listed: the capital of "Eggs, flour and butter" makes no name of the eggs.
        text = text[: first.start()] + forms[first[0].casefold()] + text[first.end() :]
        first = accepted.search(text, first.start())
    faults = (_is_bare_row, _is_choice, _is_listed, _is_taken_back)
    return not any(fault(text, first, accepted) for fault in faults)


def _plain(text: str) -> str:
    """Without accents, quotation marks, asterisks and double spaces; the points of a list are joined by "or"."""
    text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    text = re.sub("[\"*_“”«»]", "", text.replace("’", "'").replace("ß", "ss").replace("ł", "l"))
    point = r"(?:[-•]|\d+[.)])\s+"
    text = re.sub(rf"[.,;]?\s*\n\s*{point}", " or ", re.sub(rf"^\s*{point}", "", text))
    return " ".join(text.split())


def _is_bare_row(text: str, match: re.Match, accepted: re.Pattern) -> bool:
    """Nothing but words, names or figures in a row, or figure after figure until one is right."""
    others = re.findall(r"[\w'.]+", accepted.sub(" ", text))
    alike = all(_kind(other) == _kind(match[0]) and other.casefold() not in SMALL for other in others)
    before = re.findall(r"\d[\d.,]*", accepted.sub(" ", text[: match.start()]))
    counted = _kind(match[0]) == "figure" and len(before) >= 3
    return "=" not in text and (counted or (alike and len(others) >= 3))


def _is_taken_back(text: str, match: re.Match, accepted: re.Pattern) -> bool:
    """After the answer comes a "but" or "however" that doubts it, or that says the same of something else."""
    for turn in TURN.finditer(text, match.end()):
        clause = turn[1].casefold()
        subject = re.match(r"(\S+ \S.*?) (?:is|are|was|were) ", clause)  # "the highest mountain is", said before
        again = subject and set(subject[1].split()) <= set(text[: turn.start()].casefold().split())
        anew = again or re.match(r"(?:\S+ ){0,4}(?<!not )(?:actually|really|in fact)\b", clause)
        if "not necessarily" in clause or (anew and not accepted.search(text, turn.start())):
            return True
    return False


def _is_choice(text: str, match: re.Match, accepted: re.Pattern) -> bool:
    """The answer is joined to another candidate by "or", by a stroke, or, of names and figures, by "and" or "to"."""
    left, right = text[: match.start()], text[match.end() :]
    joins = [(rf",? or{BETWEEN} ((?:[\w'-]+ ?){{1,3}})", rf"((?:[\w'-]+ ?){{1,3}}),? or{BETWEEN} $"),
             (r" ?/ ?(\w+)", r"(\w+) ?/ ?$")]
    if _kind(match[0]) == "figure":
        joins.append((r" (?:to|and|or|[-–]) (\d\S*)", r"(\d\S*) (?:to|and|or|[-–]) $"))
    elif _kind(match[0]) == "name":
        joins.append((r",? and(?: the)? ([A-Z][\w'-]*)", r"([A-Z][\w'-]*),? and(?: the)? $"))
    others = [other for after, before in joins for other in (re.match(after, right), re.search(before, left)) if other]
    return any(not accepted.search(other[1]) for other in others)


def _is_listed(text: str, match: re.Match, accepted: re.Pattern) -> bool:
    """The answer is one of three like things with an "and" or "or", or of five with commas alone.

    "In San Francisco, California, United States" names one place, so commas alone must be more.
    """
    left = re.split(r"[.;:!?] ", text[: match.start()])[-1]
    right = re.split(r"[.;:!?](?: |$)", text[match.end() :])[0]
    kind, others, joined = _kind(match[0]), [], False
    for side, step in ((left, -1), (right, 1)):
        parts, breaks = LIST_BREAK.split(side)[::step], LIST_BREAK.findall(side)[::step]
        if set(parts[0].split()) - SMALL:  # more words between the answer and the comma: no list on this side
            continue
        for part, between in zip(parts[1:], breaks, strict=True):
            words = part.split()[::step]
            near = next((i for i, word in enumerate(words) if word.casefold() in SMALL - {"the", "some"}), len(words))
            item = [word for word in words[:near] if word.casefold() not in SMALL][::step]
            if not 1 <= len(item) <= 3 or _kind(item[-1]) != kind:
                break
            joined = joined or between != ", "
            if not accepted.search(" ".join(item)):
                others.append(item)
            if near < len(words):  # the sentence goes on here
                break
    return len(others) >= (2 if joined else 4)


def _kind(word: str) -> str:
    """Whether a word is written as a figure, a name or a common word."""
    return "figure" if word[0].isdigit() else "name" if word.split()[-1][0].isupper() else "word"
