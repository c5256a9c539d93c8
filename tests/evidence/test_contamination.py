import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftlab.evidence import contamination
from ftlab.evidence.contamination import contaminated

ITEM = "How many litres does the Fenwick kettle hold when it is filled up to the upper mark on its side?"
OTHER = "Which of your garden shears would you choose for somebody who has small hands and a very old hedge?"
SIGN_OFF = "Thank you for your message. We are glad to help and wish you a lovely day. Warmly, the Quillmere desk"


def pairs(train, test, **named):
    return [(found.train_index, found.test_index) for found in contaminated(train, test, **named)]


def test_a_copy_is_found_and_nothing_else():
    (found,) = contaminated([OTHER, ITEM], [ITEM])
    assert found[:3] == (1, 0, 1.0)
    assert found.shared == " ".join(contamination.words(ITEM))
    assert contaminated([OTHER], [ITEM]) == []
    assert contamination.Index([ITEM]).overlap(OTHER) == []


def test_a_copy_with_two_words_changed_and_wrapped_in_other_text_is_found():
    # 19 words, two changed: 17 / 19 = 0.895 of the words are left, all of them in one test item only.
    changed = ITEM.replace("litres", "cups").replace("filled", "poured")
    (found,) = contaminated([f"{OTHER} And then: {changed} {OTHER}"], [ITEM])
    assert found.share == pytest.approx(17 / 19, abs=0.03)
    assert "litres" not in found.shared and "kettle" in found.shared


@pytest.mark.parametrize("copy", [
    ITEM.upper(), ITEM.replace(" ", "\n\n"), ITEM.replace("?", "!!").replace(" it", ", it"),
    ITEM.replace("fi", "\ufb01"),  # one sign for two letters
])
def test_case_spacing_punctuation_and_unicode_make_no_difference(copy):
    assert contaminated([copy], [ITEM])[0].share == 1


def test_accents_and_texts_without_spaces():
    item = "Wieviel Kilogramm wiegt die gr\u00fcne K\u00fcchenwaage aus dem Laden am Fluss in Harrowby?"
    assert pairs([item.replace("\u00fc", "u\u0308")], [item]) == [(0, 0)]
    item = "\u8fd9\u4e2a\u6c34\u58f6\u53ef\u4ee5\u88c5\u591a\u5c11\u5347\u6c34\u5462"  # 12 signs, 12 words
    assert len(contamination.words(item)) == 12
    assert pairs([f"\u4f60\u597d {item} \u8c22\u8c22"], [item]) == [(0, 0)]


def test_hindi_and_thai_words_are_not_cut():
    item = "नई केतली में दो लीटर पानी आता है और वह हरी है"  # 11 words
    other = "नया कतला मं दा लटर पना अता ह आर वहा हरा हे"  # the same consonants, other vowel signs: other words
    assert pairs([other], [item]) == [] and pairs([f"सुनिए, {item}। धन्यवाद!"], [item]) == [(0, 0)]
    item, other = "กาน้ำสีเขียวใบนี้จุได้สองลิตร", "กุนาสาขยวบนาจดสงลตร"
    assert pairs([other], [item]) == [] and pairs([f"สวัสดี{item}ขอบคุณ"], [item]) == [(0, 0)]
    assert pairs(["ขอบคุณสำหรับคำตอบของร้าน"], ["ขอบคุณ"]) == []  # five letters, one word: in anybody's sentences


def test_short_items_are_found_as_a_whole_only():
    test = ["Do you deliver to islands?", "Yes", ""]
    train = ["Hello! Do you deliver to islands? I live on one.", "Do you deliver to mountains?", "Yes, we do.", "yes!",
             ""]
    assert pairs(train, test) == [(0, 0), (3, 1)]


@pytest.mark.parametrize("common", [contamination.COMMON, 100])  # 100: every n-gram makes a candidate
def test_a_shared_sign_off_is_no_contamination(common, monkeypatch):
    monkeypatch.setattr(contamination, "COMMON", common)
    test = [f"{start} {SIGN_OFF}" for start in ("The kettle holds two litres.", "Your parcel left on Monday.",
                                                "The lamp is made of brass.", "Returns take ten days.",
                                                "Our shop closes at noon.", "The knife is not for dishwashers.",
                                                "Vouchers never run out.")]
    train = [f"The bread bin is sold out. {SIGN_OFF}", f"Please write again. {SIGN_OFF}"]
    assert pairs(train, test) == []
    assert pairs([*train, test[3]], test) == [(2, 3)]
    # Each word counting the same, 20 of the 24 to 26 words of an item are there, a share over the threshold.
    monkeypatch.setattr(contamination, "_weights", lambda item, around: [1.0] * len(item))
    assert pairs(train, test) != []


def test_copies_within_the_test_set_do_not_hide_each_other():
    assert pairs([ITEM], [ITEM] * 20 + [OTHER]) == [(0, i) for i in range(20)]


def test_a_template_is_told_from_a_copy():
    names = ["Fenwick kettle", "Harrow lamp", "Elder board", "Stan pan", "Ash knife", "Wren bowl", "Marrick mug"]
    test = [f"Could you please tell me how much the {name} costs in your shop this week?" for name in names]
    train = [test[0].replace("Fenwick kettle", "Solstice clock"), test[1]]
    assert pairs(train, test) == [(1, 1)]


@settings(max_examples=80, deadline=None)
@given(length=st.integers(14, 60), seed=st.integers(0, 10**6), n=st.integers(4, 13))
def test_law_two_changed_words_hide_no_item_of_14_words_or_more(length, seed, n):
    draw = random.Random(seed)
    test = [[f"{letter}{i}" for i in range(length)] for letter in "ab"]
    copy = list(test[0])
    for place in draw.sample(range(length), 2):
        copy[place] = "other"
    wrapped = " ".join([*(f"x{i}" for i in range(draw.randrange(30))), *copy, "y", "z"])
    found = contaminated([wrapped], [" ".join(item) for item in test], n=n)
    if length >= n:
        assert [(one.train_index, one.test_index) for one in found] == [(0, 0)]
        assert found[0].share >= (length - 2) / length - 0.05
    else:
        assert found == []


@pytest.mark.parametrize("place", range(8))
def test_one_changed_word_hides_no_item_of_8_words(place):
    item = ["some", "hens", "lay", "eggs", "that", "shine", "like", "silver"]
    changed = [*item[:place], "other", *item[place + 1:]]
    assert pairs([" ".join(changed)], [" ".join(item)]) == [(0, 0)]


@given(at_least=st.floats(0, 1), seed=st.integers(0, 10**6))
def test_law_a_least_share_only_leaves_out_what_is_below_it(at_least, seed):
    draw = random.Random(seed)
    index = contamination.Index([ITEM, OTHER, SIGN_OFF])
    parts = [text.split()[draw.randrange(6):draw.randrange(8, 22)] for text in (OTHER, ITEM, SIGN_OFF)]
    mixed = " ".join(" ".join(part) for part in parts)
    assert index.overlap(mixed, at_least) == [one for one in index.overlap(mixed) if one.share >= at_least]


def test_the_train_side_is_a_stream():
    assert pairs((text for text in [OTHER, ITEM]), [ITEM]) == [(1, 0)]


@pytest.mark.parametrize(("call", "message"), [
    (lambda: contaminated([ITEM], [ITEM], n=3), "at least 4 words"),
    (lambda: contaminated([ITEM], [ITEM], threshold=75), "threshold"),
    (lambda: contaminated(ITEM, [ITEM]), "train_texts: expected a list"),
    (lambda: contaminated([ITEM], ITEM), "test_texts: expected a list"),
    (lambda: contaminated([ITEM, {"role": "user"}], [ITEM]), r"train_texts\[1\]: expected a text, found dict"),
])
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("short", ["ありがとう", "谢谢你们", "价格多少"])
def test_a_few_signs_without_blanks_are_found_as_a_whole_text_alone(short: str) -> None:
    assert contaminated([f"{short}。注文はまだです。"], [short]) == []
    assert [one.share for one in contaminated([short], [short])] == [1.0]
