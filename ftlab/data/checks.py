"""The checks of one row: which form it has, whether it is one to learn from, whether it fits the context."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from ftlab.data import column_advice, formats, turns
from ftlab.data.faults import Fault, kind, short

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FORMS = (("messages",), ("prompt", "completion"))
VERDICTS = ("label", *turns.SWITCHES, *turns.HIDDEN)  # columns that may say: do not learn this row
TURNS_AS_TEXT = re.compile(r"""\s*\[\s*\{\s*['"](role|content|from|value)['"]\s*:""")
JOIN = ("Put all turns into one list 'messages', as "
        f"{column_advice.call({'user': 'prompt', 'assistant': 'completion'})} does.")
NO_NUMBER = re.compile(r"(:\s*)(?:nan|NaN|-?inf)\b")
WRITE_AGAIN = (  # a value that is not itself is NaN, for which JSON has no word
    "It cannot be read back for certain. Write the file again: frame['messages'] = frame['messages'].map(lambda turns: "
    "json.dumps([{name: value for name, value in turn.items() if value == value} for turn in turns])) comes before "
    "frame.to_csv.")
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
    return column_advice.plain(name) in (*VERDICTS, *column_advice.SYSTEM_WORDS, *column_advice.HISTORY_WORDS)


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
        if isinstance(value, list) or (isinstance(value, str) and TURNS_AS_TEXT.match(value)):
            found = "a list" if isinstance(value, list) else f"a list as text ({short(value)})"
            raise Fault(f"text in '{column}'", found, JOIN)
    return {column: turns.check_text(values[column], f"'{column}'") for column in columns}, Counter()


def _turns_in_two(prompt: list, completion: list) -> tuple[dict, Counter]:
    """TRL's other form of a conversation: the turns that are shown, and the one that is learnt."""
    if len(completion) != 1:
        raise Fault("one turn in 'completion'", len(completion), JOIN)
    messages, left_out = turns.check([*prompt, *completion], "messages", len(prompt), turns.NO_SPLIT)
    return {"prompt": messages[:-1], "completion": messages[-1:]}, left_out


def refuse_switched_off(name: str, value: object) -> None:
    """Refuses a row with a column that says: do not learn this."""
    if turns.says_no(name, value):
        raise Fault("a row to learn from", f"{name} {value!r}".lower(), "Leave the row out: its reply is no good "
                    "example. (If it is the name of a class, call the column 'class'.) Votes "
                    "on replies are for preference training, such as TRL's KTOTrainer.")


def _check_beside(name: str, value: object, values: dict, columns: tuple[str, ...]) -> None:
    """A column beside the form that says not to learn the row, or that holds a part of the conversation."""
    refuse_switched_off(name, value)
    if column_advice.plain(name) not in VERDICTS and turns.filled(value):
        names = [*columns, *filter(bears_on_training, values)]
        remedy = f"Convert it with {column_advice.call(column_advice.options_for(names))}."
        said = _system_turn(values[columns[0]])
        systems = [one for one in names if column_advice.plain(one) in column_advice.SYSTEM_WORDS
                   and turns.filled(values[one])]
        if said is not None and any(values[one] != said for one in systems):  # which to_messages would not choose from
            remedy = (f"The system turn in {columns[0]!r} says otherwise, {short(said)}: join them there, or keep one, "
                      f"and take out {systems}.")
        raise Fault("the whole conversation in the columns that are trained on", f"{name!r} beside them, filled",
                    remedy)


def _system_turn(talk: object) -> object:
    """What the system turn of a conversation says, or None if it has none."""
    if isinstance(talk, str) and TURNS_AS_TEXT.match(talk):
        with suppress(Fault):
            talk = formats.parse_list(talk)
    first = talk[0] if isinstance(talk, list) and talk and isinstance(talk[0], dict) else {}
    role, said = ("role", "content") if "role" in first else ("from", "value")
    return first.get(said) if first.get(role) == "system" else None


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
    try:
        if isinstance(formats.parse_list(text), list):
            return Fault("a list as JSON in 'messages'", f"a list as Python writes it ({short(text)})",
                         'Convert it with ftlab.data.to_messages(rows, turns="messages").')
    except Fault:
        if TURNS_AS_TEXT.match(text) and "'" in text[:10]:
            found = "an array as NumPy prints it"
            if (bare := NO_NUMBER.sub(r"\1None", text)) != text and _is_list(bare):
                found = "a list as Python writes it, with nan for what is missing"
            return Fault("a list as JSON in 'messages'", f"{found} ({short(text)})", WRITE_AGAIN)
    return None


def _is_list(text: str) -> bool:
    try:
        return isinstance(formats.parse_list(text), list)
    except Fault:
        return False


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
