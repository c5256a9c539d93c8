"""The reader's side of an index: one published version at a time, checked, and told of when it cannot be read."""

from __future__ import annotations

import errno
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from bag_embedder import Bag
from colours import ids, shop

from ftlab import files
from ftlab.retrieval import embedder, find, index, index_reader
from ftlab.retrieval.documents import Document


def test_many_queries_are_answered_as_one_by_one(filled):
    queries = ["red tent", "green pan", "a brown kettle"]
    assert filled.search_all(queries, 4) == [filled.search(query, 4) for query in queries]
    assert filled.search_all([], 4) == []


def test_a_reader_sees_what_another_object_published(tmp_path):
    writer = index.create(tmp_path / "i", Bag())
    reader = index.open(tmp_path / "i", Bag())
    before = reader.version()
    writer.add(shop())
    assert len(reader) == 24 and reader.version() > before


def test_a_flipped_bit_in_a_vector_is_found_by_its_checksum(tmp_path):
    made = index.create(tmp_path / "i", Bag())
    made.add(shop())
    vector = embedder.encode(Bag(), [made.chunks()[3].passage])[0]
    found = 0
    for path in (made.folder / "chunks.lance" / "data").rglob("*.lance"):
        data = bytearray(path.read_bytes())
        if (place := bytes(data).find(vector.tobytes())) >= 0:
            data[place + 5] ^= 1
            path.write_bytes(data)
            found += 1
    assert found == 1
    with pytest.raises(ValueError, match="its checksum does not fit its content"):
        index.open(made.folder, Bag()).verify()


@pytest.mark.parametrize(("number", "words"), [
    (errno.EMFILE, "Too many files are open"), (errno.ESTALE, "disk in the network was lost"),
    (errno.ENOTDIR, ""), (errno.ENOENT, "")], ids=errno.errorcode.get)  # fmt: skip
def test_troubles_of_the_machine_are_not_called_damage_and_damage_is(filled, monkeypatch, number, words):
    def refuse(*_):
        raise OSError(f"LanceError(IO): {os.strerror(number)} (os error {number})")

    monkeypatch.setattr(find, "search_all", refuse)
    if words:
        kind, said = OSError, rf"could not be read .*{words}.*The index itself is as it was"
    else:
        kind, said = ValueError, "expected a whole index, found a damaged one"
    with pytest.raises(kind, match=said):
        filled.search("red kettle")


def test_a_version_that_another_process_purged_is_asked_for_anew(filled, monkeypatch):
    truly, asked = find.search_all, []

    async def once_gone(*which):
        asked.append(1)
        if len(asked) == 1:
            raise ValueError("LanceError(IO): Object at location data/x.lance not found")
        return await truly(*which)

    monkeypatch.setattr(find, "search_all", once_gone)
    assert ids(filled.search("red kettle", 1)) == ["red-kettle"] and len(asked) == 2


def test_chunks_stand_by_their_names_and_are_counted(filled):
    found = [chunk.id for chunk in filled.chunks()]
    assert found == sorted(found) and len(found) == len(filled) == filled.snapshot().count == 24
    assert filled.snapshot().groups == {"everyone"} and filled.snapshot().version == filled.version()


def test_a_search_by_words_needs_no_embedding_and_many_queries_one_call(tmp_path):
    model = Bag()
    made = index.create(tmp_path / "i", model)
    made.add(shop())
    model.seen = 0
    made.search("red tent", way="words")
    assert model.seen == 0
    made.search_all(["red tent", "green pan"], way="hybrid")
    assert model.seen == 2
    with pytest.raises(ValueError, match="k: expected"):
        made.search("red tent", k=0)
    assert model.seen == 2  # refused before it costs anything


def test_threads_may_share_an_index(filled):
    queries = [chunk.passage for chunk in filled.chunks()] * 2
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda query: ids(filled.search(query, 1, "meaning"))[0], queries))
    assert found == [chunk.document for chunk in filled.chunks()] * 2


def test_it_can_be_asked_where_a_loop_is_running(filled):
    import asyncio

    async def cell() -> list[str]:
        return ids(filled.search("red tent", 1))

    assert asyncio.run(cell()) == ["red-tent"]


def test_bytes_on_disk_are_those_of_all_versions(tmp_path):
    made = index.create(tmp_path / "i", Bag())
    made.add(shop())
    before = made.bytes_on_disk()
    assert before == sum(path.stat().st_size for path in made.folder.rglob("*") if path.is_file()) > 0
    made.add([Document("new", "A page", "Words that are new.")])
    grown = made.bytes_on_disk()
    made.purge()
    assert before < grown and made.bytes_on_disk() < grown


def test_a_whole_index_passes_its_check_and_can_be_warmed(filled):
    filled.verify()
    filled.warm()
    assert ids(filled.search("red tent", 1)) == ["red-tent"]


@pytest.mark.parametrize("ask", [
    len, index_reader.Reader.version, index_reader.Reader.chunks, index_reader.Reader.verify, index_reader.Reader.warm,
    lambda reader: reader.search("red tent", way="words"),
])  # fmt: skip
def test_where_the_table_is_gone_every_question_says_so(tmp_path, ask):
    folder = index.create(tmp_path / "i", Bag()).folder
    shutil.rmtree(folder / "chunks.lance")
    reader = index_reader.Reader(folder, Bag(), 80, 0)
    with pytest.raises(ValueError, match=r"i: expected a whole index, found a damaged one \(.+\)\. Delete the folder "
                                         "and index the documents again") as caught:  # fmt: skip
        ask(reader)
    assert "\n" not in str(caught.value)


def test_a_trouble_has_its_number_and_its_remedy(filled, monkeypatch):
    def refused(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(find, "search_all", refused)
    with pytest.raises(PermissionError, match="The index itself is as it was") as caught:
        filled.search("red kettle")
    assert caught.value.errno == errno.EACCES and files.REMEDIES[errno.EACCES] in str(caught.value)
