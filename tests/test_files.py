"""Files: a run that stops leaves the old file or the new one, and texts come back as they went."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ftlab import files, paths

TEXTS = ["line\u2028separator", "next\u0085line", "two\nlines\r\nand\rthree", "tea 🫖 für €3", '\t\x00\x1f"\\', ""]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(KeyError), files.atomic_path(path) as temporary:
        temporary.write_text("half of the n", encoding="utf-8")
        raise KeyError("stopped")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_the_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.txt"
    with files.atomic_path(path) as temporary:
        temporary.write_text("new", encoding="utf-8")
        assert temporary.parent == path.parent and not path.exists()
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["a.txt"]


def test_a_full_disk_is_named_with_its_remedy(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    message = "could not write .*a.txt.*No space left.*Free some disk space"
    with pytest.raises(OSError, match=message) as caught, files.atomic_path(path) as temporary:
        temporary.write_text("half", encoding="utf-8")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_that_cannot_be_made_is_named_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(OSError, match="could not write .*choose a folder you can write to"):
        files.write_text(tmp_path / "file" / "a.txt", "x")
    with pytest.raises(OSError, match="could not write .*choose a folder you can write to"):
        files.write_text(tmp_path / "file" / "deeper" / "a.txt", "x")


def test_an_error_without_a_number_is_still_readable(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="the disk went away") as caught, files.atomic_path(tmp_path / "a"):
        raise OSError("the disk went away")
    assert "None" not in str(caught.value)


def test_jsonl_round_trip(tmp_path: Path) -> None:
    rows = [{"id": i, "text": text, text: None} for i, text in enumerate(TEXTS)]
    files.write_jsonl(tmp_path / "rows.jsonl", rows)
    assert files.read_jsonl(tmp_path / "rows.jsonl") == rows
    assert (tmp_path / "rows.jsonl").read_bytes().count(b"\n") == len(rows)


def test_jsonl_of_a_windows_checkout_reads_the_same(tmp_path: Path) -> None:
    rows = [{"text": text} for text in TEXTS]
    files.write_jsonl(tmp_path / "rows.jsonl", rows)
    unix = (tmp_path / "rows.jsonl").read_bytes()
    (tmp_path / "rows.jsonl").write_bytes(unix.replace(b"\n", b"\r\n"))
    assert files.read_jsonl(tmp_path / "rows.jsonl") == rows


def test_json_and_text_have_unix_line_ends(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"texts": TEXTS})
    assert files.read_json(tmp_path / "a.json") == {"texts": TEXTS}
    files.write_text(tmp_path / "a.txt", "one\ntwo\n")
    assert (tmp_path / "a.txt").read_bytes() == b"one\ntwo\n"


def test_table_reads_quoted_cells(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes('name,text\r\nA,"one, two"\r\nB,"é ""x"""\r\n'.encode())
    assert files.read_table(tmp_path / "t.csv") == [{"name": "A", "text": "one, two"}, {"name": "B", "text": 'é "x"'}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,text\nA,one, two\n", r"t\.csv line 2: expected 2 fields as in the header, found 3.*Put quotes around"),
        ("name,text\nA,one\nB\n", r"t\.csv line 3: expected 2 fields as in the header, found 1"),
        ('name,text\nA,"one\ntwo"\nB\n', r"t\.csv line 4: expected 2 fields"),
        ("name,text\nA,one\n\nB,two\n", r"t\.csv line 3: expected 2 fields .*found 0.*leave no line empty"),
        ("", r"t\.csv line 1: expected a header .*found \[\]\. Write the names"),
        ("\nA,one\n", r"t\.csv line 1: expected a header"),
        ("name,name\nA,one\n", r"t\.csv line 1: expected a header with a different name .*found \['name', 'name'\]"),
        ("name, \nA,one\n", r"t\.csv line 1: expected a header"),
        ('name,text\nA,"one\nB,two\n', r"t\.csv line 2: expected fields whose quotes are closed"),
        ('name,text\nA,"one" two\n', r"t\.csv line 2: expected fields whose quotes are closed"),
    ],
)
def test_a_table_of_the_wrong_shape_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        files.read_table(tmp_path / "t.csv")


TABLES = sorted((paths.data() / "world").rglob("*.csv"))


def test_the_world_has_tables() -> None:
    assert len(TABLES) > 40


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_table_of_the_world_is_whole(path: Path) -> None:
    assert files.read_table(path)
