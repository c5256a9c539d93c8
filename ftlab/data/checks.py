"""The checks of one row: which form it has, whether it is one to learn from, whether it fits the context."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from ftlab.data import cells, column_advice, formats, turns
from ftlab.data.faults import Fault, kind, short

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FORMS = (("messages",), ("prompt", "completion"))
VERDICTS = (*turns.OPINIONS, *turns.SWITCHES, *turns.HIDDEN)  # columns that may say: do not learn this row
BESIDE = (*column_advice.SYSTEM_WORDS, *column_advice.HISTORY_WORDS, *column_advice.INPUTS)  # or that hold a part of it
JOIN = ("Put all turns into one list 'messages', as "
        f"{column_advice.call({'user': 'prompt', 'assistant': 'completion'})} does.")
KEEP = ('Where it is a text to learn, write it into a turn, whose content is taken as it is: ftlab.files.write_jsonl('
        '"mine.new.jsonl", [{"messages": [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": '
        'row["completion"]}]} for row in rows]).')
WRITE_TURNS = 'Write [{"role": "user", "content": ...}, {"role": "assistant", "content": ...}].'


def columns_of(names: Iterable[str], before: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Which of the two forms a row has, by its keys; all rows of a file have the same."""
    names = list(names)
    found = [form for form in FORMS if set(form) <= set(names)]
    if len(found) == 1 and before in (None, found[0]):
        return found[0]
    if len(found) == 2:
        raise Fault("either 'messages' or 'prompt' and 'completion'", "both", "Leave one of them out.")
    if found:
        raise Fault(f"keys {list(before)} as in the rows before", list(found[0]), "Use one form in a file.")
    expected = f"keys {list(before)}" if before else "key 'messages', or 'prompt' and 'completion'"
    raise Fault(expected, short(names), column_advice.remedy(names))


def bears_on_training(name: str) -> bool:
    """Whether a column beside the form may change what its row teaches, so that it has to be looked at."""
    return column_advice.plain(name) in (*VERDICTS, *BESIDE)


def normal(values: dict, columns: tuple[str, ...]) -> tuple[dict, Counter]:
    """The row in the form that a trainer reads, and the keys inside its turns that are left out; or a fault."""
    for name, value in values.items():
        if name not in columns and bears_on_training(name):
            _check_beside(name, value, values, columns)
    if columns == ("messages",):
        messages, left_out = turns.check(_list_of_turns(values["messages"]), "messages")
        return {"messages": messages}, left_out
    if all(isinstance(values[column], list) for column in columns):
        return _turns_in_two(values["prompt"], values["completion"])
    for column in columns:
        value = values[column]
        if isinstance(found := cells.listed(value, column), list):
            if not isinstance(value, str):
                raise Fault(f"text in '{column}'", kind(value), JOIN)
            of_turns = any(isinstance(part, dict) and turns.who_and_said(part) for part in found)
            raise Fault(f"text in '{column}'", f"a list as text ({short(value)})",
                        f"{JOIN} {KEEP if of_turns else cells.AS_IT_IS}")
    return {column: turns.check_text(values[column], f"'{column}'") for column in columns}, Counter()


def _turns_in_two(prompt: list, completion: list) -> tuple[dict, Counter]:
    """TRL's other form of a conversation: the turns that are shown, and the one that is learnt."""
    if len(completion) != 1:
        raise Fault("one turn in 'completion'", len(completion), JOIN)
    messages, left_out = turns.check([*prompt, *completion], "messages", len(prompt), turns.NO_SPLIT)
    return {"prompt": messages[:-1], "completion": messages[-1:]}, left_out


def refuse_switched_off(name: str, value: object, *talk: object) -> None:
    """Refuses a row with a column that says: do not learn this, or not all of it, or not fully.

    Args:
        talk: What the row teaches, a conversation or a prompt and its completion, to know a mask that says of its turns
            what training does anyway.
    """
    word, as_text = column_advice.plain(name), isinstance(value, str)
    if word in (*turns.SWITCHES, *turns.HIDDEN):
        with suppress(Fault):
            value = formats.parse_list(value) if isinstance(value, str) and value.strip()[:1] == "[" else value
    if isinstance(value, list) and value and all(turns.is_on(one) or turns.is_off(one) for one in value):
        _check_mask(name, value, talk, as_text)
    elif word == "loss_weight" and is_part(value):
        raise Fault(f"{name} 0 or 1 beside a row", f"{value!r}", "Rows are learnt or not, nothing between: take the "
                    "column out to learn all alike.")
    if turns.says_no(name, value):
        raise Fault("a row to learn from", f"{name} {value!r}".lower(), "Leave the row out: its reply is no good "
                    "example. (If it is the name of a class, call the column 'class'.) Votes "
                    "on replies are for preference training, such as TRL's KTOTrainer.")


def weighs(name: str, value: object) -> bool:
    """Whether a column may weigh its row by a part, which no trainer here does; it may also be a thing's weight."""
    return column_advice.plain(name) == "weight" and is_part(value)


def is_part(value: object) -> bool:
    """Whether a number, which a CSV holds as text, would weigh a row by a part, or against itself."""
    try:
        return 0 < float(value) < 1 or float(value) < 0
    except (TypeError, ValueError):
        return False


def _check_mask(name: str, mask: list, talks: tuple, as_text: bool) -> None:
    """A number for each turn or token: fine if all are to be learnt, or those that training learns anyway."""
    learnt = [turns.is_on(one) != (column_advice.plain(name) in turns.HIDDEN) for one in mask]
    if column_advice.plain(name) not in (*turns.SWITCHES, *turns.HIDDEN) or all(learnt):
        return
    shown = len(talks[0]) if len(talks) == 2 and isinstance(talks[0], list) else 1
    if len(talks) == 2 and learnt in ([False, True], [*[False] * shown, True]):  # of prompt and completion, or a turn
        return
    talk = talks[0] if len(talks) == 1 else None
    mask_at = f"ftlab.data.formats.parse_list(row[{name!r}])" if as_text else f"row[{name!r}]"
    turns_at = "row['messages']" if isinstance(talk, list) else "ftlab.data.formats.parse_list(row['messages'])"
    with suppress(Fault):
        talk = cells.listed(talk, "messages")
    if isinstance(talk, list) and len(talk) == len(mask) and all(isinstance(turn, dict) for turn in talk):
        if learnt == [turn.get("role") == "assistant" for turn in talk]:
            return
        raise Fault("turns that each say whether to learn them", f"{name!r} beside them, {short(mask)}",
                    f"Write each into its turn: [{{'messages': [{{**turn, {name!r}: one}} for turn, one in "
                    f"zip({turns_at}, {mask_at})]}} for row in rows]. Then convert it with "
                    "ftlab.data.learnt_turns.")
    raise Fault("a row to learn from, all of its reply", f"{name!r}, {short(mask)}", "Training here learns whole "
                "replies: leave the row out, or take the column out.")


def is_passage(word: str, value: object) -> bool:
    """Whether a column that may hold what the question is about does so, and not a number or a document's name."""
    if isinstance(value, str):
        return word == "input" or len(value.split()) > 2
    return isinstance(value, list | dict)


def holds_turns(value: object) -> bool:
    """Whether a column holds turns, as a list or as text."""
    with suppress(Fault):
        value = cells.listed(value, "prompt")
    return isinstance(value, list) and all(isinstance(turn, dict) for turn in value)


def told_already(value: object, values: dict, columns: tuple[str, ...]) -> bool:
    """Whether the model is shown all texts of a column already, as in a prompt that was made of them."""
    shown = _shown(values[columns[0]], columns[0] == "prompt")
    with suppress(Fault):
        value = cells.listed(value, "context")
    parts = value if isinstance(value, list) else [value]
    return all(isinstance(part, str) and re.search(
        rf"(?<!\w){re.escape(json.dumps(part.strip(), ensure_ascii=False)[1:-1])}(?!\w)", shown)
        for part in parts if turns.filled(part))


def _check_beside(name: str, value: object, values: dict, columns: tuple[str, ...]) -> None:
    """A column beside the form that says not to learn the row, or that holds a part of the conversation."""
    refuse_switched_off(name, value, *(values[column] for column in columns))
    word = column_advice.plain(name)
    if word in BESIDE and cells.filled(value, name):
        names = [*columns, *filter(bears_on_training, values)]
        of_turns = holds_turns(values[columns[0]])
        remedy = f"Convert it with {column_advice.call(column_advice.options_for(names, of_turns))}."
        if word in column_advice.INPUTS:
            if not is_passage(word, value) or told_already(value, values, columns):
                return
            remedy += f" Or take {name!r} out, if the model will not be shown it."
        said = _system_turn(values[columns[0]])
        in_system = (*column_advice.SYSTEM_WORDS, *(column_advice.INPUTS if of_turns else ()))
        systems = [one for one in names if column_advice.plain(one) in in_system and cells.filled(values[one], one)]
        if said is not None and any(values[one] != said for one in systems):  # which to_messages would not choose from
            remedy = (f"The system turn in {columns[0]!r} says otherwise, {short(said)}: join them there, or keep one, "
                      f"and take out {systems}.")
        raise Fault("the whole conversation in the columns that are trained on", f"{name!r} beside them, filled",
                    remedy)


def _shown(talk: object, is_prompt: bool) -> str:
    """What the model is shown of a row's first column, the prompt or a whole conversation, written as JSON."""
    with suppress(Fault):
        talk = formats.parse_list(talk) if isinstance(talk, str) and talk.lstrip()[:1] == "[" else talk
    if isinstance(talk, str):
        return json.dumps(talk if is_prompt else talk.rpartition("\n\nAssistant:")[0], ensure_ascii=False)
    return json.dumps(talk if is_prompt or not isinstance(talk, list) else talk[:-1], ensure_ascii=False, default=str)


def _system_turn(talk: object) -> object:
    """What the system turn of a conversation says, or None if it has none."""
    with suppress(Fault):
        talk = cells.listed(talk, "messages")
    first = talk[0] if isinstance(talk, list) and talk and isinstance(talk[0], dict) else {}
    who, said = turns.who_and_said(first) or (None, None)
    return first[said] if who and first[who] == "system" else None


def _list_of_turns(value: object) -> list:
    if isinstance(value, str):
        text = turns.check_text(value, "'messages'")
        try:
            value = formats.parse(text)
        except Fault as fault:
            raise _python_list(text) or fault from None
    if not isinstance(value, list) or not value:
        raise Fault("a list of turns in 'messages'", "an empty list" if value == [] else kind(value), WRITE_TURNS)
    return value


def _python_list(text: str) -> Fault | None:
    """The fault of a cell that pandas' ``to_csv`` wrote from a list, if it is one."""
    if cells.is_list(text) or isinstance(cells.listed(cells.Cell(text), "messages"), list):
        return Fault("a list as JSON in 'messages'", f"a list as Python writes it ({short(text)})",
                     'Convert it with ftlab.data.to_messages(rows, turns="messages").')
    return cells.misprinted_turns(text, "messages")


def token_limit(tokenizer: PreTrainedTokenizerBase | None, max_length: int | None) -> int | None:
    """The model's context in tokens, or None if rows are not to be counted."""
    if tokenizer is None:
        if max_length is not None:
            raise ValueError(f"max_length={max_length} counts tokens, so pass the model's tokenizer too.")
        return None
    limit = tokenizer.model_max_length if max_length is None else max_length
    if limit < 1 or limit > 10**9:  # a tokenizer without a known limit says 10**30
        raise ValueError(f"expected a context length in tokens, found {limit:g}. "
                         "Pass max_length=model.config.max_position_embeddings.")
    return limit


def check_length(row: dict, tokenizer: PreTrainedTokenizerBase, limit: int) -> None:
    """Counts what the trainer will feed: the chat template's text, or prompt, completion and the end token."""
    import jinja2

    talk = row["messages"] if "messages" in row else row["prompt"] + row["completion"]
    chat = isinstance(talk, list)
    if chat and not tokenizer.chat_template:
        raise ValueError("expected a tokenizer with a chat template, since the rows hold turns; found none. "
                         "Set tokenizer.chat_template first.")
    try:
        text = tokenizer.apply_chat_template(talk, tokenize=False) if chat else talk + (tokenizer.eos_token or "")
    except jinja2.TemplateError as error:
        raise Fault("turns that the chat template takes", short(str(error)), "Change the turns.") from None
    tokens = len(tokenizer(text, add_special_tokens=not chat, verbose=False)["input_ids"])
    if tokens > limit:
        raise Fault(f"at most {limit:,} tokens, the model's context", f"{tokens:,}",
                    "Shorten or split the row, or choose a model with a longer context.")
