"""Which words nobody knows: by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ftlab import files, paths
from ftlab.scores import words


@pytest.mark.parametrize("text, found", [
    ("It isn't 5 kg!", ["it", "isn't", "kg"]),
    ("the pan\u2019s lid", ["the", "pan's", "lid"]),  # a curly apostrophe is an apostrophe
    ("a dishwasher-safe mug", ["a", "dishwasher", "safe", "mug"]),
    ("Caf\u00e9 CAF\u00c9", ["caf\u00e9", "caf\u00e9"]),
    ("2nd order_number", ["nd", "order", "number"]),
    ("", []),
    ("... 12 $9.00 -- !", []),
])  # fmt: skip
def test_words(text: str, found: list[str]) -> None:
    assert words.words(text) == found


@pytest.mark.parametrize("reply, unknown", [
    ("Thank you for asking about the kettle.", []),
    ("The flanterne is grimpled.", ["flanterne", "grimpled"]),
    ("We recognise the favour, a metre from the centre, and organised a lorry.", []),  # British spelling
    ("We recognised the grimpour.", ["grimpour"]),
    ("Grimpled, GRIMPLED and grimpled", ["grimpled"]),  # each once
    ("The Moorland Tent is made in Pellworth.", []),  # the catalogue's own names
    ("The kettle's lid and the Ravenscar's handle", []),
    ("We apologise; the grey colour of aluminium isn\u2019t a fault.", []),
    ("", []),
])  # fmt: skip
def test_unknown_words(reply: str, unknown: list[str]) -> None:
    assert words.unknown(reply) == unknown


def test_a_customer_lends_a_word_and_its_genitive() -> None:
    assert words.unknown("Thanks to Zorblatt and Zorblatt's cat.") == ["zorblatt", "zorblatt's"]
    assert words.unknown("Thanks to Zorblatt and Zorblatt's cat.", ["Yours, ZORBLATT"]) == []
    assert words.unknown("Zorblat", ["Zorblatt"]) == ["zorblat"]  # a part of a word lends nothing


@pytest.mark.parametrize("reply, found", [
    ("The price of warm the and the pan.", ["the and"]),
    ("For please the kettle, and The And.", ["for please", "the and"]),
    ("It costs $9.00 of the. We sell and.", ["the", "and"]),
    ("We sell this or", []),
    ("What it is made of is not here, and what it came from and where we cannot see.", []),
    ("A, our on-off switch and the by-law.", []),
])  # fmt: skip
def test_function_words_without_sense(reply: str, found: list[str]) -> None:
    assert words.senseless(reply) == found


def test_no_text_of_ours_has_a_pair_without_sense() -> None:
    """Gold replies, whatever is trained on, and the assistant's replies: what the list of pairs was made from."""
    data = paths.data()
    for path in [*(data / "quillmere").glob("*.jsonl"), *data.glob("*/documents.jsonl")]:
        for line in set(path.read_text(encoding="utf-8").splitlines()):
            for text in _strings(json.loads(line)):
                assert words.senseless(text) == [], text
    replies = files.read_json(data / "stored" / "assistant-replies.json")["replies"]
    assert not any(map(words.senseless, replies.values()))


def _strings(found) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for each in found.values() if isinstance(found, dict) else found:
            yield from _strings(each)


def test_known_words_without_sense_pass() -> None:
    """The limit that the docstring names."""
    assert words.unknown("Kettle warranty tall in weighs.") == words.senseless("Kettle warranty tall in weighs.") == []
