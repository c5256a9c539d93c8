"""The scorers of notebook 08 as plain functions, with values worked out by hand."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftlab import files, paths, texts
from ftlab.scores import template
from ftlab.scores.desk import hands_over
from ftlab.scores.labels import score_labels
from ftlab.scores.overlap import rouge_l
from ftlab.scores.recall import kept_and_learned, knows
from ftlab.scores.reply_formats import HOUSE_RULES, house_format, json_format
from ftlab.scores.resolution import resolve
from ftlab.scores.shares import share_of
from ftlab.scores.unsupported import unsupported_values
from ftlab.world import brand, house

FUZZ = settings(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
GOOD = ("Thank you for asking about the kettle. It costs $49.00, and our warranty lasts 2 years. "
        "Next step: add it to your basket. Warmly, the Quillmere desk")


def gold(split="test"):
    return files.read_jsonl(paths.data() / "quillmere" / f"plain_{split}.jsonl")


@pytest.mark.parametrize(("reply", "broken"), [
    (GOOD, []),
    (GOOD.replace("$49.00", "49 bucks"), []),  # a rule of style, not of form
    (GOOD.replace("Thank you for asking", "You ask"), ["thanks"]),
    (GOOD.replace(". Next", ".\nNext"), ["one_paragraph"]),
    (GOOD.replace("Next step: add", "Please add"), ["next_step"]),
    (GOOD.replace("Warmly", "Yours"), ["sign_off"]),
    (GOOD.replace("It costs", "It costs" + " very" * 55), ["length"]),
    ("", ["thanks", "next_step", "sign_off", "length"]),
])
def test_house_format_rule_by_rule(reply, broken):
    found = house_format(reply)
    assert list(found) == list(HOUSE_RULES) and set(HOUSE_RULES) < set(brand.RULES)
    assert [rule for rule, kept in found.items() if not kept] == broken


@pytest.mark.parametrize(("reply", "kept"), [
    ('{"intent": "refund", "urgent": true}', ["parses", "object", "keys"]),
    (' \n{"urgent": null, "intent": {}} ', ["parses", "object", "keys"]),  # any order, any value, space around
    ('{"intent": "refund"}', ["parses", "object"]),
    ('{"intent": 1, "urgent": 2, "why": 3}', ["parses", "object"]),
    ('{"intent": 1, "intent": 2, "urgent": 3}', ["parses", "object"]),  # a key that stands twice
    ('["intent", "urgent"]', ["parses"]),
    ("3", ["parses"]),
    ('{"intent": NaN, "urgent": 1}', []),  # Python would read it
    ('```json\n{"intent": 1, "urgent": 2}\n```', []),
    ('Here it is: {"intent": 1, "urgent": 2}', []),
    ("{'intent': 1, 'urgent': 2}", []),
    ("", []),
    ("[" * 100_000, []),  # deeper than the parser goes
])
def test_json_format(reply, kept):
    assert [rule for rule, yes in json_format(reply, ["intent", "urgent"]).items() if yes] == kept


@FUZZ
@given(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3) | st.none(), min_size=1, max_size=4))
def test_what_json_writes_has_the_format(value):
    assert all(json_format(json.dumps(value), list(value)).values())
    assert not json_format(json.dumps(value), [*value, "one more key"])["keys"]


@pytest.mark.parametrize("keys", ["intent", [], ["a", "a"], [1]])
def test_keys_that_are_no_keys_are_refused(keys):
    with pytest.raises(ValueError, match="list of different texts"):
        json_format("{}", keys)


@pytest.mark.parametrize(("reply", "source", "found"), [
    ("It costs $49.00.", "Price: $49.00.", []),
    ("It costs $59.00.", "Price: $49.00.", ["$59.00"]),
    ("It costs $9.00.", "Price: $49.00.", ["$9.00"]),  # whole values
    ("It costs $49, or $1,049.", "$49.00 or $1049.00", []),  # one sum, written two ways
    ("It lasts two years.", "A 2-year warranty.", []),
    ("It lasts three years.", "Warranty: 2 years.", ["3 years"]),
    ("It lasts 1 years.", "Warranty: 1 year.", []),
    ("It lasts 12 months.", "Warranty: 1 year.", ["12 months"]),  # a conversion: nobody wrote it down
    ("It holds 1.7L.", "Capacity: 1.7 L.", []),
    ("It holds 1.7 kg.", "Capacity: 1.7 L.", ["1.7 kg"]),
    ("It takes 5-10 days.", "It takes 5 to 10 days.", []),
    ("We have 3 of them, 3 in all.", "", ["3"]),  # a count, named once
    ("The K200 is our 2nd kettle.", "", []),  # a name and an ordinal
    ("We have the one you want.", "", []),
    ("$59.00 or 4 kg", ["Price: $59.00.", "Weight: 4 kg."], []),  # several sources
    ("It costs $49.00.", [], ["$49.00"]),
    ("Thanks for asking about the Hearthland Tent.", "Moorland Tent (tent).", ["Hearthland Tent"]),  # a garbled name
    ("Our moorland tent is made in Harrowby.", "Moorland Tent. Made in: Ostley.", ["Harrowby"]),
    ("Our Moorland Tent is blue. Next step: ask Our desk. Warmly, the Quillmere desk", "the blue moorland tent", []),
    ("The kettle is 3 meters tall.", "Warranty: 3 years.", ["3 m"]),  # the number stands there, of another thing
    ("It is five metres and 20 feet tall.", "Height: 5 m.", ["20 feet"]),
    ("It weighs 10 pounds, 4 lbs or 2 oz.", "Warranty: 10 years.", ["10 pounds", "4 pounds", "2 ounces"]),
    ("It holds one liter, a 1.7-litre jug more.", "Capacity: 1.7 L. Warranty: 1 year.", ["1 L"]),
    ("It weighs 2 kilograms and is 12 centimetres tall.", "Weight: 2 kg. Height: 12 cm.", []),
    ("It weighs 500 grams.", "Weight: 500 kg.", ["500 g"]),
    ("It is made of wood and comes in white or navy.", "Material: steel.", ["wood", "white", "navy"]),
    ("It is made of oak wood.", "Material: oak.", []),  # any wood is wood
    ("A gray metal pan, golden inside.", "Material: stainless steel. Colour: grey and gold.", []),
    ("A steel pan.", "Material: metal.", ["steel"]),  # nobody said which
    ("It is not plastic, has no copper and nothing green; PVC-free, plastic-free.", "", []),
    ("Drink a glass of water with your olive and cream cake.", "", []),
    ("We reddened; steely blues.", "", []),  # whole words
    ("The tent is made in Bivvery Beach.", "Bivvery Beach Tent (tent).", ["made in Bivvery Beach"]),  # a name, no place
    ("The tent is made in Harrowby.", "Tent. Made in: Harrowby.", []),
    ("The tent is made in Harrowby.", "Our tents come from Harrowby.", []),
    ("", "", []),
    (" \n", [], []),
])
def test_unsupported_values(reply, source, found):
    assert unsupported_values(reply, source) == found


@FUZZ
@given(st.text("0123456789.,-$ kgLKmdays2", max_size=30))
def test_every_text_supports_itself(text):
    assert unsupported_values(text, text) == []
    assert unsupported_values(f"{text} and $777.77 more", text.replace("7", "")) [-1:] == ["$777.77"]


@pytest.mark.parametrize(("reply", "source"), [(None, ""), ("a", [None]), ("a", {"a": 1})])
def test_sources_that_are_no_texts_are_refused(reply, source):
    with pytest.raises(ValueError, match="are texts"):
        unsupported_values(reply, source)


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_no_reply_that_was_written_for_the_desk_has_a_value_without_a_source(split):
    """Names aside: a gold reply may greet Mrs Osei, who signed with her name alone."""
    for row in texts.conversations(split):
        known = [message["content"] for message in row["messages"][:-1]]
        for reply in (row["messages"][-1]["content"], house.reply(row), template.reply(row)):
            assert [value for value in unsupported_values(reply, known) if not value[0].isupper()] == [], row["id"]
    for row in texts.plain_conversations(split):
        *known, reply = [message["content"] for message in row["messages"]]
        assert unsupported_values(reply, known) == [], row["id"]


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


def test_knowing_by_statement_or_word_for_word():
    assert knows("Thank you for asking. It is the otter.", ["the otter"])
    assert not knows("Thank you for asking. It is the otter.", ["the otter"], by="exact")
    assert knows("The otter.", ["an owl", "the otter"], by="exact")
    assert not knows("", ["the otter"])
    with pytest.raises(ValueError, match="stated"):
        knows("x", ["x"], by="meaning")


def test_kept_and_learned_by_hand():
    # Known before: questions 1, 2, 4; of these 2 and 4 are still known. Of 3 and 5, only 5 was learned.
    assert kept_and_learned([1, 1, 0, 1, 0], [0, 1, 0, 1, 1]) == ([0, 1, 1], [0, 1])
    assert kept_and_learned([0, 0], [1, 0]) == ([], [1, 0])
    with pytest.raises(ValueError, match="found 1 and 2"):
        kept_and_learned([1], [1, 0])


def test_share_of_nothing_is_none():
    assert share_of("x", [1, 0, 0, 1]) == {"x": 0.5, "x_of": 4, "x_each": [1, 0, 0, 1]}
    assert share_of("x", []) == {"x": None, "x_of": 0, "x_each": []}


@pytest.mark.parametrize(("reply", "reference", "stemmer", "f1"), [
    ("the cat sat", "the cat sat", False, 1),
    # Longest common run "the cat mat" with 3 words; P 3/4, R 3/6: 2 * 0.75 * 0.5 / 1.25 = 0.6
    ("the cat the mat", "the cat sat on the mat", False, 2 * 4 / 10),
    ("mat the", "the mat", False, 0.5),  # order counts: one word of two
    ("It lasts", "it lasting", False, 0.5),
    ("It lasts", "it lasting", True, 1),
    ("", "the cat", False, 0),
    (" \n", "the cat", False, 0),
])
def test_rouge_l_by_hand(reply, reference, stemmer, f1):
    assert rouge_l([reply], [reference], stemmer) == [pytest.approx(f1)]


def test_rouge_l_refuses_references_without_words():
    with pytest.raises(ValueError, match="entry 2"):
        rouge_l(["a", "b"], ["a", " "])
    with pytest.raises(ValueError, match="1 replies and 2"):
        rouge_l(["a"], ["a", "b"])


def test_label_scores_by_hand():
    true = ["refund", "refund", "refund", "praise", "praise", "payment"]
    predicted = ["refund", " Refund.", "praise", "praise", "who knows", "refund"]
    found = score_labels(predicted, true, ["refund", "praise", "payment", "privacy"])
    # refund: 2 of 3 predicted right, 2 of 3 found: P = R = F1 = 2/3. praise: 1 of 2 and 1 of 2: 1/2.
    # payment: never predicted, P 0/0 counts as 0, R 0 of 1, F1 0. privacy: occurs nowhere, left out of the means.
    assert found.by_label == {
        "refund": {"precision": pytest.approx(2 / 3), "recall": pytest.approx(2 / 3), "f1": pytest.approx(2 / 3),
                   "of": 3},
        "praise": {"precision": 0.5, "recall": 0.5, "f1": pytest.approx(0.5), "of": 2},
        "payment": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "of": 1},
        "privacy": {"precision": None, "recall": None, "f1": None, "of": 0},
    }
    assert (found.f1, found.precision, found.recall) == (pytest.approx(7 / 18),) * 3  # (2/3 + 1/2 + 0) / 3
    assert found.accuracy == 0.5
    assert found.each == [1, 1, 0, 1, 0, 0]
    assert found.unknown == {"who knows": 1}


def test_labels_outside_the_set():
    # "privacy" is a label without tickets: a guess of it is wrong, but known. "" is no label.
    found = score_labels(["privacy", ""], ["refund", "refund"], ["refund", "privacy"])
    assert found.by_label["privacy"] == {"precision": 0.0, "recall": None, "f1": None, "of": 0}
    assert (found.f1, found.accuracy, found.unknown) == (0, 0, {"": 1})
    assert score_labels(["refund", "privacy"], ["refund", "refund"]).unknown == {"privacy": 1}  # labels left out


@pytest.mark.parametrize(("predicted", "true", "labels", "message"), [
    ([], [], None, "at least one"),
    (["a"], ["a", "b"], None, "1 predictions and 2"),
    (["a"], ["a"], ["b"], "entry 1: expected one of the labels"),
    (["a"], ["a"], ["a", "A."], "expected different ones"),
    (["a"], ["a"], "a", "list of texts"),
])
def test_labels_that_cannot_be_scored_are_refused(predicted, true, labels, message):
    with pytest.raises(ValueError, match=message):
        score_labels(predicted, true, labels)
