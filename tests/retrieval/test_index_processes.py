"""Indexers that are killed and readers beside them: real processes, and no half of a change is ever seen."""

import os
import subprocess
import sys
from pathlib import Path

import indexer
import pytest
from bag_embedder import Bag

from ftlab.retrieval import index

TESTS = Path(__file__).resolve().parents[1]


def start(*arguments: object) -> subprocess.Popen:
    places = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    command = [sys.executable, str(TESTS / "indexer.py"), *map(str, arguments)]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": places}, stderr=subprocess.DEVNULL)


def colours(made: index.Index) -> set[str]:
    return {chunk.text.split()[-1] for chunk in made.chunks()}


@pytest.fixture
def red(tmp_path):
    made = index.create(tmp_path / "things", Bag())
    made.add(indexer.shop("red"))
    return made


# A sync of 40 changed documents in batches of 8: five commits, the search structures, the tag.
@pytest.mark.parametrize(("where", "count"), [("-merge_insert", 1), ("-merge_insert", 3), ("-create_index", 1),
                                              ("+create_index", 1), ("+optimize", 1)])  # fmt: skip
def test_a_killed_indexer_shows_nothing_and_goes_on_where_it_stopped(red, where, count, monkeypatch):
    process = start(red.folder, where, count)
    assert process.wait() != 0
    assert colours(red) == {"red."} and len(red) == 40
    assert {hit.chunk.text.split()[-1] for hit in red.search("blue", 40)} == {"red."}
    monkeypatch.setattr(index, "BATCH", 8)
    model = Bag()
    again = index.open(red.folder, model)
    model.seen = 0
    done = again.sync(indexer.shop("blue"))
    batches = count - 1 if "merge" in where else 5
    assert model.seen == done.chunks == 40 - 8 * batches  # what was in is not embedded again
    assert colours(again) == {"blue."} and len(again) == 40 and done.changed == 40
    assert len({chunk.id for chunk in again.chunks()}) == 40
    again.verify()


def test_another_change_drops_what_a_killed_one_left(red):
    assert start(red.folder, "-create_index", 1).wait() != 0
    red.add([indexer.Document("new", "New", "One more that is red.")])
    assert colours(red) == {"red."} and len(red) == 41


def test_killed_again_and_again_it_gets_further_each_time(red):
    for _ in range(3):  # each time it dies at its second commit, so each time one batch of 8 more is in
        assert start(red.folder, "-merge_insert", 2).wait() != 0
    model = Bag()
    again = index.open(red.folder, model)
    model.seen = 0
    again.sync(indexer.shop("blue"))
    assert model.seen == 40 - 3 * 8
    assert colours(red) == {"blue."} and len(red) == 40


def test_a_reader_beside_a_writer_sees_one_colour_at_a_time(red):
    process = start(red.folder)
    seen, versions = set(), set()
    try:
        while len(versions) < 12 or len(seen) < 2:
            assert process.poll() is None
            for hits in red.search_all(["what is red", "what is blue", "number 7"], k=40):
                found = {hit.chunk.text.split()[-1] for hit in hits}
                assert len(found) == 1, found
                seen |= found
            assert len(colours(red)) == 1 and len(red) == 40
            versions.add(red.version())
        red.folder.with_suffix(".stop").touch()
        assert process.wait() == 0
    finally:
        process.kill()
        process.wait()


def test_two_writers_wait_for_each_other(red):
    writers = [start(red.folder), start(red.folder)]
    try:
        versions = set()
        while len(versions) < 8:
            assert all(writer.poll() is None for writer in writers)
            versions.add(red.version())
        red.folder.with_suffix(".stop").touch()
        assert [writer.wait() for writer in writers] == [0, 0]
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert len(red) == 40 and len(colours(red)) == 1
    red.verify()
