"""The data card says what is in the folder: every file, its rows, its size, and the numbers in its sentences."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from ftlab import files, paths
from ftlab.workshop import data_card
from ftlab.world import brand, build, general, market, quillmere, real

ROOT = Path(__file__).resolve().parents[2]
CARD = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
TABLE = {
    name: (int(rows.replace(",", "")), float(size.replace(",", "")))
    for name, rows, size in re.findall(r"^\| `([\w/.]+)` \| ([\d,]+) \| ([\d,]+) \|", CARD, re.MULTILINE)
}
FLOWING = " ".join(CARD.split())


def test_it_is_in_step_with_the_files() -> None:
    """After a change of a table: `ftlab world`, then `python -m ftlab.workshop.data_card`."""
    assert data_card.missing(CARD) == []
    assert data_card.render(CARD) == CARD


def test_every_text_is_on_the_card_and_nothing_else() -> None:
    voted = {f"votes/{path.name}" for path in (paths.data() / "votes").glob("*.jsonl")}
    assert set(TABLE) == {name for name, _ in build.texts()} | voted


def test_the_numbers_of_the_votes() -> None:
    pairs = files.read_jsonl(paths.data() / "votes" / "pairs.jsonl")
    of = {split: [row["conversation"] for row in pairs if row["split"] == split] for split in ("train", "test")}
    for sentence in (
        f"drew for {len(set(of['train'] + of['test']))} training conversations",
        f"train ({len(of['train']):,} pairs of {len(set(of['train']))} conversations)",
        f"({len(of['test'])} of {len(set(of['test']))} others)",
    ):
        assert sentence in FLOWING


@pytest.mark.parametrize("name", TABLE)
def test_rows_and_sizes(name: str) -> None:
    rows, size_kb = TABLE[name]
    path = paths.data() / name
    assert len(files.read_jsonl(path)) == rows
    assert path.stat().st_size / 1000 == pytest.approx(size_kb, rel=0.05, abs=0.6)


def test_the_tables() -> None:
    tables = sorted((paths.data() / "world").glob("*/*.csv"))
    rows = sum(len(files.read_table(path)) for path in tables)
    size_kb = sum(path.stat().st_size for path in tables) / 1000
    found = re.search(r"the tables: (\d+) files, ([\d,]+) rows, (\d+) kB", FLOWING)
    assert found and (int(found[1]), int(found[2].replace(",", ""))) == (len(tables), rows)
    assert int(found[3]) == pytest.approx(size_kb, rel=0.05)


def test_the_numbers_in_its_sentences() -> None:
    changes = Counter(update.kind for update in quillmere.updates())
    expected = [
        f"{len(general.facts())} facts about {len({fact.entity for fact in general.facts()})} towns",
        f"{len(market.makers())} makers with {len(market.products())} products",
        f"{len(quillmere.products())} products in {len(quillmere.CATEGORIES)} categories",
        f"{len(quillmere.policies())} policies with {sum(len(policy.facts) for policy in quillmere.policies())} facts",
        f"the {len(brand.guide())} rules of the brand guide",
        f"{len(real.questions())} questions on {len({row['topic'] for row in real.questions()})} topics",
        f"{sum(row['easy'] for row in real.questions())} of them are marked as `easy`",
        f"{len(real.general_chat())} ordinary conversations",
        f"{sum(changes.values())} changes ({changes['price']} prices, {changes['warranty']} warranties, "
        f"{changes['policy']} policy facts, {changes['added']} products added, {changes['retired']} retired)",
    ]
    assert [sentence for sentence in expected if sentence not in FLOWING] == []


def test_the_proportions_of_the_market() -> None:
    shares = files.read_table(paths.data() / "world" / "market" / "shares.csv")
    for row in shares:
        assert f"| {row['name']} | {row['percent']} |" in CARD, row


@pytest.mark.parametrize("kind", ["tickets", "articles", "descriptions", "documents"])
def test_the_splits(kind: str) -> None:
    counts = Counter(row["split"] for row in files.read_jsonl(paths.data() / "quillmere" / f"{kind}.jsonl"))
    row = " | ".join(f"{counts[split]:,}" for split in quillmere.SPLITS)
    assert f"| {kind} | {row} |" in CARD


def test_the_splits_of_products_policies_and_conversations() -> None:
    for kind, things in (("products", quillmere.products()), ("policies", quillmere.policies())):
        counts = Counter(thing.split for thing in things)
        assert f"| {kind} | {' | '.join(str(counts[split]) for split in quillmere.SPLITS)} |" in CARD
    row = " | ".join(f"{TABLE[f'quillmere/conversations_{split}.jsonl'][0]:,}" for split in quillmere.SPLITS)
    assert f"| conversations | {row} |" in CARD


def test_an_example_row_of_every_file() -> None:
    """Every file has one line, with exactly the fields that all of its rows have, and the values of the first row."""
    section = CARD.partition("## An example row of every file\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| `([\w/*.]+)` \| (.+) \|$", section, re.MULTILINE)
    assert len(section.splitlines()) < 60
    found = []
    for pattern, example in lines:
        paths_here = sorted(paths.data().glob(pattern))
        found += [path.relative_to(paths.data()).as_posix() for path in paths_here]
        shown = dict(re.findall(r"`(\w+)`(.*?)(?= · `|$)", example))
        for path in paths_here:
            assert {tuple(row) for row in files.read_jsonl(path)} == {tuple(shown)}, path
        first = files.read_jsonl(paths_here[0])[0]
        for field, text in shown.items():
            value = first[field] if isinstance(first[field], str) else json.dumps(first[field], ensure_ascii=False)
            start = text.strip().removesuffix("…")
            assert value.startswith(start) if text.endswith("…") else value == start, (pattern, field)
    assert sorted(found) == sorted(TABLE)
