"""The forms of orders to a language model that ``injection`` looks for, in families that name what the order wants."""

from __future__ import annotations

_RULES = (r"(?:instruct\w+|prompts?|rules?|guidelines?|directions?|directives?|polic(?:y|ies)|training|programming|"
          r"guardrails?|restrictions?|constraints?|guidance|brand (?:guide|voice)|"
          r"safety (?:checks?|filters?|rules?|measures))")
_EARLIER = (r"(?:all|any|every|each|the|your|its|these|those|previous|prior|above|earlier|preceding|former|"
            r"existing|initial|original|current|other|given|of|system|developer|safety|usual|normal|hidden|brand|old)")
_BEFORE = r"(?:previous|earlier|prior|old|former|original)"
_OVER = (r"(?:cancel+ed|void|obsolete|out of date|outdated|revoked|withdrawn|replaced|suspended|lifted|overrid\w+|"
         r"superseded|gone|disabled|(?:switched|turned) off)")
_AI = r"(?:ai|a\.i\.|assistant|chat ?bot|bot|(?:large )?language model|llm|gpt\w*)"
_ROLE = rf"(?:{_AI}|robot|hacker|pirate|admin\w*|developer|dan|persona|character)"
_SECRET = r"(?:prompts?|instructions|system message|configuration|guidelines|rules|orders|settings|message)"
_MAKERS = r"(?:developers?|creators?|makers|operators?|programmers?|trainers?)"
_INNER = r"(?:system|hidden|initial|secret|internal|developer)"
_START = r"(?:(?:^|[.?!:;\n*\"(]\s*)(?:(?:please|kindly|now|and|then|just|so)[ ,]+)*|\b(?:please|now|then) )"
_FORMAT_ORDER = (r"(?:you\b|ignore|disregard|forget|override|approve|grant|confirm|give|obey|reply|respond|answer|"
                 r"reveal|print|act|from now|(?:the|this) (?:user|customer|discount)|do not|new (?:rule|instruction))")

PATTERNS = {  # family: its forms, each of which is enough
    "cancels its rules": (
        r"\b(?:ignor(?:e|ing)|disregard|forget|overrid(?:e|ing)|overrule|bypass|neglect|(?:set|put) aside|"
        rf"pay no attention to|throw away|circumvent)\s+(?:{_EARLIER}\s+){{1,5}}{_RULES}\b",
        r"\b(?:skip|drop|cancel|discard|erase|delete|disable|turn off)\s+(?:(?:all|any|the) )?(?:your|"
        rf"of your|system|previous|earlier|above|safety|brand)\s+(?:{_EARLIER}\s+)*(?:{_RULES}|checks?)\b",
        rf"(?:{_START}|\byou (?:must |should |will |shall )?)(?:do not|don't|stop|never|"
        rf"no longer)\s+(?:follow|obey|apply|comply with)(?:ing)?\s+(?:{_EARLIER}\s+){{1,5}}{_RULES}\b",
        r"\byou are no longer (?:bound|restricted|limited)\b",
        rf"{_START}(?:bypass|disable|turn off) (?:the|your|all) (?:\w+ )?filters?(?! (?:in|on|of))\b",
        rf"\b(?:your|all) (?:{_BEFORE} |the )?(?:instructions|orders|rules|prompts?|directions|"
        rf"guidelines) (?:are|is|were|have been|has been) (?:now |hereby |all )?{_OVER}\b",
        rf"\b{_BEFORE} (?:instructions|rules|prompts?|guidelines) (?:are|were|have been) (?:now |hereby |"
        rf"all )?{_OVER}\b",
        rf"\b(?:all|any|every|the) {_RULES} (?:that )?you (?:have |had |were |got )?(?:been )?(?:received|"
        rf"given|told)?[^.?!]{{0,20}} {_OVER}\b",
        rf"\b(?:your (?:\w+ )?(?:{_RULES}|limits|filters)) (?:are|have been|were) (?:now )?{_OVER}\b",
        rf"\b(?:consider|treat|regard) [^.?!]{{0,40}}\b(?:{_RULES}|told you|taught you)[^.?!]{{0,20}} {_OVER}\b",
        r"\b(?:limits?|rules?|restrictions?|guidelines?) (?:do not|don't|no longer) (?:exist|apply|count|"
        r"hold) (?:for|to) you\b",
        r"\b(?:as if|pretend(?: that)?) [^.?!]{0,30}(?:guide|rules?|policy|guidelines|"
        r"restrictions)[^.?!]{0,20}(?:not exist|no longer|were gone)",
    ),
    "cancels what came before": (
        r"\b(?:ignore|disregard|forget|override|(?:put|set) aside)\s+(?:everything|anything|all|whatever|"
        r"what) (?:that )?you (?:have been|were|had been) (?:told|taught|given|instructed)\b",
        r"\b(?:ignore|disregard|forget|override)\s+(?:everything|anything|all|whatever|what)\s+(?:(?:that|"
        r"you|was|were|is|have|been|came|said|told|written|read)\s+)*(?:above|before|previously|so far|"
        r"earlier)\b",
        r"\b(?:ignore|disregard|forget)\s+(?:everything|all)\s+(?:that )?you (?:know|learned|have learned)\b",
        r"(?:^|[.?!\n]\s*|[-=#*\[<]\s*)(?:end|start|beginning) of (?:the |this )?(?:\w+ )?(?:conversation|"
        r"session|chat|input|prompt|instructions|system message)\s*(?:[.:\])>#=*-]|$)",
        r"\bnew (?:conversation|context)\s?:",
    ),
    "gives it another role": (
        rf"\byou are (?:now|from now on) (?:(?:an?|the|my|in) )?(?:\w+ ){{0,2}}{_ROLE}\b",
        rf"(?:^|[.:;\n]\s*)you are an? (?:\w+ ){{0,2}}{_ROLE}\b(?! (?:team|shop))",
        rf"{_START}(?:pretend (?:to be|(?:that )?(?:you are|you're|i am|i'm))|role-?play\b|(?:let'?s|"
        r"let us) role-?play|imagine (?:that )?(?:you are|you're|yourself) (?:(?:an?|the|"
        rf"my) )?(?:\w+ ){{0,2}}(?:{_ROLE}|free|allowed))",
        rf"\bact (?:as|like) (?:an?|the|my) (?:\w+ ){{0,2}}(?:{_ROLE}|grandmother)\b",
        rf"{_START}act as (?:if|though)\b",
        rf"{_START}(?:respond|answer|reply|speak|write) (?:to me )?(?:as|like) (?:an? |the |"
        rf"my )?(?:\w+ )?{_ROLE}\b",
        r"\bfrom (?:now|here) on,? (?:you (?:are|act|answer|respond|reply|speak|obey|work for|serve|ignore|"
        r"must|will (?:act|answer|respond|obey))|(?:answer|reply|respond) (?:every|all|any|each|only|as|"
        r"in)\b|act|speak|obey|ignore)",
        rf"(?:{_START}|\byou (?:must |will |shall |should |now )?)obey (?:only|me|my|the|all|every)\b",
        rf"\b(?:stop being|be the opposite of) (?:the|an?) (?:\w+ ){{0,2}}(?:desk|clerk|{_ROLE})\b",
        r"\b(?:game|story|scene|play) in which you (?:are|have|play)\b",
        rf"{_START}(?:take on|adopt|assume|switch to|play) the (?:persona|character|role|part) of\b",
        r"\byou will (?:now )?(?:answer|act|speak|reply|respond|write) as\b",
        r"\bsimulate an? (?:\w+ )?(?:terminal|shell|computer|console)\b",
        r"\byou (?:now )?work for me\b",
    ),
    "asks for its orders": (
        r"\b(?:reveal|print|show|repeat|output|display|tell|give|share|leak|dump|recite|list|paste|quote|"
        r"expose|send|translate|summari[sz]e|encode|what (?:is|are|was|were))\b[^.?!]{0,30}\b(?:your|"
        rf"its)\s+(?:\w+\s+)?(?:(?:{_INNER}\s+)+{_SECRET}|context window|training data|api keys?)\b",
        rf"{_START}(?:reveal|print|output|leak|dump|recite|expose|repeat|"
        r"encode)\s+(?:me )?(?:all )?(?:of )?your\s+(?:\w+\s+)?(?:prompts?|instructions|guidelines|rules|"
        r"configuration)\b(?! (?:for|on|about|to|in|how)\b)",
        r"\b(?:contents?|everything) (?:of|in) your (?:memory|context|prompt)\b",
        r"\btraining data you\b",
        r"\brepeat (?:the|all|every)[^.?!]{0,20}(?:text|words|lines?|everything) above this\b",
        r"\brepeat (?:everything|all|(?:the|all) (?:text|words)) above(?! (?:my|the))\b",
        r"\b(?:text|words?|lines?|everything)\b[^.?!]{0,25}\b(?:above this line|(?:that )?precedes? (?:my|"
        r"this) (?:message|text|line))\b",
        r"(?<!operating )\bsystem prompt\b",
        r"\byour (?:initial|original|first) prompt\b",
        rf"\b(?:your|the|my) {_MAKERS} (?:told|taught|gave|instructed|wrote to) you\b",
        rf"\bgiven by your {_MAKERS}\b",
        r"\b(?:text|prompt|configuration|settings|examples) (?:that )?you were (?:started|set up|configured|"
        r"trained)\b",
        r"\bdump (?:all|the) (?:\w+ )?(?:variables|memory|context)\b",
        r"\byour (?:hidden|secret|internal|system) (?:instructions|prompt|rules|orders)\b",
        r"\b(?:secret|hidden) (?:phrase|word|key|code|password|message|text) (?:that )?(?:you (?:were|"
        r"have been|are|hold|keep|guard)|in your)\b",
    ),
    "plants a memory": (
        r"\b(?:keep in mind|remember|note) for (?:all|every) (?:later|future|other)\b",
        r"\badd to your (?:knowledge|memory)\b",
        r"\bupdate your (?:beliefs|knowledge|memory)\b",
        r"\b(?:learn|remember|memori[sz]e) (?:this|that|it|the following)(?: (?:fact|rule|"
        r"sentence))?,? (?:for ?ever|always|permanently|from now on|as (?:a )?(?:fact|true|truth))\b",
        r"\b(?:store|save|repeat) (?:this|that|it|the following) (?:for ?ever )?as (?:a )?(?:fact|true|"
        r"truth)\b",
    ),
    "names a forbidden mode": (
        r"\breset yourself\b",
        rf"{_START}reset your (?:memory|instructions|rules|context)\b",
        r"\b(?:god|jailbreak|sudo) mode\b",
        r"\b(?:unrestricted|uncensored|unfiltered) (?:mode|output|self|answers?|version)\b",
        r"\bmode in which you (?:may|can|must|have)\b",
        r"\b(?:safety|filters?|censorship) off(?=[.!])",
        r"\byou are (?:now )?in (?:\w+ )?mode\b",
        rf"{_START}(?:enter|enable|activate|go into|switch (?:in)?to) (?:the )?(?:developer|debug|"
        r"admin(?:istrator)?|root|dan) mode\b(?! (?:on|of|in|for)\b)",
        r"\b(?:developer|debug|dan) mode (?:enabled|activated|on[.!:])",
        r"\bjail ?break (?:yourself|the (?:model|assistant|bot|chat))",
        r"\b(?:you|dan|who|and) can do anything now\b",
        r"\bprompt injection\b",
        r"\bsudo (?:rm|cat|su|ls|give|grant|make|show)\b",
    ),
    "imitates the chat format": (
        r"<\|?/?(?:im_start|im_end|system|assistant|endoftext|inst|instructions?)\b[^>]{0,20}>",
        r"\[/?INST\b[^\]]{0,20}\]",
        r"\[/?(?:SYS(?:TEM)?|ADMIN|ASSISTANT|OVERRIDE)(?: (?:message|override|note|prompt|command|"
        r"instructions?|notice))?\s*\]",
        r"<<\s*/?SYS\s*>>",
        r"#{2,}\s*(?:system|assistant|response)\s*(?:[:#\n]|prompt|message|$)",
        r"#{2,}\s*(?:new )?instructions?\s*:",
        r"^\s*(?:system|assistant)>",
        r"</?s>",
        r"\b(?:begin|end) (?:of )?(?:the )?(?:user|trusted|untrusted|admin|system) (?:input|section|message|"
        r"prompt|text)\b",
        r"\{\s*[\"']tool[\"']\s*:",
        r"\bhuman: [^\n]{0,80}\bassistant:",
        r"<!--[^>]{0,10}\bassistant\b",
        r"[\"']?role[\"']?\s*:\s*[\"']?(?:system|assistant|developer)\b",
        r"(?:^|[.\n?!*]\s*)\**(?:system|assistant|developer|admin)\**\s?(?:message|override|note|update|"
        rf"prompt|command|instructions?|notice)?\s?:\s*{_FORMAT_ORDER}\b",
    ),
    "gives new orders": (
        r"\b(?:new|updated|revised|real|actual|true|secret)\s+(?:instructions?|directives?|rules?|tasks?|"
        rf"orders?)\s*(?::\s*{_FORMAT_ORDER}\b|for (?:the )?{_AI}\b)",
        r"\b(?:note|message|instructions?|attention|memo|reminder|prompt)\s*(?:to|for)?,?\s*(?:the|any|this|"
        rf"all)?\s*{_AI}s?\b(?:\s+(?:reading|processing|answering)|\s*:)",
        r"\bas an? (?:ai|a\.i\.|(?:ai )?(?:large )?language model|llm)\b[^.?!]{0,20}\byou (?:must|have to|"
        r"should|will|shall)\b",
        r"\b(?:if|when|since|because) you are an? (?:ai|large language model|language model|"
        r"llm)\b(?![^.?!]*\b(?:human|person|people|colleague|someone|somebody)\b)",
        rf"\b(?:message|note|order|instructions?) from (?:the |your )?(?:(?:{_MAKERS}|administrator|"
        rf"owner) of the (?:{_AI}|model)|{_MAKERS}|openai|anthropic)\b",
        rf"\bthis is your (?:{_MAKERS}|administrator|owner) (?:speaking|writing)?\b",
        rf"\bwhichever {_AI}\b",
        r"\bif an? (?:ai|llm|language model) (?:reads|sees|summari\w+|process\w+|answers)\b",
        r"\b(?:ai|llm|automated) (?:graders?|readers?|systems?|assistants?)\s*:",
        rf"\b(?:any|every|all|the) (?:{_AI}|model)s? (?:(?:that|which|who) (?:reads?|sees?|process(?:es)?|"
        r"answers?)|reading|processing) (?:this|it)\b",
    ),
    "dictates the reply": (
        r"\b(?:reply|respond|answer|say|output) (?:only |just |exclusively |nothing but )(?:with |"
        r"in )?(?:the (?:word|text|phrase|letters?)|[\"'`])",
        r"\b(?:reply|respond|answer) with (?:only |just |exactly |nothing but )(?:the (?:word|text|phrase|"
        r"letters?)|[\"'`])",
        r"\byour (?:only|sole|first|new|real|actual|true) (?:task|job|goal|purpose|duty) (?:is|will be|"
        r"now is|is now)\b",
        r"\bwhen(?:ever)? you (?:process|summari[sz]e) this\b",
        r"\bevery (?:answer|reply|response) you (?:give|write)\b[^.?!]{0,25}\bmust\b",
        r"\byour (?:reply|response|answer) must (?:consist|contain|start|begin|include)\b",
        r"\b(?:start|begin|end) your (?:reply|response|answer) with [\"'`]",
        r"\bno matter what (?:is|i|you|they|the)\b[^.?!]{0,25}\b(?:asked?|say)\b[^.?!]{0,6}\b(?:reply|"
        r"answer|say|respond)\b",
        r"\bfrom this point (?:on,? )?you\b",
        r"\boverride (?:code|password|key)\b[^.?!:\n]{0,24}:",
        r"\b(?:act|answer|respond|reply|speak|work|behave|operate|talk|"
        r"write) without (?:any )?(?:restrictions|filters?|safety|censorship|limits)\b",
    ),
}
# Every match of a family holds one of these. Most texts hold none of them, and are done with a tenth of the time.
NEEDS = {
    "cancels its rules": "instruct|prompt|rule|guid|guard|direct|polic|training|programming|restrict|constraint|"
                         "brand |safety |check|no longer|filter|orders|limit|told you|taught you",
    "cancels what came before": "ignore|disregard|forget|override| aside|end of |start of |beginning of |new conver|"
                                "new context",
    "gives it another role": "you are |you're|you will |pretend|role|imagine| as | like |now on|here on|obey|"
                             "stop being|opposite|in which you|persona|character|part of|simulate|work for me",
    "asks for its orders": "prompt|instructions|system|guidelines|rules|configuration|initial|internal|developer|"
                           "context|memory|training data|api key|above|precede|told you|taught you|gave you|"
                           "instructed you|wrote to you|given by your|you were |dump |hidden|secret",
    "plants a memory": "learn|remember|memori|store|save|repeat|in mind|note for|your knowledge|your beliefs|"
                       "your memory",
    "names a forbidden mode": "reset your|mode|unrestricted|uncensored|unfiltered|safety off|filter off|filters off|"
                              "censorship off|jail|do anything now|prompt injection|sudo",
    "imitates the chat format": "<|[|##|role|system|assistant|developer|admin|begin |end |{",
    "gives new orders": "new|updated|revised|real|actual|true|secret|ai|a.i.|assistant|bot|llm|model|gpt|developer|"
                        "creator|makers|operator|programmer|trainer|openai|anthropic|owner|administrator|automated",
    "dictates the reply": "only |just |exclusively |exactly |nothing but |task|job|goal|purpose|duty|"
                          "when you |whenever|every |your reply|your response|your answer|no matter|"
                          "this point|override |without ",
}
