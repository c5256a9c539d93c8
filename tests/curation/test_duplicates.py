"""Exact and near copies: what counts as one, and what is another example."""

import numpy as np
import pytest
from dump_record import RECORD

from ftlab.curation import duplicates


def test_exact_keys_look_past_case_and_punctuation():
    same = {**RECORD, "id": "d-2", "agent": "a-9", "question": "what does the emberline kettle COST"}
    other = {**RECORD, "question": "What does the Emberline Kettle weigh?"}
    keys = [duplicates.exact_key(record) for record in (RECORD, same, other, RECORD)]
    assert duplicates.find_repeats(keys).tolist() == [-1, 0, -1, 0]


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
    ("Does it stand -5 degrees?", "Does it stand 5 degrees?", ("Yes.", "Yes.")),
    ("Is it > 5 litres?", "Is it < 5 litres?", ("No.", "No.")),
    ("Do you sell C++ books?", "Do you sell C# books?", ("Yes.", "Yes.")),
    ("Is it over $5?", "Is it over €5?", ("Yes.", "Yes.")),
    ("Is it made of metal?", "Is it made of mental?", ("Yes.", "Yes.")),
    ("Is it safe for the dairy?", "Is it safe for the diary?", ("Yes.", "Yes.")),
    ("I can use it?", "I will use it.", ("Yes.", "Yes.")), ("Can it float?", "Will it float?", ("Yes.", "Yes.")),
    ("How long is the cord of model 12?", "How long is the cord of model 21?", ("It is 2 m.", "It is 2 m.")),
])
def test_what_differs_in_a_word_is_two_examples(one, other, said):
    rows = [{**RECORD, "question": asked, "reply": FRAME.format(told)}
            for asked, told in zip((one, other), said, strict=True)]
    assert near_copies(*rows) == [-1, -1]
    assert duplicates.find_repeats([duplicates.exact_key(row) for row in rows]).tolist() == [-1, -1]


@pytest.mark.parametrize("place", ["before", "behind", "around"])
@pytest.mark.parametrize("replies", [["Yes."] * 4, ["Yes.", "No.", "Yes.", "No."]])
@pytest.mark.parametrize("times", [1, 3])  # 260 bytes of it, and more than are kept for comparing
def test_questions_with_one_passage_pasted_into_them_are_four_examples(times, replies, place):
    passage = ("I bought the Gallivant Camp Kettle in March and used it on every trip since then, mostly on gas stoves "
               "and sometimes over a small wood fire, always with clean spring water and never with milk or soup, and "
               "I dried it each time before packing it away into its bag. ") * times
    around = {"before": "{1}{0}", "behind": "{0} {1}", "around": "{1} {0} {1}"}[place]
    asked = ["Is it dishwasher safe?", "Does the lid lock?", "Is the handle heat proof?", "Can it hold milk?"]
    rows = [{**RECORD, "question": around.format(question, passage), "reply": FRAME.format(reply)}
            for question, reply in zip(asked, replies, strict=True)]
    assert near_copies(*rows, {**rows[1], "question": f"Hello. {rows[1]['question']}"}) == [-1, -1, -1, -1, 1]


@pytest.mark.parametrize("again", [
    "Hello again. Where do I send the broken kettle, please?", "And where do I send the borken kettle?",
    "Can you tell me where do I send the broken kettle?", "Where do I send the broken ketttle",
    "Were do I send the broken kettle?", "Good day. Where do I send the broken kettle?!",
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


def test_in_a_long_question_a_slip_may_make_another_word():
    told = "I wait since Monday and have nothing heard from your colleagues in the workshop. {} do I send the kettle?"
    rows = [{**RECORD, "question": told.format(word)} for word in ("Where", "Were")]
    assert near_copies(*rows) == [-1, 0]
