"""Small instructions on screens of four facts: what is asked is there or not, as the reply says."""

from __future__ import annotations

import pytest

from ftlab.world import screens


@pytest.mark.parametrize("split", ["train", "test"])
def test_half_of_the_facts_asked_about_are_on_the_screen(split: str) -> None:
    rows = screens.other_form("yes or no", split, 0)
    assert len(rows) > 40
    for row in rows:
        screen, asks, reply = (turn["content"] for turn in row["messages"])
        fact = asks.removeprefix("Is the ").removesuffix(" on the screen? Yes or no.")
        assert (f"{fact.capitalize()}: " in screen) is (reply == "Yes.") and row["answers"] == [reply]
    yes = sum(row["answers"] == ["Yes."] for row in rows)
    assert abs(2 * yes - len(rows)) <= 1


def test_a_list_names_the_facts_in_the_screens_order() -> None:
    row = screens.other_form("list", "test", 0)[0]
    screen, reply = row["messages"][0]["content"], row["messages"][-1]["content"]
    places = [screen.index(f"{fact.capitalize()}: ") for fact in reply.rstrip(".").split(", ")]
    assert len(places) == 4 and places == sorted(places)


def test_training_and_test_are_about_other_products() -> None:
    train, test = ({row["target"] for row in screens.rows(screens.TRAINED, split, 0)} for split in ("train", "test"))
    assert train and test and not train & test
    with pytest.raises(ValueError, match="expected one of yes or no, list, found 'count'"):
        screens.other_form("count", "test", 0)
