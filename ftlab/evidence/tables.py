"""A table with a note below it, in plain text and as HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> str:
    """A table in plain text, columns aligned, with a note below it."""
    lines = [header, ["-" * len(name) for name in header], *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*text, *([note] if note else [])])


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> str:
    """The same table as HTML, every cell escaped."""
    head = "".join(f'<th style="text-align:left">{html.escape(name)}</th>' for name in header)
    body = "".join("<tr>" + "".join(f'<td style="text-align:left">{html.escape(cell)}</td>' for cell in row) + "</tr>"
                   for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{html.escape(note)}</p>"
