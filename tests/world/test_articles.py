"""The journal, its posts, the product descriptions and the questions on articles: counts, rules, splits, wording."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from ftlab.world import articles, quillmere

JOURNAL = articles.articles()
LATER = articles.articles(2026)
TEXTS = {article["id"]: article["text"] for article in JOURNAL}
GOOD_POST = "Gull Rock is 9 km from Penny Bridge, and worth each step. Have you been there? #Quillmere #WeekendWalk"
GOOD_DESCRIPTION = ("Emberline Kettle\nUse it to boil water for tea and coffee.\n"
                    "Facts: weight 1.2 kg, capacity 1.7 L, price $49.00.\nCare: Clean it once a month.")
SMELLS = [
    r"\{|\}", r"\bNone\b", r"!", r"  ", r" [,.;:?]", r"\.\.", r",,", r"\b(\w+) \1\b",
    r"\b[Aa] [aeio]\w+", r"\b[Aa]n [bcdfgjklmnpqrstvwxyz]",
    r"(?<![\d.:$])\b1 (?:years|days|weeks|hours|minutes|people|pieces|times|baskets|degrees)\b",
    r"[.?] [a-z]", r"\.\"\.", r"\b(?:He|She) (?:are|have|were)\b",
]


def test_counts_and_lengths():
    assert len(JOURNAL) >= 120 and len(TEXTS) == len(JOURNAL)
    assert {article["topic"] for article in JOURNAL} == set(articles.TOPICS)
    for article in JOURNAL:
        assert 140 <= len(article["text"].split()) <= 260, article["id"]
        assert 3 <= article["text"].count("\n\n") + 1 <= 5, article["id"]
        assert len(article["facts"]) >= 5
    titles = [article["title"] for article in JOURNAL]
    assert len(set(titles)) == len(titles)


def test_the_same_every_time():
    articles._written.cache_clear()
    assert articles.articles() == JOURNAL
    assert articles.questions("test") == articles.questions("test")


def test_facts_are_stated():
    for article in JOURNAL + LATER:
        for fact in article["facts"]:
            assert fact.lower() in article["text"].lower(), (article["id"], fact)


def test_no_two_articles_share_more_than_a_fifth_of_their_sentences():
    sets = {key: set(articles.sentences(text)) for key, text in TEXTS.items()}
    for first, second in combinations(sets, 2):
        shared = len(sets[first] & sets[second])
        assert shared <= 0.2 * min(len(sets[first]), len(sets[second])), (first, second)


def test_posts_keep_every_rule():
    for article in JOURNAL:
        assert articles.is_post(article["post"]), (article["post"], articles.check_post(article["post"]))
    assert len({article["post"] for article in JOURNAL}) == len(JOURNAL)


def test_posts_say_only_what_the_article_says():
    for article in JOURNAL:
        body = articles.HASHTAG.sub("", article["post"])
        stated = articles.NUMBER.findall(body) + re.findall(r"(?<=[a-z,:] )[A-Z][a-z]+", body)
        for value in stated:
            if value.rstrip("?.") not in {"Quillmere", "Read", "Come", "Try", "Tell"}:
                assert value in article["text"], (article["id"], value)


def test_no_post_and_no_question_is_about_what_2026_changed():
    """So the posts of 2026 are those of 2025 to the letter, and the questions on articles hold for both."""
    retired = {update.name for update in quillmere.updates() if update.kind == "retired"}
    lasting = [(article["id"], article["post"]) for article in JOURNAL if article["product"] not in retired]
    assert [(article["id"], article["post"]) for article in LATER] == lasting
    asked = {row["relation"] for split in quillmere.SPLITS for row in articles.questions(split)}
    assert asked.isdisjoint({update.relation for update in quillmere.updates()})


@pytest.mark.parametrize(("rule", "bad"), [
    ("length", GOOD_POST.replace("worth", "truly " * 30 + "worth")),
    ("subject", GOOD_POST.replace("Gull Rock", "Somewhere")),
    ("one_number", GOOD_POST.replace("9 km", "a few km")),
    ("one_number", GOOD_POST.replace("each step", "3 hours")),
    ("asks", GOOD_POST.replace("Have you been there?", "You have been there.")),
    ("asks", GOOD_POST.replace("there?", "there? Will you go?")),
    ("hashtags", GOOD_POST.replace(" #WeekendWalk", "")),
    ("hashtags", GOOD_POST.replace("#Quillmere #WeekendWalk", "#WeekendWalk #Quillmere")),
    ("hashtags", GOOD_POST + " #More"),
    ("calm", GOOD_POST.replace("step.", "step!")),
    ("no_link", GOOD_POST.replace("step.", "step, see www.example.org.")),
])
def test_a_bad_post_fails_its_rule(rule, bad):
    assert articles.is_post(GOOD_POST)
    assert not articles.check_post(bad)[rule]
    assert not articles.is_post(bad)


def test_empty_texts_are_neither():
    assert not articles.is_post("") and not articles.is_description("")


@pytest.mark.parametrize("year", quillmere.YEARS)
def test_descriptions_keep_every_rule_and_their_record(year):
    rows = articles.descriptions(year)
    on_sale = [product for product in quillmere.products(year) if product.status == "current"]
    assert [row["product"] for row in rows] == [product.name for product in on_sale]
    for row, product in zip(rows, on_sale, strict=True):
        assert articles.is_description(row["text"]), articles.check_description(row["text"])
        assert row["split"] == product.split
        for value in re.findall(r"(?:weight|capacity|height|warranty|price) ([^,]+?)(?:,|\.$|\.\n)", row["text"]):
            assert value in row["record"], (row["id"], value)


@pytest.mark.parametrize(("rule", "bad"), [
    ("length", GOOD_DESCRIPTION.replace("coffee", "coffee" + " and tea" * 30)),
    ("lines", GOOD_DESCRIPTION + "\nMore."),
    ("name", GOOD_DESCRIPTION.replace("Emberline", "Someone's")),
    ("use", GOOD_DESCRIPTION.replace("coffee.", "coffee. It is good.")),
    ("facts", GOOD_DESCRIPTION.replace("weight 1.2 kg, capacity 1.7 L", "capacity 1.7 L, weight 1.2 kg")),
    ("facts", GOOD_DESCRIPTION.replace("$49.00", "$49")),
    ("care", GOOD_DESCRIPTION.replace("Care: ", "")),
    ("calm", GOOD_DESCRIPTION.replace("month.", "month!")),
])
def test_a_bad_description_fails_its_rule(rule, bad):
    assert articles.is_description(GOOD_DESCRIPTION)
    assert not articles.check_description(bad)[rule]


def test_splits_follow_the_products():
    splits = {product.name: product.split for product in quillmere.products()}
    for article in JOURNAL:
        mentioned = [name for name in splits if name in article["text"] + article["post"]]
        assert mentioned == ([article["product"]] if article["product"] else [])
        assert all(splits[name] == article["split"] for name in mentioned)


def test_nothing_leaks_between_splits():
    names = {"train": set(), "valid": set(), "test": set()}
    for article, values in articles._written():
        people = {values[key] for key in ("name", "maker", "guide", "mender") if key in values}
        names[article["split"]] |= people | {values[key] for key in ("room", "spot", "place", "dish") if key in values}
    for first, second in combinations(names, 2):
        assert not names[first] & names[second]
    train_text = " ".join(text for key, text in TEXTS.items() if key in
                          {article["id"] for article in JOURNAL if article["split"] == "train"})
    for name in names["test"]:
        assert name not in train_text, name


def test_questions():
    asked = {split: articles.questions(split) for split in quillmere.SPLITS}
    assert sum(map(len, asked.values())) >= 200 and len(asked["test"]) >= 100
    split_of = {article["id"]: article["split"] for article in JOURNAL}
    ids = [row["id"] for rows in asked.values() for row in rows]
    assert len(set(ids)) == len(ids)
    for split, rows in asked.items():
        for row in rows:
            assert row["split"] == split == split_of[row["context"]]
            assert row["answer"].lower() in TEXTS[row["context"]].lower(), row
            assert row["answer"] in row["answers"] and 1 <= len(row["answer"].split()) <= 5, row
    forms = {split: {(row["relation"], row["context"].split("-")[1], row["phrasing"]) for row in rows}
             for split, rows in asked.items()}
    assert not (forms["train"] | forms["valid"]) & forms["test"]
    trained = {row["question"] for row in asked["train"]}
    assert not trained & {row["question"] for row in asked["test"]}
    with pytest.raises(ValueError, match="expected a split"):
        articles.questions("dev")


def test_no_question_is_answered_in_two_ways():
    answers: dict[str, set[str]] = {}
    for split in quillmere.SPLITS:
        for row in articles.questions(split):
            answers.setdefault(row["question"], set()).add(row["answer"])
    assert [question for question, found in answers.items() if len(found) > 1] == []


def test_no_sentence_begins_with_a_digit():
    texts = [article[key] for article in JOURNAL for key in ("title", "text", "post")]
    for text in texts + [row["text"] for row in articles.descriptions()]:
        for line in text.split("\n"):
            assert not re.search(r"(?:^|[.?] |[.?]\" |: \")\"?\d", line), line


def test_no_pattern_speaks_of_what_another_told():
    """Paragraphs are put together by chance, so none may lean on the map, the shelf or the first try of another."""
    for (topic, part), patterns in articles._patterns().items():
        for pattern in patterns:
            assert not re.search(r"with the map|our first try,|no such shelf|piece on the shelf, and|who taught us",
                                 pattern), (topic, part, pattern)


# What is true of some rows of a topic only: a melted tent, an omelette on the next day, a letter that was a visit.
ONLY_SOME = {
    "portrait": r"not the hours|of pots\b|trouble a cook|lifting|on the wall since then|what to buy",
    "lesson": r"by a few minutes|told us came to this|melted|flower pots|doorstop|used it for a week|"
              r"to every customer|asked for the piece back",
    "recipe": r"you can finish it|next day|a day ahead|child can help|from the first step|an eye on it",
    "trip": r"came over to look at|up the hill|once on each side|behind a hedge|a small gate|Nobody had told us",
    "season": r"hold on to it|evening gets dark|gave us|We bought|Children|reads \{degrees\} degrees and",
    "customer": r"day off|cleans it|\blend|borrow|letter ends|niece|cousins|buy it|"
                r"(?:bought|was bought) (?:it )?for \{use\}",
    "repair": r"sisters|The owner wrote|[Tt]he owner\. She|owner stayed|under his coat|matchbox",
    "making": r"warm, dusty", "care": r"warm water|dry cloth and", "product": r"It helps that|One last|lowest price"}


@pytest.mark.parametrize("topic", ONLY_SOME)
def test_a_pattern_is_true_of_every_row_of_its_topic(topic):
    for (its_topic, part), patterns in articles._patterns().items():
        for pattern in patterns:
            assert its_topic != topic or not re.search(ONLY_SOME[topic], pattern), (topic, part, pattern)


def test_care_follows_the_cleaning_and_no_rule_is_left_unsaid():
    for pattern in articles._patterns()["care", "B"]:
        rule = max(pattern.find("{care}"), pattern.find("{care_low}"))
        assert rule > 0, pattern
        assert rule > pattern.find("{tool") or "The main thing" in pattern, pattern


def test_a_customer_who_is_seen_was_visited():
    """Any opening can come before a photograph or a jar of jam, so each one ends in a meeting."""
    met = re.compile(r"\b(?:went|see it for ourselves|sat at|came to|called on|told us|paid it a visit|asked us to)\b")
    for pattern in articles._patterns()["customer", "A"]:
        assert met.search(pattern), pattern


@pytest.mark.parametrize("year", quillmere.YEARS)
def test_the_use_of_a_product_is_one_thought_and_claims_nothing_new(year):
    for row in articles.descriptions(year):
        use = row["text"].split("\n")[1]
        assert not re.search(r"[;:]|any weather|light it\b|low or a high|full table|as cool as", use), use
        assert len(re.findall(r"\broof\b", use)) <= 1, use


def test_no_post_gives_a_time_or_a_work_to_another_thing():
    """Minutes are those of the tool, not of a rule; a pile that is checked is not a pile that was made."""
    patterns = articles._patterns()
    for pattern in patterns["care", "post"]:
        assert "{minutes}" not in pattern or "{tool}" in pattern, pattern
    assert not any("supper" in pattern for pattern in patterns["trip", "post"])  # which meal it was differs
    assert not any(re.search(r"to check|to sort|to pack", pattern) for pattern in patterns["portrait", "C"])


def test_nothing_but_its_subject_is_named_before_it_is_taken_up():
    """ "The price is $3. It has a handle": the price has none."""
    for pattern in articles._patterns()["product", "Z"]:
        assert not re.search(r"(?:warranty|price)[^.]*\. It has \{feature\}", pattern), pattern


def test_every_row_of_the_patterns_has_three_cells():
    for row in articles._table("patterns"):
        assert set(row) == {"topic", "part", "text"} and row["text"], row


def test_grammar_smells():
    texts = [article[key] for article in JOURNAL + LATER for key in ("title", "text", "post")]
    texts += [row["text"] for year in quillmere.YEARS for row in articles.descriptions(year)]
    texts += [row["question"] for split in quillmere.SPLITS for row in articles.questions(split)]
    for text in texts:
        for smell in SMELLS:
            for line in text.split("\n"):
                assert not re.search(smell, line), (smell, re.search(smell, line), line)
