"""What mail programs put around a message goes, with a note of what went; what the customer may have said stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlab.curation import mail

ASKED = "How big is it?"


def test_each_part_is_told_in_the_order_in_which_it_went():
    # Quoted lines first, then what ends the text, the last piece before the one above it.
    kept, cut = mail.strip(f"Hello,\nOn Tuesday the desk wrote:\n> We do.\n> Yes.\n\n{ASKED}\n\n"
                           "Kind regards\nAnna Bell\nHead of Tea\n\nSent from my phone\n")
    assert kept == f"Hello,\n\n{ASKED}\n"
    assert cut == [
        {"kind": "quoted mail", "text": "On Tuesday the desk wrote:\n> We do.\n> Yes."},
        {"kind": "notice", "text": "Sent from my phone"},
        {"kind": "signature", "text": "Kind regards\nAnna Bell\nHead of Tea"},
    ]


def test_an_older_mail_goes_with_all_that_follows_it():
    older = "-----Original Message-----\nFrom: the desk\nSent: Monday\n\nIs it the red one? Which?\n\nKind regards\nBen"
    assert mail.strip(f"{ASKED}\n{older}") == (f"{ASKED}\n", [{"kind": "quoted mail", "text": older}])
    assert mail.strip(older) == ("", [{"kind": "quoted mail", "text": older}])


@pytest.mark.parametrize("text", ["", "\n\n", "It is 850 g.", "It costs $4 -- or $5", f"{ASKED} -- the red one",
                                  "It is 850 g -- Anna Bell", "Two sizes:\n--\n", "The desk wrote:", "a > b"])
def test_a_text_without_furniture_is_the_very_same(text):
    assert mail.strip(text) == (text, [])


@pytest.mark.parametrize("lines", [0, 7, 8])
def test_a_signature_has_a_name_and_at_most_seven_lines_more(lines):
    signature = "\n".join(["--", "Anna Bell", *(f"Bell House {i}" for i in range(lines))])
    kept, cut = mail.strip(f"{ASKED}\n{signature}")
    if lines < mail.MOST_LINES:
        assert (kept, cut) == (ASKED, [{"kind": "signature", "text": signature}])
    else:
        assert (kept, cut) == (f"{ASKED}\n{signature}", [])


@pytest.mark.parametrize("below", ["PS: and how heavy?", "P.S. It is urgent", "What now?", "Send it to me!",
                                   "it came broken", "The lid is loose.", "Two things:"])
@pytest.mark.parametrize("above", ["--", "Kind regards"])
def test_words_below_a_name_keep_the_whole_of_it(above, below):
    text = f"{ASKED}\n{above}\nAnna Bell\n{below}"
    assert mail.strip(text) == (text, [])


@pytest.mark.parametrize("closing", ["Kind regards,", "With best wishes", "Many thanks", "Yours sincerely,", "CHEERS!",
                                     "Viele Grüße", "Bien à vous,", "Saludos cordiales", "Cordiali saluti",
                                     "Met vriendelijke groeten"])
@pytest.mark.parametrize("name", ["Anna", "Dr Anna Bell", "Özgür Müller-Lüdenscheidt", "Jan van der Berg"])
def test_closing_words_of_several_languages_go_with_the_name_below(closing, name):
    if name == "Jan van der Berg":  # "der" is none of the small words that a name may hold
        assert mail.strip(f"{ASKED}\n{closing}\n{name}") == (f"{ASKED}\n{closing}\n{name}", [])
    else:
        cut = [{"kind": "signature", "text": f"{closing}\n{name}"}]
        assert mail.strip(f"{ASKED}\n{closing}\n{name}") == (ASKED, cut)


def test_a_rule_ends_only_a_text_that_has_ended_its_sentence():
    for ended in (ASKED, "It is broken.", "It is broken!", "Many thanks", "Thank you for your help and kind regards"):
        assert mail.strip(f"{ended}\n--\nAnna Bell") == (ended, [{"kind": "signature", "text": "--\nAnna Bell"}])
    for open_ in ("I want the red one", "I want,", "I want these two:", "I want the following items."):
        assert mail.strip(f"{open_}\n--\nAnna Bell") == (f"{open_}\n--\nAnna Bell", [])


@pytest.mark.parametrize("asked", [
    "Which of these is oven safe?", "Do you have the following?", "Are those in stock?", "Which is the lighter one?",
    "Which would you take?", "Can I use both?", "Hello. Is it the better of the two?", "Which ones fit my stove?",
    "Which fits?",
])
def test_names_under_a_question_that_asks_about_them_are_no_signature(asked):
    for text in (f"{asked}\n--\nGlow Pot\nTea Jug", f"{asked}\n\n____\nGlow Pot", f"{asked} -- Glow Pot"):
        assert mail.strip(text) == (text, [])


@pytest.mark.parametrize("asked", [
    "Which lid do I need?", "What is its colour?", "How many items?", "Are these red? How heavy is the lid?",
    "Is this one?", "Which of these is oven safe?\nThanks",
])
def test_and_under_another_question_they_are_one(asked):
    assert mail.strip(f"{asked}\n--\nAnna Bell\nHead of Tea") == (
        asked, [{"kind": "signature", "text": "--\nAnna Bell\nHead of Tea"}])


def test_lines_with_a_sign_are_points_under_a_colon_and_sizes_before_a_number():
    for text in ("It is these:\n> the lid\n> the hook", "It holds\n>5 litres\n> 6 litres", "It costs\n> $5 or\n>€6"):
        assert mail.strip(text) == (text, [])
    # Once lines are quoted, a number is too; a blank line does not part them, words do.
    quoted = "> It holds\n\n> 5 litres"
    assert mail.strip(f"{quoted}\nSo I read.") == ("So I read.", [{"kind": "quoted mail", "text": quoted}])
    kept, cut = mail.strip("\n".join(["> the lid", "It is loose.", "> the hook", "It is bent."]))
    assert kept == "It is loose.\nIt is bent." and [part["text"] for part in cut] == ["> the hook", "> the lid"]


def test_a_name_alone_below_quoted_lines_is_a_signature():
    said = f"{ASKED}\n> We do.\n"
    cut = [{"kind": "quoted mail", "text": "> We do."}]
    assert mail.strip(f"{said}Anna Bell") == (ASKED, [*cut, {"kind": "signature", "text": "Anna Bell"}])
    assert mail.strip(f"{said}It leaks.") == (f"{ASKED}\nIt leaks.", cut)
    alone = "> We do.\nAnna Bell"
    assert mail.strip(alone) == ("Anna Bell", cut)  # all that is left of the text


def test_an_answer_in_one_word_below_a_quoted_question_stays():
    kept, cut = mail.strip("\n".join(["Hello,", "> Which colour would you like", "Blue"]))
    assert kept.split() == ["Hello,", "Blue"] and [part["kind"] for part in cut] == ["quoted mail"]


@pytest.mark.parametrize("furniture", [
    "--\nAnna Bell, Harrowby\nI do not read mail on Sundays.", "--\nAnna (they/them)\nDesk, early shift",
    "--\nAnna | Elmstead Rowing Club | volunteer", "--\n\"A good pan outlives its owner.\"\nAnna Bell",
    "_______________\nAnna Bell\nCustomer care | Quillmere\nMonday to Friday, 9 am to 5 pm",
    "--\nThis message is confidential and meant for the addressee only. If you received it in error, delete it.",
    "Ticket closed by Anna on Monday.\nHow did we do? Rate this answer.", "Virus-free. Checked by MailGuard.",
    "*** This mailbox is shared by Anna and Ben. ***", "This mail was scanned for viruses.",
    "From: Anna Bell <anna@post.example>\nTo: Quillmere desk\n\nIs it red?",
    "____________\nFrom: Anna Bell\nSent: Monday\nTo: the desk\nSubject: Question\n\nIs it red?",
    "From: Anna Bell\nDate: Monday\nSubject: Question\n\nIs it red?",
    "On Mon, 3 May 2025 at 9:30, Anna Bell wrote:\nIt came today.",
    "On 3 May Anna Bell <anna@post.example> wrote:\nIt came today.",
])
def test_what_surely_is_furniture_goes(furniture):
    kept, cut = mail.strip(f"How big is it?\n\n{furniture}")
    assert kept.strip() == "How big is it?"
    assert sorted(" ".join(part["text"] for part in cut).split()) == sorted(furniture.split())


@pytest.mark.parametrize("asked", [
    "Is that right?", "Is this true, please?", "So, is it safe?", "Was that meant for me?", "What does that mean?",
    "Hello,\nis this still correct?", "Right?", "Does it still apply to my lamp?", "Can that be true?",
])
@pytest.mark.parametrize("quoted", ["She wrote:\n> the lid is loose\n", "> the lid is loose\n> and it rattles\n\n"])
def test_a_quote_that_the_text_asks_about_stays(quoted, asked):
    for text in (quoted + asked, f"Hello.\n{quoted}{asked} I hope so."):
        assert mail.strip(text) == (text, [])


@pytest.mark.parametrize("said", [
    "It still rattles.", "Is the lamp right for me?", "That is right. Thanks!", "Does it come in blue?",
    "Right, I see.",
    "Right. How heavy is it?",
])
def test_and_another_quote_goes(said):
    kept, cut = mail.strip(f"She wrote:\n> the lid is loose\n{said}")
    assert kept == said and [part["kind"] for part in cut] == ["quoted mail"]


@pytest.mark.parametrize("text", [
    "> Warmly, the Quillmere desk", "It is 850 g. -- Anna Bell", "-- Original message --", "Begin forwarded message:",
    "On Monday 3 May anna@post.example wrote:",
])
def test_furniture_in_a_single_line_is_found(text):
    assert mail.strip(text)[1]


@given(st.lists(st.sampled_from(["How big is it?", "--", "Anna Bell", "> yes", "Kind regards", "", "Monday she wrote:",
                                 "____", "Sent from my phone", "### 1", "PS: and how heavy?", "It costs $4 at most."]),
                max_size=9))
def test_law_nothing_is_lost_between_the_text_and_what_was_cut(lines):
    text = "\n".join(lines)
    kept, cut = mail.strip(text)
    assert sorted(" ".join([kept, *(part["text"] for part in cut)]).split()) == sorted(text.split())
    assert all(line in kept for line in lines if line.endswith("?"))


@pytest.mark.parametrize("text", [
    "Engrave it with:\nBest wishes\nAnna", "The card should say\nMany thanks\nTom", "Put this on the mug.\nCheers\nDad",
    "Send it to this address.\n--\nAnna Bell\n12 High Street\nHarrowby", "I want this one.\n--\nHarbour Tent",
    "Please print on the card:\n\nKind regards\nAnna", "Please deliver here.\nThank you\nAnna Bell\n12 High Street",
    "What should the card say? I suggest this.\nWith best wishes\nGrandma",
    "The tag must read as follows.\nCheers\nDad",
    "I would like to have on it\nAll the best\nAnna", "The card should say\n\nMany thanks\nTom",
])
def test_closing_words_that_the_line_above_asks_for_are_no_signature(text):
    assert mail.strip(text) == (text, [])


@pytest.mark.parametrize("above", [
    "It is late.", "How big is it?", "Is this one?", "My order is late\n", "The card is torn.", "Thanks for your help",
    "I waited,", "Please print the invoice again.", "I wanted to ask this.", "I bought it here.", "It should be red.",
    "I put one in my basket on Monday.", "I put it on the stove and it broke.",
])
def test_and_under_another_line_they_are_one(above):
    kept, cut = mail.strip(f"{above}\nKind regards\nAnna Bell")
    assert kept == above and cut == [{"kind": "signature", "text": "Kind regards\nAnna Bell"}]


@pytest.mark.parametrize("closing", ["\n\nKind regards\nAnna", "\n--\nAnna", " -- Anna"])
@pytest.mark.parametrize("end", ["", ".", "? x", "?"])
@pytest.mark.parametrize("words", ["it should say ", "engrave ", "and put ", "send ", "these ", "which of ",
                                   "the card and "])
def test_a_long_line_above_a_signature_is_soon_read(words, end, closing):
    above = words * (100_000 // len(words)) + f"x{end}"
    kept, cut = mail.strip(above + closing)
    assert sorted(" ".join([kept, *(part["text"] for part in cut)]).split()) == sorted((above + closing).split())
