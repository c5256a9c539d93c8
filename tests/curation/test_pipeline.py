import hashlib
import json
import subprocess
import sys
import time

import pytest
from dump_record import RECORD

from ftlab import files
from ftlab.curation import (
    choose,
    injection,
    language,
    lineage,
    measure,
    normalize,
    personal,
    pipeline,
    quality,
    records,
    shards,
    speed,
    stream,
)
from ftlab.world import desk

SIZE = 400  # how many records the runs choose


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """3,000 records, their truth, and what the pipeline in memory makes of them."""
    raw, truth = desk.write(tmp_path_factory.mktemp("desk"), 3000, seed=1)
    lines = list(records.read_lines(raw))
    return raw, files.read_jsonl(truth), lines, pipeline.run(lines, size=SIZE)


def kept_of(folder):
    return {row["id"]: row["lineage"] | {"split": row["split"]} for row in files.read_jsonl(folder / "kept.jsonl")}


def test_no_record_is_lost_and_none_is_there_twice(dump):
    raw, _, lines, outcome = dump
    numbers = [row["lineage"]["line"] for row in outcome.kept] + [row["line"] for row in outcome.rejected]
    assert sorted(numbers) == [number for number, _ in lines]
    assert all(row["step"] in pipeline.STEPS and row["reason"] for row in outcome.rejected)
    assert not [row for row in outcome.rejected if "the step broke" in row["reason"]]
    assert outcome.funnel[0]["in"] == 3000 and outcome.funnel[-1]["out"] == len(outcome.kept)
    assert all(row["out"] == after["in"] for row, after in zip(outcome.funnel, outcome.funnel[1:], strict=False))
    for row in outcome.kept:
        assert row["lineage"]["sha256"] == lineage.content_hash(row)
        assert set(row["lineage"]["steps"]) <= {"normalize", "personal"}
    assert any(row["lineage"]["steps"] for row in outcome.kept)


def test_no_customer_and_no_product_is_on_both_sides(dump):
    kept = dump[3].kept
    sides = {side: [row for row in kept if row["split"] == side] for side in ("train", "test")}
    assert choose.FEWEST <= len(sides["test"]) / len(kept) <= choose.MOST
    for value in (lambda row: row["customer"], records.about):
        assert not {value(row) for row in sides["train"]} & {value(row) for row in sides["test"]}


def test_masked_strings_are_in_the_mapping_and_nowhere_else(dump, tmp_path):
    raw, _, lines, outcome = dump
    card = pipeline.write(outcome, raw, tmp_path, {"size": SIZE})
    kept = (tmp_path / "kept.jsonl").read_text(encoding="utf-8")
    mapping = files.read_jsonl(tmp_path / "personal.jsonl")
    assert mapping and not [row for row in mapping if row["value"] in kept]
    assert sum(card["records"].values()) == len(outcome.kept) == len(kept.splitlines())
    assert card["source_sha256"] == hashlib.sha256(raw.read_bytes()).hexdigest()
    cut = [part["kind"] for row in outcome.kept for part in row["lineage"]["cut"]]
    assert card["cut"] == {kind: cut.count(kind) for kind in set(cut)} and {"signature", "quoted mail"} <= set(cut)
    assert card["libraries"].keys() == set(lineage.LIBRARIES)
    assert card == files.read_json(tmp_path / "card.json")


def test_the_steps_find_what_was_planted(dump):
    _, truth, lines, outcome = dump
    scores = measure.measure(lines, truth, outcome)
    assert {score.fault for score in scores} == set(desk.FAULTS)
    for score in scores:
        if score.planted >= 20:  # of fewer, one miss says little
            assert score.precision.value >= 0.9, score
            assert score.recall.value >= 0.85, score
    assert "injection" in measure.table(scores)


def test_a_record_that_breaks_a_step_is_set_aside():
    def break_down(record):
        raise KeyError("no such thing")

    row = pipeline.walk(pipeline.Item(7, {"id": "d-7"}), [("quality", break_down)])
    assert (row["line"], row["id"], row["step"]) == (7, "d-7", "quality")
    assert row["reason"] == "the step broke: KeyError: 'no such thing'"


def test_the_stream_keeps_the_same_also_after_a_kill(dump, tmp_path, python):
    raw, _, _, outcome = dump
    expected = {row["id"]: row["lineage"] | {"split": row["split"]} for row in outcome.kept}
    code = (f"from ftlab.curation import stream\nif __name__ == '__main__':\n"
            f"    stream.run({str(raw)!r}, {str(tmp_path / 'out')!r}, size={SIZE}, shard_rows=400, workers=1, "
            "progress=False)\n")
    script = tmp_path / "run.py"
    script.write_text(code, encoding="utf-8")
    process = subprocess.Popen([sys.executable, str(script)])
    while process.poll() is None and not shards.is_done(tmp_path / "out", "prepared", 1):
        time.sleep(0.05)
    process.kill()
    process.wait()
    done = list((tmp_path / "out" / "prepared").glob("*.npz"))
    assert len(done) >= 2
    before = {path: path.stat().st_mtime_ns for path in done}
    card = stream.run(raw, tmp_path / "out", size=SIZE, shard_rows=400, workers=2, progress=False)
    assert {path: path.stat().st_mtime_ns for path in done} == before  # finished shards were not made again
    assert kept_of(tmp_path / "out") == expected
    assert card["funnel"] == outcome.funnel
    assert sum(card["cut"].values()) == sum(len(row["lineage"]["cut"]) for row in outcome.kept) > 0
    rejected = files.read_jsonl(tmp_path / "out" / "rejected.jsonl")
    assert sorted((row["line"], row["step"]) for row in rejected) == sorted(
        (row["line"], row["step"]) for row in outcome.rejected)
    assert len(files.read_jsonl(tmp_path / "out" / "personal.jsonl")) == len(outcome.personal)
    assert not list((tmp_path / "out").rglob("*.tmp"))
    assert stream.run(raw, tmp_path / "out", size=SIZE, shard_rows=400, progress=False) == card


def test_the_bench_clocks_every_record_at_every_step_and_changes_nothing(dump, tmp_path):
    raw, _, _, outcome = dump
    timing = speed.time_stream(raw, tmp_path / "out", SIZE, shard_rows=1000)
    assert kept_of(tmp_path / "out") == {row["id"]: row["lineage"] | {"split": row["split"]} for row in outcome.kept}
    came_in = {row["step"]: row["in"] for row in outcome.funnel}
    for step in (*pipeline.STEPS[:8], "label_errors", "balance", "split"):  # between these, others see more records
        assert timing.steps[step][0] == came_in[step], step
    assert all(0 < seconds < timing.elapsed_s * 2 for _, seconds in timing.steps.values())
    assert timing.memory > 50e6
    assert pipeline.PREPARE[0][1] is normalize.normalize  # the clocks are gone


def test_a_good_record_passes_every_check_unchanged():
    assert records.validate(json.dumps(RECORD)) == RECORD
    for step in (normalize.normalize, records.check_license, quality.check_reply_whole, language.check_language,
                 injection.check_injection, personal.mask, quality.check_facts):
        assert step(RECORD) is RECORD
    assert quality.check_quality(RECORD)["quality"] > 0.9


@pytest.mark.parametrize("nothing", ["<p>&nbsp;</p>", "<br>", "<div>\u200b</div>", "&#8203;", "&amp;nbsp;",
                                     "<p>\u3164</p>"])
def test_a_question_of_which_cleaning_leaves_nothing_is_dropped(nothing):
    row = pipeline.prepare(1, json.dumps({**RECORD, "question": nothing}))
    assert row["step"] == "empty_or_truncated" and "expected a question" in row["reason"]
