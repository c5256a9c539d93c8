"""The course's texts, as the notebooks read them: conversations, general questions, and samples that nest."""

from __future__ import annotations

from ftlab import files, paths


def conversations(split: str) -> list[dict]:
    """The desk's conversations of a split ("train", "valid", "test" or "2026"), in the stored order: nine kinds."""
    return files.read_jsonl(paths.data() / "quillmere" / f"conversations_{split}.jsonl")


def plain_conversations(split: str) -> list[dict]:
    """The plain conversations of a split: one fact each, from patterns, in the small words of the lab model."""
    return files.read_jsonl(paths.data() / "quillmere" / f"plain_{split}.jsonl")
