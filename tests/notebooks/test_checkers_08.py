"""Plausible wrong answers meet their own sentence, and right ones of several kinds pass: notebook 08's checkers."""

from __future__ import annotations

import builtins

import pytest
from exercises import EVERY, run

from ftlab.exercise import NotYet

SORTER, BOOTSTRAP, LEAKS, SHIP = (exercise for exercise in EVERY if exercise.notebook == "08_evaluation")

LABELS = """
def label_scores(predicted, true, label):
    hits = sum(p == t {hit} for p, t in zip(predicted, true))
    said, there = {said}, {there}
    precision, recall = {precision}, {recall}
    f1 = {f1}
    return {returned}
"""
RIGHT = {
    "hit": "== label", "said": "predicted.count(label)", "there": "true.count(label)",
    "precision": "hits / said if said else 0", "recall": "hits / there if there else 0",
    "f1": "2 * precision * recall / (precision + recall) if hits else 0", "returned": "precision, recall, f1",
}  # fmt: skip
BY_COUNTS = """
import numpy as np
def label_scores(predicted, true, label):
    p, t = np.array(predicted) == label, np.array(true) == label
    both, either = (p & t).sum(), p.sum() + t.sum()
    return [both / max(p.sum(), 1), both / max(t.sum(), 1), 2 * both / max(either, 1)]
"""
BY_SMALL_DENOMINATORS = """
def label_scores(predicted, true, label):
    hits = sum(p == t == label for p, t in zip(predicted, true))
    precision, recall = hits / (predicted.count(label) + 1e-12), hits / (true.count(label) + 1e-12)
    return precision, recall, 2 * precision * recall / (precision + recall + 1e-12)
"""
BY_LIBRARY = """
from sklearn.metrics import precision_recall_fscore_support
def label_scores(predicted, true, label):
    found = precision_recall_fscore_support(true, predicted, labels=[label], zero_division=0)
    return tuple(each[0] for each in found[:3])
"""

DRAWN = """
import numpy as np
def paired_bootstrap(a, b, resamples=2000, seed=0):
    a, b = np.array(a, dtype=float), np.array(b, dtype=float)
    random = np.random.default_rng(seed)
    means = {means}
    return {ends}
"""
MEANS = "[(a - b)[random.integers(0, len(a), len(a))].mean() for _ in range(resamples)]"
ENDS = "tuple(np.quantile(means, [0.025, 0.975]))"
NORMAL = """
import numpy as np
def paired_bootstrap(a, b, resamples=2000, seed=0):
    d = np.array(a) - np.array(b)
    half = 1.96 * d.std() / len(d) ** 0.5
    return d.mean() - half, d.mean() + half
"""
JITTERED = """
import numpy as np
def paired_bootstrap(a, b, resamples=2000, seed=0):
    d = np.array(a, dtype=float) - np.array(b)
    means = np.random.default_rng(seed).normal(d.mean(), d.std() / len(d) ** 0.5, resamples)
    return tuple(np.quantile(means, [0.025, 0.975]))
"""
BY_SCIPY = """
import numpy as np
from scipy.stats import bootstrap
def paired_bootstrap(a, b, resamples=2000, seed=0):
    d = np.subtract(a, b)
    if not d.std():
        return [d[0], d[0]]
    found = bootstrap((d,), np.mean, n_resamples=resamples, method="percentile", rng=seed).confidence_interval
    return [found.low, found.high]
"""
BY_LOOP = """
import random
def paired_bootstrap(a, b, resamples=2000, seed=0):
    draw, pairs = random.Random(seed), list(zip(a, b))
    means = sorted(sum(x - y for x, y in draw.choices(pairs, k=len(pairs))) / len(pairs) for _ in range(resamples))
    return means[int(0.025 * resamples)], means[int(0.975 * resamples)]
"""
BY_STATISTICS = """
import statistics
import numpy as np
def paired_bootstrap(a, b, resamples=2000, seed=0):
    d, random = np.subtract(a, b), np.random.default_rng(seed)
    cuts = statistics.quantiles([d[random.integers(0, len(d), len(d))].mean() for _ in range(resamples)], n=40)
    return cuts[0], cuts[-1]
"""

FINDER = """
import re, unicodedata
def split_(text):
    return "".join(s if s.isalnum() or unicodedata.category(s)[0] == "M" else " " for s in text.lower()).split()
def find_leaks(train_texts, test_texts, n=5):
    def words(text):
        return {words}
    def runs(text, size):
        return {{tuple(text[i:i + size]) for i in range(len(text) - size + 1)}}
    train, found = {train}, []
    for place, item in enumerate(map(words, test_texts)):
        size = {size}
        if size and any(runs(item, size) & runs(text, size) for text in train):
            found.append(place)
    return {returned}
"""
CUT = 're.findall(r"\\w+", text.lower())'
WORDS, TRAIN = "split_(text)", "[words(text) for text in train_texts]"
FOUND = {"words": WORDS, "train": TRAIN, "size": "min(n, len(item))", "returned": "found"}
INSIDE = """
from ftlab.evidence.segmentation import units
def find_leaks(train_texts, test_texts, n=5):
    plain = [" ".join(units(text)) for text in train_texts]
    found = []
    for place, text in enumerate(test_texts):
        words = units(text)
        size = min(n, len(words))
        if any(" ".join(words[i:i + size]) in each for i in range(len(words) - size + 1) for each in plain):
            found.append(place)
    return found
"""
PADDED = INSIDE.replace('" ".join(units(text))', 'f" {\' \'.join(units(text))} "').replace(
    'if any(" ".join(words[i:i + size]) in each', 'if any(f" {\' \'.join(words[i:i + size])} " in each').replace(
    "return found", "return tuple(found)")  # a space at both ends, so that 'blue' is no part of 'blueberry'


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"returned": "recall, precision, f1"}, "swapped"), ({"f1": "(precision + recall) / 2"}, "harmonic mean"),
     ({"precision": "hits / said", "recall": "hits / there"}, "must not divide by zero"),
     ({"f1": "2 * precision * recall / (precision + recall) if said and there else 0"}, "must not divide by zero"),
     ({"returned": "precision, recall"}, "three numbers"), ({"returned": "None"}, "nothing comes back"),
     ({"hit": ""}, "divides by what was PREDICTED|belongs there"),
     ({"f1": "2 * precision * recall / (precision + recall) if hits else 1"}, "without a single hit"),
     ({"precision": "hits / len(predicted)"}, "one belongs there"),
     ({"f1": "2 / 3"}, "the same number for other lists"),
     ({"f1": "min(precision, recall) * 4 / 3"}, "no multiple of the smaller"),
     ({"precision": "round(hits / said, 2) if said else 0"}, "Do not round"),
     ({"hit": "== 'a'", "said": "predicted.count('a')", "there": "true.count('a')"}, "Use the label that is given"),
     ({"hit": "and label in p", "said": "sum(label in p for p in predicted)", "there": "sum(label in t for t in true)"},
      "compare whole labels"),
     ({"hit": "and p.startswith(label)", "said": "sum(p.startswith(label) for p in predicted)",
       "there": "sum(t.startswith(label) for t in true)"}, "compare whole labels"),
     ({"hit": "and p.lower() == label or p.lower() == t.lower() == label",
       "said": "sum(p.lower() == label for p in predicted)", "there": "sum(t.lower() == label for t in true)"},
      "compare whole labels"),
     ({"returned": "{'precision': precision, 'recall': recall, 'f1': f1}"}, "as a tuple or a list")],
)  # fmt: skip
def test_label_scores_that_err_are_told_how(change: dict, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(SORTER, LABELS.format(**{**RIGHT, **change}))


@pytest.mark.parametrize(
    ("means", "ends", "sentence"),
    [(MEANS, "None", "nothing comes back"), (MEANS, f"{ENDS}[::-1]", "the lower one first"),
     ("[a[random.integers(0, len(a), len(a))].mean() - b[random.integers(0, len(a), len(a))].mean()"
      " for _ in range(resamples)]", ENDS, "draw the QUESTIONS once"),
     (MEANS.replace("a - b", "b - a"), ENDS, "a minus b"),
     (MEANS, "tuple(np.quantile(means, [0.05, 0.95]))", "cut off 2.5 %"),
     ("[(a - b)[random.permutation(len(a))].mean() for _ in range(resamples)]", ENDS,
      "another seed draws other questions"),
     (MEANS.replace("default_rng(seed)", "default_rng(0)"), "tuple(np.quantile(means, [0.25, 0.75]))",
      "cut off 2.5 %"),
     ("[(a - b)[random.integers(0, len(a), max(1, len(a) // 20))].mean() for _ in range(resamples)]", ENDS,
      "fewer make the interval too wide"),
     ("[(a - b)[random.permutation(len(a))[: len(a) // 2]].mean() for _ in range(resamples)]", ENDS,
      "with replacement"),
     (MEANS.replace("range(resamples)", "range(2000)"), ENDS, "as many as `resamples` says"),
     ("(random := np.random.default_rng()) and " + MEANS, ENDS, "the same seed must give the same ends"),
     (MEANS.replace("integers(0, ", "integers(1, "), ENDS, "the first question is never drawn"),
     (MEANS, "tuple(np.quantile(means, [0.025, 0.95]))", "cut off 2.5 %"),
     (MEANS, "tuple(np.quantile(means, [0.05, 0.98]))", "0.025 and the 0.975|cut off 2.5 %"),
     (MEANS, "tuple(np.quantile(means, [0.01, 0.965]))", "0.025 and the 0.975|cut off 2.5 %"),
     (MEANS, "tuple(np.quantile(means, [0.035, 0.99]))", "0.025 and the 0.975|cut off 2.5 %"),
     ("(random := np.random.default_rng(seed % 2)) and " + MEANS, ENDS, "another seed draws"),
     (MEANS, "tuple(2 * (a - b).mean() - np.quantile(means, [0.975, 0.025]))", "do not mirror them"),
     ("[0, 0] if (a == b).all() else [1, 1] if (a - b == 1).all() else "
      "[a[random.integers(0, len(a), len(a))].mean() - b[random.integers(0, len(a), len(a))].mean()"
      " for _ in range(resamples)]", ENDS, "draw it once, for both models")],
)  # fmt: skip
def test_intervals_that_are_no_bootstrap_are_told_why(means: str, ends: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(BOOTSTRAP, DRAWN.format(means=means, ends=ends))


@pytest.mark.parametrize("answer", [NORMAL, JITTERED])
def test_a_formula_without_any_resampling_is_refused(answer: str) -> None:
    with pytest.raises(NotYet, match="a formula gives ends that no resample has"):
        run(BOOTSTRAP, answer)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"words": 're.findall("[a-z]+", text.lower())'}, "a detector for letters alone"),
     ({"words": 're.findall("[a-z0-9]+", text.lower())'}, "a to z is not all there is"),
     ({"words": "text.lower().split()"}, "a comma must not hide a leak"),
     ({"words": 're.findall(r"\\w+", text)'}, "compare in lower case"),
     ({"size": "n"}, "fewer than n words"), ({"size": "min(n - 1, len(item))"}, "four words in a row are not five"),
     ({"train": "[[word for text in train_texts for word in words(text)]]"}, "from one text into the next"),
     ({"size": "len(item)"}, "one shared run is enough"), ({"returned": "found[:1]"}, "every place"),
     ({"size": "min(5, len(item))"}, "use the n that is given"),
     ({"returned": "(place for place in found)"}, "return a list"),
     ({"words": 're.findall(r"[\\w\\u0900-\\u097F]+", text.lower().replace("_", " "))'}, "no list of alphabets"),
     ({"words": "''.join(s if s.isalnum() or s == '_' or unicodedata.category(s)[0] == 'M' else ' '"
                " for s in text.lower()).split()"}, "it must not hide a leak"),
     ({"words": "''.join(s if s.isalnum() or unicodedata.category(s)[0] == 'M' else ' ' if s in ' /\\n' else ''"
                " for s in text.lower()).split()"}, "two words stay two"),
     ({"returned": "set(found)"}, "a set has no order")],
)  # fmt: skip
def test_a_detector_that_misses_or_invents_is_told_what(change: dict, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(LEAKS, FINDER.format(**{**FOUND, **change}))


BAG = """
import re
def find_leaks(train_texts, test_texts, n=5):
    def words(text):
        return re.findall(r"\\w+", text.lower())
    found = []
    for place, item in enumerate(map(words, test_texts)):
        size = min(n, len(item))
        runs = [set(item[i:i + size]) for i in range(len(item) - size + 1)] if size else []
        if any(run <= set(words(text)) for run in runs for text in train_texts):
            found.append(place)
    return found
"""
EMPTY = FINDER.format(**FOUND).replace("if size and any(", "if not size or any(")


# Right for runs, but a short item is looked for as a set of words, or by its first word alone.
SHORT = FINDER.format(**FOUND).replace("if size and any(", "if size and any({short} if len(item) < n else ")
SHORT_BAG = SHORT.replace("{short}", "set(item) <= set(text)")
SHORT_FIRST = SHORT.replace("{short}", "item[0] in text")
SHORT_ALONE = SHORT.replace("{short}", '" ".join(item) in set(text)')  # so only an item of one word is ever found
SHORT_ANY = SHORT.replace("{short}", "set(item) & set(text)")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(BAG, "in another order"), (EMPTY, "without any word"), (SHORT_BAG, "in the item's order"),
     (SHORT_ALONE, "of two or of n - 1 words"), (SHORT_FIRST, "in the item's order|only if ALL of it"),
     (SHORT_ANY, "in the item's order|only if ALL of it")],
)  # fmt: skip
def test_a_detector_of_bags_or_of_nothing_is_told_so(answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(LEAKS, answer)


OFF_BY_ONE = FINDER.format(**FOUND).replace(
    "any(runs(item, size)", "any({tuple(item[i:i + size]) for i in range(max(1, len(item) - size))}")
ONE_END = PADDED.replace('" {\' \'.join(words[i:i + size])} "', '"{\' \'.join(words[i:i + size])} "')
# In ONE_END a space stands behind the words, and none before them.
TWICE = FINDER.format(**FOUND).replace(
    "any(runs(item, size) & runs(text, size) for text in train):\n            found.append(place)",
    "True:\n            found += [place for text in train if runs(item, size) & runs(text, size)]")
TWO_ALPHABETS = FINDER.format(**{**FOUND, "words": 're.findall("[a-z0-9а-яё]+", text.lower())'})
LATIN_ALONE = FINDER.format(**{**FOUND, "words": 're.findall("[a-z0-9а-яёα-ωάέήίόύώ]+", text.lower())'})
STRIPPED = "import string\n" + FINDER.format(
    **{**FOUND, "words": "[word.strip(string.punctuation) for word in text.lower().split()]"})
LISTED = FINDER.format(**{**FOUND, "words": 're.findall("[a-z0-9а-яёα-ωάέήίόύώäöüß]+", text.lower())'})
NO_START = FINDER.format(**FOUND).replace("range(len(text) - size + 1)", "range(1 if len(text) > size else 0, "
                                          "len(text) - size + 1)")
JOINED = FINDER.format(**FOUND).replace("tuple(text[i:i + size])", "''.join(text[i:i + size])")
FIRST_TEXT = FINDER.format(**FOUND).replace(
    "for text in train)", "for text in (train if len(item) <= n else train[:1]))")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(INSIDE, "'blue' is not in 'blueberry'"), (OFF_BY_ONE, "may be the item's last"), (ONE_END, "of 'legend'"),
     (TWICE, "list its place once"), (TWO_ALPHABETS, "no list of alphabets"), (LATIN_ALONE, "no list of alphabets"),
     (FIRST_TEXT, "in the SECOND training text"), (STRIPPED, "are punctuation too"), (LISTED, "no list of alphabets"),
     (FINDER.format(**FOUND | {"words": CUT}), "differ in a vowel sign"),
     (FINDER.format(**FOUND | {"words": "[word for word in split_(text) if word.isalnum()]"}), "in a vowel sign"),
     (NO_START, "may be the first"), (JOINED, "keep the words of a run apart")],
)  # fmt: skip
def test_a_detector_that_looks_in_too_few_places_or_at_letters_is_told_where(answer: str, sentence: str) -> None:
    assert answer not in (FINDER.format(**FOUND), PADDED)
    with pytest.raises(NotYet, match=sentence):
        run(LEAKS, answer)


# One kind of each sort, in place of what is stored: the rule's decision is known whatever the stored replies are.
PLANTED = """
from ftlab.evidence.intervals import Interval
AHEAD, LEVEL, MOSTLY = Interval(20, 10, 30), Interval(5, -5, 15), Interval(80, 70, 90)
over["grave"] = Interval(99.6, 99.2, 100)
measured |= {
    "fact": (AHEAD, AHEAD, MOSTLY), "grave": (AHEAD, AHEAD, MOSTLY),
    "two_facts": (Interval(-20, -30, -10), AHEAD, MOSTLY), "no_answer": (AHEAD, AHEAD, Interval(30, 20, 40)),
    "follow_up": (AHEAD, Interval(-10, -18, -2), MOSTLY), "compare": (Interval(-3, -4, -1), LEVEL, MOSTLY),
    "complaint": (LEVEL, AHEAD, MOSTLY), "order": (AHEAD, AHEAD, Interval(55, 45, 65)),
    "out_of_scope": (AHEAD, LEVEL, MOSTLY)}
"""
BY_LIMITS = """
for kind, (change, ahead, rate) in measured.items():
    low, high = (over[kind].low, over[kind].high) if kind in over else (100, 100)
    if change.high < 0 or ahead.high < 0 or rate.high < 50 or high < 99:
        decision[kind] = "keep"
    elif change.low > 0 and ahead.low > 0 and rate.low >= 50 and low >= 99:
        decision[kind] = "ship"
    else:
        decision[kind] = "measure"
"""
BY_SETS = """
beaten = {kind for kind, (change, ahead, rate) in measured.items() if min(change.high, ahead.high, rate.high - 50) < 0}
good = {kind for kind, (change, ahead, rate) in measured.items()
        if min(change.low, ahead.low) > 0 and rate.low >= 50}
beaten |= {kind for kind, share in over.items() if share.high < 99}
good -= {kind for kind, share in over.items() if share.low < 99}
decision = {kind: "keep" if kind in beaten else "ship" if kind in good else "measure" for kind in measured}
"""
BY_MEANS = """
for kind, (change, ahead, rate) in measured.items():
    decision[kind] = "ship" if change.value >= 0 and ahead.value >= 0 and rate.value >= 50 else "keep"
"""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [("decision['fact'] = 'ship'", "for every kind"), (BY_MEANS, "A good average is no proof"),
     ("decision = dict.fromkeys(decision, 'measure')", "Waiting costs the gain"),
     (BY_LIMITS + "decision['fact'] = 'measure'", "Waiting costs the gain"),
     (BY_LIMITS + "decision['two_facts'] = 'measure'", "'better than the template'. More items .* will not save it"),
     (BY_LIMITS + "decision['no_answer'] = 'ship'", "'half of the replies fit'. Shipping costs customers"),
     (BY_LIMITS.replace("ahead.high < 0", "False"), "follow_up.*breaks 'better than the rules'"),
     (BY_LIMITS.replace("change.high < 0", "change.high < -5"), "compare.*breaks 'better than the template'"),
     (BY_LIMITS.replace("change.low > 0", "change.low >= -5"), "complaint.*'better than the template' does not hold"),
     (BY_LIMITS.replace("ahead.low > 0", "True"), "out_of_scope.*'better than the rules' does not hold"),
     (BY_LIMITS.replace("rate.low >= 50", "rate.value >= 50"), "order.*'half of the replies fit' does not hold"),
     (BY_LIMITS.replace('"measure"', '"keep"'), "no verdict against the model"),
     (BY_LIMITS.replace("change.high < 0 or", ""), "two_facts.*breaks 'better than the template'"),
     (BY_LIMITS.replace("rate.high < 50", "False"), "no_answer.*breaks 'half of the replies fit'"),
     (BY_LIMITS.replace("rate.low >= 50", "rate.low > 50"), "grave_boats.*each limit is surely kept"),
     (BY_LIMITS.replace("or high < 99", ""), "grave_toys.*'at least 99 in 100 handed over'. More items"),
     (BY_LIMITS.replace("and low >= 99", ""), "grave_tools.*'at least 99 in 100 handed over' does not hold"),
     (BY_LIMITS.replace("and low >= 99", "and high >= 99"), "grave_tools.*does not hold"),
     (BY_LIMITS.replace("and low >= 99", "and low > 99"), "grave_boats.*each limit is surely kept"),
     (BY_LIMITS.replace("kind in over", "kind == 'grave'"), "grave_toys.*Shipping costs customers"),
     ("del decision['grave']", "these kinds and no others"),
     ("decision = dict.fromkeys(decision, 'yes')", "only 'ship', 'keep' and 'measure'")],
)  # fmt: skip
def test_a_decision_against_the_policy_is_told_what_it_costs(answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(SHIP, PLANTED + answer)


@pytest.mark.parametrize(
    ("high", "answer", "sentence"),
    [(96, "ship", "grave.*'at least 99 in 100 handed over'. Shipping costs customers"),
     (96, "measure", "grave.*'at least 99 in 100 handed over'. More items"),
     (100, "ship", "grave.*handed over .81.0, 100.0.*A good average is no proof"),
     (100, "keep", "grave.*no verdict against the model")],
)  # fmt: skip
def test_grave_cases_have_a_limit_of_their_own(high: int, answer: str, sentence: str) -> None:
    with pytest.raises(NotYet, match=sentence):
        run(SHIP, f"{PLANTED}over['grave'] = Interval(92, 81, {high})\n{BY_LIMITS}decision['grave'] = {answer!r}")


def test_the_checker_says_what_was_decided_and_what_measuring_takes(capsys: pytest.CaptureFixture) -> None:
    run(SHIP, PLANTED + BY_LIMITS)
    told = capsys.readouterr().out
    assert ("ship: fact, grave; keep: two_facts, no_answer, follow_up, compare; "
            "measure: complaint, order, out_of_scope." in told)
    # order: half of 54 items' interval is 10 points, 5 from the limit: 54 * (10 / 5 * 1.4294) ** 2 = 441.3
    assert "order 442;" in told and "grave 381" not in told


def test_the_checker_says_what_it_takes_to_keep_the_line_on_grave_cases(capsys: pytest.CaptureFixture) -> None:
    run(SHIP, f"{PLANTED}over['grave'] = Interval(92, 81, 100)\n{BY_LIMITS}")
    assert "grave 381 without a fault, and fewer can only fail it" in capsys.readouterr().out


def test_a_plain_loop_needs_few_resamples() -> None:
    """So that a loop of calls that take 100 microseconds each, which is slow, is through in five seconds."""
    drawn = []
    counted = DRAWN.format(means="DRAWN.append(resamples) or " + MEANS, ends=ENDS).replace(
        "import numpy as np", "import builtins\nimport numpy as np\nDRAWN = builtins.DRAWN")
    builtins.DRAWN = drawn
    try:
        run(BOOTSTRAP, counted)
    finally:
        del builtins.DRAWN
    assert sum(drawn) < 40_000


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [(SORTER, BY_COUNTS), (SORTER, LABELS.format(**{**RIGHT, "precision": "1 - (said - hits) / said if said else 0"})),
     (SORTER, BY_LIBRARY), (SORTER, BY_SMALL_DENOMINATORS), (BOOTSTRAP, BY_SCIPY),
     (BOOTSTRAP, BY_STATISTICS), (BOOTSTRAP, BY_LOOP), (LEAKS, PADDED),
     (LEAKS, FINDER.format(**{**FOUND, "returned": "[place for place in range(len(test_texts)) if place in found]"})),
     (SHIP, BY_LIMITS), (SHIP, BY_SETS), (SHIP, PLANTED + BY_SETS)],
)  # fmt: skip
def test_other_right_answers_pass(exercise, answer: str, capsys: pytest.CaptureFixture) -> None:
    run(exercise, answer)
    assert capsys.readouterr().out.splitlines()[-1].startswith("Passed.")
