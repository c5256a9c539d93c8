"""Files: a run that stops leaves the old file or the new one, and texts come back as they went."""

from __future__ import annotations

import errno
import gzip
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ftlab import files, paths

ROOT = Path(__file__).resolve().parents[1]
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


REMEDIES = {
    errno.ENOSPC: "Free some disk space", errno.EDQUOT: "Your share of this disk is used up: delete files of your own",
    errno.EROFS: "read-only: choose a folder you can write to on another", errno.EACCES: "change its rights",
    errno.EPERM: "Change the rights", errno.EFBIG: "FAT takes 4 GB", errno.EIO: "network to it failed: check both",
    errno.ENAMETOOLONG: "shorter name", errno.EMFILE: "Too many files are open", errno.EISDIR: "A folder has this name",
    errno.ENOTDIR: "A file stands where a folder is expected", errno.ENOTEMPTY: "Check the disk and the name",
    errno.ENODEV: "no longer there", errno.ESTALE: "in the network was lost", errno.ETIMEDOUT: "did not answer",
    errno.EBUSY: "Another program is using it", errno.ENOMEM: "memory is used up", errno.ELOOP: "in a circle",
    errno.ENFILE: "All programs together", errno.ENOLCK: "cannot lock files",
}


@pytest.mark.parametrize("number", REMEDIES, ids=errno.errorcode.get)
def test_every_error_of_a_disk_has_its_own_remedy(tmp_path: Path, number: int) -> None:
    files.write_text(tmp_path / "a.txt", "old")
    with pytest.raises(OSError) as caught, files.atomic_path(tmp_path / "a.txt") as temporary:
        temporary.write_text("half", encoding="utf-8")
        raise OSError(number, os.strerror(number))
    message = str(caught.value)
    assert caught.value.errno == number
    assert f"could not write {tmp_path / 'a.txt'}: {os.strerror(number)}. " in message
    assert [other for other, remedy in REMEDIES.items() if remedy in message] == [number]
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("number", REMEDIES, ids=errno.errorcode.get)
def test_every_error_of_a_library_that_writes_gets_the_same_remedy(tmp_path: Path, number: int) -> None:
    said = os.strerror(number)
    errors: list[Exception] = [OSError(number, said)]
    if number in files.REMEDIES and sys.platform != "win32":  # as safetensors and LanceDB tell it
        errors += [RuntimeError(f"LanceError(IO): {said} (os error {number})")]
    if number == errno.ENOSPC:
        errors += [RuntimeError("[enforce fail at inline_container.cc:672] . PytorchStreamWriter failed writing file")]
    for error in errors:
        if number not in files.REMEDIES:  # not of a disk
            with pytest.raises(type(error), match=f"{said}$"), files.writing(tmp_path):
                raise error
            continue
        with pytest.raises(OSError, match=f"could not write {tmp_path}: ") as caught, files.writing(tmp_path, "More."):
            raise error
        message = str(caught.value)
        assert caught.value.errno == number and message.endswith(" More.")
        assert [other for other, remedy in REMEDIES.items() if remedy in message] == [number]
        with pytest.raises(OSError) as again, files.writing("elsewhere"):  # told once
            raise caught.value
        assert again.value is caught.value


def test_threads_that_write_one_file_never_leave_half_of_it_or_a_mixture(tmp_path: Path) -> None:
    texts = [letter * 200_000 for letter in "abcd"]
    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit(files.write_text, tmp_path / "a.txt", text) for text in texts * 20]
        reads = [pool.submit((tmp_path / "a.txt").read_text) for _ in range(80)]
        assert all(write.result() is None for write in writes)
    assert {read.result() for read in reads if read.exception() is None} <= set(texts)
    assert (tmp_path / "a.txt").read_text() in texts and names(tmp_path) == ["a.txt"]


def test_what_is_no_error_of_a_disk_passes_as_it_is() -> None:
    for error in (ValueError("a damaged file (os error 28)"), RuntimeError("shapes do not match"), KeyError("x"),
                  FileNotFoundError(errno.ENOENT, "No such file"), RuntimeError("not found (os error 2)")):  # fmt: skip
        with pytest.raises(type(error)) as caught, files.writing("a place"):
            raise error
        assert caught.value is error


def test_a_folder_of_that_name_and_a_name_too_long(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OSError, match="could not write .*A folder has this name"):
        files.write_text(tmp_path / "a.txt", "x")
    with pytest.raises(OSError, match="could not write .*Choose a shorter name"):
        files.write_text(tmp_path / ("a" * 300), "x")
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="this system sets no limit on the size of a file")
def test_a_file_beyond_the_limit_of_the_account(tmp_path: Path) -> None:
    """The kernel itself refuses: in a process of its own, which may write 10,000 bytes a file."""
    code = ("import resource, signal, sys; from ftlab import files; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)); files.write_text(sys.argv[1], sys.argv[2])")
    for text, fits in (("a" * 10_000, True), ("b" * 10_001, False)):
        done = subprocess.run([sys.executable, "-B", "-c", code, tmp_path / "a.txt", text], capture_output=True,
                              text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
        assert (done.returncode == 0) is fits, done.stderr
    assert "larger than this disk (FAT takes 4 GB) or this account (see `ulimit -f`) allows" in done.stderr
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "a" * 10_000
    assert names(tmp_path) == ["a.txt"]


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


def test_json_lines_are_read_packed_or_with_a_mark_or_with_empty_lines(tmp_path: Path) -> None:
    text = '{"a": "x\u2028y"}\n\n{"a": 2}\n \n'
    for raw in (text.encode(), b"\xef\xbb\xbf" + text.encode(), gzip.compress(text.encode())):
        (tmp_path / "a.jsonl").write_bytes(raw)
        assert files.read_jsonl(tmp_path / "a.jsonl") == [{"a": "x\u2028y"}, {"a": 2}]
