"""Reading a learner's own file: every row is checked before a model is loaded, and every fault says where it is.

A file is read row by row, so a million rows need little memory (a .json file, which may be one array, is held whole).
Rows are kept as they are: no text is trimmed, cut or repaired. What cannot be trained on is reported
(``on_error="raise"``) or set aside (``on_error="quarantine"``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ftlab.data import checks, preferences
from ftlab.data.convert import learnt_turns, to_messages, to_votes
from ftlab.data.faults import DataError, Report
from ftlab.data.formats import scan, unit_of
from ftlab.data.reader import Rules, read_by

if TYPE_CHECKING:
    import datasets
    from transformers import PreTrainedTokenizerBase

__all__ = ["DataError", "learnt_turns", "read", "read_preferences", "rows", "to_messages", "to_votes"]


def read(path: str | Path, *, on_error: str = "raise", rejected: str | Path | None = None,
         tokenizer: PreTrainedTokenizerBase | None = None, max_length: int | None = None) -> datasets.Dataset:
    """Reads examples for supervised fine-tuning from JSON Lines, JSON, CSV or Parquet, and checks every row.

    A row holds either ``messages`` (a list of ``{"role", "content"}``: an optional system turn, then user and assistant
    in turn, the assistant last; in a CSV cell, that list as JSON), or ``prompt`` and ``completion``: two texts, or two
    lists of turns, of which the completion is the one that is learnt. The data set has just these columns; other
    columns are left out and named in a printed line, because trainers give a meaning to some names, and so are other
    keys inside turns, with their number. Where that would change what the model learns (tool calls, thoughts, a turn
    of weight 0, a system prompt or a passage in a column of its own, ``label: false``) the row is a bad row instead. A
    list of texts in a CSV cell is a list, as it would be in JSON Lines. Blank lines are skipped; gzip, a byte-order
    mark, Windows line ends and Excel's line ``sep=;`` are accepted.

    Up to 64 MiB stay in memory; more goes to a file in ``runs/data/``, named by its content, so a changed input is
    never mistaken for the old one. These files may be deleted when no notebook uses them.

    Args:
        path: A file ending in .jsonl, .ndjson, .json, .csv, .tsv (each also with .gz) or .parquet.
        on_error: "raise" refuses a file with any bad row. "quarantine" leaves bad rows out and writes them, each with
            its reason, to ``rejected``, replacing that of an earlier read.
        rejected: The file for the bad rows, ``<path>.rejected.jsonl`` if left out.
        tokenizer: If given, a row with more tokens than ``max_length`` is a bad row: no row is ever cut short.
        max_length: The model's context in tokens; the tokenizer's ``model_max_length`` if left out.
    Raises:
        DataError: If the file cannot be read, a row is bad (with "raise"), no good row is left, or the rejected rows
            cannot be written.
        ValueError: If the arguments contradict each other.
    """
    return read_by(Rules(checks.columns_of, checks.normal, checks.check_length), path, on_error=on_error,
                   rejected=rejected, tokenizer=tokenizer, max_length=max_length)


def read_preferences(path: str | Path, *, on_error: str = "raise", rejected: str | Path | None = None,
                     tokenizer: PreTrainedTokenizerBase | None = None,
                     max_length: int | None = None, several_raters: bool = False) -> datasets.Dataset:
    """Reads votes, a better and a worse reply to the same prompt, from JSON Lines, JSON, CSV or Parquet.

    A row holds ``prompt``, ``chosen`` and ``rejected``: three texts, or lists of turns (in a CSV cell, such a list as
    text). Instead of the reply alone, ``chosen`` and ``rejected`` may hold the whole conversation, and then ``prompt``
    may be left out; a whole conversation may also be a text with "Human:" and "Assistant:" at the beginnings of
    paragraphs, as in Anthropic's hh-rlhf. Turns may be ``{"role", "content"}`` or ``{"from", "value"}``, "human" is
    "user". The data set has the three columns, texts as they were, or lists of turns of which ``chosen`` and
    ``rejected`` hold one each: what trl's DPOTrainer and RewardTrainer read.

    Besides what ``read`` refuses, a row is bad if the two replies look the same, white space aside; if one is empty; or
    if other turns stand before the one than before the other; or if an earlier row is the same vote, or the same pair
    with the other reply chosen. Arguments, columns left out, large files and errors are as in ``read``; both
    conversations must fit ``max_length``.

    Args:
        several_raters: Whether several people, or one of them again, voted on the same pairs: rows may then repeat or
            contradict each other, and all are kept.

    Source: Bai et al. 2022, arXiv:2204.05862 (the form with Human and Assistant).
    """
    met = None if several_raters else preferences.Met()
    return read_by(Rules(preferences.columns_of, preferences.normal, preferences.check_length, met), path,
                   on_error=on_error, rejected=rejected, tokenizer=tokenizer, max_length=max_length)


def rows(path: str | Path) -> Iterator[dict]:
    """Yields the rows of a file with all their columns, whatever they are called: what ``to_messages`` converts."""
    path = Path(path).expanduser()
    report = Report(path, unit_of(path))
    for number, values, fault, _ in scan(path):
        if fault:
            report.add(number, fault)
            raise report.error(" Reading stopped there.")
        yield values
