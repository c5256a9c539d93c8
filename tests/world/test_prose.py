"""Pages in whole sentences: the answer names what it is about, and what the page does not say is said to be missing."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.workshop import tokenizer
from ftlab.world import brand, forms, goods, invent, notices, prose, shops

SMELLS = {
    "a before a vowel": r"\ba (?!one\b|one-|uni|use)[aeiou]",
    "an before a consonant": r"\ban (?!hour)[^aeiou\W]",
    "a word twice": r"\b([A-Za-z]+) \1\b",
    "one of many": r"(?<![\d.])1 (years|days|weeks|months|items|people)\b",
    "many of one": r"(?<![\d.])(?!1 )\d+ (year|day|week|month|item)\b",
    "a template left open": r"[{}]|\bNone\b",
    "stray punctuation": r"\.\.|,\.|,,| ,| \.(?!\d)|\?\.|:\.",
    "a capital after a comma": r"(?<!Hi)(?<!Hello), (As|At|For|If|It|Its|The|To|We|With|You|Your|Which|What|How)\b",
    "a small letter after a full stop": r"[a-z][.?!] [a-z]",
    "please twice": r"[Pp]lease[^.]*\bplease show",
}


@pytest.fixture(scope="module")
def made() -> list[tuple[list, dict, list]]:
    """Passages, what they do not say, and exchanges of pages of every kind."""
    random, found = rng("test exchanges"), []
    for make in (notices.house, notices.shop, prose.products):
        for _ in range(200):
            text, passages, absent = make(random)
            assert all(passage.text in text for passage in passages)
            unsaid = {name: list(each) for name, each in absent.items()}
            found.append((passages, unsaid, prose._exchanges(random, passages, absent)))
    return found


@pytest.fixture(scope="module")
def pages() -> list[list[tuple[str, bool]]]:
    random = rng("test prose")
    return [prose.page(random) for _ in range(600)]


def test_replies_name_what_they_are_about_and_hold_a_value_of_the_page(made: list) -> None:
    kinds = Counter()
    for passages, _, exchanges in made:
        names = [passage.name for passage in passages]
        facts = [fact for passage in passages for fact in passage.facts]
        for _, reply, topic in exchanges:
            if topic is None:
                kinds["unknown"] += 1
                assert not any(re.search(rf"\b{re.escape(fact.value)}(?!\w)", reply) for fact in facts), reply
                continue
            held = [fact for fact in facts if fact.value in reply or fact.value in ("yes", "no")]
            named = [name for name in names if name.lower() in reply.lower()]
            kinds["two names" if len(named) > 1 else "one name"] += 1
            assert held, reply
            assert named or passages[0].kind == "policy", reply
    assert kinds["unknown"] > 150 and kinds["one name"] > 1500 and kinds["two names"] > 80, kinds


def test_what_is_said_to_be_missing_is_missing(made: list) -> None:
    for passages, unsaid, exchanges in made:
        for passage in passages:
            stated = {fact.wording.key for fact in passage.facts}
            assert not stated & {wording.key for wording in unsaid[passage.name]}
        topics = {
            topic.format(it=passage.name) for passage in passages for wording in unsaid[passage.name]
            for topic in wording.topics
        }  # fmt: skip
        for _, reply, topic in exchanges:
            assert topic is not None or any(each in reply for each in topics), reply


def test_compared_products_are_compared_rightly(made: list) -> None:
    right = Counter()
    more_less = {words: words == both[1] for _, *both in prose.COMPARED.values() for words in both}
    for passages, _, exchanges in made:
        for question, reply, _ in exchanges:
            names = [passage.name for passage in passages if passage.name in reply]
            if len(names) < 2 or not any(words in question for words in more_less):
                continue
            said = rf"(?i)({'|'.join(map(re.escape, names))}) ({'|'.join(more_less)})\b"
            won = [match[1].lower() for match in re.finditer(said, reply)]
            won = [name for name in names if name.lower() in won]
            assert len(won) == 1, reply
            words = next(words for words in more_less if f"{won[0]} {words}".lower() in reply.lower())
            values = [
                {each.name: prose.number(fact.value) for each in passages if each.name in names for fact in each.facts
                 if fact.wording.key == key}
                for key, (has, *both) in prose.COMPARED.items() if words in both
            ]  # fmt: skip
            less = more_less[words]
            fits = [each for each in values if len(each) > 1 and won[0] == (min if less else max)(each, key=each.get)]
            assert fits, reply
            right[words] += 1
    assert sum(right.values()) > 50 and len(right) >= 8, right


def test_values_with_different_units_are_compared_by_amount() -> None:
    assert prose.number("900 g") < prose.number("1.2 kg") and prose.number("1 L") > prose.number("990 ml")
    assert prose.number("$4.50") < prose.number("$12.00") and prose.number("1 year") < prose.number("2 years")


def test_a_question_that_says_it_follows_one_that_names(made: list) -> None:
    also = {text for table in (shops.wordings("aspects"), shops.wordings("products")) for facts in table.values()
            for wording in facts.values() for text in wording.alsos}  # fmt: skip
    seen = 0
    for _, _, exchanges in made:
        before = ""
        for question, reply, _ in exchanges:
            bare = re.sub(r"^(Thank you\.|One more question:|I see\.|Good\.|Also,|And)? ?(And )?", "", question)
            if any(bare.lower() == f"{text}?".lower() for text in also):
                seen += 1
                assert before and not before.endswith("?"), exchanges
            before = reply
    assert seen > 60


def test_every_page_invents_its_own() -> None:
    """No sentence of a notice comes often, and neither do two pages share a value for the same thing."""
    random, sentences = rng("test invention"), Counter()
    for _ in range(500):
        for passage in notices.house(random)[1]:
            sentences.update({each for each in passage.text.split(". ") if any(ch.isdigit() for ch in each)})
    assert sentences.most_common(1)[0][1] <= 6, sentences.most_common(3)
    pairs = sum(len(notices.aspects(service)) for each in notices.services().values() for service in each)
    assert pairs > 1500


def test_two_passages_of_a_house_often_speak_of_the_same_thing() -> None:
    random, shared = rng("test shared"), 0
    for _ in range(200):
        first, second, *_ = notices.house(random)[1]
        shared += bool({f.wording.key for f in first.facts} & {f.wording.key for f in second.facts})
    assert shared > 150


def test_no_two_facts_of_a_notice_have_one_value() -> None:
    random = rng("test one value")
    for make in (notices.house, notices.shop):
        for _ in range(200):
            values = [fact.value for passage in make(random)[1] for fact in passage.facts]
            assert len(values) == len(set(values))


def test_words_around_the_answer_are_not_marked(pages: list) -> None:
    around = {*notices.talk()["reply_before"], *notices.talk()["reply_after"], *notices.talk()["reply_bye"],
              *notices.talk()["unknown_after"]}
    said = [marked for spans in pages for text, marked in spans if text.strip() in around]
    assert len(said) > 600 and not any(said)
    for spans in pages:
        assert not spans[0][1] and spans[-1][1] and 4 <= sum(marked for _, marked in spans) // 2 <= 9


def test_no_page_begins_with_a_pronoun(pages: list) -> None:
    random = rng("test pronouns")
    texts = [make(random, 9).text for make in (shops.product_passage, shops.policy_passage, shops.thing_passage)
             for _ in range(400)]  # fmt: skip
    texts += [passage.text for _ in range(200) for make in (notices.house, notices.shop) for passage in make(random)[1]]
    # "It was in 1950 that ..." and the like: there the word stands for nothing that came before.
    pronoun = r"(It|Its|This|They|Them|Their|He|She)\b(?! was in \d+ that| costs \$\S+ (?:a year )?to| is [A-Z]| takes)"
    assert not [text for text in texts if re.match(pronoun, text)]
    dependent = r"(After that|On top of that|Another|If that|Besides that|Then|Also|Therefore)\b"
    bodies = [text.partition(". ")[2] for text in texts]
    assert not [text for text in bodies if re.match(dependent, text)]


@pytest.mark.parametrize("smell", SMELLS)
def test_reads_as_english(made: list, smell: str) -> None:
    texts = [passage.text for passages, _, _ in made for passage in passages]
    texts += [reply for _, _, exchanges in made for _, reply, _ in exchanges]
    found = Counter()
    for text in texts:
        found.update(text[max(0, m.start() - 30) : m.end() + 15] for m in re.finditer(SMELLS[smell], text))
    assert not found, found.most_common(4)


def test_a_page_is_short_enough_for_a_row(pages: list) -> None:
    lengths = sorted(sum(len(text) for text, _ in spans) for spans in pages)
    assert lengths[-1] < 3600 and 1000 < lengths[len(lengths) // 2] < 1900


def test_pages_are_the_same_each_time_and_stand_in_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [prose.page(rng("same")) for _ in range(3)] == [prose.page(rng("same")) for _ in range(3)]
    drawn, draw = [], forms.draw
    monkeypatch.setattr(forms, "draw", lambda random: drawn.append(draw(random)) or drawn[-1])
    random = rng("test forms of prose")
    for _ in range(100):
        spans = prose.page(random)
        assert spans[0][0].startswith(drawn[-1].top) and spans[-1] == (drawn[-1].end, True)


def test_nothing_of_quillmere_nor_of_the_chat_format(pages: list) -> None:
    special = [*tokenizer.ROLES, tokenizer.END, tokenizer.PAD]
    for spans in pages:
        text = "".join(text for text, _ in spans)
        assert "quillmere" not in text.lower() and brand.NEXT_STEP not in text
        assert not [token for token in special if token in text]


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", re.sub(r"\{\w+\}", "it", text.lower())).strip()


def test_no_phrasing_of_the_support_desk_is_copied() -> None:
    """What the desk is tested on, and how it replies, is nowhere in the tables of these pages."""
    desk: set[str] = set()
    columns = ("text", "question", "ask", "reply", "answer")  # and ask_1, reply_2 and the like
    for table in sorted((paths.data() / "world" / "quillmere").glob("*.csv")):
        if table.name.startswith(("support_replies", "support_questions", "support_policies", "policy_facts",
                                  "pairs_")):
            for row in files.read_table(table):
                tested = row.get("split", "") in ("test", "valid", "") or table.name.startswith("support_replies")
                tested = tested and table.name != "policy_facts.csv"  # of which one column is for the test
                desk |= {_plain(text) for key, text in row.items()
                         if (key == "ask_test" or tested and key.startswith(columns)) and len(text.split()) >= 5}
    assert len(desk) > 500
    ours = {row["text"] for name in ("aspects", "talk", "words") for row in files.read_table(
        paths.data() / "world" / "shops" / f"{name}.csv")}  # fmt: skip
    both = {text for text in ours if _plain(text) in desk}
    assert not both, sorted(both)[:5]


def test_the_names_of_a_page_are_invented() -> None:
    random = rng("test known")
    assert not {word for _ in range(500) for word in invent.name(random).split()} & invent.taken()
    assert len({kind.noun for kind in goods.goods()}) > 70


def test_a_question_about_a_missing_topic_names_the_topic() -> None:
    """Otherwise the rules of another topic may answer it, and the reply that nothing is said would be wrong."""
    assert set(notices.BOUND) == set(shops.wordings("policies"))
    random = rng("test bound")
    for _ in range(300):
        for each in notices.shop(random)[2].values():
            assert each and all(wording.questions for wording in each)
            assert all(any(re.search(words, text) for words in notices.BOUND.values())
                       for wording in each for text in wording.questions)  # fmt: skip


def test_what_is_said_of_a_service_fits_it() -> None:
    kinds = {service.name: {each.key for each in notices.aspects(service)}
             for offered in notices.services().values() for service in offered}  # fmt: skip
    assert "pick_up" in kinds["zip repair"] and not {"pick_up", "safe"} & kinds["catalogue search"]
    assert not [service for service, keys in kinds.items() if service.endswith("hire") and "age" in keys]
    assert "hire_late" in kinds["drill hire"] and "hire_late" not in kinds["stage hire"]
    assert min(map(len, kinds.values())) >= 8, min(kinds, key=lambda each: len(kinds[each]))


def test_what_is_said_between_the_rules_comes_once_and_fits_any_rule() -> None:
    """Praise such as "Many people enjoy this" stood after fees, and "it" between the rules was nobody's."""
    fillers = (*notices.talk()["filler_first"], *notices.talk()["filler_last"])
    openers = [text for pool, texts in notices.talk().items() if pool.startswith("opener") for text in texts]
    assert not [text for text in fillers if re.search(r"\b(it|this)\b(?! page)", text)]
    assert not [text for text in notices.talk()["ask_aside"] if re.search(r"\bit\b", text)]
    random = rng("test fillers")
    for make in (notices.house, notices.shop):
        for _ in range(200):
            text, found, _ = make(random)
            assert sum(text.count(filler) for filler in fillers) < 2, text
            for passage in found:
                sentences = re.split(r"(?<=[.!?]) (?=[A-Z])", passage.text)
                for before, sentence in zip(sentences, sentences[1:], strict=False):
                    if sentence.startswith("It ") and not sentence.startswith(("It takes", "It was in", "It costs")):
                        before = re.sub("^(" + "|".join(openers) + ")", "", before)
                        assert before.lower().startswith((passage.name.lower(), "it ")), passage.text


def test_whoever_says_goodbye_says_no_more(pages: list) -> None:
    byes = {text for pools in (notices.talk(), invent.words()) for pool in ("reply_bye", "reply_bye_letter")
            for text in pools[pool]}  # fmt: skip
    random = rng("test goodbyes")
    passage = shops.product_passage(random, 9)
    spoken = [forms._in_words(random, passage, passage.facts[0], True, set()) for _ in range(400)]
    ends = ["".join(text for text, _ in spans) for spans in spoken]
    exchange = ("How heavy is it?", "It weighs 2 kg.", "")
    for first, last in ((True, False), (False, False), (False, True)):
        replies = [prose._reply(random, exchange, first, last, True, set()) for _ in range(400)]
        made = ["".join(text for text, _ in spans) for spans in replies]
        assert any(text.endswith(tuple(byes)) for text in made) == last  # nobody takes leave in between
        hello = tuple(notices.talk()["reply_first"])
        assert any(text.startswith(hello) for text in made) == first  # and nobody greets there
        ends += made
    assert sum(text.endswith(tuple(byes)) for text in ends) > 100
    assert not [text for text in ends for bye in byes if f"{bye} " in text]
    assert not [text for text in notices.talk()["reply_topic"] if re.search(r"(know|looked up) \{topic\}", text)]
    assert not [text for text in notices.talk()["heading"] if not text[0].isalpha() and text[0] != "{"]


def test_two_people_talk() -> None:
    random = rng("test speakers")
    for _ in range(5000):
        form = forms._speakers(random)
        assert form.ask.strip() != form.reply.strip()


def test_an_outing_meets_in_no_room_and_topics_are_things() -> None:
    """The campfire evening gathered in the cellar; "I do not see the award that it won on the page" says two things."""
    outside = re.compile(r"\b(walk|campfire|ride|excursion|trip|tour|swim|diving|beginners)\b")
    outings = {service.name for offered in notices.services().values() for service in offered
               if service.kind == "event" and outside.search(service.name)}  # fmt: skip
    assert {"the night walk", "the campfire evening", "the group ride"} <= outings and "the choir" not in outings
    random = rng("test outings")
    for _ in range(400):
        for passage in notices.house(random)[1]:
            assert passage.name not in outings or "event_room" not in {fact.wording.key for fact in passage.facts}
    topics = [topic for table in ("products", "aspects") for facts in shops.wordings(table).values()
              for wording in facts.values() for topic in wording.topics]  # fmt: skip
    assert len(topics) > 60
    assert not [topic for topic in topics if re.match(r"what|how|who|where|when", topic) or topic.endswith(" won")]


def test_who_restates_a_question_does_so_first_and_names_the_thing_once(pages: list) -> None:
    """ "I have checked it for you. You asked about the height of the Lamp. The Lamp is 20 cm tall." """
    starts = [text.split("{")[0] for text in notices.talk()["reply_topic"]]
    restated, answers = 0, [text.strip() for spans in pages for text, marked in spans if marked]
    for answer in answers:
        if answer.startswith(tuple(starts)):
            restated += 1
            assert re.match(r"[^.]+(\. It|, it) (?!.*\bthe [A-Z])", answer), answer
    assert 20 < restated < len(answers) / 25
    assert not [text for spans in pages for text, marked in spans if not marked for start in starts if start in text]
    for spans in pages:  # nor does anybody thank twice in the same words
        said = [text.strip() for text, marked in spans if not marked and text.strip() in notices.talk()["reply_before"]]
        assert len(said) == len(set(said)), said


def test_words_of_a_letter_are_not_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """ "Dear shop, is it dear? Yours, Peter," said Anna."""
    monkeypatch.setattr(forms, "draw", forms._quotes)
    pools = {**notices.talk(), **invent.words()}
    letters = [text.removesuffix(".") for pool in pools if pool.endswith("_letter") for text in pools[pool]]
    random, seen = rng("test spoken"), 0
    for make in (prose.page, forms.page):
        for _ in range(300):
            text = "".join(text for text, _ in make(random))
            found = [each for each in letters if re.search(rf'["“ ]{re.escape(each)}[ .,"]', text, re.IGNORECASE)]
            seen += bool(found)
            assert not found or '" wrote ' in text, (found, text)
    assert seen > 50


def test_a_reply_says_once_where_it_comes_from() -> None:
    """"Here is what the page says about the price. As the page says, ..." and "I can tell you this. I can tell you"."""
    ways = tuple(way.capitalize() for pool in ("reply_way", "reply_that") for way in notices.talk()[pool])
    random, found = rng("test ways"), 0
    for _ in range(150):
        _, passages, absent = random.choice([notices.house, notices.shop, prose.products])(random)
        for _, reply, topic in prose._exchanges(random, passages, absent):
            if reply.startswith(ways) and topic is not None:
                found += 1
                assert topic == "", reply
    assert found > 20
