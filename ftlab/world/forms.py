"""Pages whose questions and replies stand in a form of their own: labels, dialogues, bullets, or marks.

A base model that has read one form alone reads in that form alone, and a chat format then costs it the reading that it
had (docs/LOG.md). Models of the hub have met thousands of forms. Here each page draws its own and keeps to it, and
most replies are whole sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ftlab.world import invent, shops
from ftlab.world.text import sentence

MARKS = "#*-=~|>+:/_^"
LABELS = ("{}: ", "{}: ", "{}:\n", "[{}] ", "{} - ", "**{}** ", "<{}> ", "({}) ", "{}> ", "# {}\n", "{}\n")


@dataclass(frozen=True)
class Form:
    """What stands around the questions and the replies of a page.

    Attributes:
        top: Before the first passage.
        opening: Between the passages and the first question.
        ask: Before a question.
        reply: Between a question and its reply.
        end: After a reply.
        written: Whether people write to one another, so that words of a letter fit, or somebody speaks.
    """

    top: str
    opening: str
    ask: str
    reply: str
    end: str
    written: bool = True


def page(random: Random, count: int | None = None) -> list[tuple[str, bool]]:
    """One page as spans (text, is answer), like ``shops.page``, in a form that is drawn for it.

    Of a reply in words, the sentence with the value is the answer; what is said around it is not.
    """
    found, asked = shops.asked_about(random, count)
    form, in_words = draw(random), random.random() < 0.7
    in_words = in_words or form.reply.endswith('"')  # nobody says "undamaged" and no more, without a capital
    spans = [(form.top + "\n\n".join(passage.text for passage in found) + form.opening, False)]
    used: set[str] = set()  # words around the questions and the replies
    for passage, fact in asked:
        if passage.kind == "thing":
            question = shops.ask(random, passage, fact, len(found) == 1)
        else:
            greet = len(spans) == 1
            question = shops.ask_as_customer(random, passage, fact, len(found) == 1, greet, form.written, used)
        answer = _in_words(random, passage, fact, form.written, used) if in_words else [(fact.value, True)]
        spans += exchange(form, question, answer)
    return spans


def exchange(form: Form, question: str, answer: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """A question and its answer in a form, as spans."""
    if form.reply.startswith('"'):
        question = spoken(question)
    question = form.ask + question + form.reply
    space = " " * question.endswith(" ")  # a word and the space before it are one token
    if form.end.startswith('"'):  # a speech tag follows
        answer = [*answer[:-1], (spoken(answer[-1][0]), answer[-1][1])]
    first, marked = answer[0]
    return [(question.removesuffix(" "), False), (space + first, marked), *answer[1:], (form.end, True)]


def spoken(text: str) -> str:
    """What is said, as it stands before "said Anna": with a comma for the full stop or where there is no mark."""
    return text if text.endswith(("?", "!")) else text.removesuffix(".") + ","


def _in_words(
    random: Random, passage: shops.Passage, fact: shops.Fact, written: bool, used: set[str]
) -> list[tuple[str, bool]]:
    """A reply in whole sentences: perhaps some words before, the sentence with the value, perhaps some words after."""
    before, after, bye = (
        [shops.said(random, pool, passage, written, used)] if random.random() < share else []
        for pool, share in (("reply_start", 0.65), ("reply_end", 0.4), ("reply_bye", 0.25))
    )
    after += bye  # whoever has said goodbye says no more
    if passage.kind == "thing":  # people and places keep no shop, and say nothing of one
        before, after = [], []
    sentences = fact.wording.states(fact.value) if fact.value in ("yes", "no") else fact.wording.replies
    sentences = sentences or fact.wording.statements
    named = any("{it}" in text for text in before)
    if not named and random.random() < 0.6:  # most often the sentence names what it is about
        sentences = [text for text in sentences if "{it}" in text] or sentences
    answer = random.choice(shops.after_naming(sentences, "".join(before)))
    start, answer, end = (
        shops.prose([shops.fill(text, passage.name, fact.value) for text in texts])
        for texts in (before, [answer], after)
    )
    if start.endswith(":") and not answer.startswith("I "):
        answer = answer[:1].lower() + answer[1:]
    return [*([(f"{start} ", False)] if start else []), (answer, True), *([(f" {end}", False)] if end else [])]


def draw(random: Random) -> Form:
    """A form for one page."""
    return random.choice([_labels, _labels, _speakers, _marks, _marks, _bare, _quotes])(random)


def _top(random: Random) -> tuple[str, str]:
    """What stands before the passages, mostly nothing, and what stands between them and the first question."""
    head = random.choice(["", "", "", f"{_mark(random)}\n", f"{_mark(random)} ", "{}: ", "[{}]\n", "# {}\n"])
    opening = random.choice(["\n\n", "\n\n", "\n", "\n\n---\n\n", "\n* * *\n", " ", f"\n\n{_mark(random)}\n\n"])
    return head.format(*_case(random, random.choice(invent.words()["page_label"]))), opening


def _mark(random: Random) -> str:
    """One to four marks that no text uses in this way, such as "~#" or "||"."""
    return "".join(random.choice(MARKS) for _ in range(random.randint(1, 4)))


def _case(random: Random, *words: str) -> tuple[str, ...]:
    change = random.choice([sentence, sentence, str.lower, str.upper])
    return tuple(change(word) for word in words)


def _labels(random: Random) -> Form:
    """Two labels that belong together, such as "Caller" and "Desk", in one of several shapes."""
    pair = random.choice(invent.words()["speakers"]).split("/")
    return _labelled(random, *_case(random, *pair))


def _speakers(random: Random) -> Form:
    """Two invented names, or two words that have nothing to do with asking."""
    first, second = (
        invent.name(random) if random.random() < 0.5 else random.choice(invent.words()["name_word"]) for _ in range(2)
    )
    while second.lower() == first.lower():  # nobody answers himself
        second = random.choice(invent.words()["name_word"])
    return _labelled(random, *_case(random, first, second))


def _labelled(random: Random, first: str, second: str) -> Form:
    shape = random.choice(LABELS)
    between = random.choice(["\n", "\n", "\n\n", " "])
    return Form(*_top(random), shape.format(first), between + shape.format(second), random.choice(["\n", "\n\n"]))


def _marks(random: Random) -> Form:
    """Marks in place of labels: what opens a question and what opens a reply."""
    first, second, end = _mark(random), _mark(random), random.choice(["", "", _mark(random)])
    space = random.choice(["", " ", "\n"])
    return Form(*_top(random), first + space, random.choice(["", " ", "\n", end + "\n"]) + second + space, end + "\n")


def _bare(random: Random) -> Form:
    """Nothing but the place on the page tells a question from its reply."""
    ask, reply = random.choice([("", "\n"), ("", " "), ("- ", "\n  "), ("", "\n\n"), ("> ", "\n\n"), ("", " -> ")])
    return Form(*_top(random), ask, reply, random.choice(["\n", "\n\n"]))


def _quotes(random: Random) -> Form:
    """A dialogue told in prose."""
    first, second = invent.name(random), invent.name(random)
    verb, replied = random.choice([("asked", "said"), ("said", "replied"), ("asked", "replied"), ("wrote", "replied"),
                                   ("wrote", "wrote")])  # fmt: skip
    written = verb == "wrote"
    return Form(*_top(random), '"', f'" {verb} {first}. "', f'" {replied} {second}.\n', written)
