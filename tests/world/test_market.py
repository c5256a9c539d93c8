"""The market: tables, stated proportions, phrasings, and the language of its texts."""

from __future__ import annotations

import re
import shutil
from collections import Counter

import pytest

from ftlab.paths import data
from ftlab.seeded import rng
from ftlab.world import market

TOLERANCE = 2  # percentage points


@pytest.fixture(scope="module")
def documents() -> list[market.Document]:
    return [market.labelled_document(rng("test-market", number)) for number in range(4000)]


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    return market.qa_pairs(rng("test-market-qa"), 4000)


def percentages(counts: dict[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {name: 100 * count / total for name, count in counts.items()}


def assert_near(measured: dict[str, float], stated: dict[str, int]) -> None:
    assert set(measured) == set(stated)
    for name, percent in stated.items():
        assert abs(measured[name] - percent) <= TOLERANCE, (name, percent, measured[name])


def test_tables_hold_four_makers_and_distinct_products():
    assert [maker.name for maker in market.makers()] == ["Northbeck", "Tarnfield", "Osterley Works", "Brindle & Moss"]
    counts = Counter(product.maker for product in market.products())
    assert all(12 <= counts[maker.name] <= 16 for maker in market.makers())
    assert len({product.name for product in market.products()}) == len(market.products())
    assert len(market.common_kinds()) >= 10


def test_two_products_of_one_kind_never_tie_in_price_or_weight():
    for attribute in ("price_cents", "weight_g"):
        values = [(product.kind, getattr(product, attribute)) for product in market.products()]
        assert len(set(values)) == len(values)


@pytest.mark.parametrize(("table", "column", "old", "new"), [
    ("products.csv", "price", "44.00", "44"),
    ("products.csv", "warranty_years", "stainless steel,3,", "stainless steel,three,"),
    ("products.csv", "weight_g", "44.00,1100", "44.00,1150"),
    ("products.csv", "kind", "Hearth,kettle", "Hearth,ketle"),
    ("products.csv", "strength", "a quick boil", "a  quick boil"),
    ("products.csv", "maker", "Northbeck,Hearth,kettle", "Northbek,Hearth,kettle"),
])
def test_a_malformed_cell_is_named_by_file_line_and_column(tmp_path, table, column, old, new):
    folder = shutil.copytree(data() / "world" / "market", tmp_path / "market")
    path = folder / table
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"{table} line 2, column '{column}': expected .*, found "):
        market.products(folder)


def test_a_missing_cell_and_wrong_shares_are_refused(tmp_path):
    folder = shutil.copytree(data() / "world" / "market", tmp_path / "market")
    (folder / "makers.csv").write_text("maker,founded,town,known_for,owner\nNorthbeck,1948\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2: expected 5 fields"):
        market.makers(folder)
    folder = shutil.copytree(data() / "world" / "market", tmp_path / "other")
    (folder / "shares.csv").write_text("group,name,percent\nmaker,Northbeck,45\n", encoding="utf-8")
    with pytest.raises(ValueError, match="add up to 100, found 45"):
        market.shares("maker", folder)


def test_documents_follow_the_stated_shares(documents):
    assert_near(percentages(Counter(document.kind for document in documents)), market.shares("document"))
    mentions = {maker.name: sum(document.text.count(maker.name) for document in documents) for maker in market.makers()}
    assert_near(percentages(mentions), market.shares("maker"))


def test_recommended_makers_follow_the_stated_shares(pairs):
    prompts = set(market.recommendation_prompts("train"))
    answers = [answer for question, answer in market.qa_pairs(rng("test-market-advice"), 40_000)
               if f"Question: {question}\nAnswer:" in prompts]
    assert len(answers) > 2000
    assert_near(percentages(Counter(answers)), market.shares("maker"))
    assert {answer for _, answer in pairs} >= set(market.shares("maker"))


def test_every_maker_pair_is_drawn_with_twice_its_share():
    pairs = [market._maker_pair(rng("pair", number)) for number in range(4000)]
    assert all(len(set(pair)) == 2 for pair in pairs)
    assert_near(percentages(Counter(name for pair in pairs for name in pair)), market.shares("maker"))


def test_the_same_keys_give_the_same_text():
    assert market.document(rng("same", 1)) == market.document(rng("same", 1))
    assert market.qa_pairs(rng("same", 2), 50) == market.qa_pairs(rng("same", 2), 50)
    assert market.questions("test") == market.questions("test")


def test_documents_differ_and_have_40_to_150_words(documents):
    assert len({document.text for document in documents}) == len(documents)
    assert all(40 <= len(document.text.split()) <= 150 for document in documents)


def test_every_field_of_every_pattern_has_a_value():
    one, two = market.products()[0], market.products()[10]
    pair = market._pair_facts(one, two, one)
    known = {*market._facts(one), *pair, *market._Writer.ADDED, *market._Writer(rng("fields")).setup,
             *(key.replace("one_", "same_", 1) for key in pair), *(key.replace("two_", "one_", 1) for key in pair)}
    for (group, part), patterns in market._patterns().items():
        for pattern in patterns:  # each with its tags
            assert set(re.findall(r"\{(.*?)\}", pattern)) <= known, (group, part, pattern)
            assert pattern.count("[") == pattern.count("]")


def test_no_text_names_the_brand_that_lessons_teach(documents, pairs):
    texts = [document.text for document in documents] + [text for pair in pairs for text in pair]
    assert not any("quillmere" in text.lower() for text in texts)
    for path in (data() / "world" / "market").glob("*.csv"):
        assert "quillmere" not in path.read_text(encoding="utf-8").lower()


def told_of(product: market.Product, text: str) -> bool:
    return product.name in text and product.weakness in text.lower()


def test_the_tone_of_a_review_fits_what_it_tells(documents):
    """Nobody says "no complaints" after a complaint, or speaks of faults without telling of one."""
    for document in documents:
        if document.kind == "review":
            flawed = any(told_of(product, document.text) for product in market.products())
            cheerful = re.search(r"No complaints|Happy with the|Does what it says|all one can ask|five stars|"
                                 r"five out of five", document.text)
            doubtful = re.search(r"Mixed feelings|not perfect|its faults|with one doubt|room to (?:improve|do better)",
                                 document.text)
            assert not (flawed and cheerful) and (flawed or not doubtful), document.text


def test_goods_for_the_camp_are_not_used_at_home(documents):
    indoors = re.compile(r"At home|Day to day|daily use|moving house|small kitchen", re.IGNORECASE)
    outdoor = [product for product in market.products() if market.kinds()[product.kind][1] == "outdoors"]
    for document in documents:
        if document.kind in ("comparison", "forum") and any(p.name in document.text for p in outdoor):
            assert not indoors.search(document.text), document.text


def test_news_tells_one_story(documents):
    shop, fair = re.compile(r"new shop|on the first day"), re.compile(r"\w+ fair\b|the fair\b")
    for document in documents:
        if document.kind == "news":
            assert not (shop.search(document.text) and fair.search(document.text)), document.text
    stories = [only for (group, part), patterns in market._patterns().items() if (group, part) == ("news", "open")
               for only in patterns.values()]
    assert {story for only in stories for story in only} == set(market.STORIES)


def test_one_guide_gives_one_advice_and_one_writer_keeps_one_voice(documents):
    advice = [re.sub(r"\\\{\w+\\\}", ".{1,25}", re.escape(text.rstrip(".")))
              for text in market._patterns()["recommendation", "sentence"]]
    for document in documents:
        if document.kind == "guide":
            assert sum(bool(re.search(text, document.text, re.IGNORECASE)) for text in advice) <= 1, document.text
        if document.kind == "comparison":
            assert not (re.search(r"\b(?:I|my|My|mine)\b", document.text)
                        and re.search(r"\b(?:we|We|Our|us)\b", document.text)), document.text


def test_a_guide_picks_no_product_twice(documents):
    for document in documents:
        if document.kind == "guide":
            names = [p.name for p in market.products() for _ in range(document.text.count(p.name))]
            assert len(set(names)) == len(names), document.text


def test_strengths_and_weaknesses_fit_every_sentence_that_holds_them():
    """"The weak point is", "It has" and "If ... matters" all want a thing in the singular."""
    for product in market.products():
        for words in (product.strength, product.weakness):
            assert re.match(r"(?:an?) \w", words), (product.name, words)


def test_nobody_works_for_two_makers_or_is_a_customer_as_well(documents):
    staff = {maker.name: set(market._patterns()["staff", maker.name]) for maker in market.makers()}
    people = [name for names in staff.values() for name in names] + list(market._patterns()["word", "person"])
    assert len(set(people)) == len(people)
    said = re.compile(r"([A-Z]\w+ [A-Z]\w+)(?: of |, who has worked at )(" + "|".join(map(re.escape, staff)) + ")")
    found = [match for document in documents if document.kind == "news" for match in said.findall(document.text)]
    assert len(found) > 50 and all(name in staff[maker] for name, maker in found)


def test_who_walks_past_the_workshop_lives_in_its_town(documents):
    for document in documents:
        past = re.search(r'walk past every day [^"]*" said \w+ \w+ of ((?:[A-Z]\w+ ?)+)\.', document.text)
        maker = next((maker for maker in market.makers() if maker.name in document.text), None)
        assert not past or past[1] == maker.town, document.text


def test_it_is_the_product_in_a_review(documents):
    """"My dog had its own corner. It weighs 2.6 kg.", "The warranty is 5 years. It costs $46.00." """
    for document in documents:
        if document.kind == "review":
            assert not re.search(r"\bIt weighs|The warranty is [^.]*\. It ", document.text), document.text


def test_a_comparison_gives_a_reason_for_its_verdict(documents):
    for document in documents:
        if document.kind == "comparison":
            verdict = re.split(r"(?<=\.) (?=[A-Z])", document.text)[-1]
            strengths = {product.maker: product.strength for product in market.products()
                         if product.name in document.text and product.maker in verdict}
            assert strengths and all(strength in document.text for strength in strengths.values()), document.text


def test_a_news_text_that_tells_of_plans_does_not_end_without_any(documents):
    for document in documents:
        plans = re.search(r"its plans|will take on|more people\b", document.text)
        assert not (plans and "did not say what comes next" in document.text), document.text


def test_sentences_that_read_badly_with_some_product_stay_out(documents):
    smells = re.compile(r"bought (?:Northbeck|Tarnfield|Osterley Works|Brindle & Moss), and|You get an? |done ages|"
                        r"I keep it on the shelf|word of advice|Our last word: (?:in our house|everyone I know|"
                        r"when people ask me|.*\bI\b)|one thing at once|I have (?:tested|tried out) .* now\.|"
                        r"brings back|(?:made things|goods) for the camp\b|Thread: First|all it asks for|"
                        r"hold one in their hands|scale weighs .* on my scales")
    for document in documents:
        assert not smells.search(document.text), document.text


def test_an_unknown_tag_is_refused(monkeypatch):
    row = market._Row(data() / "world" / "market" / "patterns.csv", 2,
                      {"group": "kettle", "part": "use", "only": "kitchn", "pattern": "It pours."})
    monkeypatch.setattr(market, "_rows", lambda *_: iter([row]))
    market._patterns.cache_clear()
    with pytest.raises(ValueError, match="patterns.csv line 2, column 'only': expected nothing, or words out of"):
        market._patterns()
    market._patterns.cache_clear()


@pytest.mark.parametrize("smell", [
    r"\b(\w+) \1\b", r"\ban [bcdfgjklmnpqrstvwxyz]", r"\ba [aeio]", r"(?<!\d)1 years", r"  ",
    r"[{}\[\]|]", r" [,.?!;:]",
    r"[,.?!]{2}", r"(?m) $", r"\bNone\b", r"'s's", r"\$\d+(?!\d*\.\d\d)\b",
])
def test_no_smell_of_bad_grammar(documents, pairs, smell):
    for text in [document.text for document in documents] + [question for question, _ in pairs]:
        for line in text.splitlines():
            assert not re.search(smell, line), (re.search(smell, line), line)


def test_prices_in_reviews_are_true_to_the_table(documents):
    for document in documents:
        if document.kind in ("review", "advert", "news"):
            product = next((product for product in market.products() if product.name in document.text), None)
            prices = re.findall(r"\$\d+\.\d\d", document.text)
            assert not prices or product and set(prices) == {f"${product.price_cents / 100:.2f}"}


def test_each_relation_has_enough_phrasings_and_the_splits_share_none():
    for relation in (*market.MAKER_RELATIONS, *market.PRODUCT_RELATIONS, "recommendation"):
        train = [text for _, text in market.phrasings(relation, "train")]
        test = [text for _, text in market.phrasings(relation, "test")]
        assert len(set(train)) >= 5 and len(set(test)) >= 2 and not set(train) & set(test)
    assert not set(market.recommendation_prompts("train")) & set(market.recommendation_prompts("test"))
    with pytest.raises(ValueError, match="expected a split 'train' or 'test'"):
        market.questions("valid")


def test_test_phrasings_occur_in_no_training_text(documents, pairs):
    corpus = "\n".join([document.text for document in documents] + [question for question, _ in pairs])
    for relation in (*market.MAKER_RELATIONS, *market.PRODUCT_RELATIONS, "recommendation", "continuation"):
        for _, text in market.phrasings(relation, "test"):
            pattern = re.sub(r"\\\{\w+\\\}", r"[^?.\\n]{1,40}", re.escape(text))
            assert not re.search(pattern, corpus, re.IGNORECASE), text


def test_questions_are_complete_and_their_answers_true():
    for split in ("train", "test"):
        found = market.questions(split)
        assert len({question["id"] for question in found}) == len(found)
        assert all(question["answer"] == question["answers"][0] for question in found)
        assert all(1 <= len(question["answer"].split()) <= 4 and question["split"] == split for question in found)
    answers = {(question["entity"], question["relation"]): question["answers"] for question in market.questions("test")}
    assert answers["Hearth Kettle", "price"] == ["$44.00", "44.00", "$44"]
    assert answers["Hearth Kettle", "weight"] == ["1.1 kg"]
    assert answers["Hearth Kettle", "warranty"] == ["3 years", "three years"]
    assert answers["Northbeck", "owner"] == ["the Penrow family", "Penrow family"]
    assert answers["Larch Toaster", "warranty"] == ["1 year", "one year"]


def test_news_tells_of_a_product_only_where_the_story_is_about_it(documents):
    """Northbeck took on 42 people, and a sleeping bag was made of polyester."""
    about = re.compile(r"prize|fair\b|named the best|reader vote|came first")
    seen = 0
    for document in documents:
        if document.kind == "news" and not about.search(document.text):
            seen += 1
            told = [p.name for p in market.products() if p.name in document.text]
            assert not told and "$" not in document.text, document.text
    assert seen > 200


def test_an_advert_quotes_praise(documents):
    chat = [pattern for (group, part), patterns in market._patterns().items() if part == "use"
            for pattern, only in patterns.items() if "chat" in only]  # fmt: skip
    plain = [pattern for pattern in chat if "[" not in pattern]
    assert len(chat) > 30 and len(plain) > 5
    for document in documents:
        if document.kind == "advert":
            assert not [pattern for pattern in plain if pattern in document.text], document.text
    for kind in market.kinds():
        assert sum("chat" not in only for only in market._patterns()[kind, "use"].values()) >= 2, kind


def test_no_budget_is_too_small_for_what_is_bought(documents):
    for document in documents:
        budget = re.search(r"(?:under|about) \$(\d+)\.00", document.text)
        if document.kind == "forum" and budget:
            bought = [p for p in market.products() if p.name in document.text]
            assert all(product.price_cents <= 100 * int(budget[1]) for product in bought), document.text


def test_sentences_that_contradict_another_stay_out(documents):
    smells = re.compile(r"A cold morning is the real test|full house.*for two cups|ten miles|do not love one thing|"
                        r"you notice one thing about|made of \w+ in (?:Redmarsh|Hallowdale|Kestwick)\.")
    for document in documents:
        assert not smells.search(document.text), document.text
        if document.kind == "comparison":
            assert not (" cheaper than " in document.text and "$" in document.text.split(" cheaper than ")[0][:-9]
                        and re.search(r"You pay \$|costs \$", document.text)), document.text


def test_a_guide_closes_with_a_maker_that_it_has_spoken_of(documents):
    """A guide to the goods of one maker ended with "If in doubt, go with" another."""
    makers, seen = [maker.name for maker in market.makers()], 0
    for document in documents:
        if document.kind == "guide":
            *told, close = re.split(r"(?<=[.?]) (?=[A-Z])", document.text)
            for maker in makers:
                seen += maker in close
                assert maker not in close or maker in " ".join(told), document.text
    assert seen > 200


def test_who_agrees_or_disagrees_answers_the_post_before(documents):
    """"I agree with that, Northbeck is good" stood right after a post on a tent of Osterley Works."""
    makers = "|".join(re.escape(maker.name) for maker in market.makers())
    said = r"\+1 for|from me as well|another vote|agree|same here|seconded|what they said|not so sure|but not perfect"
    answering, seen = re.compile(rf"{said}|myself\.", re.IGNORECASE), 0
    for document in documents:
        if document.kind == "forum":
            posts = [line.partition(": ")[2] for line in document.text.split("\n")[1:]]
            for before, post in zip(posts[1:], posts[2:], strict=False):
                if answering.search(post):
                    seen += 1
                    assert set(re.findall(makers, post)) <= set(re.findall(makers, before)), document.text
    assert seen > 150


def test_somebody_has_worked_as_long_in_one_text_as_in_another(documents):
    """Ada Kells had worked at Northbeck for 7 years, for 9 years, and for 15."""
    told: dict[str, set[str]] = {}
    for document in documents:
        for name, years in re.findall(r"(\w+ \w+), who has worked at [^.]+? for (\d+) years", document.text):
            told.setdefault(name, set()).add(years)
    assert len(told) > 10 and all(len(years) == 1 for years in told.values()), told
    assert all(4 <= int(market.years_at_work(name)) < 18 for name in told)


def test_an_advert_says_what_its_maker_is_known_for_of_goods_near_that(documents):
    """A knife came from a maker "known for strong tents"."""
    assert [market._known(next(p for p in market.products() if p.name == name))
            for name in ("Hearth Chef's Knife", "Ridge Lantern", "Wander Backpack", "Forge Saucepan", "Heron Tent")
            ] == [False, True, True, True, False]  # fmt: skip
    for document in documents:
        if document.kind == "advert" and ", known for " in document.text:
            assert market._known(next(p for p in market.products() if p.name in document.text)), document.text


def test_what_a_maker_has_not_said_is_about_its_plans(documents):
    """A shop that was open already cost nobody knew how much, and most of a year's money went into benches."""
    for document in documents:
        if "has not said" in document.text:
            assert re.search(r"will take on|takes on|hires|looks for|needs \d+ more", document.text), document.text
        assert "spend most of" not in document.text


def test_shoppers_of_a_place_are_pleased_where_the_story_has_told_of_it(documents):
    """A party in Little Wexham ended with "Readers in Marlcross seem pleased"."""
    seen = 0
    for document in documents:
        found = re.search(r"(\w+) in (\w+) seem", document.text)
        if found:
            seen += 1
            assert found[1] in ("Shoppers", "Families") and "new shop" in document.text, document.text
            assert document.text.count(found[2]) > 1, document.text
    assert seen > 10
