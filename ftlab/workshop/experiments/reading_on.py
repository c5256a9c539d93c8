"""Reading on with the real model: facts in one wording or in more, with and without replay, asked for without a page.

Notebook 03 does it with the lab model while the learner waits. Three seeds of the real one take too long for that, so
they are stored: ``python -m ftlab.workshop.experiments.reading_on --way untuned`` first, ``--way rate --lr 1e-4`` for
each of ``RATES``, ``--way one``, ``--way eight`` and ``--way replay`` for each seed, ``--way two`` and ``--way four``
for the first seed, then ``--gather``. What is there already, of these texts and this base model, is not run again.

What was fixed before the first run, and why:

- The design is the notebook's: each product is read about 32 times, its eight products are among the twelve here, and
  their questions are the test wordings, with no page beside them. Seeds draw other wordings and another order.
- All weights are trained and not an adapter. So the notebook does it, so people let a model read on, LoRA is reported
  to learn less from it (Biderman et al. 2024, arXiv:2405.09673), and there is the time: a step of eight pages takes two
  and a half seconds on two cores with bf16, a run three to five minutes.
- The rate is the one of three at which most questions about twelve *other* products were answered, whatever it cost.
  (Before that, six steps at 3e-4 on those products were run to time them; all of this was fixed by then.)
- What a model from a hub once read is not at hand, so what is replayed is text of its own, written before it reads on:
  a user's turn, drawn where its chat format has one (Xu et al. 2024, arXiv:2406.08464), and a reply (Huang et al. 2024,
  arXiv:2403.01244). There are half as many of these conversations as of pages.
- A question about a product counts as answered if the first sentence of the reply says it: a model that recites a page
  whatever it is asked answers nothing.
- Two and four wordings, which say how many a model needs, have one seed: enough to see which count stands out from one
  wording, over products; the claim is about eight, and has three.
- Forgetting is measured on questions about the real world that the untuned model answered. So it stands at 100 % by
  choice, and what a model newly knows does not count.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ftlab import files, model, paths
from ftlab.evidence.packed import pack
from ftlab.seeded import rng
from ftlab.tuning import chat, generate, sft
from ftlab.tuning.sample import samples
from ftlab.values import normalize
from ftlab.workshop import stored
from ftlab.workshop.experiments import bound
from ftlab.world import articles, phrasings, quillmere, real

PRODUCTS, READ, BATCH_SIZE = 12, 32, 8  # products, pages to read of each, pages a step
WORDINGS = {"one": 1, "two": 2, "four": 4, "eight": 8, "replay": 8}  # of each product's page, in each way
RATES = (1e-4, 3e-4, 1e-3)
SEEDS = (0, 1, 2)
FIRST_ALONE = ("two", "four")  # ways with the first seed alone
WRITTEN, TEMPERATURE, ASK_TOKENS, REPLY_TOKENS = 128, 0.7, 40, 64  # conversations of its own, and how they are drawn
KNOWN = 120  # real-world questions, of those that the untuned model answers, at most
FACT_TOKENS, WORLD_TOKENS, VALUE_TOKENS = 32, 60, 12  # most tokens of a reply, and to go on with a page
FOLDER = "reading-on"


def chosen(trial: bool = False) -> list[quillmere.Product]:
    """The products to read about; for the trial of the rates as many others."""
    both = phrasings.products(2 * PRODUCTS, seed=0)
    return both[PRODUCTS:] if trial else both[:PRODUCTS]


def seeds_of(way: str) -> tuple[int, ...]:
    """The seeds that a way is run with."""
    return SEEDS[:1] if way in FIRST_ALONE else SEEDS


def made_of(choice: model.Choice) -> dict[str, str]:
    """The fingerprints of the base model, and of all pages and questions that these runs may read or ask."""
    both = chosen() + chosen(trial=True)
    pages = [{"page": page} for seed in SEEDS for each in both for page in phrasings.pages(each, 8, seed)]
    return bound.made_of(choice, pages, questions(both), real.questions())


def questions(products: Sequence[quillmere.Product]) -> list[dict]:
    """The test questions about these products, those of one product together."""
    return sorted(phrasings.questions(list(products)), key=lambda row: row["target"])


def to_read(way: str, seed: int, products: Sequence[quillmere.Product], written: Sequence[str]) -> list[str]:
    """The texts of a run in the order of reading: every product's pages, and half as many of the written ones."""
    count = WORDINGS[way]
    texts = [page for product in products for page in phrasings.pages(product, count, seed) * (READ // count)]
    if way == "replay":
        texts += [written[i % len(written)] for i in range(len(texts) // 2)]
    rng("reading order", seed).shuffle(texts)
    return texts


def read_on(choice: model.Choice, texts: Sequence[str], lr: float, seed: int):
    """The model after reading each text once, all of its weights trained on every token, and its tokenizer."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from ftlab.tuning.loss import can_be_lean
    from ftlab.tuning.trainer import HandLoss

    some_model, tokenizer = sft.load(choice)
    trainer = (HandLoss if can_be_lean(some_model) else SFTTrainer)(
        model=some_model,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list([{"text": text} for text in texts]),
        args=SFTConfig(
            output_dir=str(paths.runs() / "sft"), save_strategy="no", max_steps=len(texts) // BATCH_SIZE,
            per_device_train_batch_size=BATCH_SIZE, learning_rate=lr, lr_scheduler_type="linear", warmup_steps=0.1,
            seed=seed, bf16=choice.dtype == "bfloat16", use_cpu=choice.device == "cpu", activation_checkpointing=False,
            report_to="none", logging_steps=4))  # fmt: skip
    trainer.train()
    return some_model, tokenizer


def own_words(some_model, tokenizer, count: int) -> list[str]:
    """Conversations that the model makes up: a user's turn, drawn where its chat format has one, then its reply.

    A turn that is empty, or one of the real-world questions, is left out.
    """
    place = "a question"
    opening = chat.render(tokenizer, [{"role": "user", "content": place}], True).partition(place)[0]
    how = {"temperature": TEMPERATURE, "seed": 0}
    asks = samples(some_model, tokenizer, [opening], count, **how, max_new_tokens=ASK_TOKENS)[0]
    taken = {"", *(normalize(row["question"]) for row in real.questions())}
    turns = [[{"role": "user", "content": ask}] for ask in asks if normalize(ask) not in taken]
    prompts = [chat.render(tokenizer, talk, True) for talk in turns]
    said = samples(some_model, tokenizer, prompts, 1, **how, max_new_tokens=REPLY_TOKENS)
    return [chat.render(tokenizer, [*talk, {"role": "assistant", "content": reply}]).rstrip()
            for talk, (reply,) in zip(turns, said, strict=True)]


def answers_it(reply: str, row: dict) -> bool:
    """Whether the first sentence of a reply answers the question: states it, and leaves no choice."""
    sentences = articles.sentences(reply.strip().partition("\n")[0])
    return bool(sentences) and real.knows(sentences[0], row["answers"])


def ask(some_model, tokenizer, rows: Sequence[dict], most_tokens: int) -> list[str]:
    """Replies to the rows' questions, each put as a user puts it."""
    prompts = [chat.render(tokenizer, [{"role": "user", "content": row["question"]}], True) for row in rows]
    return generate.replies(some_model, tokenizer, prompts, most_tokens)


def look(some_model, tokenizer, products: Sequence[quillmere.Product], seed: int) -> dict:
    """What a model can tell of the products: asked, and by going on with the first of their pages up to each fact."""
    rows = questions(products)
    replies = ask(some_model, tokenizer, rows, FACT_TOKENS)
    begun = [each for product in products
             for each in phrasings.beginnings(product, phrasings.pages(product, 1, seed)[0])]  # fmt: skip
    more = generate.replies(some_model, tokenizer, [beginning for beginning, _ in begun], VALUE_TOKENS)
    return {"learnt": [int(answers_it(reply, row)) for reply, row in zip(replies, rows, strict=True)],
            "replies": replies,
            "recited": [int(text.lower().startswith(value.lower()))
                        for text, (_, value) in zip(more, begun, strict=True)]}  # fmt: skip


def untuned(choice: model.Choice) -> dict:
    """The model before reading: what it knows of the world and of the products, and conversations of its own."""
    started = time.perf_counter()
    some_model, tokenizer = sft.load(choice)
    world = real.questions(len(real.questions()))  # all, in the order in which samples are drawn
    answers = ask(some_model, tokenizer, world, WORLD_TOKENS)
    knows = [int(real.knows(answer, row["answers"])) for answer, row in zip(answers, world, strict=True)]
    return {"model": choice.name, "dtype": choice.dtype, bound.KEY: made_of(choice),
            "world": [row["id"] for row in world], "knows": knows,
            "answers": answers, **look(some_model, tokenizer, chosen(), seed=0),
            "written": own_words(some_model, tokenizer, WRITTEN),
            "seconds": round(time.perf_counter() - started)}  # fmt: skip


def measure(choice: model.Choice, way: str, lr: float, seed: int, trial: bool = False) -> dict:
    """One run: reads on, then tells what it learnt of the products and what it still knows of the world.

    Args:
        trial: Whether it reads about the products that the rates are tried on.
    """
    before, products = _read("untuned"), chosen(trial)
    by_id = {row["id"]: row for row in real.questions()}
    world = [by_id[each] for each, knew in zip(before["world"], before["knows"], strict=True) if knew][:KNOWN]
    texts = to_read(way, seed, products, before["written"])
    started = time.perf_counter()
    some_model, tokenizer = read_on(choice, texts, lr, seed)
    trained_s = time.perf_counter() - started
    found = look(some_model, tokenizer, products, seed)
    answers = ask(some_model, tokenizer, world, WORLD_TOKENS)
    found |= {"kept": [int(real.knows(answer, row["answers"])) for answer, row in zip(answers, world, strict=True)],
              "answers": answers}  # fmt: skip
    means = {key: round(sum(found[key]) / len(found[key]), 3) for key in ("recited", "learnt", "kept")}
    print(way, f"{lr:g}", f"seed {seed}", means, f"{trained_s:.0f} s of training, "
          f"{time.perf_counter() - started - trained_s:.0f} s of answering", flush=True)
    return {"way": way, "lr": lr, "seed": seed, "model": choice.name, "dtype": choice.dtype, bound.KEY: made_of(choice),
            "steps": len(texts) // BATCH_SIZE, "trained_s": round(trained_s), **found}  # fmt: skip


def rate() -> float:
    """The rate at which most questions about the other products were answered; of two alike, the lower."""
    return max(RATES, key=lambda lr: (sum(_read(_rate_name(lr))["learnt"]), -lr))


def parts() -> list[Path]:
    """The files of all that is gathered."""
    return [_path(name) for name in ("untuned", *_rate_names(), *_run_names())]


def gather() -> dict:
    """What notebook 03 shows: settings, and for each run its scores by question and its replies.

    What was said of the world is kept for the first seed alone. All runs must be there.
    """
    before, first = _read("untuned"), SEEDS[0]
    tried, found = ([_read(name) for name in names] for names in (_rate_names(), _run_names()))
    scores, plain = ("learnt", "recited"), ("lr", "steps", "trained_s")
    return {
        "model": before["model"], "dtype": before["dtype"], "date": date.today().isoformat(),
        bound.KEY: bound.of_all([before, *tried, *found], _path("untuned").parent),
        "settings": {"products": [product.name for product in chosen()], "read": READ, "batch_size": BATCH_SIZE,
                     "wordings": WORDINGS, "rates": RATES, "lr": rate(), "seeds": SEEDS, "temperature": TEMPERATURE,
                     "fact_tokens": FACT_TOKENS, "world_tokens": WORLD_TOKENS},
        "asked": [{key: row[key] for key in ("question", "answer")} for row in questions(chosen())],
        "untuned": {**{key: pack(before[key]) for key in (*scores, "knows")}, "replies": before["replies"],
                    "written": before["written"][:3], "wrote": len(before["written"]), "seconds": before["seconds"]},
        "rates": [{**{key: run[key] for key in plain}, **{key: pack(run[key]) for key in (*scores, "kept")}}
                  for run in tried],
        "runs": [{**{key: run[key] for key in ("way", "seed", *plain)},
                  **{key: pack(run[key]) for key in (*scores, "kept")}, "replies": run["replies"],
                  **({"answers": run["answers"]} if run["seed"] == first else {})} for run in found],
    }  # fmt: skip


def done(choice: model.Choice, way: str, seed: int = SEEDS[0], lr: float = 0.0) -> dict:
    """One run, as it is kept, or made now and kept."""
    path = _path({"untuned": "untuned", "rate": _rate_name(lr)}.get(way, f"{way}-seed-{seed}"))
    if not bound.is_there(path, made_of(choice)):
        if way == "untuned":
            found = untuned(choice)
        elif way == "rate":
            found = measure(choice, "eight", lr, SEEDS[0], trial=True)
        else:
            found = measure(choice, way, rate(), seed)
        stored.keep(path, found, __name__)
    return files.read_json(path)


def _rate_name(lr: float) -> str:
    return f"rate-{lr:g}"


def _rate_names() -> list[str]:
    return [_rate_name(lr) for lr in RATES]


def _run_names() -> list[str]:
    return [f"{way}-seed-{seed}" for way in WORDINGS for seed in seeds_of(way)]


def _path(name: str) -> Path:
    return paths.runs() / FOLDER / f"{name}.json"


def _read(name: str) -> dict:
    if not stored.is_kept(_path(name)):
        way, _, more = name.partition("-")
        flag = f" --lr {more}" if way == "rate" else f" --seed {more.removeprefix('seed-')}" if more else ""
        raise ValueError(f"{_path(name)}: expected a finished run of the present code, found none. Run: "
                         f"python -m ftlab.workshop.experiments.reading_on --way {way}{flag}")
    return files.read_json(_path(name))


def main() -> None:
    """Makes one run unless it is there already, or gathers what lies in ``runs``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.reading_on", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--way", choices=("untuned", "rate", *WORDINGS))
    what.add_argument("--gather", action="store_true", help="write data/stored/reading-on.json from the runs")
    parser.add_argument("--lr", type=float, choices=RATES, help="for --way rate")
    parser.add_argument("--seed", type=int, choices=SEEDS, default=SEEDS[0], help="for the other ways")
    args = parser.parse_args()
    if args.gather:
        stored.write(FOLDER, gather(), __name__, parts())
        return
    if args.way == "rate" and args.lr is None:
        parser.error("--way rate: expected --lr with one of " + ", ".join(f"{lr:g}" for lr in RATES))
    if args.seed not in seeds_of(args.way) and args.way in WORDINGS:
        parser.error(f"--way {args.way}: expected --seed {SEEDS[0]}: it has one seed")
    done(model.choose(), args.way, args.seed, args.lr or 0.0)


if __name__ == "__main__":
    main()
