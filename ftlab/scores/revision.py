"""How much a person has to change before a draft can be sent, and how long that takes."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import NamedTuple

from ftlab.evidence.segmentation import pieces

FEWEST_TIMED = 3  # two unknowns are fitted; a third draft shows at least that a line is a guess


class Revisions(NamedTuple):
    """What separates a draft from the text that was approved."""

    word_edits: int  # words put in, taken out or replaced, the fewest that do it
    char_edits: int
    word_rate: float  # word_edits / words of the approved text
    char_rate: float

    @property
    def revised(self) -> bool:
        """Whether anything had to be changed."""
        return self.char_edits > 0


def revisions(draft: str, approved: str) -> Revisions:
    """The edit distance from a draft to the approved text, in words and in characters, and as shares.

    A share is the number of edits over the length of the APPROVED text. It starts at 0 (send it as it is); an empty
    draft has 1 (write it all); it can exceed 1, and is not cut off there, when a long draft has to be taken out before
    a short reply is left. Space at both ends, the kind of line end and the way an accent is stored do not count; a
    double space inside is an edit of one character and of no word. Where a script puts no blanks between words
    (Chinese, Japanese, Thai, ...), each sign counts as a word.

    Raises:
        ValueError: If one is no text or the approved text is empty.
    Source: Levenshtein 1966, Soviet Physics Doklady 10(8); computed by the package rapidfuzz. As a share of the
        reference: Morris et al. 2004, Interspeech (word error rate).
    """
    from rapidfuzz.distance import Levenshtein

    if not isinstance(draft, str) or not isinstance(approved, str) or not approved.strip():
        raise ValueError(f"revisions: expected a draft and an approved text that is not empty, found {draft!r} and "
                         f"{approved!r}. Leave out a draft that was never approved.")
    draft, approved = _plain(draft), _plain(approved)
    words = pieces(approved)
    word_edits, char_edits = Levenshtein.distance(pieces(draft), words), Levenshtein.distance(draft, approved)
    return Revisions(word_edits, char_edits, word_edits / len(words), char_edits / len(approved))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Calibration:
    """How long a person takes: ``seconds_to_read`` for each draft, and ``seconds_per_edit`` for each word changed.

    Raises:
        ValueError: If a number is not finite, reading takes less than no time, or an edit takes none.
    """

    seconds_per_edit: float
    seconds_to_read: float
    origin: str = "given by hand"

    def __post_init__(self) -> None:
        if not (_is_number(self.seconds_per_edit) and self.seconds_per_edit > 0
                and _is_number(self.seconds_to_read) and self.seconds_to_read >= 0):
            raise ValueError(f"Calibration: expected seconds_per_edit above 0 and seconds_to_read of 0 or more, found "
                             f"{self.seconds_per_edit!r} and {self.seconds_to_read!r}.")

    def __str__(self) -> str:
        return (f"{self.seconds_to_read:.1f} s to read a draft and {self.seconds_per_edit:.1f} s for each word changed "
                f"({self.origin})")

    def seconds(self, word_edits: int) -> float:
        """Seconds until a draft can be sent: reading it once, and changing each word that has to be changed."""
        return self.seconds_to_read + self.seconds_per_edit * word_edits

    @classmethod
    def fit(cls, word_edits: Sequence[int], seconds: Sequence[float], origin: str = "") -> Calibration:
        """The line ``seconds = seconds_to_read + seconds_per_edit * word_edits`` nearest to timed drafts.

        Nearest: the smallest sum of squared distances. Reading cannot take less than no time, so where the line would
        start below 0 the nearest one through 0 is taken. With a handful of drafts the line is rough; it turns edits
        into a time that can be pictured, and comparisons between models rest on the edits.

        Raises:
            ValueError: If there are fewer than 3 timed drafts, a time is not above 0, an edit count is below 0, every
                draft had the same number of edits, or more edits took less time.
        """
        edits, times = list(word_edits), list(seconds)
        if len(edits) != len(times) or len(edits) < FEWEST_TIMED:
            raise ValueError(f"Calibration.fit: expected at least {FEWEST_TIMED} timed drafts, a count of edits and a "
                             f"time for each, found {len(edits)} counts and {len(times)} times. Time more drafts.")
        for place, (edit, time) in enumerate(zip(edits, times, strict=True), start=1):
            if not (_is_number(time) and time > 0 and _is_number(edit) and edit >= 0):
                raise ValueError(f"Calibration.fit: expected a time above 0 s and 0 or more edits, found {time!r} s "
                                 f"and {edit!r} edits for draft {place}. Leave that draft out or time it again.")
        x, y = sum(edits) / len(edits), sum(times) / len(times)
        spread = sum((edit - x) ** 2 for edit in edits)
        if spread == 0:
            raise ValueError(f"Calibration.fit: expected drafts with different numbers of edits, found {edits[0]} for "
                             "each. Reading and editing cannot be told apart; add a draft with more edits.")
        slope = sum((edit - x) * (time - y) for edit, time in zip(edits, times, strict=True)) / spread
        if slope <= 0:
            raise ValueError(f"Calibration.fit: expected more edits to take more time, found {slope:.2f} s for each. "
                             "Something else took the time; time the drafts again without a break.")
        start = y - slope * x
        if start < 0:
            products = sum(edit * time for edit, time in zip(edits, times, strict=True))
            slope, start = products / sum(edit**2 for edit in edits), 0.0
        return cls(slope, start, origin or f"fitted to {len(edits)} timed drafts")


# An assumption, not a measurement: a reply of 40 words at 238 words a minute takes 10 s to read (Brysbaert 2019,
# doi:10.1016/j.jml.2019.104047); to find, select and type over one word is put at 4 s.
EXAMPLE = Calibration(4.0, 10.0, "the authors' assumption, timed by nobody")


def minutes_to_publish(draft: str, approved: str, calibration: Calibration) -> float:
    """Minutes until a draft has become the approved text, at the speed of a calibration.

    Raises:
        ValueError: As ``revisions`` does.
    """
    return calibration.seconds(revisions(draft, approved).word_edits) / 60


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
