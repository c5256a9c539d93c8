"""The four tasks' marks: every gold reply is done, and each way of spoiling one costs the mark that it should."""

from __future__ import annotations

import json
import re

import pytest

from ftlab.scores import task_scores as scored
from ftlab.scores.task_scores import Score
from ftlab.world import tasks


@pytest.mark.parametrize("task", tasks.TASKS)
@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_every_gold_reply_is_done(task: str, split: str) -> None:
    rows = tasks.rows(task, split)
    assert set(scored.scores([row["messages"][-1]["content"] for row in rows], rows)) == {Score(True, 1.0, True)}


def test_a_label_is_right_or_wrong_known_or_not() -> None:
    row = next(row for row in tasks.rows("intent", "test") if row["label"] == "refund")
    assert scored.score("Refund.", row) == Score(True, 1.0, True)
    assert scored.score("praise", row) == Score(True, 0.0, False)
    assert scored.score("a refund", row) == Score(False, 0.0, False)


def test_one_wrong_field_of_six() -> None:
    row = tasks.rows("fields", "test")[0]
    truth = json.loads(row["messages"][-1]["content"])
    mark = scored.score(json.dumps(truth | {"warranty_years": truth["warranty_years"] + 1}), row)
    assert mark.form and mark.right == pytest.approx(5 / 6) and not mark.done
    mark = scored.score(json.dumps({key: truth[key] for key in tasks.FIELDS[:3]}), row)  # half of the keys
    assert mark == Score(False, 0.5, False)


def test_a_description_loses_what_it_leaves_out_and_all_for_what_it_invents() -> None:
    row = tasks.rows("description", "test")[0]
    gold = row["messages"][-1]["content"]
    assert len(scored.description_facts(gold, row["source"])) == 6
    mark = scored.score(gold.rpartition("\n")[0], row)  # without its care line
    assert mark == Score(False, 5 / 6, False)
    assert scored.score(re.sub(r"\$\d+", "$11", gold), row) == Score(True, 0.0, False)


def test_a_post_must_give_a_figure_and_none_that_the_article_has_not() -> None:
    row = {"task": "post", "source": "The Inkwell Mug\n\nIt is made in Tindale by 12 people. It costs $19.00.",
           "messages": [{"content": ""}]}  # fmt: skip
    post = "Inkwell Mug, made in Tindale by {} people. Come and read how. #Quillmere #HowItIsMade"
    assert scored.score(post.format(12), row) == Score(True, 1.0, True)
    assert scored.score(post.format(14), row) == Score(True, 0.0, False)
    assert scored.score(post.format("many"), row) == Score(False, 0.0, False)
    assert scored.score(post.format(12).replace("Tindale", "Elmsworth"), row).right == 0
