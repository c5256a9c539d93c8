"""The frames: what they find on a page and in a record, and that each of their replies keeps the house's rules."""

from __future__ import annotations

import json

import pytest

from ftlab.scores import frames
from ftlab.scores import task_scores as scored
from ftlab.world import tasks

PAGE = ("The Gull Kettle\n\nBest of all, it has a lid. In our shop this kettle costs $40.50. You get it in red. "
        "Without its box it weighs 1.2 kg. It comes from our workshop in Two Rivers. The warranty runs for 1 year. {}")


@pytest.mark.parametrize(("words", "safe"), [
    ("The dishwasher will not harm it.", True),
    ("It may go in the dishwasher.", True),
    ("It must not go in the dishwasher.", False),
    ("Keep it out of the dishwasher and wash it by hand.", False),
    ("Dry it with a cloth.", None),
])  # fmt: skip
def test_six_fields_of_a_page(words: str, safe: bool | None) -> None:
    assert json.loads(frames.fields(PAGE.format(words))) == {
        "product": "Gull Kettle", "price_dollars": 40.5, "weight": "1.2 kg", "made_in": "Two Rivers",
        "warranty_years": 1, "dishwasher_safe": safe}  # fmt: skip


def test_what_a_page_does_not_say_is_null() -> None:
    assert set(json.loads(frames.fields("Gull Kettle by Quillmere\n\nIt is fine.")).values()) == {"Gull Kettle", None}


def test_a_description_has_the_records_values() -> None:
    record = ("Gull Urn (urn). Price: $40.50. Weight: 1.2 kg. Height: 24 cm. Warranty: 1 year. Feature: a lid that "
              "locks. Care: Dry it well.")  # fmt: skip
    assert frames.description(record) == (
        "Gull Urn\nIt is an urn for every day, and it has a lid that locks.\n"
        "Facts: weight 1.2 kg, height 24 cm, price $40.50.\nCare: Dry it well.")  # fmt: skip


def test_a_post_takes_the_first_sentence_with_one_figure_that_makes_a_post() -> None:
    article = ("Good care for the Solstice Kettle\n\nIt is loved. It weighs 2 kg and costs $90.00. It takes "
               "12 minutes to clean it well.")  # fmt: skip
    said = frames.post(article)
    assert said.startswith("Solstice Kettle: ") and said.endswith(frames.INVITED)
    row = {"task": "post", "source": article, "messages": [{"content": ""}]}
    assert scored.score(said, row).done
    assert frames.post("Nothing here\n\nat all.") == frames.INVITED


@pytest.mark.parametrize("task", frames.FRAMES)
def test_the_training_rows_that_it_was_written_from(task: str) -> None:
    rows = tasks.rows(task, "train")
    done = [mark.done for mark in scored.scores([frames.reply(row) for row in rows], rows)]
    assert sum(done) >= 0.9 * len(done)


def test_a_label_has_no_frame() -> None:
    with pytest.raises(ValueError, match="expected a task of description, fields, post, found 'intent'"):
        frames.reply(tasks.rows("intent", "train")[0])
