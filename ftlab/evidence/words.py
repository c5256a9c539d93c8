"""What counts as a word, in any script: for scores and searches that compare the wording of two texts.

A word is a run of letters, digits and the marks that belong to them: the vowel signs of Hindi and Thai are marks, and a
word cut at them is another word. Chinese and Japanese put no spaces between words, so each sign is a word. Thai, Lao,
Khmer and Burmese put none either, though a sign alone says little there: ``words`` leaves their runs whole, and
``units``, which is for comparing in order, takes each letter with its marks.
"""

from __future__ import annotations

import re
import unicodedata

# Vowel signs, accents and the like: what belongs to the letter before it.
MARKS = "".join(chr(code) for code in range(0x300, 0xFE30) if unicodedata.category(chr(code)).startswith("M"))
_SIGN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_LETTER = rf"(?:[^\W_{_SIGN}][{MARKS}]*)"
_UNSPACED = "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u104f\u1780-\u17d3"  # Thai, Lao, Burmese, Khmer
WORD = re.compile(rf"[{_SIGN}]|{_LETTER}+")
UNIT = re.compile(rf"[{_SIGN}]|[{_UNSPACED}](?<=\w)[{MARKS}]*|(?:(?![{_UNSPACED}]){_LETTER})+")
UNSPACED = re.compile(f"[{_UNSPACED}]")


def words(text: str) -> list[str]:
    """The words of a text; case, punctuation and Unicode's variants of one sign do not count."""
    return WORD.findall(_plain(text))


def units(text: str) -> list[str]:
    """The words of a text, but each letter of a script without spaces by itself, with its marks."""
    return UNIT.findall(_plain(text))


def _plain(text: str) -> str:
    joined = text if text.isascii() else text.replace("\u200c", "").replace("\u200d", "")  # they only shape letters
    return unicodedata.normalize("NFKC", joined).casefold()
