"""Reciprocal-rank fusion, by hand and against LanceDB's own."""

import pyarrow as pa
import pytest
from lancedb.rerankers import RRFReranker

from ftlab.retrieval import fusion


def test_by_hand():
    # With k = 1: a is 1st and 3rd: 1/2 + 1/4. b is 2nd and 1st: 1/3 + 1/2. c is 2nd: 1/3. d is 3rd: 1/4.
    fused = fusion.reciprocal_rank([["a", "b", "d"], ["b", "c", "a"]], k=1)
    assert fused == [("b", 1 / 3 + 1 / 2), ("a", 1 / 2 + 1 / 4), ("c", 1 / 3), ("d", 1 / 4)]


def test_equals_keep_the_order_in_which_they_came():
    assert [thing for thing, _ in fusion.reciprocal_rank([["a"], ["b"]])] == ["a", "b"]


def test_nothing_fuses_to_nothing():
    assert fusion.reciprocal_rank([]) == [] and fusion.reciprocal_rank([[], []]) == []


def test_it_is_what_lancedb_computes():
    first, second = [3, 1, 4, 7, 5], [9, 2, 6, 5, 3, 8]

    def ranking(rows):
        return pa.table({"_rowid": pa.array(rows, pa.uint64()), "text": [str(row) for row in rows]})

    theirs = RRFReranker(K=60).rerank_hybrid("q", ranking(first), ranking(second))
    scores = dict(zip(theirs["text"].to_pylist(), theirs["_relevance_score"].to_pylist(), strict=True))
    ours = fusion.reciprocal_rank([first, second], k=60)
    assert scores == {str(row): pytest.approx(score) for row, score in ours}


def test_a_negative_constant_is_refused():
    with pytest.raises(ValueError, match="k: expected 0 or more, found -1"):
        fusion.reciprocal_rank([["a"]], k=-1)
