"""Finding records that say the same thing twice: exactly, or nearly.

Near duplicates are found by MinHash signatures (Broder 1997) cut into bands (locality-sensitive hashing, Leskovec et
al. 2020, Mining of Massive Datasets, chapter 3). The signatures come from rensa; the bands are sorted NumPy columns, so
that a million records need seconds and every process finds the same pairs.

What is alike may still be two examples: "Is it red?" and "Is it tall?" with the same long reply. So two records are
compared only if screen heading and reply agree in their words, and one is a copy only if the questions do, courtesies
("Hello", "please", "And what ...") and slips of the hand aside. A sign that makes another number or name counts as a
word: -5, < 5, C++. The price: a copy that is told in other words stays, as does one of a few words with a slip
that makes another English word ("diary" for "dairy"), and of a question over ``ASKED`` bytes one with any slip at all.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ftlab.evidence.segmentation import words
from ftlab.world.text import english

if TYPE_CHECKING:
    import numpy as np

HASHES = 128  # numbers in a signature; a similarity estimated from them is off by about 0.04
BANDS = 32  # of 4 numbers each: a pair that shares 0.7 of its shingles meets in a band in 999 of 1,000 cases
SEED = 7
SHINGLE = 2  # words
ALIKE = 0.7  # the least share of common shingles between near duplicates
HEADING = 6  # words of the screen that say what a record is about
ASKED = 400  # bytes of a question's words that are kept for comparing; of a longer question, only their digest
FEW = 8  # words: in a longer question that agrees in all others, "were" for "where" is a slip
COURTESY = frozenset(re.findall(r"\w+", """hello hi
dear good morning afternoon evening day all there again please kindly thanks thank you
like want tell let know me i m am s is and so a the to my"""))
# Said to the reader, as "can you tell me"; "can I" and "will it" ask for two things. The other two are polite forms.
MODALS = {"could": "can", "would": "will", "can": "can", "will": "will"}
SIGN = re.compile(r"(?<![\w.)])[-\u2013\u2212](?=\.?\d)|[<>\u2264\u2265](?=\s?=?\s?[$€£.-]?\d)"  # -5, > 5 litres
                  r"|(?<=[^\W\d_])(?:\+{1,2}|#)(?!\w)|[$€£¥%‰°±]")  # C++, C#, $5, 5 %
NEIGHBOURS = 16  # records before it with the same band that a record is compared with


def plain(text: str) -> str:
    """The words of a text in lower case, without punctuation."""
    return " ".join(words(text))


def training_text(record: dict) -> str:
    """What is said in the record: question and reply, after the first words of the screen.

    The rest of the screen does not count: four questions on one long passage share most of their words, and are four
    examples. Its first words do: one question about two products is two examples.
    """
    heading = " ".join(record["record"].split()[:HEADING])
    return f"{heading}\n{record['question']}\n{record['reply']}"


def exact_key(record: dict) -> bytes:
    """16 bytes that two records share if screen, question and reply are equal but for case and punctuation.

    Signs that say something are none: "-5", "> 5" and "C#" are not "5", "< 5" and "C++".
    """
    text = "\n".join(" ".join(_words(record[name])) for name in ("record", "question", "reply"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def signature(record: dict) -> np.ndarray:
    """The MinHash signature of the pairs of neighbouring words in ``training_text``.

    Shapes:
        returns (HASHES,), uint32; the share of equal numbers in two signatures estimates the share of common shingles,
        and is 0 if the headings or the replies differ in their words.
    """
    import numpy as np
    from rensa import RMinHash

    found = plain(training_text(record)).split()
    sketch = RMinHash(num_perm=HASHES, seed=SEED)
    heading = " ".join(record["record"].split()[:HEADING])
    told = "\n".join(" ".join(_content(text)) for text in (heading, record["reply"]))
    tag = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    sketch.update([f"{tag} {' '.join(found[i:i + SHINGLE])}" for i in range(max(1, len(found) - SHINGLE + 1))])
    return np.array(sketch.digest(), dtype=np.uint32)


def asked(record: dict) -> bytes:
    """The words of the question without courtesies; if they take more than ``ASKED`` bytes, a digest of them."""
    told = " ".join(_content(record["question"])).encode("utf-8", "surrogatepass")
    return told if len(told) <= ASKED else hashlib.blake2b(told, digest_size=16).hexdigest().encode()


def _words(text: str) -> list[str]:
    """The words of a text, and in their places the signs that say something, each as a word such as "x2d"."""
    return words(SIGN.sub(lambda found: f" {''.join(f'x{ord(sign):x}' for sign in found[0])} ", text))


def _content(text: str) -> list[str]:
    found = _words(text)
    return [MODALS.get(word, word) for word, after in zip(found, [*found[1:], ""], strict=False)
            if word not in COURTESY and not (word in MODALS and after in ("you", "like"))]


@lru_cache(maxsize=2**16)
def asks_the_same(one: bytes, other: bytes) -> bool:
    """True if two questions, as ``asked`` gives them, have the same words, slips of the hand aside.

    In a question of few words a slip makes no other English word: "Is it metal?" and "Is it mental?" are two.
    """
    first, second = (text.decode("utf-8", "ignore").split() for text in (one, other))
    return len(first) == len(second) and all(
        _is_slip(a, b) and not (len(first) < FEW and a != b and {a, b} <= english() and {a, b} != {"where", "were"})
        for a, b in zip(first, second, strict=True))


def _is_slip(one: str, other: str) -> bool:
    """True if both words are one: equal, or with one letter dropped, doubled or swapped inside a longer word."""
    from rapidfuzz.distance import OSA

    if one == other:
        return True
    return (min(len(one), len(other)) >= 4 and one[0] == other[0] and one[-1] == other[-1] and one.isalpha()
            and other.isalpha() and (len(one) != len(other) or sorted(one) == sorted(other))
            and OSA.distance(one, other) <= 1)


def find_repeats(keys: Sequence[bytes]) -> np.ndarray:
    """For each key the place of the first equal one, or -1 if it is itself the first.

    Shapes:
        keys: (N,); returns (N,), int64.
    """
    import numpy as np

    first: dict[bytes, int] = {}
    return np.array([-1 if (place := first.setdefault(key, i)) == i else place for i, key in enumerate(keys)],
                    dtype=np.int64)


def find_near(signatures: np.ndarray, questions: Sequence[bytes] | None = None, alike: float = ALIKE) -> np.ndarray:
    """For each record the place of an earlier one that is nearly the same, or -1.

    Records that agree in all numbers of a band are compared, each with up to ``NEIGHBOURS`` of those before it.

    Args:
        questions: What ``asked`` gives for each record; if left out, the signatures alone decide.
        alike: Least estimated share of common shingles, from 0 to 1.
    Shapes:
        signatures: (N, HASHES); questions: (N,); returns (N,), int64.
    """
    import numpy as np

    count, width = len(signatures), HASHES // BANDS
    best, original = np.full(count, alike, dtype=np.float32), np.full(count, -1, dtype=np.int64)
    for band in range(BANDS):
        part = signatures[:, band * width:(band + 1) * width]
        keys = _mix(part)
        order = np.argsort(keys, kind="stable")  # equal keys stand together, in the order of the records
        sorted_keys = keys[order]
        for step in range(1, NEIGHBOURS + 1):
            same = np.flatnonzero(sorted_keys[step:] == sorted_keys[:-step])
            if not len(same):
                break
            _compare(signatures, questions, order[same + step], order[same], best, original)
    return original


def _compare(signatures: np.ndarray, questions: Sequence[bytes] | None, later: np.ndarray, earlier: np.ndarray,
             best: np.ndarray, original: np.ndarray) -> None:
    """Notes for each later record the earlier one if they are more alike than what was found before."""
    import numpy as np

    for start in range(0, len(later), 100_000):  # a block of signatures at a time: 100 MB
        a, b = later[start:start + 100_000], earlier[start:start + 100_000]
        share = (signatures[a] == signatures[b]).mean(axis=1, dtype=np.float32)
        better = share >= best[a] + np.where(original[a] >= 0, np.float32(1e-6), np.float32(0))
        if questions is not None:
            pairs = np.flatnonzero(better)
            better[pairs] = [asks_the_same(bytes(questions[i]), bytes(questions[j]))
                             for i, j in zip(a[pairs], b[pairs], strict=True)]
        best[a[better]], original[a[better]] = share[better], b[better]


def _mix(part: np.ndarray) -> np.ndarray:
    """One 64-bit number for each row: (N, w) to (N,)."""
    import numpy as np

    mixed = np.zeros(len(part), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for column in part.T:
            mixed = (mixed ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
    return mixed
