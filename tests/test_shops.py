"""Generic shop pages: every answer can be read off the page, and nothing on them belongs to the rest of the world."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from ftlab import files, paths
from ftlab.world import shops
from ftlab.world.text import rng

QUESTION = re.compile(r"^(?:Question|Q|Customer): (.*)\n(?:Answer|A|Shop):$")
SMELLS = {
    "a before a vowel": r"\ba [aeiou]",
    "an before a consonant": r"\ban [^aeiou\W]",
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


def test_every_answer_stands_on_the_page_before_its_question(pages: list) -> None:
    yes_no = [statement.replace("{it} ", "") for kind in shops.YES_NO.values() for statement in kind]
    replies = Counter()
    for spans in pages:
        top = spans[0][0]
        for (question, _), (answer, counted) in zip(spans[1::2], spans[2::2], strict=True):
            assert counted and QUESTION.match(question)
            value = answer.strip()
            if value in ("yes", "no"):
                assert f": {value}" in top or any(statement in top for statement in yes_no), (top, question)
            elif question.startswith("Customer"):
                replies["sentence"] += 1
                values = [text for text in re.split(r"(?<=[^.]) |\.$", value) if text]
                assert any(text in top for text in values), (top, answer)
            else:
                assert value in top, (top, question, answer)
    assert replies["sentence"] > 100


def test_whole_sentence_replies_hold_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    plain = shops.passages
    monkeypatch.setattr(shops, "passages", lambda *args, **kwargs: made.append(plain(*args, **kwargs)) or made[-1])
    random = rng("test replies")
    for _ in range(200):
        spans = shops.page(random)
        values = {fact[1] for passage in made[-1] for fact in passage.facts}
        for answer, counted in spans[1:]:
            assert not counted or any(value in answer for value in values), answer


def test_customers_pages_state_the_value_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    plain = shops.passages
    monkeypatch.setattr(shops, "passages", lambda *args, **kwargs: made.append(plain(*args, **kwargs)) or made[-1])
    random, texts = rng("test customers"), []
    for _ in range(300):
        spans = shops.page(random, customers=True)
        values = {fact[1] for passage in made[-1] for fact in passage.facts}
        for answer, counted in spans[1:]:
            assert not counted or any(value in answer for value in values), answer
        texts += [answer for answer, counted in spans if counted]
    for name, pattern in SMELLS.items():
        assert not [text for text in texts if re.search(pattern, text)], name
    plain_questions = {q for qs in shops.QUESTIONS.values() for q in qs}
    assert not plain_questions & {q for qs in shops.MORE_QUESTIONS.values() for q in qs}


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


def test_train_and_test_names_are_apart() -> None:
    random = rng("test names")
    names = {split: {shops.coin(random, split) for _ in range(3000)} for split in ("train", "test")}
    assert not names["train"] & names["test"]
    assert min(map(len, names.values())) > 2000


def test_names_of_the_world_are_not_coined() -> None:
    columns = ("name", "made_in", "maker", "town", "home_town", "line")
    world = paths.data() / "world"
    tables = [table for folder in ("general", "market", "quillmere") for table in (world / folder).glob("*.csv")]
    rows = [row for table in tables for row in files.read_table(table)]
    known = {row[column].split(" ")[0] for row in rows for column in columns if row.get(column)}
    assert len(known) > 100
    random = rng("test names")
    coined = {shops.coin(random, split) for split in ("train", "test") for _ in range(3000)}
    assert not coined & known
    assert known <= shops.taken()


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
def test_questions_have_one_right_answer(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    made = []
    plain = shops.passages
    monkeypatch.setattr(shops, "passages", lambda *args, **kwargs: made.append(plain(*args, **kwargs)) or made[-1])
    rows = shops.questions(60, count)
    assert len(rows) == len(made) == len({row["id"] for row in rows}) == 60
    for row, page in zip(rows, made, strict=True):
        *texts, question = row["prompt"].split("\n\n")
        assert texts == [passage.text for passage in page] and len(texts) == count
        assert question == f"Question: {row['question']}\nAnswer:"
        # The question fits one fact of the whole page: its wording and the entity it names leave one candidate.
        fits = [
            fact[1] for passage in page for fact in passage.facts for wording in fact[2]
            if wording.format(it=passage.name, v=fact[1]) == row["question"]
        ]  # fmt: skip
        assert fits == [row["answer"]], row
        assert row["answer"] in row["prompt"] or row["answer"] in ("yes", "no")


def test_questions_are_the_same_each_time() -> None:
    assert shops.questions(5, 2) == shops.questions(5, 2)
    assert shops.questions(5, 2) == shops.questions(9, 2)[:5]
    assert shops.questions(5, 2) != shops.questions(5, 2, seed="other")


def test_wordings_of_a_passage_are_apart() -> None:
    tables = [[questions for _, _, _, questions in facts] for facts in shops.POLICIES.values()]
    tables += [list(shops.QUESTIONS.values()), [questions for *_, questions in shops.PEOPLE]]
    for table in tables:
        wordings = [wording for questions in table for wording in questions]
        assert len(wordings) == len(set(wordings))
