"""Weights against documents on the real model: every way of notebook 07 on one set of held-out questions.

Seven trainings and some three thousand replies are too long for a lesson, so they are stored. Each part is a job of
under eight minutes, keeps every reply at once and goes on where it was stopped:
``python -m ftlab.workshop.experiments.rag --seed N --seconds 180`` until no part is left, then ``--gather 0 1 2``.

A seed draws all that is trained on (which facts stand together, which conversations and passages, their order), the
weights that an adapter begins with, and the examples of the few-shot prompt. Every seed is asked the same questions,
and what no seed changes is the same for all: the untuned model, the assistant as it comes, what the search finds, what
is damaged, the pages' orders and lies. The claims (``against_weights``) are tried on the stored file, or on the few
parts that they need: nothing is trained twice.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path

from ftlab import claims, files, model
from ftlab.retrieval import answers, unscreened
from ftlab.retrieval.compared import ASSISTANT, ONE_FACT, TOLD, Compared
from ftlab.workshop import stored
from ftlab.workshop.experiments import rag_rows, rag_trials, rag_ways
from ftlab.workshop.experiments.rag_trials import CLOSED, READER
from ftlab.workshop.experiments.rag_ways import COSTS, DEEP, SCORES, answer, chunks, found, small, with_found

FEW = 3  # examples in the few-shot prompt


def few(seed: int) -> list[dict]:
    """The examples of the few-shot prompt: training questions of different groups with their gold replies."""
    return unscreened.balanced(unscreened.rows("train"), 1, seed)[-FEW:]


def closed(name: str, seed: int, rows: list[dict]) -> dict:
    """One model without a document."""
    return answer(name, seed, rows, [unscreened.closed(row) for row in rows])


def shown(seed: int, rows: list[dict]) -> dict:
    """The untuned model after some examples."""
    return answer("untuned", seed, rows, [unscreened.shown(row, few(seed)) for row in rows])


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


def read(name: str, seed: int, rows: list[dict], quality: str = "real", told: bool = False) -> dict:
    """One model with passages.

    Args:
        told: Whether it is told to keep to the passages and to cite them.
    """
    parts, form = passages(quality, rows), rag_trials.form_of(told)
    result = answer(name, seed, rows, [form(row, part) for row, part in zip(rows, parts, strict=True)], parts)
    return result | {"passages": [[chunk.id for chunk in part] for part in parts]}


def template(seed: int, rows: list[dict]) -> dict:
    """The fixed frame, filled from the record of what the first passage is about: the rival without a model."""
    replies = [rag_rows.framed(row, part) for row, part in zip(rows, passages("real", rows), strict=True)]
    scored = [answers.score(reply, row) for reply, row in zip(replies, rows, strict=True)]
    zeros = {key: [0] * len(rows) for key in COSTS}
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
    "RAG, untuned": partial(read, "untuned", told=True),
    ASSISTANT: partial(read, "assistant"),
    "RAFT": partial(read, "RAFT"),
    READER: partial(read, READER),
    "RAFT, oracle": partial(read, READER, quality="oracle"),
    "RAFT, damaged": partial(read, READER, quality="damaged"),
}
MORE = {  # the readers with a better search and a worse one; two searches where a question names two products
    f"{ASSISTANT}, oracle": partial(read, "assistant", quality="oracle"),
    f"{ASSISTANT}, damaged": partial(read, "assistant", quality="damaged"),
    f"{ASSISTANT}, each": partial(read, "assistant", quality="each"),
    # The assistant asked to cite, in the very prompt of the untuned model, so that it has no dial.
    TOLD: partial(read, "assistant", told=True),
    f"{TOLD}, oracle": partial(read, "assistant", quality="oracle", told=True),
    f"{TOLD}, damaged": partial(read, "assistant", quality="damaged", told=True),
}
TRAININGS = ("closed book", "closed book, 2 rounds", CLOSED, "RAFT", "RAFT, 2 rounds", READER, "retrained")
PARTS: dict[str, Callable[[int], dict]] = {
    "start": lambda seed: {"path": rag_ways.start(seed).name},
    **{f"train {name}": partial(trained, name) for name in TRAININGS},
    **{name: _asked(way, rag_rows.asked) for name, way in (WAYS | MORE).items()},
    **{f"{ONE_FACT}, {name}": _asked(WAYS[name], rag_rows.one_fact) for name in (CLOSED, "retrained", READER)},
    **{f"world, {name}": partial(rag_trials.world, name) for name in ("assistant", CLOSED, "retrained")},
    "update, weights": partial(rag_trials.update, "weights"),
    "update, documents": partial(rag_trials.update, "documents"),
    "attack, RAFT": partial(rag_trials.attack, READER),
    "attack, untuned": partial(rag_trials.attack, "untuned", told=True),
    "attack, assistant": partial(rag_trials.attack, "assistant"),
    "attack, assistant, told": partial(rag_trials.attack, "assistant", told=True),
}
NEEDED = (READER, ASSISTANT, *(f"{ONE_FACT}, {name}" for name in (CLOSED, "retrained", READER)))  # of the claims


def path_of(part: str, seed: int) -> Path:
    """Where the result of a part lies."""
    return rag_ways.folder() / f"{part.replace(',', '').replace(' ', '-')}-{seed}.json"


def do(part: str, seed: int) -> dict:
    """The result of a part, from ``runs`` or made now."""
    path = path_of(part, seed)
    if not stored.is_kept(path):
        begun = time.perf_counter()
        stored.keep(path, PARTS[part](seed), __name__)
        print(f"{part}, seed {seed}: {time.perf_counter() - begun:.0f} s", flush=True)
    return files.read_json(path)


def stored_name() -> str:
    """Of the stored comparison; that of another model, which FTLAB_MODEL names, has a file of its own."""
    return f"rag-{claims.model_named()}" if claims.dial() else "rag"


def against_weights(seed: int) -> dict[str, dict]:
    """Three claims about the real model for one seed: as stored, if that is of the present code and has the seed; else
    of ``NEEDED``, and of those what is not kept in ``runs`` is made now, which takes about an hour without bf16.

    Scores are by question, with what each is about: those about one product or policy stand or fall together.
    """
    known = stored.current(stored_name()) or {"runs": {}}
    if str(seed) not in known["runs"]:
        known = {**panels(), "runs": {str(seed): of_seed(seed, NEEDED)}}
    every, single = (Compared(known, panel, seeds=[seed]) for panel in ("", ONE_FACT))

    def effect(run: Compared, one: str, other: str, key: str, which: str = "") -> dict:
        ours, theirs, about = run.arms(one, other, key, which)
        effect = run.gap(one, other, key, which=which).value
        return {"effect": effect, "by_prompt": ours, "against": theirs, "about": about}

    return {
        "documents-beat-weights": effect(single, READER, CLOSED, "facts"),
        "raft-beats-rag": effect(every, READER, ASSISTANT, "fit"),
        "retraining-harms-rest": effect(single, "retrained", CLOSED, "facts", "unchanged"),
    }


def panels() -> dict[str, list[dict]]:
    """Both panels of questions, as ``Compared`` reads them."""
    return {"questions": described(rag_rows.asked()), f"{ONE_FACT} questions": described(rag_rows.one_fact())}


def of_seed(seed: int, parts: Iterable[str], replies: bool = False) -> dict[str, dict]:
    """Parts of one seed as the stored file keeps them, with or without their replies."""
    rows = {"": rag_rows.asked(), ONE_FACT: rag_rows.one_fact()}
    results = {part: with_found(do(part, seed), rows[ONE_FACT * part.startswith(ONE_FACT)]) for part in parts}
    return {part: small(result, replies) for part, result in results.items()}


def described(rows: list[dict]) -> list[dict]:
    """The questions as the notebook needs them."""
    together = zip(rows, rag_rows.touched(rows), rag_rows.subjects(rows), strict=True)
    return [{"id": row["id"], "group": unscreened.group(row), "question": row["messages"][0]["content"],
             "expected": row["expected"], "about": about, "changed": changes,
             "early": row.get("question_phrasing") in rag_rows.EARLY}
            for row, changes, about in together]  # fmt: skip


def missing(seed: int) -> list[str]:
    """The parts that are still to be made."""
    return [part for part in PARTS if not stored.is_kept(path_of(part, seed))]


def gather(seeds: tuple[int, ...]) -> dict:
    """What notebook 07 shows: both panels of questions, and every part of each seed that is whole.

    Replies are kept of the first seed alone.

    Raises:
        ValueError: If no seed is whole.
    """
    choice, runs = model.choose(), {}
    for seed in seeds:
        if left := missing(seed):
            print(f"seed {seed} is left out: {len(left)} parts are to be made, the first is {left[0]!r}")
            continue
        runs[str(seed)] = of_seed(seed, PARTS, replies=not runs)
    if not runs:
        raise ValueError(f"{rag_ways.folder()}: expected all parts of one of the seeds {list(seeds)}, found none "
                         "whole. Make them first: --seed N.")
    return {"model": choice.name, "dtype": choice.dtype, "date": date.today().isoformat(),
            "settings": rag_ways.settings(), "orders": list(rag_rows.ORDERS), "warning": rag_rows.WARNING,
            **panels(), "runs": runs}  # fmt: skip


def main() -> None:
    """Makes the parts that are named, for as long as the time allows, or gathers what lies in ``runs``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.rag", description=__doc__)
    parser.add_argument("--part", action="append", choices=list(PARTS), help="once for each part; by default all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no part after this time")
    parser.add_argument("--gather", type=int, nargs="*", help="write the stored file from these seeds' runs")
    args = parser.parse_args()
    if args.gather is not None:
        found = gather(tuple(args.gather) or (0,))
        stored.write(stored_name(), found, __name__, [path_of(part, seed) for seed in found["runs"] for part in PARTS])
        return
    begun = time.perf_counter()
    for part in args.part or PARTS:
        if time.perf_counter() - begun < args.seconds:
            do(part, args.seed)
    print(f"seed {args.seed}: {len(missing(args.seed))} of {len(PARTS)} parts are left")


if __name__ == "__main__":
    main()
