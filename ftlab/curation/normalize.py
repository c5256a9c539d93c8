"""Taking off what programs leave on a text: HTML, letters broken on the way, and the furniture of mails.

What is taken off with words in it goes into the record under ``cut``; from there it comes into the lineage, and the
data card counts it. ``ftlab.curation.mail`` says what a mail's furniture is.
"""

from __future__ import annotations

import html
import re

from ftlab.curation import mail

TEXTS = ("question", "reply")
ELEMENTS = frozenset(re.findall(r"\S+", """a abbr b blockquote body br center code dd div dl dt em font footer form h1
h2 h3 h4 h5 h6 head header hr html i img label li link main meta nav ol o:p p pre s script section small span strike
strong style sub sup table tbody td tfoot th thead title tr tt u ul"""))
# One of these that nothing closes is a letter of a formula, a<b>c, or a word, and would swallow what follows.
IN_PAIRS = frozenset(["a", "b", "i", "s", "u", "title", "script", "style", "code", "center", "head"])
ANGLE = re.compile(r"<(/?)([a-z][\w:]*)([^<>]*)>|<!--|<!doctype\s+html\b[^<>]*>", re.IGNORECASE)
LONE = re.compile(r"[^\s.?!,;:>] [\"'(`]?$")  # what stands before a tag that is a word of a sentence
# "press <br>", "the `<hr>`": what stands before a tag that is surely a word, though it looks like the end of a line
SPOKEN_OF = re.compile(r"[\"'(`]$|\b(?:the|an?|this|that|your|my|its|is|was|says?|shows?|reads?|types?|typed|press|"
                       r"enter|insert|add|put|use|see|write|with|of|tag|key|sign|code|word|error|called|named) ?$",
                       re.IGNORECASE)
COMMENT = re.compile(r"<!--(?!-?>)(.*?)-->", re.DOTALL)  # a browser takes <!--> for a whole one
ATTRIBUTES = re.compile(r"(?:\s+(?:[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+)|nowrap|noshade|hidden))*"
                        r"\s*/?", re.IGNORECASE)
ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,6}|#[xX][0-9A-Fa-f]{2,5});")
LINE = re.compile(r"</?(?:p|div|li|tr|h[1-6]|table|ul|ol|blockquote|br|hr|section|dt|dd|o:p)\b[^<>]*>", re.IGNORECASE)
CELL_END = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
FORM_LABEL = re.compile(r"(?:your |new )?(?:message|question|enquiry|inquiry|comments?|subject|contact(?: form)?) ?:?",
                        re.IGNORECASE)
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\ufeff\u0000-\u0008\u000b-\u001f\u007f]"
                       "|(?<=[\u0000-\u007f])[\u200c\u200d]|[\u200c\u200d](?=[\u0000-\u007f])")  # Hindi needs joiners


def normalize(record: dict) -> dict:
    """The record with a clean question and reply, and with what was cut; the same object if nothing had to change."""
    clean, cut = {}, []
    for name in TEXTS:
        parts: list[dict] = []
        clean[name] = clean_text(record[name], parts)
        cut += [{"in": name, **part} for part in parts]
    if all(clean[name] == record[name] for name in TEXTS):
        return record
    return {**record, **clean, "cut": cut} if cut else {**record, **clean}


def clean_text(text: str, cut: list[dict] | None = None) -> str:
    """One text without HTML, mail furniture and broken letters, on one line with single spaces.

    The house writes one paragraph, so line ends carry nothing once quoted mail and signatures are gone.

    Args:
        cut: Gets what was taken off, each part with its ``kind`` and ``text``.
    """
    if not text.isascii() or "&" in text:
        text = repair_letters(text)
    if "<" in text or "&" in text:
        text = strip_html(text, cut)
    return " ".join(strip_mail(text, cut).split())


def repair_letters(text: str) -> str:
    """Unicode in one form: "CafÃ©" becomes "Café", quotes straight, ligatures letters, invisible signs go."""
    import ftfy

    return INVISIBLE.sub("", ftfy.fix_text(text, unescape_html=False))


def strip_html(text: str, cut: list[dict] | None = None) -> str:
    """The text that a browser would show, but for scripts, and headings such as "Message" that are a form's labels.

    Angles that are no HTML stay as they are: ``<EMAIL_1>``, ``<system>``, ``3<b and a>2``, "the <table> is missing", a
    comment that nothing ends. What a browser keeps in its source goes into ``cut``: comments, addresses of links, the
    words in the place of a picture.
    """
    for _ in range(3):  # forms that were sent through two systems are escaped twice
        if "<" in text and (tags := _tags(text)):
            text = _parsed(text, tags, [] if cut is None else cut)
        if not ENTITY.search(text):
            break
        text = html.unescape(text)
    return text.replace("\xa0", " ")


def _tags(text: str) -> set[int]:
    """Where the tags, comments and document types of HTML begin."""
    lower, last = text.lower(), text.rfind("-->")

    def is_html(found: re.Match) -> bool:
        name = (found[2] or "").lower()
        if found[0] == "<!--":
            return found.end() <= last  # it is ended somewhere
        return not name or (name in ELEMENTS and ATTRIBUTES.fullmatch(found[3]) is not None
                            and (name not in IN_PAIRS or bool(found[1]) or f"</{name}" in lower))

    tags = [found for found in ANGLE.finditer(text) if is_html(found)]
    return {found.start() for found in tags} if _is_marked_up(text, tags) else set()


def _is_marked_up(text: str, tags: list[re.Match]) -> bool:
    """False if every tag stands alone among words, as in "The error is <table> not found".

    A tag that closes itself is no word, nor is one that breaks a line there, "It is late <br> Can you help?", or ends
    the text, unless the words before it speak of it.
    """
    opened, closed = ({(tag[2] or "").lower() for tag in tags if bool(tag[1]) is end} for end in (False, True))
    names = [(tag[2] or "").lower() for tag in tags if tag[2] and LINE.fullmatch(tag[0])]
    padded = f"x {text}"  # so that the sign and the blank before a tag stand at its place there
    end = len(text.rstrip())

    def breaks(tag: re.Match) -> bool:
        spoken_of = SPOKEN_OF.search(padded[max(0, tag.start() - 10):tag.start() + 2])
        between = tag[2].lower() in ("br", "hr") and re.match(r"\s\w", text[tag.end():tag.end() + 2])
        return not spoken_of and bool(tag.end() >= end or between)

    return bool(opened & closed) or len(names) > len(set(names)) or not re.search(r"\w", ANGLE.sub("", text)) or any(
        not tag[2] or (tag[3] or "").strip(" /") or not LONE.search(padded[max(0, tag.start() - 1):tag.start() + 2])
        or re.match(r"\w|\n", text[tag.end():tag.end() + 1]) or breaks(tag)
        or (tag[0].endswith("/>") and padded[tag.start() + 1] not in "\"'(`") for tag in tags)


def _parsed(text: str, tags: set[int], cut: list[dict]) -> str:
    from selectolax.lexbor import LexborHTMLParser

    cut += [{"kind": "comment", "text": words} for found in COMMENT.finditer(text, 0, text.rfind("-->") + 3)
            if re.search(r"\w", words := found[1].strip())]
    text = "".join("&lt;" if sign == "<" and place not in tags else sign for place, sign in enumerate(text))
    marked = CELL_END.sub(lambda found: f" {found[0]}", LINE.sub(lambda found: f"\n{found[0]}\n", text))
    tree = LexborHTMLParser(f"<body>{marked}")
    for node in tree.css("script, style, title, h1, h2, h3, h4, h5, h6"):
        words = node.text().strip()
        if node.tag in ("script", "style", "title") or FORM_LABEL.fullmatch(words):
            if words:
                cut.append({"kind": "form heading" if node.tag.startswith("h") else node.tag, "text": words})
            node.decompose()
    for node in tree.css("a[href], img[alt]"):
        kind, words = ("link", node.attributes["href"]) if node.tag == "a" else ("picture", node.attributes["alt"])
        if words and re.search(r"\w", words) and words.removeprefix("mailto:") not in node.text():
            cut.append({"kind": kind, "text": words.strip()})
    return tree.body.text(separator="") if tree.body else ""


def strip_mail(text: str, cut: list[dict] | None = None) -> str:
    """The text without quoted mail and signature; a text that is nothing else stays as it is."""
    kept, parts = mail.strip(text)
    if not kept.strip():
        return text
    if cut is not None:
        cut += parts
    return kept
