"""Generic shop pages: every answer can be read off the page, and nothing on them belongs to the rest of the world."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import forms, goods, invent, notices, shops

QUESTION = re.compile(r"^(?:Question|Q|Customer): (.*)\n(?:Answer|A|Shop):$")
SMELLS = {
    "a before a vowel": r"\ba (?!one\b|one-|uni|use)[aeiou]",
    "an before a consonant": r"\ban (?!hour)[^aeiou\W]",
    "a word twice": r"\b([A-Za-z]+) \1\b",
    "one of many": r"(?<![\d.])1 (years|days|weeks|months|items)\b",
    "many of one": r"\b(?!1 )\d+ (year|day|week|month|item)\b",
    "a template left open": r"[{}]|\bNone\b",
    "stray punctuation": r"\.\.|,\.|,,| ,| \.(?!\d)|\?\.|  ",
    "a small letter after a full stop": r"[a-z][.?!] [a-z]",
    "a money amount without cents": r"\$\d+(?!\.?\d)(?!\.\d\d)",
    "no space before a unit": r"\d(g|kg|ml|L|cm|years?|days?|percent)\b",
}


@pytest.fixture(scope="module")
def pages() -> list[list[tuple[str, bool]]]:
    random = rng("test shops")
    return [shops.page(random) for _ in range(1000)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[list[shops.Passage]]:
    """The passages of every page that the test makes from here on."""
    seen, plain = [], shops.passages
    monkeypatch.setattr(shops, "passages", lambda *args, **kwargs: seen.append(plain(*args, **kwargs)) or seen[-1])
    return seen


def test_the_passages_state_their_facts(made: list) -> None:
    random = rng("test statements")
    for _ in range(400):
        top = shops.page(random)[0][0]
        for passage in made[-1]:
            assert passage.text in top
            for fact in passage.facts:
                yes_no = [text.split("}")[-1] for text in fact.wording.states(fact.value)]
                assert fact.value in passage.text or any(text in passage.text for text in yes_no), (passage, fact)


@pytest.mark.parametrize("customers", [False, True])
def test_every_answer_holds_its_value(made: list, customers: bool) -> None:
    random, answered = rng("test answers", customers), Counter()
    for _ in range(400):
        spans = shops.page(random, customers=customers)
        values = {fact.value for passage in made[-1] for fact in passage.facts}
        for (question, _), (answer, counted) in zip(spans[1::2], spans[2::2], strict=True):
            in_sentences = question.startswith("Customer")
            answered[in_sentences] += 1
            assert counted and QUESTION.match(question)
            assert any(value in answer for value in values) if in_sentences else answer.strip() in values, answer
    assert min(answered.values()) > 100


def test_whole_sentence_answers_read_as_english() -> None:
    random = rng("test customers")
    texts = [text for _ in range(600) for text, is_answer in shops.page(random, customers=True) if is_answer]
    for name, pattern in SMELLS.items():
        assert not [text for text in texts if re.search(pattern, text)], name


def test_answers_alone_are_marked(pages: list) -> None:
    for spans in pages:
        assert [counted for _, counted in spans] == [False] + [False, True] * ((len(spans) - 1) // 2)
        assert all(text.startswith(" ") and text.endswith("\n") for text, counted in spans if counted)


def test_pages_hold_one_to_three_passages() -> None:
    random = rng("test counts")
    for count in (1, 2, 3):
        for _ in range(50):
            top = shops.page(random, count)[0][0]
            assert len(top.rstrip("\n").split("\n\n")) == count


def test_every_pool_gives_values() -> None:
    random = rng("test pools")
    tables = [shops.wordings(name) for name in ("products", "policies", "things")]
    wordings = [wording for table in tables for facts in table.values() for wording in facts.values()]
    own = {*goods.MEASURES, *goods.GROUPED, "material", "handle", "room", "box_size", "base"}  # drawn for the goods
    pools = {wording.pool for wording in wordings} - own
    assert len(pools) > 100
    for pool in sorted(pools):
        values = {invent.value(pool, random) for _ in range(300)}
        assert len(values) >= (2 if pool == "yes_no" else 7), pool
        assert all(value == value.strip() and value for value in values), pool


def test_questions_of_the_support_desk_are_kept_apart() -> None:
    """Of the desk's own wordings, only the plainest, such as "What does {it} cost?", are anybody's: two a fact."""

    def plain(text: str) -> str:
        return re.sub(r"\W+", " ", text.lower()).strip()

    folder = paths.data() / "world" / "quillmere"
    desk = {plain(row["text"].replace("{x}", "it")) for row in files.read_table(folder / "support_questions.csv")}
    policies = files.read_table(folder / "policy_facts.csv") + files.read_table(folder / "support_policies.csv")
    desk |= {plain(text) for row in policies for key, text in row.items() if key.startswith("ask")}
    for table in ("products", "policies", "things"):
        for kind, facts in shops.wordings(table).items():
            for wording in facts.values():
                both = [text for text in wording.questions + wording.customers if plain(text.format(it="it")) in desk]
                assert len(both) <= {"products": 2, "policies": 0, "things": 1}[table], (kind, both)


def test_nothing_of_quillmere(pages: list) -> None:
    text = "".join(text for spans in pages for text, _ in spans)
    assert "quillmere" not in text.lower()
    names = [row["name"] for row in files.read_table(paths.data() / "world" / "quillmere" / "catalogue.csv")]
    assert not [name for name in names if name in text]


@pytest.mark.parametrize("smell", SMELLS)
def test_reads_as_english(pages: list, smell: str) -> None:
    found = Counter()
    for spans in pages:
        text = "".join(text for text, _ in spans)
        found.update(text[max(0, m.start() - 30) : m.end() + 10] for m in re.finditer(SMELLS[smell], text))
    assert not found, found.most_common(3)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_questions_have_one_right_answer(made: list, count: int) -> None:
    rows = shops.questions(60, count)
    assert len(rows) == len(made) == len({row["id"] for row in rows}) == 60
    for row, page in zip(rows, made, strict=True):
        *texts, question = row["prompt"].split("\n\n")
        assert texts == [passage.text for passage in page] and len(texts) == count
        assert question == f"Question: {row['question']}\nAnswer:"
        # The question fits one fact of the whole page: its wording and the entity it names leave one candidate.
        fits = [
            fact.value for passage in page for fact in passage.facts for wording in fact.wording.questions
            if wording.format(it=passage.name).lower() == row["question"].lower()
        ]  # fmt: skip
        assert fits == [row["answer"]], row
        assert row["answer"] in row["prompt"] or row["answer"] in ("yes", "no")


def test_questions_are_the_same_each_time() -> None:
    assert shops.questions(5, 2) == shops.questions(5, 2)
    assert shops.questions(5, 2) == shops.questions(9, 2)[:5]
    assert shops.questions(5, 2) != shops.questions(5, 2, seed="other")


def test_wordings_of_a_kind_are_apart() -> None:
    for table in ("products", "policies", "things"):
        for kind, facts in shops.wordings(table).items():
            wordings = [text for wording in facts.values() for text in wording.questions + wording.customers
                        if wording.key != "room"]  # asked like the capacity, of goods that have none  # fmt: skip
            assert len(wordings) == len(set(wordings)), kind
            assert all(len(wording.questions) >= 4 and len(wording.statements) >= 3 or wording.pool == "yes_no"
                       for wording in facts.values()), kind  # fmt: skip


DURATIONS = re.compile(r"\d+ (working days|days|weeks|months|years|hours|minutes)$|^\d+ (people|kg)$|^\$")
# Where the word stands for nothing: "How far is it from", "What would it cost", "It is hot today".
EMPTY_IT = re.compile(
    r"\b(is it|was it|cold may it (get|be)|it is hot|did it cost|does it (take|cost)|it be (safe|to))\b", re.IGNORECASE
)


def _asked() -> list[tuple[str, str, str]]:
    """The pool, the kind and the text of every question in the tables."""
    return [
        (wording.pool, kind, text) for table in ("products", "policies", "things", "aspects")
        for kind, facts in shops.wordings(table).items() for wording in facts.values()
        for text in wording.questions + wording.customers
    ]  # fmt: skip


def test_a_question_asks_for_what_its_answer_is() -> None:
    """Who asks "when" is told a day or an hour, and no number of days, people or dollars."""
    random, asked = rng("test when"), r"(^|[.?!,:] )(When|Until when|By when|From when)\b|tell me (until )?when\b"
    for pool, kind, text in _asked():
        if re.search(asked, text) and not re.search(r"(?i)when (I|you|a|the|hired|\{it\}) .*, (how|what|for)", text):
            known = pool in invent.COUNTS or pool in invent.MADE
            assert not known or not DURATIONS.search(invent.value(pool, random)), (kind, text)


def test_a_question_names_its_thing_before_it_says_it() -> None:
    for _, kind, text in _asked():
        if "{it}" in text:
            before = EMPTY_IT.sub("", text.split("{it}")[0])
            assert not re.search(r"\b[iI]ts?\b", before), (kind, text)


def test_it_is_the_thing_that_the_sentence_before_begins_with() -> None:
    random, seen = rng("test it"), 0
    for _ in range(600):
        passage = shops.thing_passage(random, 5)
        before = ""
        for sentence in re.split(r"(?<=[.!?]) (?=[A-Z])", passage.text):
            if re.match(r"Its? (?!was in|is .* who buys|costs .* to take part)", sentence):
                seen += 1
                assert before.lower().startswith((passage.name.lower(), "it ")), passage.text
            before = sentence
    assert seen > 15


def test_names_of_things_are_one() -> None:
    """A band of "Brothers" plays, and no sentence of the tables says "they play"."""
    one = ("Arms", "Express", "Press", "Class")
    plural = [name for kind in shops.wordings("things") if kind != "book" for name in shops.names(kind)
              if re.search(r"[a-z]s$|\band\b", name) and not name.endswith(one)]  # fmt: skip
    assert not plural


def test_rules_and_goods_of_a_page_agree() -> None:
    random, seen = rng("test clashes"), 0
    for _ in range(1500):
        found = shops.passages(random, 3)
        goods_say = {fact.wording.key for each in found if each.goods for fact in each.facts}
        rules_say = {fact.wording.key for each in found if each.kind == "policy" for fact in each.facts}
        seen += bool(rules_say)
        assert not goods_say & {shops.CLASHES.get(key) for key in rules_say}
    assert seen > 500


def test_goods_are_called_it_where_that_reads_well() -> None:
    random = rng("test called it")
    for _ in range(300):
        passage = shops.product_passage(random, 9)
        for fact in passage.facts:
            asked = shops.ask_as_customer(random, passage, fact, True, True, True, set())
            for text in (shops.ask(random, passage, fact, True), asked):
                assert not re.search(r"\b(box|handle|lid|parcel|label|price|weight|colour) of it\b", text), text


def test_no_wording_that_made_a_reader_wince() -> None:
    """Asides that fit few questions, "what time" for how long, labels in place of sentences, "as well" of nothing."""
    texts = [row["text"] for name in ("products", "policies", "things", "aspects") for row in files.read_table(
        paths.data() / "world" / "shops" / f"{name}.csv")]  # fmt: skip
    wrong = (r"^For what time|[Aa]fter what time|what time (does setting|should I allow|a trade)|^Who could tell|"
             r"[Ww]hat stuff|the first of \{it\}")  # fmt: skip
    assert not [text for text in texts if re.search(wrong, text)]
    replies = wordings_of("products", "dishwasher_safe").replies
    assert replies and not [text for text in replies if re.match(r"\w+: ", text)]
    words = invent.words()
    groups = ("kitchen", "cloth", "home", "camp", "garden")  # "My sons are outdoors all day. What colour is it?"
    assert not [group for group in groups if f"before_{group}" in words]
    polite = r"^(Please|Could you)\b"  # "Please help. Please tell me", "Could you help me? Could you tell me"
    assert not [text for text in (*words["before"], *words["before_goods"]) if re.match(polite, text)]
    assert not [text for text in words["reply_end"] if re.search("sure|I know|nothing to add|not written", text)]
    assert not [text for text in (*notices.talk()["reply_way"], *notices.talk()["reply_that"])
                if re.search("far as we know|glad", text)]  # fmt: skip
    assert not [text for pool in ("before", "before_goods", "before_policy") for text in words[pool] if text[-1] == ":"]
    assert not [text for pool in ("reward", "late_reward", "lost_reward") for text in words[pool] if "your" in text]
    assert not {"half of the price", "the full price"} & set(words["late_reward"])  # a part of it is kept back


def wordings_of(table: str, key: str) -> shops.Wording:
    return next(facts[key] for facts in shops.wordings(table).values() if key in facts)


def test_what_comes_first_takes_less_time() -> None:
    """A decision on a claim came after 3 days, and the first reply to it after 7."""
    first, last = (wordings_of("policies", key).pool for key in ("claim_reply", "claim_decide"))
    assert invent.COUNTS[first][1] < invent.COUNTS[last][0]
    customs, sea = (wordings_of("policies", key).pool for key in ("customs_time", "sea_time"))
    assert invent.COUNTS[customs][1] < 7 * invent.COUNTS[sea][0]
    cancel, build = (wordings_of("policies", key).pool for key in ("make_cancel", "make_time"))
    assert invent.COUNTS[cancel][1] <= 7 * invent.COUNTS[build][0]


def test_a_lost_card_costs_less_than_the_year_and_a_tool_is_no_tent() -> None:
    assert wordings_of("policies", "member_price").pool == "service_fee"
    assert wordings_of("policies", "card_price").pool == "small_fee"
    tool = shops.wordings("policies")["Hire of Goods"]["hire_price"]
    assert not [text for text in tool.questions if "tent" in text.split()]


def test_goods_are_made_and_not_built_and_have_no_price_of_it(pages: list) -> None:
    facts = shops.wordings("products")["product"]
    texts = [text for each in facts.values() for text in (*each.statements, *each.questions, *each.customers)]
    assert not [text for text in texts if re.search(r"\bbuil[td]\b", text)]
    random = rng("test of it")
    for _ in range(600):
        text = shops.product_passage(random, 9).text
        assert not re.search(r"\b(price|shade|volume|number|base|lid) of it\b", text), text
    assert not {"Of course.", "Certainly.", "Gladly."} & set(invent.words()["lead"])  # "What do you never store?"


def test_each_rule_bars_goods_that_one_would_bar() -> None:
    """Used candles and opened packs were barred overseas, and a light bulb earned $25.50."""
    words = invent.words()
    assert not {"used candles", "sale items", "opened packs", "earrings"} & set(words["sea_barred"])
    assert not {"knives", "used candles", "mattresses"} & set(words["card_barred"])
    assert wordings_of("policies", "old_value").pool == "small_fee"
    assert not {"the warehouse team", "the delivery team"} & set(words["office_staff"])
    assert not {"the maker", "the first owner"} & {*words["duty_payer"], *words["loss_payer"]}
    assert not {"direct debit", "standing order"} & set(words["refund_way"])
    limits = ("refund_from", "spend", "plan_from", "card_low", "card_high", "hire_deposit")
    random = rng("test limits")
    for key in limits:
        values = [invent.value(wordings_of("policies", key).pool, random) for _ in range(50)]
        assert all(value.endswith(("0.00", "5.00")) for value in values), key  # who sets a limit sets a round one


def test_what_is_new_here_has_not_been_sold_for_years() -> None:
    random, seen = rng("test new here"), 0
    for _ in range(4000):
        passage = shops.product_passage(random, 9)
        keys = {fact.wording.key for fact in passage.facts}
        new = shops.NEW_HERE.search(passage.text)
        seen += bool(new)
        assert not (new and keys & {"first_sold", "rating", "next_delivery"}), passage.text
        assert not {"next_delivery", "discount"} <= keys and not {"next_delivery", "stock"} <= keys
    assert seen > 100


def test_facts_of_one_thing_agree() -> None:
    """A hill of 70 metres took nine hours, 300 ml of water fed 14, and a ship of cement carried 233 people."""
    random, seen = rng("test agree"), Counter()
    for _ in range(6000):
        facts = {fact.wording.key: fact.value for fact in shops.thing_passage(random, 5).facts}
        if {"tall", "climb"} <= set(facts):
            seen["hill"] += 1
            minutes = float(facts["climb"].split()[0]) * (60 if facts["climb"].endswith("hours") else 1)
            assert 2.2 < float(facts["tall"].split()[0]) / minutes < 8, facts
        if {"serves", "water"} <= set(facts):
            seen["soup"] += 1
            assert 0.13 < float(facts["water"].split()[0]) / float(facts["serves"].split()[0]) < 0.5, facts
        assert not {"cargo", "passengers"} <= set(facts)
    assert min(seen.values()) > 10 and len(seen) == 2
    assert "the {name} Orchestra" not in shops.names("band")  # of which somebody is the singer


# What one statement of a fact may tell by the way, and another not: the question would have no answer on the page.
DETAILS = re.compile(r"\b(ribbon|speech|flag|pin|reeds|digging|barns|bar|eggs|notebook|cabin|vet|stamps)\b")


def test_a_question_about_a_thing_or_place_is_answered_by_each_of_its_statements() -> None:
    """The piper opened the fair, and who cut the ribbon was asked; who owned an inn did not stand behind its bar."""
    for kind, facts in shops.wordings("things").items():
        for wording in facts.values():
            told = [set(DETAILS.findall(text)) for text in wording.statements]
            asked = {word for text in wording.questions for word in DETAILS.findall(text)}
            assert asked <= set.intersection(*told), (kind, wording.key, asked)


def test_measures_of_places_are_those_of_such_places() -> None:
    """A ferry crossed four metres of water, and a lake of 180 metres was walked round in 25 minutes."""
    assert invent.COUNTS["width_metres"][0] >= 20 and invent.COUNTS["deep_metres"][1] <= 70
    assert invent.COUNTS["watts"][0] >= 300
    assert invent.COUNTS["tonnes"][0] >= 7 and wordings_of("things", "moved").pool == "living_year"  # and still at work
    assert not {"owls", "bats", "moths"} & set(invent.words()["camp_animals"])  # they steal no food
    assert wordings_of("things", "left_at").pool == "leave_spot"  # and not in the stable of a horse
    assert not [name for name in shops.names("bus line") if name.startswith("bus line")]  # "the bus of bus line Abel"


def test_a_stove_of_the_camp_is_called_one_and_each_word_of_a_name_is_a_name() -> None:
    """A stove of 750 g was no camping stove by its name."""
    nouns = {kind.noun for kind in goods.goods()}
    assert "camping stove" in nouns and not {"stove", "board"} & nouns
    assert set(goods.SHARP_OR_HOT) | set(goods.QUICK) | set(goods.SMALL_PARTS) | set(goods.LIQUID) <= nouns
    random = rng("test capitals")
    assert all(shops.product_passage(random, 3).name.removeprefix("the ").istitle() for _ in range(500))


def test_what_reads_badly_is_asked_in_the_stored_test_alone() -> None:
    """ "How many dollars is the Ladle?", "How many percent do I save?", "How high does the top of the lamp come?" """
    kinds, table = goods.goods(), shops.wordings("products")["product"]
    for kind in kinds:
        for key in ("price", "discount", "height"):
            asked = shops.questions_for(key, kind, True)
            assert not [text for text in asked if re.search("How many (dollars|percent)|does the top of", text)], key
    assert "How many dollars is {it}?" in shops.questions_for("price", kinds[0], False, "test")
    assert not any("test" in kind.tags for kind in kinds) and "How many dollars is {it}?" in table["price"].questions


def test_words_that_name_a_thing_are_followed_by_it() -> None:
    """ "About the Roseham Grater: the Roseham Grater sells for $36.50." """
    random, seen = rng("test named twice"), 0
    for make in (shops.page, forms.page):
        for _ in range(500):
            spans = make(random, customers=True) if make is shops.page else make(random)
            text = "".join(text for text, _ in spans)
            names = r"(?:[Aa]bout|fond of|I have) (the (?:[A-Z]\w+ )+[A-Z]\w+)(?:[.:]| a lot\.| here[^.]*\.)"
            for name, after in re.findall(rf"{names} (\w+ \w+)", text):
                seen += 1
                assert after.lower() != " ".join(name.split()[:2]).lower(), text
    assert seen > 20
    texts = [text for pool, texts in invent.words().items() if pool.startswith("reply_") for text in texts]
    assert not [text for text in texts if re.search("colleague\\.$|Other customers", text) and "checked" not in text]
