"""The file of votes: nothing is lost, nothing is half written, and what was undone is gone."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys

import pytest

from ftlab.scores import vote_log


def row(pair: str, vote: str, rater: str = "me") -> dict:
    return {"pair": pair, "rater": rater, "vote": vote}


def test_what_stands_is_the_last_vote_of_each_rater_and_pair(tmp_path):
    path = tmp_path / "new" / "votes.jsonl"
    assert vote_log.read(path) == []
    cast = [row("p1", "a"), row("p2", "tie"), row("p1", "b", "ada"), row("p2", "undo"), row("p3", "skip"),
            row("p1", "b"), row("p3", "undo"), row("p2", "a")]
    for each in cast:
        vote_log.append(path, each)
    assert vote_log.read(path) == [row("p1", "b", "ada"), row("p1", "b"), row("p2", "a")]
    assert [json.loads(line) for line in path.read_text().splitlines()] == cast  # and the history is whole


def test_an_unfinished_line_is_no_vote_and_harms_none(tmp_path):
    path = tmp_path / "votes.jsonl"
    vote_log.append(path, row("p1", "a"))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"pair": "p2", "ra')  # the power went here
    assert vote_log.read(path) == [row("p1", "a")]
    vote_log.append(path, row("p3", "b"))
    assert vote_log.read(path) == [row("p1", "a"), row("p3", "b")]
    assert path.read_bytes().startswith(whole)
    path.write_bytes(path.read_bytes()[:-1])  # only the end of the line is missing: that vote is whole
    vote_log.append(path, row("p4", "tie"))
    assert [vote["pair"] for vote in vote_log.read(path)] == ["p1", "p3", "p4"]


@pytest.mark.parametrize("line", ['{"pair": "p1"}', "[]", "nonsense", '{"pair": "p", "rater": "r", "vote": "c"}'])
def test_other_lines_are_refused_with_their_place(tmp_path, line):
    path = tmp_path / "votes.jsonl"
    path.write_text(json.dumps(row("p1", "a")) + "\n" + line + "\n")
    with pytest.raises(ValueError, match="votes.jsonl line 2: expected a vote"):
        vote_log.read(path)


def test_a_long_line_is_told_in_part_and_says_so(tmp_path):
    path = tmp_path / "votes.jsonl"
    path.write_text("x" * 500)
    with pytest.raises(ValueError, match=r"found b'x{58}\.\.\. \(503 characters\)\. Remove the line"):
        vote_log.read(path)


def test_a_folder_in_the_way_is_told(tmp_path):
    with pytest.raises(OSError, match="could not be written") as caught:
        vote_log.append(tmp_path, row("p1", "a"))
    assert caught.value.errno in (errno.EISDIR, errno.EACCES)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
def test_a_full_disk_costs_no_vote_but_the_last(tmp_path):
    path = tmp_path / "votes.jsonl"
    code = f"""
import resource, signal
from ftlab.scores import vote_log
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
row = {row("p1", "a")!r}
vote_log.append({str(path)!r}, row)
vote_log.append({str(path)!r}, row | {{"pair": "p2"}})
try:
    vote_log.append({str(path)!r}, row)
except OSError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "the vote could not be written" in done.stdout and "are safe" in done.stdout, done.stderr
    # 44 bytes each: of the third line 12 have room.
    assert path.stat().st_size == 100 and [vote["pair"] for vote in vote_log.read(path)] == ["p1", "p2"]
    vote_log.append(path, row("p3", "b"))  # there is room again
    assert [vote["pair"] for vote in vote_log.read(path)] == ["p1", "p2", "p3"]


def test_many_writers_lose_nothing(tmp_path):
    path = tmp_path / "votes.jsonl"
    code = f"""
import sys
from ftlab.scores import vote_log
for i in range(40):
    vote_log.append({str(path)!r}, {{"pair": f"p{{i}}", "rater": sys.argv[1], "vote": "a"}})
"""
    writers = [subprocess.Popen([sys.executable, "-c", code, name]) for name in ("ada", "ben", "cleo")]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    votes = vote_log.read(path)
    assert len(votes) == 120 and {vote["rater"] for vote in votes} == {"ada", "ben", "cleo"}
