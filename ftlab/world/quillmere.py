"""Quillmere's facts: its products, its policies and the update of 2026, and the documents and questions made from them.

The facts live in the tables under ``data/world/quillmere``. Everything here is read from them, so a changed price in a
table changes the record, the page, the question and its answer together.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random

from ftlab import files, paths
from ftlab.world.text import plural, sentence

ATTRIBUTES = ("price", "weight", "capacity", "material", "colour", "height", "warranty", "made_in", "dishwasher_safe")
LABELS = dict(zip(ATTRIBUTES, ("Price", "Weight", "Capacity", "Material", "Colour", "Height", "Warranty", "Made in",
                               "Dishwasher safe"), strict=True))
CATEGORIES = ("kettles", "pans", "knives", "mugs", "flasks", "lanterns", "tents", "stoves", "boards", "coolers")
SPLITS = ("train", "valid", "test")
YEARS = (2025, 2026)


@dataclass(frozen=True)
class Product:
    """One product of the catalogue. Prices are in dollars, weights in grams, heights in centimetres."""

    id: str
    name: str
    category: str
    noun: str
    price: str
    weight_g: int
    capacity: str
    material: str
    colour: str
    height_cm: int | None
    warranty_years: int
    made_in: str
    dishwasher_safe: str
    feature: str
    care: str
    status: str
    split: str

    def fact(self, attribute: str) -> str | None:
        """The value that a customer is told, such as ``"$49.00"`` or ``"1.2 kg"``; ``None`` where there is none."""
        if attribute not in ATTRIBUTES:
            raise ValueError(f"Product.fact: expected one of {', '.join(ATTRIBUTES)}, found {attribute!r}. "
                             "Use an attribute from ftlab.world.quillmere.ATTRIBUTES.")
        values = {
            "price": f"${self.price}",
            "weight": _weight(self.weight_g),
            "height": f"{self.height_cm} cm" if self.height_cm else None,
            "warranty": plural(self.warranty_years, "year"),
        }
        return values[attribute] if attribute in values else getattr(self, attribute) or None

    def record(self, attributes: Collection[str] = ATTRIBUTES) -> str:
        """What the support desk's screen shows about the product: one line, facts it does not have left out.

        Args:
            attributes: The facts on the screen; by default all.
        """
        facts = [f"{LABELS[key]}: {self.fact(key)}." for key in ATTRIBUTES if key in attributes and self.fact(key)]
        return " ".join([f"{self.name} ({self.noun}).", *facts])


@dataclass(frozen=True)
class PolicyFact:
    """One value in a policy, the sentence that states it and the questions that it answers."""

    key: str
    value: str
    template: str
    asks_train: tuple[str, ...]
    asks_test: tuple[str, ...]

    @property
    def statement(self) -> str:
        """The sentence that states the value."""
        return self.template.replace("{value}", self.value)


@dataclass(frozen=True)
class Policy:
    """One of the shop's policies."""

    id: str
    topic: str
    title: str
    intro: str
    split: str
    facts: tuple[PolicyFact, ...]

    def passage(self) -> str:
        """What the support desk's screen shows about the policy: its title and one sentence a fact."""
        return " ".join([f"{self.title}.", *(fact.statement for fact in self.facts)])


@dataclass(frozen=True)
class Update:
    """One change of 2026.

    ``kind`` is price, warranty, policy, retired or added. ``relation`` is the product's attribute, the policy fact's
    key or ``"status"``; ``old`` and ``new`` are written as a customer is told (``old`` is empty for an added product).
    """

    kind: str
    target: str
    name: str
    relation: str
    old: str
    new: str
    effective: str


def _weight(grams: int) -> str:
    return f"{grams} g" if grams < 1000 else f"{grams // 1000}.{grams % 1000 // 100} kg".replace(".0 ", " ")


# Reading and checking the tables ------------------------------------------------------------------------------------

def _fail(path: Path, line: int, column: str, expected: str, found: object, remedy: str) -> None:
    raise ValueError(f"{path} line {line}, column {column!r}: expected {expected}, found {found!r}. {remedy}")


def _rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """The table's rows with their line numbers, every column there and no stray spaces."""
    rows = list(enumerate(files.read_table(path), start=2))
    if not rows:
        _fail(path, 2, columns[0], "at least one row", "nothing", "Restore the table from version control.")
    missing = [column for column in columns if column not in rows[0][1]]
    if missing:
        _fail(path, 1, missing[0], f"the columns {', '.join(columns)}", list(rows[0][1]), "Add the missing column.")
    for line, row in rows:
        if None in row:
            _fail(path, line, columns[-1], f"{len(columns)} cells", len(columns) + len(row[None]),
                  "Put a cell that holds a comma in double quotes.")
        for column in columns:
            if row[column] is None:
                _fail(path, line, column, f"{len(columns)} cells", "a shorter row", "Fill in the missing cells.")
            if row[column] != " ".join(row[column].split()):
                _fail(path, line, column, "single spaces and none at the ends", row[column], "Remove extra spaces.")
    return rows


def _check(path: Path, line: int, row: dict[str, str], rules: dict[str, tuple[str, str]]) -> None:
    """Holds each cell against its pattern; a rule is (pattern, what is expected in words)."""
    for column, (pattern, expected) in rules.items():
        if not re.fullmatch(pattern, row[column]):
            _fail(path, line, column, expected, row[column], "Correct the cell.")


def _unique(path: Path, rows: list[tuple[int, dict[str, str]]], *columns: str) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        key = tuple(row[column] for column in columns)
        if key in seen:
            _fail(path, line, columns[-1], "a value that no other row has", f"{key[-1]} (also in line {seen[key]})",
                  "Rename one of the two.")
        seen[key] = line


_PRODUCT_RULES = {
    "id": (r"q\d{3}", "an id such as q001"),
    "name": (r"[A-Z][a-z]+( [A-Z][a-z]+){1,2}", "two or three capitalised words"),
    "category": ("|".join(CATEGORIES), f"one of {', '.join(CATEGORIES)}"),
    "noun": (r"[a-z]+( [a-z]+)?", "one or two lower-case words"),
    "price": (r"[1-9]\d*\.\d\d", "dollars such as 49.00"),
    "weight_g": (r"[1-9]\d{1,2}|[1-9]\d{0,2}00|[1-9]\d?000", "grams, in whole hundreds from 1000 on"),
    "capacity": (r"(\d+(\.\d)? L|\d+ ml)?", "a volume such as 1.7 L or 350 ml, or nothing"),
    "material": (r"[a-z]+( [a-z]+)?", "one or two lower-case words"),
    "colour": (r"[a-z]+( [a-z]+)?", "one or two lower-case words"),
    "height_cm": (r"([1-9]\d*)?", "whole centimetres or nothing"),
    "warranty_years": (r"[1-9]|1\d|2[0-5]", "years from 1 to 25"),
    "made_in": (r"[A-Z][a-z]+", "a town"),
    "dishwasher_safe": (r"(yes|no)?", "yes, no or nothing"),
    "feature": (r".+[^.]", "a phrase that completes 'It has ...', without a full stop"),
    "care": (r"[A-Z].+\.", "a full sentence"),
    "status": ("current|retired", "current or retired"),
    "split": ("|".join(SPLITS), f"one of {', '.join(SPLITS)}"),
}


def read_catalogue(path: str | Path) -> tuple[Product, ...]:
    """Reads and checks a catalogue.

    Raises:
        ValueError: If a cell is not as it should be; names file, line, column, what was expected and found.
    """
    path = Path(path)
    rows = _rows(path, tuple(_PRODUCT_RULES))
    _unique(path, rows, "id")
    _unique(path, rows, "name")
    products = []
    for line, row in rows:
        _check(path, line, row, _PRODUCT_RULES)
        if not row["name"].lower().endswith(" " + row["noun"]):
            _fail(path, line, "noun", "the last words of the name", row["noun"], "Make name and noun agree.")
        numbers = {"weight_g": int(row["weight_g"]), "warranty_years": int(row["warranty_years"]),
                   "height_cm": int(row["height_cm"]) if row["height_cm"] else None}
        products.append(Product(**{**{column: row[column] for column in _PRODUCT_RULES}, **numbers}))
    return tuple(products)


def read_policies(folder: str | Path) -> tuple[Policy, ...]:
    """Reads and checks ``policies.csv`` and ``policy_facts.csv`` in ``folder``; raises as ``read_catalogue`` does."""
    path, facts_path = Path(folder) / "policies.csv", Path(folder) / "policy_facts.csv"
    rows = _rows(path, ("id", "topic", "title", "intro", "split"))
    _unique(path, rows, "id")
    fact_rows = _rows(facts_path, ("policy_id", "key", "value", "statement", "ask_train_1", "ask_train_2", "ask_test"))
    _unique(facts_path, fact_rows, "policy_id", "key")
    facts: dict[str, list[PolicyFact]] = {row["id"]: [] for _, row in rows}
    for line, row in fact_rows:
        _check(facts_path, line, row, {
            "policy_id": ("|".join(facts), "the id of a policy in policies.csv"),
            "value": (r".{1,25}", "a short value"),
            "statement": (r"[A-Z][^{}]*\{value\}[^{}]*\.", "one sentence that holds {value} once"),
            **dict.fromkeys(("ask_train_1", "ask_train_2", "ask_test"), (r"[A-Z].+\?", "a question")),
        })
        if row["ask_test"] in (row["ask_train_1"], row["ask_train_2"]):
            _fail(facts_path, line, "ask_test", "a wording of its own", row["ask_test"], "Ask in other words.")
        facts[row["policy_id"]].append(PolicyFact(row["key"], row["value"], row["statement"],
                                                  (row["ask_train_1"], row["ask_train_2"]), (row["ask_test"],)))
    for line, row in rows:
        _check(path, line, row, {"title": (r"[A-Z].*[^.]", "a title"), "intro": (r"[A-Z].+\.", "a full sentence"),
                                 "split": ("|".join(SPLITS), f"one of {', '.join(SPLITS)}")})
        if len(facts[row["id"]]) < 3:
            _fail(path, line, "id", "at least 3 facts in policy_facts.csv", len(facts[row["id"]]), "Add the facts.")
    return tuple(Policy(**row, facts=tuple(facts[row["id"]])) for _, row in rows)


_CHANGED_FIELD = {"price": "price", "warranty": "warranty_years", "retired": "status", "added": "status"}


def read_updates(path: str | Path, shipped: tuple[Product, ...], added: tuple[Product, ...],
                 terms: tuple[Policy, ...]) -> tuple[Update, ...]:
    """Reads ``updates.csv`` and checks every row against the products and policies that it changes.

    Raises:
        ValueError: If a target does not exist or its old value is not the one in the tables.
    """
    path = Path(path)
    rows = _rows(path, ("kind", "target", "field", "old", "new", "effective"))
    _unique(path, rows, "target", "field")
    by_id = {product.id: product for product in shipped}
    new_by_id = {product.id: product for product in added}
    facts = {(policy.id, fact.key): (policy, fact) for policy in terms for fact in policy.facts}
    result = []
    for line, row in rows:
        kind, target, field = row["kind"], row["target"], row["field"]
        _check(path, line, row, {
            "kind": ("price|warranty|policy|retired|added", "price, warranty, policy, retired or added"),
            "field": (_CHANGED_FIELD.get(kind, r"\w+"), f"the field that {kind} changes"),
            "effective": (r"\d{1,2} [A-Z][a-z]+ 2026", "a day of 2026 such as 1 March 2026"),
        })
        if kind in ("price", "warranty"):
            _check(path, line, row, {"new": _PRODUCT_RULES[field]})
        if kind == "policy":
            if (target, field) not in facts:
                _fail(path, line, "field", "the key of a policy fact", f"{target}/{field}", "See policy_facts.csv.")
            policy, fact = facts[target, field]
            name, found, old, new, relation = policy.title, fact.value, row["old"], row["new"], field
        else:
            table = new_by_id if kind == "added" else by_id
            if target not in table:
                _fail(path, line, "target", "the id of a product", target, "See catalogue.csv or catalogue_2026.csv.")
            product = table[target]
            name, found = product.name, "" if kind == "added" else str(getattr(product, field))
            relation = kind if kind in ATTRIBUTES else "status"
            old, new = row["old"], row["new"]
            if kind == "price":
                old, new = f"${old}", f"${new}"
            elif kind == "warranty" and old.isdecimal():
                old, new = plural(int(old), "year"), plural(int(new), "year")
        if row["old"] != found:
            _fail(path, line, "old", f"the value before the update, {found!r}", row["old"], "Make the tables agree.")
        if row["new"] == row["old"]:
            _fail(path, line, "new", "a value that differs from the old one", row["new"], "Change it or drop the row.")
        result.append(Update(kind, target, name, relation, old, new, row["effective"]))
    if {update.target for update in result if update.kind == "added"} != set(new_by_id):
        _fail(path, len(rows) + 1, "target", "one 'added' row for each product of catalogue_2026.csv",
              sorted(new_by_id), "Add the missing rows.")
    return tuple(result)


def _folder() -> Path:
    return paths.data() / "world" / "quillmere"


@cache
def _tables() -> tuple[tuple[Product, ...], tuple[Product, ...], tuple[Policy, ...], tuple[Update, ...]]:
    folder = _folder()
    shipped, added = read_catalogue(folder / "catalogue.csv"), read_catalogue(folder / "catalogue_2026.csv")
    both = {product.id for product in shipped} & {product.id for product in added}
    if both:
        _fail(folder / "catalogue_2026.csv", 2, "id", "ids that catalogue.csv does not have", sorted(both), "Renumber.")
    terms = read_policies(folder)
    return shipped, added, terms, read_updates(folder / "updates.csv", shipped, added, terms)


def _check_year(year: int) -> None:
    if year not in YEARS:
        raise ValueError(f"year: expected 2025 (as shipped) or 2026 (after the update), found {year!r}. "
                         "Use one of them.")


@cache
def products(year: int = 2025) -> tuple[Product, ...]:
    """The catalogue of a year. In 2026 retired products are still listed, with ``status == "retired"``."""
    _check_year(year)
    shipped, added, _, changes = _tables()
    if year == 2025:
        return shipped
    changed = {product.id: product for product in shipped}
    for update in changes:
        product = changed.get(update.target)
        if update.kind == "price":
            changed[update.target] = replace(product, price=update.new.removeprefix("$"))
        elif update.kind == "warranty":
            changed[update.target] = replace(product, warranty_years=int(update.new.split()[0]))
        elif update.kind == "retired":
            changed[update.target] = replace(product, status="retired")
    return (*changed.values(), *added)


@cache
def policies(year: int = 2025) -> tuple[Policy, ...]:
    """The policies of a year."""
    _check_year(year)
    terms, changes = _tables()[2:]
    if year == 2025:
        return terms
    new = {(update.target, update.relation): update.new for update in changes if update.kind == "policy"}
    return tuple(
        replace(policy, facts=tuple(replace(fact, value=new.get((policy.id, fact.key), fact.value))
                                    for fact in policy.facts))
        for policy in terms)


def updates() -> list[Update]:
    """The changes of 2026, in the table's order."""
    return list(_tables()[3])


# Questions ------------------------------------------------------------------------------------------------------------

_ASKS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "price": (
        ("How much is the {name}?", "How much does the {name} cost?", "What is the price of the {name}?",
         "What does your {name} cost?", "What do you charge for the {name}?",
         "Can you tell me the price of the {name}?",
         "I like the {name}. How much is it?"),
        ("How much money do I need for the {name}?", "What would I pay for the {name}?",
         "I want to buy the {name}. What will it cost me?")),
    "weight": (
        ("How much does the {name} weigh?", "How heavy is the {name}?", "What is the weight of the {name}?",
         "What does the {name} weigh?", "Can you tell me the weight of the {name}?",
         "I need to carry the {name}. How heavy is it?"),
        ("I have to post the {name}. What is its weight?", "If I put the {name} on a scale, what does it show?")),
    "capacity": (
        ("How much does the {name} hold?", "What is the capacity of the {name}?", "How much can I put in the {name}?",
         "What size is the {name} inside?", "How much fits in the {name}?", "How big is the {name} inside?"),
        ("How much can the {name} take when it is full?", "If I fill the {name} to the top, how much is that?")),
    "material": (
        ("What is the {name} made of?", "What sort of material is the {name}?",
         "What material do you use for the {name}?", "What do you make the {name} from?",
         "Can you tell me what the {name} is made of?"),
        ("What did you use to make the {name}?", "Before I buy the {name}, what material is it?")),
    "colour": (
        ("What colour is the {name}?", "Which colour does the {name} come in?", "What is the colour of the {name}?",
         "What colour do you sell the {name} in?", "Can you tell me the colour of the {name}?"),
        ("I saw no picture of the {name}. What colour is it?", "Which colour will my {name} be?")),
    "height": (
        ("How tall is the {name}?", "How high is the {name}?", "What is the height of the {name}?",
         "How tall would you say the {name} is?", "Can you tell me how tall the {name} is?"),
        ("How high does the {name} stand?", "How many centimetres tall is the {name}?")),
    "warranty": (
        ("How long is the warranty on the {name}?", "What warranty does the {name} have?",
         "How many years of warranty does the {name} come with?", "What is the warranty on the {name}?",
         "How long is the {name} under warranty?"),
        ("If my {name} breaks, for how long am I covered?", "For how many years do you stand behind the {name}?")),
    "made_in": (
        ("Where is the {name} made?", "Which town do you make the {name} in?", "Where do you make the {name}?",
         "Which town does the {name} come from?", "Where was my {name} made?"),
        ("What town do you make the {name} in?", "Where is the workshop that builds the {name}?")),
    "dishwasher_safe": (
        ("Is the {name} dishwasher safe?", "Can I put the {name} in the dishwasher?",
         "Can the {name} go in the dishwasher?", "Is it safe to wash the {name} in the dishwasher?",
         "May I clean the {name} in a dishwasher?"),
        ("Is a dishwasher all right for the {name}?", "Does the {name} survive the dishwasher?")),
    "status": (
        ("Do you still sell the {name}?", "Can I still buy the {name}?", "Is the {name} still in the shop?",
         "Is the {name} on sale in 2026?", "Can I order the {name} now?"),
        ("Is it still possible to get the {name} from you?", "Does your shop have the {name} these days?")),
}


def ask_train(attribute: str) -> list[str]:
    """Ways in which customers ask for an attribute, for training texts; ``{name}`` stands for the product's name."""
    return list(_asks(attribute)[0])


def ask_test(attribute: str) -> list[str]:
    """Further ways to ask for an attribute, which no training text uses."""
    return list(_asks(attribute)[1])


def _asks(attribute: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if attribute not in _ASKS:
        raise ValueError(f"attribute: expected one of {', '.join(_ASKS)}, found {attribute!r}. "
                         "Use an attribute from ftlab.world.quillmere.ATTRIBUTES.")
    return _ASKS[attribute]


def accepted(value: str) -> list[str]:
    """The ways of writing a value that count as right, the value itself first."""
    ways = [value]
    if match := re.fullmatch(r"\$(\d+)\.(\d\d)", value):
        whole, cents = match.groups()
        ways += [f"{whole}.{cents}", f"{whole}.{cents} dollars"]
        ways += [f"${whole}", f"{whole} dollars"] if cents == "00" else []
    elif match := re.fullmatch(r"(\d+)(?:\.(\d))? (kg|L)", value):
        whole, tenth, unit = match.groups()
        word = "kilogram" if unit == "kg" else "litre"
        amount = int(whole) * 1000 + int(tenth or 0) * 100
        ways += [f"{amount} {'g' if unit == 'kg' else 'ml'}"]
        ways += [plural(1, word) if value.split()[0] == "1" else f"{value.split()[0]} {word}s"]
    elif re.fullmatch(r"\d+ percent", value):
        ways += [value.replace(" percent", "%"), value.replace(" percent", " %")]
    return ways


def _question(kind: str, target: str, entity: str, relation: str, answer: str, phrasing: int, text: str, split: str,
              entity_split: str, stale: str | None = None) -> dict:
    question = {"id": f"{kind}-{target}-{relation}-{split}-{phrasing}", "question": text, "answer": answer,
                "answers": accepted(answer), "entity": entity, "relation": relation, "phrasing": phrasing,
                "split": split, "source": "quillmere", "kind": kind, "target": target, "entity_split": entity_split}
    return question if stale is None else {**question, "stale": stale}


def _product_questions(kind: str, product: Product, relation: str, answer: str, split: str,
                       stale: str | None = None) -> list[dict]:
    return [_question(kind, product.id, product.name, relation, answer, i, ask.format(name=product.name), split,
                      product.split, stale)
            for i, ask in enumerate(_asks(relation)[split == "test"])]


def _policy_questions(kind: str, policy: Policy, fact: PolicyFact, split: str, stale: str | None = None) -> list[dict]:
    return [_question(kind, policy.id, policy.title, fact.key, fact.value, i, ask, split, policy.split, stale)
            for i, ask in enumerate(fact.asks_test if split == "test" else fact.asks_train)]


def questions(kind: str = "product", split: str = "test", year: int = 2025) -> list[dict]:
    """Questions to be answered without a record or passage, from memory.

    Args:
        kind: ``"product"`` or ``"policy"`` for the facts of ``year``; ``"update"`` for what changed in 2026: the answer
            is the new value and ``"stale"`` the old one (empty where there was none).
        split: The phrasings: ``"train"`` or ``"test"``. Every product and policy is asked about in both; its own split
            is under ``"entity_split"``.
    """
    if kind not in ("product", "policy", "update"):
        raise ValueError(f"kind: expected 'product', 'policy' or 'update', found {kind!r}. Use one of the three.")
    if split not in ("train", "test"):
        raise ValueError(f"split: expected 'train' or 'test', found {split!r}. Use one of the two.")
    if kind == "product":
        return [row for product in products(year) for attribute in ATTRIBUTES if (answer := product.fact(attribute))
                for row in _product_questions(kind, product, attribute, answer, split)]
    if kind == "policy":
        return [row for policy in policies(year) for fact in policy.facts
                for row in _policy_questions(kind, policy, fact, split)]
    return [row for update in updates() for row in _update_questions(update, split)]


def _update_questions(update: Update, split: str) -> list[dict]:
    if update.kind == "policy":
        policy = next(policy for policy in policies(2026) if policy.id == update.target)
        fact = next(fact for fact in policy.facts if fact.key == update.relation)
        return _policy_questions("update", policy, fact, split, update.old)
    product = next(product for product in products(2026) if product.id == update.target)
    if update.kind == "retired":
        return _product_questions("update", product, "status", "no", split, "yes")
    if update.kind in ("price", "warranty"):
        return _product_questions("update", product, update.relation, update.new, split, update.old)
    return _product_questions("update", product, "status", "yes", split, "no") + [
        row for attribute in ATTRIBUTES if (answer := product.fact(attribute))
        for row in _product_questions("update", product, attribute, answer, split, "")]


# Documents ------------------------------------------------------------------------------------------------------------

_INTROS = {
    "kettles": ("A good day starts with hot water, and the {name} from Quillmere takes care of that.",
                "Tea now or tea in an hour: the {name} is ready when you are.",
                "Meet the {name}, a kettle that feels at home wherever you put it.",
                "Quillmere made the {name} for people who drink tea all day long.",
                "The {name} is the kettle that guests ask about when they sit in our own kitchen."),
    "pans": ("Good food needs a good pan, and the {name} is one that you will reach for every day.",
             "The {name} is a pan for slow Sundays and for quick meals after work.",
             "At Quillmere we cook with the {name} ourselves, most often at lunch.",
             "If you have room for one more pan, the {name} is a fine choice.",
             "From the first egg to the last drop of sauce, the {name} does its work quietly."),
    "knives": ("A sharp knife is a safe knife, and the {name} stays sharp for a long time.",
               "The {name} from Quillmere sits well in the hand, large or small.",
               "Cooks like a knife that they can trust, so we made the {name}.",
               "Some jobs need the right blade. For those jobs there is the {name}.",
               "We tried many blades before we were happy, and the {name} is the one that we kept."),
    "mugs": ("The first cup of the day deserves a good mug, and the {name} is just that.",
             "Some mugs stay at the back of the shelf, but the {name} never does.",
             "Quillmere made the {name} for slow mornings and for long evenings.",
             "Coffee, tea or cocoa: the {name} is happy with all of them.",
             "The {name} is the mug that everyone in the house wants to use."),
    "flasks": ("A treat at the top of a hill is a small wonder, and the {name} makes it easy.",
               "The {name} goes where you go, mile after mile, and never leaks.",
               "Quillmere made the {name} for people who like to be out all day.",
               "Put the {name} in your bag and you will have something good on the way.",
               "On the train, at work or by the river, the {name} is good company."),
    "lanterns": ("When the sun goes down, the {name} from Quillmere brings the light back.",
                 "The {name} gives a warm light, at home and by the tent.",
                 "Long evenings outside need a light that you can trust, so we made the {name}.",
                 "At the back door or by the bed, the {name} shines wherever you want it.",
                 "A dark evening is no trouble when you have the {name} beside you."),
    "tents": ("A good night outside begins with a good tent, and the {name} is ready for rain and wind.",
              "The {name} from Quillmere is a home that you can carry.",
              "Wake up to birds and a view: the {name} takes you there.",
              "We tried the {name} on hills, in woods and by the sea before we sold the first one.",
              "The {name} goes up fast, even when it is late and everyone is tired."),
    "stoves": ("Food tastes better outside, and the {name} helps you cook it.",
               "The {name} is a small kitchen for people who sleep under the stars.",
               "Quillmere made the {name} for cold mornings, when coffee cannot wait.",
               "Wherever you camp, the {name} will have your dinner hot in a short time.",
               "The {name} burns well even when the weather is against you."),
    "boards": ("Every kitchen needs a board that does not move, and the {name} stays where you put it.",
               "The {name} from Quillmere is at home in the kitchen and looks good on the table.",
               "Bread, fruit or cheese: the {name} takes them all.",
               "We made the {name} for cooks who like to have room to work.",
               "The {name} is one of those plain things that make a kitchen better."),
    "coolers": ("Cold drinks on a hot day are easy when the {name} comes along.",
                "The {name} from Quillmere keeps your lunch cold from breakfast to sunset.",
                "For the beach, the park or the back of the car, we made the {name}.",
                "No more warm milk at the camp site: the {name} keeps the cold where it belongs.",
                "Pack the {name} the night before and you will eat well on the road."),
}

# {S} and {it} become "it", "this kettle" or the product's name; {S} opens a sentence and is capitalised.
_FACT_SENTENCES = {
    "price": ("{S} costs {value}.", "The price of the {name} is {value}.", "You can have it for {value}.",
              "We sell the {name} for {value}.", "{S} is yours for {value}.", "In our shop {it} costs {value}."),
    "weight": ("{S} weighs {value}.", "The weight of the {name} is {value}.", "On the scale {it} comes to {value}.",
               "{S} has a weight of {value}.", "At {value}, {it} weighs just what it should.",
               "Without its box {it} weighs {value}."),
    "capacity": ("{S} holds {value}.", "The capacity of the {name} is {value}.", "There is room for {value} inside.",
                 "Filled to the top, {it} holds {value}.", "{S} has a capacity of {value}.",
                 "You can fit {value} in it."),
    "material": ("{S} is made of {value}.", "We make {it} from {value}.", "The material is {value}.",
                 "For the {name} we use {value}.", "Our makers chose {value} for it.", "The main material is {value}."),
    "colour": ("The colour is {value}.", "{S} comes in {value}.", "Its colour is {value}.",
               "The only colour is {value}.", "The colour of the {name} is {value}.", "You get {it} in {value}."),
    "height": ("{S} is {value} tall.", "The {name} stands {value} high.", "Its height is {value}.",
               "The height of the {name} is {value}.", "From top to bottom {it} measures {value}."),
    "warranty": ("{S} has a warranty of {value}.", "The warranty lasts {value}.", "We give you {value} of warranty.",
                 "The warranty on the {name} is {value}.", "{S} comes with a warranty of {value}.",
                 "Should something break, the warranty runs for {value}."),
    "made_in": ("{S} is made in {value}.", "We make the {name} in {value}.", "It comes from our workshop in {value}.",
                "Our people in {value} make each one.", "{S} is made by hand in {value}."),
    "yes": ("{S} is dishwasher safe.", "You can put it in the dishwasher.", "It may go in the dishwasher.",
            "The {name} is safe in the dishwasher.", "The dishwasher will not harm it."),
    "no": ("{S} is not dishwasher safe.", "Please do not put it in the dishwasher.",
           "It must not go in the dishwasher.", "The {name} does not belong in the dishwasher.",
           "Keep it out of the dishwasher and wash it by hand."),
}
_FEATURE_SENTENCES = ("It has {feature}.", "The {name} has {feature}.", "What people like most: it has {feature}.",
                      "Look closely and you will see that it has {feature}.", "Best of all, it has {feature}.")
_FACT_STARTS = ("Here is what you should know before you buy.", "Now for the facts.",
                "Some facts may help you choose.", "These are the details.",
                "Here are the answers to what people ask us most.", "")
_CARE_STARTS = ("Caring for it is simple.", "A word about care.", "It will last longer with a little care.",
                "One tip from our workshop.", "Please look after it.")
_CLOSINGS = ("We hope that you will enjoy the {name} for many years.",
             "If you have a question, ask us. We like to help.",
             "We check every single one by hand before it leaves the workshop.",
             "Order today and we will pack it with care.",
             "Write to us if you would like to know more about the {name}.",
             "It also makes a good gift for a friend.",
             "Come to one of our shops if you want to see it for yourself first.")
_MORE = ("Like all our goods, it was tried by the people who made it.",
         "We drew it, built it and changed it until nothing was left to change.",
         "It does one thing and does it well.", "Nothing about it is loud, and that is how we like it.",
         "It is made to be used often and not only on feast days.", "It was a long time in the making, and it shows.",
         "People who own one tend to come back and buy another for a friend.")


def _fact_sentence(product: Product, attribute: str, random: Random) -> str:
    """One sentence that states a fact; the product is called by its name, "it" or "this kettle"."""
    subject = random.choice(["it", "it", f"this {product.noun}", f"the {product.name}"])
    value = product.fact(attribute)
    template = random.choice(_FACT_SENTENCES[value if attribute == "dishwasher_safe" else attribute])
    return sentence(template.format(S=subject, it=subject, name=product.name, value=value))


def product_page(product: Product, random: Random) -> str:
    """The product's page in the shop: what it is for, every fact in prose, and its care, in 80 to 160 words."""
    attributes = [key for key in ATTRIBUTES if product.fact(key)]
    random.shuffle(attributes)
    feature = random.choice(_FEATURE_SENTENCES).format(feature=product.feature, name=product.name)
    facts: list[str] = []
    for key in attributes:
        before = facts[-1] if facts else feature
        facts.append(_fact_sentence(product, key, random))
        for _ in range(4):  # the name in two sentences running sounds wooden, so try again
            if product.name in facts[-1] and product.name in before:
                facts[-1] = _fact_sentence(product, key, random)
    cut = random.randint(1, 3)
    long = sum(len(fact.split()) for fact in facts) > 60  # then the page says enough without filling
    more = "" if long else random.choice(_MORE)
    intro = [random.choice(_INTROS[product.category]), more, feature, *facts[:cut]]
    details = ["" if long else random.choice(_FACT_STARTS), *facts[cut:]]
    end = [random.choice(_CARE_STARTS), product.care, random.choice(_CLOSINGS)]
    title = [random.choice(["{name}", "{name} by Quillmere", "The {name}", "Quillmere: {name}"])]
    groups = (title, intro, details, end)
    return "\n\n".join(" ".join(part for part in group if part) for group in groups).format(name=product.name)


_POLICY_STARTS = ("Please read this page before you write to us; most answers are here.",
                  "At Quillmere we keep our rules short, so that everyone can understand them.",
                  "This page says what you can expect from Quillmere.", "Here are the rules, in plain words.",
                  "We wrote this page for people who do not like small print.")
_POLICY_LINKS = ("Please note: ", "Worth knowing: ", "Also, ", "One more thing: ")
_POLICY_CLOSINGS = ("If anything is not clear, ask the people at our desk. They are glad to help.",
                    "These rules hold for every order that you place with Quillmere.",
                    "Is your case a special one? Tell us about it and we will look for a fair way.",
                    "We look at this page every year and keep it as short as we can.",
                    "Thank you for reading to the end. Not many people do.")
_POLICY_QUESTIONS = ("People often ask us about this.", "Two questions that we hear a lot:",
                     "Our desk gets these questions nearly every day.", "You may want to ask:")


def policy_document(policy: Policy, random: Random) -> str:
    """The policy's page in the shop: why it is there, every fact, two of them also as questions, in 80 to 200 words."""
    facts = list(policy.facts)
    random.shuffle(facts)
    linked = random.randrange(1, len(facts))
    statements = [fact.statement if i != linked else _linked(fact.statement, random) for i, fact in enumerate(facts)]
    title = random.choice([policy.title, f"Quillmere: {policy.title}", f"{policy.title} at Quillmere"])
    asked = [f"{random.choice(fact.asks_train)} {fact.statement}" for fact in random.sample(facts, 2)]
    return "\n\n".join([title, f"{policy.intro} {random.choice(_POLICY_STARTS)}", " ".join(statements),
                        "\n".join([random.choice(_POLICY_QUESTIONS), *asked]), random.choice(_POLICY_CLOSINGS)])


def _linked(statement: str, random: Random) -> str:
    if statement.startswith("Please"):  # "Please note: please give us 3 weeks" would ask twice
        return statement
    return random.choice(_POLICY_LINKS) + statement[:1].lower() + statement[1:]


_NOTICES = {
    "price": ("From {effective} the {name} costs {new}. Until then it costs {old}.",
              "The price of the {name} changes on {effective}. It was {old} and will be {new}.",
              "On {effective} we change a price: the {name} goes from {old} to {new}.",
              "Please note that the {name} will cost {new} from {effective}. The old price was {old}."),
    "warranty": ("From {effective} the {name} has a warranty of {new}. Before, it was {old}.",
                 "We trust the {name} more than ever. On {effective} its warranty grows from {old} to {new}.",
                 "The warranty on the {name} changes on {effective}. It was {old} and will be {new}.",
                 "Anyone who buys the {name} from {effective} on gets {new} of warranty. Until then it is {old}."),
    "policy": ("Our page about {topic} changes on {effective}. {statement} The old rule said {old}.",
               "From {effective} there is a new rule about {topic}. {statement} Before, it was {old}.",
               "A change about {topic} starts on {effective}. {statement} Until then the page says {old}."),
    "retired": ("We stop selling the {name} on {effective}. If you own one, our desk will still help you with it.",
                "After {effective} the {name} will no longer be for sale. Every warranty still holds.",
                "On {effective} we say goodbye to the {name}. You cannot buy it after that day."),
    "added": ("New in our shop from {effective}: the {name}.", "On {effective} we start to sell the {name}.",
              "We have something new. You can buy the {name} from {effective}."),
}
_NOTICE_TITLES = {"price": "A new price for the {name}", "warranty": "A new warranty for the {name}",
                  "policy": "A new rule: {name}", "retired": "Goodbye to the {name}", "added": "New: the {name}"}
_NOTICE_CLOSINGS = ("Thank you for shopping with Quillmere.", "If you have a question, our desk is happy to help.",
                    "This is part of our update for 2026.", "")
_CHANGE_CLOSINGS = ("Orders placed before that day are not affected.",
                    "We have changed the page in our shop too.")


def update_notice(update: Update, random: Random) -> str:
    """The shop's notice about a change of 2026; for an added product its whole page follows."""
    values = {"name": update.name, "old": update.old, "new": update.new, "effective": update.effective}
    if update.kind == "policy":
        policy = next(policy for policy in policies(2026) if policy.id == update.target)
        values["topic"] = policy.topic
        values["statement"] = next(fact.statement for fact in policy.facts if fact.key == update.relation)
    text = random.choice(_NOTICES[update.kind]).format(**values)
    closings = _NOTICE_CLOSINGS + (_CHANGE_CLOSINGS if update.old and update.kind != "retired" else ())
    notice = f"{_NOTICE_TITLES[update.kind].format(**values)}\n\n{text} {random.choice(closings)}".rstrip()
    if update.kind != "added":
        return notice
    product = next(product for product in products(2026) if product.id == update.target)
    return f"{notice}\n\n{product_page(product, random)}"
