"""The lab model's card, from its run and its measured bars: ``python -m ftlab.workshop.card --run FOLDER``.

It puts the model of a finished run in the lab model's place, with recipe, log, curves and card. What the card says of
machine, number format and time comes from the run, not from the computer that writes it.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from pathlib import Path

from ftlab import files, model, paths, texts, values
from ftlab.workshop import bars, origin, snapshots

NEEDED = ("recipe.json", "log.jsonl", "model")
WHY = (  # what each of the recipe's stages is for
    "Copying. In drills invented names come again, and nothing else helps there: a model that cannot copy a name "
    "cannot read.",
    "Reading one passage: more pages, fewer drills.",
    "Looking for the answer: up to three passages, more questions as customers ask, and the first whole sentences.",
    "The long middle. Many pages in forms of their own, so that no form is the only one, and more for sentences.",
    "While the learning rate falls: most in forms of their own and in sentences, the nearest to a desk's work, so that "
    "this is freshest.",
)
CANNOT = """
- It is a **base** model. It continues text; it does not follow instructions or hold a conversation, and does not know
  the chat format.
- It knows nothing outside its small fictional world, and its English is the plain English of that world. Ask it about
  the real world and it will make something up.
- It reads short passages (its context is {context} tokens) and copies answers from them. It has read pages that compare
  two products by one figure, and small sums; how well it does either, nobody has measured. It does not reason over
  several steps.
- What it says about the four makers of its market follows their shares of its reading, not their merit.
- It has never read a word about Quillmere. That is what the course fine-tunes it on.
- It is for learning how fine-tuning works. Use it for nothing else.
"""
PASSAGE = (  # made up for the card
    "The Ostrell Lantern is a lantern for camps and cellars. It is made in Farrowdene, weighs 640 g and is 21 cm tall. "
    "It costs $38.00 and has a warranty of 3 years.\n"
)
ASKED = (("How much does the Ostrell Lantern weigh?", "640 g"), ("How long is the warranty?", "3 years"))


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


def examples(folder: Path) -> str:
    """What the model in ``folder`` makes of a page, of a question from memory, and of a prompt in the chat format."""
    from ftlab.tuning import chat, generate, sft

    loaded, tokenizer = sft.load(model.choose(str(folder)))
    known = bars.questions("general_test", 1)[0]
    asked = [(f"{PASSAGE}\nQuestion: {question}\nAnswer:", [answer]) for question, answer in ASKED]
    asked.append((f"Question: {known['question']}\nAnswer:", known["answers"]))
    said = generate.answers(loaded, tokenizer, [prompt for prompt, _ in asked], max_new_tokens=24)
    shown = []
    for (prompt, accepted), reply in zip(asked, said, strict=True):
        verdict = "right" if values.exact_match(reply, accepted) else f"wrong: expected {accepted[0]}"
        shown.append(f"```\n{prompt}\n```\n\nIt goes on: `{_in_code(reply)}` ({verdict}).")
    row = texts.plain_conversations("test")[0]
    prompt = chat.prompts(tokenizer, [row])[0]
    reply = generate.replies(loaded, tokenizer, [prompt], max_new_tokens=40)[0]
    return "\n\n".join([
        "From a page, the form in which it has read most:", *shown[:2], "From memory:", shown[2],
        "The chat format of the course (`ftlab.tuning.chat.TEMPLATE`), which it meets in a fine-tune and not before:",
        f"```\n{prompt}\n```\n\nUntuned it goes on: `{_in_code(reply)}`. After a fine-tune a reply "
        f"of the desk stands there, such as the gold one: \"{row['messages'][-1]['content']}\"",
    ])


def _in_code(reply: str) -> str:
    """A reply on one line, without the mark that would end it."""
    return " ".join(reply.replace("`", "'").split()) or "(nothing)"


def table(folder: Path, run: Path, trained_on: str) -> str:
    """The card's first table: shape, training, hardware, losses, hash."""
    from transformers import AutoModelForCausalLM

    recipe, log = files.read_json(run / "recipe.json"), files.read_jsonl(run / "log.jsonl")
    last = log[-1]
    parameters = sum(p.numel() for p in AutoModelForCausalLM.from_pretrained(folder).parameters())
    optimizer = "Muon for the layers, AdamW for the embeddings" if recipe["optimizer"] == "muon" else "AdamW"
    return "\n".join(f"| {name} | {value} |" for name, value in [
        ("Architecture", f"Llama: {recipe['num_hidden_layers']} layers, width {recipe['hidden_size']}, "
                         f"{recipe['num_attention_heads']} heads, feed-forward width {recipe['intermediate_size']}, "
                         "tied embeddings"),
        ("Parameters", f"{parameters / 1e6:.2f} million, bf16, safetensors only"),
        ("Tokenizer", f"byte-level BPE, {recipe['vocab_size']:,} entries, each digit a token of its own"),
        ("Context", f"{recipe['row_tokens']} tokens"),
        ("Training", f"{last['step']:,} steps of {recipe['rows']} rows of {recipe['row_tokens']} tokens: "
                     f"{last['tokens'] / 1e6:.1f} million tokens"),
        ("Optimizer", f"{optimizer}, peak learning rate {recipe['lr']:g}, {recipe['warmup']} steps of warm-up, falling "
                      f"to zero over the last {recipe['decay']:.0%} of the steps"),
        ("Hardware and number format", trained_on),
        ("Time", origin.minutes(log)),
        ("Last losses", f"{last['plain_loss']:.2f} nats a token in full, {last['answer_loss']:.2f} on answers"),
        ("SHA-256 of the weights", f"`{weights_sha256(folder)}`"),
    ])  # fmt: skip


def stages(recipe: dict) -> str:
    """The stages as a table, with what each is for.

    Raises:
        ValueError: If the recipe has another number of stages than this module explains.
    """
    if len(recipe["stages"]) != len(WHY):
        found = len(recipe["stages"])
        raise ValueError(f"card: expected {len(WHY)} stages, found {found}. Say in WHY what each of them is for.")
    return "\n".join(
        f"| {round(each['start'] * recipe['steps']):,} | {why} | {' : '.join(map(str, each['passages']))} | "
        f"{each['pages']} | {each['pages'] - each['in_full']} | {each['drills']} | "
        f"{8 - each['pages'] - each['drills']} | {each['customers']:.0%} | {each['forms']:.0%} | {each['prose']:.0%} |"
        for why, each in zip(WHY, recipe["stages"], strict=True)
    )


def over_tokens(recipe: dict, rows: list[dict]) -> str:
    """The card's lines about the curve over tokens; empty where no snapshot was measured."""
    if not rows:
        return ""
    falls = round((1 - recipe["decay"]) * recipe["steps"]) * recipe["rows"] * recipe["row_tokens"] / 1e6
    return f"""
![Shares right against the tokens read, with the bars](bars.png)

The same questions, asked of snapshots of the run (`python -m ftlab.workshop.snapshots`, rows in `bars.jsonl`): bands
are 95 % intervals, dotted lines the bars. From the dashed line on, at {falls:.1f} million tokens, the learning rate
falls: what is left of it was measured at the full rate, so what the end gains comes from tokens and from the fall
together.
{after_a_fine_tune(rows)}"""


def after_a_fine_tune(rows: list[dict]) -> str:
    """The bars after a fine-tune at each count of tokens, in words, and which of them more tokens brought nearer."""
    tuned = sorted((row for row in rows if row["tuned"]), key=lambda row: row["tokens"])
    if len({row["tokens"] for row in tuned}) < 2:
        return ""
    found: dict[str, list[dict]] = {}
    for row in tuned:
        found.setdefault(row["bar"].removeprefix("tuned, "), []).append(row)
    tokens = list(dict.fromkeys(f"{row['tokens'] / 1e6:.1f}" for row in tuned))
    lines = [f"- {bar}: {_listed([format(row['percent'], '.1f') for row in each])} "
             f"{'points' if each[0]['difference'] else '%'} ({each[0]['goal']})" for bar, each in found.items()]
    rose = [bar for bar, each in found.items() if each[-1]["percent"] > each[0]["percent"]]
    said = "; ".join(rose) or "none"
    rest = "; ".join(bar for bar in found if bar not in rose) or "none"
    return "\n".join([
        "", f"After a fine-tune, at {_listed(tokens)} million tokens:", "", *lines, "",
        f"Higher at the last than at the first: {said}.", f"Not so: {rest}.",
        "Mind the wide bands; whether still more tokens would do it, nobody has tried.", ""])  # fmt: skip


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]])


def text(folder: Path, run: Path, measured: list[bars.Bar], trained_on: str, rows: list[dict]) -> str:
    """The card of the model in ``folder``, made by the pretraining run in ``run``.

    Args:
        measured: The bars as they came out.
        trained_on: The machine and its number format, in words.
        rows: The bars of its snapshots, as ``snapshots.measure`` yields them; may be empty.
    """
    recipe = files.read_json(run / "recipe.json")
    lines = "\n".join(f"| {bar.name} | {bar.found} | {bar.goal} | {bar.over} | "
                      f"{'' if bar.goal == 'none' else 'yes' if bar.met else 'no'} |" for bar in measured)
    missed = [bar.name for bar in measured if bar.goal != "none" and not bar.met]
    verdict = f"Bars that it misses: {'; '.join(missed)}." if missed else "It meets every bar."
    return f"""# The lab model

A small language model made for this course, from the first token on, by `ftlab pretrain`. It loads with
`AutoModelForCausalLM.from_pretrained("data/lab-model")`, needs no network and no remote code. Licence: CC BY 4.0.

| | |
|---|---|
{table(folder, run, trained_on)}

## How it is asked

{examples(folder)}

## What it has read

Documents of an invented land (towns, rivers, people, animals, crafts, plants, festivals, small stories), texts about
four invented makers of kitchen and outdoor goods in stated proportions, and pages with questions, about goods, shops,
people and places that were invented for that page alone. Samples lie in `data/general`, `data/market` and `data/shops`.

| from step | for what | passages 1:2:3 | pages | answers alone | drills | documents | customers | forms | sentences |
|---|---|---|---|---|---|---|---|---|---|
{stages(recipe)}

Of every eight rows so many are **pages** with questions, **drills** in copying and **documents**. Of the pages so many
count **answers alone**; the others, drills and documents count every token, and all answers together weigh as much as
all the rest. Most pages are about something invented: so often with one, two or three **passages**. Of these the share
under **sentences** is read for whole sentences (policies, two facts, two products, questions without an answer), the
share under **forms** stands in a form of its own (dialogues, labels, bullets, bare marks), and of the rest the share
under **customers** asks as customers do. The other pages ask about the land and the market, from memory.

`ftlab pretrain` with the settings of `recipe.json` goes from the first token to such weights; `docs/LOG.md` tells how
these were made and what was tried before.

![Loss on documents and on answers, against the tokens read](curve.png)

## What it can do

Measured greedily, as `ftlab doctor --model` does it, on questions that its training never saw. A riddle goes a long way
round, with words that the model has not read ("In which town would you look for the cradle of ...?"). "Tuned" means
after a fine-tune on {bars.TUNE};
the notebooks' own fine-tunes of this model are of other sizes. Intervals are of 95 %, over questions and seeds, and
over the things that questions share where that is wider.

| | found, with its interval | bar | over | met |
|---|---|---|---|---|
{lines}

{verdict}
{over_tokens(recipe, rows)}
## What it cannot do
{CANNOT.format(context=recipe['row_tokens'])}"""


def write(run: Path, folder: Path, given: str | None, rows: list[dict]) -> None:
    """Copies a finished run's model into ``folder`` and writes its card there.

    Raises:
        ValueError: If the run is not finished, or nobody says what it was trained on.
    """
    if absent := [name for name in NEEDED if not (run / name).exists()]:
        raise ValueError(f"{run}: expected a finished run with {', '.join(NEEDED)}, found no {', '.join(absent)}. Let "
                         "`ftlab pretrain` come to its end, or name its folder with --run.")
    trained_on, recipe = origin.hardware(run, given), files.read_json(run / "recipe.json")
    stages(recipe)  # refused before anything is copied
    folder.mkdir(parents=True, exist_ok=True)
    for path in [*sorted((run / "model").iterdir()), run / "recipe.json", run / "log.jsonl"]:
        with files.atomic_path(folder / path.name) as temporary:
            shutil.copyfile(path, temporary)
    draw(files.read_jsonl(run / "log.jsonl"), folder / "curve.png")
    for name in ("bars.jsonl", "bars.png"):  # those of an earlier model
        (folder / name).unlink(missing_ok=True)
    if rows:
        falls = (1 - recipe["decay"]) * recipe["steps"] * recipe["rows"] * recipe["row_tokens"]
        files.write_jsonl(folder / "bars.jsonl", rows)
        snapshots.draw(rows, folder / "bars.png", falls)
    choice = model.choose(str(folder))
    measured = [*bars.measure(choice), *bars.measure_tuned(choice)]
    files.write_text(folder / "README.md", text(folder, run, measured, trained_on, rows))


def main(argv: list[str] | None = None) -> int:
    """Puts a finished run's model in the lab model's place and prints its card."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.card", description=__doc__)
    parser.add_argument("--run", type=Path, default=paths.runs() / "pretrain", help="folder of the finished run")
    parser.add_argument("--bars", type=Path, help=f"what the snapshots gave (default: {snapshots.FILE} in that folder)")
    parser.add_argument("--hardware", help="the machine and its number format, for a run that did not note them")
    args = parser.parse_args(argv)
    rows = args.bars or args.run / snapshots.FILE
    try:
        write(args.run, model.bundled_path(), args.hardware, files.read_jsonl(rows) if rows.exists() else [])
    except (ValueError, OSError) as error:
        print(f"card: {error}", file=sys.stderr)
        return 1
    print((model.bundled_path() / "README.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
