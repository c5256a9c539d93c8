"""Finding and masking what points at a person: mail addresses, phone numbers and payment cards.

A mask can be undone by whoever holds the mapping: ``<EMAIL_1>`` stands for one address within one record. The mapping
is written to a file of its own, which stays with those who may see it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

TEXTS = ("question", "reply")
REGIONS = ("US", "GB", "DE", "FR", "NL", "IT", "ES")  # how a number without a country code is read, in this order
EMAIL = re.compile(  # anna@post.example, and as people write it to hide it: anna (at) post (dot) example
    r"(?<![\w.+-])[\w.!#$%&'*+/=?^`{|}~-]*[\w+-](?:@[\w-]+(?:\.[A-Za-z][\w-]*)+"
    r"|\s?[(\[]at[)\]]\s?[\w-]+(?:(?:\.|\s?[(\[]dot[)\]]\s?)[A-Za-z][\w-]*)+"
    r"| at [\w-]+(?: dot [A-Za-z][\w-]*)+)", re.IGNORECASE)
DIGITS = re.compile(r"(?<![\w$.,/#-])\+?\(?\d(?:[ \u00a0().\u2010-\u2015/-]{0,3}\d){6,22}(?![\w%])")
MASK = re.compile(r"<(?:EMAIL|PHONE|CARD)_\d+>")
CARD_GROUPS = re.compile(r"(?<![\w#])\d(?:[ -]?\d){12,18}(?![\w])")
DATE_OR_SUM = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4}|\d{1,3}(?:,\d{3})+(?:\.\d+)?")
CALL_WORDS = re.compile(r"\b(?:(?:tele)?phone|tel|call|ring|mobile|cell|reach|text|whatsapp|sms|dial)\b", re.IGNORECASE)
OTHER_NUMBERS = re.compile(r"\b(?:order\w*|invoice|tracking|parcel|serial|ticket|reference|ref|case|article|item|batch|"
                           r"receipt|model|sku|ean|barcode|part|lot|booking|code|id)\b[^.?!]{0,24}$", re.IGNORECASE)
SEVEN_DIGITS = re.compile(r"(?:\d\D{0,4}){6}\d")
SEPARATED = re.compile(r"\d[ \u00a0().\u2010-\u2015/-]+\d")


class Found(NamedTuple):
    """One personal string in a text, from ``start`` up to ``end``."""

    start: int
    end: int
    kind: str
    value: str


def find(text: str) -> list[Found]:
    """Every mail address, payment card and phone number in the text, in the order in which they stand."""
    found = [Found(*match.span(), "EMAIL", match[0]) for match in EMAIL.finditer(text)] if _may_hold_mail(text) else []
    if SEVEN_DIGITS.search(text):
        for look in (_cards, _phones):
            found += [item for item in look(text) if not any(item.start < f.end and f.start < item.end for f in found)]
    return sorted(found)


def _may_hold_mail(text: str) -> bool:
    return "@" in text or " dot " in text.lower() or "at)" in text.lower() or "at]" in text.lower()


def _cards(text: str) -> list[Found]:
    """13 to 19 digits that pass Luhn's check and begin as a card network's numbers do."""
    from stdnum import luhn

    found = []
    for match in CARD_GROUPS.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if luhn.is_valid(digits) and digits[0] in "23456" and len(set(digits)) > 1:
            found.append(Found(*match.span(), "CARD", match[0]))
    return found


def _phones(text: str) -> list[Found]:
    """Numbers that a phone company could have given out.

    A number with + and a country code is taken as it is. One without must be valid in one of ``REGIONS``, must not
    follow a word such as "order" or "invoice", and if it is a bare row of digits, must follow one such as "call".
    """
    import phonenumbers

    found = []
    for match in DIGITS.finditer(text):
        if DATE_OR_SUM.fullmatch(match[0]):
            continue
        before, abroad = text[max(0, match.start() - 40):match.start()], match[0].startswith("+")
        likely = not OTHER_NUMBERS.search(before) and (SEPARATED.search(match[0]) or CALL_WORDS.search(before))
        regions = (None,) if abroad else REGIONS if likely else ()
        if any(_is_phone(phonenumbers, match[0], region) for region in regions):
            found.append(Found(*match.span(), "PHONE", match[0]))
    return found


def _is_phone(phonenumbers, text: str, region: str | None) -> bool:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number) if region is None else phonenumbers.is_valid_number(number)


def without_masks(text: str) -> str:
    """The text with "them" in place of every mask, for checks of its figures and manner."""
    return MASK.sub("them", text)


def mask(record: dict) -> dict:
    """The record with every personal string replaced, and the replacements under ``personal``.

    The same string gets the same mask throughout the record; the record itself comes back if there is none.
    """
    masks, texts = {}, {}
    for name in TEXTS:
        text, cursor, parts = record[name], 0, []
        for item in find(text):
            key = item.kind, re.sub(r"\s", "", item.value).lower()
            count = sum(kind == item.kind for kind, _ in masks)
            label, _ = masks.setdefault(key, (f"<{item.kind}_{count + 1}>", item.value))
            parts += [text[cursor:item.start], label]
            cursor = item.end
        texts[name] = "".join([*parts, text[cursor:]])
    if not masks:
        return record
    found = [{"mask": label, "kind": kind.lower(), "value": value} for (kind, _), (label, value) in masks.items()]
    return {**record, **texts, "personal": found}


def unmask(text: str, mapping: list[dict]) -> str:
    """The text as it was, for an audit: the inverse of ``mask`` where a string was written one way only."""
    for item in mapping:
        text = text.replace(item["mask"], item["value"])
    return text
