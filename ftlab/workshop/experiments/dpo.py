"""Learning from votes on the lab model, run by run: DPO's dials, faulty and few votes, and its rivals RLOO, KTO, ORPO.

``python -m ftlab.workshop.experiments.dpo --run beta-0.1`` makes one or several of ``RUNS``, ``--all`` those that are
missing of a ``--seed``, and ``--gather`` writes what notebook 06 shows: the rows of the first seed that has every run,
and beside each what the other seeds gave. The folder is named after the lab model, the rows and the settings below.
What other code made there, such as another scorer, is made again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from datetime import date
from pathlib import Path

from ftlab import files, model, texts
from ftlab.evidence.packed import pack
from ftlab.scores import desk, votes
from ftlab.tuning import chat, checkpoints, generate, sft
from ftlab.tuning.pairs import cut, pair_logps
from ftlab.tuning.sample import samples
from ftlab.workshop import stored

# Fixed before these runs, and after earlier ones had shown what they could not tell. At 1e-5, the rate with the most
# wins on validation, no policy moved by half a nat, so neither beta nor faulty votes were tested: LR lies where earlier
# policies moved by some nats, between that one and 1e-4, and RATES shows what others do. RLHF had learnt from 160 pairs
# and lost its manner, so all four ways now learn from 480, from a stage like notebook 05's, and RLHF has its settings.
SFT_ROWS, SFT_STEPS, SFT_LR, BATCH_SIZE = 800, 100, 1e-3, 8
ASKED, COUNT, TEMPERATURE = 480, 3, 0.9  # conversations to sample from, replies each: up to three pairs a conversation
BETA, PAIRS, WAY_PAIRS, LR = 0.1, 160, 480, 5e-5
RATES = (1e-5, 1e-4, 3e-4)  # beside LR
KEEPS = 0.05  # share of on-brand replies that a training may cost and still keep the manner
HELD_OUT, REPLY_TOKENS = 120, 72
FOLLOWED = 64  # training pairs whose replies are looked up again afterwards
JUDGE_LR, JUDGE_STEPS = 3e-4, 60  # RLHF's reward model: peak rate, steps of BATCH_SIZE pairs, one pass
RLOO_STEPS, RLOO_LR, RLOO_KL = 20, 1e-4, 0.05
RLOO_REPLIES, GROUP = 16, 4  # replies a step, of which so many to each prompt
FOLDER = "dpo"
WAYS = ("dpo", "rloo", "kto", "orpo")  # each in a process of its own, so that its memory can be told
RUNS = {
    **{f"rate-{lr:g}": {"lr": lr} for lr in RATES},
    **{f"noise-{share:g}": {"noise": share} for share in (0.0, 0.1, 0.2, 0.4)},
    **{f"beta-{beta:g}": {"beta": beta} for beta in (0.1, 0.03, 0.3, 1.0)},
    **{way: {"way": way, "pairs": WAY_PAIRS} for way in WAYS},
    **{f"few-{count}": {"pairs": count} for count in (30, 100, 300, 1000)},
}


def settings() -> dict:
    """What shaped the runs, as JSON values."""
    return {"sft_rows": SFT_ROWS, "sft_steps": SFT_STEPS, "sft_lr": SFT_LR, "batch_size": BATCH_SIZE, "asked": ASKED,
            "count": COUNT, "temperature": TEMPERATURE, "beta": BETA, "pairs": PAIRS, "way_pairs": WAY_PAIRS, "lr": LR,
            "rates": list(RATES), "keeps": KEEPS, "held_out": HELD_OUT, "reply_tokens": REPLY_TOKENS,
            "judge_lr": JUDGE_LR, "judge_steps": JUDGE_STEPS, "rloo_steps": RLOO_STEPS, "rloo_lr": RLOO_LR,
            "rloo_kl": RLOO_KL, "rloo_replies": RLOO_REPLIES, "group": GROUP}  # fmt: skip


def home() -> Path:
    """The folder of the runs that these settings give, whatever else lies in ``runs``."""
    rows = [row for split in ("train", "test") for row in texts.plain_conversations(split)]
    return checkpoints.run_folder(FOLDER, model=model.lab().path, room_bytes=checkpoints.SPARE_BYTES,
                                  rows=checkpoints.fingerprint(rows), **settings())


def stage(seed: int) -> Path:
    """The folder of the lab model after supervised fine-tuning: where every run starts, and DPO's reference."""
    folder = home() / f"sft-seed-{seed}"

    def make() -> dict:
        rows = texts.sample(texts.plain_conversations("train"), SFT_ROWS, seed)  # as people wrote them, long and short
        run = sft.fine_tune(model.lab(), rows, lr=SFT_LR, steps=SFT_STEPS, batch_size=BATCH_SIZE, seed=seed)
        run.model.save_pretrained(folder)
        run.tokenizer.save_pretrained(folder)
        return {}

    stored.part(folder.with_name(f"{folder.name}.json"), make, __name__)
    return folder


def load(folder: Path):
    """A saved stage, its weights in fp32, and its tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    found = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
    )
    return found.to(model.lab().device).eval(), AutoTokenizer.from_pretrained(folder)


def sampled(seed: int) -> tuple[list[dict], list[dict], list[dict]]:
    """Pairs of the lab model's own replies to conversations that it was not tuned on, the votes on them, the truth."""
    rows = texts.sample(texts.plain_conversations("train"), SFT_ROWS + ASKED, seed)[SFT_ROWS:]

    def draw() -> dict:
        tuned, tokenizer = load(stage(seed))
        return {"replies": samples(tuned, tokenizer, chat.prompts(tokenizer, rows), COUNT, temperature=TEMPERATURE,
                                   seed=seed, max_new_tokens=REPLY_TOKENS)}

    pairs = votes.pair_up(rows, stored.part(home() / f"samples-seed-{seed}.json", draw, __name__)["replies"], seed)
    return pairs, *votes.cast(pairs, seed=seed)


def preferences(seed: int, tokenizer, noise: float | None = None) -> list[dict]:
    """The pairs as trl reads them, mixed: by the majority of the raters or, with ``noise``, by the truth with a share
    of the pairs turned round.
    """
    pairs, cast, truth = sampled(seed)
    if noise is not None:
        cast = [{"pair": each["pair"], "rater": "truth", "vote": each["better"]} for each in truth]
    rows = texts.sample(votes.preferences(pairs, cast, tokenizer=tokenizer), len(pairs), seed)
    return votes.flipped(rows, noise or 0.0, seed)


def against_stage(tuned, tokenizer, seed: int) -> dict:
    """Greedy replies to test conversations, each against the stage's own by the true worth."""
    rows = texts.sample(texts.plain_conversations("test"), HELD_OUT, seed=0)
    prompts, before = chat.prompts(tokenizer, rows), home() / f"sft-replies-seed-{seed}.json"

    def write() -> dict:
        return {"replies": generate.replies(load(stage(seed))[0], tokenizer, prompts, REPLY_TOKENS)}

    theirs = stored.part(before, write, __name__)["replies"]
    ours = generate.replies(tuned, tokenizer, prompts, REPLY_TOKENS)

    def scores(replies: list[str]) -> dict:
        found = [votes.qualities(reply, row) for reply, row in zip(replies, rows, strict=True)]
        return {"right": [each["right"] for each in found], "on_brand": [each["on_brand"] == 1 for each in found],
                "words": [len(reply.split()) for reply in replies],
                "sorry": [bool(desk.SORRY.search(reply)) for reply in replies]}

    return {"wins": votes.wins(ours, theirs, rows), **scores(ours), "replies": ours,
            "sft": {**scores(theirs), "replies": theirs}}


def moved(tuned, tokenizer, rows: list[dict], seed: int) -> dict:
    """By how much the replies of training pairs have become likelier since the stage, in nats a reply.

    One pair of each conversation, since pairs of the same one share replies.
    """
    import torch

    one = list({row["pair"].rpartition("-")[0]: row for row in reversed(rows)}.values())[-FOLLOWED:]
    ids, start = [cut(tokenizer, row) for row in one], load(stage(seed))[0]
    found = []
    with torch.inference_mode():
        for some_model in (start, tuned.eval()):
            sides = zip(*(pair_logps(some_model, ids[at : at + 16]) for at in range(0, len(ids), 16)), strict=True)
            found.append([torch.cat(side) for side in sides])
    return {side: (now - before).tolist() for side, before, now in zip(("chosen", "rejected"), *found, strict=True)}


def measure(name: str, seed: int) -> dict:
    """One run with its scores; kept in ``home()``."""
    from ftlab.workshop.experiments import dpo_ways

    found = dpo_ways.train(name, seed)
    tuned, tokenizer = found.pop("model"), found.pop("tokenizer")
    found["moved"] = moved(tuned, tokenizer, found.pop("rows"), seed)
    scored = against_stage(tuned, tokenizer, seed)
    kept_log = ("loss", "rewards/margins", "rewards/accuracies", "logps/chosen", "logps/rejected", "kl", "reward")
    log = {key: [each[key] for each in found["log"] if key in each] for key in kept_log}
    result = {"name": name, "seed": seed, **found, "log": {key: values for key, values in log.items() if values},
              **scored}
    stored.keep(place(name, seed), result, __name__)
    means = {key: round(sum(scored[key]) / HELD_OUT, 3) for key in ("wins", "right", "on_brand", "words")}
    print(name, f"seed {seed}", means, f"{found['seconds']:.0f} s, {found['peak_bytes'] / 2**20:.0f} MiB", flush=True)
    return result


def place(name: str, seed: int) -> Path:
    """The file of a run."""
    return home() / f"{name}-seed-{seed}.json"


def found(name: str, seed: int) -> dict:
    """A run's scores: from ``home()``, or made now."""
    if not stored.is_kept(path := place(name, seed)):
        if name not in WAYS:
            return measure(name, seed)
        subprocess.run([sys.executable, "-m", __spec__.name, "--run", name, "--seed", str(seed)], check=True)
    return files.read_json(path)


def against(ours: dict, theirs: dict) -> list[float]:
    """Of each test conversation, which run's reply is worth more: 1, 0.5 for a tie, or 0."""
    rows = texts.sample(texts.plain_conversations("test"), HELD_OUT, seed=0)
    return votes.wins(ours["replies"], theirs["replies"], rows)


def on_trial(seed: int) -> dict[str, dict]:
    """The claims of the stored runs for one seed: as stored, if that is of the present code and has the seed; else
    what is not in ``runs`` is trained now.
    """
    known = stored.current(FOLDER) or {"tried": {}}
    return known["tried"].get(str(seed)) or tried(seed)


def tried(seed: int) -> dict[str, dict]:
    """The claims for one seed, by its runs."""
    claims, rows = {}, texts.sample(texts.plain_conversations("test"), HELD_OUT, seed=0)
    about = [row["question_phrasing"] for row in rows]
    for name, ours, theirs in (("dpo-bears-noise", "noise-0.2", "noise-0"), ("dpo-matches-rlhf", "dpo", "rloo")):
        scores = against(found(ours, seed), found(theirs, seed))
        won, lost = ([int(score == side) for score in scores] for side in (1, 0))
        effect = 100 * (sum(won) - sum(lost)) / len(won)
        claims[name] = {"effect": effect, "by_prompt": won, "against": lost, "about": about}
    return claims


def parts() -> dict[int, dict[str, Path]]:
    """The files of the runs by seed and name, of the seeds of which every run is there.

    Raises:
        ValueError: If there is none.
    """
    folder = home()
    each = {seed: {name: folder / f"{name}-seed-{seed}.json" for name in RUNS} for seed in range(100)}
    whole = {seed: places for seed, places in each.items() if all(map(stored.is_kept, places.values()))}
    if not whole:
        raise ValueError(f"{folder}: expected every one of {len(RUNS)} runs of a seed, found no such seed. Run --all.")
    return whole


def gather() -> dict:
    """What notebook 06 shows: of the first whole seed a row for each run, with its wins by prompt and first replies,
    and by seed the share of wins, right and on-brand replies of that run, and what the claims are (``tried``).
    """
    by_seed = {seed: {name: files.read_json(path) for name, path in each.items()} for seed, each in parts().items()}
    seeds = list(by_seed)
    seed, runs = seeds[0], by_seed[seeds[0]]
    pairs, cast, truth = sampled(seed)
    better = {each["pair"]: each["better"] for each in truth}
    decided = {pair: side for pair, side in votes.decided(cast).items() if better[pair] != "tie"}
    kept = ("name", "given", "pairs", "steps", "seconds", "reward_s", "peak_bytes", "judge")
    mean = ("right", "on_brand", "words", "sorry")
    rows = []
    for name, run in runs.items():
        row = {key: run[key] for key in kept if key in run} | {key: sum(run[key]) / HELD_OUT for key in mean}
        log = {key: [round(value, 4) for value in values] for key, values in run["log"].items()}
        row |= {"wins": pack(run["wins"]), "log": log, "first_replies": run["replies"][:3]}
        row["moved"] = {side: [round(value, 2) for value in values] for side, values in run["moved"].items()}
        row["sft"] = {key: sum(run["sft"][key]) / HELD_OUT for key in mean}  # on the same conversations
        row["seeds"] = {key: [sum(by_seed[other][name][key]) / HELD_OUT for other in seeds]
                        for key in ("wins", "right", "on_brand")}  # fmt: skip
        if name in ("rloo", "kto", "orpo"):
            row["dpo_wins"] = pack(against(runs["dpo"], run))
        if name == "noise-0.2" or name == "beta-0.1":  # faults at random, and the raters' own
            row["wins_over_clean"] = pack(against(run, runs["noise-0"]))
        rows.append(row)
    sft_run = runs["noise-0"]["sft"]
    lab = model.lab()
    return {
        "date": date.today().isoformat(), "model": lab.name, "dtype": lab.dtype, "seed": seed, "seeds": seeds,
        "settings": settings(), "voted": len(votes.decided(cast)),
        "decided": len(decided),
        "wrong_votes": sum(better[pair] != side for pair, side in decided.items()) / len(decided),
        "sft": {key: sum(sft_run[key]) / HELD_OUT for key in mean} | {"first_replies": sft_run["replies"][:3]},
        "runs": rows, "tried": {str(other): tried(other) for other in seeds},
    }  # fmt: skip


def main() -> None:
    """Makes some runs, those that are missing, or gathers what lies in ``runs``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.dpo", description=__doc__)
    parser.add_argument("--run", choices=list(RUNS), nargs="+", default=[], help="these runs, in one process")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--all", action="store_true", help="make the runs that are missing")
    parser.add_argument("--gather", action="store_true", help="write data/stored/dpo.json from the runs")
    args = parser.parse_args()
    for name in args.run:
        measure(name, args.seed)
    if args.all:
        for name in RUNS:
            found(name, args.seed)
    if args.gather:
        stored.write(FOLDER, gather(), __name__, [path for each in parts().values() for path in each.values()])


if __name__ == "__main__":
    main()
