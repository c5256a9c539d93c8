import json

import numpy as np
import pytest
from dump_record import RECORD, REPLY

from ftlab.curation import duplicates, injection, language, normalize, personal, quality, records, wrong_intents
from ftlab.curation.records import Reject
from ftlab.world import brand


def test_a_good_record_passes_every_check_unchanged():
    assert records.validate(json.dumps(RECORD)) == RECORD
    for step in (normalize.normalize, records.check_license, quality.check_reply_whole, language.check_language,
                 injection.check_injection, personal.mask, quality.check_facts):
        assert step(RECORD) is RECORD
    assert quality.check_quality(RECORD)["quality"] > 0.9


@pytest.mark.parametrize(("line", "message"), [
    (json.dumps(RECORD)[:90], "expected valid JSON"),
    ("[]", "expected a JSON object, found a list"),
    (json.dumps({**RECORD, "reply": 5}), r"expected text in 'reply', found a number \(5\)"),
    (json.dumps({**RECORD, "rating": 9}), "from 1 to 5, or null, in 'rating', found 9"),
    (json.dumps({**RECORD, "rating": True}), "in 'rating', found True"),
    (json.dumps({**RECORD, "question": " "}), "found an empty text"),
    (json.dumps({**RECORD, "created": "yesterday"}), "ISO 8601"),
    (json.dumps({key: value for key, value in RECORD.items() if key != "intent"}), "found none named intent"),
    (records.decode(b'{"id": "\xff"}'), "expected UTF-8 text"),
])
def test_a_line_that_is_no_record_is_named(line, message):
    with pytest.raises(Reject, match=message):
        records.validate(line)


def test_an_unknown_license_does_not_let_us_train():
    for license_text in ("", "no-training", "Owned"):
        with pytest.raises(Reject, match="Ask for consent"):
            records.check_license({**RECORD, "license": license_text})


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


def test_exact_keys_look_past_case_and_punctuation():
    same = {**RECORD, "id": "d-2", "agent": "a-9", "question": "what does the emberline kettle COST"}
    other = {**RECORD, "question": "What does the Emberline Kettle weigh?"}
    keys = [duplicates.exact_key(record) for record in (RECORD, same, other, RECORD)]
    assert duplicates.find_repeats(keys).tolist() == [-1, 0, -1, 0]


@pytest.mark.parametrize("nothing", ["\u200b\u200b", "\u3164", "\ufeff \u2060", "\u2800", "\u00ad"])
@pytest.mark.parametrize("name", ["question", "record", "customer"])
def test_a_text_that_nobody_sees_is_empty(nothing, name):
    with pytest.raises(records.Reject, match=f"expected text in '{name}', found an empty text"):
        records.validate(json.dumps({**RECORD, name: nothing}))


@pytest.mark.parametrize("nothing", ["<p>&nbsp;</p>", "<br>", "<div>\u200b</div>", "&#8203;", "&amp;nbsp;",
                                     "<p>\u3164</p>"])
def test_a_question_of_which_cleaning_leaves_nothing_is_dropped(nothing):
    from ftlab.curation import pipeline

    row = pipeline.prepare(1, json.dumps({**RECORD, "question": nothing}))
    assert row["step"] == "empty_or_truncated" and "expected a question" in row["reason"]


def near_copies(*rows: dict) -> list[int]:
    return duplicates.find_near(np.stack([duplicates.signature(row) for row in rows]),
                                [duplicates.asked(row) for row in rows]).tolist()


def test_near_duplicates_point_to_an_earlier_record():
    near = {**RECORD, "question": "Good morning. What does the Emberline Kettle cost?"}
    far = {**RECORD, "record": "Repairs. A repair takes about 2 weeks.", "question": "How long does a repair take?",
           "reply": "Thanks for asking us about repairs. We need about 2 weeks. Warmly, the Quillmere desk"}
    assert near_copies(RECORD, far, near) == [-1, -1, 0]
    assert duplicates.find_near(np.zeros((0, duplicates.HASHES), dtype=np.uint32), []).tolist() == []


def test_questions_on_one_passage_are_four_examples_and_one_asked_again_is_none():
    passage = ("Guarantee. Every pan is guaranteed for ten years from the day on the receipt. Rust is covered on steel "
               "and never on cast iron, which has to be oiled. Handles are covered for two years. Send the pan to the "
               "workshop in Harrowby and put the receipt in; you get it back within three weeks, mended or new. ") * 3
    asked = [("How long is a pan guaranteed?", "For ten years."), ("Is rust covered?", "On steel it is."),
             ("Where do I send the pan?", "To our workshop in Harrowby."), ("And the handles?", "For two years.")]
    rows = [{**RECORD, "record": passage, "question": q, "reply": f"{a} Warmly, the desk"} for q, a in asked]
    again = {**rows[2], "question": "Hello. Where do I send the pan?"}
    other = {**rows[2], "record": "Repairs of tents and of awnings. Send them to us."}  # same words, another screen
    assert near_copies(*rows, again, other) == [-1, -1, -1, -1, 2, -1]


FRAME = ("Thank you for asking us about it. {} That is what the sheet says, and we have looked twice. The next step: "
         "write to us if it is otherwise. Warmly, the desk")


@pytest.mark.parametrize(("one", "other", "said"), [
    ("Is it red?", "Is it tall?", ("Yes.", "Yes.")),
    ("Can I put the kettle into the oven?", "Can I put the kettle into the freezer?", ("No.", "No.")),
    ("What is the weight of the big kettle with its lid?", "What is the height of the big kettle with its lid?",
     ("It is 30.", "It is 30.")),
    ("Does the lid fit the big pan?", "Does the lid fit the big pan?", ("Yes, it does.", "No, it does not.")),
    ("Does the lid fit the big pan?", "Does the lid not fit the big pan?", ("Yes.", "Yes.")),
    ("How long is the cord of model 12?", "How long is the cord of model 21?", ("It is 2 m.", "It is 2 m.")),
])
def test_what_differs_in_a_word_is_two_examples(one, other, said):
    rows = [{**RECORD, "question": asked, "reply": FRAME.format(told)}
            for asked, told in zip((one, other), said, strict=True)]
    assert near_copies(*rows) == [-1, -1]


@pytest.mark.parametrize("again", [
    "Hello again. Where do I send the broken kettle, please?", "And where do I send the borken kettle?",
    "Where do I send the broken ketttle", "Good day. Where do I send the broken kettle?!",
])
def test_a_courtesy_or_a_slip_makes_no_new_example(again):
    assert near_copies({**RECORD, "question": "Where do I send the broken kettle?"},
                       {**RECORD, "question": again})[1] == 0


def test_words_that_differ_in_a_vowel_sign_are_no_repeats():
    rows = [{**RECORD, "question": word} for word in ("\u0926\u093f\u0928", "\u0926\u0940\u0928")]  # day, poor
    assert duplicates.exact_key(rows[0]) != duplicates.exact_key(rows[1])


def test_a_signature_estimates_the_share_of_common_shingles():
    # 60 words each, the first 40 in common: 39 of the 59 + 59 - 39 = 79 word pairs are shared, 0.494.
    words = [f"w{i}" for i in range(80)]
    a, b = " ".join(words[:60]), " ".join(words[:40] + words[60:])
    one, two = (duplicates.signature({"record": "", "question": text, "reply": ""}) for text in (a, b))
    assert np.mean(one == two) == pytest.approx(39 / 79, abs=0.15)  # standard error sqrt(0.25 / 128) = 0.044


def test_wrong_labels_are_found_without_having_been_learnt():
    kinds = {"price": "how much does the {} cost in dollars", "colour": "which colour and shade has the {}"}
    goods = ["kettle", "pan", "mug", "tent", "stove", "board"]
    texts = [phrase.format(f"{goods[i % 6]} number {i}") for i in range(60) for phrase in kinds.values()]
    given_labels = list(kinds) * 60
    given_labels[10], given_labels[33] = "colour", "price"  # places 10 and 33 were price and colour
    ids = [f"d-{i}" for i in range(120)]
    judges = wrong_intents.train(texts, given_labels, ids)
    wrong = wrong_intents.find_wrong(given_labels, judges.probabilities(texts, ids), judges.intents)
    assert np.flatnonzero(wrong).tolist() == [10, 33]
    assert wrong_intents.train(texts[:2], ["price", "price"], ids[:2]) is None
