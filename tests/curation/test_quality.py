"""Replies that are empty, cut, at odds with the screen or off-brand."""

import pytest
from dump_record import RECORD, REPLY

from ftlab.curation import quality
from ftlab.curation.records import Reject
from ftlab.world import brand


@pytest.mark.parametrize(("reply", "bad"), [
    ("", True), ("n/a", True), (".", True), ("--", True),
    (REPLY[:40], True), (REPLY[:-5], True), (REPLY[:REPLY.index("Next") + 3], True),
    (REPLY, False), ("It costs $49.00.", False), ("It costs $49.00. Cheers, Tom", False), ("Yes! Lucy", False),
    ("It is red. Kind regards, Anna, Customer Care", False),
])
def test_replies_that_are_empty_or_cut(reply, bad):
    record = {**RECORD, "reply": reply}
    if bad:
        with pytest.raises(Reject):
            quality.check_reply_whole(record)
    else:
        assert quality.check_reply_whole(record) is record


@pytest.mark.parametrize(("reply", "bad"), [
    ("It costs $49.00.", False), ("It is 49 dollars.", False), ("It costs $94.00.", True), ("It weighs 2.1 kg.", True),
    ("It is red.", False), ("It is blue.", True), ("We sent it to <EMAIL_1>.", False),
    ("No, it is not dishwasher safe.", False), ("Yes, it is dishwasher safe.", True),
])
def test_values_that_the_screen_does_not_show(reply, bad):
    record = {**RECORD, "reply": reply}
    if bad:
        with pytest.raises(Reject, match="as on the screen|from the screen"):
            quality.check_facts(record)
    else:
        assert quality.check_facts(record) is record


def test_quality_names_the_broken_rules_and_ignores_masks():
    with pytest.raises(Reject, match="breaks no_exclamation"):
        quality.check_quality({**RECORD, "reply": REPLY.replace("$49.00.", "$49.00!")})
    masked = REPLY.replace("It costs", "We wrote to <EMAIL_1>. It costs")
    assert quality.check_quality({**RECORD, "reply": masked})["quality"] > 0
    better = quality.score({**RECORD, "rating": 5}, 0) > quality.score({**RECORD, "rating": 1}, 0)
    assert better and quality.score(RECORD, 0) > quality.score(RECORD, len(brand.RULES))
