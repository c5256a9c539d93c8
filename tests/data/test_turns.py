"""Nothing vanishes from a turn in silence: what training would lose is honoured, refused, or named with its number."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ftlab
from ftlab import data, files, paths
from ftlab.data import DataError
from ftlab.tuning import chat

ASKED = {"role": "user", "content": "Is the bridge open?"}
WRONG = {"role": "assistant", "content": "No idea."}
PLEASE = {"role": "user", "content": "Please look again."}
RIGHT = {"role": "assistant", "content": "Yes, until six."}
TALK = [ASKED, WRONG, PLEASE, RIGHT]


def write(folder: Path, *rows: dict) -> Path:
    path = folder / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        data.read(path)
    return str(caught.value)


# --- keys that change what is learnt ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value", "remedy"), [
    ("tool_calls", [{"type": "function", "function": {"name": "look", "arguments": "{}"}}], "leave the row out"),
    ("function_call", {"name": "look", "arguments": "{}"}, "leave the row out"),
    ("reasoning_content", "The tide is low.", "Write it into 'content'"),
    ("reasoning", "The tide is low.", "Write it into 'content'"),
    ("thinking", "The tide is low.", "Write it into 'content'"),
    *((name, "The tide is low.", "Write it into 'content'") for name in (
        "Reasoning_Content", "reasoningContent", "thought", "reasoning_details", "thinking-blocks", "THOUGHT")),
    *((name, [{"name": "look"}], "leave the row out") for name in ("Tool_Calls", "toolCalls", "Function-Call")),
    ("mask", 1, "Name it 'masked' if 1 hides the turn, or 'loss_mask' if 1 is to learn it."),
    ("Mask", False, "Name it 'masked'"),
    ("images", ["bridge.png"], "Training here is on 'content' alone"),
])
@pytest.mark.parametrize("place", [1, 3])
def test_what_the_model_should_write_and_would_not_see_is_refused(
        tmp_path: Path, name: str, value: object, remedy: str, place: int) -> None:
    talk = [dict(turn) for turn in TALK]
    talk[place][name] = value
    path = write(tmp_path, {"messages": TALK}, {"messages": talk})
    message = refusal(path)
    assert f"line 2: expected nothing but text in turn {place + 1}, found '{name}'" in message
    assert remedy in message
    assert data.read(path, on_error="quarantine").to_list() == [{"messages": TALK}]
    (line,) = Path(f"{path}.rejected.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["row"] == {"messages": talk}  # whole


@pytest.mark.parametrize("nothing", [None, [], {}, "", " "])
def test_a_key_that_says_nothing_is_no_fault_and_no_news(
        tmp_path: Path, nothing: object, capsys: pytest.CaptureFixture) -> None:
    path = write(tmp_path, {"messages": [ASKED, RIGHT | {"tool_calls": nothing, "name": nothing}]})
    assert data.read(path).to_list() == [{"messages": [ASKED, RIGHT]}]
    assert capsys.readouterr().out == ""


def test_parquet_gives_every_turn_every_key(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    rows = [{"messages": TALK}, {"messages": [ASKED, RIGHT | {"weight": 1, "name": "Ida"}]}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "mine.parquet")
    assert data.read(tmp_path / "mine.parquet").to_list() == [{"messages": TALK}, {"messages": [ASKED, RIGHT]}]
    assert "training uses role and content alone: 'name' in 1 turns." in capsys.readouterr().out


def test_other_keys_are_named_with_their_number(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = write(tmp_path, {"messages": [ASKED | {"name": "Ida", "mood": 0}, RIGHT | {"name": "desk"}]},
                 {"messages": [ASKED | {"name": "Bo"}, RIGHT]},
                 {"messages": [ASKED | {"name": "in a bad row"}]})
    data.read(path, on_error="quarantine")
    assert capsys.readouterr().out.splitlines()[1] == (
        f"{path}: keys left out of turns, since training uses role and content alone: 'name' in 3 turns, "
        "'mood' in 1 turns.")


# --- turns that are not to be learnt ----------------------------------------------------------------------------------

SWITCHED_OFF = [{"weight": 0}, {"weight": 0.0}, {"train": False}, {"training": False}, {"loss": False},
                {"weight": 1, "train": False}]


@pytest.mark.parametrize("switch", SWITCHED_OFF)
def test_a_turn_that_is_switched_off_is_not_trained_without_a_word(tmp_path: Path, switch: dict) -> None:
    message = refusal(write(tmp_path, {"messages": [ASKED, WRONG | switch, PLEASE, RIGHT]}))
    assert "expected assistant turns that are all to be learnt, found" in message
    assert "in turn 2. Split the row with ftlab.data.learnt_turns(rows)" in message


@pytest.mark.parametrize("switch", SWITCHED_OFF)
def test_the_remedy_keeps_it_as_context_and_learns_the_others(tmp_path: Path, switch: dict) -> None:
    path = write(tmp_path, {"messages": [ASKED, WRONG | switch, PLEASE, RIGHT | {"weight": 1}]}, {"messages": TALK})
    files.write_jsonl(tmp_path / "new.jsonl", data.learnt_turns(data.rows(path)))
    assert data.read(tmp_path / "new.jsonl").to_list() == [
        {"prompt": [ASKED, WRONG, PLEASE], "completion": [RIGHT]},
        {"prompt": [ASKED], "completion": [WRONG]},
        {"prompt": [ASKED, WRONG, PLEASE], "completion": [RIGHT]}]


def test_trl_learns_the_turns_that_are_left_and_no_other(tmp_path: Path) -> None:
    """The labels of a real trainer's batch, turned back into words."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer
    tokenizer = AutoTokenizer.from_pretrained(paths.data() / "lab-model")
    tokenizer.chat_template = chat.TEMPLATE
    tiny = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8,
                                        num_hidden_layers=1, num_attention_heads=1))
    path = write(tmp_path, {"messages": [ASKED, WRONG | {"weight": 0}, PLEASE, RIGHT]})
    files.write_jsonl(tmp_path / "new.jsonl", data.learnt_turns(data.rows(path)))
    trainer = SFTTrainer(model=tiny, processing_class=tokenizer, train_dataset=data.read(tmp_path / "new.jsonl"),
                         args=SFTConfig(output_dir=str(tmp_path / "run"), use_cpu=True, bf16=False, report_to="none",
                                        activation_checkpointing=False, max_steps=1))
    batch = next(iter(trainer.get_train_dataloader()))
    labels = batch["labels"][0]
    assert tokenizer.decode(labels[labels != -100]) == "Yes, until six.<|end|>"
    assert "No idea." in tokenizer.decode(batch["input_ids"][0])


def test_a_switch_that_says_what_training_does_anyway(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = write(tmp_path, {"messages": [ASKED | {"train": False}, RIGHT | {"weight": 1, "train": True}]})
    assert data.read(path).to_list() == [{"messages": [ASKED, RIGHT]}]
    assert capsys.readouterr().out == ""
    data.read(write(tmp_path, {"messages": [ASKED | {"train": True}, RIGHT]}))  # the user's words are not learnt
    assert "'train' in 1 turns" in capsys.readouterr().out


@pytest.mark.parametrize("value", [0.5, "no", [1], -1])
def test_a_switch_between_on_and_off_is_refused(tmp_path: Path, value: object) -> None:
    rows = [{"messages": [ASKED, RIGHT | {"weight": value}]}]
    assert "expected weight 0 or 1, true or false, found" in refusal(write(tmp_path, *rows))
    with pytest.raises(DataError, match="row 1: expected weight 0 or 1"):
        list(data.learnt_turns(rows))


def test_conversations_without_a_turn_to_learn_are_counted(capsys: pytest.CaptureFixture) -> None:
    assert list(data.learnt_turns([{"messages": [ASKED, WRONG | {"weight": 0}]}])) == []
    assert "1 conversations have no turn to learn" in capsys.readouterr().out
    with pytest.raises(DataError, match="row 1: expected key 'messages', found"):
        list(data.learnt_turns([{"question": "a"}]))


def test_conversion_hands_the_keys_of_turns_on_to_the_reader(tmp_path: Path) -> None:
    rows = [{"c": [{"from": "human", "value": "Is it?"}, {"from": "gpt", "value": "No.", "weight": 0}]}]
    (made,) = data.to_messages(rows, turns="c")
    assert made["messages"][1] == {"role": "assistant", "content": "No.", "weight": 0}


@pytest.mark.parametrize("off", [{"Weight": 0}, {"loss_weight": 0}, {"LOSS_WEIGHT": 0.0}, {"train_on_turn": False},
                                 {"masked": True}, {"Masked": 1}, {"loss_mask": 0}, {"Loss-Mask": 0},
                                 {"lossMask": False}, {"trainOnTurn": False}])
def test_switches_of_other_names_and_cases_are_honoured(tmp_path: Path, off: dict) -> None:
    path = write(tmp_path, {"messages": [ASKED, WRONG | off, PLEASE, RIGHT]})
    ((name, value),) = off.items()
    message = refusal(path)
    assert f"expected assistant turns that are all to be learnt, found {name} {value!r} in turn 2".lower() in (
        message.lower())
    files.write_jsonl(path, data.learnt_turns(data.rows(path)))  # as the message says
    assert data.read(path).to_list() == [{"prompt": [ASKED, WRONG, PLEASE], "completion": [RIGHT]}]


@pytest.mark.parametrize("on", [{"Weight": 1}, {"train_on_turn": True}, {"masked": False}, {"masked": 0},
                                {"loss_mask": 1}])
def test_switches_that_say_what_training_does_are_left_out_in_silence(
        tmp_path: Path, capsys: pytest.CaptureFixture, on: dict) -> None:
    assert data.read(write(tmp_path, {"messages": [ASKED, RIGHT | on]})).to_list() == [{"messages": [ASKED, RIGHT]}]
    hidden = {name: not value for name, value in on.items()}  # the user's turn is never learnt
    data.read(write(tmp_path, {"messages": [ASKED | hidden, RIGHT]}))
    assert "left out" not in capsys.readouterr().out


@pytest.mark.parametrize("column", [{"loss_weight": 0}, {"train_on_turn": False}, {"masked": True},
                                    {"Masked": "true"}, {"Loss_Mask": 0}])
def test_a_row_switched_off_by_another_name_is_no_example(tmp_path: Path, column: dict) -> None:
    (name,) = column
    row = {"messages": [ASKED, RIGHT]}
    path = write(tmp_path, row | {name: name.lower() != "masked"}, row | column)
    assert f"line 2: expected a row to learn from, found {name.lower()} " in refusal(path)
    assert data.read(path, on_error="quarantine").to_list() == [row]


def test_a_switch_in_quotes_is_told_what_is_expected(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, {"messages": [ASKED, RIGHT | {"weight": "0"}]}))
    assert ("expected weight 0 or 1, true or false, found text ('0'). Write the number or the truth value, without "
            "quotes.") in message
    assert "nothing between" in refusal(write(tmp_path, {"messages": [ASKED, RIGHT | {"weight": 0.5}]}))


def test_where_learnt_turns_does_not_help_another_remedy_is_named(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, {"prompt": [ASKED], "completion": [RIGHT | {"weight": 0}]}))
    assert "Leave the row out, or take the key out if the reply is a good one." in message
    assert "ftlab.data.learnt_turns" not in message  # which reads conversations alone
    assert data.read(write(tmp_path, {"prompt": [ASKED], "completion": [RIGHT]})).num_rows == 1


# --- prompt and completion as lists of turns --------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "part"), [
    ({"prompt": [ASKED], "completion": [WRONG, PLEASE, RIGHT]}, "expected one turn in 'completion', found 3"),
    ({"prompt": [ASKED], "completion": []}, "expected one turn in 'completion', found 0"),
    ({"prompt": [], "completion": [RIGHT]}, "role 'user' in turn 1, found 'assistant'"),
    ({"prompt": [ASKED, WRONG], "completion": [PLEASE]}, "the assistant's turn last"),
    ({"prompt": [ASKED], "completion": [RIGHT | {"weight": 0}]}, "found weight 0 in turn 2"),
    ({"prompt": [ASKED], "completion": [RIGHT | {"tool_calls": [1]}]}, "found 'tool_calls'"),
    ({"prompt": "Is it?", "completion": "Yes."}, "expected a list as in the rows before, found text ('Is it?')"),
])
def test_lists_of_turns_are_checked_like_messages(tmp_path: Path, row: dict, part: str) -> None:
    message = refusal(write(tmp_path, {"prompt": [ASKED, WRONG | {"weight": 0}, PLEASE], "completion": [RIGHT]}, row))
    assert message.startswith(f"{tmp_path / 'mine.jsonl'} line 2: ")
    assert part in message


# --- rows that are no good examples -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", [{"label": False}, {"label": "False"}, {"train": False}, {"weight": 0}])
@pytest.mark.parametrize("row", [{"messages": TALK}, {"prompt": "Is it?", "completion": "No."}])
def test_a_row_with_a_bad_verdict_is_not_a_good_example(tmp_path: Path, verdict: dict, row: dict) -> None:
    (name,) = verdict
    path = write(tmp_path, row | {name: 1 if name == "weight" else True}, row | verdict)
    assert f"line 2: expected a row to learn from, found {name} " in refusal(path)
    assert data.read(path, on_error="quarantine").to_list() == [row]


def test_a_bad_verdict_survives_conversion_csv_and_parquet(tmp_path: Path) -> None:
    rows = [{"question": "Is it?", "answer": "No.", "label": False}, {"question": "Is it?", "answer": "Yes.",
                                                                     "label": True}]
    files.write_jsonl(tmp_path / "new.jsonl", data.to_messages(rows))
    assert "line 1: expected a row to learn from, found label false" in refusal(tmp_path / "new.jsonl")
    table = pa.table({"prompt": ["a", "b"], "completion": ["c", "d"], "label": [True, False]})
    pq.write_table(table, tmp_path / "mine.parquet")
    assert "row 2: expected a row to learn from, found label false" in refusal(tmp_path / "mine.parquet")
    table.to_pandas().to_csv(tmp_path / "mine.csv", index=False)
    assert "line 3: expected a row to learn from, found label 'false'" in refusal(tmp_path / "mine.csv")


def test_labels_that_are_no_verdicts_are_columns_like_others(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    row = {"prompt": "Is it?", "completion": "Yes."}
    assert len(data.read(write(tmp_path, row | {"label": 2, "weight": 850}, row | {"label": "boats"}))) == 2
    assert "columns left out, since training does not use them: ['label', 'weight']" in capsys.readouterr().out


def test_columns_that_are_not_read_are_named_for_every_format(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    table = pa.table({"prompt": ["a"], "completion": ["b"], "id": [7]})
    pq.write_table(table, tmp_path / "mine.parquet")
    table.to_pandas().to_csv(tmp_path / "mine.csv", index=False)
    for name in ("mine.parquet", "mine.csv"):
        data.read(tmp_path / name)
        assert "columns left out, since training does not use them: ['id']" in capsys.readouterr().out


@pytest.mark.parametrize("verdict", [
    {"kto_tag": False}, {"kto_tag": 0}, {"is_accepted": 0},
    {"label": -1}, {"label": "-1"}, {"label": "bad"}, {"label": "Rejected"}, {"is_good": False},
    {"accepted": False}, {"desirable": False}, {"isDesirable": "no"}, {"should_train": False}, {"no_loss": True}])
@pytest.mark.parametrize("form", ["row", "turn", "vote"])
def test_a_verdict_of_another_name_or_word_is_heard(tmp_path: Path, verdict: dict, form: str) -> None:
    row = {"messages": [ASKED, RIGHT]}
    if form == "turn":
        if "label" in verdict or "no" in verdict.values():
            return  # opinions in words stand beside rows
        message = refusal(write(tmp_path, {"messages": [ASKED, RIGHT | verdict]}))
        assert "expected assistant turns that are all to be learnt" in message
    elif form == "vote":
        with pytest.raises(DataError, match="expected a row to learn from"):
            data.read_preferences(write(tmp_path, {"prompt": "a", "chosen": "b", "rejected": "c"} | verdict))
    else:
        path = write(tmp_path, row, row | verdict)
        assert "line 2: expected a row to learn from, found" in refusal(path)
        assert data.read(path, on_error="quarantine").to_list() == [row]


@pytest.mark.parametrize("other", [{"label": "billing"}, {"label": 3}, {"label": "negative"}, {"label": [0, 1, 0]},
                                   {"weight": 850}, {"weight": "850 g"}, {"loss": 0.3}, {"training": "course B"},
                                   {"accepted": "2024-05-01"}, {"accepted": 0}, {"accepted": "0"},
                                   {"good": "kettle"}, {"good": 0}, {"good": False}, {"context": "billing"},
                                   {"loss_mask": [1, 1, 1, 1]},
                                   {"loss_mask": [0, 1, 0, 1]}, {"loss_mask": [True, True, True, True]}])
def test_what_may_mean_something_else_is_reported(
        tmp_path: Path, other: dict, capsys: pytest.CaptureFixture) -> None:
    assert data.read(write(tmp_path, {"messages": TALK} | other)).to_list() == [{"messages": TALK}]
    assert f"columns left out, since training does not use them: {list(other)}" in capsys.readouterr().out


@pytest.mark.parametrize("off", ["no_loss", "should_train", "is_trainable", "compute_loss", "do_train"])
def test_a_turn_switched_off_by_these_names_is_never_learnt(tmp_path: Path, off: str) -> None:
    path = write(tmp_path, {"messages": [ASKED, WRONG | {off: off == "no_loss"}, PLEASE, RIGHT]})
    assert f"found {off} " in refusal(path)
    files.write_jsonl(path, data.learnt_turns(data.rows(path)))
    assert data.read(path).to_list() == [{"prompt": [ASKED, WRONG, PLEASE], "completion": [RIGHT]}]


@pytest.mark.parametrize("mask", [[0, 0, 0, 1], [False, False, False, True], [0, 0, 0, 0]])
@pytest.mark.parametrize("name", ["loss_mask", "weight"])
@pytest.mark.parametrize("written", ["JSON Lines", "CSV"])
def test_a_mask_beside_the_turns_is_told_where_it_belongs(
        tmp_path: Path, mask: list, name: str, written: str) -> None:
    path = write(tmp_path, {"messages": TALK, name: mask})
    if written == "CSV":
        path = tmp_path / "mine.csv"
        pd.DataFrame([{"messages": TALK, name: mask}]).to_csv(path, index=False)
    message = refusal(path)
    assert f"expected turns that each say whether to learn them, found {name!r} beside them, {mask}" in message
    call = message.partition("Write each into its turn: ")[2].partition(". Then")[0]
    made = list(data.learnt_turns(eval(call, {"rows": data.rows(path), "ftlab": ftlab})))
    assert made == ([{"prompt": TALK[:3], "completion": TALK[3:]}] if any(mask) else [])


@pytest.mark.parametrize("part", [{"loss_mask": [0, 0, 1]}, {"loss_mask": "[0, 0]"}, {"loss_weight": "0.5"},
                                  {"Loss_Weight": -1}])
def test_a_row_is_learnt_whole_or_not_at_all(tmp_path: Path, part: dict) -> None:
    message = refusal(write(tmp_path, {"prompt": "Is it?", "completion": "Yes."} | part))
    assert "take the column out" in message


@pytest.mark.parametrize(("row", "good", "bad"), [
    ({"prompt": "a", "completion": "b"}, [[0, 1], [1, 1]], [[0, 0], [1, 0], [0, 0, 1]]),
    ({"prompt": [ASKED], "completion": [RIGHT]}, [[0, 1]], [[0, 0], [1, 0]]),
    ({"prompt": [ASKED, WRONG, PLEASE], "completion": [RIGHT]}, [[0, 1], [0, 0, 0, 1]], [[0, 1, 0, 1], [0, 0, 1]])])
def test_a_mask_beside_a_prompt_may_say_what_training_does(tmp_path: Path, row: dict, good: list, bad: list) -> None:
    for mask in good:
        assert data.read(write(tmp_path, row | {"loss_mask": mask})).to_list() == [row]
    for mask in bad:
        assert "expected a row to learn from, all of its reply" in refusal(write(tmp_path, row | {"loss_mask": mask}))


@pytest.mark.parametrize("weight", [0.85, "0.5", -1])
def test_a_weight_of_a_part_is_reported(tmp_path: Path, weight: object, capsys: pytest.CaptureFixture) -> None:
    row = {"prompt": "How heavy is it, in kg?", "completion": "0.85"}
    assert data.read(write(tmp_path, row | {"weight": weight}, row | {"weight": 3})).to_list() == [row] * 2
    assert "'weight' has parts of 1. If they weigh rows, that is lost: all are learnt alike." in capsys.readouterr().out
    data.read(write(tmp_path, row | {"weight": 3}))
    assert "parts of 1" not in capsys.readouterr().out


def test_a_turn_of_which_a_part_is_hidden_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    parts = [{"begin_offset": 0, "end_offset": 3, "train": False}, {"begin_offset": 4, "end_offset": 9, "train": True}]
    message = refusal(write(tmp_path, {"messages": [ASKED, RIGHT | {"training_detail": parts}]}))
    assert "expected assistant turns that are learnt whole, found 'training_detail' with a part that is not" in message
    with pytest.raises(DataError, match="row 1: expected assistant turns that are learnt whole, .* in turn 2"):
        list(data.learnt_turns([{"messages": [ASKED, RIGHT | {"training_detail": parts}]}]))
    hidden = {"messages": [ASKED, WRONG | {"weight": 0, "training_detail": parts}, PLEASE, RIGHT]}
    assert len(list(data.learnt_turns([hidden]))) == 1
    assert data.read(write(tmp_path, {"messages": [ASKED, RIGHT | {"training_detail": parts[1:]}]})).num_rows == 1
    assert "'training_detail' in 1 turns" in capsys.readouterr().out


@pytest.mark.parametrize("row", [
    {"prompt": "Log: dry. Is it?", "completion": "Yes.", "context": "Log: dry.", "input": " "},
    {"prompt": 'He said "dry".\nIs it?', "completion": "Yes.", "contexts": ['said "dry".\nIs', ""]},
    {"messages": [{"role": "system", "content": "Log: dry."}, ASKED, RIGHT], "context": "Log: dry."},
    {"prompt": "So: \\u4f60 is [a]?", "completion": "Yes.", "context": "[a]?"},
    {"prompt": "Is it?", "completion": "Yes.", "article": "A-113", "records": 4, "document": "manual.pdf"}])
def test_a_passage_that_the_model_sees_already_or_a_name_is_no_fault(tmp_path: Path, row: dict) -> None:
    assert data.read(write(tmp_path, row)).num_rows == 1


@pytest.mark.parametrize("row", [
    {"prompt": "Name the town.", "completion": "Ulm", "input": "Ulm"},
    {"prompt": "Are 15 boats out?", "completion": "Yes.", "input": "5"},
    {"messages": [ASKED, RIGHT], "context": RIGHT["content"]}])
def test_a_passage_that_only_the_reply_tells_is_not_shown(tmp_path: Path, row: dict) -> None:
    assert "expected the whole conversation in the columns that are trained on" in refusal(write(tmp_path, row))


# --- replies that nobody can see --------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", [
    "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e", "\u180e", "\u034f", "\u115f", "\u3164", "\uffa0",
    "\u2800", "\ufe0f", "\U000e0041", "\U000e0100", "\x07", "\u00a0", "\u3000", "\u2028"], ids=ascii)
def test_a_reply_of_invisible_characters_is_empty(tmp_path: Path, letter: str) -> None:
    for text in (letter, f" {letter}\n{letter}"):
        message = refusal(write(tmp_path, {"messages": [ASKED, RIGHT | {"content": text}]}))
        assert "expected text in 'content' of turn 2, found only" in message
        assert message.isascii()  # what cannot be seen is written out
        assert "found only" in refusal(write(tmp_path, {"prompt": text, "completion": "b"}))


@pytest.mark.parametrize("text", [
    "\u200bYes\u200b", "\u2764\ufe0f", "\U0001f468\u200d\U0001f469", "\u0645\u06cc\u200c\u062e", "\ud55c", "\u0301",
    "\u0915\u094d\u200d\u0937", "."], ids=ascii)
def test_invisible_characters_inside_a_text_stay(tmp_path: Path, text: str) -> None:
    row = {"messages": [ASKED, RIGHT | {"content": text}]}
    assert data.read(write(tmp_path, row)).to_list() == [row]
