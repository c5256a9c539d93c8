"""Writes the world's texts under ``data/``, the same bytes on every machine. ``ftlab world --help``."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from ftlab import files, paths
from ftlab.seeded import rng
from ftlab.world import articles, drills, forms, general, market, pairs, prose, quillmere, real, shops, support

SAMPLES = 300  # documents shown of each endless stream that the lab model reads


def texts() -> Iterator[tuple[str, list[dict]]]:
    """Every file under ``data/`` that is made from the tables: its path there, and its rows."""
    for split in quillmere.SPLITS:
        yield f"quillmere/conversations_{split}.jsonl", _of(split, pairs.conversations())
    yield "quillmere/conversations_2026.jsonl", _of("test", pairs.conversations(2026))
    for split in quillmere.SPLITS:
        yield f"quillmere/plain_{split}.jsonl", _of(split, support.conversations())
    yield "quillmere/plain_2026.jsonl", _of("test", support.conversations(2026))
    yield "quillmere/tickets.jsonl", support.tickets()
    yield "quillmere/articles.jsonl", articles.articles()
    yield "quillmere/articles_2026.jsonl", _of("test", articles.articles(2026))
    yield "quillmere/descriptions.jsonl", articles.descriptions()
    yield "quillmere/descriptions_2026.jsonl", _of("test", articles.descriptions(2026))
    yield "quillmere/documents.jsonl", list(_documents())
    yield "quillmere/documents_2026.jsonl", _of("test", list(_documents(2026)))
    yield (
        "quillmere/updates.jsonl",
        [
            {
                "id": f"update-{i:02d}",
                "target": update.target,
                "text": quillmere.update_notice(update, rng("notice", i)),
            }
            for i, update in enumerate(quillmere.updates())
        ],
    )
    for kind in ("product", "policy", "update"):
        for split in ("train", "test"):
            yield f"questions/{kind}_{split}.jsonl", quillmere.questions(kind, split)
    yield "questions/articles.jsonl", [row for split in quillmere.SPLITS for row in articles.questions(split)]
    yield "questions/general_train.jsonl", general.questions("train")
    yield "questions/general_test.jsonl", general.questions("test")
    yield "questions/general_riddle.jsonl", general.questions("riddle")
    yield "questions/market_train.jsonl", market.questions("train")
    yield "questions/market_test.jsonl", market.questions("test")
    for count in (1, 2, 3):
        yield f"questions/reading_{count}.jsonl", shops.questions(200, count)
    yield "questions/real_world.jsonl", real.questions()
    random = rng("samples")
    yield "general/documents.jsonl", [{"text": general.document(random)} for _ in range(SAMPLES)]
    yield (
        "market/documents.jsonl",
        [
            {"kind": document.kind, "text": document.text}
            for document in (market.labelled_document(random) for _ in range(SAMPLES))
        ],
    )
    yield "shops/pages.jsonl", _sample(shops.page, random)
    for name, make in (("forms", forms.page), ("prose", prose.page), ("drills", drills.drill)):
        yield f"shops/{name}.jsonl", _sample(make, rng("samples", name))


def _sample(make: Callable, random: Random) -> list[dict]:
    """Texts of a generator that gives spans (text, is answer)."""
    return [{"text": "".join(text for text, _ in make(random))} for _ in range(SAMPLES)]


def _of(split: str, rows: list[dict]) -> list[dict]:
    return [row for row in rows if row["split"] == split]


def _documents(year: int = 2025) -> Iterator[dict]:
    """Quillmere's own pages: two of each product on sale, and each policy's document."""
    for product in quillmere.products(year):
        if product.status == "retired":
            continue
        for i in range(2):
            text = quillmere.product_page(product, rng("page", product.id, i))
            yield {
                "id": f"{product.id}-{i}",
                "kind": "product",
                "about": product.name,
                "split": product.split,
                "text": text,
            }
    for policy in quillmere.policies(year):
        text = quillmere.policy_document(policy, rng("policy", policy.id))
        yield {"id": policy.id, "kind": "policy", "about": policy.title, "split": policy.split, "text": text}


def encode(rows: list[dict]) -> bytes:
    """The rows as JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def differences() -> list[str]:
    """The files under ``data/`` that are not what the tables and this package make, with the reason."""
    found = []
    for name, rows in texts():
        path = paths.data() / name
        if not path.exists():
            found.append(f"data/{name}: expected a file, found none. Run `ftlab world`.")
        elif path.read_bytes() != encode(rows):
            found.append(f"data/{name}: its bytes differ from what the tables give. Run `ftlab world`.")
    return found


def main(argv: list[str] | None = None) -> int:
    """``ftlab world``: writes all texts, or with ``--check`` says which differ."""
    parser = argparse.ArgumentParser(prog="ftlab world", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    args = parser.parse_args(argv)
    if args.check:
        found = differences()
        print("\n".join(found) or "data/ is what the tables give")
        return int(bool(found))
    for name, rows in texts():
        content = encode(rows)
        with files.atomic_path(Path(paths.data() / name)) as temporary:
            temporary.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()[:12]
        print(f"data/{name}  {len(rows):,} rows  {len(content) / 1e3:,.0f} kB  sha256 {digest}")
    return 0
