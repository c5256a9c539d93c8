"""Taking off what mail programs and web forms leave on a text: HTML, signatures, quoted mail, broken letters."""

from __future__ import annotations

import html
import re

from ftlab.world.brand import SIGN_OFF

TEXTS = ("question", "reply")
ELEMENTS = ("a|abbr|b|blockquote|body|br|center|code|dd|div|dl|dt|em|font|footer|form|h[1-6]|head|header|hr|html|i|img|"
            "label|li|link|main|meta|nav|ol|o:p|p|pre|s|script|section|small|span|strike|strong|style|sub|sup|table|"
            "tbody|td|tfoot|th|thead|title|tr|tt|u|ul")
TAG = re.compile(rf"</?(?:{ELEMENTS})(?:\s[^<>]*)?/?>|<!--|<!doctype", re.IGNORECASE)
OTHER_ANGLE = re.compile(rf"<(?!/?(?:{ELEMENTS})(?:\s[^<>]*)?/?>|!--|!doctype)", re.IGNORECASE)
ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,6}|#[xX][0-9A-Fa-f]{2,5});")
LINE = re.compile(r"</?(?:p|div|li|tr|h[1-6]|table|ul|ol|blockquote|br|hr|section|dt|dd|o:p)\b[^<>]*>", re.IGNORECASE)
CELL_END = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u0000-\u0008\u000b-\u001f\u007f]")

# Everything from here to the end of the text belongs to an older mail.
QUOTED = re.compile(
    r"(?:^|(?<=\s))(?:"
    r"-{2,}\s*(?:original message|forwarded message|forwarded by\b[^\n]*|reply above this line)\s*-*"
    r"|_{8,}"
    r"|on [^\n]{6,120}?\bwrote:"
    r"|begin forwarded message:"
    r"|from: [^\n]{3,120}?\s(?:sent|date|to): "
    r").*", re.IGNORECASE | re.DOTALL)
QUOTED_LINES = re.compile(  # a block of lines with >, with the line that says who wrote it
    r"(?:(?:^|\n)[^\n]{0,80}\b(?:wrote|writes|said|schrieb|écrit|escribió|scritto|schreef)\b[^\n]{0,40}:[ \t]*)?"
    r"(?:(?:^|\n)[ \t]*>[^\n]*)+")
# What a mail program, a company or a ticket system adds below the message.
RULED_OFF = re.compile(r"\n[ \t]*(?:--|—|[*=_~#-]{3,}).*", re.DOTALL)
DASHES_INLINE = re.compile(r"(?<=[.?!]) -- (?=[A-Z]).*", re.DOTALL)
FURNITURE = re.compile(
    r"(?:^|\n\s*|(?<=[.?!] ))(?:sent (?:from|with|via|by|using) (?:my|the|an?|outlook|gmail|mail|yahoo"
    r"|proton\w*|windows|"
    r"android|iphone|ipad|samsung|mobile|phone)\b|get outlook for\b|(?:this|the) (?:e-?mail|message)(?: and any "
    r"(?:attachments?|files))? (?:is|are|may be|may contain|contains?|has been scanned|was scanned)\b"
    r"|(?:confidentiality "
    r"notice|disclaimer)\s*:|please (?:consider|think of) the environment|virus-free\b"
    r"|no virus(?:es)? found|(?:scanned|"
    r"checked) (?:by|for|with) |(?:ticket|case|conversation|chat) (?:\S+ )?(?:was |is "
    r"|has been )?(?:closed|solved|resolved|"
    r"ended)\b|how did we do\b|(?:please )?rate (?:this|our|your)\b|was this (?:answer|reply) helpful"
    r"|to unsubscribe\b).*",
    re.IGNORECASE | re.DOTALL)
BRACKETED = re.compile(r"\s*\n\s*\[[^\]\n]+\]\s*$")  # a line of its own in brackets, which a system has put there
CLOSING = (r"(?:(?:with )?(?:kind(?:est)?|best|warm(?:est)?|many) (?:regards|wishes|thanks)|regards|best|cheers|"
           r"yours(?: sincerely| faithfully| truly)?|sincerely(?: yours)?|all the best|take care|"
           r"(?:many )?thanks(?: and regards| again)?|thank you|mit freundlichen grüßen|viele grüße|cordialement|"
           r"bien à vous|saludos(?: cordiales)?|atentamente|met vriendelijke groet(?:en)?|cordiali saluti)")
CLOSING_LINE = re.compile(rf"\n[ \t]*{CLOSING}[,.!]?[ \t]*\n+(?:[^\n]{{1,80}}(?:\n+|$)){{1,8}}\Z", re.IGNORECASE)


def normalize(record: dict) -> dict:
    """The record with a clean question and reply; the same object if nothing had to change."""
    clean = {name: clean_text(record[name]) for name in TEXTS}
    return {**record, **clean} if any(clean[name] != record[name] for name in TEXTS) else record


def clean_text(text: str) -> str:
    """One text without HTML, mail furniture and broken letters, on one line with single spaces.

    The house writes one paragraph, so line ends carry nothing once quoted mail and signatures are gone.
    """
    if not text.isascii() or "&" in text:
        text = repair_letters(text)
    if "<" in text or "&" in text:
        text = strip_html(text)
    return " ".join(strip_mail(text).split())


def repair_letters(text: str) -> str:
    """Unicode in one form: "CafÃ©" becomes "Café", quotes straight, ligatures letters, invisible signs go."""
    import ftfy

    return INVISIBLE.sub("", ftfy.fix_text(text, unescape_html=False))


def strip_html(text: str) -> str:
    """The text that a browser would show. Tags that are not HTML, such as ``<EMAIL_1>`` or ``<system>``, stay."""
    for _ in range(3):  # forms that were sent through two systems are escaped twice
        if TAG.search(text):
            text = _parsed(text)
        if not ENTITY.search(text):
            break
        text = html.unescape(text)
    return text.replace("\xa0", " ")


def _parsed(text: str) -> str:
    from selectolax.lexbor import LexborHTMLParser

    marked = CELL_END.sub(lambda found: f" {found[0]}", LINE.sub(lambda found: f"\n{found[0]}\n", text))
    tree = LexborHTMLParser(f"<body>{OTHER_ANGLE.sub('&lt;', marked)}")
    for node in tree.css("script, style, title, h1, h2, h3, h4, h5, h6"):  # headings come from the form
        node.decompose()
    return tree.body.text(separator="") if tree.body else ""


def strip_mail(text: str) -> str:
    """The text without quoted mail and signature; a text that is nothing else stays as it is."""
    if "\n" not in text and text.endswith(SIGN_OFF):
        return text  # the common case: the house's own sign-off is part of the reply
    kept = QUOTED.sub("", text)
    if quoted := QUOTED_LINES.search(kept):
        answer = QUOTED_LINES.sub("\n", kept[quoted.start():])  # what stands between and below the quoted lines
        kept = kept[:quoted.start()] + (answer if len(answer.split()) > 3 else "")  # three words are a name
    for pattern in (BRACKETED, FURNITURE, RULED_OFF, DASHES_INLINE, CLOSING_LINE):
        kept = pattern.sub("", kept.rstrip())
    return kept if kept.strip() else text
