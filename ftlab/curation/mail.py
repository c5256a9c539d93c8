"""What mail programs put around a message: mail that is quoted, signatures, notices.

What looks like furniture may be the message: "The message is stuck in my outbox." So it is taken off only where mail
programs put it: in lines of its own, and, but for quoted lines, at the end of the text. What stands under a rule or
after closing words goes only if it begins like a name or a notice and asks nothing. The price: a signature of another
form stays on the text, and a list under the signature mark ``--`` whose first line could be a name goes.
"""

from __future__ import annotations

import re

from ftlab.world.brand import SIGN_OFF

# Everything from here to the end of the text belongs to an older mail.
OLDER = re.compile(
    r"^[ \t]*(?:-{2,}[ \t]*(?:original message|forwarded message|forwarded by\b[^\n]*|reply above this line)"
    r"[ \t]*-*[ \t]*$"
    r"|begin forwarded message:[ \t]*$"
    r"|(?:_{8,}\s+)?from:[ \t][^\n]+\n\s*(?:sent|date|to):[ \t][^\n]+"
    r"|on [^\n]{6,140}(?:@|\d:\d\d)[^\n]*\bwrote:[ \t]*$(?!\s*>)).*",
    re.IGNORECASE | re.DOTALL | re.MULTILINE)
WROTE = re.compile(  # the line that says who wrote the quoted lines below it
    r"[^\n]{0,80}\b(?:wrote|writes|said|schrieb|écrit|escribió|scritto|schreef)\b[^\n]{0,40}:\s*")
DEVICE = r"(?:(?:smart|mobile |i)?phone|ipad|tablet|mobile|watch|android|galaxy|pixel|device|computer|laptop)"
NOTICE = re.compile(  # a whole line
    rf"sent (?:from|with|via|using|by) (?:my|an?) (?:\w+ ){{0,2}}{DEVICE}(?: \w+)?\.?"
    r"(?: please (?:forgive|excuse)[^?]*)?"
    r"|sent (?:from|with|via) (?:outlook|mail for windows|gmail|yahoo\w*|proton\w*|aol|samsung)[^.?]{0,30}\.?"
    r"|get outlook for \w+\.?|mail sent from [^?]*unsubscribe[^?]*"
    r"|(?:this|the) (?:e-?mail|mail|message)(?: and any (?:attachments?|files))?(?: \w+){0,3}? "
    r"(?:is|are|may be|may contain|contains?|has been|was) (?:strictly )?"
    r"(?:confidential|privileged|intended|meant|scanned|checked)[^?]*"
    r"|(?:confidentiality notice|disclaimer)[ \t]*:.*"
    r"|please (?:consider|think of) the (?:environment|trees|planet)[^?]*"
    r"|virus-free\b[^?]*|no virus(?:es)? found[^?]*"
    r"|(?:ticket|case|conversation|chat) (?:\S+ )?(?:was |is |has been )?(?:closed|solved|resolved|ended)"
    r"(?: by [\w.-]+(?: [\w.-]+)?)?(?: on \w+(?: \w+){0,2})?\.?"
    r"|(?:how did we do\? *)?(?:please )?rate (?:this|our|your) (?:answer|reply|chat|service|support|conversation)\.?"
    r"|how did we do\?|was this (?:answer|reply) helpful\?"
    r"|to unsubscribe,? (?:please )?(?:click|reply|visit|follow|see|go|use)[^?]*"
    r"|[^?]{2,60}\b(?:ltd|inc|gmbh|llc|plc)\b[^?]*\b(?:registered|confidential)[^?]*"
    r"|\[[^\]]*\b(?:sent (?:from|by|via|with|through)|automatic\w*|do not reply|image removed|cid:)[^\]]*\]"
    r"|\*{3}[^?]*\b(?:mailbox|mail|message|address)\b[^?]*\*{3}", re.IGNORECASE)
RULE = re.compile(r"[ \t]*(?:--|—|_{3,})[ \t]*")  # the signature mark of RFC 3676, section 4.3, and its cousins
CLOSING = re.compile(
    r"(?:(?:with )?(?:kind(?:est)?|best|warm(?:est)?|many) (?:regards|wishes|thanks)|regards|best|cheers|"
    r"yours(?: sincerely| faithfully| truly)?|sincerely(?: yours)?|all the best|take care|"
    r"(?:many )?thanks(?: and regards| again)?|thank you|mit freundlichen grüßen|viele grüße|cordialement|"
    r"bien à vous|saludos(?: cordiales)?|atentamente|met vriendelijke groet(?:en)?|cordiali saluti)[ \t]*[,.!]?",
    re.IGNORECASE)
NAME = re.compile(r"(?!(?:The|This|That|It|We|I|My|Is|Are|Do|Does|Can|How|What|When|Where|Which|Who|Why|And|But|PS)\b)"
                  r"[^\W\d_a-z][\w.'’-]*(?:[ ]+(?:[^\W\d_a-z][\w.'’-]*|&|van|von|de|of)){0,3}(?:[ ]*[,|(][^?]*)?")
INLINE = re.compile(r"(?<=[.?!]) -- (.{1,60})\Z")
MOST_LINES = 8


def strip(text: str) -> tuple[str, list[dict]]:
    """The text without its furniture, and the parts taken off, each with its ``kind`` and ``text``."""
    parts: list[dict] = []
    if "\n" not in text and text.endswith(SIGN_OFF):
        return text, parts  # the common case: the house's own sign-off is part of the reply

    def cut(kind: str, part: str) -> str:
        if part.strip():
            parts.append({"kind": kind, "text": part.strip()})
        return ""

    kept = OLDER.sub(lambda found: cut("quoted mail", found[0]), text)
    if "\n" in kept or kept.startswith(">"):
        lines = kept.split("\n")
        for start, end in reversed(_quoted(lines)):
            cut("quoted mail", "\n".join(lines[start:end]))
            after = [line for line in lines[end:] if line.strip()]
            if len(after) == 1 and len(after[0].split()) < 4 and NAME.fullmatch(after[0].strip()) and start > 0:
                cut("signature", after[0])
                end = len(lines)
            lines[start:end] = []
        while (start := _start_of_furniture(lines)) is not None:
            cut("notice" if NOTICE.fullmatch(lines[start].strip()) else "signature", "\n".join(lines[start:]))
            lines = lines[:start]
        kept = "\n".join(lines)
    elif (found := INLINE.search(kept)) and NAME.fullmatch(found[1].strip()):
        cut("signature", found[0])
        kept = kept[:found.start()]
    return kept, parts


def _quoted(lines: list[str]) -> list[tuple[int, int]]:
    """Start and end of each block of lines with ">", with the line that says who wrote it.

    Under another line that ends in a colon they are the points of a list.
    """
    blocks: list[tuple[int, int]] = []
    before = -1  # the last line with words above the block
    inside = False
    for place, line in enumerate(lines):
        if line.lstrip().startswith(">"):
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
    last = lines[filled[-1]].strip()
    if NOTICE.fullmatch(last) or RULE.fullmatch(last):
        return filled[-1]
    for count, place in enumerate(reversed(filled[-MOST_LINES - 1:])):
        below = [lines[i].strip() for i in filled[len(filled) - count:]]
        if not below or any("?" in line for line in below):
            continue
        if RULE.fullmatch(lines[place]) and (NAME.fullmatch(below[0]) or NOTICE.fullmatch(below[0])
                                             or below[0].startswith('"')):
            return place
        if CLOSING.fullmatch(lines[place].strip()) and NAME.fullmatch(below[0]) and all(map(_is_of_an_address, below)):
            return place
    return None


def _is_of_an_address(line: str) -> bool:
    """True for lines such as "Head of Tea", "Bell Partners | Harrowby": few words, or most with a capital."""
    words = line.split()
    capitals = sum(not word[0].islower() for word in words)
    return not re.match(r"p\.?s\b", line, re.IGNORECASE) and line[-1] not in "!?" and (
        len(words) <= 3 or 2 * capitals > len(words))
