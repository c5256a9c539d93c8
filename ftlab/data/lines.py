"""The lines of a text file, each with its number; packed by gzip or not; what is no UTF-8 text is named."""

from __future__ import annotations

import codecs
import gzip
import itertools
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ftlab.data.faults import Fault

ROW_LIMIT = 16 * 2**20  # bytes of a line, characters of a text: beyond it a file is broken, not long
START = 512  # bytes that tell the encoding
BLANK = " \t\r\n"
NO_TEXT = {  # how files begin that are often saved under the wrong name: what they are, and what to do
    b"PAR1": ("a Parquet file", "Rename it to .parquet."),
    b"PK\3\4": ("an Excel sheet or a zip archive", "Save the sheet as 'CSV UTF-8', or unpack the archive."),
    b"\xd0\xcf\x11\xe0": ("an old Excel sheet", "Save the sheet as 'CSV UTF-8'."),
    b"BZh": ("a file packed by bzip2", "Unpack it with bunzip2."),
    b"\xfd7zXZ": ("a file packed by xz", "Unpack it with unxz."),
    b"\x28\xb5\x2f\xfd": ("a file packed by zstd", "Unpack it with unzstd."),
}


def open_binary(path: Path) -> BinaryIO:
    """The file's bytes, unpacked if it is gzip under whatever name; raises a ``Fault`` if it is no text."""
    with path.open("rb") as file:
        start = file.peek(START)[:START]
    if start.startswith(b"\x1f\x8b"):
        with gzip.open(path, "rb") as file:
            _refuse_wide(file.read(START), path, "gzip.open", "'rt', ")
        return gzip.open(path, "rb")
    for begin, (found, remedy) in NO_TEXT.items():
        if start.startswith(begin):
            raise Fault("text", found, remedy)
    _refuse_wide(start, path)
    return path.open("rb")


def _refuse_wide(start: bytes, path: Path, opener: str = "open", mode: str = "") -> None:
    if encoding := _wide(start):
        plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
        new = plain.with_name(f"{plain.stem}.utf8{plain.suffix}")
        old, new = (json.dumps(str(name), ensure_ascii=False) for name in (path, new))
        needs = "import gzip; " if opener == "gzip.open" else ""
        raise Fault("UTF-8 text", encoding.upper(), f"Save the file again as UTF-8: {needs}ftlab.files.write_text("
                    f"{new}, {opener}({old}, {mode}encoding='{encoding}', newline='').read())")


def _wide(start: bytes) -> str | None:
    """Which encoding of two or four bytes a character a file begins with, with a mark or without one."""
    if start[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return "utf-32"
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    found = next(filter(lambda encoding: _reads_as(start, encoding),
                        ("utf-8", "utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")), "utf-8")
    return None if found == "utf-8" else found


def _reads_as(start: bytes, encoding: str) -> bool:
    """Whether the bytes are text in this encoding: letters, the ASCII of a row or a header, and hardly a control."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(start)  # which the last letter may break
    except UnicodeDecodeError:
        return False
    odd = sum(unicodedata.category(letter) in ("Cc", "Cn", "Co") and not letter.isspace() for letter in text)
    return any(map(str.isalnum, text)) and any(sign in text for sign in ',;\t|"\n') and 20 * odd <= len(text)


def _old_line_ends(text: str, file: BinaryIO) -> Fault | None:
    """The fault of a file whose first line ends as on old Macs, so that it would hold all the others."""
    head, mark, _ = text.rstrip("\r\n").partition("\r")
    if not mark or not head or head.count('"') % 2:
        return None
    path, packed = Path(file.name), isinstance(file, gzip.GzipFile)
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    old, new = (json.dumps(str(name), ensure_ascii=False)
                for name in (path, plain.with_name(f"{plain.stem}.lines{plain.suffix}")))
    opened = f"gzip.open({old}, 'rt', encoding='utf-8-sig')" if packed else f"open({old}, encoding='utf-8-sig')"
    return Fault("lines that end as on Linux or Windows", "a bare carriage return, as old Macs end them",
                 f"Save the file again: {'import gzip; ' * packed}ftlab.files.write_text({new}, {opened}.read())")


def numbered(file: BinaryIO) -> Iterator[tuple[int, str, Fault | None]]:
    """Yields the file's lines with their numbers; only ``\\n`` ends a line, since U+2028 may stand inside a text."""
    offset = 0
    for number in itertools.count(1):
        raw, start, fault = file.readline(ROW_LIMIT + 1), offset, None
        if not raw:
            return
        offset += len(raw)
        if number == 1 and raw.startswith(b"\xef\xbb\xbf"):
            raw, start = raw[3:], 3
        if len(raw) > ROW_LIMIT:
            while not raw.endswith(b"\n") and (raw := file.readline(ROW_LIMIT)):
                offset += len(raw)
            fault = Fault(f"a line of at most {ROW_LIMIT:,} bytes", "a longer one", "Write one row a line.")
            raw = b"(too long to repeat here)"
        try:
            text = raw.decode("utf-8")
            fault = (fault or _old_line_ends(text, file)) if number == 1 else fault
        except UnicodeDecodeError as error:
            text = raw.decode("utf-8", errors="backslashreplace")
            fault = Fault("UTF-8 text", f"byte 0x{raw[error.start]:02x} at offset {start + error.start} of the file "
                          f"(byte {error.start + 1} of the line)", "Save the file as UTF-8.")
        yield number, text, fault
