"""What counts as a word, in any script: for scores and searches that compare the wording of two texts.

A word is a run of letters, digits and the marks that belong to them: the vowel signs of Hindi and Thai are marks, and a
word cut at them is another word. Chinese and Japanese put no spaces between words, so each sign is a word. Thai, Lao,
Khmer and Burmese put none either, though a sign alone says little there: ``words`` leaves their runs whole, and
``units``, which is for comparing in order, takes each letter with its marks.
"""

from __future__ import annotations

import re
import unicodedata

from ftlab.values import MARKS as MARKS
from ftlab.values import SIGNS as _SIGN
from ftlab.values import UNSPACED as _UNSPACED

_LETTER = rf"(?:[^\W_{_SIGN}][{MARKS}]*)"
WORD = re.compile(rf"[{_SIGN}]|{_LETTER}+")
UNIT = re.compile(rf"[{_SIGN}]|[{_UNSPACED}](?<=\w)[{MARKS}]*|(?:(?![{_UNSPACED}]){_LETTER})+")
WITHOUT_BLANKS = re.compile(f"[{_SIGN}{_UNSPACED}]")
_PIECE = re.compile(rf"[{_SIGN}]|[{_UNSPACED}][{MARKS}]*|(?:(?![{_SIGN}{_UNSPACED}])\S)+")


def words(text: str) -> list[str]:
    """The words of a text; case, punctuation and Unicode's variants of one sign do not count."""
    return WORD.findall(_plain(text))


def units(text: str) -> list[str]:
    """The words of a text, but each letter of a script without spaces by itself, with its marks."""
    return UNIT.findall(_plain(text))


def pieces(text: str) -> list[str]:
    """The text as blanks cut it, punctuation and case kept; where a script has no blanks, sign by sign."""
    return _PIECE.findall(text) if WITHOUT_BLANKS.search(text) else text.split()


def _plain(text: str) -> str:
    joined = text if text.isascii() else text.replace("\u200c", "").replace("\u200d", "")  # they only shape letters
    return unicodedata.normalize("NFKC", joined).casefold()
