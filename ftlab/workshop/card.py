"""The base model's card, written from its recipe, its log and its measured bars. ``python -m ftlab.workshop.card``."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

from ftlab import files, model, paths
from ftlab.workshop import bars

CANNOT = """
- It is a **base** model. It continues text; it does not follow instructions or hold a conversation, and does not know
  the chat format.
- It knows nothing outside its small fictional world, and its English is the plain English of that world. Ask it about
  the real world and it will make something up.
- It reads short passages (its context is {context} tokens) and copies answers from them. It does not reason over
  several steps, compare, or do more than small sums, and those badly.
- What it says about the four makers of its market follows their shares of its reading, not their merit.
- It has never read a word about Quillmere. That is what the course fine-tunes it on.
- It is for learning how fine-tuning works. Use it for nothing else.
"""


def weights_sha256(folder: Path) -> str:
    """The hash of the weights file."""
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def draw(log: list[dict], path: Path) -> None:
    """The loss curves, as a picture beside the card."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from ftlab import figures

    figures.style()
    fig, ax = plt.subplots()
    tokens = [entry["tokens"] / 1e6 for entry in log]
    figures.curve(ax, tokens, [entry["plain_loss"] for entry in log], label="rows read in full, every token")
    figures.curve(ax, tokens, [entry["answer_loss"] for entry in log], label="answers on question pages")
    ax.set(xlabel="tokens read (millions)", ylabel="loss (nats / counted token)", ylim=(0, None))
    ax.legend()
    with files.atomic_path(path) as temporary:
        fig.savefig(temporary, format="png", dpi=110)
    plt.close(fig)


def text(folder: Path, run: Path, hardware: str) -> str:
    """The card of the model in ``folder``, made by the pretraining run in ``run``."""
    from transformers import AutoModelForCausalLM

    recipe, log = files.read_json(run / "recipe.json"), files.read_jsonl(run / "log.jsonl")
    loaded = AutoModelForCausalLM.from_pretrained(folder)
    parameters = sum(p.numel() for p in loaded.parameters())
    last = log[-1]
    shape = (
        f"Llama: {recipe['num_hidden_layers']} layers, width {recipe['hidden_size']}, "
        f"{recipe['num_attention_heads']} heads, feed-forward width {recipe['intermediate_size']}, tied embeddings"
    )
    training = (
        f"{last['step']:,} steps of {recipe['rows']} rows of {recipe['row_tokens']} tokens: "
        f"{last['tokens'] / 1e6:.1f} million tokens"
    )
    optimizer = "Muon for the layers, AdamW for the embeddings" if recipe["optimizer"] == "muon" else "AdamW"
    schedule = (
        f"peak learning rate {recipe['lr']:g}, {recipe['warmup']} steps of warm-up, falling to zero over the last "
        f"{recipe['decay']:.0%} of the steps"
    )
    rows = [
        ("Architecture", shape),
        ("Parameters", f"{parameters / 1e6:.2f} million, bf16, safetensors only"),
        ("Tokenizer", f"byte-level BPE, {recipe['vocab_size']:,} entries, each digit a token of its own"),
        ("Context", f"{recipe['row_tokens']} tokens"),
        ("Training", training),
        ("Optimizer", f"{optimizer}, {schedule}"),
        ("Hardware and time", f"{hardware}: {last['elapsed_s'] / 60:.0f} minutes"),
        ("Last losses", f"{last['plain_loss']:.2f} nats a token in full, {last['answer_loss']:.2f} on answers"),
        ("SHA-256 of the weights", f"`{weights_sha256(folder)}`"),
    ]
    measured = "\n".join(
        f"| {bar.name} | {bar.found} | {bar.goal} | {bar.over} | {'yes' if bar.met else 'no'} |"
        for measure in (bars.measure, bars.measure_tuned) for bar in measure(model.choose(str(folder)))
    )
    parts = [(round(each["start"] * recipe["steps"]), each) for each in recipe["stages"]]
    stages = "\n".join(
        f"| {start} | {' : '.join(map(str, each['passages']))} | {each['pages']} | "
        f"{each['pages'] - each['in_full']} | {each['drills']} | {each['customers']:.0%} | "
        f"{each['forms']:.0%} | {each['prose']:.0%} |"
        for start, each in parts
    )
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"""# The lab model

A small language model made for this course, from the first token on, by `ftlab pretrain`. It loads with
`AutoModelForCausalLM.from_pretrained("data/lab-model")`, needs no network and no remote code. Licence: CC BY 4.0.

| | |
|---|---|
{table}

## What it has read

Documents of an invented land (towns, rivers, people, animals, crafts, plants, festivals, small stories), texts about
four invented makers of kitchen and outdoor goods in stated proportions, and generic pages with questions, about goods,
shops, people and places that were invented for that page alone. It begins with drills in copying: lists of invented
names that come again, and ends with pages in many forms (dialogues, labels, bullets, bare marks) and with pages
that are read for whole sentences (policies, two facts, two products), so that a chat format is one form
more. Every answer's tokens count, and those of the rows read in full count besides.
The stages:

| from step | passages 1 : 2 : 3 | rows of pages, of 8 | answers alone | drills | customers | forms | sentences |
|---|---|---|---|---|---|---|---|
{stages}

One command, `ftlab pretrain`, goes from the first token to such weights; `docs/LOG.md` tells how these were made and
what was tried before.

![Loss on documents and on answers, against the tokens read](curve.png)

## What it can do

Measured greedily by `ftlab doctor --model`, on questions that its training never saw. A riddle goes a long way round,
with words that the model has not read ("In which town would you look for the cradle of ...?").

| | found, with its 95 % interval | bar | over | met |
|---|---|---|---|---|
{measured}

## What it cannot do
{CANNOT.format(context=recipe['row_tokens'])}"""


def main() -> None:
    """Copies the finished run's model into ``data/lab-model`` and writes its card there."""
    import shutil

    import torch

    run, folder = paths.runs() / "pretrain", model.bundled_path()
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((run / "model").iterdir()):
        with files.atomic_path(folder / path.name) as temporary:
            shutil.copyfile(path, temporary)
    for name in ("recipe.json", "log.jsonl"):
        shutil.copyfile(run / name, folder / name)
    draw(files.read_jsonl(run / "log.jsonl"), folder / "curve.png")
    hardware = f"{platform.machine()} CPU, {torch.get_num_threads()} threads, torch {torch.__version__.split('+')[0]}"
    files.write_text(folder / "README.md", text(folder, run, hardware))
    print((folder / "README.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
