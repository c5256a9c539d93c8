"""datatrove's executor does the same work: each shard once, by its rank, and what is kept is what the others keep."""

import pytest

from ftlab import files
from ftlab.curation import pipeline, records, shards, stream
from ftlab.world import desk

engine = pytest.importorskip("ftlab.curation.engine")


def kept_of(folder):
    return {row["id"]: row["lineage"] | {"split": row["split"]} for row in files.read_jsonl(folder / "kept.jsonl")}


def test_datatrove_keeps_the_same(tmp_path):
    raw, _ = desk.write(tmp_path / "desk", 600, seed=2)
    outcome = pipeline.run(records.read_lines(raw))
    card = engine.run(raw, tmp_path / "out", workers=2, shard_rows=200)
    assert kept_of(tmp_path / "out") == {row["id"]: row["lineage"] | {"split": row["split"]} for row in outcome.kept}
    assert card["funnel"] == outcome.funnel
    assert len(list((tmp_path / "out" / "datatrove" / "prepare" / "completions").iterdir())) == 2


def test_a_rank_does_its_own_shards_and_none_twice(tmp_path):
    raw, _ = desk.write(tmp_path / "desk", 5)
    folder = tmp_path / "out"
    with stream.begun(raw, folder, {"size": None, "held_out": 0.15}, workers=2, shard_rows=1):
        pass
    engine.Prepare(raw, folder).run(rank=1, world_size=2)
    assert [number for number in range(5) if shards.is_done(folder, "prepared", number)] == [1, 3]
    before = {path: path.stat().st_mtime_ns for path in (folder / "prepared").iterdir()}
    engine.Prepare(raw, folder).run()  # the only rank: all that is left
    assert all(shards.is_done(folder, "prepared", number) for number in range(5))
    assert {path: path.stat().st_mtime_ns for path in before} == before
    engine.Compare(folder).run()
    engine.Judge(folder).run(rank=4, world_size=5)
    assert [number for number in range(5) if shards.is_done(folder, "judged", number)] == [4]


@pytest.mark.parametrize(("source", "named", "message"), [
    ("gone.jsonl", {}, "expected a file, found nothing of that name"),
    ("raw.jsonl", {"size": 0}, "size: expected at least 1 record"),
    ("raw.jsonl", {"workers": 0}, "at least 1 worker and 1 row in a shard, found workers=0"),
    ("raw.jsonl", {"shard_rows": 0}, "shard_rows=0"),
])
def test_bad_input_is_named_before_any_work(tmp_path, source, named, message):
    desk.write(tmp_path, 3)
    with pytest.raises(ValueError, match=message):
        engine.run(tmp_path / source, tmp_path / "out", **named)
    assert not (tmp_path / "out").exists()
