"""The desk's tables, slots and numbers, and personal strings that belong to nobody."""

from __future__ import annotations

import re

import pytest

from ftlab.seeded import rng
from ftlab.world import desk_words

MANY = range(300)
# Reserved for examples (RFC 2606): nobody can register them.
NOBODYS_DOMAIN = re.compile(r"(?:[a-z]+\.)*example(?:\.(?:com|org|net))?")


@pytest.mark.parametrize("digits, right", [("4242424242424242", True), ("4242424242424241", False), ("18", True)])
def test_luhn(digits, right):
    # "18": 8 + 2 * 1 = 10
    assert desk_words.passes_luhn(digits) == right


def test_every_slot_of_every_text_can_be_filled():
    given = {"name", "noun", "value", "years", "agent", "topic", "answer", "answer_low", "it", "question"}
    kinds = {row["kind"] for row in desk_words.table("words")} | set(desk_words.NUMBERS)
    for name in ("asides", "dirt", "foreign", "off_brand"):
        for row in desk_words.table(name):
            assert {slot.rstrip("2") for slot in desk_words.SLOT.findall(row["text"])} <= given | kinds, row


def test_a_changed_digit_and_most_swapped_neighbours_fail_luhn() -> None:
    for card in desk_words.CARDS:
        assert desk_words.passes_luhn(card)
        for i, digit in enumerate(card):
            assert not desk_words.passes_luhn(f"{card[:i]}{(int(digit) + 1) % 10}{card[i + 1 :]}")
            pair = card[i : i + 2]
            if len(set(pair)) == 2 and set(pair) != {"0", "9"}:  # the one swap that it cannot see
                assert not desk_words.passes_luhn(f"{card[:i]}{pair[::-1]}{card[i + 2 :]}")


def test_a_slot_takes_what_is_given_and_else_a_word_of_its_kind() -> None:
    random = rng("slots")
    assert desk_words.fill("No slot, {} or {a b}.", random) == "No slot, {} or {a b}."
    assert desk_words.fill("{town} and {it}", random, town="Harrowby", it="{town}") == "Harrowby and {town}"
    towns = {desk_words.fill("{town}", random) for _ in MANY}
    assert towns <= set(desk_words.words("town")) and len(towns) > 3
    pairs = {desk_words.fill("{first}, {first2}", random) for _ in MANY}
    assert all(set(pair.split(", ")) <= set(desk_words.words("first")) for pair in pairs)
    assert any(len(set(pair.split(", "))) == 2 for pair in pairs)


@pytest.mark.parametrize(("slot", "form", "low", "high"), [
    ("order", r"(?:Q-\d{4}-\d{3}|(?:#|QM)?\d{7})", None, None),
    ("tracking", r"(?:\d{16}|\d{4}( \d{4}){3}|QP\d{9}GB)", None, None),
    ("reference", r"(?:REF|T|Case)/2025/\d{5}", None, None),
    ("day", r"\d+", 1, 28), ("age", r"\d+", 18, 79), ("money", r"\$\d+\.00", 5, 998),
])  # fmt: skip
def test_numbers_have_their_forms(slot: str, form: str, low: int | None, high: int | None) -> None:
    random = rng("numbers", slot)
    found = {desk_words.fill(f"{{{slot}}}", random) for _ in MANY}
    assert len(found) > 20 and all(re.fullmatch(form, each) for each in found)
    if low is not None:
        assert {low <= float(each.strip("$")) <= high for each in found} == {True}


def test_tracking_numbers_are_no_cards() -> None:
    random = rng("tracking")
    digits = [desk_words.fill("{tracking}", random).replace(" ", "") for _ in range(2000)]
    digits = [each for each in digits if each.isdigit()]
    assert len(digits) > 1000 and not any(map(desk_words.passes_luhn, digits))


def test_personal_strings_belong_to_nobody() -> None:
    random = rng("personal")
    made = {kind: {make(random) for _ in MANY} for kind, make in desk_words.PERSONAL.items()}
    for address in made["email"]:
        local, _, domain = address.partition("@")
        assert NOBODYS_DOMAIN.fullmatch(domain) and re.fullmatch(r"[^\s@]+", local) and local == local.lower(), address
    for phone in made["phone"]:
        digits = re.sub(r"\D", "", phone)
        reserved = r"1?\d{3}55501\d\d|(?:44|0)(?:2079460|1614960|7700900|1314960)\d{3}|(?:49|0)3023125\d{3}"
        assert re.fullmatch(reserved, digits), phone
    bare = {re.sub("[ -]", "", card) for card in made["card"]}
    assert bare == set(desk_words.CARDS) and {len(each) for each in bare} == {14, 15, 16}
    assert any(re.fullmatch(r"\d{4} \d{6} \d{5}", card) for card in made["card"])  # cut as it is on such a card


def test_texts_are_those_of_the_parts_asked_for_with_their_line_breaks() -> None:
    signatures = desk_words.texts("dirt", "signature")
    assert signatures and not any("\\n" in text for text in signatures) and any("\n" in text for text in signatures)
    assert desk_words.texts("dirt", "signature", "injection") == signatures + desk_words.texts("dirt", "injection")
    assert desk_words.texts("dirt", "no such part") == ()
    with pytest.raises(FileNotFoundError):
        desk_words.table("no such table")
