"""Files as a learner may bring them, and what is said of those that cannot be read."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ftlab import data
from ftlab.data import DataError

PAIR = {"prompt": "How heavy is it?", "completion": "850 g."}
CHAT = {"messages": [{"role": "user", "content": "How heavy is it?"}, {"role": "assistant", "content": "850 g."}]}


def write(folder: Path, content: bytes | str, name: str = "mine.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*rows: object) -> str:
    return "".join(row + "\n" if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)


def turns(*roles: str) -> dict:
    return {"messages": [{"role": role, "content": "Hello."} for role in roles]}


def refusal(path: Path | str, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        data.read(path, **options)
    return str(caught.value)


def rejects(path: Path) -> list[dict]:
    text = Path(f"{path}.rejected.jsonl").read_bytes().decode()
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


def encode(rows: list[dict], suffix: str) -> bytes:
    """The rows as a file of the given format, written by other means than the module under test."""
    if suffix == ".jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    if suffix == ".parquet":
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        return sink.getvalue()
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(rows[0])
    for row in rows:
        cells = [row[name] for name in rows[0]]
        writer.writerow(cell if isinstance(cell, str) else json.dumps(cell) for cell in cells)
    return text.getvalue().encode()
