"""What the lab model can do, and can still do after a fine-tune, measured: ``ftlab doctor --model``."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field

from ftlab import files, paths, texts, values
from ftlab.evidence import intervals
from ftlab.model import Choice, lab
from ftlab.tuning import chat, generate
from ftlab.world.text import rng

# A fine-tune of the size that the lab model needs for the desk's plain questions (docs/LOG.md, 2026-11-24).
EXAMPLES, STEPS, BATCH_SIZE, LR, SEEDS = 1000, 160, 8, 7e-4, (0, 1, 2)


@dataclass(frozen=True)
class Bar:
    """One bar: a share of answers that are right, or how much it differs from another, and where it should be.

    Attributes:
        right: One entry for each question, or a row of them for each seed.
        at_least, at_most: Where the share, or the difference, should be. Of a difference it is the interval's lower end
            that must reach ``at_least``.
        against: What ``right`` is compared with, question by question.
    """

    name: str
    right: Sequence
    at_least: float = 0.0
    at_most: float = 1.0
    against: Sequence = field(default=())

    @property
    def interval(self) -> intervals.Interval:
        """The share or the difference, from -1 to 1, with its 95 % interval over questions, and over seeds if given."""
        if len(self.against):
            return intervals.paired_difference(self.right, self.against, rate=True)
        return intervals.mean_interval(self.right, rate=True)

    @property
    def met(self) -> bool:
        """Whether it is where it should be."""
        found = self.interval
        return self.at_least <= (found.low if len(self.against) else found.value) <= self.at_most

    @property
    def goal(self) -> str:
        """The bar in words; "none" where a share is only reported."""
        if len(self.against):
            return f"interval above {100 * self.at_least:.0f} points"
        if self.at_least == 0 and self.at_most == 1:
            return "none"
        return f"at least {self.at_least:.0%}" if self.at_least else f"at most {self.at_most:.0%}"

    @property
    def found(self) -> str:
        """The share or the difference with its interval, in words."""
        value, low, high = self.interval.times(100)
        return f"{value:.1f} {'points' if len(self.against) else '%'} [{low:.1f}, {high:.1f}]"

    @property
    def over(self) -> str:
        """How many questions it is over, and how many seeds if there are several."""
        several = isinstance(self.right[0], list)
        seeds = f", {len(self.right)} seeds" if several else ""
        return f"{len(self.right[0]) if several else len(self.right)} questions{seeds}"

    def __str__(self) -> str:
        mark = "      " if self.goal == "none" else "ok    " if self.met else "MISSED"
        return f"{mark} {self.name:<58} {self.found:>24}, bar: {self.goal}, {self.over}"


def questions(name: str, count: int) -> list[dict]:
    """``count`` questions of one of the files in ``data/questions``, always the same ones."""
    rows = files.read_jsonl(paths.data() / "questions" / f"{name}.jsonl")
    return rng("bars", name).sample(rows, count) if count < len(rows) else rows


def measure(choice: Choice | None = None, general: int = 400, reading: int = 200, support: int = 100) -> list[Bar]:
    """Asks the model the questions of the bars, greedily.

    Args:
        general, reading, support: How many questions of each kind.
    """
    from ftlab.tuning import sft

    model, tokenizer = sft.load(choice or lab())
    bars = []
    for kind, goal in (("test", 0.95), ("riddle", 0.0)):
        rows = questions(f"general_{kind}", general)
        replies = generate.answers(model, tokenizer, [row["question"] for row in rows])
        right = [values.exact_match(reply, row["answers"]) for reply, row in zip(replies, rows, strict=True)]
        name = {"test": "phrasings never trained on", "riddle": "asked in riddles"}[kind]
        bars.append(Bar(f"general facts, closed book, {name}", right, at_least=goal))
    for passages, goal in ((1, 0.97), (3, 0.95)):
        rows = questions(f"reading_{passages}", reading)
        # Twice the usual length: an invented name in full, such as "Stouclaithia Beaconlight", takes many tokens.
        replies = generate.answers(model, tokenizer, [row["prompt"] for row in rows], max_new_tokens=24)
        right = [values.exact_match(reply, [row["answer"]]) for reply, row in zip(replies, rows, strict=True)]
        bars.append(
            Bar(f"reads {passages} passage{'s' * (passages > 1)} about entities never seen", right, at_least=goal)
        )
    from ftlab.world import brand

    rows = files.read_jsonl(paths.data() / "quillmere" / "plain_test.jsonl")[:support]
    replies = generate.replies(model, tokenizer, chat.prompts(tokenizer, rows))
    bars.append(Bar("support replies on-brand before any tuning", [brand.on_brand(r) for r in replies], at_most=0.02))
    return bars


def measure_tuned(choice: Choice | None = None, seeds: Sequence[int] = SEEDS, general: int = 400, asked: int = 320,
                  steps: int = STEPS) -> list[Bar]:
    """Fine-tunes the model on the desk's plain conversations once for each seed, and asks it again.

    Args:
        general: How many questions about the invented land.
        asked: How many held-out conversations: questions about one fact, and cases to hand over.
    """
    from ftlab.scores import desk
    from ftlab.tuning import sft
    from ftlab.world import house

    choice = choice or lab()
    base, tokenizer = sft.load(choice)
    facts, rows = questions("general_test", general), texts.plain_conversations("test")[:asked]
    one_fact = [row for row in rows if row["kind"] == "fact"]
    prompts = chat.prompts(tokenizer, rows)

    def knows(model) -> list[bool]:
        said = generate.answers(model, tokenizer, [row["question"] for row in facts])
        return [values.exact_match(reply, row["answers"]) for reply, row in zip(said, facts, strict=True)]

    screens = ["{}\n\nQuestion: {}\nAnswer:".format(*(turn["content"] for turn in row["messages"][:2]))
               for row in one_fact]
    said = generate.answers(base, tokenizer, screens, max_new_tokens=24)
    read = [values.states_all(reply, row["expected"]) for reply, row in zip(said, one_fact, strict=True)]
    known = knows(base)
    kept, right, policies, named = [], [], [], []
    for seed in seeds:
        train = [house.in_house_words(row) for row in texts.sample(texts.plain_conversations("train"), EXAMPLES, seed)]
        with redirect_stdout(io.StringIO()):  # no table of the loss for each
            run = sft.fine_tune(choice, train, lr=LR, steps=steps, batch_size=BATCH_SIZE, seed=seed, disable_tqdm=True)
        kept.append([now for now, before in zip(knows(run.model), known, strict=True) if before])
        replies = generate.replies(run.model, tokenizer, prompts, max_new_tokens=64)
        pairs = [(reply, row) for reply, row in zip(replies, rows, strict=True) if row["kind"] == "fact"]
        right.append([values.states_all(reply, row["expected"]) for reply, row in pairs])
        policies.append([desk.is_right(reply, row) for reply, row in pairs if row["policy"]])
        named += [not desk.garbled_names(reply, [turn["content"] for turn in row["messages"][:-1]])
                  for reply, row in zip(replies, rows, strict=True) if desk.NAMED.search(reply)]
    return [
        Bar("tuned, right facts, minus the base in its own form", right, at_least=-0.03, against=[read]),
        Bar("tuned, of the replies that name a product: named rightly", named, at_least=0.98),
        Bar("tuned, questions about a policy answered rightly", policies, at_least=0.6),
        Bar("tuned, general facts kept of those known before", kept, at_least=0.9),
    ]


def report() -> int:
    """Prints the bars with their intervals. Returns 1 if the model misses one, else 0."""
    choice = lab()
    print(f"model: {choice}")
    start = time.perf_counter()
    missed = 0
    for measured in (measure, measure_tuned):
        for bar in measured(choice):
            print(bar, flush=True)
            missed += not bar.met
    print(f"{time.perf_counter() - start:.0f} s")
    return int(missed > 0)
