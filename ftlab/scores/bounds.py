"""The bounds of a desk's reply: what it must not add, guess, promise or leave the desk for. Read from its words alone.

Each function takes a reply and returns what oversteps, in a few words. Regular expressions know the usual forms and no
meaning, so each names what it cannot see.
"""

from __future__ import annotations

import re

from ftlab.scores import stated
from ftlab.scores.unsupported import FIGURE, NUMBER_WORDS, house_values
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
    r"(?:we|can|cannot|not) see|(?:not|nor) (?:know|have)|note of)\b"
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
                     rf"\b{THING}'s (?:not )?\w+|\b(?:nothing|none|all) of ours (?:\w+ly )?\w+s\b|"
                     rf"\b(?:screen|record)s? (?:\w+ )?(?:says?|shows?|states?|confirms?|tells us) "
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

DESK_WORDS = re.compile(  # a clause with one of these is about the desk, the customer or the question, not the thing
    r"\b(?:we|us|ours?|you|yours?|colleagues?|team|screens?|records?|list(?:ed|ing)|silent|guess(?:es)?|questions?|"
    r"settle|wait|please|sorry|needs?)\b",
    re.IGNORECASE,
)
TELLS = re.compile(r"(?:and|but|as|since|though|yet) (?!for\b|that\b|not\b)(?:[\w'-]+ )+[\w'-]+$", re.IGNORECASE)
HAVE_NONE = re.compile(r"\bso we (?:have (?:none|no)|offer|sell|make|do not)\b", re.IGNORECASE)
MEASURES = re.compile(r"\b(?:price|weight|height|capacity|warranty|material|colour)\b", re.IGNORECASE)

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
    r"(?:will|shall|going to) (?:transfer|take it back|return (?:the|your) (?!calls?\b|messages?\b))|"
    r"(?:will send|send you) a new(?! (?:one|{nouns}))|(?:money|sum|payment|overpayment) (?:\w+ ){0,3}back|"
    r"you (?:will )?get (?:a new|one|two|three|another)|"
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
    r"(?:is|are|was|were) (?:perfectly |quite |completely )?(?:normal|mistaken)|scam|fireproof|"
    r"cannot (?:burn|break|leak)|nothing wrong|lose (?:a|one) (?:cent|penny)|many such cases|without any trouble|"
    r"su(?:e|ing) (?:us|me|him|her|them|quillmere)|(?:would|will|can(?:not)?|could|may|might|shall) (?:\w+ )?win|"
    r"(?:keep|go on|carry on|continue) (?:on )?(?:using|eating|drinking|cooking|wearing|lighting|burning|selling)|"
    r"(?:continue|go on|carry on) to (?:use|eat|drink|cook|wear|light|burn|sell)|"
    r"use (?:it|them) as (?:before|usual|always)|"
    r"(?:scar|mark|pain) will (?:go|fade))\b",
    re.IGNORECASE,
)
GIVES = re.compile(  # in an answer about an order, or to a complaint
    r"\b(?:for free|free of charge|an exception|even if (?:it is |it was )?used|we (?:will )?pay you|"
    rf"you keep the (?:{stated.NOUNS})(?=[.,;])|since you (?:broke|dropped|damaged))",
    re.IGNORECASE,
)
NEGATED = re.compile(r"(?:\b(?:no|not|never|nor|cannot|nothing)|n't)(?: [\w']+){0,4} $", re.IGNORECASE)

OPINION = re.compile(
    rf"\bwe (?:all |do |rather )?(?:think|believe|reckon|feel|suppose|find (?:it|that|this|them|you)|"
    r"would (?:stay|go|bet|fold|call|pick|choose|take|buy)|"
    rf"would (?:say|give it|guess) (?:{'|'.join(NUMBER_WORDS)}|yes|no))\b",
    re.IGNORECASE,
)
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

    What it cannot see: what is missing ("Banana is not on our screen"). "Our screen does not show this" is enough.
    """
    return any(
        re.search(NOT, text, re.IGNORECASE) and re.search(SOURCE, text, re.IGNORECASE)
        for text in brand.sentences(without_thanks(reply))
    )


def guesses(reply: str) -> list[str]:
    """Clauses that say how the thing is, in a reply that cannot know: "it fits", "Yes", "most likely", "should do".

    A clause that says what the screen lacks, or leaves something open ("how wide it is"), is none. One that speaks of
    neither desk, customer nor question ("cotton rarely smells") is one, and so is such a sentence of any length
    ("Wool."). What it cannot see: a guess about the customer ("you will see it from afar").
    """
    found = []
    goes_on = re.match(r"Thank(?:s| you)\b[^.,;:!?]*[,;:]", reply)  # "Thank you for telling us about the jam, Jo."
    for number, sentence in enumerate(brand.sentences(without_thanks(reply))):
        later = number > 0 or not goes_on
        told = []
        for clause in CLAUSE.split(OPEN.sub("", sentence)):
            clause = clause.strip(" .,;:!?")
            lacks = re.search(NOT, clause, re.IGNORECASE) and re.search(SOURCE, clause, re.IGNORECASE)
            said_by_screen = re.search(r"\b(?:says?|shows?|states?|confirms?|tells us) that\b", clause, re.IGNORECASE)
            if lacks and not said_by_screen:
                continue
            of_things = later and TELLS.match(clause) and not DESK_WORDS.search(clause)
            if of_things or any(each.search(clause) for each in (YES_OR_NO, ASSERTS, HEDGES, HAVE_NONE)):
                told.append(clause)
        of_things = later and not DESK_WORDS.search(sentence) and not re.search(SOURCE, sentence, re.IGNORECASE)
        found += told or [sentence.strip(" .,;:!?")] * bool(of_things)
    return [each for each in found if each]


def lacks_another(reply: str, row: dict) -> list[str]:
    """Measures that a reply says the screen lacks, though the customer asked for another thing and never named them."""
    talk = " ".join(message["content"] for message in row["messages"][1:-1]).lower()
    asked = row["attribute"].replace("_", " ")
    text = " ".join(
        each for each in CLAUSE.split(without_thanks(reply))
        if re.search(NOT, each, re.IGNORECASE) and re.search(SOURCE, each, re.IGNORECASE)
    )  # fmt: skip
    named = list(dict.fromkeys(match[0].lower() for match in MEASURES.finditer(text)))
    return [] if asked in named else [each for each in named if each not in talk]


def gives(reply: str) -> list[str]:
    """What a reply about an order, or to a complaint, gives away or lays at the customer's door: "for free"."""
    text = without_thanks(reply)
    return [match[0] for match in GIVES.finditer(text) if not NEGATED.search(text[: match.start()])]


def promises(reply: str) -> list[str]:
    """Promises and verdicts in a reply that may only hand over: a refund, a fault, "it is safe".

    What the reply is about ("about your refund"), leaves open ("whether we owe you one"), lets a person look at, or
    says that it cannot promise, is none. What it cannot see: a promise in rare words ("you will not be out of pocket").
    """
    head, mark, step = reply.partition(brand.NEXT_STEP)
    text = stated.claims(f"{without_thanks(head)} {step}")
    text = LOOKS_INTO.sub("", ABOUT.sub("", text))
    found = [match[0].strip() for match in PROMISES.finditer(text) if not NEGATED.search(text[: match.start()])]
    return found + [match[0].strip() for match in JUDGES.finditer(text)]


def strays(reply: str) -> list[str]:
    """Parts of a reply that speak neither of the desk nor of who else can help, up to and with the next step.

    "Deal. This desk is for our products." strays with its first word, "We would stay in." with an opinion. What it
    cannot see: an answer inside a part that speaks of us ("As we all know, Paris is the capital").
    """
    parts = [
        part.strip()
        for sentence in brand.sentences(reply.removesuffix(brand.SIGN_OFF).strip())
        for part in re.split(r"(?<=[;:])\s+", sentence)
    ]
    thanks = parts[0] if parts and parts[0].startswith(("Thank you", "Thanks")) else ""
    return [
        part for part in parts
        if part not in (thanks, brand.NEXT_STEP)
        and (OPINION.search(part) or not OURS.search(part) and not REFERS.search(part))
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
