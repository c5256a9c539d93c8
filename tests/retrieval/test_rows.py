"""How a chunk stands in the table: it comes back whole, a change shows, and no name ends a condition early."""

from __future__ import annotations

import numpy as np
import pytest

from ftlab.retrieval import rows
from ftlab.retrieval.chunks import Chunk


def chunk(**other: str) -> Chunk:
    texts = {name: f"the {name}" for name in rows.FIELDS}
    return Chunk(**texts | {"id": "kettle-0", "readers": "everyone"} | other)


def test_a_chunk_comes_back_whole_from_its_one_text() -> None:
    odd = chunk(text='It\'s "1.7 L"\n– dicht, 水')
    assert rows.unpacked(rows.packed(odd)) == odd
    found = rows.columns([odd, chunk()])
    assert found["passage"] == [odd.passage, "the heading\nthe text"] and rows.unpacked(found[rows.WHOLE][0]) == odd
    with pytest.raises(ValueError):
        rows.unpacked('["too few"]')


def test_a_checksum_changes_with_a_letter_a_border_and_a_bit() -> None:
    vector = np.array([0.25, -1.0], dtype=np.float32)
    known = rows.checksum(["ab", "c"], vector)
    assert known == rows.checksum(["ab", "c"], vector.copy())
    assert known not in (rows.checksum(["ab", "d"], vector), rows.checksum(["a", "bc"], vector),
                         rows.checksum(["ab", "c"], np.nextafter(vector, np.float32(1))))


def test_a_quote_in_a_readers_name_opens_no_door() -> None:
    assert rows.quoted(["staff", "everyone"]) == "'staff', 'everyone'"
    assert rows.quoted(["x') OR ('1'='1"]) == "'x'') OR (''1''=''1'"
