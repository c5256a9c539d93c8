"""The course's texts, as the notebooks read them: conversations, general questions, and samples that nest."""

from __future__ import annotations

from collections import defaultdict

from ftlab import files, paths
from ftlab.seeded import rng


def conversations(split: str) -> list[dict]:
    """The desk's conversations of a split ("train", "valid", "test" or "2026"), in the stored order: nine kinds."""
    return files.read_jsonl(paths.data() / "quillmere" / f"conversations_{split}.jsonl")


def plain_conversations(split: str) -> list[dict]:
    """The plain conversations of a split: one fact each, from patterns, in the small words of the lab model."""
    return files.read_jsonl(paths.data() / "quillmere" / f"plain_{split}.jsonl")


def sample(rows: list[dict], count: int, seed: int) -> list[dict]:
    """``count`` conversations; a larger sample of the same seed holds the smaller ones."""
    shuffled = list(rows)
    rng("sample", seed).shuffle(shuffled)
    return shuffled[:count]


def balanced(rows: list[dict], per_kind: int, seed: int) -> list[dict]:
    """Up to ``per_kind`` conversations of each kind, mixed; a larger sample of the same seed holds the smaller ones."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["kind"]].append(row)
    chosen = []
    for kind in sorted(groups):
        rng("balanced", seed, kind).shuffle(groups[kind])
        chosen += groups[kind][:per_kind]
    rng("balanced order", seed).shuffle(chosen)
    return chosen
