"""Quillmere's brand guide as code: every rule is a function from a reply to true or false.

The words of the guide (title, rule, a good and a bad example) are in ``data/world/quillmere/brand_guide.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ftlab import files, paths

SIGN_OFF = "Warmly, the Quillmere desk"
NEXT_STEP = "Next step:"
FEWEST_WORDS, MOST_WORDS = 8, 55
BANNED = ("unfortunately", "cheap", "cheaper", "cheapest", "obviously", "asap", "no problem", "no worries", "basically",
          "actually", "honestly", "awesome", "amazing", "guys", "hassle", "reach out", "as per")

HOUSE_UNITS = {"kg": "kg", "g": "g", "l": "L", "ml": "ml", "cm": "cm", "mm": "mm"}
OTHER_UNITS = re.compile(
    r"\b(kilos?|kilograms?|kilogrammes?|kgs|grams?|grammes?|lit(?:re|er)s?|mls|"
    r"centimet(?:re|er)s?|cms|millimet(?:re|er)s?|pounds?|lbs?|ounces?|oz|inch(?:es)?)\b", re.IGNORECASE)
MONEY_WORD = re.compile(r"\b(?:dollars?|bucks?|usd|cents?)\b", re.IGNORECASE)
CONTRACTION = re.compile(
    r"\b\w+(?:n['’]t|['’](?:re|ve|ll|m|d))\b|"
    r"\b(?:it|that|there|here|what|who|where|how|he|she|let)['’]s\b", re.IGNORECASE)
FIRST_PERSON = re.compile(r"\b(?:I|[Mm]y|[Mm]e|[Mm]ine|[Mm]yself)\b")
PLURAL_PERSON = re.compile(r"\b(?:we|us|our|ours)\b", re.IGNORECASE)
BANNED_WORD = re.compile(r"\b(?:" + "|".join(map(re.escape, BANNED)) + r")\b", re.IGNORECASE)
MONEY = re.compile(r"\$(?:\d{1,3}(?:,\d{3})+|\d+)\.\d{2}(?![\d.]*\d)")


def sentences(text: str) -> list[str]:
    """The sentences of a reply: the text cut after each full stop, question mark or exclamation mark.

    A closing quotation mark or bracket behind the mark still belongs to the sentence.
    """
    return [part for part in re.split(r"(?<=[.!?])\s+|(?<=[.!?][\"”'’)])\s+", text.strip()) if part]


def opens_with_thanks(text: str) -> bool:
    """True if the reply begins "Thank you for" or "Thanks for"."""
    return text.startswith(("Thank you for ", "Thanks for "))


def has_house_length(text: str) -> bool:
    """True if the reply has 8 to 55 words."""
    return FEWEST_WORDS <= len(text.split()) <= MOST_WORDS


def has_no_exclamation(text: str) -> bool:
    """True if the reply has no exclamation mark."""
    return "!" not in text


def has_no_contraction(text: str) -> bool:
    """True if the reply has no contraction such as "it's" or "don't"; possessives are fine."""
    return not CONTRACTION.search(text)


def has_house_money(text: str) -> bool:
    """True if every sum of money has a dollar sign and two decimals."""
    return text.count("$") == len(MONEY.findall(text)) and not MONEY_WORD.search(text)


def has_house_units(text: str) -> bool:
    """True if every measure has a house unit (g, kg, ml, L, mm, cm) after one space, with grams below 1 kg only."""
    if OTHER_UNITS.search(text):
        return False
    for number, space, unit in re.findall(r"(\d+(?:\.\d+)?)(\s*)([A-Za-z]+)", text):
        house = HOUSE_UNITS.get(unit.lower())
        if house and (space != " " or unit != house):
            return False
        if (house == "g" and float(number) >= 1000) or (house == "kg" and float(number) < 1):
            return False
    return True


def says_we(text: str) -> bool:
    """True if the reply says "we", "us" or "our" and never "I", "me" or "my"."""
    return bool(PLURAL_PERSON.search(text)) and not FIRST_PERSON.search(text)


def has_no_banned_word(text: str) -> bool:
    """True if the reply has none of the words in ``BANNED``."""
    return not BANNED_WORD.search(text)


def ends_with_next_step(text: str) -> bool:
    """True if the last sentence but one, and no other, begins "Next step:"."""
    parts = sentences(text)
    return len(parts) >= 3 and parts[-2].startswith(NEXT_STEP + " ") and text.count(NEXT_STEP) == 1


def signs_off(text: str) -> bool:
    """True if the reply ends with the sign-off, word for word, and has it once."""
    return text.endswith(" " + SIGN_OFF) and text.count(SIGN_OFF) == 1


def is_one_paragraph(text: str) -> bool:
    """True if the reply is one paragraph of plain text: no line break, double space, list mark or bold type."""
    return text == " ".join(text.split()) and not re.search(r"[*#_|`]|(?:^|\s)[-•] ", text)


RULES: dict[str, Callable[[str], bool]] = {
    "thanks": opens_with_thanks,
    "length": has_house_length,
    "no_exclamation": has_no_exclamation,
    "no_contraction": has_no_contraction,
    "money": has_house_money,
    "units": has_house_units,
    "we": says_we,
    "no_banned_word": has_no_banned_word,
    "next_step": ends_with_next_step,
    "sign_off": signs_off,
    "one_paragraph": is_one_paragraph,
}


@dataclass(frozen=True)
class Rule:
    """One row of the brand guide: its id, title, the rule in one sentence, a good and a bad reply."""

    id: str
    title: str
    rule: str
    good: str
    bad: str


def guide() -> tuple[Rule, ...]:
    """The brand guide, one ``Rule`` a row, in the order of ``RULES``.

    Raises:
        ValueError: If the table's rules are not the rules in the code.
    """
    path = paths.data() / "world" / "quillmere" / "brand_guide.csv"
    rules = tuple(Rule(**row) for row in files.read_table(path))
    found = [rule.id for rule in rules]
    if found != list(RULES):
        raise ValueError(f"{path}: expected the rules {list(RULES)} in this order, found {found}. "
                         "Add the missing rows, or the missing functions to RULES in ftlab/world/brand.py.")
    return rules


def check(reply: str) -> dict[str, bool]:
    """Which rules a reply keeps: ``{"thanks": True, "length": True, ...}``."""
    return {name: keeps(reply) for name, keeps in RULES.items()}


def on_brand(reply: str) -> bool:
    """True if the reply keeps every rule of the brand guide."""
    return all(keeps(reply) for keeps in RULES.values())


def by_rule(replies: Sequence[str]) -> dict[str, list[bool]]:
    """For every rule of the brand guide, which of the replies keep it."""
    checks = [check(reply) for reply in replies]
    return {rule: [kept[rule] for kept in checks] for rule in (checks[0] if checks else {})}
