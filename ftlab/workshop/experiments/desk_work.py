"""The desk's nine kinds of work on the real model: every rival and the assistant on the same test conversations.

Too long for a lesson (about half an hour a seed with bf16), so it is stored, and notebook 00 shows what is stored:
``python -m ftlab.workshop.experiments.desk_work --seed 0``. ``--ship`` puts the assistant of seed 0 into the clone.
``--lesson`` tunes on plain conversations alone, as notebook 00 does, and asks about all nine kinds (two minutes).
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections import Counter
from pathlib import Path

from ftlab import assistant, files, model, paths, rivals, shelf, texts
from ftlab.scores import desk, rules, template
from ftlab.tuning import chat, generate, sft
from ftlab.workshop import stored
from ftlab.world import brand, house
from ftlab.world.pairs import KINDS

ASKED = 10  # test conversations of each kind for the rivals that are asked by a long prompt
EXAMPLES, STEPS, BATCH_SIZE, LR = 100, 50, 4, 1e-3  # the run of notebook 00, on plain conversations
REPLY_TOKENS = 80  # most tokens of a reply; the longest gold reply has 73


def scores(replies: list[str], rows: list[dict]) -> dict[str, list[int]]:
    """Of each reply: on-brand, right, and both, as 0 or 1."""
    on_brand = [int(brand.on_brand(reply)) for reply in replies]
    right = [int(desk.is_right(reply, row)) for reply, row in zip(replies, rows, strict=True)]
    return {"on_brand": on_brand, "right": right, "both": [a * b for a, b in zip(on_brand, right, strict=True)]}


def asked() -> list[dict]:
    """The test conversations that every way answers, the long prompts too; tokens and seconds are measured on these."""
    return texts.balanced(texts.conversations("test"), ASKED, seed=0)


def answer(some_model, tokenizer, talks: list[list[dict]], rows: list[dict]) -> dict:
    """Replies to what was asked about the rows, with scores, tokens of a prompt and seconds for a reply."""
    prompts = chat.prompts(tokenizer, [{"messages": talk} for talk in talks])
    start = time.perf_counter()
    replies = generate.replies(some_model, tokenizer, prompts, REPLY_TOKENS)
    seconds = time.perf_counter() - start
    tokens = sum(map(len, generate.encode(tokenizer, prompts))) / len(prompts)
    return {"prompt_tokens": round(tokens), "seconds_each": round(seconds / len(rows), 3), **scores(replies, rows),
            "replies": replies}


def best_examples(seed: int) -> dict[str, list[dict]]:
    """By kind three training conversations to show: of that kind, in the house's plainest words, each on another thing.

    So this rival is told what kind of message has come, which the tuned model is not: no careful person could help it
    more by choosing examples.
    """
    train = [house.in_house_words(row) for row in texts.conversations("train")]
    return {kind: rivals.examples([row for row in train if row["kind"] == kind], seed) for kind in KINDS}


def measure_rivals(choice: model.Choice, seed: int = 0) -> dict:
    """Asked plainly, with the brand guide, with three examples. By conversation."""
    base, tokenizer = sft.load(choice)
    rows, few = asked(), best_examples(seed)
    found = {}
    ways = {"plain": rivals.plain, "guide": rivals.guide,
            "examples": lambda row: rivals.shown(row, few[row["kind"]])}
    for name, ask in ways.items():
        found[name] = answer(base, tokenizer, [ask(row) for row in rows], rows)
        counts = {key: sum(found[name][key]) for key in ("on_brand", "right", "both")}
        print(name, counts, f"of {len(rows)}", flush=True)
    return {"ids": [row["id"] for row in rows], "kinds": [row["kind"] for row in rows],
            "shown": {kind: [row["id"] for row in each] for kind, each in few.items()}, **found}


def measure_tuned(choice: model.Choice, seed: int) -> dict:
    """The assistant on every test conversation: first those that the rivals answer, which are timed, then the rest."""
    test, few = texts.conversations("test"), asked()
    run = assistant.tuned(choice, seed)
    note = files.read_json(shelf.find(place(choice, seed)).parent / shelf.NOTE)
    start = time.perf_counter()
    first = answer(run.model, run.tokenizer, [row["messages"] for row in few], few)
    said = dict(zip((row["id"] for row in few), first["replies"], strict=True))
    rest = [row for row in test if row["id"] not in said]
    others = generate.replies(run.model, run.tokenizer, chat.prompts(run.tokenizer, rest), REPLY_TOKENS)
    said |= dict(zip((row["id"] for row in rest), others, strict=True))
    replies = [said[row["id"]] for row in test]
    found = {"seed": seed, "examples": len(assistant.rows()), "train_s": round(note["seconds"]),
             "kinds": [row["kind"] for row in test], "write_s": round(time.perf_counter() - start),
             "prompt_tokens": first["prompt_tokens"], "seconds_each": first["seconds_each"],
             **scores(replies, test), "replies": replies}
    by_kind = Counter(kind for kind, fit in zip(found["kinds"], found["both"], strict=True) if fit)
    print(f"seed {seed}: {sum(found['both'])} of {len(test)} fit", dict(by_kind), flush=True)
    return found


def measure_lesson(choice: model.Choice, seed: int) -> dict:
    """Notebook 00's own run, tuned on a hundred one-fact conversations, on the conversations that the rivals answer."""
    plain = texts.sample(texts.plain_conversations("train"), EXAMPLES, seed)
    run = sft.fine_tune(choice, [house.in_house_words(row) for row in plain], lr=LR, steps=STEPS, seed=seed,
                        batch_size=BATCH_SIZE, lora=sft.LORA)
    rows = asked()
    found = answer(run.model.eval(), run.tokenizer, [row["messages"] for row in rows], rows)
    print(f"lesson, seed {seed}: {sum(found['both'])} of {len(rows)} fit", flush=True)
    return {"seed": seed, "examples": EXAMPLES, "steps": STEPS, "train_s": round(run.seconds),
            "ids": [row["id"] for row in rows], **found}


def place(choice: model.Choice, seed: int) -> Path:
    """Where the shelf of this machine keeps the assistant."""
    return shelf.place("assistant", choice, assistant.rows(), **assistant.settings(seed))


def ship(choice: model.Choice) -> None:
    """Writes ``data/shelf/assistant`` from this machine's shelf."""
    put_into_clone("assistant", place(choice, 0), choice)


def put_into_clone(what: str, made: Path, choice: model.Choice) -> None:
    """Writes an adapter of this machine's shelf into the clone's: in bf16, without this machine's paths."""
    import torch
    from safetensors.torch import load_file, save_file

    target = paths.data() / "shelf" / what
    half = target.with_name(f"{what}.half")
    shutil.rmtree(half, ignore_errors=True)
    (half / shelf.MODEL).mkdir(parents=True)
    name = "adapter_model.safetensors"
    weights = {key: value.to(torch.bfloat16) for key, value in load_file(made / shelf.MODEL / name).items()}
    save_file(weights, half / shelf.MODEL / name, metadata={"format": "pt"})
    config = files.read_json(made / shelf.MODEL / "adapter_config.json")
    config |= {"base_model_name_or_path": choice.name, "target_modules": sorted(config["target_modules"])}
    files.write_json(half / shelf.MODEL / "adapter_config.json", config)
    for paper in (shelf.SETTINGS, shelf.NOTE):
        shutil.copy(made / paper, half / paper)
    shutil.rmtree(target, ignore_errors=True)
    half.rename(target)


def parts(name: str) -> list[Path]:
    """The files of the runs so named: "rivals", "seed" (the assistant's) or "lesson"."""
    folder = paths.runs() / "desk-work"
    return [folder / "rivals.json"] if name == "rivals" else sorted(folder.glob(f"{name}-*.json"))


def gather() -> dict:
    """What notebook 00 shows, from the stored runs: by kind whether each reply is fit to send, and what a reply took.

    Returns:
        A dict with, for each prompt ("plain", "guide", "examples") and program ("template", "rules"), by kind a list of
        0 and 1; for "tuned" and, if it was run, "lesson", by kind such a list for each seed. The prompts' and the
        lesson's lists are of ``asked()``, and ``asked`` names by kind their places in the test set's own lists.
        ``cost`` has for each way the tokens of a prompt and the seconds for a reply, on the conversations of
        ``asked()``.
    """
    (said,), tuned, lesson = ([files.read_json(path) for path in parts(name)] for name in ("rivals", "seed", "lesson"))
    test = texts.conversations("test")

    def by_kind(rows: list[dict], replies: list[str]) -> dict[str, list[int]]:
        fit = scores(replies, rows)["both"]  # by the scorer of today, whatever it said when the run was made
        return {kind: [one for one, row in zip(fit, rows, strict=True) if row["kind"] == kind] for kind in KINDS}

    def of_seeds(rows: list[dict], made: list[dict]) -> dict[str, list[list[int]]]:
        each = [by_kind(rows, run["replies"]) for run in made]
        return {kind: [found[kind] for found in each] for kind in KINDS}

    of_id = {row["id"]: row for row in test}
    few = [of_id[name] for name in said["ids"]]
    of_kind = {kind: [row["id"] for row in test if row["kind"] == kind] for kind in KINDS}
    own = {"lesson": of_seeds(few, lesson)} if lesson else {}
    took = {**{name: said[name] for name in ("plain", "guide", "examples")}, "tuned": tuned[0],
            **({"lesson": lesson[0]} if lesson else {})}
    seeds = ("seed " if len(tuned) == 1 else "seeds ") + ", ".join(str(run["seed"]) for run in tuned)
    note = (
        f"{tuned[0]['model']}, tuned on {tuned[0]['examples']} conversations in {tuned[0]['train_s'] / 60:.0f} minutes "
        f"({seeds}); {len(test)} test conversations, {len(said['ids'])} for the prompts"
    )
    return {
        "note": note, "model": tuned[0]["model"], "dtype": tuned[0]["dtype"], "seeds": [run["seed"] for run in tuned],
        "cost": {name: {key: run[key] for key in ("prompt_tokens", "seconds_each")} for name, run in took.items()},
        "asked": {kind: [of_kind[kind].index(row["id"]) for row in few if row["kind"] == kind] for kind in KINDS},
        **{name: by_kind(few, said[name]["replies"]) for name in ("plain", "guide", "examples")},
        **{name: {kind: [int(each) for each in found] for kind, found in template.scores(test, program).items()}
           for name, program in (("template", template.reply), ("rules", rules.reply))},
        "tuned": of_seeds(test, tuned), **own,
    }  # fmt: skip


def main() -> None:
    """Runs one seed, the rivals or the lesson's run into ``runs/desk-work``; or gathers that into ``data/stored``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.desk_work", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rivals", action="store_true", help="measure the rivals in place of the tuned model")
    parser.add_argument("--lesson", action="store_true", help="measure notebook 00's own run in its place")
    parser.add_argument("--ship", action="store_true", help="put the assistant of seed 0 into data/shelf")
    parser.add_argument("--gather", action="store_true", help="write data/stored/desk-work.json from the runs")
    args = parser.parse_args()
    if args.gather:
        stored.write("desk-work", gather(), __name__, [*parts("rivals"), *parts("seed"), *parts("lesson")])
        return
    choice = model.choose()
    if args.ship:
        ship(choice)
        return
    name = "rivals" if args.rivals else f"{'lesson' if args.lesson else 'seed'}-{args.seed}"
    if args.rivals:
        found = measure_rivals(choice)
    else:
        found = (measure_lesson if args.lesson else measure_tuned)(choice, args.seed)
    found = {"model": choice.name, "dtype": choice.dtype, **found}
    stored.keep(paths.runs() / "desk-work" / f"{name}.json", found, __name__)


if __name__ == "__main__":
    main()
