"""Quillmere's tables hold together, and the texts made from them read well."""

from __future__ import annotations

import re
import shutil
from dataclasses import fields
from difflib import SequenceMatcher
from itertools import combinations

import pytest

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import quillmere

SMELLS = r"\ba [aeioAEIOU]|\ban [bcdfgjklmnpqrstvwxyz]|\b(?<!\.)1 (years|days|weeks|items|months)\b|  |[{}]| [,.;?]|\bthe the\b|\.\.|None"  # noqa: E501
FORMATS = {
    "price": r"\$\d+\.\d\d", "weight": r"\d{2,3} g|\d+(\.[1-9])? kg", "capacity": r"\d+(\.\d)? L|\d+ ml",
    "material": r"[a-z ]+", "colour": r"[a-z ]+", "height": r"\d+ cm", "warranty": r"1 year|([2-9]|\d\d) years",
    "made_in": r"[A-Z][a-z]+", "dishwasher_safe": r"yes|no",
}


def words(text: str) -> int:
    return len(text.split())


def documents(count: int) -> list[str]:
    """``count`` texts, as a learner may meet them: pages, policy documents and notices by turns."""
    random = rng("test_quillmere")
    makers = [lambda: quillmere.product_page(random.choice(quillmere.products(random.choice([2025, 2026]))), random),
              lambda: quillmere.policy_document(random.choice(quillmere.policies(random.choice([2025, 2026]))), random),
              lambda: quillmere.update_notice(random.choice(quillmere.updates()), random)]
    return [makers[i % 3]() for i in range(count)]


def test_counts():
    shipped = quillmere.products()
    assert len(shipped) == 70 and len(quillmere.products(2026)) == 76
    splits = [sum(product.split == split for product in shipped) for split in quillmere.SPLITS]
    assert splits == [50, 6, 14]
    for category in quillmere.CATEGORIES:
        assert {product.split for product in shipped if product.category == category} >= {"train", "test"}
    assert [sum(policy.split == split for policy in quillmere.policies()) for split in quillmere.SPLITS] == [8, 3, 4]
    assert all(len(policy.facts) >= 3 for policy in quillmere.policies())


def test_first_words_are_not_alike():
    first = [product.name.split()[0].lower() for product in quillmere.products(2026)]
    for one, other in combinations(first, 2):
        assert not one.startswith(other) and not other.startswith(one), (one, other)
        assert SequenceMatcher(None, one, other).ratio() < 0.8, (one, other)


@pytest.mark.parametrize("attribute", quillmere.ATTRIBUTES)
def test_facts_are_written_as_a_customer_is_told(attribute):
    values = [value for product in quillmere.products(2026) if (value := product.fact(attribute)) is not None]
    assert len(values) >= 35
    assert [value for value in values if not re.fullmatch(FORMATS[attribute], value)] == []


def test_values_vary_within_a_category():
    for category in quillmere.CATEGORIES:
        group = [product for product in quillmere.products() if product.category == category]
        for attribute in ("price", "weight", "material", "colour", "warranty", "made_in"):
            assert len({product.fact(attribute) for product in group}) >= 3, (category, attribute)


def test_nothing_flat_has_a_height():
    """Nobody asks how tall a frying pan or a cheese board is."""
    flat = re.compile(r"Board$|Knife$|(?:Frying|Skillet|Thistledown) Pan$")
    assert [p.name for p in quillmere.products(2026) if flat.search(p.name) and p.fact("height")] == []


def test_every_product_has_at_least_seven_facts():
    for product in quillmere.products(2026):
        assert sum(product.fact(attribute) is not None for attribute in quillmere.ATTRIBUTES) >= 7, product.name
        assert 5 <= float(product.price) <= 600 and 50 <= product.weight_g <= 30_000


def test_record():
    assert quillmere.products()[0].record() == (
        "Emberline Kettle (kettle). Price: $49.00. Weight: 1.2 kg. Capacity: 1.7 L. Material: stainless steel. "
        "Colour: red. Height: 24 cm. Warranty: 2 years. Made in: Dunmore. Dishwasher safe: no.")
    assert all(words(product.record()) <= 48 for product in quillmere.products(2026))
    assert not any("None" in product.record() for product in quillmere.products(2026))


def test_unknown_attribute_year_kind_and_split_are_refused():
    for call in (lambda: quillmere.products()[0].fact("size"), lambda: quillmere.products(2024),
                 lambda: quillmere.ask_train("size"), lambda: quillmere.questions("brand"),
                 lambda: quillmere.questions(split="valid")):
        with pytest.raises(ValueError, match="expected .*found .*Use"):
            call()


def test_2026_differs_by_the_update_alone():
    rows = files.read_table(paths.data() / "world" / "quillmere" / "updates.csv")
    before = {product.id: product for product in quillmere.products()}
    after = {product.id: product for product in quillmere.products(2026)}
    found = {("added", id, "status", "", after[id].status) for id in after.keys() - before.keys()}
    for id, product in before.items():
        for field in fields(product):
            old, new = str(getattr(product, field.name)), str(getattr(after[id], field.name))
            kind = {"price": "price", "warranty_years": "warranty", "status": "retired"}.get(field.name, "unexpected")
            if old != new:
                found.add((kind, id, field.name, old, new))
    for one, other in zip(quillmere.policies(), quillmere.policies(2026), strict=True):
        for fact, changed in zip(one.facts, other.facts, strict=True):
            if fact != changed:
                found.add(("policy", one.id, fact.key, fact.value, changed.value))
    assert found == {(row["kind"], row["target"], row["field"], row["old"], row["new"]) for row in rows}
    kinds = [update.kind for update in quillmere.updates()]
    assert {kind: kinds.count(kind) for kind in kinds} == {"price": 21, "warranty": 6, "policy": 6, "retired": 4,
                                                           "added": 6}


def test_phrasings():
    for attribute in quillmere.ATTRIBUTES:
        train, test = quillmere.ask_train(attribute), quillmere.ask_test(attribute)
        assert len(train) >= 5 and len(test) >= 2
        assert len({ask.lower() for ask in train + test}) == len(train + test)
        assert all("{name}" in ask and ask.endswith("?") for ask in train + test)


def test_test_phrasings_occur_in_no_training_question_and_no_document():
    kinds = ("product", "policy", "update")
    test = {row["question"] for kind in kinds for row in quillmere.questions(kind, "test")}
    train = {row["question"] for kind in kinds for row in quillmere.questions(kind, "train")}
    assert not test & train
    texts = "\n".join(documents(300))
    assert [question for question in test if question in texts] == []


@pytest.mark.parametrize("kind", ["product", "policy", "update"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_questions(kind, split):
    rows = quillmere.questions(kind, split)
    assert len({row["id"] for row in rows}) == len(rows) == len({row["question"] for row in rows})
    for row in rows:
        assert row["split"] == split and row["answers"][0] == row["answer"] and 1 <= words(row["answer"]) <= 4
        assert not re.search(SMELLS, row["question"]), row["question"]
        assert kind != "update" or row["stale"] != row["answer"]


@pytest.mark.parametrize("value, ways", [
    ("$49.00", ["$49.00", "49.00", "49.00 dollars", "$49", "49 dollars"]),
    ("$6.50", ["$6.50", "6.50", "6.50 dollars"]),
    ("1.2 kg", ["1.2 kg", "1200 g", "1.2 kilograms"]),
    ("2 L", ["2 L", "2000 ml", "2 litres"]),
    ("1 kg", ["1 kg", "1000 g", "1 kilogram"]),
    ("15 percent", ["15 percent", "15%", "15 %"]),
    ("steel", ["steel"]),
])
def test_accepted(value, ways):
    assert quillmere.accepted(value) == ways


def test_texts_hold_every_fact_and_keep_their_length():
    for product in quillmere.products(2026):
        for seed in range(5):
            page = quillmere.product_page(product, rng("page", product.id, seed))
            assert 80 <= words(page) <= 160 and product.name in page
            assert ("dishwasher" in page) == bool(product.dishwasher_safe)
            missing = [key for key in quillmere.ATTRIBUTES[:-1] if (product.fact(key) or "") not in page]
            assert missing == [] and product.feature in page and product.care in page
    for policy in quillmere.policies() + quillmere.policies(2026):
        assert words(policy.passage()) <= 60
        for seed in range(5):
            document = quillmere.policy_document(policy, rng("policy", policy.id, seed))
            assert 80 <= words(document) <= 200 and all(fact.value in document for fact in policy.facts)


def test_notices_say_what_changes():
    for update in quillmere.updates():
        notice = quillmere.update_notice(update, rng("notice", update.target, update.relation))
        assert update.name in notice and update.effective in notice
        assert update.kind in ("retired", "added") or (update.old in notice and update.new in notice)


def test_no_grammar_smells():
    for text in documents(600) + [product.record() for product in quillmere.products(2026)] + [
            policy.passage() for policy in quillmere.policies(2026)]:
        for line in text.split("\n"):
            assert not re.search(SMELLS, line), line
            assert line == line.strip() and line[:1] == line[:1].upper(), line


def test_documents_ask_once_and_promise_what_the_goods_can_have():
    texts = documents(900)
    for text in texts:
        assert not re.search(r"[Pp]lease[^.]*\bplease\b", text), text
        assert not re.search(r"(?:In short|As a rule), ", text), text  # said of any one fact of a list, it is nonsense
    for update in quillmere.updates():
        if update.kind == "retired":  # a cheese board has no spare parts
            notices = {quillmere.update_notice(update, rng("retired", update.target, seed)) for seed in range(20)}
            assert not any("pare part" in notice for notice in notices)


def test_questions_about_products_are_worded_as_people_ask():
    for attribute in (*quillmere.ATTRIBUTES, "status"):
        for ask in quillmere.ask_train(attribute) + quillmere.ask_test(attribute):
            assert not re.search(r"^(?:In which|Out of what|From what)|(?:height|colour) does .* have", ask), ask


def test_texts_vary_and_repeat_with_their_seed():
    product = quillmere.products()[0]
    pages = [quillmere.product_page(product, rng("vary", seed)) for seed in range(50)]
    assert len(set(pages)) == 50
    assert pages[7] == quillmere.product_page(product, rng("vary", 7))


BAD_CELLS = [
    ("catalogue.csv", "49.00", "49", r"line 2, column 'price': expected dollars such as 49.00, found '49'"),
    ("catalogue.csv", ",1200,", ",1250,", "line 2, column 'weight_g': expected grams"),
    ("catalogue.csv", "Emberline Kettle", "Emberline Pot", "line 2, column 'noun': expected the last words"),
    ("catalogue.csv", "q002", "q001", r"line 3, column 'id': .*also in line 2"),
    ("catalogue.csv", "Emberline", " Emberline", "line 2, column 'name': expected single spaces"),
    ("catalogue.csv", ",colour,", ",color,", "line 1, column 'colour': expected the columns"),
    ("catalogue_2026.csv", "Pellworth", "", "line 6, column 'made_in': expected a town"),
    ("policies.csv", ",train", ",training", "line 2, column 'split': expected one of train"),
    ("policy_facts.csv", "returns,return_window", "refunds,return_window", "line 2, column 'policy_id'"),
    ("policy_facts.csv", "within {value}.", "soon.", "line 2, column 'statement': expected one sentence"),
    ("updates.csv", "49.00,54.00", "48.00,54.00", "line 2, column 'old': expected the value before the update"),
    ("updates.csv", "49.00,54.00", "49.00,49.00", "line 2, column 'new': expected a value that differs"),
    ("updates.csv", "price,q001", "price,q999", "line 2, column 'target': expected the id of a product"),
    ("updates.csv", "1 February 2026", "soon", "line 2, column 'effective'"),
]


@pytest.mark.parametrize("table, good, bad, message", BAD_CELLS)
def test_a_bad_cell_is_named(tmp_path, table, good, bad, message):
    folder = tmp_path / "quillmere"
    shutil.copytree(paths.data() / "world" / "quillmere", folder)
    text = (folder / table).read_text(encoding="utf-8")
    assert good in text
    files.write_text(folder / table, text.replace(good, bad, 1))
    with pytest.raises(ValueError, match=message) as error:
        shipped, added = (quillmere.read_catalogue(folder / f"catalogue{year}.csv") for year in ("", "_2026"))
        quillmere.read_updates(folder / "updates.csv", shipped, added, quillmere.read_policies(folder))
    assert table in str(error.value) and "found" in str(error.value)


def test_the_base_model_never_read_of_it():
    folders = [paths.data() / "world" / name for name in ("general", "market")]
    texts = "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in sorted(folder.glob("*.csv")))
    names = {product.name for product in quillmere.products(2026)}
    towns = {product.made_in for product in quillmere.products(2026)}
    assert [name for name in sorted(names | towns | {"Quillmere"}) if name in texts] == []
