"""What the lab model can do, and can still do after a fine-tune, measured: ``ftlab doctor --model``."""

from __future__ import annotations

import io
import math
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field

from ftlab import files, paths, texts, values
from ftlab.evidence import intervals, spread
from ftlab.model import Choice, lab
from ftlab.seeded import rng
from ftlab.tuning import chat, generate

# A fine-tune of the size that the lab model needs for the desk's plain questions (docs/LOG.md, 2026-11-24).
EXAMPLES, STEPS, BATCH_SIZE, LR, SEEDS = 1000, 160, 8, 7e-4, (0, 1, 2)
TUNE = (f"{EXAMPLES:,} of the desk's plain conversations, {STEPS} steps of {BATCH_SIZE} at a rate of {LR:g}, "
        f"{len(SEEDS)} seeds")


@dataclass(frozen=True)
class Bar:
    """One bar: a share of answers that are right, or how much it differs from another, and where it should be.

    Attributes:
        right: One entry for each question, or a row of them for each seed; None where a reply does not count.
        at_least, at_most: Where the share, or the difference, should be. Of a difference it is the interval's lower end
            that must reach ``at_least``.
        against: What ``right`` is compared with, question by question.
        clusters: What each question is about. Questions about one thing stand or fall together.
    """

    name: str
    right: Sequence
    at_least: float = 0.0
    at_most: float = 1.0
    against: Sequence = field(default=())
    clusters: Sequence = field(default=())

    @property
    def scores(self):
        """The scores of 0 and 1, or their differences from ``against``, (S, N); NaN where a reply does not count."""
        import numpy as np

        scores = np.atleast_2d(np.asarray(self.right, dtype=float))
        return scores - np.asarray(self.against, dtype=float) if len(self.against) else scores

    @property
    def interval(self) -> intervals.Interval:
        """The share or the difference, from -1 to 1, with its 95 % interval over questions, clusters and seeds.

        Where fewer than two replies count, there is no share: the value is NaN, between the ends of the scale.
        """
        import numpy as np

        scores, least = self.scores, -1.0 if len(self.against) else 0.0
        counts = scores[~np.isnan(scores)]
        if scores.shape[1] < 2 or counts.size < 2:
            return intervals.Interval(math.nan, least, 1.0)
        if len(self.against):
            single = intervals.paired_difference(self.right, self.against, rate=True)
        else:
            single = intervals.mean_interval(scores if counts.size == scores.size else counts, rate=True)
        return over_clusters(single, scores, self.clusters, least) if len(self.clusters) else single

    @property
    def met(self) -> bool:
        """Whether it is where it should be. What could not be measured is not."""
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
        if math.isnan(value):
            return "no replies to count"
        return f"{value:.1f} {'points' if len(self.against) else '%'} [{low:.1f}, {high:.1f}]"

    @property
    def over(self) -> str:
        """How many questions or replies it is over, about how many things, and how many seeds if there are several."""
        import numpy as np

        scores = self.scores
        counted = ~np.isnan(scores)
        many = f"{scores.shape[1]} questions" if counted.all() else f"{counted.sum()} of {scores.size} replies"
        about = {name for name, some in zip(self.clusters, counted.any(axis=0), strict=False) if some}
        things = f" about {len(about)} thing{'s' * (len(about) != 1)}" if about else ""
        return f"{many}{things}, {len(scores)} seeds" if len(scores) > 1 else f"{many}{things}"

    def __str__(self) -> str:
        mark = "      " if self.goal == "none" else "ok    " if self.met else "MISSED"
        return f"{mark} {self.name:<58} {self.found:>24}, bar: {self.goal}, {self.over}"


def over_clusters(single: intervals.Interval, scores, clusters: Sequence, least: float) -> intervals.Interval:
    """``single``, each end moved out to that of the interval over clusters and seeds, if that one is wider.

    As in ``ftlab.evidence.clusters``, but for several runs, and for runs of which some scores do not count: the sums
    of each cluster, taken as one score a seed, go through ``spread.half_width``, which adds what seeds vary.

    Args:
        single: The mean of the scores that count, with its interval over questions.
        least: The lower end of the scale; its upper one is 1.
    Shapes:
        scores: (S, N), NaN where a score does not count; clusters: (N,). With a single cluster ``single`` comes back.
    """
    import numpy as np

    counts = ~np.isnan(scores)
    off = np.where(counts, scores - single.value, 0.0)
    columns: dict = {}
    for i, cluster in enumerate(clusters):
        if counts[:, i].any():
            columns.setdefault(cluster, []).append(i)
    if len(columns) < 2:
        return single
    sums = np.stack([off[:, each].sum(axis=1) for each in columns.values()], axis=1)  # (S, K)
    half = spread.half_width(sums * sums.size / counts.sum(), 0.95)  # the mean over K is each seed's own, less the mean
    low, high = max(least, single.value - half), min(1.0, single.value + half)
    return intervals.Interval(single.value, min(single.low, low), max(single.high, high))


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
        clusters = [row["entity"] for row in rows]
        bars.append(Bar(f"general facts, closed book, {name}", right, at_least=goal, clusters=clusters))
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
    on_brand = [brand.on_brand(reply) for reply in replies]
    bars.append(Bar("support replies on-brand before any tuning", on_brand, at_most=0.02, clusters=about(rows)))
    return bars


def about(rows: Sequence[dict]) -> list[str]:
    """What each conversation is about: its product, or its policy."""
    return [row["product"] or row["policy"] for row in rows]


def reads(reply: str, row: dict) -> bool:
    """Whether the base's answer in its own form is right: it is the record's value, or states what a desk's reply must.

    Its pages answer a question about the dishwasher with a bare "no", where the desk must say "not dishwasher safe".
    """
    return values.exact_match(reply, [row["value"]]) or values.states_all(reply, row["expected"])


def measure_tuned(choice: Choice | None = None, seeds: Sequence[int] = SEEDS, general: int = 400, asked: int = 320,
                  steps: int = STEPS) -> list[Bar]:
    """Fine-tunes the model on the desk's plain conversations once for each seed, and asks it again.

    Args:
        general: How many questions about the invented land.
        asked: How many held-out conversations: questions about one fact, and cases to hand over.
    """
    from ftlab.scores import desk, strangers
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
    read = [reads(reply, row) for reply, row in zip(said, one_fact, strict=True)]
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
        named.append([not strangers.garbled_names(reply, [turn["content"] for turn in row["messages"][:-1]])
                      if strangers.NAMED.search(reply) else None for reply, row in zip(replies, rows, strict=True)])
    of_policies = about([row for row in one_fact if row["policy"]])
    of_known = [row["entity"] for row, before in zip(facts, known, strict=True) if before]
    return [
        Bar("tuned, right facts, minus the base in its own form", right, at_least=-0.03, against=[read],
            clusters=about(one_fact)),
        Bar("tuned, of the replies that name a product: named rightly", named, at_least=0.98, clusters=about(rows)),
        Bar("tuned, questions about a policy answered rightly", policies, at_least=0.6, clusters=of_policies),
        Bar("tuned, general facts kept of those known before", kept, at_least=0.9, clusters=of_known),
    ]


def report() -> int:
    """Prints the bars with their intervals. Returns 1 if the model misses one, 130 if it was stopped, else 0."""
    choice = lab()
    print(f"model: {choice}")
    print(f"tuned: {TUNE}")
    print("Intervals are over questions and seeds, and over the things that questions share, whichever is wider.")
    start = time.perf_counter()
    missed = 0
    try:
        for measured in (measure, measure_tuned):
            for bar in measured(choice):
                print(bar, flush=True)
                missed += not bar.met
    except KeyboardInterrupt:
        print("\nftlab doctor --model: stopped. Nothing was written.", file=sys.stderr)
        return 130
    print(f"{time.perf_counter() - start:.0f} s")
    return int(missed > 0)
