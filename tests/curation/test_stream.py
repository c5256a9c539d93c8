"""The curation shard by shard: it keeps what the one in memory keeps, goes on where it stopped, and refuses other work.

``test_pipeline.py`` holds it against the pipeline on thousands of records, after a kill.
"""

import json

import pytest
from dump_record import RECORD

from ftlab import files
from ftlab.curation import pipeline, records, shards, stream
from ftlab.world import desk

OUTPUT = ("kept.jsonl", "rejected.jsonl", "personal.jsonl", "card.json")


def test_a_folder_of_another_export_is_refused(tmp_path):
    raw, _ = desk.write(tmp_path / "desk", 5)
    stream.make_plan(raw, tmp_path / "out", {"shard_rows": 2})
    assert stream.make_plan(raw, tmp_path / "out", {"shard_rows": 2})["first_lines"] == [1, 3, 5]
    with raw.open("a", encoding="utf-8", newline="\n") as file:
        file.write("{}\n")
    with pytest.raises(ValueError, match="another export or other settings"):
        stream.make_plan(raw, tmp_path / "out", {"shard_rows": 2})


@pytest.mark.parametrize(("source", "named", "message"), [
    ("row.jsonl", {}, "expected a file, found nothing of that name. Did you mean 'raw.jsonl'"),
    ("", {}, "expected a file, found a folder"),
    ("empty.jsonl", {}, r"expected at least one row, found an empty file \(0 bytes\)"),
    ("raw.jsonl", {"held_out": 0.5}, r"held_out: expected a share between 0\.1 and 0\.2, found 0\.5"),
    ("raw.jsonl", {"size": 0}, "size: expected at least 1 record"),
    ("raw.jsonl", {"workers": 0}, "at least 1 worker"),
])
def test_bad_input_is_named_before_any_work(tmp_path, source, named, message):
    desk.write(tmp_path, 3)
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(ValueError, match=message):
        stream.run(tmp_path / source, tmp_path / "out", progress=False, **named)
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A small export, curated in four shards; too few of each intent for anything to judge the labels."""
    folder = tmp_path_factory.mktemp("stream")
    raw, _ = desk.write(folder / "desk", 40, seed=3)
    return raw, folder / "out", stream.run(raw, folder / "out", size=12, workers=1, shard_rows=12, progress=False)


def test_it_keeps_what_the_pipeline_in_memory_keeps(done, tmp_path):
    raw, folder, card = done
    outcome = pipeline.run(records.read_lines(raw), size=12)
    in_memory = pipeline.write(outcome, raw, tmp_path, {"size": 12, "held_out": 0.15})
    assert card == in_memory == files.read_json(folder / "card.json") and sum(card["records"].values()) > 0
    for name in OUTPUT[:3]:
        mine, theirs = ((place / name).read_text(encoding="utf-8").splitlines() for place in (folder, tmp_path))
        assert sorted(mine) == sorted(theirs), name
    assert (folder / "kept.jsonl").read_bytes() == (tmp_path / "kept.jsonl").read_bytes()  # in order of the lines


def test_only_what_is_missing_is_made_again(done):
    raw, folder, card = done
    stages = {path: path.stat().st_mtime_ns for path in folder.glob("*/*")}
    before = {name: (folder / name).read_bytes() for name in OUTPUT}
    lost = shards.path_of(folder, "judged", 2, "npz")
    lost.unlink()
    left = [folder / ".kept.jsonl.1.tmp", folder / "judged" / ".00002.npz.1.tmp"]  # what a killed process was writing
    for path in (*left, folder / "card.json"):
        path.unlink(missing_ok=True)
    for path in left:
        path.touch()
    assert stream.run(raw, folder, size=12, workers=2, shard_rows=12, progress=False) == card
    assert {name: (folder / name).read_bytes() for name in OUTPUT} == before
    assert not any(path.exists() for path in left)
    again = {path.name for path, at in stages.items() if path.stat().st_mtime_ns != at}
    assert again == {"00002.npz", "00002.jsonl"} and lost.exists()
    others = [path for path, at in stages.items() if path.parent.name == "prepared" and path.stat().st_mtime_ns != at]
    assert others == []


def test_a_second_run_in_the_folder_is_refused_and_touches_nothing(tmp_path):
    raw, _ = desk.write(tmp_path / "desk", 5)
    folder, settings = tmp_path / "out", {"size": None, "held_out": 0.15}
    with stream.begun(raw, folder, settings, 1, 2), files.atomic_path(folder / "prepared" / "00000.npz") as half:
        half.write_bytes(b"half")
        with pytest.raises(ValueError, match="expected no other curation at work here, found one. Wait until"):
            stream.run(raw, folder, workers=1, shard_rows=2, progress=False)
        assert half.read_bytes() == b"half"
    assert (folder / "prepared" / "00000.npz").read_bytes() == b"half"
    other = folder / ".mine.txt.0.tmp"
    other.touch()
    with stream.begun(raw, folder, settings, 1, 2):  # done, it is free again
        assert other.exists()  # and somebody else's file is not this module's to remove


@pytest.mark.parametrize("other", [{"size": 13}, {"held_out": 0.2}, {"shard_rows": 11}])
def test_work_with_other_settings_is_not_mixed_in(done, other):
    raw, folder, _ = done
    with pytest.raises(ValueError, match=r"plan.json: expected the work of .* found that of another .*\(settings\)\. "
                                         "Choose a new folder, or delete this one"):
        stream.run(raw, folder, **{"size": 12, "shard_rows": 12, "progress": False, **other})


def test_an_export_without_a_good_record_gives_an_empty_set(tmp_path):
    raw = tmp_path / "raw.jsonl"
    raw.write_text("nonsense\n\n[1]\n" + json.dumps({**RECORD, "license": "none"}) + "\n", encoding="utf-8")
    card = stream.run(raw, tmp_path / "out", workers=1, shard_rows=2, progress=False)
    assert card["records"] == card["intents"] == {} and card["funnel"][0] == {
        "step": "validate", "in": 3, "changed": 0, "dropped": 2, "out": 1}
    assert [(row["line"], row["step"]) for row in files.read_jsonl(tmp_path / "out" / "rejected.jsonl")] == [
        (1, "validate"), (3, "validate"), (4, "license")]
    assert (tmp_path / "out" / "kept.jsonl").read_text() == ""
