"""The world's texts are what the tables give, and nothing leaks into the lab model's reading or from train to test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

import pytest

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.workshop import reading
from ftlab.workshop.recipe import Recipe
from ftlab.workshop.tokenizer import END, PAD, ROLES
from ftlab.world import build, drills, forms, general, invent, market, prose, quillmere, shops

DOCUMENTS = 300
BOTH_HALVES = ("general", "market", "product", "policy", "update")


def plain(text: str) -> str:
    return " ".join(text.lower().split())


def rows(name: str) -> list[dict]:
    return files.read_jsonl(paths.data() / f"{name}.jsonl")


def whole(spans: reading.Spans) -> str:
    return "".join(text for text, _ in spans)


def shop_page(random) -> str:
    return whole(shops.page(random))


def form_page(random) -> str:
    return whole(forms.page(random))


def prose_page(random) -> str:
    return whole(prose.page(random))


def drill(random) -> str:
    return whole(drills.drill(random))


@pytest.fixture(scope="module")
def recipe_texts() -> list[str]:
    """What the lab model reads: what its tokenizer is made from, drills, and pages of each stage of its recipe.

    300 plain documents and 300 plain pages; 50 drills; 150 pages a stage, most of the last in forms and in sentences.
    """
    random = rng("test", "recipe")
    pages = [whole(reading.question_page(random, stage)) for stage in Recipe().stages for _ in range(DOCUMENTS // 2)]
    return [*reading.sample_texts(2 * DOCUMENTS, seed=1), *(drill(random) for _ in range(50)), *pages]


def secrets() -> list[str]:
    """What the lab model must never have read."""
    names = {product.name for year in quillmere.YEARS for product in quillmere.products(year)}
    return sorted({"quillmere", *(name.lower() for name in names), END, PAD, *ROLES})


def test_every_text_is_what_the_tables_give() -> None:
    assert build.differences() == []


def test_every_text_has_rows_and_no_others_lie_in_the_data_folder() -> None:
    sizes = {name: len(made) for name, made in build.texts()}
    assert min(sizes.values()) > 0
    found = {path.relative_to(paths.data()).as_posix() for path in paths.data().glob("*/*.jsonl")}
    ours = ("general/", "market/", "shops/", "quillmere/", "questions/")
    assert {name for name in found if name.startswith(ours)} == set(sizes)


def test_quillmere_has_names_to_look_for() -> None:
    assert len(secrets()) > 70  # 70 products at the least, or the next tests prove nothing


@pytest.mark.parametrize("stream", [general.document, market.document, shop_page, form_page, prose_page, drill])
def test_the_lab_model_never_reads_about_quillmere(stream) -> None:
    random = rng("test", stream.__name__)
    text = "\n".join(stream(random) for _ in range(DOCUMENTS)).lower()
    assert [secret for secret in secrets() if secret in text] == []


def test_no_page_of_the_recipe_is_about_quillmere(recipe_texts: list[str]) -> None:
    text = "\n".join(recipe_texts).lower()
    assert [secret for secret in secrets() if secret in text] == []


SHOWN = ["general/documents", "market/documents", "shops/pages", "shops/forms", "shops/prose", "shops/drills"]


@pytest.mark.parametrize("name", SHOWN)
def test_the_samples_shown_are_clean_too(name: str) -> None:
    text = "\n".join(row["text"] for row in rows(name)).lower()
    assert [secret for secret in secrets() if secret in text] == []


def held_out_questions(kind: str) -> Iterator[str]:
    for name in (f"{kind}_test", "general_riddle") if kind == "general" else (f"{kind}_test",):
        yield from (plain(row["question"]) for row in rows(f"questions/{name}"))


@pytest.mark.parametrize("kind", BOTH_HALVES)
def test_no_test_question_is_a_training_question(kind: str) -> None:
    train = {plain(row["question"]) for row in rows(f"questions/{kind}_train")}
    assert train.isdisjoint(held_out_questions(kind))


@pytest.mark.parametrize("kind", BOTH_HALVES)
def test_phrasings_are_of_one_half(kind: str) -> None:
    for half in ("train", "test"):
        found = rows(f"questions/{kind}_{half}")
        assert {row["split"] for row in found} == {half}
        assert len({row["id"] for row in found}) == len(found)


@pytest.mark.parametrize("kind", ["general", "market"])
def test_the_lab_model_never_reads_a_test_question(kind: str, recipe_texts: list[str]) -> None:
    read = plain("\n".join(recipe_texts))
    asked = set(re.findall(r"(?:question|q): (.+?\?)", read))
    assert len(asked) > DOCUMENTS
    assert asked.isdisjoint(held_out_questions(kind))
    assert [question for question in held_out_questions(kind) if question in read] == []  # nor in any other form


def test_the_lab_model_never_reads_what_the_desk_is_tested_on(recipe_texts: list[str]) -> None:
    """No message of a customer, and no gold reply, of a test conversation stands in a text of the recipe."""
    read = plain("\n".join(recipe_texts))
    said = {plain(turn["content"]) for name in ("conversations_test", "plain_test") for row in rows(f"quillmere/{name}")
            for turn in row["messages"][1:]}
    assert len(said) > 1000
    assert [text for text in said if text in read] == []


@pytest.mark.parametrize("one, other", list(combinations(quillmere.SPLITS, 2)))
def test_splits_of_the_conversations_share_nothing(one: str, other: str) -> None:
    here, there = rows(f"quillmere/conversations_{one}"), rows(f"quillmere/conversations_{other}")
    for key in ("product", "policy", "question_phrasing"):
        assert ({row[key] for row in here} & {row[key] for row in there}) - {None} == set(), key
    asked = [{plain(row["messages"][1]["content"]) for row in part} for part in (here, there)]
    assert asked[0].isdisjoint(asked[1])


def test_the_2026_conversations_are_the_test_conversations_after_the_update() -> None:
    before, after = rows("quillmere/conversations_test"), rows("quillmere/conversations_2026")
    train = {row["product"] for row in rows("quillmere/conversations_train")}
    assert len(before) == len(after) and {row["split"] for row in after} == {"test"}
    assert train.isdisjoint({row["product"] for row in after} - {None})


@pytest.mark.parametrize(("name", "changed"), [("articles", 9), ("descriptions", 10), ("documents", 21)])
def test_the_2026_rows_are_the_test_rows_with_the_new_values_and_nothing_else_new(name: str, changed: int) -> None:
    """What is retired is gone, what was added is there; no thing of the train split comes in."""
    key = "about" if name == "documents" else "product"
    here = {row["id"]: row for row in rows(f"quillmere/{name}") if row["split"] == "test"}
    later = {row["id"]: row for row in rows(f"quillmere/{name}_2026")}
    changes = {update.name: update for update in quillmere.updates()}
    kinds = {about: update.kind for about, update in changes.items()}
    assert {here[id][key] for id in here.keys() - later.keys()} == {"Larder Cheese Board"}
    assert {kinds[later[id][key]] for id in later.keys() - here.keys()} <= {"added"}
    both = here.keys() & later.keys()
    for id in both:
        text = build.encode([here[id]]).decode()
        if update := changes.get(here[id][key]):
            text = text.replace(update.old, update.new)
        assert build.encode([later[id]]).decode() == text
    assert sum(here[id] != later[id] for id in both) == changed
    assert {row["split"] for row in later.values()} == {"test"}
    train = {row[key] for row in rows(f"quillmere/{name}") if row["split"] == "train"} - {None}
    assert train.isdisjoint({row[key] for row in later.values()})


@pytest.mark.parametrize("count", [1, 2, 3])
def test_reading_questions_use_names_that_training_never_invents(count: int, monkeypatch) -> None:
    random, names, name = rng("test", "invented"), set(), invent.name
    invented = {name(random) for _ in range(20_000)}
    monkeypatch.setattr(invent, "name", lambda random, split="train": names.add(made := name(random, split)) or made)
    assert shops.questions(200, count) == rows(f"questions/reading_{count}")
    assert len(names) > 100 * count and names.isdisjoint(invented)
