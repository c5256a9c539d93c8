"""What the untuned model wrote when it was asked well, how it judges, and the assistant's replies: for notebook 08.

The three prompts take longer than a lesson has, so notebook 08 reads them from ``data/stored/rival-replies.json``.
They are the replies behind ``desk-work.json``: ``python -m ftlab.workshop.experiments.desk_work --rivals`` writes
them to ``runs/desk-work``, and ``python -m ftlab.workshop.experiments.evaluation`` stores them. With ``--judge`` it
asks the untuned model for its verdict on labelled drafts instead, into ``data/stored/untuned-judge.json``; with
``--assistant`` it lets the assistant answer every test conversation, into ``data/stored/assistant-replies.json``.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import date, datetime
from pathlib import Path

from ftlab import assistant, files, model, paths, texts
from ftlab.course import doctor
from ftlab.scores import desk, judge
from ftlab.tuning import chat, generate, sft
from ftlab.world.pairs import KINDS

WAYS = ("plain", "guide", "examples")
JUDGED = 80  # plain test conversations whose drafts the untuned model judges
REPLY_TOKENS = 80  # most tokens of a reply; the longest gold reply has 73
TASK = (
    "You check drafts of a shop's support desk. A draft is good if it begins with thanks, states the right value from "
    "the screen, says we and not I, has no exclamation mark, ends with a next step and the sign-off 'Warmly, the "
    "Quillmere desk'. Else it is bad. Answer with one word: good or bad."
)


def gather(run: Path) -> dict:
    """The stored replies from a run of the rivals: for each way the replies, and what a reply took.

    Args:
        run: ``rivals.json`` of ``ftlab.workshop.experiments.desk_work``, made on this computer.
    """
    asked = files.read_json(run)
    date = datetime.fromtimestamp(run.stat().st_mtime).date().isoformat()
    note = (f"{asked['model']} asked in three ways about {len(asked['ids'])} test conversations on {date}, in "
            f"{asked['dtype']}; the replies are stored.")
    return {"note": note, "date": date, "machine": doctor.machine(), "model": asked["model"], "dtype": asked["dtype"],
            "ids": asked["ids"],
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
    return {"model": choice.name, "dtype": choice.dtype, "machine": doctor.machine(), "date": date.today().isoformat(),
            "seed": seed, "fit": [int(draft.fit) for draft in drafts], "margins": [round(each, 3) for each in margins]}


def assistant_replies(choice: model.Choice, seed: int = 0) -> dict:
    """The assistant's reply to every test conversation, by id, and by kind whether each is fit to send."""
    run, test = assistant.tuned(choice, seed), texts.conversations("test")
    start = time.perf_counter()
    replies = generate.replies(run.model, run.tokenizer, chat.prompts(run.tokenizer, test), REPLY_TOKENS)
    seconds = round(time.perf_counter() - start)
    today = date.today().isoformat()
    note = (f"{choice.name}, tuned on {len(assistant.rows()):,} conversations (seed {seed}), answered all {len(test)} "
            f"test conversations on {today}, in {choice.dtype}; the replies are stored.")
    return {"note": note, "date": today, "machine": doctor.machine(), "model": choice.name, "dtype": choice.dtype,
            "settings": assistant.settings(seed), "write_s": seconds, "fit": fit_by_kind(replies, test),
            "replies": {row["id"]: reply for row, reply in zip(test, replies, strict=True)}}


def fit_by_kind(replies: list[str], rows: list[dict]) -> dict[str, list[int]]:
    """Of each kind, in the rows' order, whether each reply is fit to send."""
    return {kind: [int(desk.is_fit(reply, row)) for reply, row in zip(replies, rows, strict=True)
                   if row["kind"] == kind] for kind in KINDS}


def main() -> None:
    """Writes ``rival-replies.json`` in ``data/stored`` from ``runs/desk-work/rivals.json``, or one of the others."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.experiments.evaluation", description=__doc__)
    parser.add_argument("--judge", action="store_true", help="ask the untuned model to judge (half a minute)")
    parser.add_argument("--assistant", action="store_true", help="let the assistant answer the test (five minutes)")
    args = parser.parse_args()
    if args.judge:
        name, found = "untuned-judge", untuned_judge(model.choose())
    elif args.assistant:
        name, found = "assistant-replies", assistant_replies(model.choose())
    else:
        name, found = "rival-replies", gather(paths.runs() / "desk-work" / "rivals.json")
    files.write_text(paths.data() / "stored" / f"{name}.json", json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
