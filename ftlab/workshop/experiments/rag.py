"""Weights against documents on the real model: every way of notebook 07 on one set of held-out questions.

Three trainings and some six hundred replies take half an hour, too long for a lesson, so they are stored. Each part is
a job of under five minutes, keeps every reply at once and goes on where it was stopped:
``python -m ftlab.workshop.experiments.rag --part NAME`` for each of ``PARTS`` in their order, then ``--gather``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from ftlab import files, model, paths
from ftlab.retrieval import answers, unscreened
from ftlab.workshop.experiments import rag_rows, rag_trials, rag_ways
from ftlab.workshop.experiments.rag_trials import CLOSED, READER
from ftlab.workshop.experiments.rag_ways import DEEP, SCORES, answer, chunks, found

STORED = "rag.json"
FEW = 3  # examples in the few-shot prompt


def few(seed: int = 0) -> list[dict]:
    """The examples of the few-shot prompt: training questions of different groups with their gold replies."""
    return unscreened.balanced(unscreened.rows("train"), 1, seed)[-FEW:]


def closed(name: str, seed: int, rows: list[dict]) -> dict:
    """One model without a document."""
    return answer(name, seed, rows, [unscreened.closed(row) for row in rows])


def shown(seed: int, rows: list[dict]) -> dict:
    """The untuned model after three examples."""
    return answer("untuned", seed, rows, [unscreened.shown(row, few()) for row in rows])


def passages(quality: str, rows: list[dict]) -> list[list]:
    """For each question the passages: as found, with all that is needed, with nothing of it, or found in two searches.

    Args:
        quality: "real", "oracle", "damaged", or "each": a search for each of two products that the question names.
    """
    if quality == "each":
        return rag_ways.found_each(rows, rag_rows.SHOWN)
    lists = found(rows, DEEP)
    if quality == "damaged":
        return [rag_rows.damaged(row, lists[row["id"]]) for row in rows]
    real = [lists[row["id"]][: rag_rows.SHOWN] for row in rows]
    if quality == "oracle":
        return [rag_rows.oracle(row, part, chunks()) for row, part in zip(rows, real, strict=True)]
    return real


def read(name: str, seed: int, rows: list[dict], quality: str = "real") -> dict:
    """One model with passages."""
    parts, form = passages(quality, rows), unscreened.told if name == "untuned" else unscreened.beside
    result = answer(name, seed, rows, [form(row, part) for row, part in zip(rows, parts, strict=True)], parts)
    return result | {"passages": [[chunk.id for chunk in part] for part in parts]}


def template(seed: int, rows: list[dict]) -> dict:
    """The fixed frame, filled from the record of what the first passage is about: the rival without a model."""
    replies = [rag_rows.framed(row, part) for row, part in zip(rows, passages("real", rows), strict=True)]
    scored = [answers.score(reply, row) for reply, row in zip(replies, rows, strict=True)]
    zeros = {key: [0] * len(rows) for key in ("read", "written", "seconds")}
    return {key: [score[key] for score in scored] for key in SCORES} | {"reply": replies} | zeros


def trained(name: str, seed: int) -> dict:
    """A training alone, so that it is a job of its own: the processor seconds that it took, with all around it."""
    begun = time.process_time()
    run = rag_ways.MODELS[name](seed)
    return {"seconds": round(time.process_time() - begun, 1), "log": run.log}


def _asked(way: Callable, rows: Callable[[], list[dict]]) -> Callable[[int], dict]:
    return lambda seed: way(seed, rows=rows())


WAYS = {  # every way of answering, asked about rows
    "template": template,
    "plain": partial(closed, "untuned"),
    "few-shot": shown,
    "assistant alone": partial(closed, "assistant"),
    "closed book": partial(closed, "closed book"),
    CLOSED: partial(closed, CLOSED),
    "retrained": partial(closed, "retrained"),
    "RAG, untuned": partial(read, "untuned"),
    "RAG, assistant": partial(read, "assistant"),
    "RAFT": partial(read, "RAFT"),
    READER: partial(read, READER),
    "RAFT, oracle": partial(read, READER, quality="oracle"),
    "RAFT, damaged": partial(read, READER, quality="damaged"),
}
MORE = {  # what came to mind when the first questions had been looked at, and so is asked on the fresh ones alone
    "RAG, assistant, oracle": partial(read, "assistant", quality="oracle"),
    "RAG, assistant, damaged": partial(read, "assistant", quality="damaged"),
    "RAG, assistant, each": partial(read, "assistant", quality="each"),
}
TRAININGS = ("closed book", "closed book, 2 rounds", CLOSED, "RAFT", "RAFT, 2 rounds", READER, "retrained")
PARTS: dict[str, Callable[[int], dict]] = {
    "start": lambda seed: {"path": rag_ways.start(seed).name},
    **{f"train {name}": partial(trained, name) for name in TRAININGS},
    **{f"first, {name}": _asked(way, rag_rows.asked) for name, way in WAYS.items()},
    **{name: _asked(way, rag_rows.fresh) for name, way in (WAYS | MORE).items()},
    "update, weights": partial(rag_trials.update, "weights"),
    "update, documents": partial(rag_trials.update, "documents"),
    "attack, RAFT": partial(rag_trials.attack, READER),
    "attack, untuned": partial(rag_trials.attack, "untuned"),
    "attack, assistant": partial(rag_trials.attack, "assistant"),
}


def path_of(part: str, seed: int) -> Path:
    """Where the result of a part lies."""
    return paths.runs() / rag_ways.FOLDER / f"{part.replace(',', '').replace(' ', '-')}-{seed}.json"


def do(part: str, seed: int) -> dict:
    """The result of a part, from ``runs`` or made now."""
    path = path_of(part, seed)
    if not path.exists():
        begun = time.perf_counter()
        files.write_json(path, PARTS[part](seed))
        print(f"{part}, seed {seed}: {time.perf_counter() - begun:.0f} s", flush=True)
    return files.read_json(path)


def small(result: dict) -> dict:
    """A result with its scores packed, as the stored file keeps it."""
    kept = {}
    for key, value in result.items():
        if isinstance(value, dict):
            kept[key] = small(value)
        elif key in (*SCORES, "stale", "obeyed", "found"):
            kept[key] = "".join("-" if score is None else str(score) for score in value)
        elif key in ("read", "written", "seconds") and isinstance(value, list):
            kept[key] = round(rag_ways.mean(value), 2)
        elif key != "log":
            kept[key] = value
    return kept


def with_found(result: dict, rows: list[dict]) -> dict:
    """A part with passages, and whether they hold everything that the right replies must state, 0 or 1 by question."""
    if "passages" not in result:
        return result
    by_id = {chunk.id: chunk for chunk in chunks()}
    pairs = [(row, [by_id[id] for id in ids]) for row, ids in zip(rows, result["passages"], strict=True)]
    found_all = [int(all(any(unscreened.holds(chunk, *each, row) for chunk in part) for each in needed)) if needed else
                 None for row, part in pairs for needed in [unscreened.values(row)]]  # fmt: skip
    return {key: value for key, value in result.items() if key != "passages"} | {"found": found_all}


def against_weights(seed: int) -> dict[str, dict]:
    """Three claims about the real model for one seed; parts that are not in ``runs`` are made now."""
    rows = rag_rows.fresh()
    has_answer = [bool(unscreened.values(row)) for row in rows]
    weights, rag, reader, after = (do(part, seed) for part in (CLOSED, "RAG, assistant", READER, "retrained"))
    old = rag_rows.touched(rows)
    kept = [known and not changes for known, changes in zip(has_answer, old, strict=True)]

    def effect(ours: list, theirs: list, which: list[bool]) -> dict:
        one, other = ([score for score, counts in zip(arm, which, strict=True) if counts] for arm in (ours, theirs))
        return {"effect": 100 * (sum(one) - sum(other)) / len(one), "by_prompt": one, "against": other}

    return {
        "documents-beat-weights": effect(reader["facts"], weights["facts"], has_answer),
        "raft-beats-rag": effect(reader["fit"], rag["fit"], [True] * len(rows)),
        "retraining-harms-rest": effect(after["facts"], weights["facts"], kept),
    }


def described(rows: list[dict]) -> list[dict]:
    """The questions as the notebook needs them."""
    together = zip(rows, rag_rows.touched(rows), rag_rows.subjects(rows), strict=True)
    return [{"id": row["id"], "group": unscreened.group(row), "question": row["messages"][0]["content"],
             "expected": row["expected"], "about": about, "changed": changes}
            for row, changes, about in together]  # fmt: skip


def gather(seeds: tuple[int, ...]) -> dict:
    """What notebook 07 shows: both sets of questions, and for each seed every part that is there."""
    choice = model.choose()
    runs = {
        str(seed): {
            part: small(with_found(do(part, seed), rag_rows.asked() if part[:5] == "first" else rag_rows.fresh()))
            for part in PARTS
            if path_of(part, seed).exists()
        }
        for seed in seeds
    }
    settings = {"passages": rag_rows.SHOWN, "words_a_chunk": rag_ways.SIZE, "exposures": rag_rows.EXPOSURES,
                "raft_rows": rag_rows.RAFT_ROWS, "without": rag_rows.WITHOUT,
                "update_epochs": rag_rows.UPDATE_EPOCHS, "lr": rag_ways.LR, "batch_size": rag_ways.BATCH_SIZE,
                "reply_tokens": rag_ways.REPLY_TOKENS, "rounds": rag_ways.ROUNDS}  # fmt: skip
    return {"model": choice.name, "dtype": choice.dtype, "date": date.today().isoformat(), "settings": settings,
            "orders": list(rag_rows.ORDERS), "first_questions": described(rag_rows.asked()),
            "questions": described(rag_rows.fresh()), "runs": runs}  # fmt: skip


def main() -> None:
    """Makes the parts that are named, for as long as the time allows, or gathers what lies in ``runs``."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.rag", description=__doc__)
    parser.add_argument("--part", action="append", choices=list(PARTS), help="once for each part; by default all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no part after this time")
    parser.add_argument("--gather", type=int, nargs="*", help="write data/stored/rag.json from these seeds' runs")
    args = parser.parse_args()
    if args.gather is not None:
        files.write_text(paths.data() / "stored" / STORED, json.dumps(gather(tuple(args.gather) or (0,))) + "\n")
        return
    begun = time.perf_counter()
    for part in args.part or PARTS:
        if time.perf_counter() - begun < args.seconds:
            do(part, args.seed)


if __name__ == "__main__":
    main()
