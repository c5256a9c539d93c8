"""Finding and masking what points at a person: mail addresses, phone numbers and payment cards.

A mask can be undone by whoever holds the mapping: ``<EMAIL_1>`` stands for one address within one record. The mapping
is written to a file of its own, which stays with those who may see it.

What is not looked for is in ``NOT_LOOKED_FOR``, and every data card repeats it; nor is a mail address whose name stands
in quotes, or whose place is an IP address in brackets. Where digits could be either, the words around them decide, and
that has a price. A card or phone number that its writer calls an order number stays, and so does a card number that is
said to stand on the back of goods. A card number that nobody names is masked if it fits: one of ten numbers of a card's
length and beginning passes the check digit. So is one with a word of paying before it, unless that is said to be for
the order, invoice or booking that the number names in one run ("I paid for order ..."): "I paid, my order number is
..." loses an order number now and then, which costs less than a card. A phone number that
nobody names is masked if it is written as people dial it: with + or a leading 0, with blanks or without, brackets, or
as 415-555-2671. So an order number of nine or more digits that begins with 0 and that nobody calls one goes, if a
country knows it as a phone's; and a Spanish or Italian mobile without its country code and without a word such as
"call" stays.
"""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

from ftlab.evidence.segmentation import MARKS

TEXTS = ("question", "reply")
NOT_LOOKED_FOR = ("names", "streets and towns", "bank accounts (IBAN)", "passport and tax numbers", "dates of birth",
                  "user names", "licence plates", "IP addresses")
REGIONS = ("US", "GB", "DE", "FR", "NL", "IT", "ES")  # how a number without a country code is read, in this order
_LABEL = rf"[\w{MARKS}](?:[\w{MARKS}-]*[\w{MARKS}])?"  # of a domain: any script, also 3com or 163
_LAST = rf"(?=[^\W\d_])(?:xn--[\w-]+|[\w{MARKS}]{{2,}})"  # com, museum, рф, भारत
_NO_NAME = (r"(?:look\w*|shop\w*|s(?:ee|een|aw)|f(?:i|ou)nd|buy\w*|bought|order\w*|sold|sells?|check\w*|read|us|me|you|"
            r"it|them|him|her|one|ones|this|that|these|those|here|there|is|are|was|were|be|listed|available|online|"
            r"sites?|stores?|pages?|websites?|prices?|products?|goods|items?|offers?|visit\w*|click\w*|pay|paid|log\w*|in|"
            r"account|search\w*|register\w*|sign\w*|and|or|now|only|also|still|cheaper|stock|work\w*)")
EMAIL = re.compile(  # anna@post.example, and as people write it to hide it: anna (at) post (dot) example
    rf"(?<![\w.+-])(?!{_NO_NAME} at )[\w{MARKS}.!#$%&'*+/=?^`{{|}}~-]*[\w{MARKS}+-](?:(?:@| @ )(?:{_LABEL}\.)+{_LAST}"
    rf"|\s?[(\[]at[)\]]\s?{_LABEL}(?:(?:\.|\s?[(\[]dot[)\]]\s?){_LABEL})+"
    rf"| at {_LABEL}(?: dot {_LABEL})* dot {_LAST})", re.IGNORECASE)
DIGITS = re.compile(r"(?<![\w$.,/#-])\+?\(?\d(?:[ \u00a0().\u2010-\u2015/-]{0,3}\d){6,22}(?![\w%])")
MASK = re.compile(r"<(?:EMAIL|PHONE|CARD)_\d+>")
_GAP = r"\s{0,2}(?P=sign)\s{0,2}"
CARD_GROUPS = tuple(re.compile(rf"(?<![\w#]){digits}(?!\w)") for digits in (
    r"\d(?:[ -]?\d){12,18}",
    # as a card shows them, with one sign throughout, also broken over a line: 4111.1111.1111.1111, 3782-822463-10005
    rf"\d{{4}}\s{{0,2}}(?P<sign>[./·\u2010-\u2015\u2212-]?)\s{{0,2}}(?:\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}}|"
    rf"\d{{6}}{_GAP}\d{{4,5}})"))
NETWORKS = re.compile(  # how the numbers of each card network begin, and how long they are
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
    r"|(?:50|5[6-9]|6[37])\d{11,17}")
_TIME = r"\d\d?[:.h]\d\d(?:[:.]\d\d)?"
_UNIT = (r"(?:mm|cm|dm|km|m|inch(?:es)?|ft|feet|yards?|miles?|kg|g|mg|tons?|tonnes?|lbs?|oz|ml|cl|dl|l|litres?|liters?|"
         r"gallons?|(?:kilo)?watts?|k?w|volts?|k?v|amps?|m?a|k?wh|m?ah|[kmg]?hz|pixels?|px|dpi|rpm|lumens?|lm|lux|kelvin|k|"
         r"h?pa|kpa|mbar|bar|psi|db|k?cal|k?j|nm|[kmgt]i?b|[kmg]bit/?s?|degrees|°\s?[cf]?|percent|pieces?|pcs|sheets?|"
         r"cups?|steps|points|sq\w*|hours?|hrs?|h|minutes?|min|seconds?|days?|weeks?|months?|years?|people|customers?|"
         r"grit|thread|turns?|copies|units?|euros?|items?)")
_MONTH = (r"(?:jan|feb|m[aä]r|apr|ma[iy]|june?|juin|juil|jul|aug|ago|ao[uû]t|sep|se[pt]t|okt|o[ct]t|out|nov|de[cz]|"
          r"d[eé]c|gen|ene|abr|dic|set|mag|giu|lug|f[eé]v|avr|mei|mrt|maart)[^\W\d_]*\.?")
_MONEY = r"(?:USD|EUR|GBP|CHF|JPY|dollars?|euros?|pounds?|francs?|kr)"
_DEGREES = r"(?<![\d.])[+-]?(?:0|[1-9]\d?|1[0-7]\d|180)\.\d{2,}\s?°?\s?[NSEW]?"
_DECIMAL = r"(?:0|[1-9]\d{0,2})\.\d{1,2}"
_NEXT = r"(?:\s?[/\u2010-\u2015-]\s?|[ \u00a0]{1,3})"
_YEAR = r"(?:19|20)\d\d"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_HOURS = r"(?:[01]\d|2[0-3])(?:00|15|30|45)\s?[\u2010-\u2015-]\s?(?:[01]\d|2[0-4])(?:00|15|30|45)"
NO_PHONES = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (
    rf"(?<![\d./-])(?:(?:19|20)\d\d([-/.])\d\d?\1\d\d?|\d\d?([-/.])\d\d?\2(?:(?:19|20)\d\d|\d\d(?=[ ,T]+{_TIME})))"
    rf"(?![\d])(?:[ ,T]+(?:at )?(?:{_TIME}|\d{{4}}\b|\d\d?(?= ?(?:h|am|pm|o'clock)\b)))?",  # dates, with their hour
    rf"(?<![\d./+-])(?<!\d ){_DAY} (?:0?[1-9]|1[0-2]) {_YEAR}(?!\d|[./-]\d)"
    r"(?:[ ,T]+(?:at )?(?:[01]?\d|2[0-3])[ :.h]?[0-5]\d(?!\d|[ ./-]\d))?",  # 03 04 2025 11 30
    r"(?<![\d.+-])(?<!\d )(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[T ]?(?:[01]\d|2[0-3])[0-5]\d"
    r"(?:[0-5]\d)?(?!\d)",  # 20250301 0930
    rf"(?<![\d./-]){_TIME}\s?[\u2010-\u2015-]\s?{_TIME}(?!\d|[./-]\d)",  # opening hours
    # 0900-1730, 05/04 0800-1200 1300-1700; 02/04/25 - 05/04/25; 0 1 2 3 4 5 6
    rf"(?:(?<![\d)./+-])(?<![\d)] )|(?<=\b\d\d[/.]\d\d )){_HOURS}(?:[ ,]+(?:and |or )?{_HOURS})*(?!\d|[./-]\d|\s\d)",
    rf"(?<![\d./+-])(?<!\d ){_DAY}([-/.]){_DAY}\1\d\d\s?[\u2010-\u2015-]\s?{_DAY}\1{_DAY}\1\d\d(?!\d|[./-]\d)",
    r"(?<![\d.,/+()-])(?<![\d)] )0?[ ,-]*1[ ,-]+2[ ,-]+3[ ,-]+4(?:[ ,-]+\d\d?)+(?!\d)",
    rf"(?:\b{_MONTH}[ ,]+(?:\d\d?(?:st|nd|rd|th)?,?[ ]+)?|(?:in|since|until|from|to|of|season|year)[ ]){_YEAR}"
    rf"(?:[ ,T]+(?:at |um |à )?(?:{_TIME}|\d{{4}}\b|\d\d?\b))?(?!\d)",  # 1 March 2025 09.30, March 1, 2025 0930
    rf"(?<![\d.+/-])\b{_YEAR}\s?[/\u2010-\u2015-]\s?(?:{_YEAR}|\d\d)(?![\d./-])(?!\s\d{{3}})",  # 2023-2024, 2024/25
    r"(?<![\d+.,/)-])(?<![\d)/] )(?:[1-9]\d{0,3}\s?[\u2010-\u2015-]\s?[1-9]\d{0,3}|"
    r"[1-9]\d*0\s?[\u2010-\u2015-]\s?[1-9]\d*00)"
    r"(?![\d/-]|[.,]\d|\s\d)",  # ranges: 3000-4000, 10000-20000
    r"(?<![\d+./-])(?![2-9]\d\d/[2-9]\d\d/\d{4})[1-9]\d{0,3}(?:\s?/\s?\d{1,4}){1,4}(?![\d/-])",  # 100/200/300
    rf"{_DEGREES}\s?[,;/ ]\s?(?:[a-z]{{1,9}}:? )?{_DEGREES}(?!\.?\d)",  # coordinates
    rf"[$€£¥]\s?\d[\d .,'\u00a0\u202f]*|\d[\d .,'\u00a0\u202f]*(?:-\s?)?(?:[$€£¥]|{_MONEY}\b)",  # sums
    r"(?<![\d+])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)",
    rf"(?<![\d+().-])(?<![\d)] )[1-9][\d .,/x×\u00a0\u2010-\u2015-]{{0,24}}\s?{_UNIT}(?!\w)",  # sizes and weights
    r"\d+(?:[.,]\d+)?(?:\s?[x×]\s?\d+(?:[.,]\d+)?)+",
    r"(?<![\d.,/+()-])(?<![\d)] )0[.,]\d{4,}(?![.,/-]?\d|\s\d{2})",  # 0.123456789
    rf"(?<![\d+().-])(?<![\d)] )0(?:[ ,/-]{{1,2}}[1-9]\d{{0,3}}){{2,}}\s?{_UNIT}(?!\w)",  # 0 10 20 30 minutes
    # 05-03-25 0900, and UTM coordinates such as 32U 0461234 5481234
    rf"(?<![\d./-]){_DAY}([-/.]){_DAY}\1\d\d[ ,T]+(?:at )?(?:[01]\d|2[0-3])[0-5]\d(?!\d|[./-]\d|\s\d)",
    r"\b\d\d?\s?[C-HJ-NP-X][ ,]+(?:[A-Z]{2}[ ,]+)?(?:E(?:asting)?:? ?)?0?\d{6}(?:\.\d+)?\s?(?:m ?)?E?[ ,/]+"
    r"(?:N(?:orthing)?:? ?)?\d{7}(?:\.\d+)?(?!\d)",
    # rows of decimals, 1.5 2.0 2.5, and with whole numbers among them if 0 begins one, 0.5 1 1.5; 01.42 is no decimal
    rf"(?<![\d+().,/-])(?<![\d)] )(?:{_DECIMAL}(?:{_NEXT}{_DECIMAL}){{2,}}|"
    rf"0\.\d{{1,2}}(?:{_NEXT}(?:{_DECIMAL}|[1-9]\d{{0,2}})){{2,}})(?![./-]?\d)",
))
CALL_WORDS = re.compile(r"\b(?:(?:tele)?phone|tel|call(?:ed)?|ring|rang|mobile|cell|reach(?:ed)?|text|whatsapp|sms|"
                        r"dial|(?:my|your) number)\b", re.IGNORECASE)
SHORTENED = re.compile(r"\b(no|nr|num|ref|art|ord|inv|ser|cust|tel|ext|id|s\.?n)\.", re.IGNORECASE)  # no full stop
_NUMBER_WORD = r"(?:number|numbers|no|nr|num|id|code)"
# "Return 4711", "the claim number", but not "I return it" or "DHL has come": only a number's name right before it
_DIRECT = (r"(?:return|claim|confirmation|quote|purchase|p\.?o|licen[cs]e(?: key)?|firmware|loyalty|vat|tax|dhl|"
           r"ups|usps|dpd|gls|fedex|hermes|(?:sticker|label) (?:says|reads|shows))")
_DEALINGS = r"(?:consignment|waybill|docket|transaction|subscription)"
_NAMES = (r"art(?=[. ]+n[or]\b)|"
          r"order\w*|invoice|tracking|parcel|serial|ticket|reference|ref|case|article|item|batch|receipt|model|sku|"
          r"ean|gtin|upc|isbn|issn|asin|vin|rma|awb|[sp][/.]?n|barcode|part|lot|booking|code|id|imei|meid|iccid|device|"
          r"meter|customer|member(?:ship)?|registration|product|delivery|shipment|warranty|voucher|coupon|contract|policy")
_OTHERS = rf"(?:{_DIRECT}(?=[\s:#.=-]*(?:$|{_NUMBER_WORD}\b))|{_DEALINGS}|{_NAMES})s?"
# "Call me about the return: ...", "refund my claim ...": the number may be where to call or to pay, unless called one
_SURELY_OTHERS = rf"(?:(?:{_DIRECT}|{_DEALINGS})(?=[\s:#.=-]*{_NUMBER_WORD}\b)|{_NAMES})s?"
OTHER_NUMBERS, SURELY_OTHER_NUMBERS = (
    re.compile(rf"\b{others}\b[^.?!]{{0,24}}$|\b(?:utm|mgrs|eastings?|northings?)\b[^?!]{{0,32}}$|"
               r"\b(?:sizes?|pages?|zip|post(?:al )?code|coordinates|grid|lat(?:itude)?|lon(?:gitude)?|version|"
               r"dimensions|measures)\b[^.?!\d]{0,16}$", re.IGNORECASE) for others in (_OTHERS, _SURELY_OTHERS))
_CARD_WORD = r"(?:cards?|credit|debit|visa|mastercard|maestro|amex|american express)"
# "For my order I used", "I used this for the order"; but "I used the device" says what was used
PAYING = re.compile(rf"\b(?:{_CARD_WORD}|paid|pay|pays|paying|payments?|charge[ds]?|billed|billing|bank|"
                    rf"(?:use|used|using)(?!(?:,? (?!(?:for|on|to)\b)[\w'-]+){{0,6}},? {_SURELY_OTHERS}\b))\b",
                    re.IGNORECASE)
# What may stand before a number with + that is no phone's: "Device ID +49 30 123456", but not "for my order, +49 ...".
NUMBERED = re.compile(rf"\b(?:{_OTHERS}[\s-]+{_NUMBER_WORD}|[sp][/.]?n|imei|sku|ean|gtin|isbn)[\s:.#=(]*(?:is |was )?"
                      r"[\s\"'(]*$", re.IGNORECASE)
# "I paid for order ", "the payment for my order, number ": what the money was for, and not what it was paid with
PAID_FOR = re.compile(rf"\b(?:order|invoice|booking)s?(?:[\s#]+|,? {_NUMBER_WORD}[\s.:#]*)$", re.IGNORECASE)
PAYING_FOR = re.compile(r"\b(?:paid|pay|pays|paying|payments?|charge[ds]?|billed|billing)\b", re.IGNORECASE)
PAYING_BY = re.compile(r"\b(?:with|by|via|to|from)\b", re.IGNORECASE)
CARD_BEHIND = re.compile(  # "visa", "exp 12/27 cvv 123", "12/27": what stands behind a card's number alone
    rf"^[\s,;(/-]*(?:{_CARD_WORD}\b|(?:0[1-9]|1[0-2])\s?/\s?\d\d\b)|\b(?:cv[cv]2?|csc|security code|"
    r"(?:exp(?:ir(?:y|es|ation|ing))?|valid|good)\b[\s.:]*(?:date|until|till?|thru|through|to|on|in)?[\s.:]*"
    r"(?:0?[1-9]|1[0-2])\s?[/.-]\s?\d\d)\b", re.IGNORECASE)
REPAID = re.compile(r"\b(?:refund\w*|reimburse\w*|repay\w*|money|compensation)\b", re.IGNORECASE)
PAID_WITH = re.compile(rf"\b(?:{_CARD_WORD}|bank|use|used|using)\b", re.IGNORECASE)
_PLACE = r"(?:label|sticker|plate|box|lid|back|bottom|underside|packag\w+|device|parcel)"
# "the serial number of my lamp is ", "the device with the number ", but not "the order paid with "
NAMED_BEFORE, SURELY_NAMED_BEFORE = (re.compile(
    rf"\b{others}(?:(?: {_NUMBER_WORD})? on (?:the|its|my) {_PLACE})?"
    r"(?:(?:[\s:#(=?,;/.\"'\u201c-]+(?!(?:cards?|credit|debit|visa|mastercard|amex|paid|pay\w*|charg\w*|money|"
    r"with|by|using|via|from|for|to|on|\d{1,8})\b)[\w'.]+){0,5}|[^.?!\d]{0,20} (?:with|under|by) "
    rf"(?:the |this |my |its )?{_NUMBER_WORD})[\s:#(=?,;.\"'\u201c-]*$", re.IGNORECASE)
    for others in (_OTHERS, _SURELY_OTHERS))
NAMED_AFTER = re.compile(rf"^[)\"'\u201d]?,? (?:is|was|as|being|\() ?(?:(?:my|the|your|our|an?) )?(?:\w+ )?{_OTHERS}\b"
                         rf"(?!(?: {_NUMBER_WORD})?[\s:.#]{{0,3}}\d)",  # "(order 12)" has its own number
                         re.IGNORECASE)
# "on the back of the lamp", "on the device", "on its label": where goods bear a number, and a card bears its own
PRINTED_ON = re.compile(
    r"^[)\"'\u201d]?,? (?:(?:is |was )?(?:printed |written |stamped |engraved )?)?(?:on|under|inside|below) "
    rf"(?:(?:the|its) (?:back|bottom|side|base|underside|rear|front|inside|lid) of (?:the|my|our|your|this) "
    rf"(?!(?:\w+ )?{_CARD_WORD}\b)\w|(?:the|its|my|our|your|this) (?:\w+ )?"
    r"(?:device|article|product|part|parcel|meter|label|sticker|plate|box|packag\w+)\b)", re.IGNORECASE)
# "The order with 4539578763621486 is lost": of a sentence about the order, which says nothing of money
WITH_BEFORE = re.compile(
    r"(?:^|[.?!,;:\n]\s*|\b(?:and|but|that|is|has|did|does|was|about|regarding|of|track|find|cancel|return) )"
    rf"(?:the|my|our|your|this|that) (?:\w+ )?{_OTHERS} with $", re.IGNORECASE)
WITH_AFTER = re.compile(r"^[)\"'\u201d]? ?(?:\?|(?:is|was|has|had|never|did|does|came|arrived|broke)\b"
                        r"(?![^.?!]*\b(?:charg|paid|pay|declin|reject|refus|debit|bill|book|block|stolen|expir)))",
                        re.IGNORECASE)
SEVEN_DIGITS = re.compile(r"(?:\d\D{0,4}){6}\d")
# How a number without a country code shows that it is dialled: a trunk prefix 0, or brackets, or 3-3-4.
DIALLED = re.compile(r"0\d{8,14}|\(?0\d*[ \u00a0().\u2010-\u2015/-]+\d.*|\(\d{2,5}\) ?\d.*|"
                     r"[2-9]\d\d([ \u00a0.\u2010-\u2015/-])[2-9]\d\d\1\d{4}")


class Found(NamedTuple):
    """One personal string in a text, from ``start`` up to ``end``."""

    start: int
    end: int
    kind: str
    value: str


def find(text: str) -> list[Found]:
    """Every mail address, payment card and phone number in the text, in the order in which they stand."""
    found = [Found(*match.span(), "EMAIL", match[0]) for match in EMAIL.finditer(text)] if _may_hold_mail(text) else []
    if SEVEN_DIGITS.search(text):
        for look in (_cards, _phones):
            found += [item for item in look(text) if not any(item.start < f.end and f.start < item.end for f in found)]
    return sorted(found)


def _may_hold_mail(text: str) -> bool:
    return "@" in text or " dot " in text.lower() or "at)" in text.lower() or "at]" in text.lower()


def _cards(text: str) -> list[Found]:
    """Numbers with a card network's beginning, length and check digit, unless the words around call them another's."""
    from stdnum import luhn

    found = []
    for match in itertools.chain.from_iterable(groups.finditer(text) for groups in CARD_GROUPS):
        digits = re.sub(r"\D", "", match[0])
        before, after = text[max(0, match.start() - 60):match.start()], text[match.end():match.end() + 40]
        card_behind = CARD_BEHIND.search(after)
        in_one_run = match[0].isdigit()  # an order is not written in blocks of four
        paying = PAYING.search(before) and (card_behind or not in_one_run or not _is_what_was_paid(before))
        called = SURELY_NAMED_BEFORE if card_behind or REPAID.search(before) else NAMED_BEFORE
        named = (called.search(before) or NAMED_AFTER.search(after) or PRINTED_ON.search(after)
                 or (WITH_BEFORE.search(before) and WITH_AFTER.search(after)))
        if (NETWORKS.fullmatch(digits) and luhn.is_valid(digits) and len(set(digits)) > 1
                and match[0].count("\n") < 2 and (paying or not named)
                and not any(match.start() < item.end and item.start < match.end() for item in found)):
            found.append(Found(*match.span(), "CARD", match[0]))
    return found


def _is_what_was_paid(before: str) -> bool:
    """True if the words before a number end in an order, and neither a card nor "with", "by" or "to" is among them."""
    paid = PAYING_FOR.search(before)
    return (paid is not None and PAID_FOR.search(before) is not None and not PAYING_BY.search(before, paid.end())
            and not PAID_WITH.search(before))


def _phones(text: str) -> list[Found]:
    """Numbers that a phone company could have given out, and that are no date, sum, size or place on the earth.

    A number with + and a country code is taken as it is, unless it stands right behind one such as "device ID". One
    without must be valid in one of ``REGIONS``, must not follow a word such as "order" or "invoice" more closely than
    one such as "call", and unless it is written as one that is dialled (``DIALLED``), must follow one such as "call".
    """
    import phonenumbers

    found, hidden = [], text
    for pattern in NO_PHONES:
        hidden = pattern.sub(lambda match: "x" * len(match[0]), hidden)
    for match in DIGITS.finditer(hidden):
        before, abroad = text[max(0, match.start() - 40):match.start()], match[0].startswith("+")
        before = SHORTENED.sub(lambda found: found[1] + " ", before)
        call = max((word.end() for word in CALL_WORDS.finditer(before)), default=-1)
        named = NUMBERED if abroad else OTHER_NUMBERS if call < 0 else SURELY_OTHER_NUMBERS
        others = named.search(before[max(call, 0):])
        after = text[match.end():match.end() + 40]
        if others or (call < 0 and (NAMED_AFTER.search(after) or PRINTED_ON.search(after))):
            continue
        likely = call >= 0 or DIALLED.fullmatch(match[0].strip())
        regions = (None,) if abroad else REGIONS if likely else ()
        if any(_is_phone(phonenumbers, match[0], region) for region in regions):
            found.append(Found(*match.span(), "PHONE", match[0]))
    return found


def _is_phone(phonenumbers, text: str, region: str | None) -> bool:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number) if region is None else phonenumbers.is_valid_number(number)


def without_masks(text: str) -> str:
    """The text with "them" in place of every mask, for checks of its figures and manner."""
    return MASK.sub("them", text)


def mask(record: dict) -> dict:
    """The record with every personal string replaced, also in what was cut from it; the replacements in ``personal``.

    The same string gets the same mask throughout the record; the record itself comes back if there is none.
    """
    masks: dict[tuple[str, str], tuple[str, str]] = {}

    def masked(text: str) -> str:
        cursor, parts = 0, []
        for item in find(text):
            key = item.kind, re.sub(r"\s", "", item.value).lower()
            count = sum(kind == item.kind for kind, _ in masks)
            label, _ = masks.setdefault(key, (f"<{item.kind}_{count + 1}>", item.value))
            parts += [text[cursor:item.start], label]
            cursor = item.end
        return "".join([*parts, text[cursor:]])

    texts = {name: masked(record[name]) for name in TEXTS}
    if record.get("cut"):
        texts["cut"] = [{**part, "text": masked(part["text"])} for part in record["cut"]]
    if not masks:
        return record
    found = [{"mask": label, "kind": kind.lower(), "value": value} for (kind, _), (label, value) in masks.items()]
    return {**record, **texts, "personal": found}


def unmask(text: str, mapping: list[dict]) -> str:
    """The text as it was, for an audit: the inverse of ``mask`` where a string was written one way only."""
    for item in mapping:
        text = text.replace(item["mask"], item["value"])
    return text
