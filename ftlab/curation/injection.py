"""Texts that try to give a language model orders. A model trained on them learns to obey whoever writes.

Patterns catch what is already known: they are a sieve and no proof. Three tables in ``data/world/desk`` say how good.

``harmless.csv`` holds 702 sentences of ordinary customers that share words with attacks ("I want to cancel my
order."): none is dropped, and that is no surprise, for the patterns were mended on them. 110 of them were written to
provoke the patterns, once these had been made narrower; 7 were dropped at the first try (6 %), before that was mended.
``harmless_unseen.csv`` holds 162 that somebody wrote without looking at the patterns and on which nothing is mended:
0 of them are dropped, so at most 2.3 % of such sentences are (Wilson's 95 % interval). ``attacks.csv`` holds 112
attacks that no pattern was widened for: 41 of them are found, 37 %. Nearly two of three new wordings get through, and
more once people know the patterns. Keep this step, and let nothing depend on it.

Source of the families: Perez and Ribeiro 2022, arXiv:2211.09527 (goal hijacking and prompt leaking).
"""

from __future__ import annotations

import re

from ftlab.curation.injection_patterns import NEEDS, PATTERNS
from ftlab.curation.records import Reject

_COMPILED = {name: (NEEDS[name].split("|"), re.compile("|".join(forms), re.IGNORECASE))
             for name, forms in PATTERNS.items()}
_TO_HERE = r"\b(?:(?!\byou\b)[^.?!;:,\n])*$"
# What somebody else does, or what is asked about, is no order: "I ignored your guidelines", "Are your old rules ...".
_OWN = re.compile(
    r"\b(?:i|we|he|she|they|it|one|people|customers|somebody|someone|nobody|everybody|everyone|"
    rf"(?:my|our) [\w-]+){_TO_HERE}"
    r"|(?:^|[.?!;:,\n]\s*|\b(?:that|because|if|when|and|but) )(?:the|your|this|that|these|those|some|many|most|a|an) "
    r"(?!(?:next|following|new|user)\b)(?:[\w'-]+ ){0,2}(?!(?:repl|answer|respon|message|turn|task|chat|conversation|"
    r"rest)\w*\b)[\w'-]+ (?:(?:always|never|often|still|just|simply|all|should|will|would|can|could|may|must|does|do|"
    r"did|seems? to|not|told me to|tells? me to|says? to) )*$", re.IGNORECASE)
_ASKED_ABOUT = re.compile(
    r"(?:^|[.?!;:,\n]\s*)(?:(?:and|but|so|or) )?(?:why|how|what|when|where|which|who|do|does|did|is|are|was|were|has|"
    rf"have|can|could|will|would|may|might|should){_TO_HERE}", re.IGNORECASE)
# What a screen, a leaflet or a page says is quoted.
_QUOTED = re.compile(
    r"\b(?:display|screen|panel|app|(?:web)?site|(?:web)?page|shop|window|menu|label|sticker|leaflet|manual|box|device|"
    r"machine|tablet|phone|laptop|computer|camera|printer|tv|router|lamp|watch|remote|light|it)\b[^.?!\n]{0,30}"
    r"\b(?:says?|said|shows?|showed|reads?|tells me|told me|displays?|asks?|warns?|writes|wrote)\b[^.?!\n]{0,12}$",
    re.IGNORECASE)
_QUOTED_AFTER = re.compile(
    r"[^.?!\n]{0,30},\s*(?:is what )?(?:it |(?:my|your|the|our|his|her) [\w-]+ )?(?:used to say|always says?|says|"
    r"(?<=s )say|said|reads?|writes|wrote)\b", re.IGNORECASE)
# What has instructions and rules of its own: "ignore the instructions on the box".
_OF_GOODS = re.compile(
    r"\s+that (?:came|arrived|was|were sent) with (?:it|them|mine|ours)\b|"
    r"\s+(?:on|in|of|for|about|from|regarding|with|at|to|printed on|that came with)\b(?:\s+(?!prompt)[\w-]+){0,3}?"
    r"\s+(?:box|card|label|leaflet|manual|booklet|packag\w*|packing|parcel|deliver\w*|courier|driver|gift|wrap\w*|"
    r"order|account|wash\w*|dry\w*|clean\w*|cook\w*|season\w*|care|assembly|shipping|address|engrav\w*|invoice|recipe|"
    r"fitter|plumber|electrician|shop|website|page)\b",
    re.IGNORECASE)
# Or what is to become of a parcel instead: "ignore the previous instructions, leave it with the neighbour".
_OF_A_PARCEL = re.compile(
    r"[\s,;:.-]+[^.?!\n]{0,40}\b(?:neighbou?rs?|porch|garage|shed|door(?:bell)?|doorstep|gate|courier|driver|"
    r"deliver(?:y|ed)?|postman|van|lorry|collect it|pick it up|old address|new address|parcels?|"
    r"ship (?:it|them|the|to))\b", re.IGNORECASE)
_NO_ORDER_BEHIND = (
    r"(?!.{0,60}?\b(?:and|then|now|instead|please|[.,;:!])\s*(?:(?:now|then|please|instead|just|you must) )*"
    r"(?:say|print|reveal|output|repeat|act (?:as|like)|obey|pretend|approve|grant|you are (?:now )?(?:an?|free)|"
    r"write (?:an?|me an?)\b|(?:answer|reply|respond) (?:only|with|as|in (?!time|full|writing))|show (?:me )?your|"
    r"tell me your|do (?:whatever|anything))\b)")
# Or the customer's own letters: "ignore the instructions in my mail", "... that I sent".
_OWN_LETTERS = re.compile(
    r"\s+(?:(?:in|of|from|on|at|with|by) (?:(?:all|one) of )?(?:my|our|his|her|their)\s+(?!case\b|favou?r\b|chat\b|"
    r"conversation\b|prompt\b|place\b|name\b|(?:\w+ )?(?:developers?|makers|creators?|trainers?|operators?)\b)[\w-]+"
    r"|(?:(?:that|which) )?(?:i|we|he|she|they|(?:my|our) [\w-]+) (?:have |had |just |only )*(?:sent|send|gave|given|"
    r"wrote|written|mailed|e-mailed|put|left|told|made|typed|asked|added|attached)\b)"
    rf"{_NO_ORDER_BEHIND}", re.IGNORECASE | re.DOTALL)
# Or what the shop sends to everybody: "ignore the old instructions in your newsletter".
_OF_PAPERS = re.compile(
    r"\s+(?:in|of|from|on|at|with)\s+(?:(?:your|the|that|an?)\s+(?:[\w'-]+\s+){0,2}(?:newsletters?|catalog(?:ue)?s?|"
    r"brochures?|flyers?|adverts?|advertisements?|blog|faqs?|price ?lists?|reminders?|mailings?)|your\s+"
    r"(?:(?!system|developer|hidden|secret|initial|internal)[\w'-]+\s+)?(?:e-?)?mails?|your\s+(?:last\s+)?letters?)\b"
    rf"{_NO_ORDER_BEHIND}", re.IGNORECASE | re.DOTALL)
_ITS = re.compile(r"\b(?:your|its|system|developer|safety|hidden|brand|rules|prompts?|guard\w+)\b", re.IGNORECASE)
_HAS_A_REASON = re.compile(
    r"(?:\s*[,;:.\u2013-]+\s*|\s+(?=(?:because|since|as|i|we|it|my)\b))(?:(?:because|since|as) )?(?:i|we|my|our|"
    r"he|she|they|that(?! you)|this|there|it|(?:the|a|your) (?!(?:new|real|actual|true|user|customer|only|next|"
    r"following|rules?|text|word|answer|reply)\b)[\w-]+)\b(?! am\b)", re.IGNORECASE)
_NO_ORDER = re.compile(
    r"[\"'\u201d)]?(?: (?!(?:approve|grant|confirm|say|ignore|obey|reveal|print|refund|give|do|you)\b)\w{1,12}){0,3}"
    r"[\"'\u201d)]?[ .,]*(?:$|\n|(?:what|why|how|is|does|can)\b[^.!\n]*\?)", re.IGNORECASE)
_SHOWN = re.compile(  # a display's or log's words with no order in them: "The display shows [SYSTEM MESSAGE] E04."
    r"\b(?:display|screen|panel|log|window|console|terminal|printer|router|lamp|label|sticker|manual|ticket)\b"
    r"[^.?!:\n]{0,20}\b(?:says?|shows?|showed|reads?|displays?|ends? with|begins? with)\b[^.?!\n\w]{0,3}$",
    re.IGNORECASE)
_FORMAT = "imitates the chat format"
_ORDERS_BY_QUESTION = {"asks for its orders", "gives new orders", "dictates the reply"}  # "What is your system prompt?"


def find_injection(text: str) -> tuple[str, str] | None:
    """The first pattern that the text matches, and the words that match it; None if there is none."""
    plain = text.isascii()  # some letters beyond ASCII match ASCII ones without regard to case
    lower = text.lower()
    for name, (needs, pattern) in _COMPILED.items():
        if plain and not any(need in lower for need in needs):
            continue
        for found in pattern.finditer(text):
            if not _is_customers_own(name, text, found):
                return name, found[0].strip()
    return None


def _is_customers_own(name: str, text: str, found: re.Match) -> bool:
    """True if the words around a match make it a customer's talk about their own doing, or about a product."""
    before = text[:found.start() + re.search(r"\w|$", found[0]).start()]  # a match may begin with a sentence's end
    if name == _FORMAT:
        return _SHOWN.search(before) is not None and _NO_ORDER.match(text, found.end()) is not None
    if _QUOTED.search(before) or _QUOTED_AFTER.match(text, found.end()):
        return True
    if name != "asks for its orders" and _OWN.search(before):
        return True
    if name not in _ORDERS_BY_QUESTION and _ASKED_ABOUT.search(before):
        return True
    if name == "cancels its rules" and not _ITS.search(found[0]) and _OWN_LETTERS.match(text, found.end()):
        return True
    if name == "cancels its rules":
        return any(after.match(text, found.end()) for after in (_OF_GOODS, _OF_PAPERS, _OF_A_PARCEL, _HAS_A_REASON))
    return name == "cancels what came before" and any(
        after.match(text, found.end()) for after in (_OF_A_PARCEL, _HAS_A_REASON))


def check_injection(record: dict) -> dict:
    """The record, if neither question nor reply tries to give the model orders.

    Raises:
        Reject: With the kind of order and its words.
    """
    for name in ("question", "reply"):
        if found := find_injection(record[name]):
            raise Reject(f"expected a text for people in '{name}', found one that {found[0]}: {found[1][:60]!r}.")
    return record
