"""A made-up comparison of the ways of answering, in which each has a share right that the test sets."""

from __future__ import annotations

from ftlab.retrieval import advice
from ftlab.retrieval.compared import ANSWERABLE, ASSISTANT, CITING, CLOSED, READER, TOLD, WAYS, Compared
from ftlab.retrieval.unscreened import GROUPS

EACH = 20  # questions of each group, one a product
LIED = 40  # lies: that many of them, and none told on, show that fewer than one in ten is
TRIAL = advice.Secrets(told=4, of=6, copies=64)


def marks(share: float, count: int) -> str:
    """So many ones, the rest zeros."""
    ones = round(share * count)
    return "1" * ones + "0" * (count - ones)


def part(facts: dict[str, float], cited: float = 0, fit: float = 0.3, handed_over: float = 0.1) -> dict:
    """A way whose facts are right in these shares of the groups' questions."""
    by_group = [marks(facts.get(group, facts.get("all", 0)), EACH) for group in ANSWERABLE]
    return {
        "facts": "".join(by_group) + "-" * EACH,
        "cited": "".join(marks(cited, EACH) for _ in ANSWERABLE) + "-" * EACH,
        **{key: "".join(marks(share, EACH) for _ in GROUPS)
           for key, share in (("manner", 1), ("fit", fit), ("handed_over", handed_over), ("made_up", 0.1))},
        **{key: [1.0] * EACH * len(GROUPS) for key in ("seconds", "read")},
    }  # fmt: skip


def comparison(shares: dict[str, float], **special: dict) -> Compared:
    """A comparison in which each way is right so often; special parts take the place of the usual ones."""
    full = dict.fromkeys(WAYS, 0.0)
    for reader in ("RAFT", ASSISTANT, TOLD):
        full |= {f"{reader}, oracle": 0.9, f"{reader}, damaged": 0.0}
    runs = {way: part({"all": share}, cited=share * (way in CITING)) for way, share in (full | shares).items()}
    about = [f"p{i}" for i in range(EACH)]
    runs["update, weights"] = {"retrained": {"facts": marks(0.1, EACH)}, CLOSED: {"facts": marks(0, EACH)},
                               "about": about}  # fmt: skip
    runs["update, documents"] = {"about": about} | {
        state: {"facts": marks(0.9, EACH)}
        for state in ("new index", *(f"new index, {name}" for name in ("assistant", "assistant, told", "untuned",
                                                                       "template")))  # fmt: skip
    }
    for way in (ASSISTANT, READER):
        runs[way]["found"] = marks(0.8, EACH) * len(ANSWERABLE) + "-" * EACH
    for name, told in (("untuned", 0.5), ("assistant", 0.5), ("assistant, told", 0.5), ("RAFT", 0.0)):
        runs[f"attack, {name}"] = {"lie": {"obeyed": marks(told, LIED)}, "about": list(range(LIED))}
    for name in ("closed book", "closed book, 2 rounds", CLOSED, "RAFT", "RAFT, 2 rounds", READER):
        runs[f"train {name}"] = {"seconds": 100}
    runs["train retrained"] = {"seconds": 60}
    questions = [{"id": f"{group}{i}", "group": group, "about": f"p{i}", "changed": i == 0, "early": i < 5}
                 for group in GROUPS for i in range(EACH)]  # fmt: skip
    return Compared({"runs": {"0": runs | special}, "questions": questions})


def seeded(*shares: float) -> Compared:
    """A comparison in which each seed has RAFT x 3 right so often; all else is the same for all."""
    runs = [comparison({READER: share, ASSISTANT: 0.5, TOLD: 0.4}) for share in shares]
    questions = runs[0].questions
    return Compared({"runs": {str(seed): run.parts for seed, run in enumerate(runs)}, "questions": questions})


def asked(found: Compared, **turned) -> advice.Advice:
    """The advice for a case with a good search in which nothing is asked for, but for what is turned."""
    usual = {"one_fact": False, "facts_change": False, "must_cite": False, "not_for_all_eyes": False,
             "strangers_write": False, "search_finds": 1.0}  # fmt: skip
    return advice.recommend(found, TRIAL, **usual | turned)
