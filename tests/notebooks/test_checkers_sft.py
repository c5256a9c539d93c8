"""Plausible wrong answers meet their own sentence, and right ones of several kinds pass: notebook 02's checkers."""

from __future__ import annotations

import pytest
from exercises import EVERY, run

from ftlab.exercise import NotYet

LABELS, COLLATE, LOSSES, CHOICE = (each for each in EVERY if each.notebook == "02_supervised_finetuning")


# --- labels of a conversation ---

FLAG = """
def labels_from_ids(ids, assistant_id, end_id):
    labels, speaking = [], False
    for token in ids:
        {before}
        labels.append(token if speaking else -100)
        {after}
    return labels
"""
START = "speaking = speaking or token == assistant_id"
STOP = "speaking = speaking and token != end_id"
DROPS = """
def labels_from_ids(ids, assistant_id, end_id):
    return ids[ids.index(assistant_id) + 1:]
"""
FIRST_ONLY = """
def labels_from_ids(ids, assistant_id, end_id):
    start = ids.index(assistant_id) + 1
    end = ids.index(end_id, start) + 1 if end_id in ids[start:] else len(ids)
    return [-100] * start + ids[start:end] + [-100] * (len(ids) - end)
"""
NEEDS_END = """
def labels_from_ids(ids, assistant_id, end_id):
    labels, start = [-100] * len(ids), None
    for i, token in enumerate(ids):
        if token == assistant_id:
            start = i + 1
        elif token == end_id and start is not None:
            labels[start:i + 1], start = ids[start:i + 1], None
    return labels
"""
WITH_USER = """
def labels_from_ids(ids, assistant_id, end_id):
    return [-100 if token == assistant_id else token for token in ids]
"""
BY_PIECES = """
def labels_from_ids(ids, assistant_id, end_id):
    labels, piece = [], []
    for token in [*ids, None]:
        if token is not None:
            piece.append(token)
        if token in (end_id, None):
            labels += [-100] + piece[1:] if piece[:1] == [assistant_id] else [-100] * len(piece)
            piece = []
    return labels
"""
TO_OPENER = """
def labels_from_ids(ids, assistant_id, end_id):
    labels, speaking = [], False
    for token in ids:
        if token == 7:
            speaking = False
        labels.append(token if speaking else -100)
        speaking = speaking or token == assistant_id
        if token == end_id and 7 not in ids[len(labels):]:
            speaking = False
    return labels
"""
FIXED_IDS = """
def labels_from_ids(ids, assistant_id, end_id):
    labels, speaking = [], False
    for token in ids:
        labels.append(token if speaking else -100)
        speaking = (speaking or token == 8) and token != 9
    return labels
"""
USER_OPENER = FIXED_IDS.replace("token == 8", "token == assistant_id").replace("token != 9", "token not in (7, end_id)")
BY_VALUE = """
def labels_from_ids(ids, assistant_id, end_id):
    labels, speaking, words = [], False, set()
    for token in ids:
        words |= {token} if speaking and token != end_id else set()
        labels.append(token if speaking and token == end_id else None)
        speaking = (speaking or token == assistant_id) and token != end_id
    return [label or (token if token in words else -100) for label, token in zip(labels, ids)]
"""
ZERO = FLAG.replace("token if speaking else -100", "(speaking and token) or -100")
IN_PLACE = """
def labels_from_ids(ids, assistant_id, end_id):
    speaking = False
    for i, token in enumerate(ids):
        ids[i] = token if speaking else -100
        speaking = (speaking or token == assistant_id) and token != end_id
    return ids
"""
NUMPY = """
import numpy as np
def labels_from_ids(ids, assistant_id, end_id):
    labels, speaking = np.full(len(ids), -100), False
    for i, token in enumerate(ids):
        labels[i] = token if speaking else -100
        speaking = (speaking or token == assistant_id) and token != end_id
    return labels
"""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(FLAG.format(before=START, after=STOP), "opens the assistant's turn is given"),
     (FLAG.format(before=STOP, after=START), "from it the model learns to stop"),
     (DROPS, "leave nothing out"), (FIRST_ONLY, "each assistant turn counts"), (NEEDS_END, "cut short"),
     (WITH_USER, "user's words"), (TO_OPENER, "what stands between turns"), (FIXED_IDS, "another model has other ids"),
     (USER_OPENER, "another model has other ids"),
     (BY_PIECES, "the reply behind it counts"), (BY_VALUE, "go by the place"),
     (ZERO.format(before="pass", after=f"{START}; {STOP}"), "with the id 0 counts"),
     (IN_PLACE, "the ids themselves have changed")],
)  # fmt: skip
def test_labels_that_count_the_wrong_places_are_told_which(answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(LABELS, answer)


TUPLE = FLAG.format(before="pass", after=f"{START}; {STOP}").replace("return labels", "return tuple(labels)")
YIELDS = """
def labels_from_ids(ids, assistant_id, end_id):
    speaking = False
    for token in ids:
        yield token if speaking else -100
        speaking = (speaking or token == assistant_id) and token != end_id
"""


@pytest.mark.parametrize("answer", [NUMPY, TUPLE, YIELDS])
def test_other_right_labels_pass(answer: str, capsys: pytest.CaptureFixture) -> None:
    run(LABELS, answer)
    assert "Passed." in capsys.readouterr().out


# --- a batch of rows ---

BATCH = """
def collate(rows, pad_id):
    width = max(len(ids) for ids, _ in rows)
    fill = lambda row, what: {fill}
    return {{"input_ids": torch.tensor([fill(ids, pad_id) for ids, _ in rows]),
            "attention_mask": torch.tensor([{mask} for ids, _ in rows]),
            "labels": torch.tensor([fill(labels, {ignored}) for _, labels in rows])}}
"""
RIGHT = {"fill": "row + [what] * (width - len(row))", "mask": "fill([1] * len(ids), 0)", "ignored": "-100"}
PADDED = """
def collate(rows, pad_id):
    from torch.nn.utils.rnn import pad_sequence
    def pad(rows, value):
        return pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=value)
    ids, labels = zip(*rows)
    return {"input_ids": pad(ids, pad_id), "labels": pad(labels, -100),
            "attention_mask": pad([[True] * len(row) for row in ids], False)}
"""


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"ignored": "pad_id"}, "padding must not count"),
     ({"fill": "[what] * (width - len(row)) + row"}, "on the right"),
     ({"mask": "[int(each != pad_id) for each in fill(ids, pad_id)]"}, "tell them apart by the row's length"),
     ({"mask": "[1] * width"}, "0 on padding"),
     ({"fill": "row + [what] * (4 - len(row))"}, "as wide as the longest row"),
     ({"fill": "row + [0 if what >= 0 else what] * (width - len(row))"}, "another model pads with another id"),
     ({"fill": "[float(each) for each in row] + [what] * (width - len(row))"}, "are whole numbers")],
)  # fmt: skip
def test_a_batch_that_shows_its_padding_is_told_where(change: dict, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(COLLATE, BATCH.format(**RIGHT | change))


def test_labels_that_equal_padding_are_kept() -> None:
    hidden = BATCH.format(**RIGHT | {"ignored": "-100"}).replace(
        "fill(labels, -100)", "[-100 if each == pad_id else each for each in fill(labels, -100)]"
    )
    with pytest.raises(NotYet, match="a label that equals pad_id counts"):
        run(COLLATE, hidden)


LISTS = BATCH.format(**RIGHT).replace("torch.tensor(", "(")
BYTES = BATCH.format(**RIGHT).replace("_ in rows]", "_ in rows], dtype=torch.int8")
TWO_ROWS = BATCH.format(**RIGHT).replace("    width", "    (a, b) = rows\n    width")
NARROW = BATCH.format(**RIGHT).replace("\n    fill", "\n    width = min(4, width)\n    fill")
IN_ROWS = """
def collate(rows, pad_id):
    width, mask = max(len(ids) for ids, _ in rows), []
    for ids, labels in rows:
        missing = width - len(ids)
        mask.append([1] * len(ids) + [0] * missing)
        ids += [pad_id] * missing
        labels += [-100] * missing
    return {"input_ids": torch.tensor([ids for ids, _ in rows]), "attention_mask": torch.tensor(mask),
            "labels": torch.tensor([labels for _, labels in rows])}
"""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(LISTS, "each of the three is a tensor"), (BYTES, "must be torch.long"),
     (TWO_ROWS, "any number of rows"), (NARROW, "any number of rows"), (IN_ROWS, "have become longer")],
)  # fmt: skip
def test_a_batch_of_one_shape_alone_or_no_batch_is_told_so(answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(COLLATE, answer)


@pytest.mark.parametrize("answer", [PADDED, BATCH.format(**RIGHT)])
def test_other_right_batches_pass(answer: str, capsys: pytest.CaptureFixture) -> None:
    run(COLLATE, answer)
    assert "Passed." in capsys.readouterr().out


# --- a loss for each row ---

LOSS = """
def batch_row_losses(logits, labels):
    {shift}
    counts = labels != -100
    log_p = logits.log_softmax(-1)
    picked = log_p.gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    return {mean}
"""
SHIFT, MEAN = "logits, labels = logits[:, :-1], labels[:, 1:]", "-(picked * counts).sum(1) / counts.sum(1)"
BY_TORCH = """
def batch_row_losses(logits, labels):
    pairs = zip(logits[:, :-1], labels[:, 1:])
    return torch.stack([torch.nn.functional.cross_entropy(a, b, ignore_index=-100) for a, b in pairs])
"""
BY_NUMPY = "import numpy as np\n" + BY_TORCH.replace("torch.stack(", "np.array(")
FROZEN = BY_TORCH.replace("def ", "@torch.no_grad()\ndef ")
RIGHT_LOSS = LOSS.format(shift=SHIFT, mean=MEAN)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"shift": "pass"}, "shift them by one"),
     ({"mean": "-(picked * counts).mean(1)"}, "divide by the places that count"),
     ({"mean": "-(picked * counts).sum() / counts.sum()"}, "one number for each row"),
     ({"mean": "-picked.mean(1)"}, "divide by the places that count"),
     ({"mean": "-(picked * counts).sum(1)"}, "do not add up"),
     ({"mean": "-(picked * counts).sum(1) / (counts.sum(1) if len(logits) == 2 else counts[1].sum())"},
      "differ from torch's")],  # the last divides every row by one row's number of places
)  # fmt: skip
def test_losses_over_the_wrong_places_are_told_which(change: dict, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(LOSSES, LOSS.format(**{"shift": SHIFT, "mean": MEAN} | change))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(FROZEN, "nothing can be trained"), (BY_NUMPY, "nothing can be trained"),
     (RIGHT_LOSS.replace("logits.log_softmax(-1)", "logits - logits.logsumexp(-1, keepdim=True).detach()"),
      "something in the log-softmax is detached"),
     (RIGHT_LOSS.replace("labels.clamp(min=0)", "labels.masked_fill_(~counts, 0)"), "the labels themselves"),
     (RIGHT_LOSS.replace("logits.log_softmax(-1)", "logits - logits.exp().sum(-1, True).log()"), "overflow exp")],
)  # fmt: skip
def test_losses_that_cannot_train_are_told_why(answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(LOSSES, answer)


@pytest.mark.parametrize("answer", [RIGHT_LOSS, BY_TORCH])
def test_other_right_losses_pass(answer: str, capsys: pytest.CaptureFixture) -> None:
    run(LOSSES, answer)
    assert "Passed." in capsys.readouterr().out


# --- which run goes to the desk ---

# Numbers of our own in the place of the stored ones: "desk" leaks, "mixed" stays under a quarter and is clearly better.
MEASURED = """
def arm(fit, leaks, many=40):
    return {"fit": [1] * fit + [0] * (many - fit), "leaks": [1] * leaks + [0] * (many - leaks), "grave": [1, 0, 0, 0]}
measured = {"base": arm(0, 0), "desk": arm(20, 40), "scaled": arm(12, 36), "mixed": arm(%d, 9)}
"""
BETTER, ALIKE = MEASURED % 10, MEASURED % 1
ANSWER = CHOICE.answer


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(BETTER + "leak_too_much, chosen_run = ['scaled'], 'desk'", "more than a quarter .* not in your list"),
     (BETTER + "leak_too_much, chosen_run = ['desk', 'scaled', 'mixed'], 'base'", "your list has a run"),
     (BETTER + ANSWER + "chosen_run = 'desk'", "leaks too much, however well"),
     (BETTER + ANSWER + "chosen_run = 'base'", "another of those left does most"),
     (ALIKE + ANSWER + "chosen_run = 'mixed'", "not clearly better than base"),
     (BETTER + ANSWER + "chosen_run = 'tuned'", "the runs are called"),
     (BETTER + "leak_too_much, chosen_run = 'desk', 'mixed'", "a list of names"),
     (BETTER + "leak_too_much, chosen_run = True, 'mixed'", "a list of names"),
     (BETTER + ANSWER + "chosen_run = None", "choose one of the runs"),
     (BETTER + ANSWER + "chosen_there = {}", "choose for the houses that are made up, too"),
     (BETTER + ANSWER + "chosen_there['a repair shop'] = 'desk'", "a repair shop: the runs are called base, narrow"),
     (BETTER + ANSWER.replace('if runs[top][2][1] > 0 else "base"', ""), "short is 3 points ahead, but its interval"),
     (BETTER + ANSWER.replace("runs[top][2][1] > 0", "runs[top][2][0] > 0"), "its interval begins at -4"),
     (BETTER + ANSWER.replace("leaks <= 25", "leaks <= 30"), "loud leaks into 28 % of the answers"),
     (BETTER + ANSWER.replace("leaks <= 25", "leaks < 25"), "wide leaks into 25 %, which the rule allows"),
     (BETTER + ANSWER.replace("runs[run][0])", "runs[run][2][1])"), "and has more replies fit"),
     (BETTER + ANSWER + "chosen_there['a repair shop'] = 'base'", "wide leaks .*is clearly better than base")],
)  # fmt: skip
def test_a_run_against_the_houses_rule_is_told_why(answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(CHOICE, answer)


THERE = "chosen_there = {'a repair shop': 'wide', 'a mail-order firm': 'base'}\n"
SPOKEN = THERE + "import numpy as np\nleak_too_much, chosen_run = ('scaled', 'desk'), np.str_('mixed')"


@pytest.mark.parametrize("answer", [BETTER + SPOKEN, BETTER + ANSWER + "leak_too_much = set(leak_too_much)"])
def test_the_run_that_the_rule_picks_passes(answer: str, capsys: pytest.CaptureFixture) -> None:
    run(CHOICE, answer)
    said = capsys.readouterr().out
    assert "Passed. mixed" in said
    assert "25 % of the replies to grave cases" in said


def test_no_run_passes_where_none_is_clearly_better(capsys: pytest.CaptureFixture) -> None:
    run(CHOICE, ALIKE + ANSWER)
    assert "Passed. base" in capsys.readouterr().out


def test_the_stored_runs_leave_a_choice() -> None:
    scope: dict = {}
    exec(CHOICE.stub + "\n" + ANSWER, scope)
    assert len(scope["left"]) > 1, "the house's line leaves base alone: draw another"
