"""The four tasks as rows: what they hold, that mixtures nest, and what is refused."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from ftlab.world import quillmere, tasks


@pytest.mark.parametrize("task", tasks.TASKS)
def test_a_row_is_instruction_source_and_reply(task: str) -> None:
    for row in tasks.rows(task, "test"):
        system, user, assistant = row["messages"]
        assert (system["content"], user["content"]) == (tasks.INSTRUCTIONS[task], row["source"])
        assert assistant["role"] == "assistant" and assistant["content"]


def test_a_record_has_numbers_as_numbers_and_null_for_what_is_not_said() -> None:
    kettle = next(product for product in quillmere.products() if product.name == "Emberline Kettle")
    assert tasks.record(kettle) == {"product": "Emberline Kettle", "price_dollars": 49.0, "weight": "1.2 kg",
                                    "made_in": "Dunmore", "warranty_years": 2, "dishwasher_safe": False}  # fmt: skip
    tent = next(product for product in quillmere.products() if product.name == "Moorland Tent")
    assert tasks.record(tent)["dishwasher_safe"] is None


def test_the_page_states_what_the_record_says() -> None:
    for row in tasks.rows("fields", "test"):
        record = json.loads(row["messages"][-1]["content"])
        assert all(record[key] in row["source"] for key in ("product", "weight", "made_in"))
        assert f"${record['price_dollars']:.2f}" in row["source"]


def test_the_rows_of_2026_hold_the_new_values() -> None:
    rows = {task: tasks.rows(task, "2026") for task in tasks.TASKS}
    assert {task: len(found) for task, found in rows.items()} == {"intent": 140, "fields": 28, "description": 14,
                                                                  "post": 28}  # fmt: skip
    assert rows["intent"] == tasks.rows("intent", "test")  # tickets state nothing that changes
    kettle = [row for task in ("fields", "description", "post") for row in rows[task]
              if "Solstice Kettle" in row["source"]]
    assert len(kettle) == 5 and not any("$89" in turn["content"] for row in kettle for turn in row["messages"])
    assert sum("$95.00" in row["source"] for row in kettle) == 5
    lantern = [json.loads(row["messages"][-1]["content"]) for row in rows["fields"] if "Evenfall" in row["source"]]
    assert [record["warranty_years"] for record in lantern] == [7, 7]


def test_a_larger_mixture_holds_the_smaller_and_has_all_intents_alike() -> None:
    small, large = (tasks.mixture({"intent": size, "post": size // 10}, seed=3) for size in (20, 40))
    texts = [row["source"] for row in large]
    assert all(row["source"] in texts for row in small)
    assert Counter(row["label"] for row in small if row["task"] == "intent") == dict.fromkeys(tasks.INTENTS, 2)
    first, second = ([row["source"] for row in tasks.mixture({"post": 5}, seed)] for seed in (1, 2))
    assert first != second


def test_held_out_rows_are_the_test_rows_with_tickets_in_turn() -> None:
    first = tasks.held_out("intent", 10)
    assert sorted(row["label"] for row in first) == list(tasks.INTENTS)
    for task in tasks.TASKS:
        both = (tasks.held_out(task), tasks.rows(task, "test"))
        found, wanted = (sorted(row["source"] for row in rows) for rows in both)
        assert found == wanted


def test_unknown_names_and_too_many_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="found 'intents' and 'test'"):
        tasks.rows("intents", "test")
    with pytest.raises(ValueError, match="at most 80 rows of post in train, found 81"):
        tasks.mixture({"post": 81}, 0)
