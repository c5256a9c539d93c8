"""Which of two replies is better: the true worth of a reply, and simulated raters who vote with errors and leanings.

The worth of a reply is what the desk's head would pay for, and known exactly. A rater means to vote for what he likes:
that worth, and what he has a weakness for. Now and then he slips and votes the other way. What a rater meant, and what
a reply is worth, stays apart from the votes: whoever trains on votes sees votes alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from ftlab import files, paths, texts
from ftlab.scores import desk, stated
from ftlab.seeded import rng
from ftlab.tuning import chat
from ftlab.world import brand

# Points. A right fact outweighs all the rest together: no manner makes up for a wrong price. Of the rest, imitation
# gives the first. The last two it gives only as far as what is imitated has them: gold replies regret now and then, and
# are as long as they are.
WEIGHTS = {"right": 4, "on_brand": 1, "regret": 1, "brevity": 1}
SHORT_WORDS, LONG_WORDS = 20, 50  # brevity falls from 1 to 0 between them
TIE_POINTS = 0.1  # three words: nearer replies are equally good to a rater, and to the truth
DUE = ("complaint", "grave")  # kinds of conversation in which something has happened to the customer
FOR_NOTHING = ("fact", "two_facts", "follow_up", "compare", "out_of_scope")  # and in which nothing has


def qualities(reply: str, row: dict) -> dict[str, float]:
    """What a reply's worth is made of, each from 0 to 1.

    right: 1 if nothing is wrong with it (``desk.faults``) but a needless word of regret, which is not counted twice.
    on_brand: the share of the brand guide's rules that it keeps. regret: where something has happened to the customer,
    1 if a word of regret comes before the fact or the handing over; where nothing has, 1 if there is none; of orders
    and what the screen does not show always 1. brevity: 1 up to 20 words, 0 from 50 words on, a straight line between.

    Args:
        row: A conversation, of the nine kinds or plain (``ftlab.texts``).
    """
    kept, words = brand.check(reply), len(reply.split())
    return {
        "right": float(set(desk.faults(reply, row)) <= {desk.NO_COMPLAINT}),
        "on_brand": sum(kept.values()) / len(kept),
        "regret": float(regrets_rightly(reply, row)),
        "brevity": min(1.0, max(0.0, (LONG_WORDS - words) / (LONG_WORDS - SHORT_WORDS))),
    }


def regrets_rightly(reply: str, row: dict) -> bool:
    """Whether a word of regret stands before the fact where it is due, and nowhere where nothing has happened."""
    sorry = desk.SORRY.search(reply)
    if row["kind"] in FOR_NOTHING:
        return not sorry
    if row["kind"] not in DUE:
        return True
    if not sorry:
        return False
    before = reply[: sorry.start()]
    values = [] if row["hand_over"] else row["expected"]
    return not desk.hands_over(before) and not any(stated.states(before, value, row) for value in values)


def worth(reply: str, row: dict) -> float:
    """The true worth of a reply in points, from 0 to 7: its qualities by ``WEIGHTS``."""
    return sum(WEIGHTS[name] * value for name, value in qualities(reply, row).items())


def better(a: str, b: str, row: dict) -> str:
    """Which of two replies is worth more: "a", "b", or "tie" if they are within ``TIE_POINTS``."""
    return _sign(worth(a, row) - worth(b, row))


def wins(ours: Sequence[str], theirs: Sequence[str], rows: Sequence[dict]) -> list[float]:
    """For each prompt, judged by the true worth: 1 if our reply is better, 0 if theirs is, 0.5 for a tie.

    Shapes:
        ours, theirs, rows: (N,); returns (N,), whose mean is the win rate.
    """
    score = {"a": 1.0, "b": 0.0, "tie": 0.5}
    return [score[better(a, b, row)] for a, b, row in zip(ours, theirs, rows, strict=True)]


class Rater(NamedTuple):
    """Somebody who votes.

    Attributes:
        error: The share of his votes that come out otherwise than he meant.
        per_ten_words: Points that ten words more are worth to him, beyond what they truly are.
        per_apology: Points that a word of regret more is worth to him, up to three of them, due or not.
    """

    name: str
    error: float
    per_ten_words: float = 0.0
    per_apology: float = 0.0

    def leaning(self, reply: str) -> float:
        """What this rater sees in a reply beyond its worth, in points."""
        apologies = min(3, len(desk.SORRY.findall(reply)))
        return self.per_ten_words * len(reply.split()) / 10 + self.per_apology * apologies

    def likes(self, reply: str, row: dict) -> float:
        """What a reply is worth to this rater, in points."""
        return worth(reply, row) + self.leaning(reply)

    def means(self, a: str, b: str, row: dict) -> str:
        """The vote that he would cast if he never slipped: "a", "b" or "tie"."""
        return _sign(self.likes(a, row) - self.likes(b, row))


# Ten words more cost a third of a point in truth, so the second rater gains two thirds by them: still far less than a
# right fact. An apology for nothing costs one point, so the third gains half a point by one.
RATERS = (
    Rater("exact", error=0.10),
    Rater("likes_long", error=0.15, per_ten_words=1.0),
    Rater("likes_sorry", error=0.15, per_apology=1.5),
)


def pair_up(rows: Sequence[dict], samples: Sequence[Sequence[str]], seed: int = 0) -> list[dict]:
    """Pairs of different replies to the same conversation, in an order that says nothing.

    Args:
        rows: Conversations.
        samples: For each of them, the replies that a model gave.
    Returns:
        Pairs with ``id``, ``conversation`` (the row's id), ``kind``, the replies ``a`` and ``b``, and the ``row``.
    """
    found = []
    for row, replies in zip(rows, samples, strict=True):
        different = list(dict.fromkeys(reply for reply in replies if reply))
        for number, two in enumerate(combinations(different, 2)):
            name = f"{row['id']}-{number}"
            a, b = rng("order of a pair", seed, name).sample(two, 2)
            found.append({"id": name, "conversation": row["id"], "kind": row["kind"], "a": a, "b": b, "row": row})
    return found


def cast(pairs: Iterable[dict], raters: Sequence[Rater] = RATERS, seed: int = 0) -> tuple[list[dict], list[dict]]:
    """Lets raters vote on pairs. A vote hangs on the rater, the pair and the seed alone, not on what else is voted on.

    Returns:
        The votes, one for each pair and rater: ``pair``, ``rater``, ``vote`` ("a", "b" or "tie"). And the truth, one
        for each pair: ``pair``, ``worth_a``, ``worth_b``, ``better``, ``meant`` (by rater), ``slipped`` (who did).
    """
    votes, truth, known = [], [], {}  # a reply stands in several pairs
    for pair in pairs:
        a, b, row, slipped = pair["a"], pair["b"], pair["row"], []
        for reply in (a, b):
            if (row["id"], reply) not in known:
                known[row["id"], reply] = worth(reply, row)
        worth_a, worth_b = (known[row["id"], reply] for reply in (a, b))
        meant = {rater.name: _sign(worth_a + rater.leaning(a) - worth_b - rater.leaning(b)) for rater in raters}
        for rater in raters:
            random, vote = rng("vote", seed, rater.name, pair["id"]), meant[rater.name]
            if random.random() < rater.error:
                slipped.append(rater.name)
                vote = random.choice([other for other in ("a", "b") if other != vote])
            votes.append({"pair": pair["id"], "rater": rater.name, "vote": vote})
        truth.append({
            "pair": pair["id"], "worth_a": round(worth_a, 3), "worth_b": round(worth_b, 3),
            "better": _sign(worth_a - worth_b), "meant": meant, "slipped": slipped,
        })  # fmt: skip
    return votes, truth


def ratings(votes: Iterable[dict], raters: Sequence[str]) -> dict[str, list[str]]:
    """For each pair on which all of the raters voted, what each said: "a", "b" or "tie". Who skips has not voted.

    Args:
        votes: Rows with ``pair``, ``rater`` and ``vote``, one for each pair and rater; of more, the last counts.
        raters: Their names, in the order of the answers.
    Returns:
        Lists for ``ftlab.scores.agreement``, by the pair's id.
    """
    said: dict[str, dict[str, str]] = {}
    for vote in votes:
        if vote["rater"] in raters and vote["vote"] != "skip":
            said.setdefault(vote["pair"], {})[vote["rater"]] = vote["vote"]
    return {pair: [by[name] for name in raters] for pair, by in said.items() if len(by) == len(set(raters))}


def decided(votes: Iterable[dict], by: str | None = None) -> dict[str, str]:
    """For each pair "a" or "b", whichever has more votes; pairs with as many for both, or with none, are left out.

    Args:
        votes: Rows with ``pair``, ``rater`` and ``vote``; "tie" and "skip" count for neither.
        by: The rater whose votes alone count; without one, all of them.
    """
    lead: dict[str, int] = {}
    for vote in votes:
        if by in (None, vote["rater"]):
            lead[vote["pair"]] = lead.get(vote["pair"], 0) + {"a": 1, "b": -1}.get(vote["vote"], 0)
    return {pair: "a" if ahead > 0 else "b" for pair, ahead in lead.items() if ahead}


def preferences(pairs: Iterable[dict], votes: Iterable[dict], by: str | None = None, tokenizer=None) -> list[dict]:
    """Pairs and votes as trl's trainers read them, in the pairs' order; undecided pairs are dropped.

    Args:
        by: The rater whose votes count; without one, the majority.
        tokenizer: If given, the prompt is made to fit its chat template (some take no system turn), and the template
            is asked not to think first, as in ``chat.pairs``.
    Returns:
        Rows with ``prompt``, ``chosen`` and ``rejected``, each a list of messages, and ``pair``, the pair's id.
    """
    form = chat.look(tokenizer) if tokenizer else None
    won, rows = decided(votes, by), []
    for pair in pairs:
        if pair["id"] in won:
            first, second = ("a", "b") if won[pair["id"]] == "a" else ("b", "a")
            prompt = pair["row"]["messages"][:-1]
            rows.append({
                "prompt": chat.fit(form, prompt) if form else prompt,
                "chosen": [{"role": "assistant", "content": pair[first]}],
                "rejected": [{"role": "assistant", "content": pair[second]}],
                **({"chat_template_kwargs": chat.PLAINLY} if form else {}),
                "pair": pair["id"],
            })  # fmt: skip
    return rows


def flipped(rows: Sequence[dict], share: float, seed: int = 0) -> list[dict]:
    """The rows with chosen and rejected exchanged in a share of them; a larger share flips those of a smaller one too.

    Raises:
        ValueError: If the share is not from 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share: expected a number from 0 to 1, found {share}. 0.2 flips a fifth of the rows.")
    order = list(range(len(rows)))
    rng("flipped", seed).shuffle(order)
    turned = set(order[: round(share * len(rows))])
    return [{**row, "chosen": row["rejected"], "rejected": row["chosen"]} if i in turned else dict(row)
            for i, row in enumerate(rows)]


def stored(split: str) -> tuple[list[dict], list[dict]]:
    """The pairs that come with the course, with their conversations, and the simulated raters' votes on them.

    Args:
        split: "train", or "test": pairs of other conversations, held out.
    """
    pairs = stored_pairs(split)
    names = {pair["id"] for pair in pairs}
    return pairs, [vote for vote in _read("votes") if vote["pair"] in names]


def writer() -> str:
    """The name of the model whose assistant wrote the replies of the stored pairs."""
    return files.read_json(paths.data() / "votes" / "made.json")["model"]


def stored_pairs(split: str) -> list[dict]:
    """The pairs alone, each with its conversation as ``row``, and how its replies were drawn as ``way_a``, ``way_b``.

    Way 0 is the whole assistant, way 1 three fifths of its adapter (``ftlab.workshop.experiments.votes``).
    """
    rows = {row["id"]: row for row in texts.conversations("train")}
    return [{**pair, "row": rows[pair["conversation"]]} for pair in _read("pairs") if pair["split"] == split]


def stored_truth() -> dict[str, dict]:
    """The truth of the stored pairs of both splits, by the pair's id: for judging, and never to train on."""
    return {row["pair"]: row for row in _read("truth")}


def _read(name: str) -> list[dict]:
    return files.read_jsonl(paths.data() / "votes" / f"{name}.jsonl")


def _sign(difference: float) -> str:
    return "tie" if abs(difference) < TIE_POINTS else "a" if difference > 0 else "b"
