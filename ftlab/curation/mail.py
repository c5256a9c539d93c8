"""What mail programs put around a message: mail that is quoted, signatures, notices.

What looks like furniture may be the message: "The message is stuck in my outbox." So a part goes only where it surely
is furniture: in lines of its own; notices in the words that programs use; quoted lines with ">"; an older mail under a
header with a subject, a time of sending or an address, though not quoted lines that the text below them asks about,
such as "Is that right?"; and under a rule or closing words, at the end of a text that has ended its sentence and does
not ask about names to come ("Which of these is oven safe?") or for words to be written ("The card should say"), a name
with nothing but the lines of an address below it.
The price: a signature of another form stays on the text, as does one under such a question or right under a line
without a full stop, and an older mail that is told rather than quoted.
"""

from __future__ import annotations

import re

_BY_PEOPLE = r"\b(?:i|we|he|she|they|you|my|our|your|the|a|somebody|someone)\b"
# Everything from here to the end of the text belongs to an older mail.
OLDER = re.compile(
    r"^[ \t]*(?:-{2,}[ \t]*(?:original message|forwarded message|forwarded by\b[^\n]*|reply above this line)"
    r"[ \t]*-*[ \t]*$"
    r"|begin forwarded message:[ \t]*$"
    r"|(?:_{8,}\s+)?from:[ \t](?:[^\n]*<?\S+@\S+[^\n]*\n\s*(?:sent|date|to|subject):[ \t][^\n]+"
    r"|[^\n]+\n\s*sent:[ \t][^\n]+|[^\n]+\n(?:\s*(?:to|date|cc):[ \t][^\n]+\n){1,3}\s*subject:)"
    rf"|on (?![^\n]*{_BY_PEOPLE})[^\n]{{6,140}}(?:@[^\n]*|20\d\d[^\n]*\d:\d\d[^\n]*)\bwrote:[ \t]*$"
    r"(?!\s*>)(?![^?]*\?)).*",
    re.IGNORECASE | re.DOTALL | re.MULTILINE)
WROTE = re.compile(  # the line that says who wrote the quoted lines below it
    r"[^\n]{0,80}\b(?:wrote|writes|said|schrieb|écrit|escribió|scritto|schreef)\b[^\n]{0,40}:\s*")
DEVICE = r"(?:(?:smart|mobile |i)?phone|ipad|tablet|mobile|watch|android|galaxy|pixel|device|computer|laptop)"
_MAIL = r"(?:this|the) (?:e-?mail|mail|message)"
NOTICE = re.compile(  # a whole line
    rf"sent (?:from|with|via|using|by) (?:my|an?) (?:\w+ ){{0,2}}{DEVICE}(?: \w+)?\.?"
    r"(?: please (?:forgive|excuse)[^?]*)?"
    r"|sent (?:from|with|via) (?:outlook|mail for windows|gmail|yahoo\w*|proton\w*|aol|samsung)[^.?]{0,30}\.?"
    r"|get outlook for \w+\.?|mail sent from [^?]*unsubscribe[^?]*"
    rf"|{_MAIL} and any (?:attachments?|files)(?: \w+){{0,3}}? (?:is|are|may be|may contain|contains?) (?:strictly )?"
    r"(?:confidential|privileged|intended)[^?]*"
    rf"|{_MAIL} (?:is|contains?) (?:strictly )?(?:confidential|privileged)\b[^?]*"
    r"\b(?:addressee|recipient|in error)[^?]*"
    rf"|{_MAIL} may (?:be|contain) (?:strictly )?(?:confidential|privileged)[^?]*"
    rf"|{_MAIL} is (?:only |solely )?(?:intended|meant) (?:only |solely )?for the (?:sole |exclusive )?(?:use of the )?"
    r"(?:(?:named|intended) )?(?:person|addressee|recipient|individual|entity)\b[^?]*"
    rf"|{_MAIL} (?:has been|was|is) (?:scanned|checked) (?:for|by)\b[^?]*(?:virus|malware|spam|guard|security)[^?]*"
    rf"|confidentiality notice[ \t]*:.*|disclaimer[ \t]*:[ \t]*{_MAIL}.*"
    r"|please (?:consider|think of) the (?:environment|trees|planet) before (?:you )?print[^?]*"
    r"|virus-free\.(?: (?:checked by |www\.|avast|avg)[^?]*)?|no virus(?:es)? found(?: in (?:this|the) [^?]*)?\.?"
    r"|(?:ticket|case|conversation|chat) (?:\S+ )?(?:was |is |has been )?(?:closed|solved|resolved|ended)"
    r" by [\w.-]+(?: [\w.-]+)? on \w+(?: \w+){0,2}\.?"
    r"|(?:how did we do\? *)?(?:please )?rate (?:this|our|your) (?:answer|reply|chat|service|support|conversation)\.?"
    r"|how did we do\?|was this (?:answer|reply) helpful\?"
    r"|to unsubscribe,? (?:please )?(?:click|reply|visit|follow|see|go|use)(?![^?]*\b(?:i|my|but|not|nothing)\b)[^?]*"
    r"|(?![^?]*\b(?:i|my|me|we|our|you|your)\b)[^?]{2,60}\b(?:ltd|inc|gmbh|llc|plc)\b[^?]*"
    r"\b(?:registered (?:in|office|no|number|at)|confidential)\b[^?]*"
    r"|\[[^\]]*\b(?:sent (?:from|by|via|with|through)|automatic(?:ally)? (?:reply|response|message|mail|generated)|"
    r"do not reply|image removed|cid:)[^\]]*\]"
    r"|\*{3}[^?]*\bthis (?:mailbox|mail|message|address)\b[^?]*\b(?:shared|monitored|automat\w+|do not reply|external)"
    r"\b[^?]*\*{3}", re.IGNORECASE)
RULE = re.compile(r"[ \t]*(?:--|—|_{3,})[ \t]*")  # the signature mark of RFC 3676, section 4.3, and its cousins
CLOSING = re.compile(
    r"(?:(?:with )?(?:kind(?:est)?|best|warm(?:est)?|many) (?:regards|wishes|thanks)|regards|best|cheers|"
    r"yours(?: sincerely| faithfully| truly)?|sincerely(?: yours)?|all the best|take care|"
    r"(?:many )?thanks(?: and regards| again)?|thank you|mit freundlichen grüßen|viele grüße|cordialement|"
    r"bien à vous|saludos(?: cordiales)?|atentamente|met vriendelijke groet(?:en)?|cordiali saluti)[ \t]*[,.!]?",
    re.IGNORECASE)
_CAPITAL = r"[^\W\d_a-z][\w.'’-]*"
NAME = re.compile(  # Anna Bell; Dr Anna Bell, Head of Tea; Anna (they/them); Anna | Rowing Club | volunteer
    r"(?!(?:The|This|That|These|Those|It|We|I|My|Our|Your|Is|Are|Do|Does|Can|How|What|When|Where|Which|Who|Why|And|But|"
    r"PS|Hello|Hi|Dear|Please|Yes|No|Not|Also|First\w*|Second\w*|Third\w*|Finally|Unfortunately|Then|Now|Here|There|A|An|"
    r"One|Two|Three|Still|Since|After|Before|If|Or|So|Thanks|Only)\b)"
    rf"{_CAPITAL}(?:[ ]+(?:{_CAPITAL}|&|van|von|de|of)){{0,3}}"
    rf"(?:[ ]*\|[^?]*|,[ ]*{_CAPITAL}(?:[ ]+(?:{_CAPITAL}|&|of|for|and)){{0,4}}|[ ]*\([^()?!.]{{1,24}}\))?")
_ADDRESS_WORD = re.compile(r"(?:www\.|https?:|\S+@|tel|mob|fax|phone|e-?mail|c/o)", re.IGNORECASE)
_HOURS = re.compile(r"(?:(?:I|We) (?:do not|don't|only) (?:read|answer|check) (?:my |our )?(?:e-?)?mails?\b[^?!]*"
                    r"|(?:Open )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?: to \w+day)?, \d[^?!]{0,30})")
_ASKS = re.compile(r"\?|\b(?:tell|say|name|choose|which|what|let us know|please)\b", re.IGNORECASE)
# What the quoted lines above are kept for: "Is that right?", "Is this still true, please?", "What does it mean?"
_ASKS_ABOUT = re.compile(
    r"(?:(?:so|and|but|now|please|hello|hi|dear \w+)[ ,\n]+)*(?:(?:is|was|are|were|can|could|does|do|did|would|should) "
    r"(?:this|that|it|these|those|they|she|he)\b[^.?!\n]{0,30}\b(?:right|true|correct|so|meant?|possible|ok(?:ay)?|"
    r"normal|case|valid|appl(?:y|ies)|hold|safe|allowed|serious|agree)\b|what (?:does|did|do) "
    r"(?:this|that|it|she|he|they|you) mean|(?:right|true|correct)\b(?=\W))[^.!\n]*\?", re.IGNORECASE)
INLINE = re.compile(r"(?<=[.?!]) -- (.{1,60})\Z")
MORE_THAN = re.compile(r"\s*>\s*(?:[$€£=]|\d)")
ENDED = re.compile(r"[^\w\s,:;-]\s*$")  # the text above a signature has ended its sentence
_SIGNED = re.compile(r"\b(?:regards|wishes|thanks|sincerely|warmly|cheers)\b[^.?!]{0,40}$", re.IGNORECASE)
_LISTS = re.compile(r"\b(?:these|following|below)\b[^.?!]*[.!]$|"  # and promises no list
                    r"\b(?:two|three|four|five|both|items?|things?|ones|models?|list|sizes?|colours?|names?)\W*$",
                    re.IGNORECASE)
_ASKS_FOR_ONE = re.compile(  # "Which of these is oven safe?": what the lines below name is what is asked about
    r"\b(?:these|those|following|below|both|either|which (?:of|ones?|is|are|was|do|does|can|could|would|will|should|"
    r"has|have|fits?|goes|works?|suits?|holds?|costs?|weighs?|lasts?))\b[^.?!]*\?$|\b(?:two|three|four|five)\W*\?$",
    re.IGNORECASE)
# "Engrave it with", "The card should say", "Send it to this address.": what stands below is what the text is about.
_GIVES_WORDS = re.compile(
    r"\b(?:engrave|inscribe|embroider)\b[^.?!]*[.!]?$"
    r"|(?:^|[.?!,:]\s*|\b(?:please|and|you|then) )(?:print|write|put|stamp|stitch|paint)\b[^.?!]*\bon (?:it|them|(?:"
    r"the|its|my|this|each|both) (?:\w+ )?(?:card|mug|tag|label|lid|gift|front|back|box|handle|blade|cup|cloth)s?)\b"
    r"[^.?!]*[.!]?$"
    r"|\b(?:card|tag|label|mug|text|engraving|message|note|it)\b[^.?!]*\b(?:should|must|is to|shall) (?:say|read)\b"
    r"[^.?!]*[.!]?$|\b(?:this|the|new|following|that) address\W*$|\b(?:this one|as follows|following)[.!]?$"
    r"|\b(?:suggest|want|take|say|read|add) this[.!]?$|\b(?:send|deliver|ship)\b[^.?!]*\bhere[.!]?$",
    re.IGNORECASE)
MOST_LINES = 8
LAST_WORDS = 400  # of the line above, in characters: enough for a sentence, and soon read whatever stands there


def strip(text: str) -> tuple[str, list[dict]]:
    """The text without its furniture, and the parts taken off, each with its ``kind`` and ``text``."""
    parts: list[dict] = []
    if "\n" not in text and "--" not in text and text[:1] != ">" and text.rstrip()[-1:] != ":":
        return text, parts  # the common case, in which nothing below can find anything

    def cut(kind: str, part: str) -> str:
        if part.strip():
            parts.append({"kind": kind, "text": part.strip()})
        return ""

    kept = OLDER.sub(lambda found: cut("quoted mail", found[0]), text)
    if "\n" in kept or kept.startswith(">"):
        lines = kept.split("\n")
        for start, end in reversed(_quoted(lines)):
            if _ASKS_ABOUT.match("\n".join(lines[end:]).lstrip()):
                continue
            cut("quoted mail", "\n".join(lines[start:end]))
            after = [line for line in lines[end:] if line.strip()]
            answers = any(_ASKS.search(line) for line in lines[start:end])  # "> Which colour?" and below it "Blue"
            if (len(after) == 1 and len(after[0].split()) < 4 and NAME.fullmatch(after[0].strip()) and start > 0
                    and not answers):
                cut("signature", after[0])
                end = len(lines)
            lines[start:end] = []
        while (start := _start_of_furniture(lines)) is not None:
            cut("notice" if NOTICE.fullmatch(lines[start].strip()) else "signature", "\n".join(lines[start:]))
            lines = lines[:start]
        kept = "\n".join(lines)
    elif (found := INLINE.search(kept)) and NAME.fullmatch(found[1].strip()) and _has_ended(kept[:found.start()]):
        cut("signature", found[0])
        kept = kept[:found.start()]
    return kept, parts


def _quoted(lines: list[str]) -> list[tuple[int, int]]:
    """Start and end of each block of lines with ">", with the line that says who wrote it.

    Under another line that ends in a colon they are the points of a list; ">5 litres" is a size.
    """
    blocks: list[tuple[int, int]] = []
    before = -1  # the last line with words above the block
    inside = False
    for place, line in enumerate(lines):
        if line.lstrip().startswith(">") and (inside or not MORE_THAN.match(line)):
            above = lines[before] if before >= 0 else ""
            if inside:
                blocks[-1:] = [(blocks[-1][0], place + 1)]
            elif WROTE.fullmatch(above):
                blocks.append((before, place + 1))
                inside = True
            elif not above.rstrip().endswith(":"):
                blocks.append((place, place + 1))
                inside = True
        elif line.strip():
            before, inside = place, False
    return blocks


def _start_of_furniture(lines: list[str]) -> int | None:
    """The line from which on everything is furniture, or None. One call takes one piece off; call it again."""
    filled = [place for place, line in enumerate(lines) if line.strip()]
    if not filled:
        return None
    last, above = lines[filled[-1]].strip(), lines[filled[-2]].rstrip() if len(filled) > 1 else ""
    if NOTICE.fullmatch(last) or (RULE.fullmatch(last) and not above.endswith(":")):
        return filled[-1]
    for count, place in enumerate(reversed(filled[-MOST_LINES - 1:])):
        below = [lines[i].strip() for i in filled[len(filled) - count:]]
        above = lines[filled[len(filled) - count - 2]].strip() if len(filled) > count + 1 else "."
        if not below or any("?" in line for line in below):
            continue
        if RULE.fullmatch(lines[place]) and _has_ended(above) and _is_signature(below):
            return place
        if (CLOSING.fullmatch(lines[place].strip()) and not _leads_to(above, lines[place - 1] if place else "")
                and NAME.fullmatch(below[0]) and all(map(_is_of_an_address, below))):
            return place
    return None


def _leads_to(above: str, before: str) -> bool:
    """True if closing words below the line ``above`` may be what it speaks of: it has not ended, or asks for words.

    Args:
        before: The line right before the closing words; if it is blank, a line without a full stop has ended too.
    """
    above = above[-LAST_WORDS:]
    if above.endswith(":") or _GIVES_WORDS.search(above):
        return True
    return bool(before.strip()) and not (ENDED.search(above) or CLOSING.fullmatch(above) or _SIGNED.search(above)
                                         or above.endswith(","))


def _has_ended(line: str) -> bool:
    line = line[-LAST_WORDS:]
    if CLOSING.fullmatch(line) or (_SIGNED.search(line) and not _GIVES_WORDS.search(line)):
        return True
    leads = (_ASKS_FOR_ONE,) if line.endswith("?") else (_LISTS, _GIVES_WORDS)
    return ENDED.search(line) is not None and not any(lead.search(line) for lead in leads)


def _is_signature(below: list[str]) -> bool:
    """True if the lines under a rule are a name and its address, one in quotes and a name, or a program's notice."""
    if NOTICE.fullmatch(below[0]):
        return True
    if len(below) > 1 and re.fullmatch(r"\"[^\"?]+\"", below[0]):
        below = below[1:]
    return NAME.fullmatch(below[0]) is not None and all(
        _is_of_an_address(line) or _HOURS.fullmatch(line) or NOTICE.fullmatch(line) for line in below)


def _is_of_an_address(line: str) -> bool:
    """True for lines such as "Head of Tea", "Bell Partners | Harrowby": few words, or most with a capital."""
    words = line.split()
    capitals = sum(not word[0].islower() for word in words)
    if re.match(r"p\.?s\b", line, re.IGNORECASE) or line[-1] in "!?:" or re.search(r"\b[a-z]+\.$", line):
        return False
    if len(words) <= 3:
        return not line[0].islower() or _ADDRESS_WORD.match(line) is not None
    return 2 * capitals > len(words)
