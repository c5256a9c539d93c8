"""Support conversations and tickets: right, on brand, and held out where they say so."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from ftlab import values
from ftlab.world import brand, fitting, pairs, quillmere, support


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return support.conversations()


@pytest.fixture(scope="module")
def tickets() -> list[dict]:
    return support.tickets()


def plain(text: str) -> str:
    return " ".join(text.lower().split())


def content(row: dict, role: str) -> str:
    return next(message["content"] for message in row["messages"] if message["role"] == role)


def test_counts(rows: list[dict], tickets: list[dict]) -> None:
    splits = Counter(row["split"] for row in rows)
    assert splits["train"] >= 1400 and splits["valid"] >= 150 and splits["test"] >= 250
    assert all(len({row["intent"] for row in rows if row["split"] == split}) >= 8 for split in splits)
    assert len(tickets) >= 600 and len({ticket["intent"] for ticket in tickets}) >= 8
    assert 0.06 <= sum(row["intent"] == "escalate" for row in rows) / len(rows) <= 0.11


def test_every_gold_reply_is_on_brand_and_right(rows: list[dict]) -> None:
    for row in rows:
        reply = content(row, "assistant")
        assert brand.on_brand(reply), (reply, brand.check(reply))
        assert values.states_all(reply, row["expected"]), (reply, row["expected"])
        assert not values.contradicts(reply, row["expected"], content(row, "system")), reply
        assert (support.HANDED_OVER in reply) == (row["intent"] == "escalate")


def test_the_screen_holds_the_answer(rows: list[dict]) -> None:
    for row in rows:
        screen = content(row, "system")
        if row["attribute"] == "dishwasher_safe":
            assert f"Dishwasher safe: {row['value']}." in screen
        elif row["intent"] != "escalate":
            assert values.states_all(screen, row["expected"]), (screen, row["expected"])


def test_lengths(rows: list[dict]) -> None:
    for row in rows:
        assert 6 <= len(content(row, "user").split()) <= 30
        assert 18 <= len(content(row, "assistant").split()) <= 42
        assert len(content(row, "system").split()) <= 60


@pytest.mark.parametrize("split", ["valid", "test"])
def test_nothing_held_out_occurs_in_train(rows: list[dict], split: str) -> None:
    train, held = ([row for row in rows if row["split"] == name] for name in ("train", split))
    for key in ("product", "policy", "question_phrasing"):
        assert not ({row[key] for row in train} & {row[key] for row in held}) - {None}, key
    assert not {plain(content(row, "user")) for row in train} & {plain(content(row, "user")) for row in held}
    seen = " ".join(plain(message["content"]) for row in train for message in row["messages"])
    for name in {row["product"] for row in held} - {None}:
        assert name.lower() not in seen


def test_held_out_question_texts_are_not_train_texts() -> None:
    texts: dict[str, set[str]] = {split: set() for split in quillmere.SPLITS}
    for row in support._table("support_questions"):
        texts[row["split"]].add(plain(row["text"]))
    splits = {policy.id: policy.split for policy in quillmere.policies()}
    for row in support._table("support_policies"):
        texts[splits[row["policy"]]].update([plain(row["ask_1"]), plain(row["ask_2"])])
    for policy in quillmere.policies():
        for fact in policy.facts:
            texts[policy.split].update(map(plain, fact.asks_train if policy.split == "train" else fact.asks_test))
    assert sum(map(len, texts.values())) == len(set().union(*texts.values()))


def on_screen(row: dict, product: quillmere.Product) -> bool:
    """Whether the desk sees four facts of the product's record and nothing else."""
    head, *facts = content(row, "system").split(". ")
    title, *lines = product.record().rstrip(".").split(". ")
    return head == title and len(facts) == 4 and {fact.rstrip(".") for fact in facts} <= set(lines)


def test_rows_agree_with_the_facts(rows: list[dict]) -> None:
    products = {product.name: product for product in quillmere.products()}
    for row in rows:
        if row["product"]:
            product = products[row["product"]]
            assert row["split"] == product.split
            assert on_screen(row, product)
            if row["intent"] not in ("escalate", "care"):
                assert row["expected"] == [product.fact(row["attribute"])]
                assert values.states_all(content(row, "system"), row["expected"])


def test_real_variety(rows: list[dict]) -> None:
    replies = [content(row, "assistant") for row in rows]
    assert len(set(replies)) > 0.9 * len(replies)
    assert max(Counter(content(row, "user") for row in rows).values()) <= 6
    phrasings = {row["question_phrasing"] for row in rows if row["split"] == "train"}
    assert sum(name.startswith("price-") for name in phrasings) >= 12
    for about in [*quillmere.ATTRIBUTES, "policy"]:
        parts = [row["part"] for row in support._table("support_replies") if row["about"] == about]
        assert min(Counter(part for part in parts if part not in ("thanks", "next")).values()) >= 8, about


def test_intents_are_the_tables(rows: list[dict], tickets: list[dict]) -> None:
    assert {row["intent"] for row in rows} == {row["id"] for row in support.intents() if row["conversations"] == "yes"}
    assert {row["intent"] for row in tickets} == {row["id"] for row in support.intents() if row["tickets"] == "yes"}


def test_same_rows_every_time_and_unique_ids(rows: list[dict], tickets: list[dict]) -> None:
    assert json.dumps(rows) == json.dumps(support.conversations())
    assert json.dumps(tickets) == json.dumps(support.tickets())
    assert len({row["id"] for row in rows}) == len(rows) and len({row["id"] for row in tickets}) == len(tickets)


def test_tickets_are_held_out(tickets: list[dict]) -> None:
    train, held = ([row for row in tickets if (row["split"] == "train") is wanted] for wanted in (True, False))
    assert not {row["product"] for row in train} & {row["product"] for row in held} - {None}
    assert not {plain(row["text"]) for row in train} & {plain(row["text"]) for row in held}
    texts: dict[str, set[str]] = {split: set() for split in quillmere.SPLITS}
    for row in support._table("support_tickets"):
        texts[row["split"]].add(plain(row["text"]))
    assert sum(map(len, texts.values())) == len(set().union(*texts.values()))
    assert len({row["text"] for row in tickets}) == len(tickets)


def test_conversations_of_2026_show_the_new_facts() -> None:
    products = {product.name: product for product in quillmere.products(2026)}
    rows = support.conversations(2026)
    assert all(on_screen(row, products[row["product"]]) for row in rows if row["product"])
    assert all(values.states_all(content(row, "assistant"), row["expected"]) for row in rows)


def test_no_ticket_depends_on_what_2026_changed(tickets: list[dict]) -> None:
    """So there are none of 2026: a ticket takes no more than a name from the catalogue; its figures are words."""
    rows = support._table("support_tickets")
    assert set(re.findall(r"\{(\w+)\}", " ".join(row["text"] for row in rows))) <= {"x", "name", "noun", "Noun"}
    assert not [ticket["text"] for ticket in tickets if re.search(r"\d", ticket["text"])]
    words = {"1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "10": "ten",
             "12": "twelve", "15": "fifteen", "30": "thirty", "45": "forty-five"}  # fmt: skip
    told = [value.split() for update in quillmere.updates() for value in (update.old, update.new) if " " in value]
    said = "|".join(sorted({f"{words[number]} {unit}" for number, unit in told}))
    assert not [ticket["text"] for ticket in tickets if re.search(rf"\b(?:{said})\b(?! ago)", ticket["text"].lower())]
    later = {product.name: product for product in quillmere.products(2026)}
    about = [row for row in rows if re.search("price|warranty", row["goods"])]
    found = [later[ticket["product"]] for row in about for ticket in tickets if ticket["product"]
             and row["text"].format(x=f"the {ticket['product']}").lower() in ticket["text"].lower()]
    assert len(about) == 1 and len(found) == 2  # "Can I pay for {x} in three parts?", which asks for a price over $40
    assert all(fitting.suits(product, about[0]["goods"]) for product in found)


OUTDOORS = {"flask", "lantern", "tent", "stove", "cooler"}
CAN_HAVE = {  # what a ticket speaks of, and the goods that can have it
    r"\bhandle": {"kettle", "pan", "knife"}, r"\bpoles?\b": {"tent"}, r"\blid\b": {"kettle", "flask"},
    r"\bbent\b": {"tent", "stove", "lantern", "knife", "pan"},
    r"\bscrew": {"lantern", "stove"}, r"\b(?:spare|new) part": {"kettle", *OUTDOORS},
    r"stopped working|no longer works|came apart": {"lantern", "stove"}, r"\bpeel": {"flask", "lantern"},
    r"when it is empty": {"kettle", "pan", "mug", "flask", "cooler"}, r"each morning": {"kettle", "mug"},
    r"on a trip": OUTDOORS}


def test_no_ticket_asks_for_what_the_goods_cannot_have(tickets: list[dict]) -> None:
    nouns = {product.name: product.noun for product in quillmere.products()}
    for ticket in tickets:
        for words, goods in CAN_HAVE.items():
            if ticket["product"] and re.search(words, ticket["text"], re.IGNORECASE):
                assert nouns[ticket["product"]] in goods, ticket["text"]
        if ticket["product"] and ticket["intent"] == "repairs":
            assert nouns[ticket["product"]] != "mug", ticket["text"]


def test_every_ticket_row_can_be_about_some_product_of_its_split() -> None:
    for row in support._table("support_tickets"):
        mentioned = [word for word in row["goods"].split() if not word.startswith("-")]
        fits = [product for product in quillmere.products() if fitting.suits(product, row["goods"])]
        assert row["split"] in {product.split for product in fits}, row
        if row["intent"] == "repairs" and ("{x}" in row["text"] or "oun}" in row["text"]):
            assert mentioned, f"support_tickets.csv: expected the nouns that can be mended, found none in {row}"


def test_every_ticket_about_a_product_asks_something() -> None:
    rows = [row for row in support._table("support_tickets") if row["intent"] == "product"]
    for row in rows:
        assert row["part"] in ("subject", "more") or re.search(r"\?$|I would like to know|I only want to know|"
                                                               r"I am only asking|do not know yet", row["text"]), row


def test_yes_means_that_the_dishwasher_is_fine() -> None:
    """The reply begins with "Yes" where a thing is dishwasher safe: no question may turn that round."""
    asks = [row["text"] for row in support._table("support_questions") if row["about"] == "dishwasher_safe"]
    assert len(asks) >= 20 and not [ask for ask in asks if re.search(r"\bharm\b|have to wash|damage|or not\?", ask)]


def test_questions_are_worded_as_people_write() -> None:
    """What a height "has", "out of what" a thing is made: nobody asks so."""
    stilted = re.compile(r"^(?:Out of what|From what|In what|In which)\b|what \w+ does \{x\} have|"
                         r"What (?:height|colour|volume|capacity|warranty) (?:does|has) |\bthe measures of\b|"
                         r"Please send me the (?:cost|height)", re.IGNORECASE)
    for table in ("support_questions", "support_tickets"):
        assert [row["text"] for row in support._table(table) if stilted.search(row["text"])] == []
    # "In which town is it made?" is stiff but fine inside a longer message; the rest is not.
    worse = re.compile(r"\b(?:Out of what|From what) (?:is|are)\b|what \w+ does (?:\{\w+\}|it) have\b|"
                       r"\bthe measures of\b|"
                       r"Please send me the (?:cost|height)", re.IGNORECASE)
    rows = [*support._table("support_policies"), *support._table("policy_facts"),
            *(pair for kind in pairs.KINDS for pair in pairs.table(kind))]
    asks = [text for row in rows for key, text in row.items() if key.startswith("ask")]
    assert len(asks) > 800 and [ask for ask in asks if worse.search(ask)] == []


def test_asides_fit_every_product_and_stand_anywhere() -> None:
    """A reason may come first: it speaks of no "it" before the product is named, and of no special use."""
    assert not any(re.search(r"putting this|find this|asking for my", row["text"])
                   for row in support._table("support_asides"))
    for row in support._table("support_asides"):
        if row["part"] in ("product_reason", "policy_reason"):
            assert not re.search(r"\b(?:camping|kitchen|wedding|hike)\b", row["text"]), row["text"]
            assert not re.match(r"(?:It|They|One)\b|.* saw it\b|.* has one\b", row["text"]), row["text"]


def test_no_cheerful_words_lead_in_bad_news() -> None:
    leads = support._parts("policy", "lead")
    assert len(leads) == 8 and not any(re.search(r"\bglad|happy|pleas", lead) for lead in leads)


def test_no_message_says_a_thing_twice(rows: list[dict], tickets: list[dict]) -> None:
    texts = [content(row, role) for row in rows for role in ("user", "assistant")] + [row["text"] for row in tickets]
    for text in texts:
        parts = [part.strip(" .?!").lower() for part in re.split(r"(?<=[.?!]) ", text)]
        assert len(set(parts)) == len(parts), text


def test_no_ticket_says_two_things_that_clash(tickets: list[dict]) -> None:
    """ "Please stop writing" with "I look forward to a clear answer", a lost lid with "I do not want a new one"."""
    clashes = ((r"stop (?:writing|them)|off your list", r"clear answer|write back|in writing"),
               (r"have a new one|spare part|a screw", r"do not want a new one|pay for the work"),
               (r"twice as a gift", r"bought it last week"), (r"cancel my order|one parcel", r"rest of the order"))
    texts = [ticket["text"].lower() for ticket in tickets]
    for one, other in clashes:
        assert [text for text in texts if re.search(one, text) and re.search(other, text)] == []
