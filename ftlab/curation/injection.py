"""Texts that try to give a language model orders. A model trained on them learns to obey whoever writes.

Patterns catch what is already known: they are a sieve and no proof. Source of the families: Perez and Ribeiro 2022,
arXiv:2211.09527 (goal hijacking and prompt leaking).
"""

from __future__ import annotations

import re

from ftlab.curation.records import Reject

_RULES = (r"(?:instruct\w+|prompts?|rules?|guidelines?|directions?|orders?|polic(?:y|ies)|training|programming|"
          r"guardrails?|restrictions?|constraints?|commands?|filters?|safety|context|messages?|brand (?:guide|voice))")
_EARLIER = (r"(?:all|any|every|each|the|your|its|my|our|these|those|previous|prior|above|earlier|preceding|former|"
            r"existing|initial|original|current|other|given|of|system|developer|safety|usual|normal|hidden|brand|old)")
_MODEL = r"(?:ai|a\.i\.|assistant|chat ?bot|bot|robot|(?:large )?language model|llm|model|gpt\w*|machine|program)"
_SECRET = (r"(?:(?:system|hidden|initial|original|secret|internal|developer|full|entire|exact|above|previous)\s+)*"
           r"(?:prompts?|instructions|system message|configuration|guidelines|memory|context window|training data|"
           r"api keys?|passwords?|source code)")

PATTERNS = {
    "cancels its rules":
        rf"\b(?:ignor(?:e|ing)|disregard|forget|overrid(?:e|ing)|overrule|bypass|skip|drop|neglect|cancel|"
        rf"discard|erase|delete|set aside|pay no attention to|(?:do not|don't|stop|never) (?:follow|obey|"
        rf"apply)(?:ing)?|no longer "
        rf"(?:follow|obey|bound by))\s+(?:{_EARLIER}\s+){{1,5}}{_RULES}\b"
        rf"|\b{_EARLIER} (?:previous|earlier|prior|old|former) (?:instructions|orders|rules|prompts?|directions) "
        r"(?:are|is|were|have been|no longer|do not|don't)\b"
        r"|\b(?:as if|pretend(?: that)?) [^.?!]{0,30}(?:guide|rules?|policy|guidelines|restrictions)[^.?!]{0,20}"
        r"(?:not exist|no longer|were gone|did not|don't)",
    "cancels what came before":
        r"\b(?:ignore|disregard|forget|override)\s+(?:everything|anything|all|whatever|what)\s+(?:(?:that|you|"
        r"was|were|is|have|been|came|said|told|written|read|know|is)\s+)*(?:above|before|previously|so far|earlier|"
        r"learned|know|told)\b"
        r"|\b(?:end|start|beginning) of (?:the |this )?(?:conversation|session|chat|input|prompt|instructions|system "
        r"message)\b|\b(?:new|next) (?:conversation|session|context)\s?:",
    "gives it another role":
        rf"\byou are (?:now|no longer|from now on)\s|\byou are an? (?:\w+ ){{0,2}}(?:{_MODEL}|hacker|pirate|admin\w*)\b"
        r"|\bpretend (?:to be|you|that you|i am)\b|\brole-?play\b|\bimagine (?:that )?you(?: are|'re)\b"
        r"|\bact (?:as|like) (?:if|though|an?|my|the)\b|\bfrom now on,? (?:you|answer|reply|respond|act|speak|"
        r"call|only)\b|\bobey (?:only|me|my|the|all|every)\b",
    "asks for its orders":
        rf"\b(?:reveal|print|show|repeat|output|display|tell|give|share|leak|dump|recite|list|paste|quote|expose|send|"
        rf"translate|summari[sz]e|encode|what (?:is|are|was|were))\b[^.?!]{{0,30}}\b(?:your|its)\s+{_SECRET}\b"
        r"|\brepeat (?:the|all|every)[^.?!]{0,20}(?:text|words|lines?|everything) above\b|\bsystem prompt\b"
        r"|\byour (?:hidden|secret|internal|system|initial) (?:instructions|prompt|rules|orders|settings|message)\b"
        r"|\b(?:secret|hidden) (?:phrase|word|key|code|password|message|text)\b",
    "plants a memory":
        r"\b(?:learn|remember|memori[sz]e|store|save|repeat) (?:this|that|it|"
        r"the following)\b[^.?!]{0,20}(?:\bfor ?ever\b"
        r"|\balways\b|\bpermanently\b|\bfrom now on\b|\bas (?:a )?(?:fact|true|truth)\b)",
    "names a forbidden mode":
        r"\breset your(?:self| )|\b(?:developer|debug|god|admin(?:istrator)?|maintenance|sudo|root|"
        r"unrestricted|jailbreak|"
        r"dan|test) mode\b|"
        r"\bjail ?break|\bdo anything now\b|\bprompt injection\b|\bsudo \w+",
    "imitates the chat format":
        r"<\|?/?(?:im_start|im_end|system|assistant|user|endoftext|inst|admin|instructions?)\b[^>]{0,20}>|"
        r"\[/?(?:INST|SYS(?:TEM)?|ADMIN|ASSISTANT|OVERRIDE)\b[^\]]{0,20}\]|<<\s*/?SYS\s*>>|"
        r"#{2,}\s*(?:system|instructions?|new instructions?|assistant|response)\b|"
        r"[\"']?role[\"']?\s*:\s*[\"']?(?:system|assistant|developer)|"
        r"(?:^|[.\n?!*]\s*)\**(?:system|assistant|developer|admin)\**\s?(?:message|override|note|update|prompt|command|"
        r"instructions?|notice)?\s?:",
    "gives new orders":
        rf"\b(?:new|updated|revised|real|actual|true|secret|special)\s+(?:instructions?|orders?|task|directive|"
        rf"rules?)\s*(?::|are\b|for (?:the )?{_MODEL})|\b(?:note|message|instructions?|attention|memo|"
        rf"reminder|hey|dear|hello)"
        rf"\s*(?:to|for)?,?\s*(?:the|any|this|all)?\s*{_MODEL}s?\b(?:\s+(?:reading|processing|answering|that)|\s*[:,])|"
        rf"\b(?:as|if you are|whoever|any|dear) an? {_MODEL}\b|\bif you are (?:an? )?{_MODEL}\b"
        rf"|\b(?:any|every|all|the) {_MODEL}s? (?:that|which|who) (?:read|see|process|answer|get)s?\b",
    "dictates the reply":
        r"\b(?:reply|respond|answer|say|output|write|print) (?:only |just |exclusively |nothing but )?(?:with |in )?"
        r"(?:only |just |exactly |nothing but )(?:the (?:word|text|phrase|letters?)|[\"'`])|\b(?:your|"
        r"the) (?:only|sole|first|new|real|actual|true) (?:task|job|goal|purpose|duty) (?:is|will be|"
        r"now)\b|\boverride (?:code|password|key)\b|"
        r"\bwithout (?:any )?(?:restrictions|filters|safety|censorship)\b",
}
# Every match of a pattern holds one of these, in any case. Looking for them first takes a fifth of the time, since most
# texts hold none.
NEEDS = {
    "cancels its rules": "ignor|disregard|forget|overrid|overrul|bypass|skip|drop|neglect|cancel|discard|erase|delete|"
                         "set aside|attention|follow|obey|apply|bound by|instructions|orders|rules|prompt|directions|"
                         "as if|pretend",
    "cancels what came before": "ignore|disregard|forget|override|end of |start of |beginning of |conversation|session|"
                                "context",
    "gives it another role": "you are |pretend|role|imagine|act as|act like|from now on|obey",
    "asks for its orders": "prompt|instructions|system message|configuration|guidelines|memory|context window|"
                           "training data|api key|password|source code| above|secret|hidden|your internal|your system|"
                           "your initial",
    "plants a memory": "learn|remember|memori|store|save|repeat",
    "names a forbidden mode": "reset your| mode|jail|do anything now|prompt injection|sudo",
    "imitates the chat format": "<|[|##|role|system|assistant|developer|admin",
    "gives new orders": "instruction|order|task|directive|rule|ai|a.i.|assistant|bot|llm|model|gpt|machine|program",
    "dictates the reply": "only |just |exactly |nothing but |task|job|goal|purpose|duty|override|without ",
}
_COMPILED = {name: (NEEDS[name].split("|"), re.compile(pattern, re.IGNORECASE)) for name, pattern in PATTERNS.items()}


def find_injection(text: str) -> tuple[str, str] | None:
    """The first pattern that the text matches, and the words that match it; None if there is none."""
    plain = text.isascii()  # some letters beyond ASCII match ASCII ones without regard to case
    lower = text.lower().replace("quillmere", "")  # most replies end with this name, and it holds "llm"
    for name, (needs, pattern) in _COMPILED.items():
        if plain and not any(need in lower for need in needs):
            continue
        if found := pattern.search(text):
            return name, found[0]
    return None


def check_injection(record: dict) -> dict:
    """The record, if neither question nor reply tries to give the model orders.

    Raises:
        Reject: With the kind of order and its words.
    """
    for name in ("question", "reply"):
        if found := find_injection(record[name]):
            raise Reject(f"expected a text for people in '{name}', found one that {found[0]}: {found[1][:60]!r}.")
    return record
