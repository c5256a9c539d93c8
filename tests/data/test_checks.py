"""Single rows: what is refused, with which remedy, and what does not fit the model's context."""

from __future__ import annotations

from pathlib import Path

import pytest
from learner_files import CHAT, PAIR, lines, refusal, rejects, turns, write

from ftlab import data

pytestmark = pytest.mark.usefixtures("home")


BAD_ROWS = [
    ("{'prompt': 1}", "expected valid JSON", "at character 2"),
    ("[", "expected valid JSON", "one JSON text over many lines"),
    ("[1]", "expected a JSON object, found a list", "an object {...} on a line"),
    ('{"a": ' + "[" * 100_000, "nested too deeply", "Remove"),
    ('{"prompt": NaN, "completion": "b"}', "found NaN", "Write null"),
    ('{"prompt": "a", "prompt": "b", "completion": "c"}', "found 'prompt' 2 times", "Remove or rename one"),
    ("\0\0\0", "expected valid JSON", ""),
    ({"question": "a", "answer": "b"}, "found ['question', 'answer']", 'user="question", assistant="answer"'),
    ({"instruction": "a", "output": "b"}, "found ['instruction', 'output']", 'user="instruction", assistant="output"'),
    ({"instruction": "a", "input": "", "output": "b"}, "found", 'user=("instruction", "input"), assistant="output"'),
    ({"conversations": []}, "found ['conversations']", 'turns="conversations"'),
    ({"Messages": []}, "found ['Messages']", "Rename 'Messages' to 'messages'"),
    ({"text": "a"}, "found ['text']", "Rename the columns"),
    ({}, "found []", ""),
    ({"prompt": "a"}, "found ['prompt']", ""),
    (PAIR | CHAT, "found both", "Leave one of them out"),
    ({"prompt": 5, "completion": "b"}, "text in 'prompt', found a number (5)", "Write a text"),
    ({"prompt": None, "completion": "b"}, "text in 'prompt', found null", ""),
    ({"prompt": True, "completion": "b"}, "found true or false", ""),
    ({"prompt": [], "completion": "b"}, "text in 'prompt', found a list", "into one list 'messages'"),
    ({"prompt": "a", "completion": ""}, "text in 'completion', found an empty text", "Fill it in"),
    ({"prompt": "a", "completion": " \n"}, "found only white space", ""),
    ({"prompt": "a\0b", "completion": "b"}, "found a NUL character at character 2", "Remove"),
    ('{"prompt": "\\ud83d", "completion": "b"}', "found half of a surrogate pair, '\\ud83d', at character 1", ""),
    ({"messages": []}, "found an empty list", "Write"),
    ({"messages": {"role": "user"}}, "found an object", ""),
    ({"messages": "Hello"}, "expected valid JSON", ""),
    ({"messages": ["Hello"]}, "in turn 1, found text ('Hello')", ""),
    ({"messages": [{"role": "user"}]}, "expected 'role' and 'content' in turn 1, found ['role']", ""),
    ({"messages": [{"role": "user", "content": []}, {"role": "assistant", "content": "b"}]}, "found a list", ""),
    ({"messages": [{"role": [], "content": "a"}]}, "in turn 1, found []", ""),
    (turns("human", "gpt"), "in turn 1, found 'human'", "Write 'user'"),
    (turns("user", "tool", "assistant"), "in turn 2, found 'tool'", "Rename it"),
    (turns("user"), "expected an assistant turn, found only ['user']", "Add the reply"),
    (turns("assistant"), "'user' in turn 1, found 'assistant'", "Begin with the user's words"),
    (turns("system", "assistant"), "'user' in turn 2, found 'assistant'", "Begin with the user's words"),
    (turns("user", "user", "assistant"), "'assistant' in turn 2, found 'user'", "Join the two turns"),
    (turns("user", "assistant", "system", "user", "assistant"), "in turn 3, found 'system'", "only come first"),
    (turns("user", "assistant", "user"), "expected the assistant's turn last, found 'user'", "remove the last turn"),
]


@pytest.mark.parametrize(("bad", "part", "remedy"), BAD_ROWS)
def test_bad_rows(tmp_path: Path, bad: object, part: str, remedy: str) -> None:
    path = write(tmp_path, lines("", bad))
    message = refusal(path)
    assert message.startswith(f"{path} line 2: expected ")
    assert part in message
    assert remedy in message
    message.encode()  # can be printed
    path = write(tmp_path, lines(CHAT, bad, CHAT))
    assert data.read(path, on_error="quarantine").to_list() == [CHAT, CHAT]
    assert [row["line"] for row in rejects(path)] == [2]


def test_bad_json_in_a_csv_cell(tmp_path: Path) -> None:
    assert "line 2: expected valid JSON" in refusal(write(tmp_path, "messages\n[{]\n", "mine.csv"))


def test_the_two_forms_do_not_mix(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, lines(PAIR, CHAT)))
    assert "line 2: expected keys ['prompt', 'completion'] as in the rows before" in message


@pytest.fixture(scope="module")
def tokenizer():
    """One token a word; the end token is a word of its own."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    words = Tokenizer(models.WordLevel({"<other>": 0, "<end>": 1}, unk_token="<other>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<other>", eos_token="<end>", model_max_length=10)
    made.chat_template = "{% for m in messages %}{{ m.role }} {{ m.content }} <end> {% endfor %}"
    return made


def test_a_row_longer_than_the_context_is_refused_not_cut(tmp_path: Path, tokenizer) -> None:
    fits = {"prompt": "a " * 5, "completion": "b b b b "}       # 5 + 4 words + the end token = 10
    long = {"prompt": "a " * 5, "completion": "b b b b b "}     # 11
    path = write(tmp_path, lines(fits, long))
    message = refusal(path, tokenizer=tokenizer)
    assert "line 2: expected at most 10 tokens, the model's context, found 11. Shorten or split the row" in message
    assert data.read(path, tokenizer=tokenizer, max_length=11).to_list() == [fits, long]
    assert data.read(path, tokenizer=tokenizer, on_error="quarantine").to_list() == [fits]


def test_messages_are_counted_in_the_chat_template(tmp_path: Path, tokenizer) -> None:
    path = write(tmp_path, lines(CHAT))  # user, four words, <end>, assistant, two words, <end> = 10
    assert len(data.read(path, tokenizer=tokenizer)) == 1
    assert "found 10." in refusal(path, tokenizer=tokenizer, max_length=9)


def test_tokenizers_that_cannot_count(tmp_path: Path, tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, lines(CHAT))
    monkeypatch.setattr(tokenizer, "chat_template", "{{ raise_exception('no system turn') }}")
    assert "chat template takes, found 'no system turn'" in refusal(path, tokenizer=tokenizer)
    monkeypatch.setattr(tokenizer, "chat_template", None)
    with pytest.raises(ValueError, match="Set tokenizer.chat_template first"):
        data.read(path, tokenizer=tokenizer)
    monkeypatch.setattr(tokenizer, "model_max_length", 10**30)
    with pytest.raises(ValueError, match="max_position_embeddings"):
        data.read(path, tokenizer=tokenizer)
