"""How different replies are from one another, and whether they have grown more alike."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from ftlab.evidence.intervals import Interval
from ftlab.evidence.segmentation import pieces

SENTENCE_END = re.compile(r"[.。｡।۔]")


def diversity(replies: Sequence[str]) -> dict[str, float]:
    """How different the replies are: distinct word pairs and unique replies in percent, entropy of openings in bits.

    Words are what blanks part, and in Chinese, Japanese, Thai and their like each sign. An opening is what stands
    before the first full stop.

    Source: Li et al. 2016, arXiv:1510.03055 (distinct n-grams).
    """
    pairs = [pair for words in map(pieces, replies) for pair in zip(words, words[1:], strict=False)]
    openings = Counter(SENTENCE_END.split(reply, 1)[0] for reply in replies)
    chances = [count / len(replies) for count in openings.values()]
    return {"distinct_pairs": 100 * len(set(pairs)) / max(1, len(pairs)),
            "unique_replies": 100 * len(set(replies)) / len(replies),
            "opening_bits": sum(chance * math.log2(1 / chance) for chance in chances)}


def narrowing(before: Sequence[str], after: Sequence[str]) -> Interval:
    """The change of distinct word pairs from ``before`` to ``after``, in percent of before, with its 95 % interval.

    The interval comes from leaving out each prompt once, in both (the jackknife). A bootstrap would be wrong here: it
    draws some replies twice, and a reply that stands there twice adds no distinct pair, so that drawing alone narrows.
    Where nothing has changed, the intervals of 60 and 150 replies held the zero in 96 to 98 of 100 simulations.

    Args:
        before, after: Reply i of both is to prompt i; at least 2.
    Source: Efron and Stein 1981, The Annals of Statistics 9(3) (the jackknife's variance is rather too large).
    """
    from scipy.stats import t

    kept = [_without_each(replies) for replies in (before, after)]
    (effect, *left_out) = (100 * (new / old - 1) if old else 0.0 for old, new in zip(*kept, strict=True))
    size, middle = len(left_out), sum(left_out) / len(left_out)
    error = math.sqrt((size - 1) / size * sum((one - middle) ** 2 for one in left_out))
    half = float(t.ppf(0.975, size - 1)) * error
    return Interval(effect, max(-100.0, effect - half), effect + half)  # no more can go than all of them


def _without_each(replies: Sequence[str]) -> list[float]:
    """The share of word pairs that are distinct: first of all replies, then without the first one, the second, ..."""
    each = [Counter(zip(words, words[1:], strict=False)) for words in map(pieces, replies)]
    pairs = sum(each, Counter())
    sizes = [(len(pairs), pairs.total())]
    for own in each:  # a pair goes with a reply if it stands in no other
        sizes.append((len(pairs) - sum(pairs[pair] == count for pair, count in own.items()),
                      pairs.total() - own.total()))
    return [distinct / max(1, total) for distinct, total in sizes]
