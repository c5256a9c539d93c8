"""One version of a table, searched: by words, by meaning and by both, and queries that cannot be searched."""

from __future__ import annotations

import pytest
from bag_embedder import Bag
from colours import ids, shop

from ftlab.retrieval import embedder, find, index
from ftlab.retrieval.documents import Document
from ftlab.retrieval.index_reader import run


@pytest.mark.parametrize("way", find.WAYS)
def test_the_document_that_was_asked_for_comes_first(filled, way):
    hits = filled.search("Is the blue mug blue?", k=3, way=way)
    assert ids(hits)[0] == "blue-mug" and [hit.rank for hit in hits] == [1, 2, 3]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_the_cosine_is_right(filled):
    (hit,) = filled.search(filled.chunks()[5].passage, k=1, way="meaning")
    assert hit.chunk == filled.chunks()[5] and hit.score == pytest.approx(1, abs=1e-6)


def test_words_that_nothing_holds_find_nothing_by_words(filled):
    assert filled.search("quixotic zebra", way="words") == []
    assert len(filled.search("quixotic zebra", k=2)) == 2  # some vector is always the nearest


@pytest.mark.parametrize("query", ['"red', "a AND (b", "tent's", "x'; DROP", "*", "😀", "the"])
def test_any_text_is_a_query(filled, query):
    for way in find.WAYS:
        filled.search(query, way=way)


@pytest.mark.parametrize("way", find.WAYS)
def test_what_a_reader_may_not_see_takes_no_place_in_the_ranking(tmp_path, way):
    made = index.create(tmp_path / "i", Bag())
    secret = [Document(f"s{i}", "The safe", "The code of the safe is 4711.", readers="owner's") for i in range(100)]
    made.add([Document("p", "The safe", "The safe stands in the hall and it is green."), *secret])
    assert ids(made.search("code of the safe", k=3, way=way)) == ["p"]
    assert set(ids(made.search("code of the safe", k=3, way=way, readers=("owner's",)))) <= {d.id for d in secret}
    both = made.search("code of the safe", k=101, way=way, readers=("everyone", "owner's"))
    assert len(both) == 101 or way == "hybrid"
    assert made.search("code of the safe", way=way, readers=("strangers",)) == []


@pytest.mark.parametrize("query", ["", "  \n", None, 7])
def test_an_empty_query_is_refused(filled, query):
    with pytest.raises(ValueError, match="query: expected a question in words"):
        filled.search(query)


def vector(text: str):
    return embedder.encode(Bag(), [text], asked=True)[0]


def test_rankings_give_rows_with_scores_of_their_own_scale_best_first(filled):
    held = filled.snapshot()
    words = run(find.by_words(held, "blue mug", 50))
    meant = run(find.by_meaning(held, vector("blue mug"), 50))
    assert len(words) == 6 + 4 - 1 and len(meant) == 24  # all that is blue or a mug; and everything
    for ranking in (words, meant):
        assert [score for _, score in ranking] == sorted((score for _, score in ranking), reverse=True)
        (best,) = run(find.hits(held, ranking[:1]))
        assert best.chunk.document == "blue-mug" and (best.rank, best.score) == (1, ranking[0][1])
    assert all(-1e-6 <= score <= 1 + 1e-6 for _, score in meant)


def test_a_depth_and_a_condition_bound_what_is_ranked(filled):
    held = filled.snapshot()
    assert len(run(find.by_meaning(held, vector("blue mug"), 3))) == 3
    assert run(find.by_words(held, "blue mug", 50, "readers IN ('nobody')")) == []
    only = run(find.by_meaning(held, vector("blue mug"), 50, "document = 'red-pan'"))
    assert ids(run(find.hits(held, only))) == ["red-pan"]


def test_hits_stand_in_the_order_asked_for(filled):
    held = filled.snapshot()
    rows = [row for row, _ in run(find.by_words(held, "blue", 50))]
    there = run(find.hits(held, [(row, 0.0) for row in rows]))
    back = run(find.hits(held, [(row, 0.5) for row in rows[::-1]]))
    assert ids(back) == ids(there)[::-1] and [hit.rank for hit in back] == [1, 2, 3, 4]
    assert {hit.score for hit in back} == {0.5} and run(find.hits(held, [])) == []


def test_fused_by_hand():
    # Of two rankings: 7 is second and first, 5 first and absent, 6 absent and second.
    found = find.fused([[(5, 9.0), (7, 1.0)], [(7, 0.3), (6, 0.2)]])
    assert found == [(7, pytest.approx(1 / 62 + 1 / 61)), (5, pytest.approx(1 / 61)), (6, pytest.approx(1 / 62))]
    assert find.fused([[], []]) == []


def test_equals_stand_by_their_names_however_they_came_in(tmp_path):
    twins = [Document(f"twin-{i}", "A twin", "Each is like the other.") for i in (3, 1, 4, 2)]
    made = index.create(tmp_path / "i", Bag())
    for twin in twins:
        made.add([twin])
    for way in find.WAYS:
        assert ids(made.search("a twin like the other", way=way)) == ["twin-1", "twin-2", "twin-3", "twin-4"]


def test_a_snapshot_stays_as_it_was(tmp_path):
    made = index.create(tmp_path / "i", Bag())
    made.add(shop())
    held = made.snapshot()
    made.retire(["red-tent"])
    old, new = (run(find.search(each, "red tent", None, 1, "words", ["everyone"])) for each in (held, made.snapshot()))
    assert ids(old) == ["red-tent"] and ids(new) != ["red-tent"]
    assert (held.count, made.snapshot().count) == (24, 23) and held.version < made.snapshot().version


@pytest.mark.parametrize(("change", "message"), [
    ({"queries": "red"}, "query: expected a question in words, found 'red'. An empty one finds nothing"),
    ({"queries": ["red", " \n"]}, r"query: expected a question in words, found \['red', ' \\n'\]"),
    ({"queries": ["red", None]}, "query: expected a question in words"),
    ({"way": "dense"}, "way: expected one of words, meaning, hybrid, found 'dense'"),
    ({"way": None}, "way: expected one of words, meaning, hybrid, found None"),
    ({"k": 0}, "k: expected a whole number of chunks from 1 to 100,000, found 0"),
    ({"k": -1}, "k: expected a whole number"), ({"k": 2.5}, "k: expected a whole number"),
    ({"k": "5"}, "k: expected a whole number of chunks from 1 to 100,000, found '5'"),
    ({"readers": "everyone"}, r"readers: expected a list with at least one group, each a text, found 'everyone'"),
    ({"readers": ()}, r"readers: expected a list with at least one group, each a text, found \(\)"),
    ({"readers": (7,)}, "readers: expected a list with at least one group, each a text"),
    ({"queries": None}, "query: expected a question in words, found None"),
    ({"k": True}, "k: expected a whole number"), ({"k": 10**12}, "k: expected a whole number of chunks from 1 to"),
    ({"readers": None}, "readers: expected a list with at least one group, each a text, found None"),
])  # fmt: skip
def test_what_cannot_be_searched_is_refused(change, message):
    usual = {"queries": ["red"], "k": 1, "way": "words", "readers": ("everyone",)}
    find.check(**usual)
    find.check(**usual | {"queries": []})  # nothing is asked, and nothing found
    with pytest.raises(ValueError, match=message):
        find.check(**usual | change)


def test_a_long_query_is_told_in_short():
    with pytest.raises(ValueError) as caught:
        find.check("red " * 1000, 1, "words", ("everyone",))
    assert len(str(caught.value)) < 200
