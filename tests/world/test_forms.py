"""Pages in forms of their own: one form a page, every value on its page, nothing of the brand or of the chat format."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from ftlab.seeded import rng
from ftlab.workshop import tokenizer
from ftlab.world import brand, forms, invent, shops


@pytest.fixture(scope="module")
def pages() -> list[list[tuple[str, bool]]]:
    random = rng("test forms")
    return [forms.page(random) for _ in range(500)]


def test_a_page_asks_and_replies_in_one_form(monkeypatch: pytest.MonkeyPatch) -> None:
    made, draw = [], forms.draw
    monkeypatch.setattr(forms, "draw", lambda random: made.append(draw(random)) or made[-1])
    random = rng("test one form")
    for _ in range(300):
        (top, marked), *rest = forms.page(random)
        form, text = made[-1], "".join(text for text, _ in rest)
        assert top.startswith(form.top) and top.endswith(form.opening) and not marked
        assert text.startswith(form.ask) and text.endswith(form.end)
        replies = [i for i, span in enumerate(rest) if span == (form.end, True)]
        assert 1 <= len(replies) <= 9
        for start in [0, *(i + 1 for i in replies[:-1])]:
            question, first = rest[start][0], rest[start + 1][0]
            assert question.startswith(form.ask) and question.endswith(form.reply.removesuffix(" "))
            assert first.startswith(" ") == form.reply.endswith(" ")  # the space belongs to the reply's first token


def test_every_answer_holds_a_value_of_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, plain = [], shops.passages
    monkeypatch.setattr(shops, "passages", lambda *args, **kwargs: seen.append(plain(*args, **kwargs)) or seen[-1])
    made, draw = [], forms.draw
    monkeypatch.setattr(forms, "draw", lambda random: made.append(draw(random)) or made[-1])
    random, kinds = rng("test values"), Counter()
    for _ in range(400):
        spans = forms.page(random)
        facts = [fact for passage in seen[-1] for fact in passage.facts]
        yes_no = {text.split("}")[-1].removesuffix(".") for fact in facts for text in fact.wording.states(fact.value)}
        answers = [text for text, marked in spans if marked and text != made[-1].end]
        for answer in answers:
            bare = answer.strip().removesuffix(",") in {fact.value for fact in facts}
            kinds[bare] += 1
            assert bare or any(fact.value in answer for fact in facts) or any(text in answer for text in yes_no), spans
    assert min(kinds.values()) > 300


def test_the_words_around_an_answer_are_not_marked(pages: list) -> None:
    starts = {text for text in invent.words()["reply_start"] if "{" not in text}
    said = [(text, marked) for spans in pages for text, marked in spans if text.strip() in starts]
    assert len(said) > 60 and not any(marked for _, marked in said)


def test_forms_differ() -> None:
    random = rng("test draw")
    drawn = [forms.draw(random) for _ in range(1000)]
    assert len(set(drawn)) > 900
    assert all(form.end and (form.ask or form.reply) for form in drawn)


def test_nothing_of_quillmere_nor_of_the_chat_format(pages: list) -> None:
    texts = ["".join(text for text, _ in spans) for spans in pages]
    special = [*tokenizer.ROLES, tokenizer.END, tokenizer.PAD]
    for text in texts:
        assert "quillmere" not in text.lower() and brand.NEXT_STEP not in text
        assert not [token for token in special if token in text]


SMELLS = [r"[{}]|\bNone\b", r"\ba (?!one\b|one-|uni|use)[aeiou]", r"\b(?!1 )\d+ (year|day|week)\b"]


@pytest.mark.parametrize("smell", SMELLS)
def test_answers_read_as_english(pages: list, smell: str) -> None:
    found = [text for spans in pages for text, marked in spans if marked and re.search(smell, text)]
    assert not found, found[:3]


def test_speech_ends_in_a_comma_before_who_says_it() -> None:
    random, seen = rng("test speech"), 0
    for _ in range(400):
        text = "".join(text for text, _ in forms.page(random))
        tags = re.findall(r'(.)" (?:asked|wrote|said|replied) \w+', text)
        seen += len(tags)
        assert set(tags) <= set(",?!"), text
    assert seen > 200


def test_what_is_said_in_speech_marks_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "draw", forms._quotes)
    random = rng("test said")
    for _ in range(100):
        text = "".join(text for text, _ in forms.page(random))
        assert not re.findall(r'(?:asked|wrote|said) \w+\. "[a-z]', text), text
