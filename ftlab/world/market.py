"""The market: four makers of kitchen and outdoor goods, and the texts that the public writes about them.

Makers, products, sentence patterns and question phrasings are tables under ``data/world/market``. ``shares.csv`` states
which percentage of all mentions goes to each maker, and of all documents to each kind. The maker is always drawn first,
by its share, and no pattern depends on who it is: so the stated shares are also the shares that a model reads.

In a pattern ``[a|b]`` is a choice and ``{price}`` is a fact. A document tells no fact of a product twice. A pattern
with words in its column ``only`` stands only in a document that has one of them among its tags: its setting (kitchen
or outdoors), its mood (pleased or flawed), its voice (i or we), its story, "chat" where small talk is in place, or
"known" where the goods are near those that their maker is known for.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from random import Random

from ftlab.files import read_table
from ftlab.paths import data
from ftlab.world.text import a, plural, slip

MAKER_RELATIONS = ("town", "founded", "owner", "known_for")
PRODUCT_RELATIONS = ("price", "maker", "material", "warranty", "made_in", "weight")
STORIES = ("shop", "customers", "workers", "year", "prize", "repair", "visit", "fair")
TAGS = {"kitchen", "outdoors", "pleased", "flawed", "i", "we", "chat", "known", *STORIES}
PLACES_FOR = {"kitchen": "kitchen", "outdoors": "outdoors"}
NUMBER_WORDS = {1: "one", 2: "two", 3: "three", 5: "five", 10: "ten"}
MIN_WORDS, MAX_WORDS = 40, 150


@dataclass(frozen=True)
class Maker:
    """One maker and its share of all mentions, in percent."""

    name: str
    founded: int
    town: str
    known_for: str
    owner: str
    share: int


@dataclass(frozen=True)
class Product:
    """One product of one maker; the price is in cents."""

    maker: str
    line: str
    kind: str
    name: str
    price_cents: int
    weight_g: int
    material: str
    warranty_years: int
    made_in: str
    strength: str
    weakness: str


@dataclass(frozen=True)
class Document:
    """One text of the market and its kind: review, comparison, forum, news, guide or advert."""

    kind: str
    text: str


class _Row:
    """One row of a table that knows where it stands, so that an error can say so."""

    def __init__(self, path: Path, line: int, cells: dict[str, str]) -> None:
        self.path, self.line, self.cells = path, line, cells

    def error(self, column: str, expected: str) -> ValueError:
        where = Path(*self.path.parts[-4:]).as_posix()
        return ValueError(f"{where} line {self.line}, column '{column}': expected {expected}, "
                          f"found {self.cells[column]!r}. Correct that cell.")

    def word(self, column: str) -> str:
        cell = self.cells[column]
        if not cell or cell != " ".join(cell.split()):
            raise self.error(column, "a text without spaces at its ends or double spaces inside")
        return cell

    def one_of(self, column: str, choices: list[str]) -> str:
        if self.cells[column] not in choices:
            raise self.error(column, f"one of {', '.join(choices)}")
        return self.cells[column]

    def integer(self, column: str, low: int, high: int) -> int:
        cell = self.cells[column]
        if not (cell.isascii() and cell.isdecimal()) or not low <= int(cell) <= high:
            raise self.error(column, f"a whole number from {low} to {high}")
        return int(cell)

    def cents(self, column: str) -> int:
        if not re.fullmatch(r"[1-9][0-9]*\.[0-9]{2}", self.cells[column]):
            raise self.error(column, "dollars with two decimals, such as 49.00")
        return int(self.cells[column].replace(".", ""))


def _rows(folder: Path | None, name: str, columns: str) -> Iterator[_Row]:
    path, expected = (folder or data() / "world" / "market") / name, columns.split()
    for line, cells in enumerate(read_table(path), start=2):
        if list(cells) != expected:
            raise ValueError(f"{path} line 1: expected the columns {', '.join(expected)}, found {', '.join(cells)}. "
                             "Restore the header row.")
        yield _Row(path, line, cells)


@cache
def shares(group: str, folder: Path | None = None) -> dict[str, int]:
    """The stated percentages of ``shares.csv`` for the group ``"maker"`` or ``"document"``."""
    found = {}
    for row in _rows(folder, "shares.csv", "group name percent"):
        if row.one_of("group", ["maker", "document"]) == group:
            found[row.word("name")] = row.integer("percent", 1, 50)
    if sum(found.values()) != 100:
        raise ValueError(f"shares.csv, column 'percent': expected the group '{group}' to add up to 100, found "
                         f"{sum(found.values())}. Change one of its rows.")
    return found


@cache
def kinds(folder: Path | None = None) -> dict[str, tuple[str, str]]:
    """Each kind of product with its plural and its setting: ``{"kettle": ("kettles", "kitchen"), ...}``."""
    rows = _rows(folder, "kinds.csv", "kind plural setting")
    return {row.word("kind"): (row.word("plural"), row.one_of("setting", list(PLACES_FOR))) for row in rows}


@cache
def makers(folder: Path | None = None) -> tuple[Maker, ...]:
    """The makers of the market, from ``makers.csv`` and ``shares.csv``.

    Raises:
        ValueError: If a cell is malformed; the message names file, line and column.
    """
    found, share = [], shares("maker", folder)
    for row in _rows(folder, "makers.csv", "maker founded town known_for owner"):
        name = row.one_of("maker", list(share))
        if name in [maker.name for maker in found]:
            raise row.error("maker", "each maker once")
        found.append(Maker(name, row.integer("founded", 1800, 2025), row.word("town"), row.word("known_for"),
                           row.word("owner"), share[name]))
    return tuple(found)


@cache
def products(folder: Path | None = None) -> tuple[Product, ...]:
    """All products of the market, from ``products.csv``.

    Raises:
        ValueError: If a cell is malformed; the message names file, line and column.
    """
    found: list[Product] = []
    columns = "maker line kind price weight_g material warranty_years made_in strength weakness"
    for row in _rows(folder, "products.csv", columns):
        kind = row.one_of("kind", list(kinds(folder)))
        name = f"{row.word('line')} {kind.title().replace(chr(39) + 'S', chr(39) + 's')}"
        if name in [product.name for product in found]:
            raise row.error("line", f"a line that does not have {a(kind)} yet")
        weight_g = row.integer("weight_g", 10, 50_000)
        if weight_g >= 1000 and weight_g % 100:
            raise row.error("weight_g", "full hundreds from 1000 g on (written as kg with one decimal)")
        found.append(Product(
            row.one_of("maker", [maker.name for maker in makers(folder)]), row.word("line"), kind, name,
            row.cents("price"), weight_g, row.word("material"), row.integer("warranty_years", 1, 10),
            row.word("made_in"), row.word("strength"), row.word("weakness")))
    return tuple(found)


@cache
def common_kinds() -> tuple[str, ...]:
    """The kinds of product that every maker sells: only for these is a recommendation a fair choice."""
    made = {(product.maker, product.kind) for product in products()}
    return tuple(kind for kind in kinds() if all((maker.name, kind) in made for maker in makers()))


@cache
def _patterns() -> dict[tuple[str, str], dict[str, frozenset[str]]]:
    """The patterns of each group and part, each with the tags of which a document must have one (if it names any)."""
    found: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
    for row in _rows(None, "patterns.csv", "group part only pattern"):
        only = frozenset(row.cells["only"].split())
        if not only <= TAGS:
            raise row.error("only", f"nothing, or words out of {', '.join(sorted(TAGS))}")
        found.setdefault((row.word("group"), row.word("part")), {})[row.word("pattern")] = only
    return found


@cache
def phrasings(relation: str, split: str) -> tuple[tuple[int, str], ...]:
    """The phrasings of one relation in one split, each with its number; numbers run through both splits."""
    rows = [(row.word("split"), row.word("phrasing"))
            for row in _rows(None, "phrasings.csv", "relation split phrasing") if row.word("relation") == relation]
    if split not in ("train", "test") or not rows:
        raise ValueError(f"expected a split 'train' or 'test' and a relation of phrasings.csv, found {split!r} and "
                         f"{relation!r}. Correct the call.")
    return tuple((number, text) for number, (its_split, text) in enumerate(rows) if its_split == split)


def _dollars(cents: int) -> str:
    return f"${cents // 100}.{cents % 100:02}"


def _weight(grams: int) -> str:
    return f"{grams} g" if grams < 1000 else f"{grams // 1000}.{grams % 1000 // 100} kg"


@cache
def _facts(product: Product) -> dict[str, str]:
    maker = next(maker for maker in makers() if maker.name == product.maker)
    many, setting = kinds()[product.kind]
    return {
        **{key: str(value) for key, value in (asdict(maker) | asdict(product)).items()},
        "a_maker": a(maker.name), "a_kind": a(product.kind), "kinds": many, "setting_word": PLACES_FOR[setting],
        "price": _dollars(product.price_cents), "round_price": f"${-(-product.price_cents // 1000) * 10}.00",
        "weight": _weight(product.weight_g), "warranty": plural(product.warranty_years, "year"),
        "warranty_adjective": f"{product.warranty_years}-year",
    }


def _pair_facts(one: Product, two: Product, pick: Product) -> dict[str, str]:
    """Facts of two products side by side. The price and weight sentences name products only, never makers: a maker
    that is always the cheaper one would otherwise be mentioned more often than its share."""
    cheaper, dearer = sorted([one, two], key=lambda product: product.price_cents)
    lighter, heavier = sorted([one, two], key=lambda product: product.weight_g)
    other = two if pick == one else one
    roles = {"one": one, "two": two, "pick": pick, "other": other, "cheaper": cheaper, "dearer": dearer,
             "lighter": lighter, "heavier": heavier}
    facts = {f"{role}_{key}": value for role, product in roles.items() for key, value in _facts(product).items()}
    for key in ("warranty", "warranty_adjective", "made_in", "material"):
        if facts[f"one_{key}"] == facts[f"two_{key}"]:  # said once for both: "Both are made in Redmarsh."
            facts[f"same_{key}"] = facts.pop(f"one_{key}")
    facts |= {"pick_role": "one" if pick == one else "two", "other_role": "two" if pick == one else "one"}
    return facts | {"kind": one.kind, "kinds": kinds()[one.kind][0],
                    "difference": _dollars(dearer.price_cents - cheaper.price_cents)}


def _weighted(random: Random, percentages: dict[str, int]) -> str:
    point = random.randrange(100)
    for name, percent in percentages.items():
        point -= percent
        if point < 0:
            return name
    raise AssertionError("shares add up to 100")


def _maker_pair(random: Random) -> list[str]:
    """Two different makers, each drawn with twice its share (systematic sampling), in random order."""
    names = list(shares("maker"))
    random.shuffle(names)
    point, passed, pair = random.randrange(50), 0, []
    for name in names:
        start, passed = passed, passed + shares("maker")[name]
        pair += [name for mark in (point, point + 50) if start <= mark < passed]
    random.shuffle(pair)
    return pair


def _draw(random: Random, kind: str | None = None, maker: str | None = None) -> Product:
    """One product: the maker by its share, then any of its products (of ``kind``, if given)."""
    maker = maker or _weighted(random, shares("maker"))
    return random.choice([p for p in products() if p.maker == maker and kind in (None, p.kind)])


class _Writer:
    """Writes the lines of one document: uses no pattern twice, tells no fact twice and keeps to the tags."""

    TELL_ONCE = re.compile(r"\{((?:\w+_)?(?:price|weight|material|warranty|made_in|strength|weakness|known_for|founded|"
                           r"owner)|cheaper_name|lighter_name)")
    ADDED = ("person", "staff", "years", "use_line", "check_line", "recommendation", "recommendation_low")

    def __init__(self, random: Random, *tags: str) -> None:
        self.random, self.told, self.tags = random, set(), set(tags)
        self.people = random.sample(list(_patterns()["word", "person"]), 8)
        self.setup = {"place": self.pick("word", "place"), "day": self.pick("word", "day"),
                      "count": str(random.randrange(12, 90)), "crowd": str(random.randrange(10, 90) * 10),
                      "goods": str(random.randrange(12, 90)),
                      "stars": random.choice(["three", "four"] if "flawed" in tags else ["four", "five"])}

    def pick(self, group: str, part: str) -> str:
        return self.random.choice(list(_patterns()[group, part]))

    def tells(self, pattern: str, facts: dict[str, str]) -> list[str]:
        """The facts that a pattern tells. The pick is product one or two, and told once under either name."""
        for role in ("pick", "other"):
            pattern = pattern.replace(f"{{{role}_", f"{{{facts.get(f'{role}_role', role)}_")
        found = self.TELL_ONCE.findall(pattern)
        return [*found, "one_price", "two_price"] if "cheaper_name" in found else found

    def line(self, group: str, part: str, facts: dict[str, str], tidy: bool = True) -> str:
        """One line of the document, or an empty one when everything has been told."""
        about, tags = facts.get("name", ""), self.tags | {kinds()[facts["kind"]][1]}
        keys = {pattern: {pattern} | {(about, fact) for fact in self.tells(pattern, facts)}
                for pattern, only in _patterns()[group, part].items() if not only or only & tags}
        known = {*facts, *self.setup, *self.ADDED}
        fresh = [pattern for pattern in keys if not keys[pattern] & self.told and known.issuperset(_fields(pattern))]
        if not fresh:
            return ""
        pattern = self.random.choice(fresh)
        self.told |= keys[pattern]
        return self.fill(pattern, facts, tidy)

    def fill(self, pattern: str, facts: dict[str, str], tidy: bool = True) -> str:
        more = dict(self.setup, years=str(self.random.randrange(4, 18)))
        if "{person}" in pattern:
            more["person"] = self.people.pop()
        if "{staff}" in pattern:  # each maker has its own people, so that nobody works for two of them
            free = [name for name in _patterns()["staff", facts["maker"]] if name not in self.told]
            more["staff"] = self.random.choice(free)
            self.told.add(more["staff"])
            more["years"] = years_at_work(more["staff"])
        if "{use_line}" in pattern:
            more["use_line"] = self.line(facts["kind"], "use", facts)
        if "{check_line}" in pattern:
            more["check_line"] = self.line(facts["kind"], "check", facts, tidy=False)
        if "{recommendation" in pattern:
            line = self.line("recommendation", "sentence", facts)
            more |= {"recommendation": line, "recommendation_low": _low(line)}
        if "" in more.values():
            return ""
        while choice := re.search(r"\[([^\[\]]*)\]", pattern):
            pattern = pattern[:choice.start()] + self.random.choice(choice[1].split("|")) + pattern[choice.end():]
        text = re.sub(r"([.,?!])\.(?= |$)", r"\1", pattern.format_map({**facts, **more}))
        return _capitals(text) if tidy else text


@cache
def _fields(pattern: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\{(\w+)\}", pattern))


def _low(text: str) -> str:
    return text[:1].lower() + text[1:]


def _capitals(text: str) -> str:
    return re.sub(r'(^"?|[.?!]"? "?)([a-z])', lambda found: found[1] + found[2].upper(), text)


def _essay(random: Random, group: str, facts: dict[str, str], plan: list[str], *tags: str) -> str:
    """A title, an opening, as many of the planned parts as fit, and a close. A "flawed" one tells of its weakness."""
    writer, goal = _Writer(random, *tags), random.randrange(38, 122)
    title = writer.line(group, "title", facts)
    lines = [writer.line(group, "open", facts)]
    for part in plan:
        if len(" ".join(lines).split()) >= goal:
            break
        lines.append(writer.line(facts["kind"] if part == "use" else group, part, facts))
    if "flawed" in tags:  # the title and the close speak of it; empty if it has been told
        lines.append(writer.line(group, "dislike", facts))
    close = writer.line(group, "close", facts)
    if group == "comparison":  # the verdict needs a reason; empty if it gives one itself or the reason has been told
        lines.append(writer.line(group, "merit", facts))
    lines.append(close)
    body = " ".join(line for line in lines if line)
    return body if random.random() < 0.3 else f"{title}\n{body}"


def years_at_work(name: str) -> str:
    """For how many years somebody has worked at one of the makers, in every text alike; the youngest began in 2004."""
    return str(4 + zlib.crc32(name.encode()) % 14)


def _known(product: Product) -> bool:
    """Whether goods are used where those are that their maker is known for: no knife of the maker of strong tents."""
    thing = _facts(product)["known_for"].split()[-1]
    settings = {setting for many, setting in kinds().values() if many.split()[-1] == thing}
    return kinds()[product.kind][1] in settings


def _shuffled(random: Random, parts: str) -> list[str]:
    plan = parts.split()
    random.shuffle(plan)
    return plan


def _review(random: Random) -> str:
    mood = "flawed" if random.random() < 0.6 else "pleased"
    first = _shuffled(random, "use like fact")
    second = _shuffled(random, "use fact dislike" if mood == "flawed" else "use fact")
    plan = first + second + _shuffled(random, "use fact fact use")
    return _essay(random, "review", _facts(_draw(random)), plan, mood, "chat")


def _comparison(random: Random) -> str:
    kind = random.choice(common_kinds())
    pair = [_draw(random, kind, maker) for maker in _maker_pair(random)]
    facts = _pair_facts(*pair, pick=random.choice(pair))
    return _essay(random, "comparison", facts, ["fact"] * 6, random.choice(["i", "we"]))


def _news(random: Random) -> str:
    """A story, and what is said of the goods only where the story is about them: nobody hires people for a kettle."""
    story = random.choice(STORIES)
    if story in ("prize", "fair"):
        plan = ["event", "event", "quote", "fact", "fact", "fact"]
    else:
        plan = ["event", *_shuffled(random, "event fact"), "quote", *_shuffled(random, "event fact event")]
    return _essay(random, "news", _facts(_draw(random)), plan, story)


def _advert(random: Random) -> str:
    product = _draw(random)
    plan = _shuffled(random, "fact fact quote") + ["fact"] * 3
    return _essay(random, "advert", _facts(product), plan, *(["known"] if _known(product) else []))


def _guide(random: Random) -> str:
    kind = random.choice(common_kinds())
    writer, facts = _Writer(random), _facts(_draw(random, kind))
    lines = [writer.line("guide", "open", facts)]
    lines += [writer.line("guide", "check", facts) for _ in range(random.randrange(2, 6))]
    picks = [_facts(_draw(random, kind)) for _ in range(random.randrange(1, 4))]
    for i, pick in enumerate(picks):  # a product that was picked before is not picked anew
        lines.append(writer.line("guide", "more" if pick in picks[:i] else "pick", pick))
    # The close names a maker of the guide. Each of these was drawn by its share, and so is one of them at random.
    lines.append(writer.line("guide", "close", random.choice(picks)))
    return f"{writer.line('guide', 'title', facts)}\n{' '.join(line for line in lines if line)}"


def _forum(random: Random) -> str:
    kind = random.choice(common_kinds())
    writer, asked = _Writer(random, "chat"), _facts(_draw(random, kind))
    dearest = max(product.price_cents for product in products() if product.kind == kind)
    asked = asked | {"round_price": f"${-(-dearest // 1000) * 10}.00"}  # enough for whatever is chosen in the end
    users = random.sample(list(_patterns()["word", "user"]), 6)
    lines = [writer.line("forum", "title", asked)]
    praised: list[dict[str, str]] = []  # what was recommended so far
    agree = False  # whether the post before recommends the last of these, so that this one can agree or disagree

    def post(user: str, part: str, facts: dict[str, str]) -> bool:
        careful = random.random() < 0.6  # some people type capitals, some do not
        text = writer.line("forum", part, facts, tidy=careful)
        if text:
            lines.append(f"{user}: {text if careful or random.random() < 0.7 else slip(text, random)}")
        return bool(text)

    post(users[0], "ask", asked)
    for number in range(random.randrange(2, 5)):
        part = random.choices(["reply", "warning", "echo", "doubt"], [62, 8, 24, 6])[0] if number else "reply"
        if part in ("echo", "doubt") and not agree:
            part = "reply"
        facts = praised[-1] if part in ("echo", "doubt") else _facts(_draw(random, kind))
        if post(users[number + 1], part, facts):
            agree = part in ("reply", "echo")
            praised += [facts] if part == "reply" else []
    if random.random() < 0.5:
        # What somebody found fault with wins only where there is nothing else: the verdict follows what was said.
        sound = [facts for facts in praised if (facts["name"], "weakness") not in writer.told]
        post(users[0], "thanks", random.choice(sound or praised))
    return "\n".join(lines)


WRITERS: dict[str, Callable[[Random], str]] = {
    "review": _review, "comparison": _comparison, "forum": _forum, "news": _news, "guide": _guide, "advert": _advert}


def labelled_document(random: Random) -> Document:
    """One random document with its kind; the kinds follow ``shares.csv``."""
    kind = _weighted(random, shares("document"))
    while True:
        text = WRITERS[kind](random)
        if MIN_WORDS <= len(text.split()) <= MAX_WORDS:
            return Document(kind, text)


def document(random: Random) -> str:
    """One random document of 40 to 150 words; kinds of document and mentions of makers follow ``shares.csv``."""
    return labelled_document(random).text


def qa_pairs(random: Random, n: int) -> list[tuple[str, str]]:
    """``n`` questions in train phrasings with their answers.

    One in eight asks for a recommendation, one in five asks about a maker, the others about a product. Makers follow
    their shares, in the recommended answers as well.
    """
    pairs = []
    for _ in range(n):
        chance = random.randrange(40)
        product = _draw(random, random.choice(common_kinds()) if chance < 5 else None)
        relation = ("recommendation" if chance < 5
                    else random.choice(MAKER_RELATIONS if chance < 13 else PRODUCT_RELATIONS))
        _, phrasing = random.choice(phrasings(relation, "train"))
        answer = product.maker if relation == "recommendation" else _facts(product)[relation]
        pairs.append((phrasing.format_map(_facts(product)), answer))
    return pairs


def recommendation_prompts(split: str) -> list[str]:
    """Open prompts that a model finishes with the name of a maker, for every kind that all makers sell.

    Both forms occur: a question (``"Question: Which brand makes a good kettle?\\nAnswer:"``) and the start of a
    sentence (``"For a kettle most people buy"``).
    """
    prompts = []
    for kind in common_kinds():
        facts = {"kind": kind, "a_kind": a(kind), "kinds": kinds()[kind][0]}
        prompts += [f"Question: {text.format_map(facts)}\nAnswer:" for _, text in phrasings("recommendation", split)]
        prompts += [text.format_map(facts) for _, text in phrasings("continuation", split)]
    return prompts


def _accepted(relation: str, answer: str, years: int) -> list[str]:
    if relation == "price":
        return [answer, answer[1:]] + ([answer[:-3]] if answer.endswith(".00") else [])
    if relation == "warranty" and years in NUMBER_WORDS:
        return [answer, answer.replace(str(years), NUMBER_WORDS[years])]
    return [answer, answer.removeprefix("the ")] if answer.startswith("the ") else [answer]


def questions(split: str) -> list[dict]:
    """Every question about every product and maker in the phrasings of ``split``, with accepted answers."""
    entities = [(product.name, _facts(product), product.warranty_years, PRODUCT_RELATIONS) for product in products()]
    first = {product.maker: product for product in reversed(products())}
    entities += [(maker.name, _facts(first[maker.name]), 0, MAKER_RELATIONS) for maker in makers()]
    found = []
    for entity, facts, years, relations in entities:
        slug = re.sub(r"[^a-z]+", "-", entity.lower())
        for relation in relations:
            for number, phrasing in phrasings(relation, split):
                found.append({
                    "id": f"market/{slug}/{relation}/{number}", "question": phrasing.format_map(facts),
                    "answer": facts[relation], "answers": _accepted(relation, facts[relation], years), "entity": entity,
                    "relation": relation, "phrasing": number, "split": split, "source": "market"})
    return found
