"""Words, numbers and invented personal strings for the texts of the desk; no string belongs to anybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from random import Random

from ftlab import files, paths

SLOT = re.compile(r"\{(\w+)\}")
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "inbox.example.org",
                "post.example", "home.example", "web.example.net")
# Numbers that belong to nobody: 555-01xx in North America, Ofcom's numbers for drama (ofcom.org.uk), and the German
# regulator's numbers for film and television (bundesnetzagentur.de).
PHONES = ("({area}) 555-01{two}", "{area}-555-01{two}", "+1 {area} 555 01{two}", "+1 ({area}) 555-01{two}",
          "{area}.555.01{two}", "020 7946 0{three}", "+44 20 7946 0{three}", "0161 496 0{three}", "07700 900{three}",
          "+44 7700 900{three}", "(0131) 496 0{three}", "+49 30 23125 {three}", "030 23125{three}")
AREAS = ("202", "206", "212", "305", "312", "404", "415", "503", "617", "713")
# Numbers that payment firms publish for tests; none of them is anybody's card.
CARDS = ("4242424242424242", "4111111111111111", "4012888888881881", "4000056655665556", "4000002500003155",
         "5555555555554444", "5105105105105100", "5200828282828210", "2223003122003222", "6011111111111117",
         "6011000990139424", "3566002020360505", "378282246310005", "371449635398431", "30569309025904",
         "38520000023237", "6200000000000005")


# Tables ---------------------------------------------------------------------------------------------------------------

@cache
def table(name: str, folder: str = "desk") -> tuple[dict[str, str], ...]:
    """One of the tables under ``data/world``, read once."""
    return tuple(files.read_table(paths.data() / "world" / folder / f"{name}.csv"))


@cache
def texts(name: str, *parts: str) -> tuple[str, ...]:
    """The texts of these parts of a table of the desk, ``\\n`` turned into line breaks."""
    return tuple(row["text"].replace("\\n", "\n") for part in parts for row in table(name) if row["part"] == part)


@cache
def words(kind: str) -> tuple[str, ...]:
    """The words that a slot such as ``{town}`` may hold."""
    return tuple(row["text"] for row in table("words") if row["kind"] == kind)


def fill(text: str, random: Random, **given: str) -> str:
    """The text with its slots filled: from ``given``, else with a word or a number of the slot's kind."""
    if "{" not in text:
        return text
    return SLOT.sub(lambda match: given[match[1]] if match[1] in given else _word(match[1], random), text)


def _word(kind: str, random: Random) -> str:
    if kind in NUMBERS:
        return NUMBERS[kind](random)
    return random.choice(words(kind.rstrip("2")))


def passes_luhn(digits: str) -> bool:
    """True if the last digit is the check digit of the others, as on payment cards.

    Source: ISO/IEC 7812-1, annex B.
    """
    doubled = [int(digit) * (1 + i % 2) for i, digit in enumerate(reversed(digits))]
    return sum(number - 9 * (number > 9) for number in doubled) % 10 == 0


def _order(random: Random) -> str:
    number = random.randrange(1_000_000, 10_000_000)
    return random.choice((f"{number}", f"Q-{number // 1000}-{number % 1000:03}", f"#{number}", f"QM{number}"))


def _tracking(random: Random) -> str:
    """Sixteen digits that look like a card's and are none: the check digit is wrong."""
    digits = f"{random.randrange(10**15, 10**16)}"
    if passes_luhn(digits):
        digits = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    return random.choice((digits, f"{digits[:4]} {digits[4:8]} {digits[8:12]} {digits[12:]}", f"QP{digits[:9]}GB"))


NUMBERS = {
    "order": _order, "tracking": _tracking,
    "reference": lambda random: f"{random.choice(('REF', 'T', 'Case'))}/2025/{random.randrange(100_000):05}",
    "day": lambda random: str(random.randrange(1, 29)), "age": lambda random: str(random.randrange(18, 80)),
    "money": lambda random: f"${random.randrange(5, 999)}.00"}


# Personal strings -----------------------------------------------------------------------------------------------------

def _email(random: Random) -> str:
    first, last = random.choice(words("first")).lower(), random.choice(words("last")).lower()
    local = random.choice((f"{first}.{last}", f"{first}{last}", f"{first[0]}.{last}", f"{first}_{last}",
                           f"{last}.{first}", f"{first}.{last}{random.randrange(1, 100)}", f"{first}+shop"))
    return f"{local}@{random.choice(MAIL_DOMAINS)}"


def _phone(random: Random) -> str:
    return random.choice(PHONES).format(area=random.choice(AREAS), two=f"{random.randrange(100):02}",
                                        three=f"{random.randrange(1000):03}")


def _card(random: Random) -> str:
    digits, mark = random.choice(CARDS), random.choice((" ", " ", "-", ""))
    cuts = (0, 4, 10, 15) if len(digits) == 15 else (0, 4, 10, 14) if len(digits) == 14 else (0, 4, 8, 12, 16)
    return mark.join(digits[low:high] for low, high in zip(cuts, cuts[1:], strict=False))


PERSONAL: dict[str, Callable[[Random], str]] = {"email": _email, "phone": _phone, "card": _card}
