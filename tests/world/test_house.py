"""The house's plainest words: by hand for each kind, right for every row, and of one build."""

from __future__ import annotations

import pytest

from ftlab import texts
from ftlab.scores import desk
from ftlab.world import brand, house, pairs

END = "Next step: write back to us if you have another question. Warmly, the Quillmere desk"
SAID = [
    ({"kind": "fact", "attribute": "height", "expected": ["135 cm"]},
     "Thank you for asking us about the Moorland Tent. The tent is 135 cm tall."),
    ({"kind": "fact", "attribute": "dishwasher_safe", "expected": ["not dishwasher safe"], "product": "Idleby Mug"},
     "Thank you for asking us about the Idleby Mug. No, the mug is not dishwasher safe."),
    ({"kind": "fact", "attribute": "return_window", "expected": ["30 days"], "policy": "returns"},
     "Thank you for asking us. You can return any unused item within 30 days."),
    ({"kind": "two_facts", "attribute": "price+weight", "expected": ["$375.00", "4.6 kg"]},
     "Thank you for asking us about the Moorland Tent. The tent costs $375.00, and it weighs 4.6 kg."),
    ({"kind": "no_answer", "attribute": "made_in"},
     "Thank you for asking us about the Moorland Tent. Our screen does not show the place where it is made, so a "
     "colleague will look it up."),
    ({"kind": "follow_up", "attribute": "colour", "expected": ["brown"]},
     "Thank you for asking us about the Moorland Tent. The tent comes in brown."),
    ({"kind": "compare", "attribute": "warranty", "comparing": ["shorter"], "winner": "Idleby Mug",
      "loser": "Moorland Tent", "expected": ["Idleby Mug", "2 years", "10 years"]},
     "Thank you for asking us to compare them. The Idleby Mug has the shorter warranty: 2 years. The Moorland Tent: "
     "10 years."),
    ({"kind": "compare", "attribute": "height", "comparing": ["shorter", "lower"], "winner": "Idleby Mug",
      "loser": "Moorland Tent", "expected": ["Idleby Mug", "11 cm", "135 cm"]},
     "Thank you for asking us to compare them. The Idleby Mug is shorter: 11 cm. The Moorland Tent: 135 cm."),
    ({"kind": "complaint", "attribute": "material", "value": "nylon"},
     "Thank you for telling us. We are sorry about this. The tent is made of nylon."),
    ({"kind": "order", "attribute": "return_no", "expected": ["no", "5 May 2025"]},
     "Thank you for asking us about your order. No, it could be returned until 5 May 2025."),
    ({"kind": "order", "attribute": "contents", "expected": ["2 pieces", "Moorland Tent"]},
     "Thank you for asking us about your order. It is for the Moorland Tent, 2 pieces."),
    ({"kind": "grave"},
     "Thank you for telling us. We are sorry about this. A colleague will look at it and write to you."),
    ({"kind": "out_of_scope"}, "Thank you for your message. This desk is only here for our products."),
]  # fmt: skip


@pytest.mark.parametrize("fields, expected", SAID)
def test_each_kind_by_hand(fields: dict, expected: str) -> None:
    assert house.reply({"product": "Moorland Tent", "policy": None, **fields}) == f"{expected} {END}"


def test_the_year_decides_what_a_policy_says() -> None:
    row = {"kind": "fact", "policy": "bulk_orders", "attribute": "bulk_discount", "product": None, "expected": []}
    said = "Thank you for asking us. A bulk order gets {} percent off. "
    assert house.reply(row, 2025) == said.format(15) + END
    assert house.reply(row, 2026) == said.format(12) + END


@pytest.mark.parametrize("split", ["train", "valid", "test", "2026"])
def test_every_house_reply_is_fit_to_send(split: str) -> None:
    for row in texts.conversations(split):
        reply = house.reply(row, 2026 if split == "2026" else 2025)
        assert brand.on_brand(reply), (reply, brand.check(reply))
        assert desk.faults(reply, row) == [], (row["id"], reply)


def test_every_kind_has_its_words_and_only_the_last_message_changes() -> None:
    assert tuple(house.KINDS) == pairs.KINDS
    row = texts.conversations("valid")[0]
    before = [dict(message) for message in row["messages"]]
    made = house.in_house_words(row)
    assert row["messages"] == before and made["messages"][:-1] == before[:-1]
    assert made["messages"][-1] == {"role": "assistant", "content": house.reply(row)}
    assert {key: value for key, value in made.items() if key != "messages"} == {
        key: value for key, value in row.items() if key != "messages"
    }
