"""The bundled tokenizer: nothing is lost, digits stand alone, and the roles wait for fine-tuning."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftlab.workshop import reading, tokenizer

TEXTS = [
    "The kettle costs $49.00.",
    " leading and trailing  ",
    "two\n\nlines\tand\ttabs\r\n",
    "naïve café, Größe, Ελλάδα, 日本語, עברית",
    "👩‍👩‍👧 🫖 e\u0301 \u2028 \u0085 \u00a0 \ufeff \x00",
    "don't , . ! clean this",
    "٣ ½ 1234567890 3.14 10:30",
]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return reading.sample_texts(60)


@pytest.fixture(scope="module")
def small(texts: list[str]):
    return tokenizer.train(texts, 600, 128)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_round_trip(small, text: str) -> None:
    assert small.decode(small(text)["input_ids"]) == text


def test_has_the_size_asked_for(small) -> None:
    assert len(small) == 600
    assert small.model_max_length == 128
    assert small.padding_side == "left"


def test_digits_are_single_tokens(small) -> None:
    for text in ("1234567890", "$49.90", "7", "year 1987", "a 1 b 23"):
        tokens = small.convert_ids_to_tokens(small(text)["input_ids"])
        digits = [token for token in tokens if any(c.isdigit() for c in token)]
        assert "".join(token.lstrip("Ġ") for token in digits) == "".join(c for c in text if c.isdigit())
        assert all(len(token.lstrip("Ġ")) == 1 for token in digits), tokens
    assert not [token for token in small.get_vocab() if sum(c.isdigit() for c in token) > 1]


def test_roles_and_ends_are_single_ids(small) -> None:
    special = [tokenizer.END, tokenizer.PAD, *tokenizer.ROLES]
    for token in special:
        assert small(token)["input_ids"] == [small.convert_tokens_to_ids(token)]
    assert len(set(small.convert_tokens_to_ids(special))) == len(special)
    assert (small.eos_token, small.pad_token) == (tokenizer.END, tokenizer.PAD)
    assert small.decode(small("a<|user|>b<|end|>")["input_ids"], skip_special_tokens=True) == "ab"


def test_roles_never_occur_in_what_it_reads(small, texts: list[str]) -> None:
    special = (*tokenizer.ROLES, tokenizer.END, tokenizer.PAD)
    assert not [text for text in texts if any(token in text for token in special)]
    roles = set(small.convert_tokens_to_ids(list(tokenizer.ROLES)))
    assert not roles & {token for text in texts for token in small(text)["input_ids"]}


def test_adds_nothing_and_has_no_chat_template(small) -> None:
    assert small.chat_template is None
    assert small("")["input_ids"] == []
    assert small("abc")["input_ids"] == small("abc", add_special_tokens=False)["input_ids"]
    assert set(small("abc")) == {"input_ids", "attention_mask"}  # no token_type_ids, which generate() would refuse


def test_saved_and_loaded_is_the_same(small, texts: list[str], tmp_path: Path) -> None:
    small.save_pretrained(tmp_path)
    loaded = tokenizer.load(tmp_path)
    assert loaded.get_vocab() == small.get_vocab()
    assert loaded(TEXTS + texts[:20])["input_ids"] == small(TEXTS + texts[:20])["input_ids"]
    names = ("eos_token_id", "pad_token_id", "model_max_length", "padding_side", "chat_template", "all_special_ids")
    for name in names:
        assert getattr(loaded, name) == getattr(small, name), name
    assert all(loaded.decode(loaded(text)["input_ids"]) == text for text in TEXTS)


def test_the_same_texts_give_the_same_tokenizer(small, texts: list[str]) -> None:
    assert tokenizer.train(texts, 600, 128).get_vocab() == small.get_vocab()
