"""Reading votes: the forms that are taken, what is refused and how, and votes of made-up rows through every format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftlab import data
from ftlab.data import DataError

ROOT = Path(__file__).resolve().parents[2]
ASK = {"role": "user", "content": "Is the tent dry?"}
YES, NO = ({"role": "assistant", "content": text} for text in ("Yes, since Monday.", "Dunno."))
DESK = {"role": "system", "content": "You are the desk."}
TEXTS = {"prompt": "Is the tent dry?", "chosen": "Yes, since Monday.", "rejected": "Dunno."}
TURNS = {"prompt": [ASK], "chosen": [YES], "rejected": [NO]}
SPOKEN = {"chosen": "\n\nHuman: Is the tent dry?\n\nAssistant: Yes, since Monday.",
          "rejected": "\n\nHuman: Is the tent dry?\n\nAssistant: Dunno."}
FUZZ = settings(max_examples=20, deadline=None, derandomize=True, database=None,
                suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTLAB_HOME", str(tmp_path / "home"))


def write(folder: Path, *rows: dict, name: str = "votes.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def refusal(path: Path, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        data.read_preferences(path, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "row, expected",
    {
        "texts": (TEXTS, TEXTS),
        "turns": (TURNS, TURNS),
        "whole conversations without a prompt": ({"chosen": [ASK, YES], "rejected": [ASK, NO]}, TURNS),
        "whole conversations beside the prompt": (
            {"prompt": "Is the tent dry?", "chosen": [ASK, YES], "rejected": [ASK, NO]}, TURNS),
        "a prompt as text, replies as turns": ({**TURNS, "prompt": "Is the tent dry?"}, TURNS),
        "one text with Human and Assistant": (SPOKEN, TURNS),
        "the same without the lines before it": ({k: v.strip() for k, v in SPOKEN.items()}, TURNS),
        "the same with Windows line ends": ({k: v.replace("\n", "\r\n") for k, v in SPOKEN.items()}, TURNS),
        "Human and Assistant beside the prompt in the same form": (
            {"prompt": "\n\nHuman: Is the tent dry?\n\nAssistant:", **SPOKEN}, TURNS),
        "Human and Assistant in the prompt, the replies alone": (
            {"prompt": "\n\nHuman: Is the tent dry?\n\nAssistant:", "chosen": " Yes, since Monday.",
             "rejected": " Dunno."}, TURNS),
        "from and value, as others name turns": (
            {"chosen": [{"from": "human", "value": "Is the tent dry?"}, {"from": "gpt", "value": "Yes, since Monday."}],
             "rejected": [{"from": "human", "value": "Is the tent dry?"}, {"from": "gpt", "value": "Dunno."}]}, TURNS),
        "a system turn in the prompt": (
            {"prompt": [DESK, ASK], "chosen": [ASK, YES], "rejected": [ASK, NO]}, {**TURNS, "prompt": [DESK, ASK]}),
        "a system turn in the conversations": (
            {"prompt": [ASK], "chosen": [DESK, ASK, YES], "rejected": [DESK, ASK, NO]},
            {**TURNS, "prompt": [DESK, ASK]}),
        "several turns": (
            {"chosen": [ASK, NO, ASK, YES], "rejected": [ASK, NO, ASK, NO]}, {**TURNS, "prompt": [ASK, NO, ASK]}),
        "lists as text, as CSV cells hold them": ({key: json.dumps(value) for key, value in TURNS.items()}, TURNS),
    }.values(),
    ids=str,
)  # fmt: skip
def test_forms_that_are_taken(tmp_path, row, expected):
    found = data.read_preferences(write(tmp_path, row, row), several_raters=True)
    assert found.to_list() == [expected, expected]


@pytest.mark.parametrize("chosen, rejected", [
    ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u062e"), ("\U0001f468\u200d\U0001f469", "\U0001f468\U0001f469"),
    ("Yes it is", "Yesit is"), ("Yes", "yes"), ("a\u0301", "a"), ("Yes.", "Yes"),
])
def test_replies_that_look_different_are_two(tmp_path, chosen, rejected):
    row = {**TEXTS, "chosen": chosen, "rejected": rejected}
    assert data.read_preferences(write(tmp_path, row)).to_list() == [row]


ONE = "A vote is between two replies to one prompt"


@pytest.mark.parametrize(
    "row, said",
    [
        ({**TEXTS, "rejected": TEXTS["chosen"]}, "expected two replies that differ, found the same twice ('Yes, since"),
        ({**TEXTS, "rejected": " Yes,  since Monday.\n"}, "expected two replies that differ"),
        *(({**TEXTS, "rejected": same}, "expected two replies that differ") for same in (
            "Yes, since Monday.\u200b", "\ufeffYes, sin\u00adce Monday.", "Yes,\u2060 since Mon\u200dday.",
            "Yes, since Monday.\u200c", "Yes, since \u200eMonday.\ufe0f")),
        ({**TEXTS, "chosen": "Ma\u00f1ana.", "rejected": "Man\u0303ana."}, "expected two replies that differ"),
        ({**TURNS, "rejected": [{**YES, "content": "Yes, since Monday.\u200b"}]}, "expected two replies that differ"),
        ({**TURNS, "rejected": [YES]}, f"expected two replies that differ, found the same twice ({YES['content']!r})"),
        ({**SPOKEN, "rejected": SPOKEN["chosen"]}, "expected two replies that differ"),
        ({**TEXTS, "chosen": ""}, "expected text in 'chosen', found an empty text"),
        ({**TEXTS, "rejected": " \n"}, "expected text in 'rejected', found only white space"),
        ({**TEXTS, "prompt": ""}, "expected text in 'prompt', found an empty text"),
        ({**TEXTS, "chosen": None}, "expected text in 'chosen', found null"),
        ({**TURNS, "chosen": []}, "expected turns in 'chosen', found an empty list"),
        ({**TURNS, "rejected": [{**NO, "content": ""}]},
         "in 'rejected': expected text in 'content' of turn 2, found an empty text"),
        ({"chosen": SPOKEN["chosen"], "rejected": "\n\nHuman: Is the tent dry?\n\nAssistant:"},
         "in 'rejected': expected text in 'content' of turn 2"),
        ({"chosen": [ASK, YES], "rejected": [{**ASK, "content": "Is it?"}, NO]},
         f"found in turn 1 'Is the tent dry?' and 'Is it?'. {ONE}"),
        ({"chosen": [ASK, NO, ASK, YES], "rejected": [ASK, NO]},
         f"found 3 before the chosen and 1 before the rejected one. {ONE}"),
        ({"prompt": "Another?", "chosen": [ASK, YES], "rejected": [ASK, NO]},
         "expected a conversation in 'chosen' that begins with the prompt, found 'Is the tent dry?'"),
        ({"chosen": [ASK], "rejected": [ASK, NO]}, "in 'chosen': expected an assistant turn"),
        ({"chosen": [ASK, YES, ASK], "rejected": [ASK, NO]}, "in 'chosen': expected the assistant's turn last"),
        ({"chosen": [ASK, YES], "rejected": [ASK, ASK, NO]}, "in 'rejected': expected role 'assistant' in turn 2"),
        ({"chosen": "\n\nHuman: Is it?\n\nHuman: Well?\n\nAssistant: Yes.", "rejected": SPOKEN["rejected"]},
         "in 'chosen': expected role 'assistant' in turn 2"),
        ({"chosen": [YES], "rejected": [NO]}, "expected the whole conversation in 'chosen', found the reply alone"),
        ({"chosen": "Yes.", "rejected": "No."}, "expected a prompt, or whole conversations"),
        ({**TURNS, "rejected": "Dunno."}, "expected 'chosen' and 'rejected' in one form"),
        ({**TEXTS, "prompt": [ASK]}, "expected 'prompt' as text, as the replies are, found a list"),
        ({**TURNS, "chosen": [{"who": "assistant", "text": "Yes"}]}, "expected turns with 'from' and 'value'"),
        ({**TEXTS, "chosen": {"text": "Yes"}}, "expected text in 'chosen', found an object"),
        ({**TEXTS, "chosen": ["Yes", "Sure"]}, "expected a text or turns in 'chosen', found a list of 2 texts"),
        ({**TEXTS, "context": "The log says so."}, 'with ftlab.data.to_votes(rows, user=("prompt", "context"))'),
        ({**TEXTS, "loss_weight": 0.5}, "expected loss_weight 0 or 1 beside a row, found 0.5"),
        ({"prompt": "Is it?", "completion": "Yes."}, "expected keys 'prompt', 'chosen' and 'rejected', found"),
        ({**TEXTS, "system": "You are the desk."}, "found 'system' beside them, filled"),
        ({**TURNS, "chosen": [{**YES, "tool_calls": [{"name": "look"}]}]}, "expected nothing but text in turn 2"),
        ({"prompt": "Human: Is it?\nAssistant: Yes.\nHuman: Sure?\nAssistant:", "chosen": " x", "rejected": " y"},
         "expected each \"Human:\" and \"Assistant:\" in 'prompt' at the beginning of a paragraph, found 'Assistant:'"),
        ({**SPOKEN, "chosen": "Human: Is the tent dry?\nAssistant: Yes."},
         "in 'chosen' at the beginning of a paragraph"),
        ({**TEXTS, "label": False}, "expected a row to learn from, found label false"),
        ({**TURNS, "weight": 0}, "expected a row to learn from, found weight 0"),
    ],
)
def test_what_is_refused_with_reason_place_and_remedy(tmp_path, row, said):
    path = write(tmp_path, row)
    message = refusal(path)
    assert message.startswith(f"{path} line 1: ") and said in message
    assert message.rstrip().endswith(".")  # the remedy is a sentence


def test_quarantine_keeps_the_good_rows_and_says_why_of_the_others(tmp_path, capsys):
    path = write(tmp_path, TURNS, {**TURNS, "rejected": [YES]}, TURNS, TEXTS, {**TURNS, "score": 3})
    found = data.read_preferences(path, on_error="quarantine", several_raters=True)
    assert found.to_list() == [TURNS] * 3
    rejected = [json.loads(line) for line in Path(f"{path}.rejected.jsonl").read_text().splitlines()]
    assert [row["line"] for row in rejected] == [2, 4]
    assert "the same twice" in rejected[0]["reason"] and "as in the rows before" in rejected[1]["reason"]
    assert rejected[1]["row"] == TEXTS
    assert "3 of 5 rows kept" in (out := capsys.readouterr().out) and "columns left out" in out and "'score'" in out


def test_a_vote_that_is_there_already_and_one_against_it_are_refused(tmp_path, capsys):
    turned, other = {**TURNS, "chosen": [NO], "rejected": [YES]}, {**TURNS, "prompt": [DESK, ASK]}
    whole = {"prompt": "Is the tent dry?", "chosen": [ASK, YES], "rejected": [ASK, NO]}  # the first vote again
    path = write(tmp_path, TURNS, turned, whole, other)
    message = refusal(path)
    assert "line 2: expected one vote on a pair, found the vote at 1 turned round" in message
    assert "line 3: expected each vote once, found the vote that stands at 1 already" in message
    assert "line 4" not in message and message.count("several_raters=True") == 2
    assert data.read_preferences(path, on_error="quarantine").to_list() == [TURNS, other]
    assert data.read_preferences(path, several_raters=True).to_list() == [TURNS, turned, TURNS, other]


def test_a_file_has_one_form(tmp_path):
    assert "expected keys ['prompt', 'chosen', 'rejected'] as in the rows before" in refusal(
        write(tmp_path, TURNS, {"chosen": [ASK, YES], "rejected": [ASK, NO]}))


def test_both_conversations_must_fit(tmp_path):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(ROOT / "data" / "lab-model")
    path = write(tmp_path, {**TEXTS, "rejected": "dry " * 200}, TEXTS)
    message = refusal(path, tokenizer=tokenizer, max_length=100)
    assert "line 1: expected at most 100 tokens" in message and "line 2" not in message


VISIBLE = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30).filter(
    lambda text: any(c.isalnum() and c.isascii() for c in text))


@FUZZ
@given(rows=st.lists(st.tuples(VISIBLE, VISIBLE, VISIBLE).filter(lambda row: row[1].split() != row[2].split()),
                     min_size=1, max_size=5), form=st.sampled_from(["turns", "whole"]),
       suffix=st.sampled_from([".jsonl", ".json", ".csv", ".parquet"]))
def test_every_format_gives_the_rows_back(tmp_path, rows, form, suffix):
    expected = [{"prompt": [{"role": "user", "content": asked}], "chosen": [{"role": "assistant", "content": good}],
                 "rejected": [{"role": "assistant", "content": bad}]} for asked, good, bad in rows]
    given = expected if form == "turns" else [
        {side: row["prompt"] + row[side] for side in ("chosen", "rejected")} for row in expected]
    path = tmp_path / f"votes{suffix}"
    if suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(given), path)
    elif suffix == ".csv":
        text = io.StringIO(newline="")
        table = csv.writer(text)
        table.writerow(given[0])
        table.writerows([json.dumps(value) for value in row.values()] for row in given)
        path.write_bytes(text.getvalue().encode())
    elif suffix == ".json":
        path.write_text(json.dumps(given))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in given))
    assert data.read_preferences(path, several_raters=True).to_list() == expected


@pytest.mark.parametrize("off", [{"weight": 0}, {"train": False}, {"masked": True}])
@pytest.mark.parametrize("side", ["chosen", "rejected"])
def test_a_reply_switched_off_has_a_remedy_that_can_be_followed(tmp_path: Path, off: dict, side: str) -> None:
    path = write(tmp_path, {**TURNS, side: [TURNS[side][0] | off]})
    message = refusal(path)
    (name,) = off
    assert f"in {side!r}: expected assistant turns that are all to be learnt, found {name} " in message
    assert "Leave the row out, or take the key out if the reply is a good one." in message
    assert "ftlab.data.learnt_turns" not in message  # which reads conversations alone
    assert data.read_preferences(write(tmp_path, TURNS)).to_list() == [TURNS]
