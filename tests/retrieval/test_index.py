"""The index: what it finds, who sees what, how it changes, and what it says when something is wrong."""

import errno
import json
import os

import numpy as np
import pytest
from bag_embedder import Bag
from colours import COLOURS, ids, shop

from ftlab import files
from ftlab.retrieval import find, index, index_reader
from ftlab.retrieval.documents import Document
from ftlab.workshop import bench_retrieval


def test_more_than_there_is_gives_all_that_fits(filled):
    assert len(filled.search("red tent", k=1000, way="meaning")) == len(filled) == 24
    assert set(ids(filled.search("tent", k=1000, way="words"))) == {f"{colour}-tent" for colour in COLOURS}


def test_an_empty_index_finds_nothing(tmp_path):
    empty = index.create(tmp_path / "empty", Bag())
    assert len(empty) == 0 and empty.chunks() == []
    assert all(empty.search("red tent", way=way) == [] for way in index.WAYS)


def test_add_change_and_retire(tmp_path):
    model = Bag()
    made = index.create(tmp_path / "i", model, size=4)
    done = made.add(shop())
    assert (done.added, done.changed, done.unchanged, done.chunks) == (24, 0, 0, 24)
    model.seen = 0
    done = made.add(shop())
    assert (done.added, done.changed, done.unchanged, done.chunks, model.seen) == (0, 0, 24, 0, 0)
    longer = Document("red-pan", "The red pan", "It is red. It is a pan. It weighs a stone.")
    made.add([longer])
    assert [c.text for c in made.chunks() if c.document == "red-pan"] == ["It is red.", "It is a pan.",
                                                                        "It weighs a stone."]  # fmt: skip
    done = made.add([Document("red-pan", "The red pan", "It is gone.")])  # fewer chunks than before: none is left over
    assert (done.changed, len(made)) == (1, 24)
    assert made.retire(["red-pan", "red-mug"]).retired == 2
    assert len(made) == 22 and "red-pan" not in ids(made.search("red pan", k=30))
    assert all(made.search("stone", way="words") == [] for _ in range(2))


def test_sync_makes_the_index_hold_exactly_the_documents(tmp_path):
    made = index.create(tmp_path / "i", Bag())
    made.add(shop())
    wanted = [*shop()[:10], Document("red-mug", "The red mug", "It is redder now."), Document("new", "New", "A spoon.")]
    wanted = list({document.id: document for document in wanted}.values())
    done = made.sync(wanted)
    assert (done.added, done.changed, done.unchanged, done.retired) == (1, 1, 9, 14)
    assert sorted(chunk.document for chunk in made.chunks()) == sorted(document.id for document in wanted)
    assert made.sync(wanted).chunks == 0
    assert made.sync([]).retired == 11 and len(made) == 0


def test_an_index_made_in_steps_ranks_as_one_made_at_once(tmp_path):
    at_once, in_steps = index.create(tmp_path / "a", Bag()), index.create(tmp_path / "b", Bag())
    at_once.add(shop())
    in_steps.add([Document("red-pan", "Something", "else that is red, red and red"), *shop()[12:]])
    in_steps.add([Document("odd", "Odd", "tent tent tent"), *shop()[:12]])
    in_steps.retire(["odd"])
    for way in index.WAYS:
        for query in ("a red tent", "which mug is white", "pan"):
            assert in_steps.search(query, 24, way) == at_once.search(query, 24, way)


def test_names_with_quotes_are_names(tmp_path):
    made = index.create(tmp_path / "i", Bag())
    made.add([Document("it's", "A", "red"), Document("its", "B", "blue")])
    made.add([Document("it's", "A", "green")])
    made.retire(["it's"])
    assert ids(made.search("red", k=5)) == ["its"]


def test_a_purged_record_is_on_the_disk_no_more(tmp_path):
    made = index.create(tmp_path / "i", Bag())
    made.add([*shop(), Document("secret", "Secret", "The password is xylophonist42."),
              Document("kept", "Kept", "The password is saxophonist43.")])  # fmt: skip

    def on_disk(word: bytes) -> bool:
        return any(word in path.read_bytes() for path in made.folder.rglob("*") if path.is_file())

    made.retire(["secret"])
    assert on_disk(b"xylophonist42")  # out of sight is not yet out of the house
    made.purge()
    assert not on_disk(b"xylophonist42") and on_disk(b"saxophonist43")
    assert len(made) == 25 and ids(made.search("password", way="words")) == ["kept"]
    made.verify()
    made.add([Document("secret", "Secret", "Back again.")])  # and the index goes on
    assert len(index.open(made.folder, Bag())) == 26


def test_opened_again_it_is_the_same(filled):
    again = index.open(filled.folder, Bag())
    assert again.chunks() == filled.chunks() and (again.size, again.overlap) == (filled.size, filled.overlap)
    assert again.search("red tent") == filled.search("red tent")
    again.verify()


def test_wrong_dials_are_refused(filled):
    with pytest.raises(ValueError, match="way: expected one of words, meaning, hybrid, found 'dense'"):
        filled.search("red", way="dense")
    for k in (0, -1, 2.5, True, 10**12):
        with pytest.raises(ValueError, match="k: expected a whole number of chunks from 1 to"):
            filled.search("red", k=k)
    for readers in ("everyone", (), (7,), (None, "everyone"), ("",)):
        with pytest.raises(ValueError, match="readers: expected a list with at least one group"):
            filled.search("red", readers=readers)
    with pytest.raises(ValueError, match="expected a question in words"):
        filled.search_all("red")
    with pytest.raises(ValueError, match=r"expected ids of documents in the index, found \['nothing'\]"):
        filled.retire(["nothing"])
    with pytest.raises(ValueError, match="expected each id once"):
        filled.add([shop()[0], shop()[0]])


def test_another_embedder_is_refused(filled):
    with pytest.raises(ValueError, match=r"expected the embedder whose vectors are in it \(bag, 64 numbers a text\)"):
        index.open(filled.folder, Bag("another bag"))


def test_a_folder_that_holds_something_is_left_alone(filled, tmp_path):
    with pytest.raises(ValueError, match="expected an empty folder, found an index"):
        index.create(filled.folder, Bag())
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="expected an empty folder, found other files"):
        index.create(tmp_path, Bag(), replace=True)
    with pytest.raises(ValueError, match="expected an index, found no settings.json"):
        index.open(tmp_path, Bag())
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_replace_starts_over(tmp_path):
    index.create(tmp_path / "i", Bag()).add(shop())
    assert len(index.create(tmp_path / "i", Bag("other"), size=10, replace=True)) == 0


def damaged(tmp_path):
    made = index.create(tmp_path / "i", Bag())
    made.add(shop())
    return made.folder


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": 1, "embedder": "bag", "width": "x"}'])
def test_spoilt_settings_are_told(tmp_path, content):
    folder = damaged(tmp_path)
    (folder / index.SETTINGS).write_text(content)
    with pytest.raises(ValueError, match=r"settings.json: expected the settings of an index.*Delete the folder"):
        index.open(folder, Bag())


def test_another_format_is_told(tmp_path):
    folder = damaged(tmp_path)
    settings = json.loads((folder / index.SETTINGS).read_text())
    (folder / index.SETTINGS).write_text(json.dumps({**settings, "format": 99}))
    with pytest.raises(ValueError, match="expected an index of format 2, found 99"):
        index.open(folder, Bag())


@pytest.mark.parametrize("where", ["data", "_versions", "_indices", "_refs"])
@pytest.mark.parametrize("fault", ["gone", "cut", "noise"])
def test_damaged_files_are_told_and_never_answered_from(tmp_path, where, fault):
    folder = damaged(tmp_path)
    for path in (folder / "chunks.lance" / where).rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            path.unlink() if fault == "gone" else path.write_bytes(data[: len(data) // 2] if fault == "cut" else
                                                                   bytes(255 - byte for byte in data))  # fmt: skip
    with pytest.raises(ValueError, match=r"expected a whole index, found a damaged one.*Delete the folder"):
        made = index.open(folder, Bag())
        made.search("red tent")
        made.verify()


def built(made: index.Index) -> set[str]:
    return {entry.name for entry in index_reader.run(made.snapshot().table.list_indices())}


def test_beyond_the_exact_search_the_nearest_are_still_found(tmp_path, monkeypatch):
    monkeypatch.setattr(index, "EXACT_UP_TO", 300)
    monkeypatch.setattr(index, "CLUSTER", 64)
    many = [Document(f"d{i}", f"Thing {i}", f"It is word{i} and word{i % 7}.") for i in range(600)]
    exact = index.create(tmp_path / "exact", Bag(width=1024))
    exact.add(many[:300])
    coarse = index.create(tmp_path / "coarse", Bag(width=1024))
    coarse.add(many)
    assert built(coarse) == {"passage_idx", "vector_idx", "readers_idx"} and coarse.snapshot().coarse
    assert built(exact) == {"passage_idx"} and not exact.snapshot().coarse
    for i in range(0, 600, 60):
        for way in index.WAYS:
            assert f"d{i}" in ids(coarse.search(many[i].title + "\n" + many[i].text, 3, way))
    coarse.add([Document("late", "Late", "A zebra came late.")])  # folded into what was built
    coarse.retire(["d0"])
    assert ids(coarse.search("zebra", 1)) == ["late"] and len(coarse) == 600
    assert "d0" not in ids(coarse.search(many[0].title + "\n" + many[0].text, 50, "meaning"))
    coarse.warm()
    private = [Document(f"p{i}", "Private", f"A private zebra {i}.", readers="owner") for i in range(5)]
    coarse.add(private)
    assert "owner" not in {hit.chunk.readers for hit in coarse.search("private zebra", 50)}
    assert ids(coarse.search("private zebra 3", 1, readers=("owner",)))[0].startswith("p")


def test_the_coarse_search_finds_what_the_exact_one_finds(tmp_path, monkeypatch):
    for module, name, value in ((index, "EXACT_UP_TO", 1_000), (index, "CLUSTER", 128), (find, "PROBES", 8),
                                (bench_retrieval, "CLUSTERS", 20), (bench_retrieval, "QUERIES", 40)):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    model = bench_retrieval.Generated()
    found = model.documents(3_000)  # 150 of a kind; 8 of 23 clusters are looked into
    queries = model.queries(found)
    made = index.create(tmp_path / "i", model)
    made.add(found)
    assert made.snapshot().coarse
    right = bench_retrieval.exact(model, np.array([model.number(query) for query in queries]), len(found))
    hits = made.search_all(queries, bench_retrieval.K, "meaning")
    shares = [len(set(ids(each)) & gold) / len(gold) for each, gold in zip(hits, right, strict=True)]
    assert sum(shares) / len(shares) >= 0.95
    first = [each[0] for each in hits]
    assert [hit.chunk.document for hit in first] == [str(model.number(query)) for query in queries]
    assert all(hit.score == pytest.approx(1, abs=1e-5) for hit in first)  # the full vectors were compared
    with monkeypatch.context() as limited:
        limited.setattr(find, "PROBES", 1)
        assert len(made.search(queries[0], 1_400, "meaning")) == 1_400  # more than one cluster holds
    alone = [Document(f"p{i}", f"number {7 + 20 * i}", "for one pair of eyes", readers="owner") for i in range(3)]
    made.add(alone)  # so few may be in no cluster that is near, and are found nevertheless
    assert set(ids(made.search(queries[0], 5, "meaning", ("owner",)))) == {"p0", "p1", "p2"}
    words = [each[0].chunk.document for each in made.search_all(queries, 1, "words")]
    assert words == [str(model.number(query)) for query in queries]


def test_clusters_are_made_anew_when_the_index_has_outgrown_them(tmp_path, monkeypatch):
    for name, value in (("EXACT_UP_TO", 200), ("CLUSTER", 64)):
        monkeypatch.setattr(index, name, value)
    made, counts = index.create(tmp_path / "i", Bag(width=1024)), []
    many = [Document(f"d{i}", f"Thing {i}", f"It is word{i}.") for i in range(1_100)]
    for i in range(0, 1_100, 220):
        made.add(many[i : i + 220])
        counts.append(json.loads((made.folder / index.CLUSTERED).read_text()))
    assert counts == [220, 220, 220, 220, 1_100]  # 880 are not more than four times as many, 1,100 are
    assert all(f"d{i}" in ids(made.search(f"Thing {i}\nIt is word{i}.", 10, "meaning")) for i in range(0, 1_100, 110))


@pytest.mark.parametrize("place", ["s3://bucket/index", "gs://bucket/index", "s3:/bucket/index"])
def test_an_address_is_no_folder(place):
    for call in (index.create, index.open):
        with pytest.raises(ValueError, match="expected a folder on a disk, found an address"):
            call(place, Bag())


def test_a_note_that_was_cut_off_is_no_note(tmp_path):
    made = index.create(tmp_path / "i", Bag())
    (made.folder / index.UNFINISHED).write_text('"half')
    assert made.add(shop()).added == len(shop())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO],
                         ids=errno.errorcode.get)  # fmt: skip
def test_a_disk_that_refuses_a_change_is_told_with_its_remedy(filled, monkeypatch, number):
    def refuse(*_):
        raise RuntimeError(f"LanceError(IO): {os.strerror(number)} (os error {number})")

    monkeypatch.setattr(index.Index, "_put", refuse)
    with pytest.raises(OSError, match="could not write .*Readers see what they saw before") as caught:
        filled.add([Document("new", "A page", "Words that are new.")])
    assert caught.value.errno == number and files.REMEDIES[number] in str(caught.value)
