"""The form for votes, in process: blind, in an order that is kept, with a way back, and going on where it stopped."""

from __future__ import annotations

import json

import pytest

from ftlab.scores import vote_log, votes
from ftlab.scores.vote_widget import VoteForm

PAIRS = [{"id": f"p{i}", "a": f"Reply <a> {i}", "b": f"Reply <b> {i}", "prompt": f"Question {i}?"} for i in range(6)]


def shown(form: VoteForm) -> list[str]:
    """The replies from left to right, as "a" or "b"."""
    return ["a" if "&lt;a&gt;" in text.value else "b" for text in (form.left_text, form.right_text)]


def test_each_button_writes_what_it_says(tmp_path):
    path, seconds = tmp_path / "mine.jsonl", iter(range(100))
    form = VoteForm(PAIRS, path, rater="ada", clock=lambda: next(seconds))
    assert "Question 0?" in form.talk.value and "Pair 1 of 6" in form.status.value and form.buttons["undo"].disabled
    orders = []
    for button in ("left", "right", "tie", "skip"):
        orders.append(shown(form))
        form.buttons[button].click()
    written = vote_log.read(path)
    assert [vote["vote"] for vote in written] == [orders[0][0], orders[1][1], "tie", "skip"]
    assert [vote["order"] for vote in written] == orders
    assert {vote["rater"] for vote in written} == {"ada"} and [vote["pair"] for vote in written] == [
        "p0", "p1", "p2", "p3"]
    assert all(vote["seconds"] == 1 and vote["time"].endswith("+00:00") for vote in written)
    assert "Pair 5 of 6 (1 skipped)" in form.status.value and form.bar.value == 4
    assert votes.decided(written) == {"p0": orders[0][0], "p1": orders[1][1]}


def test_nothing_on_view_tells_which_is_which(tmp_path):
    form = VoteForm(PAIRS, tmp_path / "v.jsonl")
    left = []
    for _ in PAIRS:
        left.append(shown(form)[0])
        form.press("tie")
    assert set(left) == {"a", "b"}  # the order varies between pairs ...
    again = VoteForm(PAIRS, tmp_path / "other.jsonl")
    assert [again.order(pair)[0] for pair in PAIRS] == left  # ... and is the same when shown again ...
    many = [{"id": str(i), "a": "x", "b": "y", "prompt": "?"} for i in range(400)]
    forms = [VoteForm(many, tmp_path / "v2.jsonl", rater=rater) for rater in ("ada", "ben")]
    lefts = [form.order(pair)[0] for form in forms for pair in many]
    assert 350 <= lefts.count("a") <= 450  # ... a fair coin: 400, standard deviation 14


def test_undo_and_the_end(tmp_path):
    path = tmp_path / "v.jsonl"
    form = VoteForm(PAIRS[:2], path)
    form.press("undo")  # there is nothing yet
    assert not path.exists()
    form.press("left")
    form.press("undo")
    assert "Question 0?" in form.talk.value and vote_log.read(path) == []
    form.press("right")
    form.press("tie")
    assert form.pair is None and "All 2 pairs are done" in form.status.value and form.buttons["left"].disabled
    form.press("left")  # nothing is left to vote on
    assert len(vote_log.read(path)) == 2
    form.press("undo")
    assert "Question 1?" in form.talk.value and not form.buttons["left"].disabled
    assert [json.loads(line)["vote"] for line in path.read_text().splitlines()][-1] == "undo"


def test_a_new_kernel_goes_on_and_can_undo_what_the_old_one_did(tmp_path):
    path = tmp_path / "v.jsonl"
    first = VoteForm(PAIRS, path)
    first.press("left")
    first.press("skip")
    VoteForm(PAIRS, path, rater="ben").press("tie")  # another rater in the same file
    second = VoteForm(PAIRS, path)
    assert "Question 2?" in second.talk.value and second.bar.value == 2
    second.press("undo")
    second.press("undo")
    second.press("undo")  # not Ben's
    assert "Question 0?" in second.talk.value
    assert [vote["rater"] for vote in vote_log.read(path)] == ["ben"]
    other = VoteForm([{**PAIRS[0], "id": "new"}], path)  # votes on other pairs do not count here
    assert other.bar.value == 0


def test_two_raters_of_one_pair_keep_a_vote_an_order_and_a_time_each(tmp_path):
    path, cast = tmp_path / "v.jsonl", {}
    for rater in ("ada", "ben", "ada"):  # the second time Ada has nothing left to vote on, and overwrites nobody
        form = VoteForm(PAIRS[:1], path, rater=rater)
        cast.setdefault(rater, form.order(PAIRS[0]))
        form.press("left")
    kept = vote_log.read(path)
    assert [(vote["rater"], vote["vote"], vote["order"]) for vote in kept] == [
        (rater, order[0], order) for rater, order in cast.items()]
    assert all(vote["time"] for vote in kept) and len(path.read_text().splitlines()) == 2


def test_votes_on_other_replies_of_the_same_id_are_not_taken_over(tmp_path):
    path = tmp_path / "v.jsonl"
    VoteForm(PAIRS, path, rater="ada").press("left")
    exchanged = {**PAIRS[0], "a": PAIRS[0]["b"], "b": PAIRS[0]["a"]}
    for other in (exchanged, {**PAIRS[0], "b": "Another reply"}):
        for rater in ("ada", "ben"):
            with pytest.raises(ValueError, match=r"found 1 on others of the same ids, such as 'p0'.* a new file"):
                VoteForm([other, *PAIRS[1:]], path, rater=rater)
    assert VoteForm(PAIRS, path, rater="ada").bar.value == 1
    vote_log.append(path, {"pair": "p1", "rater": "ada", "vote": "a"})  # of a file from before, which does not say
    assert VoteForm(PAIRS, path, rater="ada").bar.value == 2


def test_keys_are_taken_one_by_one_even_where_several_come_at_once(tmp_path):
    path = tmp_path / "v.jsonl"
    form = VoteForm(PAIRS, path)
    form.keys.value = "0"
    form.keys.value = "0s0"  # two more while the kernel was busy
    assert [vote["vote"] for vote in vote_log.read(path)] == ["tie", "skip", "tie"]
    form.keys.value = "0s0Ux "  # capital letters too, others are no keys
    assert form.bar.value == 2
    form.keys.value = ""  # the box was emptied: nothing is voted
    form.keys.value = "1"
    order = form.order(PAIRS[2])
    assert vote_log.read(path)[-1]["vote"] == order[0]


def test_conversations_are_shown_up_to_the_reply(tmp_path):
    talk = [{"role": "system", "content": "Kettle: $5 & up"}, {"role": "user", "content": "How much?"},
            {"role": "assistant", "content": "The gold reply"}]
    form = VoteForm([{"id": "1", "a": "x", "b": "y", "row": {"messages": talk}}], tmp_path / "v.jsonl")
    assert "Kettle: $5 &amp; up" in form.talk.value and "How much?" in form.talk.value
    assert "gold" not in form.talk.value


def test_a_vote_that_cannot_be_written_is_not_counted(tmp_path):
    form = VoteForm(PAIRS, tmp_path / "folder")
    (tmp_path / "folder").mkdir()
    form.press("left")
    assert "could not be written" in form.status.value and form.bar.value == 0 and form.pair["id"] == "p0"


@pytest.mark.parametrize("pairs, rater", [([], "me"), ([PAIRS[0], PAIRS[0]], "me"), (PAIRS, " ")])
def test_nothing_to_vote_on_or_nobody_is_refused(tmp_path, pairs, rater):
    with pytest.raises(ValueError, match="VoteForm: expected a rater's name and pairs"):
        VoteForm(pairs, tmp_path / "v.jsonl", rater=rater)
