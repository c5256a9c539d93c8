"""Tables in plain text and as HTML."""

from __future__ import annotations

from ftlab.evidence.tables import html_table, plain_table

HEADER, ROWS = ["metric", "n"], [["facts", "1,000"], ["on-brand & right", "7"]]


def test_columns_are_as_wide_as_their_widest_cell_and_nothing_is_cut():
    assert plain_table(HEADER, ROWS, "A note.").split("\n") == [
        "metric            n",
        "------            -",
        "facts             1,000",
        "on-brand & right  7",
        "A note."]
    assert plain_table(HEADER, []) == "metric  n\n------  -"


def test_every_cell_of_html_is_escaped():
    found = html_table(["<b>"], [["1 < 2"]], "a & b")
    assert "&lt;b&gt;" in found and "1 &lt; 2" in found and "<p>a &amp; b</p>" in found and "<b>" not in found
