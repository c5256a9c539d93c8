"""How much of a reference's wording a reply shares, in order: ROUGE-L."""

from __future__ import annotations

from collections.abc import Sequence

from ftlab.evidence.segmentation import units


def rouge_l(replies: Sequence[str], references: Sequence[str], stemmer: bool = False) -> list[float]:
    """ROUGE-L F1 of each reply, from 0 to 1: the longest run of words that both have in the same order, gaps allowed.

    With L words in that run, precision is L / words of the reply, recall L / words of the reference, and F1 is their
    harmonic mean. Case and punctuation do not count: "$49.00" is the two words 49 and 00. A sign of Chinese or
    Japanese and a letter of Thai are words, as ``ftlab.evidence.segmentation.units`` has them: the package's own cut
    keeps a-z and digits alone, and two Chinese texts that share one Latin name would score 1. It rewards wording, not
    truth: a reply with one wrong price scores almost full marks.

    Args:
        stemmer: Whether English words count by their stem (Porter's), so that "lasts" equals "lasting". Raises scores
            a little; compare only scores made with the same setting.
    Raises:
        ValueError: If the lengths differ, or a reference has no word to share.
    Source: Lin 2004, ACL W04-1013, section 3; computed by the package rouge-score.
    """
    from rouge_score.rouge_scorer import RougeScorer

    if len(replies) != len(references):
        raise ValueError(f"expected one reference for each reply, found {len(replies)} replies and {len(references)} "
                         "references.")
    scorer = RougeScorer(["rougeL"], tokenizer=_Words(stemmer))
    for place, text in enumerate(references, start=1):
        if not units(text):
            raise ValueError(f"references, entry {place}: expected a text with a word in Latin letters or another "
                             f"script, or a number, found {text!r}. Leave out a question that has no reference.")
    return [float(scorer.score(reference, reply)["rougeL"].fmeasure)
            for reply, reference in zip(replies, references, strict=True)]


class _Words:
    """The words of a text in the form that rouge-score asks for: an object with ``tokenize``."""

    def __init__(self, stemmer: bool) -> None:
        from nltk.stem.porter import PorterStemmer

        self.stem = PorterStemmer().stem if stemmer else None

    def tokenize(self, text: str) -> list[str]:
        # Words of up to three letters keep their form, as in the package's own tokenizer.
        return [self.stem(word) if self.stem and len(word) > 3 and word.isascii() else word for word in units(text)]
