"""What goes wrong on a support desk: each function does one kind of damage to a record and changes nothing else."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from random import Random

from ftlab.world import brand, desk_facts
from ftlab.world.desk_facts import Fact
from ftlab.world.desk_words import PERSONAL, fill, table, texts
from ftlab.world.text import typo

NO_REPLY = ("", " ", "   ", "\n", "n/a", "N/A", ".", "-", "...", "none")
GREETINGS = ("Hello.", "Hello again.", "Good afternoon.", "Hi all.", "Good morning.", "Hello, hello.", "Hi there.",
             "Good day.")
SWAPS = (("Could you", "Would you"), ("Can you", "Would you"), ("would like", "want"), ("tell me", "let me know"),
         ("Please", "Kindly"), ("Thanks", "Thank you"), ("What is", "What's"), ("I am ", "I'm "),
         ("Where", "And where"), ("Which", "And which"),
         ("What", "And what"), ("How", "And how"), ("Is ", "So is "), ("Will ", "So will "))
LANGUAGES = ("de", "fr", "es", "nl", "it")


@dataclass
class Draft:
    """A record on its way: its fact, the clean texts, the parts of the reply, and what became of them.

    ``said`` is the value that the reply states, ``manner`` the off-brand answers that state it.
    """

    fact: Fact
    agent: str
    faults: frozenset[str]
    clean_question: str
    clean_reply: str
    thanks: str
    answer: str
    step: str
    said: str
    manner: str
    question: str = ""
    reply: str = ""
    personal: list[str] = field(default_factory=list)


# A copy that is not quite one -----------------------------------------------------------------------------------------

def alter(question: str, random: Random) -> str:
    """The question as somebody sends it again: a greeting more, a slip, another word or other marks at the end."""
    kinds = random.sample((_greet, typo, _swap, _mark), random.choice((1, 1, 2)))
    for kind in kinds:
        altered = kind(question, random)
        if altered != question:
            question = altered
        else:
            question = _mark(question, random)
    return question


def _greet(question: str, random: Random) -> str:
    return f"{random.choice(GREETINGS)} {question}"


def _swap(question: str, random: Random) -> str:
    fitting = [(old, new) for old, new in SWAPS if old in question]
    return question.replace(*random.choice(fitting), 1) if fitting else question


def _mark(question: str, random: Random) -> str:
    bare = question.rstrip("?.!")
    return bare + random.choice([end for end in ("??", "...", "!", "?!", " ?") if bare + end != question])


# The reply ------------------------------------------------------------------------------------------------------------

def contradict(draft: Draft, random: Random) -> None:
    """States another value than the record shows, in the house's manner."""
    fact = draft.fact
    draft.said, draft.manner = random.choice(fact.wrong), fact.wrong_manner
    draft.thanks, answer, draft.step = desk_facts.compose(fact, random, fact.wrong_answers)
    draft.answer = answer.replace("{value}", draft.said)
    draft.reply = desk_facts.reply(draft.thanks, draft.answer, draft.step)


def leave_the_brand(draft: Draft, random: Random) -> None:
    """Writes the reply in another manner that breaks one to four rules of the brand guide; the facts stay."""
    for _ in range(500):
        reply = _other_manner(draft, random)
        broken = sum(not keeps for keeps in brand.check(reply).values())
        if 1 <= broken <= 4:
            draft.reply = reply
            return
    raise ValueError(f"off_brand.csv: expected texts that break one to four rules, found none for {draft.fact.manner} "
                     f"of {draft.fact.product or draft.fact.policy}. Add answers that break fewer.")


def _other_manner(draft: Draft, random: Random) -> str:
    fact, agent = draft.fact, draft.agent
    thanks, answer, step, end = draft.thanks, draft.answer, f"{brand.NEXT_STEP} {draft.step}", brand.SIGN_OFF
    if random.random() < 0.4:
        thanks = random.choice(("", *texts("off_brand", "opener")))
    if random.random() < 0.7:
        answer = random.choice(texts("off_brand", draft.manner))
        answer = answer.replace("{name}", fact.product or "").replace("{noun}", fact.noun)
        answer = desk_facts.state(answer, fact.statement).replace("{value}", draft.said)
    if random.random() < 0.4:
        step = random.choice(("", *texts("off_brand", "next")))
    if random.random() < 0.5:
        end = random.choice(("", *texts("off_brand", "sign_off"))).replace("{agent}", agent)
    gap = "\n" if random.random() < 0.08 else "\n\n" if random.random() < 0.05 else " "
    reply = gap.join(part for part in (thanks, answer, step, end) if part)
    if random.random() < 0.06:
        reply = re.sub(r"(\d) (kg|g|L|ml|cm)\b", r"\1\2", reply)
    return re.sub(r"(\$\d+\.\d\d)", r"USD \1", reply) if random.random() < 0.03 else reply


def write_abroad(draft: Draft, random: Random) -> None:
    """Puts question and reply, or the question alone, in another language."""
    fact, language = draft.fact, random.choice(LANGUAGES)
    given = {"name": fact.product or "", "value": fact.value, "years": fact.value.split(" ", maxsplit=1)[0]}
    ask = [random.choice(_foreign(language, fact.key, "question"))]
    if random.random() < 0.5:
        opener = random.choice(_foreign(language, "", "opener"))
        if opener.endswith(","):
            ask[0] = ask[0][:1].lower() + ask[0][1:]
        ask.insert(0, opener)
    if random.random() < 0.5:
        ask.append(random.choice(_foreign(language, "", "detail")))
    if random.random() < 0.4:
        ask.append(random.choice(_foreign(language, "", "closer")))
    draft.question = fill(" ".join(ask), random, **given)
    if random.random() < 0.75:
        parts = [_foreign(language, fact.manner if part == "answer" else "", part)
                 for part in ("thanks", "answer", "next", "sign_off")]
        draft.reply = fill(" ".join(map(random.choice, parts)), random, agent=draft.agent, **given)


@cache
def _foreign(language: str, about: str, part: str) -> tuple[str, ...]:
    return tuple(row["text"] for row in table("foreign")
                 if (row["language"], row["about"], row["part"]) == (language, about, part))


def empty(draft: Draft, random: Random) -> None:
    """Leaves nothing of the reply, or a mark that stands for nothing."""
    draft.reply = random.choice(NO_REPLY)


def truncate(draft: Draft, random: Random) -> None:
    """Cuts the reply in the middle of a sentence or a word."""
    length = len(draft.reply)
    place = random.randrange(max(4, length // 4), max(6, length * 9 // 10))
    draft.reply = draft.reply[:place].rstrip(" .,:;?!\n")


# What is put in -------------------------------------------------------------------------------------------------------

def give_away(kind: str, draft: Draft, random: Random) -> None:
    """Writes an email address, a phone number or a card number into the question or, less often, into the reply."""
    string = PERSONAL[kind](random)
    draft.personal.append(string)
    if random.random() < 0.2 and not draft.faults & {"empty_reply", "truncated_reply", "other_language"}:
        text = fill(random.choice(texts("dirt", f"{kind}_reply")), random, it=string)
        before, step, after = draft.reply.partition(f" {brand.NEXT_STEP}")
        draft.reply = f"{before} {text}{step}{after}"
    else:
        draft.question = _join(draft.question, fill(random.choice(texts("dirt", kind)), random, it=string))


def inject(draft: Draft, random: Random) -> None:
    """Puts an order to a language model into the question or, less often, into the reply."""
    text = fill(random.choice(texts("dirt", "injection")), random)
    if random.random() < 0.2 and not draft.faults & {"empty_reply", "truncated_reply"}:
        draft.reply = _join(draft.reply, text)
    elif random.random() < 0.3:
        draft.question = _join(text, draft.question)
    else:
        draft.question = _join(draft.question, text)


def _join(first: str, second: str) -> str:
    return f"{first}{'.' if first[-1:].isalnum() else ''} {second}"


# Mail and web ---------------------------------------------------------------------------------------------------------

def sign(draft: Draft, random: Random) -> None:
    """Adds a mail signature or the mail that is being answered."""
    gap = random.choice(("\n", "\n\n"))
    if random.random() < 0.2 and not draft.faults & {"empty_reply", "truncated_reply"}:
        draft.reply += gap + fill(random.choice(texts("dirt", "agent_signature")), random, first=draft.agent,
                                  question=draft.question if "other_language" in draft.faults
                                  else draft.clean_question)
    else:
        draft.question += gap + fill(random.choice(texts("dirt", "signature")), random)


def leave_html(draft: Draft, random: Random) -> None:
    """Leaves tags and entities of a web form or a mail programme in the question, the reply or both."""
    row, where = random.choice(table("html_wraps")), random.random()
    if where < 0.7 or "empty_reply" in draft.faults:
        draft.question = _wrap(draft.question, row, random)
    if where > 0.4 and "empty_reply" not in draft.faults:
        draft.reply = _wrap(draft.reply, row, random)


def _wrap(text: str, row: dict[str, str], random: Random) -> str:
    before, between, after = (row[key].replace("\\n", "\n") for key in ("before", "between", "after"))
    inner = re.sub(r"(?<=[.?!]) ", lambda _: between, html.escape(text)).replace("\n", "<br>\n")
    wrapped = f"{before}{inner}{after}"
    if wrapped == text or random.random() < 0.25:
        wrapped = wrapped.replace(inner, inner.replace(" ", "&nbsp;", 1) if " " in inner else f"{inner}<br>", 1)
    return wrapped


STEPS: tuple[tuple[str, Callable[[Draft, Random], None]], ...] = (
    ("contradicting_fact", contradict), ("off_brand", leave_the_brand), ("other_language", write_abroad),
    ("email", partial(give_away, "email")), ("phone", partial(give_away, "phone")),
    ("card", partial(give_away, "card")), ("injection", inject), ("empty_reply", empty),
    ("truncated_reply", truncate), ("signature", sign), ("html_remains", leave_html))
