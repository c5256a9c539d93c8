"""Has the training data seen the test? Finds test items, also slightly changed ones, inside training texts.

Two steps. A training text becomes a candidate for a test item if they share an n-gram, a run of words, that few other
test items have. Then the two are laid side by side, and the share of the item's words that stand in the training text
in the same order is taken twice: each word counting the same, and each counting the less, the more test items have the
words around it. The smaller of the two is the share reported. A copy has both the common and the rare words; a shared
sign-off has only common ones, and a shared product name only a few rare ones. What a word is in scripts without spaces,
``ftlab.evidence.segmentation`` says: a sign of Chinese, a letter of Thai with its marks.

Source: Brown et al. 2020, arXiv:2005.14165, appendix C (13-gram overlap, common n-grams left out); Lee et al. 2021,
arXiv:2107.06499 (near-duplicates in training data). The side-by-side step is ours: one changed word breaks n n-grams,
but it is one word.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from ftlab.evidence.segmentation import WITHOUT_BLANKS, units
from ftlab.evidence.segmentation import words as words

SHORTEST_RUN = 4  # words; shorter runs are in anybody's sentences
COMMON = 5  # an n-gram in more different test items than this points at none of them
AROUND = 3  # words that are looked at together to see how common a word is where it stands


class Overlap(NamedTuple):
    """A test item found in a text, the share of it that is there, and the shared words in the item's order."""

    test_index: int
    share: float
    shared: str


class Contaminated(NamedTuple):
    """A training text that holds a test item, the share of the item that is there, and the shared words."""

    train_index: int
    test_index: int
    share: float
    shared: str


class Index:
    """The n-grams of the test items, ready to be looked for in any number of texts.

    Args:
        test_texts: The test items.
        n: Words in an n-gram. Items of fewer words are found only as a whole: a short question with a word changed is
            mostly another question. Items of ``n`` to ``3 n + 1`` words use shorter n-grams, a third of their length
            and at least 4 words, so that two changed words leave one n-gram whole.
    Raises:
        ValueError: If ``n`` is under 4, or the texts are not a list of texts.
    """

    def __init__(self, test_texts: Sequence[str], n: int = 8) -> None:
        if n < SHORTEST_RUN:
            raise ValueError(f"Index: expected n of at least {SHORTEST_RUN} words, found {n}. Shorter runs are in "
                             "anybody's sentences.")
        self.n = n
        copies: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, text in enumerate(_texts(test_texts, "test_texts")):
            copies[tuple(units(text))].append(place)
        copies.pop((), None)  # a text without words is nowhere
        self._items, self._places = list(copies), list(copies.values())  # identical test items are one
        self._whole = {item: number for number, item in enumerate(self._items)}
        sizes = [_size(item, n) for item in self._items]
        # In how many different items an n-gram is, for each size in use; short items count too, or are counted in.
        having = {size: Counter(gram for item in self._items for gram in set(_grams(item, size)))
                  for size in {size for size in sizes if size}}
        self._seeds: dict[int, defaultdict[tuple[str, ...], list[int]]] = {s: defaultdict(list) for s in sorted(having)}
        for number, (item, size) in enumerate(zip(self._items, sizes, strict=True)):
            grams = set(_grams(item, size)) if size else set()
            rare = min((having[size][gram] for gram in grams), default=0) if len(item) >= n else 0
            for gram in grams:
                if having[size][gram] <= max(COMMON, rare):  # every long item keeps at least its rarest n-grams
                    self._seeds[size][gram].append(number)
        around = Counter(gram for item in self._items for gram in set(_grams(item, AROUND)))
        self._weights = [_weights(item, around) for item in self._items]

    def overlap(self, text: str, at_least: float = 0.0) -> list[Overlap]:
        """The test items that share an n-gram with the text, each with the share of its words found, highest first.

        Args:
            at_least: Items with a smaller share are left out, most of them before they are laid beside the text.
        """
        found = units(text)
        candidates = {self._whole[tuple(found)]} if tuple(found) in self._whole else set()
        for size, seeds in self._seeds.items():
            for gram in _grams(found, size):
                candidates.update(seeds.get(gram, ()))
        overlaps, vocabulary = [], set(found)
        for number in candidates:
            if self._most(number, vocabulary) >= at_least:
                share, shared = self._share(number, found)
                overlaps += [Overlap(place, share, shared) for place in self._places[number] if share >= at_least]
        return sorted(overlaps, key=lambda one: (-one.share, one.test_index))

    def _most(self, number: int, vocabulary: set[str]) -> float:
        """The share of an item's words that are anywhere in a text: ``_share`` cannot be more."""
        item = self._items[number]
        return sum(word in vocabulary for word in item) / len(item)

    def _share(self, number: int, found: list[str]) -> tuple[float, str]:
        item, weights = self._items[number], self._weights[number]
        if len(item) < self.n:
            return 1.0, " ".join(item)  # its only n-gram is the whole of it
        # Most shared n-grams say where in the text the item would start; only what is there is compared.
        size, starts, slack = _size(item, self.n), defaultdict(list), 2 + len(item) // 8
        for i, gram in enumerate(_grams(item, size)):
            starts[gram].append(i)
        offsets = Counter(j - i for j, gram in enumerate(_grams(found, size)) for i in starts.get(gram, ()))
        start = offsets.most_common(1)[0][0]
        part = found[max(0, start - slack) : start + len(item) + slack]
        blocks = SequenceMatcher(None, item, part, autojunk=False).get_matching_blocks()
        kept = [i for block in blocks for i in range(block.a, block.a + block.size)]
        rare = sum(weights[i] for i in kept) / sum(weights)
        return min(len(kept) / len(item), rare), " ".join(item[i] for i in kept)


def contaminated(train_texts: Iterable[str], test_texts: Sequence[str], n: int = 8,
                 threshold: float = 0.75) -> list[Contaminated]:
    """Every pair of a training text and a test item that it holds, as far as ``threshold`` of the item's words.

    Training texts are read one after the other and not kept. Case, punctuation, spacing and the many ways to write one
    sign in Unicode make no difference. Paraphrases and translations are not found: no word overlap can see them.

    Args:
        n: Words in an n-gram, as in ``Index``.
        threshold: Smallest share to report, above 0 and at most 1. At 0.75 an item of 14 words or more is found with
            two words replaced, one of 8 or more with one word replaced. Texts filled in from one template can be as
            near to each other as that: read the shared words before you delete, and raise the threshold.
    Returns:
        Pairs by training index, then by falling share.
    Raises:
        ValueError: If an argument is out of range, or something is not a text.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold: expected a share above 0 and at most 1, found {threshold}. 0.75 is a good start.")
    index = Index(test_texts, n)
    return [Contaminated(place, *one) for place, text in enumerate(_texts(train_texts, "train_texts"))
            for one in index.overlap(text, threshold)]


def _size(item: tuple[str, ...], n: int) -> int:
    """Words in the n-grams of an item: all of it if it is short, 0 if it is too short to be looked for in a text."""
    length = len(item)
    if length < n:  # four letters of Thai are one word, four signs of Chinese two: they are in anybody's sentences
        return length if length >= SHORTEST_RUN and not any(map(WITHOUT_BLANKS.match, item)) else 0
    return min(n, max(SHORTEST_RUN, (length - 2) // 3))


def _grams(item: Sequence[str], size: int) -> Iterable[tuple[str, ...]]:
    return zip(*(item[i:] for i in range(size)), strict=False)


def _weights(item: tuple[str, ...], around: Counter) -> list[float]:
    """For each word, the mean of 1 / (different items that have the three words), over the threes that it is in."""
    rarity = [1 / around[gram] for gram in _grams(item, AROUND)] or [1.0]
    spans = [rarity[max(0, i - AROUND + 1) : i + 1] or rarity[-1:] for i in range(len(item))]
    return [sum(span) / len(span) for span in spans]


def _texts(texts: Iterable[str], name: str) -> Iterable[str]:
    if isinstance(texts, str):
        raise ValueError(f"{name}: expected a list of texts, found one text. Put it into a list.")
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"{name}[{place}]: expected a text, found {type(text).__name__}. For chats, give the text "
                             "of the turns.")
        yield text
