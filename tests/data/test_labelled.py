"""Labels are checked before anything is trained on them."""

from __future__ import annotations

import pytest

from ftlab.data.labelled import check_labels, read_labelled

LABELS = ["refund", "praise", "shipping"]


def rows(*labels: str) -> list[dict]:
    return [{"text": "x", "label": label} for label in labels]


def test_rows_in_order_pass() -> None:
    check_labels(rows("refund", "praise", "shipping", "refund"), LABELS)
    check_labels([{"intent": "refund"}, {"intent": "refund"}], ["refund"], key="intent", fewest=2)


def test_a_misspelt_label_is_told_with_its_line_and_the_likely_one() -> None:
    with pytest.raises(ValueError, match=r"mine\.jsonl line 2: expected a label, found 'Refunds'\. Did you mean 'refu"):
        check_labels(rows("praise", "Refunds", "shipping", "refund"), LABELS, where="mine.jsonl")
    with pytest.raises(ValueError, match="line 1: expected a label, found 'zzz'. Use one of refund, praise, shipping"):
        check_labels(rows("zzz", *LABELS), LABELS)
    with pytest.raises(ValueError, match=r"found no 'intent' among \['label', 'text'\]"):
        check_labels(rows(*LABELS), LABELS, key="intent")


def test_a_label_without_examples_is_named() -> None:
    with pytest.raises(ValueError, match="^rows: expected at least 1 example of 'shipping', found 0. Add some"):
        check_labels(rows("refund", "praise"), LABELS)
    with pytest.raises(ValueError, match="at least 2 examples of 'praise', found 1"):
        check_labels(rows("refund", "refund", "praise", "shipping", "shipping"), LABELS, fewest=2)


def test_ten_faults_are_shown_and_the_others_counted() -> None:
    with pytest.raises(ValueError, match=r"line 10: [^\n]*\n\.\.\. and 15 more\.$"):
        check_labels(rows(*["zzz"] * 22), LABELS)  # 22 rows and 3 labels without examples
    with pytest.raises(ValueError, match="expected a list of different texts"):
        check_labels(rows("a"), ["a", "a"])


def test_a_file_is_read_and_its_faults_are_told_by_line(tmp_path) -> None:
    path = tmp_path / "tickets.jsonl"
    path.write_text('{"label": "a"}\n\n{"label": "b"}\n', encoding="utf-8")
    assert read_labelled(path, ["a", "b"]) == [{"label": "a"}, {"label": "b"}]
    with pytest.raises(ValueError, match=r"tickets.jsonl line 3: expected a label, found 'b'"):
        read_labelled(path, ["a"])
    for bad in ("[1]", "{", "b"):
        path.write_text(f'{{"label": "a"}}\n\n{bad}\n', encoding="utf-8")
        with pytest.raises(ValueError, match=r"tickets.jsonl line 3: expected a JSON object, found"):
            read_labelled(path, ["a"])
    path.write_bytes(b'{"label": "a"}\n\xff\n')
    with pytest.raises(ValueError, match=r"line 2: expected UTF-8 text"):
        read_labelled(path, ["a"])
