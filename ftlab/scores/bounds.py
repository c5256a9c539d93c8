"""The bounds of a desk's reply: what it must not add, guess, promise or leave the desk for. Read from its words alone.

Each function takes a reply and returns what oversteps, in a few words. Regular expressions know the usual forms and no
meaning, so each names what it cannot see.
"""

from __future__ import annotations

import re

from ftlab.scores import stated
from ftlab.scores.unsupported import FIGURE, house_values
from ftlab.values import states_all
from ftlab.world import brand

FIELD = re.compile(r"([A-Z][\w ]+): ((?:[^.]|\.(?=\d))+)\.")  # of a record or an order: "Weight: 4.6 kg."
UNASKED = 1  # values of the screen that a reply may add to what was asked for
COPIED = 2  # sentences of a policy that it may copy

NOT = (
    r"\b(?:no|not|nothing|none|neither|nor|never|cannot|missing|lacks?|lacking|leaves? out|silent|"
    r"blank|without|absent)\b"
)
SOURCE = (
    r"\b(?:screens?|records?|recorded|listed|listing|entered|shown|shows?|before us|in front of us|"
    r"(?:we|can|cannot|not) see|(?:not|nor) (?:know|have))\b"
)
OPEN = re.compile(  # what a clause leaves open: "how wide it is", "whether it fits"
    r"\b(?:whether|if|how|what|which|where|when|who|why|until|before|once|because)\b[^.,;:]*", re.IGNORECASE
)
CLAUSE = re.compile(r"[.,;:!?]\s+|\s+(?=(?:so|and|but|as|since|which|while|though|yet)\b)")
THING = (
    rf"(?:it|they|this|these|(?:the|this|our|your|its) (?:{stated.NOUNS})s?|"
    rf"(?:the|our|your) (?-i:[A-Z])[\w' -]*?(?:{stated.NOUNS})s?|"
    r"(?:the|its|our|this) (?:price|weight|height|capacity|colour|material|warranty|guarantee|size|width|base|"
    r"lid|handle|box|floor|cloth|fabric|answer))"
)
VERB = (
    r"(?:is|are|was|were|has|have|had|does|do|did|can|will|would|should|must|may|might|could|fits?|works?|holds?|"
    r"takes?|"
    r"weighs?|costs?|stands?|comes?|runs?|lasts?|keeps?|stays?|goes|survives?|contains?|measures?|needs?|uses?|suits?|"
    r"includes?|seems?|looks?|feels?)(?! too (?:important|serious|good))"
)
ASSERTS = re.compile(rf"(?:^|\b(?:so|and|but|as|since|which|that|while|yes|no) ){THING}(?:'s)? (?:\w+ly )?{VERB}\b|"
                     rf"\b{THING}'s (?:not )?\w+|\b(?:screen|record)s? (?:\w+ )?(?:says?|shows?|states?|"
                     rf"confirms?|tells us) "
                     rf"(?:that |it\b|yes\b|no$|{THING})",
                     re.IGNORECASE)  # fmt: skip
HEDGES = re.compile(
    r"\b(?:probab(?:ly|le)|likely|usually|typically|roughly|approximately|presumably|normally|generally|perhaps|maybe|"
    r"we (?:would |do |all )?(?:think|believe|expect|suppose|reckon|assume|guess|are (?:fairly |quite |"
    r"pretty )?(?:sure|certain))|"
    r"seems?|looks like|sounds like|as far as we know|enough|plenty|suitable|about (?:half|the same|as)|"
    r"(?:should|ought to|must|would|will) (?:be|do|go|fit|work|hold|last|take|survive|cost|weigh)(?: \w+)?$|"
    r"most of our|all of our|like (?:all|most) of our)\b",
    re.IGNORECASE,
)
YES_OR_NO = re.compile(
    r"^(?:yes|no|sure|certainly|absolutely|of course|indeed|definitely|correct|true|possibly)(?=$|"
    r"\W)(?! \w+ (?:is|are)\b)",
    re.IGNORECASE,
)

ABOUT = re.compile(r"\babout (?:the|your|this|that|these|an?) (?:[\w'-]+ ){0,2}?[\w'-]+", re.IGNORECASE)
LOOKS_INTO = re.compile(  # a person may look at what the desk must not promise
    r"\b(?:look(?:ing)? (?:into|at)|check|review|examine|discuss|decide (?:on|about)|go through|handle|see to|"
    r"deal with|take up|ask for) (?:the|your|this|that|any|a) (?:[\w'-]+ )?[\w'-]+",
    re.IGNORECASE,
)
PROMISES = re.compile(
    r"\b(?:refund\w*|replac\w+|compensat\w+|reimburs\w+|money back|pay (?:you|for|back|it|the)|will pay|repay\w*|"
    r"voucher|"
    r"credit|discount|free of charge|for free|goodwill|a new (?:one|{nouns})|another (?:one|{nouns})|"
    r"we (?:promise|guarantee|owe)|"
    r"you owe|entitled|warranty|guarantee|insurance|insurers?|recalled|recall (?:it|the|all|this|every)|withdrawn?|"
    r"(?:will|should|shall) (?:arrive|turn up|reach you|come (?:soon|tomorrow|today))|on its way|resend|"
    r"have found|has been found|cancel(?:led)? (?:the|your))\b".replace("{nouns}", stated.NOUNS),
    re.IGNORECASE,
)
JUDGES = re.compile(
    r"\b(?:(?:\w+'?s?|our|your|own) fault|at fault|(?:our|your|a|the|courier's|bank's) mistake|liab\w+|"
    r"responsib\w+|to blame|"
    r"neglig\w+|admit\w*|defect\w*|faulty|(?:un)?safe to (?:use|eat|drink|keep|light)|"
    r"(?:is|are|was|were|be|perfectly|quite|still|completely) (?:not )?(?:un)?safe\b(?! at)|harmless|"
    r"nothing to worry|not worry|"
    r"no (?:need|reason) to (?:worry|see)|no (?:danger|risk|case|claim|reason for)|not (?:dangerous|serious|our|"
    r"harmful|toxic)|"
    r"misus\w+|you should(?: not)? have (?!to\b)|should have been|wrongly|(?:will|should) heal|only a (?:scratch|"
    r"small)|"
    r"you (?:are|were) (?:wrong|right|mistaken)|caused by|because of (?:the|our|your|a)|(?:you|the \w+) must have|"
    r"(?:is|are|was|were) (?:perfectly |quite |completely )?normal)\b",
    re.IGNORECASE,
)
NEGATED = re.compile(r"(?:\b(?:no|not|never|nor|cannot|nothing)|n't)(?: [\w']+){0,4} $", re.IGNORECASE)

OURS = re.compile(r"\b(?:we|us|our|ours|desk|quillmere(?:'s)?)\b", re.IGNORECASE)
REFERS = re.compile(  # who else may be named to a customer, and "do not"
    r"\bplease (?:do not|never|leave|keep|ask|ring|call|see|speak|try|contact|talk|turn)\b|"
    r"\ba(?:n|nother)? (?:[\w-]+ ){0,2}(?:office|pharmacist|doctor|vet|expert|plumber|teacher|lawyer|library|"
    r"nursery|mechanic|friend|adviser|optician|solicitor) (?:can|may|will|could|knows?|might)\b|"
    r"\b(?:until|ask|ring|call|see) (?:a|an|the|your) (?:[\w-]+ )?(?:office|pharmacist|doctor|vet|expert|plumber|"
    r"teacher|lawyer|library|nursery|mechanic|friend|adviser|airline|council|coastguard|maker|police)\b",
    re.IGNORECASE,
)


def without_thanks(reply: str) -> str:
    """The reply up to its next step, without what it gives thanks for: "Thank you for writing, and we ..."."""
    return re.sub(r"^Thank(?:s| you)\b[^.,;:!?]*[.,;:!?]?\s*", "", reply.partition(brand.NEXT_STEP)[0])


def says_what_is_missing(reply: str) -> bool:
    """True if one sentence, thanks aside, has a word of denial and one for what the desk can see.

    What it cannot see: what is missing. "Our screen does not show this" is enough.
    """
    return any(
        re.search(NOT, text, re.IGNORECASE) and re.search(SOURCE, text, re.IGNORECASE)
        for text in brand.sentences(without_thanks(reply))
    )


def guesses(reply: str) -> list[str]:
    """Clauses that say how the thing is, in a reply that cannot know: "it fits", "Yes", "most likely", "should do".

    A clause that says what the screen lacks, or leaves something open ("how wide it is"), is none. What it cannot see:
    a guess without a verb ("Brown."), or one that speaks of something else ("Corolla holders are wide").
    """
    found = []
    for sentence in brand.sentences(without_thanks(reply)):
        for clause in CLAUSE.split(OPEN.sub("", sentence)):
            clause = clause.strip(" .,;:!?")
            lacks = re.search(NOT, clause, re.IGNORECASE) and re.search(SOURCE, clause, re.IGNORECASE)
            said_by_screen = re.search(r"\b(?:says?|shows?|states?|confirms?|tells us) that\b", clause, re.IGNORECASE)
            if lacks and not said_by_screen:
                continue
            if YES_OR_NO.search(clause) or ASSERTS.search(clause) or HEDGES.search(clause):
                found.append(clause)
    return found


def promises(reply: str) -> list[str]:
    """Promises and verdicts in a reply that may only hand over: a refund, a fault, "it is safe".

    What the reply is about ("about your refund"), leaves open ("whether we owe you one"), lets a person look at, or
    says that it cannot promise, is none. What it cannot see: a promise in rare words ("you will not be out of pocket").
    """
    head, mark, step = reply.partition(brand.NEXT_STEP)
    text = stated.claims(f"{without_thanks(head)} {step}")
    text = LOOKS_INTO.sub("", ABOUT.sub("", text))
    found = [match[0] for match in PROMISES.finditer(text) if not NEGATED.search(text[: match.start()])]
    return found + [match[0].strip() for match in JUDGES.finditer(text)]


def strays(reply: str) -> list[str]:
    """Parts of a reply that speak neither of the desk nor of who else can help, up to and with the next step.

    "Deal. This desk is for our products." strays with its first word. What it cannot see: an answer inside a part that
    speaks of us ("As we all know, Paris is the capital").
    """
    parts = [
        part.strip()
        for sentence in brand.sentences(reply.removesuffix(brand.SIGN_OFF).strip())
        for part in re.split(r"(?<=[;:])\s+", sentence)
    ]
    thanks = parts[0] if parts and parts[0].startswith(("Thank you", "Thanks")) else ""
    return [
        part for part in parts
        if part not in (thanks, brand.NEXT_STEP) and not OURS.search(part) and not REFERS.search(part)
    ]  # fmt: skip


def recited(reply: str, row: dict) -> list[str]:
    """What a reply states of the screen that nobody asked for, if it is more than a remark.

    Values of records and orders, figures of a policy, and sentences of it word for word. What the customer said, or the
    desk in an earlier turn, counts for nothing.
    """
    screen, *talk = (message["content"] for message in row["messages"][:-1])
    asked, text = " ".join([*talk, *row["expected"], *row["forbidden"]]), house_values(reply)
    values = [value for _, value in FIELD.findall(screen) if value not in ("yes", "no")]
    lines = [line for line in screen.split("\n") if not FIELD.search(line)]
    passage = brand.sentences(" ".join(lines))
    values += [match[0] for line in lines for match in FIGURE.finditer(house_values(line)) if len(match[0]) > 2]
    known = house_values(asked)
    added = [
        value for value in dict.fromkeys(values)
        if states_all(text, [house_values(value)]) and not states_all(known, [house_values(value)])
    ]  # fmt: skip
    copied = [each for each in passage if each.rstrip(".") in reply]
    found = added if len(added) > UNASKED else []
    return found + (copied if len(copied) > COPIED else [])
