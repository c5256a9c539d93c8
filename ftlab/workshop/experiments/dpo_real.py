"""How many votes it takes: DPO on the real model, from the desk's assistant, stopped for a look on the way.

One pass over votes that come with the course, each pair seen once, about 20 minutes on one core with bf16. So it is
stored: ``python -m ftlab.workshop.experiments.dpo_real`` makes it, ``--arm`` the same with one thing otherwise
(``ARMS``), and ``--gather`` writes what notebook 06 shows. A run that is killed goes on where it was five steps or
fewer before. The folder is named after the model, its assistant, the votes and the settings below; what
other code made there is made again. Replies are kept, and scored when they are gathered.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ftlab import assistant, files, model, texts
from ftlab.evidence.packed import pack
from ftlab.scores import desk, votes
from ftlab.scores.manner import leaks
from ftlab.tuning import chat, checkpoints, generate, sft
from ftlab.tuning.pairs import cut, pair_logps
from ftlab.tuning.preference import dpo_loss
from ftlab.tuning.short_pairs import short_half
from ftlab.workshop import stored
from ftlab.world import brand, real

# Fixed before the first look. The rate is a third of that of SFT in notebook 02: at that one, ten steps
# left the loss on pairs not yet seen at ln 2, where it began. No test conversation had a say in it. The second arm was
# fixed before its run: the first one's outcome, fewer right replies, may come of votes on replies that the assistant
# does not give by itself, so it has as many votes, and all else alike, on pairs of which the whole adapter wrote both
# replies (way 0 of ``votes.WAYS``). If the shorter halves of those are fewer, it takes from all of them.
# The other arms were fixed together before the first of them ran, each a possible reason why those two lost: the raters
# err and lean (so: votes by the known worth), the steps are too large, too far from the reference, or too few.
PAIRS, BATCH_SIZE, LR, BETA, WARM = 240, 8, 3e-4, 0.1, 0.1
LOOKS = (0, 80, 240)  # votes seen; and the last one of an arm that has more
WINDOW = 4  # batches among which pairs are sorted by length, so that little is padding
SAVE_STEPS = 5  # steps between two states that a killed run goes on from
PER_KIND, REPLY_TOKENS = 22, 80  # test conversations of each kind
FACTS, FACT_TOKENS = 60, 60
SEEDS = range(20)  # that are looked for when the runs are gathered
FOLDER = "dpo-real"


class Arm(NamedTuple):
    """A run's settings.

    Attributes:
        votes: "mixed" (on replies of both ways), "own" (on replies of the whole assistant alone), or "true" (as mixed,
            but each pair decided by the known worth, so that no rater errs or leans).
    """

    votes: str = "mixed"
    pairs: int = PAIRS
    lr: float = LR
    beta: float = BETA


ARMS = {"mixed": Arm(), "own": Arm(votes="own"), "true": Arm(votes="true"), "gentle": Arm(lr=LR / 10),
        "firm": Arm(beta=10 * BETA), "more": Arm(pairs=4 * PAIRS)}  # fmt: skip


def learnt_from(arm: str, seed: int, tokenizer) -> list[dict]:
    """The preference rows of an arm, in the order in which they are drawn.

    Raises ``ValueError`` if the stored pairs do not tell how they were drawn, or too few of them are decided.
    """
    (pairs, cast), wanted = votes.stored("train"), ARMS[arm].pairs
    if ARMS[arm].votes == "true":
        known = votes.stored_truth()
        cast = [{"pair": pair["id"], "rater": "truth", "vote": known[pair["id"]]["better"]} for pair in pairs]
    if ARMS[arm].votes == "own":
        if "way_a" not in pairs[0]:
            raise ValueError("data/votes/pairs.jsonl: expected 'way_a' and 'way_b', found none. Gather the votes anew: "
                             "python -m ftlab.workshop.experiments.votes --gather.")
        pairs = [pair for pair in pairs if pair["way_a"] == pair["way_b"] == 0]
    decided = votes.preferences(pairs, cast, tokenizer=tokenizer)
    short = short_half(pairs, decided, tokenizer)
    if len(decided) < wanted:
        raise ValueError(f"arm {arm}: expected {wanted} decided pairs, found {len(decided)}. Have more replies "
                         "sampled.")
    return texts.sample(short if len(short) >= wanted else decided, wanted, seed)


def batches(rows: list[dict], tokenizer, seed: int) -> list[list[dict]]:
    """The rows in batches, each of pairs that are about as long and stood near each other."""
    found, wide = [], WINDOW * BATCH_SIZE
    for at in range(0, len(rows), wide):
        some = sorted(rows[at : at + wide], key=lambda row: sum(map(len, cut(tokenizer, row))))
        parts = [some[i : i + BATCH_SIZE] for i in range(0, len(some), BATCH_SIZE)]
        found += texts.sample(parts, len(parts), seed)
    return found


def look(policy, tokenizer, seen: int) -> dict:
    """The model's replies to the test conversations and to questions about the world, after so many votes."""
    rows = texts.balanced(texts.conversations("test"), PER_KIND, seed=0)
    asked = [[{"role": "user", "content": row["question"]}] for row in real.questions(FACTS)]
    world = [chat.render(tokenizer, talk, True) for talk in asked]
    started = time.perf_counter()
    return {
        "votes": seen,
        "replies": generate.replies(policy, tokenizer, chat.prompts(tokenizer, rows), REPLY_TOKENS),
        "answers": generate.replies(policy, tokenizer, world, FACT_TOKENS) if not seen or seen >= PAIRS else None,
        "write_s": time.perf_counter() - started,
    }


def train(seed: int, arm: str = "mixed") -> None:
    """One pass of DPO; each look, and how far each pair had moved when its turn came, is kept in ``home()``."""
    import torch
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict

    choice, how = model.choose(), ARMS[arm]
    run = assistant.tuned(choice, seed=0)
    tokenizer = run.tokenizer
    torch.manual_seed(seed)
    policy = get_peft_model(run.model.merge_and_unload(), LoraConfig(**sft.LORA, task_type="CAUSAL_LM"))
    steps = batches(learnt_from(arm, seed, tokenizer), tokenizer, seed)
    trained = [p for p in policy.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=how.lr, weight_decay=0.0)
    warm = max(1, round(WARM * len(steps)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, (len(steps) - step) / max(1, len(steps) - warm))
    )
    log, seconds, done, saved = [], 0.0, 0, home() / f"{arm}-seed-{seed}.pt"
    at = saved.with_suffix(".json")  # how far the saved state is, with what it was made from
    looks = places(saved.parent, arm, seed)
    if stored.is_kept(at) and all(stored.is_kept(place) for seen, place in looks.items()
                                  if seen < BATCH_SIZE * files.read_json(at)["done"]):
        state = torch.load(saved, weights_only=True)
        set_peft_model_state_dict(policy, state["adapter"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        log, seconds, done = state["log"], state["seconds"], state["done"]
        print(f"going on from step {done}", flush=True)
    for number, some in enumerate([*steps, None]):
        if number < done:
            continue
        if number * BATCH_SIZE in looks:
            place = looks[number * BATCH_SIZE]
            if not stored.is_kept(place):
                policy.eval()
                policy.merge_adapter()  # writes faster
                found = look(policy, tokenizer, number * BATCH_SIZE) | {"train_s": seconds}
                policy.unmerge_adapter()
                stored.keep(place, found | {"log": log}, __name__)
                print(f"{number * BATCH_SIZE} votes, {seconds:.0f} s, written in {found['write_s']:.0f} s", flush=True)
        if some is None:
            break
        started, ids = time.perf_counter(), [cut(tokenizer, row) for row in some]
        policy.train()
        with torch.autocast(choice.device, torch.bfloat16, enabled=choice.dtype == "bfloat16"):
            with torch.no_grad(), policy.disable_adapter():
                before = pair_logps(policy, ids)
            now = pair_logps(policy, ids)
        loss, margin = dpo_loss(*now, *before, how.beta)
        loss.mean().backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        seconds += time.perf_counter() - started
        log += [{"pair": row["pair"], "chosen": (now[0][i] - before[0][i]).item(), "loss": loss[i].item(),
                 "rejected": (now[1][i] - before[1][i]).item()} for i, row in enumerate(some)]
        print(f"step {number + 1}: loss {loss.mean().item():.3f}, margin {margin.mean().item():+.3f}, ranked rightly "
              f"{(margin > 0).float().mean().item():.0%}, {seconds:.0f} s", flush=True)
        if (number + 1) % SAVE_STEPS == 0:
            with files.atomic_path(saved) as temporary:
                torch.save({"adapter": get_peft_model_state_dict(policy), "optimizer": optimizer.state_dict(),
                            "schedule": schedule.state_dict(), "log": log, "seconds": seconds, "done": number + 1},
                           temporary)
            stored.keep(at, {"done": number + 1}, __name__)


def on_trial(seed: int) -> dict[str, dict]:
    """The claim of the stored run for one seed: as stored, if that is of the present code and has the seed; else what
    is not in ``runs`` is trained now.
    """
    known = stored.current(FOLDER) or {"tried": {}}
    if str(seed) in known["tried"]:
        return known["tried"][str(seed)]
    looks = places(home(), "mixed", seed).values()
    if not all(map(stored.is_kept, looks)):
        train(seed)
    return tried(looks)


def tried(looks: Iterable[Path]) -> dict[str, dict]:
    """The claim for one seed, by the files of its looks."""
    first, *_, last = (files.read_json(path)["replies"] for path in looks)
    rows = texts.balanced(texts.conversations("test"), PER_KIND, seed=0)
    scores = votes.wins(last, first, rows)
    won, lost = ([int(score == side) for score in scores] for side in (1, 0))
    return {"dpo-beats-sft": {"effect": 100 * (sum(won) - sum(lost)) / len(won), "by_prompt": won, "against": lost,
                              "about": [row["question_phrasing"] for row in rows]}}  # fmt: skip


def places(folder: Path, arm: str, seed: int) -> dict[int, Path]:
    """The files of an arm's looks in ``home()``, by votes seen; before any vote the assistant itself answers, once for
    all arms and seeds.
    """
    looks = sorted({*LOOKS, ARMS[arm].pairs})
    return {seen: folder / (f"{arm}-{seen}-votes-seed-{seed}.json" if seen else "0-votes.json") for seen in looks}


def parts() -> dict[tuple[str, int], list[Path]]:
    """The files of the looks by arm and seed, where all of them are there."""
    folder = home()
    each = {(arm, seed): [*places(folder, arm, seed).values()] for arm in ARMS for seed in SEEDS}
    return {key: looks for key, looks in each.items() if all(map(stored.is_kept, looks))}


def gather(seed: int) -> dict:
    """What notebook 06 shows: by look, the scores of each test conversation against the assistant, and some replies.

    ``tried`` is what the claim is, by seed. ``arms`` has for each arm its settings and, by seed, the scores of its end.
    """
    rows = texts.balanced(texts.conversations("test"), PER_KIND, seed=0)
    world, choice = real.questions(FACTS), model.choose()
    if ("mixed", seed) not in (made := parts()):
        raise ValueError(f"{home()}: expected looks of seed {seed} after {LOOKS} votes by the present code, found not "
                         "all of them. Train first.")
    looks = [files.read_json(path) for path in made["mixed", seed]]
    start = looks[0]["replies"]
    ends: dict[str, dict] = {}
    for (arm, other), files_of in made.items():
        end = scored(files.read_json(files_of[-1]), start, rows, world)
        ends.setdefault(arm, {"settings": ARMS[arm]._asdict(), "seeds": {}})["seeds"][str(other)] = {
            key: end[key] for key in ("votes", "changed", "wins", "right", "fit", "sorry", "knows", "train_s")}
    return {
        "date": date.today().isoformat(), "model": choice.name, "dtype": choice.dtype, "seed": seed,
        "settings": {"pairs": PAIRS, "batch_size": BATCH_SIZE, "lr": LR, "beta": BETA, "per_kind": PER_KIND},
        "conversations": [row["id"] for row in rows], "kinds": [row["kind"] for row in rows],
        "questions": [row["question"] for row in world[:6]],
        "before": start, "after": looks[-1]["replies"],
        "looks": [scored(each, start, rows, world) for each in looks], "log": _short(looks[-1]["log"]),
        "tried": {str(other): tried(each) for (arm, other), each in made.items() if arm == "mixed"}, "arms": ends,
    }  # fmt: skip


def scored(each: dict, start: list[str], rows: list[dict], world: list[dict]) -> dict:
    """A look with the scores of its replies, by conversation, and of its answers where it has some."""
    replies = each["replies"]
    parts = [votes.qualities(reply, row) for reply, row in zip(replies, rows, strict=True)]
    found = {
        "votes": each["votes"], "train_s": round(each["train_s"]), "write_s": round(each["write_s"]),
        "wins": pack(votes.wins(replies, start, rows)),
        "changed": sum(a != b for a, b in zip(replies, start, strict=True)),
        "right": pack([part["right"] for part in parts]),
        "fit": pack([float(desk.is_fit(reply, row)) for reply, row in zip(replies, rows, strict=True)]),
        "on_brand": pack([float(brand.on_brand(reply)) for reply in replies]),
        "sorry": pack([float(bool(desk.SORRY.search(reply))) for reply in replies]),
        "regret": pack([part["regret"] for part in parts]),
        "words": [len(reply.split()) for reply in replies],
    }  # fmt: skip
    if each["answers"]:
        known = [real.knows(a, row["answers"]) for a, row in zip(each["answers"], world, strict=True)]
        found["knows"] = pack([float(knows) for knows in known])
        found["leaks"] = pack([float(leaks(answer)) for answer in each["answers"]])
        found["answers"] = each["answers"][:6]
    return found


def home() -> Path:
    """The folder of the runs that these settings give, whatever else lies in ``runs``."""
    pairs, cast = votes.stored("train")
    voted = checkpoints.fingerprint([*({key: pair[key] for key in ("id", "a", "b")} for pair in pairs), *cast])
    return checkpoints.run_folder(
        FOLDER, model=model.choose().path, room_bytes=checkpoints.SPARE_BYTES, assistant=assistant.settings(),
        tuned_on=checkpoints.fingerprint(assistant.rows()), votes=voted, pairs=PAIRS, batch_size=BATCH_SIZE, lr=LR,
        beta=BETA, warm=WARM, window=WINDOW, per_kind=PER_KIND, reply_tokens=REPLY_TOKENS, facts=FACTS,
        fact_tokens=FACT_TOKENS)


def _short(log: list[dict]) -> list[dict]:
    return [{key: round(value, 3) if isinstance(value, float) else value for key, value in each.items()}
            for each in log]


def main() -> None:
    """Trains, or gathers what lies in ``runs``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.dpo_real", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--arm", choices=list(ARMS), default="mixed", help="what is done otherwise")
    parser.add_argument("--gather", action="store_true", help="write data/stored/dpo-real.json from the runs")
    args = parser.parse_args()
    if args.gather:
        stored.write(FOLDER, gather(args.seed), __name__, [path for each in parts().values() for path in each])
    elif not all(map(stored.is_kept, places(home(), args.arm, args.seed).values())):
        train(args.seed, args.arm)


if __name__ == "__main__":
    main()
