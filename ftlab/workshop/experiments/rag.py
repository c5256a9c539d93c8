"""Weights against documents on the real model: every way of notebook 07 on one set of held-out questions.

Three trainings and some six hundred replies take half an hour, too long for a lesson, so they are stored. Each part is
a job of under five minutes, keeps every reply at once and goes on where it was stopped:
``python -m ftlab.workshop.experiments.rag --part NAME`` for each of ``PARTS`` in their order, then ``--gather``.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import date
from pathlib import Path

from ftlab import files, model, paths
from ftlab.retrieval import answers, unscreened
from ftlab.workshop.experiments import rag_rows, rag_ways
from ftlab.workshop.experiments.rag_ways import DEEP, SCORES, answer, chunks, found

STORED = "rag.json"
CLOSED, READER = (f"{name}, {rag_ways.ROUNDS} rounds" for name in ("closed book", "RAFT"))
FEW = 3  # examples in the few-shot prompt
ATTACKED = 12  # questions about one fact of a product whose passages are attacked


def few(seed: int = 0) -> list[dict]:
    """The examples of the few-shot prompt: training questions of different groups with their gold replies."""
    return unscreened.balanced(unscreened.rows("train"), 1, seed)[-FEW:]


def closed(name: str, seed: int) -> dict:
    """One model without a document."""
    rows = rag_rows.asked()
    return answer(name, seed, rows, [unscreened.closed(row) for row in rows])


def shown(seed: int) -> dict:
    """The untuned model after three examples."""
    rows = rag_rows.asked()
    return answer("untuned", seed, rows, [unscreened.shown(row, few()) for row in rows])


def passages(quality: str) -> list[list]:
    """For each question the passages: as they are found, with all that is needed, or with nothing of it."""
    rows = rag_rows.asked()
    lists = found(rows, DEEP)
    if quality == "damaged":
        return [rag_rows.damaged(row, lists[row["id"]]) for row in rows]
    real = [lists[row["id"]][: rag_rows.SHOWN] for row in rows]
    if quality == "oracle":
        return [rag_rows.oracle(row, part, chunks()) for row, part in zip(rows, real, strict=True)]
    return real


def read(name: str, seed: int, quality: str = "real") -> dict:
    """One model with passages."""
    rows, parts = rag_rows.asked(), passages(quality)
    form = unscreened.told if name == "untuned" else unscreened.beside
    result = answer(name, seed, rows, [form(row, part) for row, part in zip(rows, parts, strict=True)], parts)
    return result | {"passages": [[chunk.id for chunk in part] for part in parts]}


def template(seed: int) -> dict:
    """The fixed frame, filled from the record of what the first passage is about: the rival without a model."""
    rows, parts = rag_rows.asked(), passages("real")
    replies = [rag_rows.framed(row, part) for row, part in zip(rows, parts, strict=True)]
    scored = [answers.score(reply, row) for reply, row in zip(replies, rows, strict=True)]
    zeros = {key: [0] * len(rows) for key in ("read", "written", "seconds")}
    return {key: [score[key] for score in scored] for key in SCORES} | {"reply": replies} | zeros


def update(names: str, seed: int) -> dict:
    """The changed facts: who is stale, and what the documents need so that nobody is.

    Args:
        names: "weights" or "documents".
    """
    rows, everything = rag_rows.changed("test"), {}
    if names == "weights":
        for name in (CLOSED, "retrained"):
            everything[name] = answer(name, seed, rows, [unscreened.closed(row) for row in rows])
    else:
        for name, year, notices in (
            ("old index", 2025, False),
            ("new index", 2026, False),
            ("notices beside old pages", 2025, True),
        ):
            part = found(rows, rag_rows.SHOWN, year, notices)
            parts = [part[row["id"]] for row in rows]
            prompts = [unscreened.beside(row, each) for row, each in zip(rows, parts, strict=True)]
            everything[name] = answer(READER, seed, rows, prompts, parts)
    for each in everything.values():
        pairs = zip(each["reply"], rows, strict=True)
        each["stale"] = [int(answers.stale(reply, row["stale"], row)) for reply, row in pairs]
    return everything


def attack(name: str, seed: int) -> dict:
    """One model whose passages carry an order, or a lie."""
    rows = [row for row in unscreened.rows("test") if row["kind"] == "fact" and row["product"]]
    rows = unscreened.balanced(rows, ATTACKED, seed=1)
    part, form = found(rows, rag_rows.SHOWN), unscreened.told if name == "untuned" else unscreened.beside
    lies = [rag_rows.with_lie(row, part[row["id"]]) for row in rows]
    lists = {
        "order": [rag_rows.with_order(part[row["id"]], i) for i, row in enumerate(rows)],
        "lie": [parts for parts, _ in lies],
    }
    result = {
        kind: answer(name, seed, rows, [form(r, p) for r, p in zip(rows, parts, strict=True)], parts)
        for kind, parts in lists.items()
    }
    result["order"]["obeyed"] = [int(rag_rows.NUMBER in reply) for reply in result["order"]["reply"]]
    told = zip(result["lie"]["reply"], lies, rows, strict=True)
    result["lie"]["obeyed"] = [int(answers.stale(reply, wrong, row)) for reply, (_, wrong), row in told]
    return result | {"wrong": [wrong for _, wrong in lies], "ids": [row["id"] for row in rows]}


def trained(name: str, seed: int) -> dict:
    """A training alone, so that it is a job of its own: the processor seconds that it took, with all around it."""
    begun = time.process_time()
    run = rag_ways.MODELS[name](seed)
    return {"seconds": round(time.process_time() - begun, 1), "log": run.log}


PARTS = {
    "start": lambda seed: {"path": rag_ways.start(seed).name},
    "train closed book": lambda seed: trained("closed book", seed),
    "train RAFT": lambda seed: trained("RAFT", seed),
    "template": template,
    "plain": lambda seed: closed("untuned", seed),
    "few-shot": shown,
    "assistant alone": lambda seed: closed("assistant", seed),
    "closed book": lambda seed: closed("closed book", seed),
    "RAG, untuned": lambda seed: read("untuned", seed),
    "RAG, assistant": lambda seed: read("assistant", seed),
    "RAFT": lambda seed: read("RAFT", seed),
    "train RAFT, 2 rounds": lambda seed: trained("RAFT, 2 rounds", seed),
    "train RAFT, 3 rounds": lambda seed: trained(READER, seed),
    "RAFT, 3 rounds": lambda seed: read(READER, seed),
    "train closed book, 2 rounds": lambda seed: trained("closed book, 2 rounds", seed),
    "train closed book, 3 rounds": lambda seed: trained(CLOSED, seed),
    "closed book, 3 rounds": lambda seed: closed(CLOSED, seed),
    "RAFT, oracle": lambda seed: read(READER, seed, "oracle"),
    "RAFT, damaged": lambda seed: read(READER, seed, "damaged"),
    "train retrained": lambda seed: trained("retrained", seed),
    "update, weights": lambda seed: update("weights", seed),
    "update, documents": lambda seed: update("documents", seed),
    "retrained": lambda seed: closed("retrained", seed),
    "attack, RAFT": lambda seed: attack(READER, seed),
    "attack, untuned": lambda seed: attack("untuned", seed),
    "attack, assistant": lambda seed: attack("assistant", seed),
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
        elif key in (*SCORES, "stale", "obeyed"):
            kept[key] = "".join("-" if score is None else str(score) for score in value)
        elif key in ("read", "written", "seconds") and isinstance(value, list):
            kept[key] = round(rag_ways.mean(value), 2)
        elif key != "log":
            kept[key] = value
    return kept


def against_weights(seed: int) -> dict[str, dict]:
    """Three claims about the real model for one seed; parts that are not in ``runs`` are made now."""
    rows = rag_rows.asked()
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


def gather(seeds: tuple[int, ...]) -> dict:
    """What notebook 07 shows: the questions, and for each seed every part that is there."""
    choice, rows = model.choose(), rag_rows.asked()
    questions = [{"id": row["id"], "group": unscreened.group(row), "question": row["messages"][0]["content"],
                  "expected": row["expected"], "changed": changes}
                 for row, changes in zip(rows, rag_rows.touched(rows), strict=True)]  # fmt: skip
    runs = {
        str(seed): {part: small(do(part, seed)) for part in PARTS if path_of(part, seed).exists()} for seed in seeds
    }
    settings = {"passages": rag_rows.SHOWN, "words_a_chunk": rag_ways.SIZE, "exposures": rag_rows.EXPOSURES,
                "raft_rows": rag_rows.RAFT_ROWS, "without": rag_rows.WITHOUT,
                "update_epochs": rag_rows.UPDATE_EPOCHS,
                "lr": rag_ways.LR,
                "batch_size": rag_ways.BATCH_SIZE, "reply_tokens": rag_ways.REPLY_TOKENS}  # fmt: skip
    return {"model": choice.name, "dtype": choice.dtype, "date": date.today().isoformat(), "settings": settings,
            "rounds": rag_ways.ROUNDS, "orders": list(rag_rows.ORDERS),
            "questions": questions, "runs": runs}  # fmt: skip


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
