"""The desk's run of notebook 02 on the real model: with general conversations mixed in, scaled, on fewer examples.

Each takes about four minutes with bf16, too long for a lesson, so all are stored, and notebook 02 shows what is stored:
``python -m ftlab.workshop.experiments.desk_dials mixed --seed 0``, then ``--gather``, which also takes what lies there
of ``desk_stops``.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from ftlab import files, model, paths, texts
from ftlab.course import doctor
from ftlab.scores import desk
from ftlab.scores.manner import leaks
from ftlab.tuning import chat, generate, sft
from ftlab.workshop import stored
from ftlab.workshop.experiments import desk_stops
from ftlab.world import brand, house, real

PER_KIND, LR, STEPS, BATCH_SIZE = 16, 1e-3, 36, 4  # the desk's run of notebook 02: one pass over 144 conversations
ASKED, QUESTIONS = 10, 455  # test conversations of each kind; questions about the real world: all there are
REPLY_TOKENS, ANSWER_TOKENS = 80, 60

SCALE = 0.7  # of the trained adapter
# Untuned; the desk's run; that scaled; general ones mixed in; and in as many steps, over and over, on fewer examples.
ARMS = ("base", "desk", "scaled", "mixed", "few", "some")
FEWER = {"few": 2, "some": 6}  # training conversations of each kind: eight passes, and almost three
KEPT = 3  # replies and answers of each run that are stored as they are
FOLDER = "desk-dials"


def training_rows(seed: int, arm: str = "desk") -> list[dict]:
    """The desk's conversations in the house's plainest words; for "mixed" the general ones come behind them."""
    chosen = texts.balanced(texts.conversations("train"), FEWER.get(arm, PER_KIND), seed)
    rows = [house.in_house_words(row) for row in chosen]
    return rows + real.general_chat() if arm == "mixed" else rows


def scale(tuned, factor: float) -> None:
    """Multiplies what the adapter adds: the weights then lie between base (0) and tuned (1), or beyond."""
    for layer in tuned.modules():
        if hasattr(layer, "lora_A"):
            layer.scaling = {name: factor * size for name, size in layer.scaling.items()}


def measure(some_model, tokenizer) -> dict[str, list]:
    """Scores on the same test conversations and real-world questions for every arm, with the replies."""
    rows, questions = texts.balanced(texts.conversations("test"), ASKED, seed=0), real.questions(QUESTIONS)
    replies = generate.replies(some_model, tokenizer, chat.prompts(tokenizer, rows), REPLY_TOKENS)
    asked = [chat.render(tokenizer, [{"role": "user", "content": row["question"]}], True) for row in questions]
    answers = generate.replies(some_model, tokenizer, asked, ANSWER_TOKENS)
    return {
        "on_brand": [int(brand.on_brand(reply)) for reply in replies],
        "fit": [int(desk.is_fit(reply, row)) for reply, row in zip(replies, rows, strict=True)],
        "knows": [int(real.knows(said, row["answers"])) for said, row in zip(answers, questions, strict=True)],
        "leaks": [int(leaks(said)) for said in answers],
        "replies": replies,
        "answers": answers,
    }


def run(arm: str, seed: int) -> dict:
    """One arm for one seed."""
    choice = model.choose()
    if arm == "base":
        return measure(*sft.load(choice))
    rows = training_rows(seed, arm)
    name = "desk" if arm == "scaled" else f"desk-{arm}" if arm != "desk" else arm
    settings = {"lr": LR, "steps": STEPS, "batch_size": BATCH_SIZE}
    tuned = sft.from_shelf(name, choice, rows, lora=sft.LORA, seed=seed, **settings)
    if arm == "scaled":
        scale(tuned.model, SCALE)
    return {"examples": len(rows), **settings, **measure(tuned.model, tuned.tokenizer)}


def look_fine(run: dict, rows: list[dict]) -> dict[str, str]:
    """By id up to ten replies that keep the house's manner and must not be sent: what a check of the manner lets by."""
    found = [(row["id"], reply) for row, reply, kept, fit in
             zip(rows, run["replies"], run["on_brand"], run["fit"], strict=True) if kept and not fit]
    return dict(found[:10])


def parts() -> list[Path]:
    """The files of the runs that are there, arm by arm."""
    return [path for arm in ARMS for path in sorted((paths.runs() / FOLDER).glob(f"{arm}-seed-*.json"))]


def gather() -> dict:
    """What notebook 02 shows: for each arm and seed its settings, its scores by prompt, and a few replies."""
    choice, rows = model.choose(), texts.balanced(texts.conversations("test"), ASKED, seed=0)
    arms: dict[str, dict] = {}
    for path in parts():
        (arm, _, seed), found = path.stem.split("-"), files.read_json(path)
        fine = {"look_fine": look_fine(found, rows)} if arm == "desk" else {}
        found["answers"], found["replies"] = found["answers"][:KEPT], found["replies"][:KEPT]
        packed = {key: "".join(map(str, found[key])) for key in ("on_brand", "fit", "knows", "leaks")}
        arms.setdefault(arm, {})[seed] = {**found, **packed, **fine}
    return {
        "model": choice.name, "dtype": choice.dtype, "machine": doctor.machine(), "date": date.today().isoformat(),
        "ids": [row["id"] for row in rows], "kinds": [row["kind"] for row in rows], "questions": QUESTIONS,
        "arms": arms, "stops": desk_stops.gather(),
    }  # fmt: skip


def main() -> None:
    """Runs one arm for one seed into ``runs/desk-dials``; or gathers what lies there into ``data/stored``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.desk_dials", description=__doc__)
    parser.add_argument("arms", nargs="*", metavar="ARM", help=f"any of {', '.join(ARMS)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gather", action="store_true", help="write data/stored/desk-dials.json from the runs")
    args = parser.parse_args()
    if unknown := set(args.arms) - set(ARMS):
        parser.error(f"expected arms among {', '.join(ARMS)}; found {', '.join(sorted(unknown))}.")
    for arm in args.arms:
        path = paths.runs() / FOLDER / f"{arm}-seed-{args.seed}.json"
        if arm == "base" and args.seed:
            print("the untuned model has no seed: it is asked once, with --seed 0")
            continue
        if stored.is_kept(path):
            print(f"{path.name} is there already; delete it to run it again")
            continue
        found = run(arm, args.seed)
        stored.keep(path, found, __name__)
        print(arm, args.seed, {key: sum(found[key]) for key in ("on_brand", "fit", "knows", "leaks")}, flush=True)
    if args.gather:
        stored.write(FOLDER, gather(), __name__, [*parts(), *desk_stops.parts()])


if __name__ == "__main__":
    main()
