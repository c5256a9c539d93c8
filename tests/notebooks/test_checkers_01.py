"""Plausible wrong answers meet their own sentence, and right ones of several kinds pass: notebook 01's checkers."""

from __future__ import annotations

import pytest
from exercises import EVERY, run

from ftlab.exercise import NotYet

ADVICE, MARK, SPLIT, MASK = (exercise for exercise in EVERY if exercise.notebook == "01_data_curation")


def refused(exercise, answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(exercise, answer)


def accepted(exercise, answer: str, capsys: pytest.CaptureFixture) -> None:
    run(exercise, answer)
    assert "Passed." in capsys.readouterr().out


# --- does it pay? ---

ROWS = "plan |= {'test questions': 'drop', 'mail addresses': 'mask', 'no licence': 'drop'}\n"
POLICY = """
for name, each in desks.items():
    worth = {arm: gap.value - each[arm] for arm, gap in gaps[name].items() if gap.low > each[arm]}
    plan[name] = max(worth, key=worth.get, default="as it is")
"""
HAND = """
for name, each in desks.items():
    best, most = "as it is", None
    for arm in ("excellent", "clean"):
        gap = gaps[name][arm]
        over = gap.value - each[arm]
        if gap.low > each[arm] and (most is None or over > most):
            best, most = arm, over
    plan[name] = best
"""
POOR = "plan |= {'wild and poor': 'excellent'}\n"
FREE = "desks['wild'] |= {'clean': -50, 'excellent': -50}\n"  # somebody pays for it, so both ways are worth it


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [("plan = dict.fromkeys(plan, 'clean')", "rows are told"),
     (POLICY + ROWS + "plan['no licence'] = 'keep'", "may not be used, whatever it would bring"),
     (POLICY + ROWS + "plan['test questions'] = 'keep'", "makes the score a lie"),
     (POLICY + ROWS + "plan['mail addresses'] = 'keep'", "learn an address by heart"),
     (POLICY + ROWS + "plan['mail addresses'] = 'drop'", "wastes a good reply"),
     (POLICY + ROWS + "plan['tidy'] = 'yes'", "a desk is told"),
     (POLICY + ROWS + POOR, "not clearly worth it"),
     (POLICY.replace("max(worth,", "min(worth,") + ROWS, "another house: excellent is worth it too"),
     (POLICY.replace("gap.value - each[arm]", "gap.value") + ROWS, "the gap of clean exceeds its price by more"),
     (POLICY.replace("gap.value - each", "gap.low - each") + ROWS, "the gap of clean exceeds its price by more"),
     (POLICY.replace("if gap.low >", "if gap.value >") + ROWS, "that is not clearly worth it"),
     (ROWS + "plan |= dict.fromkeys(desks, 'as it is')", "so raw rows waste points"),
     (FREE + POLICY + ROWS + "plan['wild'] = {'clean': 'excellent', 'excellent': 'clean'}[plan['wild']]",
      "exceeds its price by more")],
)  # fmt: skip
def test_bad_advice_is_told_why(answer: str, sentence: str) -> None:
    refused(ADVICE, answer, sentence)


@pytest.mark.parametrize("answer", [POLICY + ROWS, HAND + ROWS])
def test_good_advice_passes(answer: str, capsys: pytest.CaptureFixture) -> None:
    accepted(ADVICE, answer, capsys)


# --- precision and recall ---

DEF = "def precision_and_recall(dropped, planted):\n"
SETS = DEF + "    a, b = set(dropped), set(planted)\n    both = len(a & b)\n"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(SETS + "    return {'precision': both / len(a), 'recall': both / len(b)}", "and no dict"),
     (SETS + "    return (both / len(b) if b else None), (both / len(a) if a else None)", "Swap them"),
     (SETS + "    return (both / len(a) if a else 0), (both / len(b) if b else 0)", "precision is unknown"),
     (SETS + "    return (both / len(a) if a else None), (both / len(b) if b else 0)", "recall is unknown"),
     (SETS + "    if not a and not b:\n        return 0, 0\n"
      "    return (both / len(a) if a else None), (both / len(b) if b else None)", "both are unknown"),
     (SETS + "    if not a and not b:\n        return 1, 1\n"
      "    return (both / len(a) if a else None), (both / len(b) if b else None)", "both are unknown"),
     (DEF + "    both = sum(line in planted for line in dropped)\n"
      "    return (both / len(dropped) if dropped else None), (both / len(planted) if planted else None)",
      "listed twice is one line"),
     (SETS + "    return (both / len(a) if a else None), (both / len(planted) if b else None)",
      "planted twice is one line")],
)  # fmt: skip
def test_wrong_shares_are_told_why(answer: str, sentence: str) -> None:
    refused(MARK, answer, sentence)


@pytest.mark.parametrize("answer", [
    SETS + "    return [both / len(a) if a else None, both / len(b) if b else None]",
    "import numpy as np\n" + SETS + "    one = np.float64(both)\n"
    "    return (one / len(a) if len(a) else None, one / len(b) if len(b) else None)",
])  # fmt: skip
def test_right_shares_of_other_kinds_pass(answer: str, capsys: pytest.CaptureFixture) -> None:
    accepted(MARK, answer, capsys)


# --- a split that does not leak ---

WALK = """
from collections import Counter
def split_by_customer(rows, share):
    counts, away, held = Counter(row["customer"] for row in rows), set(), 0
    for customer, count in {order}:
        if held {enough} share * len(rows):
            break
        away.add(customer)
        held += count
    return ["test" if row["customer"] in away else "train" for row in rows]
"""
AS_ROWS = """
def split_by_customer(rows, share):
    count = -int(-share * len(rows) // 1)
    return ["test" if i < count else "train" for i in range(len(rows))]
"""
OF_CUSTOMERS = """
def split_by_customer(rows, share):
    names = list(dict.fromkeys(row["customer"] for row in rows))
    away = names[: -int(-share * len(names) // 1)]
    return ["test" if row["customer"] in away else "train" for row in rows]
"""
SO_FAR = """
def split_by_customer(rows, share):
    away, sides = set(), []
    for i, row in enumerate(rows):
        held = sum(before["customer"] in away for before in rows[:i])
        if row["customer"] not in away and held < share * len(rows):
            away.add(row["customer"])
    return ["test" if row["customer"] in away else "train" for row in rows]
"""
FIRST_ROWS = """
def split_by_customer(rows, share):
    away = {row["customer"] for row in rows[: -int(-share * len(rows) // 1)]}
    return ["test" if row["customer"] in away else "train" for row in rows]
"""
IN_A_TEXT = WALK.format(order="counts.items()", enough=">=").replace("set(), 0", "'', 0").replace(
    "away.add(customer)", "away += customer")
NEVER_THE_LAST = WALK.format(order="list(counts.items())[:-1]", enough=">=")
WHILE = """
import numpy as np
def split_by_customer(rows, share):
    names = [row["customer"] for row in rows]
    order, away = list(dict.fromkeys(names)), []
    while sum(name in away for name in names) < share * len(names):
        away.append(order.pop(0))
    return np.array(["test" if name in away else "train" for name in names])
"""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(WALK.format(order="sorted(counts.items())", enough=">="), "not the alphabet"),
     (WALK.format(order="counts.most_common()", enough=">="), "the customer with the most rows"),
     (WALK.format(order="reversed(counts.most_common())", enough=">="), "the first goes to the test|fewest rows"),
     (WALK.format(order="sorted(counts.items(), key=lambda pair: pair[1])", enough=">="), "fewest rows"),
     (WALK.format(order="counts.items()", enough=">"), "the first goes to the test|not after it is exceeded"),
     (AS_ROWS, "belong to one side"),
     (SO_FAR, "all the rows of a customer at once"),
     (FIRST_ROWS, "all the rows of a customer at once"),
     (IN_A_TEXT, "compare whole names"), (NEVER_THE_LAST, "so here both go to the test"),
     (OF_CUSTOMERS, "counts rows and not customers|enough for")],
)  # fmt: skip
def test_a_split_by_something_else_is_told_why(answer: str, sentence: str) -> None:
    refused(SPLIT, answer, sentence)


@pytest.mark.parametrize("answer", [WALK.format(order="counts.items()", enough=">="), WHILE])
def test_right_splits_pass(answer: str, capsys: pytest.CaptureFixture) -> None:
    accepted(SPLIT, answer, capsys)


# --- a mask that can be undone ---

MASKS = """
import re
def mask_emails(text):
    masks = {{}}
    text = re.sub(r"{pattern}", lambda found: masks.setdefault(found[0], f"<EMAIL_{{len(masks) + 1}}>"), text)
    return text, {{mask: address for address, mask in masks.items()}}
"""
LOWER = """
import re
def mask_emails(text):
    masks, back = {}, {}
    def hide(found):
        mask = masks.setdefault(found[0].lower(), f"<EMAIL_{len(masks) + 1}>")
        back[mask] = found[0]
        return mask
    return re.sub(r"[A-Za-z0-9][\\w.+-]*@[\\w.-]*[A-Za-z]", hide, text), back
"""
RIGHT = r"[A-Za-z0-9][\w.+-]*@[\w.-]*[A-Za-z]"
ONE_BY_ONE = """
import re
def mask_emails(text):
    back = {}
    for address in re.findall(r"[A-Za-z0-9][\\w.+-]*@[\\w.-]*[A-Za-z]", text):
        if address not in back.values():
            back[f"<EMAIL_{len(back) + 1}>"] = address
            text = text.replace(address, f"<EMAIL_{len(back)}>")
    return text, back
"""
PIECES = """
import re
def mask_emails(text):
    seen, parts, end = [], [], 0
    for found in re.finditer(r"[A-Za-z0-9][\\w.+-]*@(?:[\\w.-]*[A-Za-z])", text):
        if found[0] not in seen:
            seen.append(found[0])
        parts += [text[end:found.start()], f"<EMAIL_{seen.index(found[0]) + 1}>"]
        end = found.end()
    return ["".join(parts) + text[end:], {f"<EMAIL_{i}>": address for i, address in enumerate(seen, 1)}]
"""
SKIPS = """
import re
def mask_emails(text):
    masks, met = {}, 0
    def hide(found):
        nonlocal met
        met += 1
        return masks.setdefault(found[0], f"<EMAIL_{met}>")
    text = re.sub(r"[A-Za-z0-9][\\w.+-]*@[\\w.-]*[A-Za-z]", hide, text)
    return text, {mask: address for address, mask in masks.items()}
"""
NEW_EACH = """
import re
def mask_emails(text):
    back = {}
    def hide(found):
        back[f"<EMAIL_{len(back) + 1}>"] = found[0]
        return f"<EMAIL_{len(back)}>"
    return re.sub(r"[A-Za-z0-9][\\w.+-]*@[\\w.-]*[A-Za-z]", hide, text), back
"""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(MASKS.format(pattern=r"[a-z]+@[a-z.]*[a-z]"), "capitals, digits, dots, dashes and underscores"),
     (MASKS.format(pattern=r"[a-z0-9]+@[a-z0-9.]*[a-z]"), "capitals, digits, dots, dashes and underscores"),
     (MASKS.format(pattern=r"\S+@\S+"), "the comma after it stays"),
     (MASKS.format(pattern=r"\S+@[\w.-]*[A-Za-z]"), "the marks around it stay"),
     (MASKS.format(pattern=r"[\w.-]+@[\w.-]+"), "the full stop ends the sentence"),
     (MASKS.format(pattern=RIGHT).replace("for address, mask in masks.items()", "for mask, address in masks.items()"),
      "from the mask to the address"),
     (MASKS.format(pattern=r"[\w.+-]+@[\w.-]*[A-Za-z]"), "begins with a letter or digit"),
     (MASKS.format(pattern=RIGHT.replace("+", "")), "a plus sign before the @ belongs to the address"),
     (MASKS.format(pattern=RIGHT.replace("@[\\w", "@[\\w+")), "after the @ a plus sign ends the address"),
     (MASKS.format(pattern=r"[A-Za-z0-9][\w.+-]*@[\w.-]+\.[A-Za-z]{{2,3}}".replace("{{", "{").replace("}}", "}")),
      "an ending of any length"),
     (MASKS.format(pattern=r"[A-Za-z0-9][\w.+-]*@[\w-]+\.[A-Za-z]+"), "any number of dots"),
     (MASKS.format(pattern=r"[A-Za-z0-9][\w.+-]*@[A-Za-z.-]*[A-Za-z]"), "digits and underscores may stand after"),
     (MASKS.format(pattern=r"[A-Za-z0-9][\w.+-]*@[A-Za-z0-9.-]*[A-Za-z]"), "digits and underscores may stand after"),
     (LOWER, "two spellings are two addresses"),
     (NEW_EACH, "the same address, the same mask"), (SKIPS, "uses up no number"),
     (MASKS.format(pattern=r"\w[\w.+-]*@[\w.-]*\w"), "plus sign or underscore before it stays"),
     (MASKS.format(pattern=r"[A-Za-z0-9][\w.+-]*@[\w.-]*\w"), "an underscore or a digit after it stays"),
     (ONE_BY_ONE, "one address may be part of another")],
)  # fmt: skip
def test_masks_that_miss_something_are_told_what(answer: str, sentence: str) -> None:
    refused(MASK, answer, sentence)


@pytest.mark.parametrize("answer", [MASKS.format(pattern=RIGHT), PIECES])
def test_right_masks_pass(answer: str, capsys: pytest.CaptureFixture) -> None:
    accepted(MASK, answer, capsys)
