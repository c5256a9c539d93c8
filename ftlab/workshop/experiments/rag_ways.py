"""The models, the index and the writing behind the stored comparison of weights and documents."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from ftlab import assistant, files, model, paths, shelf
from ftlab.retrieval import answers, embedder, firm, index, several, unscreened
from ftlab.retrieval.chunks import Chunk
from ftlab.tuning import chat, checkpoints, generate, sft
from ftlab.workshop import stored
from ftlab.workshop.experiments import rag_rows

SIZE, DEEP = 50, 40  # words in a chunk; places of the long list that damaged passages are taken from
REPLY_TOKENS, AT_ONCE = 72, 16  # most tokens of a reply; replies between two savings
ROUNDS = 3  # trainings of a kind, one on top of the other
LR, BATCH_SIZE = 1e-3, 8  # of the closed-book training, of RAFT and of the retraining: as the assistant was tuned
SCORES = ("facts", "manner", "fit", "cited", "handed_over", "made_up", "named", "unsourced")
COSTS = ("read", "written", "seconds")  # of each reply: tokens of its prompt, its own, and seconds of one core
SEEDLESS = ("untuned", "assistant")  # models that come as they are: no seed of ours changes them


def folder() -> Path:
    """Where all of this is kept: another assistant or other texts get a folder of their own, and nothing is mixed."""
    return paths.runs() / f"rag-{mark()}"


@cache
def mark() -> str:
    """A short hash of all that is put in: the assistant, what is asked and trained on, the pages, the settings."""
    choice = model.choose()
    place = shelf.place("assistant", choice, assistant.rows(), **assistant.settings())
    adapters = [each / shelf.MODEL for each in (place, *shelf.shipped(place))]
    weights = [checkpoints.fingerprint(each) for each in adapters if each.is_dir()]
    pages = [asdict(page) for year in (2025, 2026) for page in firm.pages(year)]
    asked = rag_rows.asked() + rag_rows.one_fact() + rag_rows.changed("test")
    trained = rag_rows.closed_rows(0) + rag_rows.raft_asked(0) + rag_rows.changed("train")
    start = {"model": choice.name, "weights": weights[:1], "settings": settings()}
    return checkpoints.fingerprint([start, *asked, *trained, *pages])[:8]


def settings() -> dict:
    """The numbers that are set, as the stored file tells them."""
    return {"passages": rag_rows.SHOWN, "words_a_chunk": SIZE, "exposures": rag_rows.EXPOSURES,
            "raft_rows": rag_rows.RAFT_ROWS, "without": rag_rows.WITHOUT, "update_epochs": rag_rows.UPDATE_EPOCHS,
            "lr": LR, "batch_size": BATCH_SIZE, "reply_tokens": REPLY_TOKENS, "rounds": ROUNDS}  # fmt: skip


# Models --------------------------------------------------------------------------------------------------------------


def merged(make: Callable[[], sft.Run], name: str) -> model.Choice:
    """A tuned model with its adapter merged in, saved once, as the model that a further training starts from."""
    place = folder() / name

    def save() -> dict:
        run = make()
        run.model.merge_and_unload().save_pretrained(place)
        run.tokenizer.save_pretrained(place)
        return {}

    stored.part(folder() / f"merged-{name}.json", save, __name__)
    return replace(model.choose(), name=name, path=str(place))


def start(seed: int) -> model.Choice:
    """The assistant, merged: closed-book training and RAFT both go on from it."""
    return merged(lambda: assistant.tuned(model.choose(), 0), "assistant-0")


def tuned(name: str, choice: model.Choice, rows: list[dict], seed: int, epochs: int = 1) -> sft.Run:
    """One training on top of ``choice``, kept on the shelf."""
    steps = max(1, round(epochs * len(rows) / BATCH_SIZE))
    return sft.from_shelf(name, choice, rows, lora=sft.LORA, lr=LR, steps=steps, batch_size=BATCH_SIZE, seed=seed)


def closed_book(seed: int, rounds: int = 1) -> sft.Run:
    """The assistant, tuned on every fact of the test products and policies, without a document.

    Args:
        rounds: How many such trainings, each on top of the one before, with its adapter merged in.
    """
    rows = rag_rows.closed_rows(seed, begin=rag_rows.EXPOSURES * (rounds - 1))
    return tuned("rag-closed", after("closed", closed_book, seed, rounds - 1), rows, seed)


def raft(seed: int, rounds: int = 1) -> sft.Run:
    """The assistant, tuned to read numbered passages among distractors; it never saw a test product.

    Args:
        rounds: As in ``closed_book``, each on other conversations.
    """
    before = after("raft", raft, seed, rounds - 1)
    lists = found(rag_rows.raft_asked(seed, rounds), DEEP)
    return tuned("rag-raft", before, rag_rows.raft_rows(seed, lists, chunks(), rounds), seed)


def after(name: str, make: Callable[[int, int], sft.Run], seed: int, rounds: int) -> model.Choice:
    """The model after so many rounds of a training, merged; after none it is the assistant."""
    return merged(lambda: make(seed, rounds), f"{name}-{rounds}-{seed}") if rounds else start(seed)


def retrained(seed: int) -> sft.Run:
    """The closed-book model of most rounds, tuned further on the facts that 2026 changed, and on nothing else."""
    rows = [unscreened.closed(row) for row in rag_rows.changed("train")]
    return tuned("rag-update", after("closed", closed_book, seed, ROUNDS), rows, seed, epochs=rag_rows.UPDATE_EPOCHS)


def untuned(seed: int) -> sft.Run:
    """The real model as it came."""
    return sft.Run(*sft.load(model.choose()), [], 0.0)


def the_assistant(seed: int) -> sft.Run:
    """The assistant as it came from its lesson."""
    return assistant.tuned(model.choose(), 0)


MODELS: dict[str, Callable[[int], sft.Run]] = {
    "untuned": untuned,
    "assistant": the_assistant,
    "closed book": closed_book,
    "closed book, 2 rounds": lambda seed: closed_book(seed, 2),
    "closed book, 3 rounds": lambda seed: closed_book(seed, 3),
    "retrained": retrained,
    "RAFT": raft,
    "RAFT, 2 rounds": lambda seed: raft(seed, 2),
    "RAFT, 3 rounds": lambda seed: raft(seed, 3),
}


# Documents -----------------------------------------------------------------------------------------------------------


def store(year: int, with_notices: bool = False) -> index.Index:
    """The index of Quillmere's pages of a year; with the notices of 2026 beside them if wanted."""
    return _store(folder() / f"index-{index.FORMAT}-{year}{'-notices' * with_notices}", year, with_notices)


@cache
def _store(place: Path, year: int, with_notices: bool) -> index.Index:
    made = place.with_name(f"{place.name}.json")
    if stored.is_kept(made):
        return index.open(place, embedder.load())
    shutil.rmtree(place, ignore_errors=True)
    opened = index.create(place, embedder.load(), size=SIZE)
    opened.sync(firm.pages(year) + (firm.notices() if with_notices else []))
    stored.keep(made, {}, __name__)
    return opened


@cache
def chunks(year: int = 2025) -> list[Chunk]:
    """Every chunk of a year's pages."""
    return store(year).chunks()


def found(rows: Sequence[dict], count: int, year: int = 2025, with_notices: bool = False) -> dict[str, list[Chunk]]:
    """The passages that the hybrid search finds for each row's question, by the row's id."""
    questions = [row["messages"][0]["content"] for row in rows]
    hits = store(year, with_notices).search_all(questions, count, "hybrid")
    return {row["id"]: [hit.chunk for hit in each] for row, each in zip(rows, hits, strict=True)}


def found_each(rows: Sequence[dict], count: int) -> list[list[Chunk]]:
    """The same passages, but with a search of its own for each of two products that a question names."""
    names = sorted({page.about for page in firm.pages() if page.kind == "product"}, key=len, reverse=True)
    return [several.search_each(store(2025), row["messages"][0]["content"], names, count) for row in rows]


# Replies -------------------------------------------------------------------------------------------------------------


class Writer:
    """A model that writes each prompt's reply once: what lies in ``runs`` is not written again."""

    def __init__(self, name: str, seed: int):
        self.name, self.seed, self.run = name, 0 if name in SEEDLESS else seed, None
        self.path = folder() / f"replies-{name.replace(',', '').replace(' ', '-')}-{self.seed}.json"
        self.kept = files.read_json(self.path) if stored.is_kept(self.path) else {}

    def replies(self, asked: Sequence[dict]) -> list[dict]:
        """For each conversation the reply, its tokens, those of the prompt, and the processor seconds that it took."""
        self.run = self.run or MODELS[self.name](self.seed)
        prompts = chat.prompts(self.run.tokenizer, list(asked))
        keys = [hashlib.sha256(prompt.encode()).hexdigest()[:16] for prompt in prompts]
        lengths = [len(ids) for ids in generate.encode(self.run.tokenizer, prompts)]
        new = {key: i for i, key in enumerate(keys) if key not in self.kept}
        missing = sorted(new.values(), key=lengths.__getitem__)
        if missing:  # all that these replies depend on has been read by now
            stored.keep(self.path, self.kept, __name__)
        for begin in range(0, len(missing), AT_ONCE):
            part, started = missing[begin : begin + AT_ONCE], time.process_time()
            texts = generate.replies(self.run.model, self.run.tokenizer, [prompts[i] for i in part], REPLY_TOKENS)
            took = (time.process_time() - started) / len(part)
            for i, text in zip(part, texts, strict=True):
                tokens = len(self.run.tokenizer(text, add_special_tokens=False)["input_ids"])
                self.kept[keys[i]] = {"reply": text, "read": lengths[i], "written": tokens, "seconds": round(took, 3)}
            files.write_json(self.path, self.kept)
        return [self.kept[key] for key in keys]


def answer(name: str, seed: int, rows: Sequence[dict], prompts: Sequence[dict], shown: Sequence = ()) -> dict:
    """The replies of one model to prompts made from rows, with their scores."""
    written = Writer(name, seed).replies(prompts)
    shown = list(shown) or [()] * len(rows)
    scored = [answers.score(each["reply"], row, part) for each, row, part in zip(written, rows, shown, strict=True)]
    result = {key: [score[key] for score in scored] for key in SCORES}
    result |= {key: [each[key] for each in written] for key in ("reply", *COSTS)}
    print(name, {key: round(mean(result[key]), 2) for key in (*SCORES, "seconds")}, flush=True)
    return result


def mean(scores: Sequence) -> float:
    """The mean of the scores that there are; NaN if there are none."""
    there = [score for score in scores if score is not None]
    return sum(there) / len(there) if there else float("nan")


# What is stored ------------------------------------------------------------------------------------------------------


def small(result: dict, replies: bool = True) -> dict:
    """A result with its scores packed, as the stored file keeps it, with or without its replies."""
    kept = {}
    for key, value in result.items():
        if isinstance(value, dict):
            kept[key] = small(value, replies)
        elif key in (*SCORES, "stale", "obeyed", "found", "knows"):
            kept[key] = "".join("-" if score is None else str(score) for score in value)
        elif key in COSTS and isinstance(value, list):
            kept[key] = [round(each, 2) for each in value]
        elif key != "log" and (replies or key != "reply"):
            kept[key] = value
    return kept


def with_found(result: dict, rows: list[dict]) -> dict:
    """A part with passages, and whether they hold everything that the right replies must state, 0 or 1 by question."""
    if "passages" not in result:
        return result
    by_id = {chunk.id: chunk for chunk in chunks()}
    pairs = [(row, [by_id[id] for id in ids]) for row, ids in zip(rows, result["passages"], strict=True)]
    found_all = [int(all(any(unscreened.holds(chunk, *each, row) for chunk in part) for each in needed)) if needed else
                 None for row, part in pairs for needed in [unscreened.values(row)]]  # fmt: skip
    return {key: value for key, value in result.items() if key != "passages"} | {"found": found_all}
