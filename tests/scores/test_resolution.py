"""What became of a conversation: by hand, and of the gold replies."""

import pytest

from ftlab import files, paths
from ftlab.scores.desk import hands_over
from ftlab.scores.reply_formats import house_format
from ftlab.scores.resolution import resolve
from ftlab.scores.unsupported import unsupported_values


def gold(split="test"):
    return files.read_jsonl(paths.data() / "quillmere" / f"plain_{split}.jsonl")


def test_gold_replies_have_sources_are_resolved_and_have_the_format():
    for row in gold():
        *known, reply = [message["content"] for message in row["messages"]]
        assert unsupported_values(reply, known) == []
        assert all(house_format(reply).values())
        assert resolve(reply, row["intent"] == "escalate", row["expected"]).right


def test_resolution_by_hand():
    assert hands_over("A Colleague will call you.")
    assert not hands_over("We are collegial.") and not hands_over("")
    assert hands_over("Our team will call you.") and not hands_over("Your colleague chose well.")
    over, answer, wrong = "A colleague will call.", "It costs $49.00.", "It costs $9.00."
    # reply, should be handed over, expected -> handed over, right
    for reply, escalate, expected, outcome in [
        (over, True, [], (True, True)),
        (answer, True, ["$49.00"], (False, False)),  # stating a value does not make up for a grave case
        (answer, False, ["$49.00"], (False, True)),
        (wrong, False, ["$49.00"], (False, False)),
        (f"{answer} {over}", False, ["$49.00"], (True, False)),
    ]:
        found = resolve(reply, escalate, expected)
        assert (found.escalate, found.handed_over, found.right) == (escalate, *outcome)
    with pytest.raises(ValueError, match="at least one text"):
        resolve(answer, False, [])
    with pytest.raises(ValueError, match="True or False, found 'no'"):
        resolve(answer, "no", ["$49.00"])
