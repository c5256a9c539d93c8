"""The desk's nine kinds of work on the real model: every rival and the assistant on the same test conversations.

Too long for a lesson (about half an hour a seed with bf16), so it is stored, and notebook 00 shows what is stored:
``python -m ftlab.workshop.experiments.desk_work --seed 0``. ``--ship`` puts the assistant of seed 0 into the clone.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections import Counter
from pathlib import Path

from ftlab import assistant, files, model, paths, rivals, shelf, texts
from ftlab.scores import desk, template
from ftlab.tuning import chat, generate, sft
from ftlab.world import brand
from ftlab.world.pairs import KINDS

ASKED = 10  # test conversations of each kind for the rivals that are asked by a long prompt
REPLY_TOKENS = 80  # most tokens of a reply; the longest gold reply has 73


def scores(replies: list[str], rows: list[dict]) -> dict[str, list[int]]:
    """Of each reply: on-brand, right, and both, as 0 or 1."""
    on_brand = [int(brand.on_brand(reply)) for reply in replies]
    right = [int(desk.is_right(reply, row)) for reply, row in zip(replies, rows, strict=True)]
    return {"on_brand": on_brand, "right": right, "both": [a * b for a, b in zip(on_brand, right, strict=True)]}


def measure_rivals(choice: model.Choice, seed: int = 0) -> dict:
    """Asked plainly, with the brand guide, with three examples; the template. By conversation."""
    base, tokenizer = sft.load(choice)
    rows, few = texts.balanced(texts.conversations("test"), ASKED, seed=0), rivals.examples(seed)
    found = {}
    ways = {"plain": rivals.plain, "guide": rivals.guide, "examples": lambda row: rivals.shown(row, few)}
    for name, ask in ways.items():
        prompts = [tokenizer.apply_chat_template(ask(row), tokenize=False, add_generation_prompt=True) for row in rows]
        start = time.perf_counter()
        replies = generate.replies(base, tokenizer, prompts, REPLY_TOKENS)
        seconds = time.perf_counter() - start
        tokens = sum(len(ids) for ids in tokenizer(prompts)["input_ids"]) / len(prompts)
        found[name] = {"prompt_tokens": round(tokens), "seconds_each": round(seconds / len(rows), 3),
                       **scores(replies, rows), "replies": replies}
        counts = {key: sum(found[name][key]) for key in ("on_brand", "right", "both")}
        print(name, counts, f"of {len(rows)}", flush=True)
    return {"ids": [row["id"] for row in rows], "kinds": [row["kind"] for row in rows], **found}


def measure_tuned(choice: model.Choice, seed: int) -> dict:
    """The assistant on every test conversation."""
    test = texts.conversations("test")
    run = assistant.tuned(choice, seed)
    start = time.perf_counter()
    replies = generate.replies(run.model, run.tokenizer, chat.prompts(run.tokenizer, test), REPLY_TOKENS)
    note = files.read_json(shelf.find(place(choice, seed)).parent / shelf.NOTE)
    found = {"seed": seed, "examples": len(assistant.rows()), "train_s": round(note["seconds"]),
             "kinds": [row["kind"] for row in test], "write_s": round(time.perf_counter() - start),
             **scores(replies, test), "replies": replies}
    by_kind = Counter(kind for kind, fit in zip(found["kinds"], found["both"], strict=True) if fit)
    print(f"seed {seed}: {sum(found['both'])} of {len(test)} fit", dict(by_kind), flush=True)
    return found


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


def gather() -> dict:
    """What notebook 00 shows, from the stored runs: for each way, by kind, whether each reply is fit to send."""
    runs = paths.runs() / "desk-work"
    tuned = [files.read_json(path) for path in sorted(runs.glob("seed-*.json"))]
    asked, test = files.read_json(runs / "rivals.json"), texts.conversations("test")

    def by_kind(rows: list[dict], replies: list[str]) -> dict[str, list[int]]:
        fit = scores(replies, rows)["both"]  # by the scorer of today, whatever it said when the run was made
        return {kind: [one for one, row in zip(fit, rows, strict=True) if row["kind"] == kind] for kind in KINDS}

    of_id = {row["id"]: row for row in test}
    few = [of_id[name] for name in asked["ids"]]
    seeds = ", ".join(str(run["seed"]) for run in tuned)
    note = (
        f"{tuned[0]['model']}, tuned on {tuned[0]['examples']} conversations in {tuned[0]['train_s'] / 60:.0f} minutes "
        f"(seed {seeds}); {len(test)} test conversations, {len(asked['ids'])} for the two prompts"
    )
    return {
        "note": note, "model": tuned[0]["model"], "dtype": tuned[0]["dtype"], "seeds": [run["seed"] for run in tuned],
        **{name: by_kind(few, asked[name]["replies"]) for name in ("plain", "guide", "examples")},
        "template": {kind: [int(each) for each in found] for kind, found in template.scores(test).items()},
        "tuned": by_kind(test, tuned[0]["replies"]),
    }  # fmt: skip


def main() -> None:
    """Runs one seed, or the rivals, into ``runs/desk-work``; or gathers what lies there into ``data/stored``."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.desk_work", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rivals", action="store_true", help="measure the rivals in place of the tuned model")
    parser.add_argument("--ship", action="store_true", help="put the assistant of seed 0 into data/shelf")
    parser.add_argument("--gather", action="store_true", help="write data/stored/desk-work.json from the runs")
    args = parser.parse_args()
    if args.gather:
        files.write_text(paths.data() / "stored" / "desk-work.json", json.dumps(gather()) + "\n")
        return
    choice = model.choose()
    if args.ship:
        ship(choice)
        return
    name = "rivals" if args.rivals else f"seed-{args.seed}"
    found = measure_rivals(choice) if args.rivals else measure_tuned(choice, args.seed)
    found = {"model": choice.name, "dtype": choice.dtype, **found}
    files.write_json(paths.runs() / "desk-work" / f"{name}.json", found)


if __name__ == "__main__":
    main()
