"""The stored votes: the desk's assistant answers training conversations several times, and simulated raters compare.

What it was tuned on it answers almost alike each time, so that there is little to vote on. Half of the replies are
therefore drawn at a temperature that makes it try its second thoughts, and half with three fifths of its adapter, which
leaves something of the manner, the length and the tone that the model had before.

``python -m ftlab.workshop.experiments.votes --write`` asks the model for the replies that are not yet in ``runs``, a
part of the conversations at a time, so an interrupted run goes on (``--parts 3`` stops after three of them). The parts
lie in a folder named after the model, what its assistant was tuned on and the settings below, so that no part of an
older assistant is taken for one of this. ``--gather`` makes ``data/votes`` of all parts: pairs, each with the way in
which its two replies were drawn, votes and, apart from them, the truth. ``--cast`` lets the raters vote anew on the
pairs that are there, which is what a changed scorer asks for.
"""

from __future__ import annotations

import argparse
import time
from datetime import date
from pathlib import Path

from ftlab import assistant, files, model, paths, texts
from ftlab.scores import votes
from ftlab.seeded import rng
from ftlab.tuning import chat, checkpoints
from ftlab.tuning.sample import samples
from ftlab.workshop import stored

# Fixed before the first run.
PER_KIND, REPLY_TOKENS, SEED = 22, 64, 0
WAYS = ((1.0, 1.3, 4), (0.6, 1.0, 5))  # strength of the adapter, temperature, replies to each conversation
PARTS = 6
TEST_SHARE = 0.2  # of the conversations, whose pairs are held out


def rows() -> list[dict]:
    """The conversations that are answered: as many of each of the nine kinds."""
    return texts.balanced(texts.conversations("train"), PER_KIND, SEED)


def home() -> Path:
    """The folder of the parts that these settings give, whatever else lies in ``runs``."""
    return checkpoints.run_folder(
        "sampled-votes", model=model.choose().path, room_bytes=checkpoints.SPARE_BYTES, assistant=assistant.settings(),
        tuned_on=checkpoints.fingerprint(assistant.rows()), asked=checkpoints.fingerprint(rows()), ways=WAYS,
        reply_tokens=REPLY_TOKENS, parts=PARTS, seed=SEED)


def ways_of(replies: list[str]) -> dict[str, int]:
    """By reply of one conversation the way that gave it, 0 or 1 (``WAYS``); the first where both did.

    Args:
        replies: As ``write`` keeps them: those of the first way, then those of the second.
    """
    drawn = [way for way, (_, _, count) in enumerate(WAYS) for _ in range(count)]
    return dict(reversed([*zip(replies, drawn, strict=True)]))


def places() -> list[Path]:
    """The files of the parts."""
    folder = home()
    return [folder / f"part-{part:02}.json" for part in range(PARTS)]


def write(parts: int = PARTS) -> None:
    """Samples replies to the parts that are missing, at most ``parts`` of them."""
    all_rows, todo = rows(), [each for each in enumerate(places()) if not stored.is_kept(each[1])][:parts]
    if not todo:
        return
    from peft.helpers import rescale_adapter_scale

    run = assistant.tuned(model.choose())
    run.model.get_base_model().set_attn_implementation("sdpa")  # less memory than eager, which training needs
    for part, place in todo:
        started, chosen = time.perf_counter(), all_rows[part::PARTS]
        prompts, found = chat.prompts(run.tokenizer, chosen), [[] for _ in chosen]
        for strength, temperature, count in WAYS:
            with rescale_adapter_scale(run.model, strength):
                run.model.merge_adapter()  # writing is faster with one matrix in place of three
                drawn = samples(run.model, run.tokenizer, prompts, count, temperature=temperature, seed=SEED + part,
                                max_new_tokens=REPLY_TOKENS, batch_size=180, batch_tokens=49_152)
                run.model.unmerge_adapter()
            found = [before + new for before, new in zip(found, drawn, strict=True)]
        asked = [{"conversation": row["id"], "replies": each} for row, each in zip(chosen, found, strict=True)]
        stored.keep(place, {"asked": asked}, __name__)
        print(f"part {part}: {len(found)} conversations, {time.perf_counter() - started:.0f} s", flush=True)


def gather() -> None:
    """Writes the pairs of all parts to ``data/votes``, and lets the raters vote on them.

    Raises:
        ValueError: If a part is missing.
    """
    parts = places()
    if left := [path.name for path in parts if not stored.is_kept(path)]:
        raise ValueError(f"{parts[0].parent}: expected {PARTS} parts of the present code, found none of "
                         f"{', '.join(left)}. Run with --write first.")
    found = {row["conversation"]: row["replies"] for path in parts for row in files.read_json(path)["asked"]}
    chosen = rows()
    held_out = set(rng("votes held out", SEED).sample([row["id"] for row in chosen], round(TEST_SHARE * len(chosen))))
    pairs = votes.pair_up(chosen, [found[row["id"]] for row in chosen], SEED)
    ways = {name: ways_of(replies) for name, replies in found.items()}
    files.write_jsonl(paths.data() / "votes" / "pairs.jsonl", (
        {"id": pair["id"], "split": "test" if pair["conversation"] in held_out else "train",
         **{field: pair[field] for field in ("conversation", "kind", "a", "b")},
         **{f"way_{side}": ways[pair["conversation"]][pair[side]] for side in "ab"}} for pair in pairs
    ))
    files.write_json(paths.data() / "votes" / "made.json", {
        "model": model.choose().name, "date": date.today().isoformat(), "ways": WAYS})
    vote()


def vote() -> None:
    """Lets the raters vote on the stored pairs, and writes their votes and the truth."""
    pairs = [pair for split in ("train", "test") for pair in votes.stored_pairs(split)]
    cast, truth = votes.cast(pairs, seed=SEED)
    files.write_jsonl(paths.data() / "votes" / "votes.jsonl", cast)
    files.write_jsonl(paths.data() / "votes" / "truth.jsonl", truth)
    for rater in votes.RATERS:
        own = [row["vote"] for row in cast if row["rater"] == rater.name]
        agreed = sum(one == each["better"] for one, each in zip(own, truth, strict=True))
        print(f"{rater.name:12} {len(own):,} votes, {own.count('tie'):,} ties, {agreed / len(own):.0%} as the truth")


def main() -> None:
    """Writes replies, gathers pairs, or casts votes."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.votes", description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--parts", type=int, default=PARTS)
    parser.add_argument("--gather", action="store_true")
    parser.add_argument("--cast", action="store_true")
    given = parser.parse_args()
    if given.write:
        write(given.parts)
    if given.gather:
        gather()
    elif given.cast:
        vote()


if __name__ == "__main__":
    main()
