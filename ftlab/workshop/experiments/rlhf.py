"""RLHF on the lab model with several KL weights and seeds, and a reward model's choice among the real model's replies.

Each is too long for a lesson, so notebook 05 shows what is stored: ``python -m ftlab.workshop.experiments.rlhf --kl
1e-8 0.05 0.2 --seed 0`` for each seed, ``--judge`` for the real model's replies (``--folds 2`` makes two of the missing
folds), then ``--gather``. What is there is not made again, and a training that is killed goes on from its last
checkpoint. The folders are named after the lab model, the rows, the votes and the settings below. What other code made
there, such as another scorer, is made again.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from ftlab import files, model, paths, texts, values
from ftlab.evidence.packed import pack
from ftlab.scores import desk, votes
from ftlab.seeded import rng
from ftlab.tuning import chat, checkpoints, generate, policy, reward, sft
from ftlab.tuning.sample import samples
from ftlab.workshop import stored
from ftlab.workshop.experiments import rlhf_judges
from ftlab.workshop.experiments.rlhf_judges import FOLDS, REWARD_BATCH, REWARD_LR, judge_the_real, load_judge

# Fixed before the first run, but for the judge's: at 1e-3 on 480 pairs it had no opinion on seed 0 (loss 0.688, half of
# the votes), so it got a rate of 3e-4 and 720 pairs, set after five trials on another seed. The judge of the real
# model's replies had none either from 600 pairs (49 % of the held-out votes), so it got all. Fixed before the second
# round of runs, after a first one of two seeds: a quarter of the conversations voted on is kept back, so that each
# run's judge is known; and the judge of the real model's replies is fitted crosswise, five times on four fifths of the
# conversations, so that all of them are judged by a model that has not seen them, and not 40 of them. Fixed before the
# third round: five seeds, 0 to 4, and the windows in which notebook 05 looks for a rise and a fall of their mean.
# A KL weight of a hundred millionth stops nothing, and has the trainer report the KL.
FREE = 1e-8
KLS = (FREE, 0.05, 0.2)
SFT = {"lr": 1e-3, "steps": 100, "batch_size": 8}  # on SFT_ROWS conversations: the model that RLHF starts from
SFT_ROWS, VOTED = 800, 213  # conversations to imitate, and others whose sampled replies are voted on
TRAINED_ON = 3 * VOTED // 4  # of the latter, whose pairs the judge learns from; the others are kept back
SAMPLES, PAIRS, REPLY_TOKENS = 4, 720, 72  # replies to each of these; pairs to train on; tokens a reply
RL_LR, STEPS, BATCH, PER_GENERATION = 3e-4, 40, 16, 2  # policy: optimizer steps of so many replies
SAVE_STEPS = 10  # steps between two checkpoints of the policy
HELD_OUT, FACTS = 100, 100  # test conversations; general questions
GREETING = "Thank you for writing to us. Warmly, the Quillmere desk"  # in the house's manner, and no answer
SEEDS = range(100)  # that are looked for when the runs are gathered
FOLDER = "rlhf"


def split(seed: int) -> tuple[list[dict], list[dict], list[dict]]:
    """Training conversations: to imitate, to be voted on, and to practise on with the reward model."""
    rows = texts.plain_conversations("train")
    rows = texts.sample(rows, len(rows), seed)
    return rows[:SFT_ROWS], rows[SFT_ROWS : SFT_ROWS + VOTED], rows[SFT_ROWS + VOTED :]


def home() -> Path:
    """The folder of the lab model's runs that these settings give, whatever else lies in ``runs``."""
    rows = checkpoints.fingerprint([row for part in ("train", "test") for row in texts.plain_conversations(part)])
    return checkpoints.run_folder(FOLDER, model=model.lab().path, room_bytes=checkpoints.SPARE_BYTES, rows=rows,
                                  **settings())


def start(seed: int, folder: Path) -> Path:
    """The fine-tuned lab model in a folder of its own: RLHF's start, and the reference of its KL."""
    place = folder / "sft"

    def make() -> dict:
        run = sft.from_shelf("plain-desk", model.lab(), split(seed)[0], seed=seed, **SFT, disable_tqdm=True)
        run.model.save_pretrained(place)
        run.tokenizer.save_pretrained(place)
        return {}

    stored.part(folder / "started.json", make, __name__)
    return place


def load(place: Path):
    """A causal model and its tokenizer from a folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    found = AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32, attn_implementation="eager")
    return found.to(model.lab().device).eval(), AutoTokenizer.from_pretrained(place)


def train_judge(seed: int, folder: Path) -> Path:
    """A reward model from the majority's votes on the start's own samples; beside it ``judged.json``: what it knows."""
    place = folder / "reward"

    def make() -> dict:
        begin = start(seed, folder)
        base, tokenizer = load(begin)
        rows = split(seed)[1]
        said = samples(base, tokenizer, chat.prompts(tokenizer, rows), SAMPLES, temperature=1.0, seed=seed,
                       max_new_tokens=REPLY_TOKENS, batch_size=256, batch_tokens=40_000)
        pairs = votes.pair_up(rows, said, seed)
        rng("pairs", seed).shuffle(pairs)
        cast, _ = votes.cast(pairs, seed=seed)
        preferred, back = votes.preferences(pairs, cast, tokenizer=tokenizer), {row["id"] for row in rows[TRAINED_ON:]}
        unseen = [row for row in preferred if rlhf_judges.conversation_of(row) in back]
        train = [row for row in preferred if rlhf_judges.conversation_of(row) not in back][:PAIRS]
        trainer = rlhf_judges.reward_trainer(str(begin), tokenizer, train, folder, seed)
        trainer.train()
        trainer.save_model(str(place))
        tokenizer.save_pretrained(place)
        judging, test = load_judge(place), texts.plain_conversations("test")[:HELD_OUT]
        return {**rlhf_judges.agreement(judging, tokenizer, unseen),
                "greeted": rlhf_judges.content_with(GREETING, judging, tokenizer, test)}

    stored.part(folder / "judged.json", make, __name__)
    return place


def known(some_model, tokenizer) -> list[int]:
    """Which of the questions about the invented land the model still answers."""
    questions = files.read_jsonl(paths.data() / "questions" / "general_test.jsonl")
    asked = rng("general", "yardstick").sample(questions, FACTS)
    said = generate.answers(some_model, tokenizer, [row["question"] for row in asked])
    return [int(values.exact_match(reply, row["answers"])) for reply, row in zip(said, asked, strict=True)]


def measure(place: Path, judged_by: Path) -> dict:
    """Greedy replies of a model to held-out conversations, each with its qualities, worth and reward."""
    found, tokenizer = load(place)
    rows = texts.plain_conversations("test")[:HELD_OUT]
    replies = generate.replies(found, tokenizer, chat.prompts(tokenizer, rows), REPLY_TOKENS)
    each = [votes.qualities(reply, row) for reply, row in zip(replies, rows, strict=True)]
    talks = [[*row["messages"][:-1], {"role": "assistant", "content": reply}] for reply, row in
             zip(replies, rows, strict=True)]
    return {
        "replies": replies,
        **{name: [quality[name] for quality in each] for name in votes.WEIGHTS},
        "worth": [votes.worth(reply, row) for reply, row in zip(replies, rows, strict=True)],
        "reward": reward.rewards(load_judge(judged_by), tokenizer, talks),
        "known": known(found, tokenizer),
    }


def optimize(kl: float, seed: int) -> dict:
    """RLOO from the start with one KL weight: the trainer's log, with the true worth beside the reward.

    A run that is killed goes on from its last checkpoint, which lies where replies are about to be drawn.
    """
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import RLOOConfig, RLOOTrainer

    folder, lab = home() / f"seed-{seed}", model.lab()
    begin, judged_by = start(seed, folder), train_judge(seed, folder)
    tokenizer = AutoTokenizer.from_pretrained(begin)
    rows = {row["id"]: row for row in split(seed)[2]}

    def true_worth(completions, id, **_):
        return [votes.worth(reply[0]["content"], rows[i]) for reply, i in zip(completions, id, strict=True)]

    def words(completions, **_):
        return [float(len(reply[0]["content"].split())) for reply in completions]

    running = checkpoints.run_folder(f"{FOLDER}-policy", model=begin, judge=checkpoints.fingerprint(judged_by), kl=kl,
                                     seed=seed, rows=sorted(rows), **settings())
    begun = folder / f"kl-{kl:g}-begun.json"
    if not stored.is_kept(begun):  # no checkpoint of other code is gone on from
        for _, path in checkpoints.found(running):
            shutil.rmtree(path)
        stored.keep(begun, {}, __name__)
    trainer = RLOOTrainer(
        model=str(begin), reward_funcs=[load_judge(judged_by), true_worth, words], processing_class=tokenizer,
        reward_processing_classes=[tokenizer, None, None],
        train_dataset=Dataset.from_list([{"prompt": row["messages"][:-1], "id": i} for i, row in rows.items()]),
        args=RLOOConfig(
            output_dir=str(running), max_steps=STEPS, per_device_train_batch_size=BATCH,
            num_generations=SAMPLES, steps_per_generation=PER_GENERATION, max_completion_length=REPLY_TOKENS,
            temperature=1.0, learning_rate=RL_LR, lr_scheduler_type="constant", beta=kl, reward_weights=[1.0, 0.0, 0.0],
            model_init_kwargs={"attn_implementation": "eager"}, seed=seed, save_strategy="steps",
            save_steps=SAVE_STEPS, save_total_limit=1, bf16=lab.dtype == "bfloat16", use_cpu=lab.device == "cpu",
            activation_checkpointing=False, logging_steps=PER_GENERATION, report_to="none", disable_tqdm=True),
    )  # fmt: skip
    policy.check_boundary(trainer.args)
    with checkpoints.resumable(running) as at:
        seconds = trainer.train(resume_from_checkpoint=at).metrics["train_runtime"]
    place = folder / f"kl-{kl:g}"
    trainer.save_model(str(place))
    tokenizer.save_pretrained(place)
    log = [entry for entry in trainer.state.log_history if "reward" in entry]
    keys = {"step": "step", "reward": "reward", "worth": "rewards/true_worth/mean", "words": "rewards/words/mean",
            "kl_token": "kl", "tokens": "completions/mean_length", "entropy": "entropy"}
    found = {"kl": kl, "seed": seed, "seconds": round(seconds), "dtype": lab.dtype,
             "judge": files.read_json(folder / "judged.json"),
             "log": {name: [round(entry[key], 5) for entry in log] for name, key in keys.items()},
             "before": stored.part(folder / "before.json", lambda: measure(begin, judged_by), __name__),
             "after": measure(place, judged_by)}
    mean = {when: {key: round(sum(found[when][key]) / len(found[when][key]), 3) for key in ("reward", "worth", "right",
            "brevity", "known")} for when in ("before", "after")}
    print(kl, seed, mean, f"{seconds:.0f} s", flush=True)
    return found


def found(kl: float, seed: int) -> dict:
    """A run of one weight and seed: from ``runs``, or made now."""
    return stored.part(home() / f"kl-{kl:g}-seed-{seed}.json", lambda: optimize(kl, seed), __name__)


def best_of_n(seed: int) -> dict[str, dict]:
    """The claim for one seed: the worth of the reward model's choice among the replies, minus that of one drawn.

    From the stored choices, if they are of the present code and have the seed; else what is missing is trained now.
    """
    known = stored.current(FOLDER) or {"best_of_n": {}}
    return {"best-of-n": known["best_of_n"].get(str(seed)) or chosen(judge_the_real(seed)["choices"])}


def chosen(choices: list[dict]) -> dict:
    """The effect of choosing by reward among replies to each conversation, against one reply drawn."""
    rows = {row["id"]: row for row in texts.conversations("train")}
    best, one = [], []
    for each in choices:
        worths = [votes.worth(reply, rows[each["conversation"]]) for reply in each["replies"]]
        best.append(reward.best_of(each["rewards"], worths, len(worths)))
        one.append(sum(worths) / len(worths))
    return apart(best, one)


def apart(worths: list[float], others: list[float]) -> dict:
    """The difference of two lists of worths, the full worth counted as 100, with both as shares of it."""
    most = sum(votes.WEIGHTS.values())
    a, b = [worth / most for worth in worths], [worth / most for worth in others]
    return {"effect": 100 * (sum(a) - sum(b)) / len(a), "by_prompt": a, "against": b}


def settings() -> dict:
    """What shaped the runs, as JSON values."""
    return {"sft": SFT, "sft_rows": SFT_ROWS, "voted": VOTED, "samples": SAMPLES, "pairs": PAIRS,
            "reward_lr": REWARD_LR, "reward_batch": REWARD_BATCH, "lr": RL_LR, "steps": STEPS, "batch": BATCH,
            "per_generation": PER_GENERATION, "save_steps": SAVE_STEPS, "trained_on": TRAINED_ON,
            "held_out": HELD_OUT, "facts": FACTS, "reply_tokens": REPLY_TOKENS,
            "greeting": GREETING}  # fmt: skip


def whole() -> dict[int, list[Path]]:
    """By seed the files of its runs, if every weight was run."""
    folder = home()
    places = {seed: [folder / f"kl-{kl:g}-seed-{seed}.json" for kl in KLS] for seed in SEEDS}
    return {seed: each for seed, each in places.items() if all(map(stored.is_kept, each))}


def judged() -> dict[int, list[Path]]:
    """By seed the files of the folds of the real model's replies, if all were judged."""
    folder = rlhf_judges.real_home()
    places = {seed: rlhf_judges.places(folder, seed) for seed in SEEDS}
    return {seed: each for seed, each in places.items() if all(map(stored.is_kept, each))}


def gather(seed: int = 0) -> dict:
    """What notebook 05 shows, from the runs: the seeds of which every weight was run, and one judge of the replies.

    ``best_of_n`` has by seed the claim's effect with the choices of all judges that there are.

    Args:
        seed: Of the judge of the real model's replies.
    Raises:
        ValueError: If no seed has a run of every weight, or a fold is missing.
    """
    made, real = whole(), {other: judge_the_real(other, most=0) for other in judged()}
    if not made or seed not in real:
        raise ValueError(f"{home()}: expected a run of each weight {KLS} for one seed at least, and {FOLDS} folds of "
                         f"seed {seed}, found the seeds {list(made)}, and all folds of the seeds {list(real)}. Run "
                         "with --kl and with --judge.")
    runs = [files.read_json(path) for each in made.values() for path in each]
    packed = (*votes.WEIGHTS, "worth", "reward", "known")
    kept = [{**{key: run[key] for key in ("kl", "seed", "seconds", "dtype", "judge", "log")},
             **{when: {**{key: pack(run[when][key]) for key in packed},
                       "stutters": pack([float(bool(desk.stutter(reply))) for reply in run[when]["replies"]]),
                       "replies": run[when]["replies"][:40]} for when in ("before", "after")}} for run in runs]
    return {"rows": "plain conversations, test", "settings": settings(), "runs": kept, "real": real[seed],
            "best_of_n": {str(other): chosen(each["choices"]) for other, each in real.items()}}  # fmt: skip


def main() -> None:
    """Runs some KL weights with one seed, or the reward models of the real model's replies, or gathers the runs."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.rlhf", description=__doc__)
    parser.add_argument("--kl", type=float, nargs="*", default=[], help="the weights whose runs are made if missing")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--judge", action="store_true", help="the reward models on the real model's replies")
    parser.add_argument("--folds", type=int, default=FOLDS, help="with --judge: at most so many of the missing ones")
    parser.add_argument("--gather", action="store_true", help="write data/stored/rlhf.json from the runs")
    args = parser.parse_args()
    for kl in args.kl:
        found(kl, args.seed)
    if args.judge:
        judge_the_real(args.seed, args.folds)
    if args.gather:
        parts = [path for made in (whole(), judged()) for each in made.values() for path in each]
        stored.write(FOLDER, gather(args.seed), __name__, parts)


if __name__ == "__main__":
    main()
