"""What programs leave on a text goes, the customer's own words stay, and what went is told."""

from __future__ import annotations

import pytest
from dump_record import RECORD, REPLY
from hypothesis import given
from hypothesis import strategies as st

from ftlab.curation import lineage, normalize, personal


@pytest.mark.parametrize(("raw", "clean"), [
    ("<p>Is it red?<br>Thanks.</p>", "Is it red? Thanks."),
    ("Is&nbsp;it &amp;quot;red&amp;quot;?", 'Is it "red"?'),  # escaped twice
    ("Is 3 < 5 and 7 > 2?", "Is 3 < 5 and 7 > 2?"),
    ("<system>hello</system> <EMAIL_1>", "<system>hello</system> <EMAIL_1>"),
    ("A cafÃ© in town?", "A café in town?"),
    ("Is it “red”?\u200b", 'Is it "red"?'),
    ("<style>p {color: red}</style><h3>Message</h3>Hello.", "Hello."),
    ("How big is it?\n\n--\nAnna Bell\nBell Ltd", "How big is it?"),
    ("How big is it?\nSent from my phone", "How big is it?"),
    ("How big is it?\n\nOn Tue, 3 May 2025, the desk wrote:\n> We do.\n> Yes.", "How big is it?"),
    ("> We do.\n> Yes.\nThank you, and how big is it?", "Thank you, and how big is it?"),
    ("How big is it?\n\nKind regards\nAnna Bell\nHead of Tea", "How big is it?"),
    ("How big is it? Kind regards, Anna.", "How big is it? Kind regards, Anna."),  # within the customer's own words
    ("<h2>Your message:</h2>Hello.", "Hello."),  # a form's label
    ("<h2>The red one</h2>is late.", "The red one is late."),  # a heading of the customer's own
    ("How big is it?\n\n____\nAnna Bell\nBell Ltd | Harrowby", "How big is it?"),
    ("How big is it?\nBest wishes\nAnna\n\nSent from my tablet", "How big is it?"),
    ("How big is it?\nThis e-mail and any attachments are confidential.", "How big is it?"),
    ("How big is it?\n-----Original Message-----\nFrom: the desk\nSent: Monday\n\nHello.", "How big is it?"),
    (REPLY, REPLY),
])
def test_what_programs_leave_on_a_text_is_taken_off(raw, clean):
    assert normalize.clean_text(raw) == clean


@given(st.text(max_size=200))
def test_cleaning_takes_any_text(text):
    found = normalize.clean_text(text)
    assert found == " ".join(found.split())


@pytest.mark.parametrize("text", [
    "The message is in my drafts since Monday. Shall I send it again?",
    "My first ticket was closed by somebody. Can you open it?",
    "What I did:\n## 1. Oiled it\n## 2. Dried it\nIt still rusts.",
    "Broken are\n--- left ---\nthe hinge\n--- right ---\nthe hook",
    "One thing:\n---\nThe hinge is loose. What do I do?",
    "Hello\n--\nThe hinge is loose. Please send another.",
    "This is on it:\n***\nMade by hand\n***\nIs it true?",
    "On the lid somebody wrote: not for gas. Is that so?",
    "On Monday your colleague wrote: wait. Until when?",
    "From: Elmstead to: Harrowby, how many days?",
    "Write it here: ________ Is there room?",
    "It bent. -- The hinge is loose. What now?",
    "Thanks\nOne more thing: does it fit a 20 cm pan?",
    "Thank you\nThe red one came broken",
    "Two things:\n> the hinge is loose\n> the hook too",
    "Is 5<b and a>4 on the chart?", "Is a<b>c right?", "x <i and j> y", "Is 3<5 and 7>2?",
    "Sent from my shop it came broken.", "Sent with the wrong label.\nWhat now?",
    "Please rate this pan for me.\nIs it good?", "Virus-free? So says my mail.",
    "The case is closed.\nThe hinge is not.", "[two photos]",
    "Order 4711\n--\nHello, the lid of my kettle is loose and it leaks.\nPlease send a new one.",
    "Two things:\n--\nFirst, the lid is loose.\n--\nSecond, the handle too.",
    "I opened it.\n___\nUnfortunately, the lid broke.",
    "It leaks. -- Second, the handle is loose.",
    "I want these two.\n--\nRed Kettle, the large one\nBlue Pan, 20 cm",
    "I want these two.\n--\nRed Kettle\nBlue Pan", "I need:\n--\nRed Kettle\n--\nBlue Pan",
    "It shows this.\n--\n\"E4\" blinks on the display.",
    "Please quote a delivery.\nFrom: Harrowby\nTo: Elmstead\nWhen would it come?",
    "From: Harrowby\nTo: Elmstead\nDate: 3 May\nWhen would it come?",
    "On 3 May at 9:30 your colleague wrote:\nYou get a lid.\nI still have none. When?",
    "On 3 May 2025 at 9:30 Mrs Bell wrote:\nYou get a lid.\nI still have none. When?",
    "I have one thing to add.\nThis message is meant for the repair team.",
    "It came twice.\nThe mail was checked by nobody.", "I still wait.\nTicket was closed.",
    "I still wait.\nTicket 4711 was closed.", "It is a gift.\nThis message is confidential, do not tell my wife.",
    "It came in foil.\nPlease consider the environment and use paper.", "I am no smith.\nDisclaimer: I am no smith.",
    "It came twice.\nBell Ltd registered the order twice.", "So it is.\n[automatic kettle, red]",
    "It came.\n*** my mail address is wrong ***", "The list.\n>5 litres\n>6 litres", "It holds\n> 5 litres",
    "To unsubscribe, click says the page, but nothing happens.", "The <title> of the booklet is wrong. Is it mine?",
    "The <script> on the lid is hard to read.",
    "Look <!-- here. The lamp is broken. Where is my refund?", "Set it to <!doctype and then? It fails.",
    "a <- b <!-- c", "The error is <table> not found", "Use the <label> printer", "The <small> size",
    "I want the <strong> one", "The <small> size or the <p> size?",
    "The app says <input> missing", "Type <br> here?", "(<div> appears)",
    "`<br>` works", "Is it `<br/>` or `<hr>`?", "The error is <table>", "I typed <br>", 'It says "<br>" twice',
])
def test_the_customers_own_words_stay(text):
    cut = []
    assert normalize.clean_text(text, cut) == " ".join(text.split())
    assert cut == []


@pytest.mark.parametrize(("raw", "clean"), [
    ("press &lt;hr&gt; key", "press <hr> key"), ("Error &lt;div&gt; appears", "Error <div> appears"),
    ("The lid.<br>The hook.", "The lid. The hook."), ("The lid. <br> The hook.", "The lid. The hook."),
    ("The lid <br>\nThe hook", "The lid The hook"),
    ("the lid <br> the hook <br> the base", "the lid the hook the base"), ("<li>lid<li>base", "lid base"),
    ("<br/>", ""), ("Thanks <br />", "Thanks"), ("Thanks <br>\n", "Thanks"), ("Hi <br/> there", "Hi there"),
    ("My lid is broken <br> Can you help?", "My lid is broken Can you help?"),
    ("My order <br> is <p> late", "My order is late"), ("Hello <hr> I wait", "Hello I wait"), ("Thanks </p>", "Thanks"),
    ("<!DOCTYPE html><p>The lid</p>", "The lid"), ("the <strong>red</strong> lid", "the red lid"),
])
def test_a_tag_among_words_stays_and_what_marks_up_a_text_goes(raw, clean):
    assert normalize.clean_text(raw) == clean


@pytest.mark.parametrize(("raw", "clean", "kind", "text"), [
    ("Look <!-- the lid is red --> here.", "Look here.", "comment", "the lid is red"),
    ("<!--> shown --> <!-- red -->", "shown -->", "comment", "red"),
    ("<p>Step <!-- 2 > 1 --> done</p>", "Step done", "comment", "2 > 1"),
    ("<a href='https://x.example/order/12'>here</a> it is", "here it is", "link", "https://x.example/order/12"),
    ("<img src=x alt='the broken lid'> see", "see", "picture", "the broken lid"),
])
def test_words_in_the_source_alone_go_into_the_record_of_what_was_cut(raw, clean, kind, text):
    cut = []
    assert normalize.clean_text(raw, cut) == clean and cut == [{"kind": kind, "text": text}]


def test_an_agents_signature_under_the_houses_goes():
    assert normalize.clean_text(f"{REPLY}\n\n--\nAnna\nQuillmere support desk") == REPLY


def test_hindi_keeps_the_joiners_that_shape_its_letters():
    assert normalize.clean_text("\u0915\u094d\u200d\u0937 a\u200db") == "\u0915\u094d\u200d\u0937 ab"


def test_what_was_cut_is_masked_kept_in_the_lineage_and_counted():
    question = ("<h3>Message</h3>How big is it?\n\nKind regards\nAnna Bell\n\n"
                "On 3 May, <anna@post.example> wrote:\n> Hello.\n")
    record = personal.mask(normalize.normalize({**RECORD, "question": question}))
    assert record["question"] == "How big is it?"
    assert [(part["in"], part["kind"], part["text"]) for part in record["cut"]] == [
        ("question", "form heading", "Message"),
        ("question", "quoted mail", "On 3 May, <<EMAIL_1>> wrote:\n> Hello."),
        ("question", "signature", "Kind regards\nAnna Bell"),
    ]
    row = lineage.kept_row({**record, "split": "train"}, 7, ["normalize"])
    assert "cut" not in row and row["lineage"]["cut"] == record["cut"]
    assert row["lineage"]["sha256"] == lineage.content_hash({**RECORD, "question": "How big is it?"})
    card = lineage.data_card("raw.jsonl", "0", [row, row], [], {})
    assert card["cut"] == {"form heading": 2, "quoted mail": 2, "signature": 2}
    assert normalize.normalize(RECORD) is RECORD and lineage.kept_row(RECORD, 1, [])["lineage"]["cut"] == []
