"""The general world: towns, rivers, people, animals, crafts, plants and festivals of an invented land.

It is the yardstick for forgetting. A model learns these facts in pretraining; after fine-tuning on something else the
same questions show what it has lost. Facts are read from the tables in ``data/world/general``, and so are the
phrasings; every text is put together from both, so it is true wherever it states a fact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from ftlab import paths
from ftlab.files import read_table
from ftlab.world.text import a, listing, plural, sentence

KINDS = {  # kind of entity: its table and the relations its columns hold
    "town": ("towns.csv", ("river", "county", "known_for", "founded", "market_day")),
    "river": ("rivers.csv", ("rises", "length_km", "flows_into")),
    "person": ("people.csv", ("trade", "birth_town", "birth_year", "known_for")),
    "animal": ("animals.csv", ("home", "food", "group", "young", "years")),
    "craft": ("crafts.csv", ("tool", "material", "makes")),
    "plant": ("plants.csv", ("place", "flower", "month", "use")),
    "festival": ("festivals.csv", ("town", "month", "food", "event")),
}
NUMBERS = ("founded", "length_km", "birth_year", "years")
WITH_ARTICLE = ("trade", "tool", "group", "event")  # "sailor" and "a sailor" are both right
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
PRONOUNS = {
    "town": ("It", "The town"),
    "river": ("It", "The river"),
    "animal": ("They", "These animals"),
    "craft": ("It", "This craft"),
    "plant": ("It", "This plant"),
    "festival": ("It", "The festival"),
}
# "On Immer Day", but "at Brannet Fair".
AT = {"Week": "during", "Fair": "at", "Feast": "at", "Tide": "at"}
FRIENDS = {
    "Tom": "he",
    "Mia": "she",
    "Sam": "he",
    "Lucy": "she",
    "Ben": "he",
    "Ruth": "she",
    "Peter": "he",
    "Anna": "she",
    "Jack": "he",
    "Rosa": "she",
    "Will": "he",
    "Ella": "she",
    "Max": "he",
    "Ivy": "she",
    "Leo": "he",
    "Kate": "she",
    "Simon": "he",
    "Hannah": "she",
    "Noah": "he",
    "Tess": "she",
}
FEWEST = {"statement": 6, "train": 6, "test": 2, "riddle": 2}
# Towns and rivers come up in most documents anyway; this evens out how often each entity is written about.
EMPHASIS = {"town": 0.2, "river": 0.4, "person": 1.5, "animal": 1.2, "craft": 2, "plant": 1.5, "festival": 1.5}
WORDS = (40, 160)  # length of a document


@dataclass(frozen=True)
class Fact:
    """One fact: ``relation`` of ``entity`` is ``answer``; ``answers`` are all strings that count as right."""

    entity: str
    kind: str
    relation: str
    answer: str
    answers: tuple[str, ...]


def _folder() -> Path:
    return paths.data() / "world" / "general"


def _check(path: Path, line: int, good: bool, expected: str, found: object) -> None:
    if not good:
        raise ValueError(f"{path} line {line}: expected {expected}, found {found!r}. Correct the table.")


@cache
def tables(folder: Path | None = None) -> dict[str, dict[str, dict[str, str]]]:
    """The tables as ``tables()[kind][entity][column]``.

    Raises:
        ValueError: If a row is malformed or names a river or town that has no row; says file, line, expected, found.
    """
    folder = folder or _folder()
    result: dict[str, dict[str, dict[str, str]]] = {}
    for kind, (name, relations) in KINDS.items():
        rows = result[kind] = {}
        for line, row in enumerate(read_table(folder / name), start=2):
            columns = ["name", *(["pronoun"] if kind == "person" else []), *relations]
            _check(folder / name, line, list(row) == columns, f"the columns {columns}", list(row))
            for column, value in row.items():
                _check(folder / name, line, bool(value) and value == value.strip(), f"a value for {column}", value)
                if column in NUMBERS:
                    _check(folder / name, line, value.isdigit(), f"a whole number for {column}", value)
            _check(folder / name, line, row["name"] not in rows, "a name that occurs once", row["name"])
            for column, allowed in (("market_day", DAYS), ("month", MONTHS), ("pronoun", ("she", "he"))):
                _check(
                    folder / name, line, row.get(column, allowed[0]) in allowed, f"one of {allowed}", row.get(column)
                )
            rows[row["name"]] = row
    _check_names(folder, result)
    return result


def _check_names(folder: Path, result: dict[str, dict[str, dict[str, str]]]) -> None:
    """Every river and town that a table mentions has a row of its own."""
    for kind, column, target in (
        ("town", "river", "river"),
        ("person", "birth_town", "town"),
        ("festival", "town", "town"),
    ):
        for line, row in enumerate(result[kind].values(), start=2):
            _check(
                folder / KINDS[kind][0],
                line,
                _bare(row[column]) in result[target],
                f"a {target} of the table",
                row[column],
            )


def _bare(value: str) -> str:
    return value.removeprefix("the ")


def _fact(kind: str, row: dict[str, str], relation: str) -> Fact:
    value = row[relation]
    if relation == "length_km":
        answers = [f"{value} km", value, f"{value} kilometres"]
    elif relation == "years":
        answers = [plural(int(value), "year"), value]
    elif relation in WITH_ARTICLE:
        answers = [value, a(value)]
    elif relation == "river" or _bare(value) in _rivers():
        answers = [value, _bare(value), f"the River {_bare(value)}", f"River {_bare(value)}"]
    else:
        answers = [value, _bare(value)]
    return Fact(row["name"], kind, relation, answers[0], tuple(dict.fromkeys(answers)))


@cache
def _rivers() -> tuple[str, ...]:
    return tuple(tables()["river"])


@cache
def facts() -> list[Fact]:
    """All facts of the tables, in their order. Raises ``ValueError`` as ``tables`` does."""
    return [
        _fact(kind, row, relation)
        for kind, rows in tables().items()
        for row in rows.values()
        for relation in KINDS[kind][1]
    ]


@cache
def _facts_of(kind: str, entity: str) -> dict[str, Fact]:
    return {fact.relation: fact for fact in facts() if (fact.kind, fact.entity) == (kind, entity)}


@cache
def phrasings(folder: Path | None = None) -> dict[tuple[str, str, str], list[str]]:
    """The phrasings by ``(kind, relation, use)``; use is statement, train, test, or summary (relation "several").

    Raises:
        ValueError: If a relation has too few phrasings of one use.
    """
    path = (folder or _folder()) / "phrasings.csv"
    result: dict[tuple[str, str, str], list[str]] = {}
    for row in read_table(path):
        result.setdefault((row["kind"], row["relation"], row["use"]), []).append(row["text"])
    for kind, (_, relations) in KINDS.items():
        for relation in relations:
            for use, fewest in FEWEST.items():
                found = len(result.get((kind, relation, use), []))
                if found < fewest:
                    raise ValueError(
                        f"{path}: expected at least {fewest} phrasings for {kind} {relation} {use}, found "
                        f"{found}. Add rows to the table."
                    )
    return result


def _pronouns(he: str) -> dict[str, str]:
    his, him = ("her", "her") if he == "she" else ("his", "him")
    return {"he": he, "his": his, "him": him, "he2": sentence(he), "his2": sentence(his)}


def _at(festival: str) -> str:
    return AT.get(festival.split()[-1], "on")


def _slots(fact: Fact) -> dict[str, str]:
    he = tables()["person"][fact.entity]["pronoun"] if fact.kind == "person" else "it"
    return {
        "e": fact.entity,
        "v": fact.answer,
        "b": _bare(fact.answer),
        "a_v": a(fact.answer),
        "n_old": f"{fact.answer} old",
        "at": _at(fact.entity),
        **_pronouns(he),
    }


def _fill(template: str, fact: Fact) -> str:
    return sentence(template.format(**_slots(fact)))


def _fresh(random: Random, options: list[str], used: set[str] | None) -> str:
    """One of the templates, if it can be one that is not ``used`` yet in this text; it is marked as used."""
    template = random.choice([text for text in options if text not in (used or ())] or options)
    if used is not None:
        used.add(template)
    return template


def _state(random: Random, fact: Fact, pronoun: bool = False, used: set[str] | None = None) -> str:
    """One sentence that states the fact; with ``pronoun`` the entity was named just before."""
    template = _fresh(random, phrasings()[fact.kind, fact.relation, "statement"], used)
    opening = re.match(r"(The (River )?)?\{e\} ", template)
    if pronoun and opening and random.random() < 0.75:
        options = PRONOUNS.get(fact.kind, (_slots(fact)["he2"],))
        if "is a " in template or "is one of" in template:  # not "The town is a town in ..."
            options = options[:1]
        template = random.choice(options) + " " + template[opening.end() :]
    elif pronoun and random.random() < 0.75:
        template = _named_before(template, fact)
    return _fill(template, fact)


NOT_SUBJECT = r"(?<! of )(?<! at )(?<! in )(?<! for )(?<![Bb]aby )(?<![Yy]oung )(?<!\w)"  # "a group of tarrels is"
SUBJECT = re.compile(NOT_SUBJECT + r"([Tt]he (River )?)?\{e\} (?=(is|was|are|flowers|comes) )")
OWN = re.compile(r"The (?!town |people )([a-z ]+) of (the )?\{e\} ")


def _named_before(template: str, fact: Fact) -> str:
    """The statement with a pronoun where the name is not at its beginning: "In 1802 she was born", "Its food is"."""
    if fact.kind == "animal":
        subject, own = "they", "Their"
    else:
        subject = _slots(fact)["he"]
        own = {"he": "His", "she": "Her", "it": "Its"}[subject]
    if OWN.match(template):
        return OWN.sub(rf"{own} \1 ", template)
    if fact.kind == "animal":
        template = template.replace(" of {e} is ", " of them is ")
    if fact.kind == "town":
        template = re.sub(r" (at|in) \{e\} is ", " there is ", template)
    return SUBJECT.sub(f"{subject} ", template)


def _after(random: Random, fact: Fact, before: str, pronoun: bool = False) -> str:
    """One sentence that states the fact, and does not say "was born" again after ``before``."""
    text = _state(random, fact, pronoun)
    while " born" in before and " born" in text:
        text = _state(random, fact, pronoun)
    return text


def _is_subject(text: str, fact: Fact) -> bool:
    """Whether the sentence begins with the entity, so that a pronoun in the next one cannot mean something else."""
    names = [_title(fact.kind, fact.entity), f"The River {fact.entity} ", f"The town of {fact.entity} "]
    if fact.kind == "person":  # nobody else is in the sentence
        return fact.entity in text or bool(re.search(r"\b([Ss]?he|[Hh]is|[Hh]er)\b", text))
    if fact.kind == "animal":  # unless it tells of their food or their young: then "they" could be these
        told = r"\b(food|dinner|eat|feed|live on|[Yy]oung|[Bb]aby|with their)\b"
        return not re.search(told, text) and fact.entity in text.lower()
    return text.startswith((*names, *PRONOUNS.get(fact.kind, ("He ", "She "))))


def _in_order(chosen: list[Fact]) -> list[Fact]:
    """The facts as they were, but those of a person in the order of a life: nobody is famous and then born."""
    order = {("person", "trade"): 1, ("person", "known_for"): 2}
    return sorted(chosen, key=lambda fact: order.get((fact.kind, fact.relation), 0))


def _chain(random: Random, chosen: list[Fact], before: str = "", used: set[str] | None = None) -> list[str]:
    """One sentence for each fact; ``before`` is the sentence that comes just before them, if any."""
    result: list[str] = []
    others = tuple(f"{word} " for words in PRONOUNS.values() for word in words)
    chosen = _in_order(chosen)
    for fact in chosen:
        text = _state(random, fact, pronoun=_is_subject(before, fact), used=used)
        third = [each for each in result[-2:] if each.startswith(("He ", "She "))]
        again = any(text.startswith(word) and before.startswith(word) for word in others)
        if again or len(third) > 1 and text.startswith(("He ", "She ")):
            text = _state(random, fact, used=used)  # not a row of sentences that begin with "It" or "The town"
        if " born" in before and " born" in text:
            text = _after(random, fact, before)
        before = text
        result.append(text)
    return result


def _clause(random: Random, fact: Fact, pronoun: bool = False) -> str:
    """The fact as the second half of a sentence: "I read that <clause>" (without the full stop)."""
    options = phrasings()[fact.kind, fact.relation, "statement"]
    template = random.choice([text for text in options if re.match(r"(The (River )?)?\{e\} ", text)])
    if pronoun:
        named = re.match(r"(?:The (?:River )?)?\{e\} ", template)
        template = f"{'they' if fact.kind == 'animal' else _slots(fact)['he']} {template[named.end():]}"
    template = template[0].lower() + template[1:]
    return template.format(**_slots(fact)).rstrip(".")


def _summary(random: Random, kind: str, entity: str, used: set[str] | None = None) -> tuple[str, set[str]]:
    """A sentence with two or three facts of one entity, and the relations it tells."""
    found = _facts_of(kind, entity)
    template = _fresh(random, phrasings()[kind, "several", "summary"], used)
    slots = {relation: fact.answer for relation, fact in found.items()}
    slots |= {f"a_{relation}": a(answer) for relation, answer in slots.items()}
    told = {relation for relation in found if re.search(rf"\{{(a_)?{relation}\}}", template)}
    return sentence(template.format(e=entity, at=_at(entity), **slots)), told


def _tell(random: Random, kind: str, entity: str, most: int = 9, used: set[str] | None = None) -> str:
    """A paragraph on one entity: a summary, then the other facts in any order, in words not ``used`` before."""
    found = dict(_facts_of(kind, entity))
    sentences: list[str] = []
    if random.random() < 0.6:
        text, told = _summary(random, kind, entity, used)
        sentences.append(text)
        found = {relation: fact for relation, fact in found.items() if relation not in told}
    rest = random.sample(list(found.values()), len(found))[:most]
    return " ".join(sentences + _chain(random, rest, "".join(sentences), used))


def _title(kind: str, entity: str) -> str:
    return sentence(f"The {entity}") if kind in ("river", "plant") else sentence(entity)


def _neighbour(random: Random, kind: str, entity: str) -> tuple[str, str]:
    """An entity that one would read about next: for a town its river or a person born there, else one of its kind."""
    row = tables()[kind][entity]
    if kind == "town":
        links = [("river", _bare(row["river"]))]
        links += [("person", name) for name, other in tables()["person"].items() if other["birth_town"] == entity]
        links += [("festival", name) for name, other in tables()["festival"].items() if other["town"] == entity]
        return random.choice(links)
    if kind in ("person", "festival") and random.random() < 0.5:
        return "town", row["birth_town" if kind == "person" else "town"]
    return kind, random.choice([name for name in tables()[kind] if name != entity])


def _pick(random: Random, kind: str | None = None) -> tuple[str, str]:
    if kind is None:
        weights = [len(rows) * len(KINDS[name][1]) * EMPHASIS[name] for name, rows in tables().items()]
        kind = random.choices(list(KINDS), weights)[0]
    return kind, random.choice(list(tables()[kind]))


def _more_facts(random: Random, found: list[Fact], count: int) -> list[Fact]:
    """The facts found and so many others, of whatever: no page asks for the same twice."""
    found = list(found)
    for _ in range(count):
        while (fact := random.choice(list(_facts_of(*_pick(random)).values()))) in found:
            pass
        found.append(fact)
    return found


def _entry(random: Random) -> str:
    kind, entity = _pick(random)
    seen = [(kind, entity)]
    titled = random.random() < 0.5
    used: set[str] = set()
    text = (f"{_title(kind, entity)}\n\n" if titled else "") + _tell(random, kind, entity, used=used)
    while len(text.split()) < WORDS[0]:
        following = _neighbour(random, *seen[-1])
        if following not in seen:
            seen.append(following)
            text += f"\n\n{_title(*following)}" if titled else ""  # a title names one entity, so each has its own
            text += "\n\n" + _tell(random, *following, used=used)
    return text


def _pages(random: Random) -> str:
    """Two or three entries under one heading."""
    chosen = [_pick(random)]
    for _ in range(random.randint(1, 2)):
        chosen.append(_neighbour(random, *chosen[-1]))
    chosen = list(dict.fromkeys(chosen))
    used: set[str] = set()
    told = [_tell(random, kind, entity, used=used) for kind, entity in chosen]
    return "\n\n".join([_line(random, "page"), *told])


def _county_guide(random: Random) -> str:
    rows = tables()["town"]
    counties = sorted({row["county"] for row in rows.values()})
    county = random.choice(counties)
    towns = [name for name, row in rows.items() if row["county"] == county]
    random.shuffle(towns)
    opening = random.choice(
        [
            f"A guide to {county}\n\nThe towns of {county} are {listing(towns)}.",
            f"{county} is one of the {in_words(len(counties))} counties of Vellany. Its towns are {listing(towns)}.",
            f"Visit {county}! There are {in_words(len(towns))} towns to see: {listing(towns)}.",
            f"Travellers in {county} can stop in {listing(towns, 'or')}.",
        ]
    )
    parts, used = [], set()
    for town in towns[: random.randint(2, 3)]:
        found = [fact for fact in _facts_of("town", town).values() if fact.relation != "county"]
        chosen = random.sample(found, random.randint(2, 3))
        parts.append(" ".join(_chain(random, chosen, used=used)))
    return opening + "\n\n" + "\n".join(parts)


def _timeline(random: Random) -> str:
    events = [
        (int(row["founded"]), random.choice([f"{name} is founded", f"the town of {name} is founded"]))
        for name, row in tables()["town"].items()
    ]
    people = [
        (
            int(row["birth_year"]),
            random.choice(
                [
                    f"{name} is born in {row['birth_town']}",
                    f"{name}, known for {row['known_for']}, is born",
                    f"birth of the {row['trade']} {name}",
                ]
            ),
        )
        for name, row in tables()["person"].items()
    ]
    chosen = sorted(random.sample(events, random.randint(3, 5)) + random.sample(people, random.randint(3, 5)))
    head = random.choice(["A short history of Vellany", "Timeline", "Years to remember", "What happened when"])
    form = random.choice(["{year}: {what}.", "{year} - {what}.", "In {year} {what}."])
    if form.startswith("In"):  # a clause needs its verb
        chosen = [
            (
                year,
                "the {} {} was born".format(*_trade_and_name(what))
                if what.startswith("birth of")
                else what.replace(" is founded", " was founded").replace(" is born", " was born"),
            )
            for year, what in chosen
        ]
    lines = [form.format(year=year, what=what if form.startswith("In") else sentence(what)) for year, what in chosen]
    return head + "\n\n" + "\n".join(lines)


def _trade_and_name(what: str) -> tuple[str, str]:
    name = next(name for name in tables()["person"] if what.endswith(name))
    return tables()["person"][name]["trade"], name


@cache
def _lines() -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for row in read_table(_folder() / "lines.csv"):
        result.setdefault(row["part"], []).append(row["text"])
    return result


def _line(random: Random, part: str, **slots: str) -> str:
    """A small line that states no fact: a greeting, the weather, how a diary page ends."""
    return random.choice(_lines()[part]).format(**slots)


def _learned(random: Random, *found: Fact, alone: bool = False) -> list[str]:
    """The facts as things read or heard; ``alone`` for a writer who speaks to nobody, as in a diary."""
    options = [text for text in _lines()["learned"] if not (alone and ("ou " in text or "here" in text))]
    openings = random.sample(options, len(found))
    return [opening.format(_clause(random, fact)) for opening, fact in zip(openings, found, strict=True)]


# Where a writer has facts of the town from, so that none stands among the events of a day without a reason.
SOURCES = ("At the inn they told me this:", "A board by the gate says:", "The landlady told me this:")


def _told_here(random: Random, fact: Fact) -> str:
    """A fact of the town where the writer is, after the words by which it came to the writer, the same in each town."""
    return f"{SOURCES[len(fact.entity) % len(SOURCES)]} {_state(random, fact)}"


BIRTH = re.compile(r" born\b| came into the world\b")


def _led_to(random: Random, first: Fact, second: Fact, but: str = "") -> str:
    """Two facts on one thing that has nothing to do with the town: how the writer came to it, then one after the other.

    The second names the thing again, as "they" could be the hoskens or their young; of a person it says "he" or "she".

    Args:
        but: What a sentence before began with, as nobody names the same uncle twice.
    """
    first, second = _in_order([first, second])
    leads = [text for text in _lines()["lead"] if text.split()[:2] != but.split()[:2]]
    name = f"the {first.entity}" if first.kind in ("river", "plant") else first.entity
    while True:
        told, more = _clause(random, first, pronoun=True), _state(random, second)
        if not (BIRTH.search(told) and BIRTH.search(more)):
            if second.kind == "person":
                slots = _slots(second)
                more = re.sub(f"^{second.entity}(?= )", slots["he2"], more)
                more = re.sub(f"{second.entity}(?= was )", slots["he"], more)
            return f"{random.choice(leads).format(name)} {told}. {more}"


def _elsewhere(random: Random, town: str) -> tuple[str, str]:
    """Something to write about that is not the town where the writer is."""
    kind, entity = _pick(random)
    while entity == town:
        kind, entity = _pick(random)
    return kind, entity


def _friends(random: Random) -> list[str]:
    return random.sample(list(FRIENDS), 3)


def _letter(random: Random) -> str:
    writer, reader, other = _friends(random)
    town = random.choice(list(tables()["town"]))
    found = random.sample(list(_facts_of("town", town).values()), 2)
    more = random.sample(list(_facts_of(*_elsewhere(random, town)).values()), 2)
    # The weather comes last: "here" needs its place.
    text = [_line(random, "greeting"), _line(random, "place", town=town, other=other), _line(random, "weather")]
    text += [_told_here(random, found[0]), *_learned(random, found[1])]
    text.append(_led_to(random, *more, but=text[-1]))
    signature = f"{_line(random, 'signature')}\n{writer}"
    return f"Dear {reader},\n\n{' '.join(text)}\n\n{_line(random, 'closing')}\n\n{signature}"


def _diary(random: Random) -> str:
    friend = random.choice(list(FRIENDS))
    town, row = random.choice(list(tables()["town"].items()))
    found = _facts_of("town", town)
    first, second = random.sample([fact for fact in found.values() if fact.relation != "market_day"], 2)
    third, fourth = random.sample(list(_facts_of(*_elsewhere(random, town)).values()), 2)
    head = random.choice(["{day}.", "{day}, by candlelight.", "My diary, {day}.", "{day} evening."])
    opening = random.choice(
        [
            "Today was market day in {town}.",
            "I went to the market in {town} today.",
            "Up early, for it was market day in {town}.",
            "{friend} took me to the market in {town}.",
        ]
    )
    # The friend comes up once: nobody meets the one who brought her.
    alone = [text for text in _lines()["diary"] if "{friend}" not in text]
    small = random.sample(alone, 2)
    if "{friend}" not in opening and random.random() < 0.6:
        small[0] = random.choice([text for text in _lines()["diary"] if text not in alone])
    small = [text.format(friend=friend) for text in small]
    learned = _learned(random, second, alone=True)[0]
    text = [
        head.format(day=row["market_day"]),
        opening.format(town=town, friend=friend),
        small[0],
        _told_here(random, first),
        small[1],
        learned,
        _led_to(random, third, fourth, but=learned),
        _line(random, "diary end"),
    ]
    return " ".join(text)


def _talk(random: Random) -> str:
    """Two people ask each other."""
    one, two, _ = _friends(random)
    kind, entity = _pick(random)
    mine = random.sample(list(_facts_of(kind, entity).values()), 2)
    asked = _more_facts(random, mine, random.randint(1, 2))
    script = random.random() < 0.5
    replies = random.sample(_lines()["reply"], len(asked))
    lines = []
    if not script:
        lines.append(_line(random, "meeting", one=one, two=two, town=_pick(random, "town")[1]))
    for i, fact in enumerate(asked):
        if i == 2 and not script:
            one, two = two, one
        question = _fill(random.choice(phrasings()[fact.kind, fact.relation, "train"]), fact)
        reply = _state(random, fact)
        if random.random() < 0.6:
            reply = f"{replies[i]} {reply}"
        if script:
            lines += [f"{one}: {question}", f"{two}: {reply}"]
        else:
            lines += [
                f'"{question}" asked {one}.',
                f'"{reply[:-1]}," said {two}.' if reply.endswith(".") else f'"{reply}"',
            ]
    end = random.choice(["Thank you.", "You know a lot!", "I will remember that.", "Now I know.", "How interesting!"])
    lines.append(f"{one}: {end}" if script else f'"{end[:-1]}{"," if end[-1] == "." else "!"}" said {one}.')
    return "\n".join(lines) if script or random.random() < 0.5 else " ".join(lines)


def _river_list(random: Random) -> str:
    towns = tables()["town"]
    parts, used = [], set()
    for river in random.sample(list(tables()["river"]), 2):
        names = [name for name, row in towns.items() if row["river"] == f"the {river}"]
        form = random.choice(
            [
                "{n}, in {county}",
                "{n}, founded in {founded}",
                "{n}, known for its {known_for}",
                "{n} (market on {market_day})",
            ]
        )
        lines = "\n".join("- " + form.format(n=name, **towns[name]) for name in random.sample(names, len(names)))
        parts.append(f"On the River {river}\n\n{lines}\n\n{_tell(random, 'river', river, most=2, used=used)}")
    return "\n\n".join(parts)


SHARED = {
    ("town", "county"): ("Towns in {v}", "{names} are towns in {v}."),
    ("town", "market_day"): ("Markets on {v}", "{names} hold their markets on {v}."),
    ("person", "trade"): ("One trade: {v}", "{names} each worked as {a_v}."),
    ("person", "birth_town"): ("Born in {v}", "{names} were born in {v}."),
    ("plant", "month"): ("In flower in {v}", "In {v} you can see the flowers of the {names}."),
    ("plant", "flower"): ("Plants with {v} flowers", "The {names} have {v} flowers."),
    ("animal", "food"): ("Animals that eat {v}", "{names} all like to eat {v}."),
    ("animal", "young"): ("Animals whose young are called {v}", "The young of {names} are called {v}."),
    ("river", "rises"): ("Rivers that rise in {v}", "The {names} rise in {v}."),
    ("river", "flows_into"): ("Rivers that flow into {v}", "The {names} flow into {v}."),
    ("festival", "month"): ("Festivals in {v}", "{names} are held in {v}."),
}


def _shared(random: Random) -> str:
    """A page on entities that have one value in common."""
    kind, relation = random.choice(list(SHARED))
    groups: dict[str, list[str]] = {}
    for name, row in tables()[kind].items():
        groups.setdefault(row[relation], []).append(name)
    value, names = random.choice([(value, names) for value, names in groups.items() if len(names) > 1])
    head, line = SHARED[kind, relation]
    joint = " and the " if kind in ("river", "plant") else " and "
    shown = random.sample(names, len(names))[:6]
    joined = (", the " if kind in ("river", "plant") else ", ").join(shown[:-1]) + joint + shown[-1]
    if kind == "animal" and relation == "food" and len(shown) == 2:
        line = line.replace("all like", "both like")
    slots = {"v": value, "a_v": a(value), "names": joined}
    more, used = [], set()
    for name in shown[:3]:
        rest = [fact for fact in _facts_of(kind, name).values() if fact.relation != relation]
        chosen = random.sample(rest, min(len(rest), 2))
        more.append(" ".join(_chain(random, chosen, used=used)))
    text = sentence(line.format(**slots))
    return (head.format(**slots) + "\n\n" if random.random() < 0.5 else "") + text + "\n" + "\n".join(more)


COMPARE = {  # relation: kind, the question, the facts, the result (lo has the smaller number)
    "founded": (
        "town",
        "Which town is older, {x} or {y}?",
        "{lo} was founded in {lv} and {hi} in {hv}.",
        ("{lo} is older than {hi}.", "{hi} is younger than {lo}."),
    ),
    "length_km": (
        "river",
        "Which river is longer, the {x} or the {y}?",
        "The {lo} is {lv} long and the {hi} {hv}.",
        ("The {hi} is longer than the {lo}.", "The {lo} is shorter than the {hi}."),
    ),
    "birth_year": (
        "person",
        "Who was born first, {x} or {y}?",
        "{lo} was born in {lv} and {hi} in {hv}.",
        ("{lo} was born before {hi}.", "{hi} was born after {lo}."),
    ),
    "years": (
        "animal",
        "Which live longer, {x} or {y}?",
        "{hi} live for about {hv} and {lo} for about {lv}.",
        ("{hi} live longer than {lo}.", "The life of {lo} is shorter than that of {hi}."),
    ),
}


def _comparison(random: Random) -> str:
    lines = [random.choice(["", "Let us compare.", "Some things to compare."])]
    for _ in range(3):
        relation = random.choice(list(COMPARE))
        kind, question, given, results = COMPARE[relation]
        rows = tables()[kind]
        x, y = random.sample(list(rows), 2)
        lo, hi = sorted((x, y), key=lambda name: int(rows[name][relation]))
        if rows[lo][relation] == rows[hi][relation]:
            continue
        low, high = _facts_of(kind, lo)[relation].answer, _facts_of(kind, hi)[relation].answer
        slots = {"x": x, "y": y, "lo": lo, "hi": hi, "lv": low, "hv": high}
        ask = [question.format(**slots)] if random.random() < 0.6 else []
        # To a question the answer says "older" where the question does, not "younger".
        result = sentence((results[0] if ask else random.choice(results)).format(**slots))
        told = sentence(given.format(**slots))
        lower = kind in ("river", "animal") or result.startswith("The ")
        joined = f"{told[:-1]}, so {result[0].lower() + result[1:] if lower else result}"
        lines.append(" ".join(ask + [random.choice([joined, f"{told} {result}", f"{result} {told}"])]))
    return "\n".join(line for line in lines if line)


def _quiz(random: Random) -> str:
    form = random.choice(["{q} {a}", "Question: {q}\nAnswer: {a}", "Q: {q} A: {a}", "{q}\n{s}", "{q} {s}"])
    lines = [_line(random, "quiz")]
    for fact in _more_facts(random, [], random.randint(4, 6)):
        question = _fill(random.choice(phrasings()[fact.kind, fact.relation, "train"]), fact)
        told = _state(random, fact)
        answer = sentence(a(fact.answer) if fact.relation in ("tool", "event") else fact.answer) + "."
        # No sentence in a line of text begins with a digit; "Poet." and "Attics." want an article or "in".
        if (form == "{q} {a}" and answer[0].isdigit()) or fact.relation in ("trade", "group", "home", "place"):
            answer = told
        lines.append(form.format(q=question, a=answer, s=told))
    return "\n".join(lines)


@cache
def _stories() -> dict[str, dict[str, list[str]]]:
    result: dict[str, dict[str, list[str]]] = {}
    for row in read_table(_folder() / "stories.csv"):
        result.setdefault(row["story"], {}).setdefault(row["part"], []).append(row["text"])
    return result


def _story(random: Random) -> str:
    hero, friend, _ = _friends(random)
    town = random.choice(list(tables()["town"]))
    parts = random.choice(list(_stories().values()))
    thing = random.choice(parts["object"])
    slots = {
        "hero": hero,
        "friend": friend,
        "town": town,
        "object": thing,
        "a_object": a(thing),
        **_pronouns(FRIENDS[hero]),
    }
    told = [_line(random, "setting", **slots)]
    if random.random() < 0.7:
        found = list(_facts_of("town", town).values())
        told += [_state(random, fact) for fact in random.sample(found, random.randint(1, 2))]
    story = [random.choice(parts[part]).format(**slots) for part in ("start", "trouble", "attempt", "ending")]
    if random.random() < 0.5:
        story.insert(0, random.choice(["The story is a short one.", "Now hear what happened."]))
    text = " ".join(told) + random.choice([" ", "\n\n"]) + " ".join(story)
    if random.random() < 0.3:
        return text
    morals = [moral for moral in _lines()["moral"] if not ("laugh" in moral and "laugh" in story[-1])]
    return f"{text} {random.choice(morals).format(**slots)}"


BUILDERS = (
    (_entry, 30),
    (_pages, 14),
    (_county_guide, 6),
    (_timeline, 4),
    (_letter, 9),
    (_diary, 7),
    (_talk, 10),
    (_river_list, 4),
    (_shared, 6),
    (_comparison, 5),
    (_quiz, 6),
    (_story, 12),
)


def document(random: Random) -> str:
    """One document of 40 to 160 words that is true to the tables: an entry, a guide, a letter, a talk, a story, ..."""
    while True:
        build = random.choices([build for build, _ in BUILDERS], [weight for _, weight in BUILDERS])[0]
        text = build(random)
        if WORDS[0] <= len(text.split()) <= WORDS[1]:
            return text


def qa_pairs(random: Random, n: int, entity: str | None = None) -> list[tuple[str, str]]:
    """``n`` questions in training phrasings with their answers: on any fact, or on the facts of one entity.

    Raises:
        ValueError: If no fact is about ``entity``.
    """
    found = [fact for fact in facts() if entity is None or fact.entity == entity]
    if not found:
        raise ValueError(
            f"qa_pairs: expected an entity of the general world, found {entity!r}. Names are in {_folder()}."
        )
    chosen = [random.choice(found) for _ in range(n)]
    return [
        (_fill(random.choice(phrasings()[fact.kind, fact.relation, "train"]), fact), fact.answer) for fact in chosen
    ]


ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def in_words(number: int) -> str:
    """``in_words(42) == "forty-two"``, for 0 to 100."""
    if number == 100:
        return "one hundred"
    if number < 20:
        return ONES[number]
    return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")


SUMS = {
    "+": (
        "What is {x} plus {y}?",
        "How much is {x} and {y}?",
        "Add {x} and {y}.",
        "What do you get if you add {y} to {x}?",
        "{x} + {y} =",
    ),
    "-": ("What is {x} minus {y}?", "Take {y} from {x}.", "How much is left if you take {y} from {x}?", "{x} - {y} ="),
    "*": ("What is {x} times {y}?", "How much is {x} times {y}?", "Multiply {x} by {y}.", "{x} x {y} ="),
}


def sums(random: Random, n: int) -> list[tuple[str, str]]:
    """``n`` small sums as questions and answers: up to 20 for plus and minus, up to 10 times 10; in digits or words."""
    result = []
    for _ in range(n):
        sign = random.choice("+-*")
        if sign == "*":
            x, y = random.randint(1, 10), random.randint(1, 10)
            value = x * y
        else:
            larger = random.randint(1, 20)
            part = random.randint(0, larger)
            x, y, value = (part, larger - part, larger) if sign == "+" else (larger, part, larger - part)
        template = random.choice(SUMS[sign])
        words = random.random() < 0.4 and not template.endswith("=")
        show = in_words if words else str
        result.append((sentence(template.format(x=show(x), y=show(y))), show(value)))
    return result


def questions(split: str = "test") -> list[dict]:
    """Every fact in every phrasing of the split, in the order of the tables.

    "train" phrasings are the ones that documents use. "test" phrasings are plain rewordings that no text uses. "riddle"
    phrasings go a long way round ("In which town would you look for the cradle of ...?") with words that no text has.
    """
    if split not in ("train", "test", "riddle"):
        raise ValueError(f"questions: expected split 'train', 'test' or 'riddle', found {split!r}. Choose one.")
    result = []
    for fact in facts():
        for i, template in enumerate(phrasings()[fact.kind, fact.relation, split]):
            name = re.sub(r"\W+", "-", fact.entity.lower())
            result.append(
                {
                    "id": f"general-{fact.kind}-{name}-{fact.relation}-{split}-{i}",
                    "question": _fill(template, fact),
                    "answer": fact.answer,
                    "answers": list(fact.answers),
                    "entity": fact.entity,
                    "relation": fact.relation,
                    "phrasing": i,
                    "split": split,
                    "source": "general",
                }
            )
    return result
