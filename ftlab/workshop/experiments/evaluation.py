"""What the untuned model wrote when it was asked well, how it judges, and the assistant's replies: for notebook 08.

The three prompts, and all test conversations, take longer than a lesson has, so notebook 08 reads the replies from
``data/stored/rival-replies.json`` and ``assistant-replies.json``. They are those behind ``desk-work.json``: ``python -m
ftlab.workshop.experiments.desk_work`` writes them to ``runs/desk-work`` (with ``--rivals`` those to the prompts), and
``python -m ftlab.workshop.experiments.evaluation`` stores them. With ``--judge`` it asks the untuned model for its
verdict on labelled drafts instead, into ``data/stored/untuned-judge.json``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ftlab import assistant, files, model, paths, texts
from ftlab.scores import desk, judge
from ftlab.tuning import generate, sft
from ftlab.workshop import stored
from ftlab.world.pairs import KINDS

WAYS = ("plain", "guide", "examples")
JUDGED = 80  # plain test conversations whose drafts the untuned model judges
TASK = (
    "You check drafts of a shop's support desk. A draft is good if it begins with thanks, states the right value from "
    "the screen, says we and not I, has no exclamation mark, ends with a next step and the sign-off 'Warmly, the "
    "Quillmere desk'. Else it is bad. Answer with one word: good or bad."
)


def gather(run: Path) -> dict:
    """The stored replies from a run of the rivals: for each way the replies, and what a reply took.

    Args:
        run: ``rivals.json`` of ``ftlab.workshop.experiments.desk_work``.
    """
    asked, made = files.read_json(run), files.read_json(stored.note_path(run))
    note = (f"{asked['model']} asked in three ways about {len(asked['ids'])} test conversations on {made['date']}, in "
            f"{asked['dtype']}; the replies are stored.")
    return {"note": note, "model": asked["model"], "dtype": asked["dtype"], "ids": asked["ids"],
            **{way: {key: asked[way][key] for key in ("prompt_tokens", "seconds_each", "replies")} for way in WAYS}}


def asked_to_judge(draft: judge.Draft) -> dict:
    """The conversation of ``judge.judge_row`` with the task in words, as a model needs it that has not learned it."""
    screen, *talk = judge.judge_row(draft.row, draft.text)["messages"]
    return {"messages": [{"role": "system", "content": f"{TASK}\n\nScreen: {screen['content']}"}, *talk]}


def untuned_judge(choice: model.Choice, seed: int = 0) -> dict:
    """The untuned model's margins between "good" and "bad" on labelled drafts, with the truth about each."""
    untuned, tokenizer = sft.load(choice)
    drafts = judge.drafts(texts.plain_conversations("test")[:JUDGED], seed)
    with generate.computing_in(untuned, choice.dtype):
        margins = judge.label_margins(untuned, tokenizer, [asked_to_judge(draft) for draft in drafts], batch_size=16)
    return {"model": choice.name, "dtype": choice.dtype, "seed": seed, "fit": [int(draft.fit) for draft in drafts],
            "margins": [round(each, 3) for each in margins]}


def gather_assistant(run: Path) -> dict:
    """The stored replies of the assistant, by id, and by kind whether each is fit to send.

    Args:
        run: ``seed-0.json`` of ``ftlab.workshop.experiments.desk_work``.
    """
    asked, made = files.read_json(run), files.read_json(stored.note_path(run))
    test = texts.conversations("test")
    note = (f"{asked['model']}, tuned on {asked['examples']:,} conversations (seed {asked['seed']}), answered all "
            f"{len(test)} test conversations on {made['date']}, in {asked['dtype']}; the replies are stored.")
    return {"note": note, "model": asked["model"], "dtype": asked["dtype"],
            "settings": assistant.settings(asked["seed"]), "train_s": asked["train_s"], "write_s": asked["write_s"],
            "fit": fit_by_kind(asked["replies"], test),
            "replies": {row["id"]: reply for row, reply in zip(test, asked["replies"], strict=True)}}


def fit_by_kind(replies: list[str], rows: list[dict]) -> dict[str, list[int]]:
    """Of each kind, in the rows' order, whether each reply is fit to send."""
    return {kind: [int(desk.is_fit(reply, row)) for reply, row in zip(replies, rows, strict=True)
                   if row["kind"] == kind] for kind in KINDS}


def main() -> None:
    """Writes the two files of replies in ``data/stored`` from ``runs/desk-work``, or ``untuned-judge.json``."""
    stored.watch()
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.evaluation", description=__doc__)
    parser.add_argument("--judge", action="store_true", help="ask the untuned model to judge (half a minute)")
    rivals, tuned = (paths.runs() / "desk-work" / f"{name}.json" for name in ("rivals", "seed-0"))
    if parser.parse_args().judge:
        stored.write("untuned-judge", untuned_judge(model.choose()), __name__)
    else:
        stored.write("rival-replies", gather(rivals), __name__, [rivals])
        stored.write("assistant-replies", gather_assistant(tuned), __name__, [tuned])


if __name__ == "__main__":
    main()
