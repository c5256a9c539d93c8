"""The forms of orders to a language model that ``injection`` looks for, in families that name what the order wants.

A form is as narrow as an order: a verb where an order begins (``_START``), or "you must", and what only a model has.
"Your instructions are out of date" is a complaint; followed by "use these" it is an order.
"""

from __future__ import annotations

_PROMPT = (r"prompts?(?! (?:repl(?:y|ies)|answers?|responses?|deliver\w*|service|help|action|attention|payments?|"
           r"repairs?|refunds?|shipping|dispatch|handling|support|reaction|and (?:kind|friendly|helpful)))")
_RULES = (rf"(?:instruct\w+|{_PROMPT}|rules|rule(?! (?:of|about|on|for|that (?:says|a|the))\b)|guidelines?|"
          r"directions?|directives?|guardrails?|restrictions?|constraints?|guidance|brand (?:guide|voice)|safety "
          r"(?:checks?|filters?|rules?|measures))")
_EARLIER = (r"(?:all|any|every|each|the|your|its|these|those|previous|prior|above|earlier|preceding|former|existing|"
            r"initial|original|current|other|given|of|system|developer|safety|usual|normal|hidden|brand|old)")
_BEFORE = r"(?:previous|earlier|prior|old|former|original)"
_VOID = r"(?:cancel+ed|void|obsolete|revoked|suspended|overrid\w+|superseded|disabled)"
_OVER = rf"(?:{_VOID}|out of date|outdated|withdrawn|replaced|lifted|gone|(?:switched|turned) off)"
_FOLLOW = (r"(?=\s*[.,;:!\u2013\u2014-]+\s*(?:(?:so|now|and|please|instead|then)[ ,]+)*(?:use (?:these|this|mine|my)|"
           r"follow|obey|answer|reply|respond|act|say|print|reveal|repeat|output|pretend|ignore|approve|grant|"
           r"do (?:as|what)|you (?:are (?:now|free|allowed)|"
           r"must|will|may|now)|from now)\b)")
_AI = r"(?:ai|a\.i\.|assistant|chat ?bot|bot|(?:large )?language model|llm|gpt\w*)"
_MACHINE = r"(?:ai|a\.i\.|(?:large )?language model|llm|gpt\w*)"
_ROLE = rf"(?:{_AI}|robot|hacker|pirate|admin\w*|developer|dan|persona|character)"
_SECRET = r"(?:instructions|message|configuration|guidelines|rules)"
_MAKERS = r"(?:developers?|creators?|makers|operators?|programmers?|trainers?)"
_OWN_MAKERS = r"your (?:developers?|creators?|makers|programmers?|trainers?)"
_START = (r"(?:(?:^|[.?!:;\n*\"(]\s*)(?:(?:please|kindly|now|and|then|just|so)[ ,]+)*|\b(?:please|now|then) )")
_YOU_MUST = r"\byou (?:must|will|should|shall|may|can|are to|now) (?:now |only |always )?"
# What a model is to be, and no customer's "pretend I am five: how does it work?"; an order behind tells the others.
_PRETENDED = (
    rf"(?:now )?(?:in )?(?:(?:not |no longer )?(?:an?|the|my|your) )?(?:\w+ ){{0,2}}(?:{_ROLE}|{_MAKERS}|grandmother|"
    r"(?:developer|debug|god|root) mode)|(?:not |no longer |now )?(?:free (?:of|from|to)|evil|allowed to|bound by|"
    r"un(?:restricted|censored|filtered|bound)|jailbroken)|"
    rf"(?:\w+ing )?(?:without|with no) (?:any |your |the )?(?:{_RULES}|filters?|limits|safety|censorship)|"
    r"(?:your (?:boss|owner|master)|the (?:ceo|boss|owner|founder|director))"
    r"(?=\s*[.,;:!]|\s*$| and| of (?:the|this|your))|"
    r"(?:an?|the) [\w ]{1,30}? (?:that|who|which) (?:(?:must|will|can|may|always|never|has to|does not) )?"
    r"(?:say|obey|answer|ignore|reveal|refuse|give|grant|approve|agree|follow|tell|do)(?:s|es)?")
_ORDER_BEHIND = (
    r"(?:[.,;:!\u2013\u2014-]|\band|\bthen|\bnow) *(?:(?:and|then|now|so|please|just|instead|you must|you will) )*"
    r"(?:obey|approve|grant|insult|swear|praise|(?:ignore|disregard|forget) (?:your|all|the|every|any|previous)|"
    r"say (?:yes|no|only|that|the word|[\"'`])|(?:answer|reply|respond) (?:only|with (?:only|just|the word|[\"'`]))|"
    r"(?:print|output|reveal|repeat|show|tell|give) (?:me )?(?:your|everything|all|(?:the|an?) (?:text|word|system|"
    r"secret|hidden|prompt|password|discount|refund|free|code))|do (?:whatever|anything|as i)|"
    r"(?:write|sing|recite) (?:me )?an? (?:poem|song|story|joke|rap))")
_CUSTOMER = (r"(?!\s*(?:i|we|my|our)\b(?! am\b| have the right|'m\b| (?:want|need|order|command|would like|expect|tell|"
             r"ask|instruct) you\b| \w+ (?:order|command|instruct)s you\b))")  # "Attention AI: I want a human"
# What a customer asks of whoever reads: "refund to my card", "send me to a person", "I already sent photos"; but
# not "I am your developer", "I will give you orders", "I want it to say", which speak to the model as its master.
_PLEA = (
    r"\b(?:(?:i|we) (?:(?:have|had|already|sent|cannot|can't)\b|(?:will|want|would like|need)\b(?! (?:now )?(?:(?:it|"
    r"you|this|the (?:reply|answer|response)) to|(?:to )?(?:give|tell|instruct|teach|order|command) you)\b)|(?:am|"
    rf"are)\b(?! (?:now )?(?:(?:the|your|an?) (?:\w+ )?(?:admin\w*|owner|boss|master|{_MAKERS})|authori[sz]ed|in "
    r"charge)\b))|"
    r"(?:call|ring|mail|write|phone|text|connect|transfer) (?:to )?(?:me|us)\b|let (?:me|us) know\b|"
    r"(?:refund|use|send|pass|forward|hand|put|connect|transfer|ship|deliver|get)(?: (?:it|this|that|me|us|them))?"
    r"(?: (?:back|on|over|through))? ?(?:(?:to|on|at|by|with|via)? ?(?:my \w+|our \w+|(?:a|an) (?:\w+ )?(?:human|"
    r"person|colleague|label))|the (?:\w+ )?(?:one|parcel|label|address|lid))\b)")
_NO_PLEA = (
    rf"(?![^.?!\n:,]{{0,30}}[,:;]? *(?:(?:please|could you|can you|kindly|then|so|just) )*{_PLEA}(?![^\n]{{0,1000}}\b"
    r"(?:ignor\w+|disregard|forget|reveal|prompts?|instructions|obey|approve|grant|override|rules|say|pretend)\b))")
_ON_CONDITION = r"[^\"'`\n]{1,20}[\"'`],? (?:if|when|once|as soon as) (?:it|the|my|this|that|they|there|i|we)\b"
# What an order goes on with: "Cancel your rules about refunds and pay me", but not "about refunds and returns".
_NOW_DO = (r"(?:(?:and|then|now|just|please|instead) )*(?:pay|give|send|refund|grant|approve|accept|confirm|allow|"
           r"agree|tell|say|answer|reply|act|do|obey|print|show|reveal|write|let|make|ship|take|use|ignore)\b")
_ELSEWHERE = r"(?! (?:for|on|about|to|in|inside|under|behind|at|of|how|by|with|from|larger|bigger|again)\b)"
_ONE_QUOTE = r"[\"'`](?![^\"'`\n]{1,20}[\"'`],?\s*(?:or|/)\s*[\"'`])"  # 'only with "yes" or "no"' leaves a choice
_FORMAT_ORDER = (r"(?:when you (?:answer|reply|respond)|you (?:are (?!now (?:order|customer))|must|"
                 r"will (?:now )?(?:obey|answer|act|ignore)|may (?:now|"
                 r"say)|have to (?:obey|answer|say))|ignore|disregard|forget|override|approve|grant|confirm the|give "
                 r"(?:the|this) (?:user|customer)|obey|(?:reply|respond|answer) (?:only|with|every|as|to (?:every|"
                 r"all))|reveal|act (?:as|like)|from now|(?:the|this) (?:user|customer|discount)|do not (?:follow|"
                 r"obey|refuse|apply|mention)|new (?:rule|instruction))")

PATTERNS = {  # family: its forms, each of which is enough
    "cancels its rules": (
        r"\b(?:ignore|disregard|forget|override|overrule|bypass) (?:all )?(?:of )?your (?:\w+ )?(?:training|"
        r"programming)\b(?! (?:course|session|video|plan|day|page))",
        r"\b(?:ignor(?:e|ing)|disregard|forget|overrid(?:e|ing)|overrule|bypass|neglect|(?:set|put) aside|pay no "
        rf"attention to|throw away|circumvent)\s+(?:{_EARLIER}\s+){{1,5}}{_RULES}\b",
        r"\b(?:skip|drop|cancel|discard|erase|delete|disable|turn off)\s+(?:(?:all|any|the) )?(?:your|of your|system|"
        rf"previous|earlier|above|safety|brand)\s+(?:{_EARLIER}\s+)*(?:{_RULES}|safety checks?)\b"
        r"(?! (?:about|on|regarding) (?!(?:this|my|the) (?:chat|conversation|answer|reply|turn)\b|me\b|now\b)"
        rf"(?![^.?!\n]{{0,100}}(?:,|\band|\bthen) {_NOW_DO}))",
        rf"(?:{_START}|\byou (?:must|should|will|shall|may|can|are to) )(?:do not|don't|not|stop|never|no "
        rf"longer)\s+(?:follow|obey|apply|comply with)(?:ing)?\s+(?:{_EARLIER}\s+){{1,5}}{_RULES}\b",
        r"\byou are no longer (?:bound|restricted|limited)(?= by (?:your|the|any) (?:\w+ )?(?:rules|guidelines|"
        r"instructions|restrictions|policy|programming|filters|brand)| in (?:what|any)|\s*[.!;]|\s*$)",
        rf"{_START}(?:bypass|disable|turn off) (?:the|your|all) (?:(?:\w+ )?(?:content|safety|output|moderation|"
        r"language|profanity)|ethical) filters?\b(?! (?:in|on|of))",
        rf"{_START}(?:bypass|disable) (?:your|all) filters(?=\s*[.!,;]|\s*$| and (?:answer|tell|say|give|reply))",
        rf"{_START}(?:bypass|disable) the filters? and (?:answer|tell|give|call|approve|grant|confirm|send)\b",
        rf"\b(?:your|all|the|{_BEFORE}) (?:{_BEFORE} |the )?(?:instructions|orders|rules|prompts?|directions|"
        rf"guidelines) (?:are|is|were|have been|has been) (?:now |hereby |all )?{_OVER}{_FOLLOW}",
        rf"\b(?:all|any|every|the) (?:{_RULES}|polic(?:y|ies)) (?:that )?you (?:follow|obey|(?:have )?received|"
        rf"(?:were|have been|had been) (?:given|told))[^.?!]{{0,12}} {_VOID}\b",
        rf"\b(?:your (?:safety |content )(?:rules|limits|filters)) (?:are|have been|were) (?:now )?{_OVER}\b",
        rf"{_START}(?:consider|treat|regard) [^.?!]{{0,40}}\b(?:{_RULES}|told you|taught you)[^.?!]{{0,20}} {_VOID}\b",
        r"\b(?:limits?|rules?|restrictions?|guidelines?) (?:no longer (?:exist|apply|count|hold) (?:for|to) you\b|"
        r"(?:do not|don't) (?:exist|apply|count|hold) (?:for|to) you (?:now|here|any ?more|today|in this))",
        rf"{_START}(?:(?:act|answer|reply|respond|write|behave|speak|talk|go on|continue) as if|pretend(?: that)?) "
        r"[^.?!]{0,30}(?:guide|rules?|policy|guidelines|restrictions)[^.?!]{0,20}(?:not exist|no longer|were gone)",
    ),
    "cancels what came before": (
        r"\b(?:ignore|disregard|forget|override|(?:put|set) aside)\s+(?:everything|anything|all|whatever|what) "
        r"(?:that )?you (?:have been|were|had been) (?:told|taught|given|instructed)\b(?! by (?:the|my|our|that|this|"
        r"a|him|her|them)\b)",
        r"\b(?:ignore|disregard|forget|override)\s+(?:everything|anything|all|whatever|what)\s+(?:(?:that|you|was|"
        r"were|is|have|been|came|said|told|written|read)\s+)*(?:above|before|previously|so far|earlier)\b"
        r"(?=\s*(?:[.,;:!?-]|$)|\s+(?:and|instead|now|then|this|in (?:this|the))\b)",
        rf"(?:{_START}|{_YOU_MUST})(?:ignore|disregard|forget|override)\s+(?:all |everything |what is )?(?:of )?"
        r"(?:the )?above(?: \w+)?(?:,? and|[,.;:]) (?:now |then |instead |please |just ){0,2}"
        r"(?:write (?:me )?(?:an?|only|in|the word)|say(?! (?:hello|hi|thank|sorry))|"
        rf"tell (?:me )?(?:an?\b|your (?:(?!return|delivery|shipping|refund)\w+ )?(?:{_RULES}|secrets?|configuration|"
        r"tasks?|orders|training|makers|passwords?|credentials|keys?|hidden)|how (?:you|to (?!(?:return|use|clean|"
        r"order|pay|send|cancel|open|reach|set|store|fix|mend|wash|assemble|install|charge|contact|track|claim|repair|"
        r"replace|exchange)\b)\w+)|the (?:system|secret))|"
        r"(?:print|output|repeat|reveal|translate|show) (?:me )?(?:only|your|an?|the (?:word|text|system|secret|"
        r"prompt))|(?:answer|reply|respond) (?:only |just )?(?:with|as|in)|act (?:as|like)|pretend|obey|"
        r"you are (?:now )?(?:an?|free)|do (?:whatever|anything))\b"
        r"(?! (?:complaint|new (?:invoice|order|label)|full|english|french|german|soon|refund|credit)\b)",
        r"\b(?:ignore|disregard|forget)\s+(?:everything|all)\s+(?:that )?you (?:know|learned|have learned)\b(?! "
        r"(?:about|of|from)\b)",
        r"(?:[-=#*\[<]\s*(?:end|start|beginning) of (?:the |this )?(?:\w+ )?(?:conversation|session|chat|input|prompt|"
        r"instructions|system message)|(?:^|[.?!\n]\s*)(?:end|start|beginning) of (?:the |this )?(?:\w+ )?(?:prompt|"
        r"instructions|system message|input)\s*(?:[.:\])>#=*-]|$))",
        r"\bnew (?:conversation|context)\s?:",
    ),
    "gives it another role": (
        r"\b(?:you are (?:now|from now on)|from (?:now|here) on,? you are) (?:(?:an?|the|my|in) )?(?:(?!first|second|"
        rf"third|last|only|same|next)\w+ ){{0,2}}{_ROLE}\b(?! (?:team|shop))",
        rf"(?:^|[.:;\n]\s*)you are an? (?:\w+ ){{0,2}}{_ROLE}\s+(?:without|with no|named|called|(?:that|who|which) "
        r"(?:must|will|can|has|have|obeys|answers|always|does|ignores|reveals|refuses))\b",
        rf"{_START}(?:pretend (?:to be (?:an? |the |my )?(?:\w+ ){{0,2}}(?:{_ROLE}|grandmother)|"
        rf"(?:that )?(?:you are|you're|i am|i'm) (?:{_PRETENDED}|[^.?!\n]{{1,60}}?{_ORDER_BEHIND}))\b|"
        r"(?:let'?s |let us )?role-?play (?:as|that|in which|an?)\b|imagine (?:that )?(?:you are|you're|yourself) "
        rf"(?:(?:an?|the|my) )?(?:\w+ ){{0,2}}(?:{_ROLE}|free (?:of|from|to (?:say|ignore|answer))|allowed to (?:say|"
        r"ignore|break|reveal)))",
        rf"\bact (?:as|like) (?:an?|the|my) (?:\w+ ){{0,2}}(?:{_ROLE}|grandmother)\b",
        rf"{_START}act as (?:if|though) (?:you (?:are|were|have|had) (?:no |not |free |never |an? (?:\w+ "
        rf"){{0,2}}{_ROLE})|(?:there|the|your|all) [^.?!]{{0,20}}(?:{_RULES}|limits))\b",
        rf"{_START}(?:respond|answer|reply|speak|write) (?:to me )?(?:as|like) (?:an? |the |my )?(?:\w+ )?{_ROLE}\b",
        r"\bfrom (?:now|here) on,? (?:you (?:act|answer|respond|reply|speak)(?: only)? (?:as|like|in|with|without|"
        r"every|all|any|to (?:every|all|any))\b(?! (?:soon|time|writing|full|english|french|german|dutch|italian|"
        r"spanish|person|the (?:morning|evening|afternoon)|my|our|mails?|letters?|calls?)\b)|you (?:obey|serve|"
        r"ignore|work for)\b|you (?:must|will) (?:obey|agree|never refuse|do (?:whatever|everything|as)|ignore)|"
        r"(?:answer|reply|respond)(?: only)? (?:with|as|in|every|all|any|each)\b(?! (?:soon|time|writing|full|"
        r"english|french|german|dutch|italian|spanish|person|the (?:morning|evening|afternoon)|my|our|of|mails?|"
        r"letters?|calls?|a (?:letter|mail|call))\b)|(?:act|speak) (?:as|like)\b(?! (?:soon|usual|agreed)\b)|obey|"
        rf"ignore (?:{_EARLIER} ){{1,4}}{_RULES})",
        rf"(?:{_START}|\byou (?:must |will |shall |should |now )?)obey (?:only|me|my|the|all|every)\b(?! (?:law|speed|"
        r"guarantee|contract|signs?|regulations?|traffic|consumer))",
        rf"\b(?:stop being|be the opposite of) (?:the|an?) (?:\w+ ){{0,2}}(?:desk|clerk|assistant|{_MACHINE})\b",
        r"\b(?:let'?s|let us|we are|imagine|write|start|play)\b[^.?!]{0,20}\b(?:game|story|scene|play) in which you "
        r"(?:are|have no|must|play (?:an?|the))\b",
        rf"{_START}(?:(?:take on|adopt|assume|switch to) the (?:persona|character|role)|take on the part) of\b",
        rf"{_START}play the (?:role|character) of (?:an? |the |my )?(?:\w+ ){{0,2}}(?:{_ROLE}|grandmother)\b",
        r"\byou will (?:now )?(?:answer|act|speak|reply|respond|write) as\b(?! (?:soon|promised|agreed|usual|well|"
        r"before|quickly|always|a (?:matter|rule))\b)",
        r"\bsimulate an? (?:\w+ )?(?:terminal|shell|computer)\b",
        r"\byou now work for me\b",
    ),
    "asks for its orders": (
        r"\b(?:reveal|print|show|repeat|output|display|tell|give|share|leak|dump|recite|list|paste|quote|expose|send|"
        r"translate|summari[sz]e|encode|what (?:is|are|was|were))\b[^.?!]{0,30}\b(?:your|"
        rf"its)\s+(?:\w+\s+)?(?:(?:system|developer|hidden|secret) (?:{_SECRET}|prompts?)|(?:initial|internal) "
        rf"{_PROMPT}|context window|training data|api keys?)\b{_ELSEWHERE}",
        rf"{_START}(?:reveal|leak|dump|recite|expose|encode)\s+(?:me )?(?:all )?(?:of "
        rf")?your\s+(?:\w+\s+)?(?:{_PROMPT}|instructions|guidelines|rules|configuration)\b{_ELSEWHERE}",
        rf"{_START}(?:print|output|repeat)\s+(?:me )?(?:all )?(?:of )?your\s+(?:\w+\s+)?(?:{_PROMPT}(?=\s*[.?!,;:]|"
        r"\s*$| and)|(?:instructions|guidelines|rules|configuration) (?:verbatim|word for word|exactly|as (?:text|"
        r"json)|above)\b)",
        r"\b(?:contents?|everything) (?:of|in) your (?:memory(?! (?:foam|card|stick|key))|context|prompt)\b",
        r"\btraining data you\b",
        r"\brepeat (?:the|all|every)[^.?!]{0,20}(?:text|words|lines?|everything) above this\b",
        rf"{_START}(?:print|output|copy|recite|quote|reveal|show|write)\s+(?:me |out )?(?:the |all |all the |every )?"
        r"(?:\w+ )?(?:text|words?|prompt|instructions?|lines?|messages?|everything) above,? (?:verbatim|word for word|"
        r"exactly|unchanged|in full|letter by letter|as (?:it is|they are|text|json))\b"
        r"(?![^.?!\n]{0,30}\b(?:on|onto|card|label|gift|mug|engrav\w*)\b|,? (?:because )?(?:i|we) (?:can|could|do|am|"
        r"are|have)|,? for (?:my|our) (?:records|files|taxes|accountant)\b)",
        r"\brepeat (?:everything|all|(?:the|all) (?:text|words)) above"
        r"(?! (?:my|the|for (?:my|our|the|his|her|another))\b)",
        r"\b(?:repeat|print|output|show|copy|quote|reveal|translate|summari[sz]e|recite|give|tell|what (?:is|was|are|"
        r"were))\b[^.?!]{0,25}\b(?:text|words?|lines?|everything)\b[^.?!]{0,25}\b(?:above this line|(?:that "
        r")?precedes? (?:my|this) (?:message|text|line))\b(?! (?:on|of|in|say|mean))",
        r"\b(?:your|this|that|entire|full|whole|complete|exact|secret|hidden) system prompt\b",
        rf"{_START}(?:reveal|print|show|repeat|output|display|tell|give|leak|dump|recite|paste|quote|expose|translate|"
        r"summari[sz]e|encode|what (?:is|was))\b[^.?!]{0,30}\b(?:the|a) system prompt(?=\s*(?:[.?!,;]|$)| (?:word|"
        r"verbatim|as|above|you|that you))",
        r"\byour (?:initial|original|first) prompt(?=\s*[.?!,;:\"')]|\s*$| (?:and|word|in|as|you)\b)",
        rf"\b{_OWN_MAKERS} (?:told|taught|gave|instructed|wrote to) you\b",
        rf"\bgiven by {_OWN_MAKERS}\b",
        r"\b(?:text|prompt|configuration|examples) (?:that )?you were (?:started|set up|configured|trained)\b",
        rf"{_START}dump (?:all|the) (?:\w+ )?(?:variables|memory|context)\b",
        rf"\byour (?:hidden|secret|system) (?:instructions|prompt)\b{_ELSEWHERE}",
        r"\b(?:secret|hidden) (?:phrase|word|key|code|password|message|text) (?:that )?(?:you (?:(?:were|have been) "
        r"(?:given|told)|hold|keep|guard|are (?:hiding|keeping|guarding|not allowed))|in your (?:memory|prompt|"
        r"context|instructions|configuration|system))\b",
    ),
    "plants a memory": (
        r"\b(?:keep in mind|remember|note) for (?:all|every) (?:later|future|other) (?:conversation|chat|user|repl|"
        r"answer|session|question|customer)",
        r"\badd to your (?:knowledge|memory)\b(?! (?:base|page|cent|article|card|foam))",
        r"\bupdate your (?:beliefs|knowledge|memory)\b(?! (?:base|page|cent|article|card|stick))",
        r"\b(?:learn|remember|memori[sz]e) (?:this|that|it|the following)(?: (?:fact|rule|sentence))?,? (?:for ?ever|"
        r"permanently|as (?:a )?(?:fact|true|truth))\b",
        r"\b(?:store|save|repeat) (?:this|that|it|the following) (?:for ?ever )?as (?:a )?(?:fact|true|truth)\b"
        r"(?![ -]?(?:sheet|file|book|card|page|finder|check))",
    ),
    "names a forbidden mode": (
        r"\breset yourself\b",
        rf"{_START}reset your (?:memory|instructions|rules|context)\b(?!\s*\?)",
        r"\b(?:god|jailbreak|sudo) mode\b",
        r"\b(?:unrestricted|uncensored|unfiltered) (?:mode|output|self|version of you(?:rself)?|answers? (?:only|to "
        r"(?:every|all|any)))\b",
        r"\bmode in which you (?:may|can|must|have) (?:\w+ ){0,2}?(?:say|answer|reveal|refuse|break|ignore|swear|"
        r"speak|rules|limits|filters|restrictions)\b",
        rf"{_START}(?:all |your )?(?:safety|filters|censorship) off(?=[.!])",
        r"\byou are (?:now )?in (?:an? |the )?(?:developer|debug|admin(?:istrator)?|root|dan|god|jailbreak|"
        r"unrestricted|evil|opposite|unsafe|free) mode\b",
        rf"{_START}(?:enter|enable|activate|go into|switch (?:in)?to) (?:the )?(?:developer|debug|admin(?:istrator)?|"
        r"root|dan) mode\b(?! (?:again|failed|fails|does|did|is|was|has|no longer|never)\b)"
        r"(?! (?:on|of|in|for|with|by|when|under|at|from)\b|,? (?:then|says|it says|the|your)\b)",
        r"(?:^|[.?!:;\n*\"(\[]\s*)(?:developer|debug|dan) mode (?:(?:enabled|activated)(?=\s*[.,;:!)\]]|\s*$)|on[.!:])"
        r"(?!\W*(?:what|why|how|when|where|which|does|do i|can i|is (?:it|this|that))\b[^.!]*\?)",
        r"\bjail ?break (?:yourself|the (?:model|assistant|bot|chat))",
        r"\b(?:you|dan) can do anything now\b",
        r"\bprompt injection\b",
        r"\bsudo (?:rm|cat|su|ls|give|grant|make|show)\b",
    ),
    "imitates the chat format": (
        r"<\|?/?(?:im_start|im_end|system|assistant|endoftext|inst|instructions?)\b[^>]{0,20}>",
        r"\[/?INST\b[^\]]{0,20}\]",
        r"\[/?(?:SYS(?:TEM)?|ADMIN|ASSISTANT|OVERRIDE)(?: (?:message|override|note|prompt|command|instructions?|"
        r"notice))?\s*\]",
        r"<<\s*/?SYS\s*>>",
        r"#{2,}\s*(?:system|assistant|response)\s*(?:[:#\n]|prompt|message|$)",
        r"#{2,}\s*(?:new )?instructions?\s*:",
        r"^\s*(?:system|assistant)>",
        r"</?s>",
        r"(?:^|[\n\-=#*\[<(]\s*)(?:begin|end) (?:of )?(?:the )?(?:user|trusted|untrusted|admin|system) (?:input|"
        r"section|message|prompt|text)\b",
        r"\{\s*[\"']tool[\"']\s*:",
        r"\bhuman: [^\n]{0,80}\bassistant:",
        r"<!--[^>]{0,10}\bassistant\b",
        r"[\"']role[\"']\s*:\s*[\"']?(?:system|assistant|developer)\b",
        r"(?:^|[\n{])\s*role\s*:\s*[\"']?(?:system|assistant|developer)[\"']?\s*(?:[,}\n]|$)",
        r"(?:^|[.\n?!*]\s*)\**(?:system|assistant|developer|admin)\**\s?(?:message|override|note|update|prompt|"
        rf"command|instructions?|notice)?\s?:\s*{_FORMAT_ORDER}\b",
    ),
    "gives new orders": (
        r"\b(?:new|updated|revised|real|actual|true|secret)\s+(?:(?:instructions?|directives?|rules?|"
        rf"tasks?)\s*:\s*{_FORMAT_ORDER}\b|(?:instructions?|directives?|rules?|tasks?) for (?:the "
        rf")?{_MACHINE}s?(?=\s*[.:,;!]|\s*$))",
        r"\b(?:note|message|instructions?|attention|memo|reminder|prompt)\s*(?:to|for)?,?\s*(?:the|any|this|"
        rf"all)?\s*(?:{_MACHINE}s?\b(?:\s+(?:reading|processing|answering){_NO_PLEA}|\s*:{_CUSTOMER})|{_AI}s?\b(?:"
        rf"\s+(?:reading|processing)\b{_NO_PLEA}|\s*:\s*{_FORMAT_ORDER}))",
        r"\bas an? (?:ai|a\.i\.|(?:ai )?(?:large )?language model|llm)\b[^.?!]{0,20}\byou (?:must|have to|should|will|"
        r"shall)\b",
        r"\b(?:if|when) you are an? (?:ai|large language model|language model|llm)\b(?![^.?!]*\b(?:human|person|"
        r"people|colleague|someone|somebody|why|how|can you|could you)\b)",
        rf"\b(?:message|note|order|instructions?) from (?:(?:the |your )?(?:{_MAKERS}|administrator|owner) of the "
        rf"(?:{_AI}|model)\b|{_OWN_MAKERS}\s*[:,]\s*{_FORMAT_ORDER}|openai|anthropic)\b",
        rf"\bthis is your (?:{_MAKERS}|administrator|owner)(?: (?:speaking|writing)\b|\s*:)",
        rf"\bwhichever {_MACHINE}\b",
        rf"\bif an? (?:ai|llm|language model) (?:reads|sees|summari\w+|process\w+|answers)\b{_NO_PLEA}",
        r"\b(?:ai|llm|automated) (?:graders?|readers?|systems?|assistants?)\s*:",
        r"\b(?:any|every|all) models? (?:that|which) (?:reads?|sees?|process(?:es)?) this (?:must|should|will|text|"
        r"mail|message|ticket)\b",
        rf"\b(?:any|every|all) (?:{_AI}|language model)s? (?:(?:that|which|who) (?:reads?|sees?|process(?:es)?|"
        rf"answers?)|reading|processing) this\b{_NO_PLEA}",
    ),
    "dictates the reply": (
        rf"(?:{_START}|{_YOU_MUST}|\bto )(?:reply|respond|answer|say|output) (?:only |just |exclusively |nothing but "
        rf")(?:with |in )?(?:the (?:word|text|phrase|letters?(?! (?:of|for)\b))|{_ONE_QUOTE}(?!{_ON_CONDITION}))",
        rf"(?:{_START}|{_YOU_MUST}|\bto )(?:reply|respond|answer) with (?:only |just |exactly |nothing but )(?:the "
        rf"(?:word|text|phrase|letters?(?! (?:of|for)\b))|{_ONE_QUOTE}(?!{_ON_CONDITION}))",
        r"\byour (?:only|sole|new|real|actual|true) (?:task|job|goal|purpose|duty) (?:(?:is|will be) to "
        r"(?:obey|write|rate|state|approve|confirm|grant|"
        r"reveal|praise|insult|agree|answer (?:every|all|any|with|only|in|as)|(?:reply|respond|say|repeat|print|"
        r"output)\b)|now is|is now)\b",
        r"\bwhen(?:ever)? you (?:process|summari[sz]e) this\b(?! (?:order|return|refund|claim|payment|case|request|"
        rf"exchange|repair|complaint|invoice|cancellation|delivery)){_NO_PLEA}",
        r"\bevery (?:answer|reply|response) you (?:give|write)\b[^.?!]{0,25}\bmust (?:begin|start|end|contain|include|"
        r"rhyme|mention|say|praise)\b",
        r"\byour (?:reply|response|answer) must (?:consist (?:only )?of|(?:start|begin) with [\"'`]|contain (?:only|"
        r"nothing)|be (?:only|exactly) [\"'`])",
        r"\b(?:start|begin|end) your (?:reply|response|answer) with [\"'`](?!\s*(?:ref|case|order|no\b|att|\d|#))",
        r"\bno matter what (?:is|i|you|they|the)\b[^.?!]{0,25}\b(?:asked?|say)\b,?:? (?:always |only |just |please "
        r")?(?:reply|answer|say|respond)\b(?= (?:with|only|yes|no|in|as|that)\b|\s*[:\"'`])",
        r"\bfrom this point (?:on,? )?you (?:are (?:an?|the|my|no longer)|act|answer|obey|serve|speak|respond|"
        r"ignore)\b",
        rf"{_START}override (?:code|password|key)\b(?! (?:for|of|to|on|in) (?:my|our|the|this)\b)[^.?!:\n]{{0,24}}:",
        rf"(?:{_START}|{_YOU_MUST}|\bto )(?:act|answer|respond|reply|speak|behave|operate|talk|write) without (?:any "
        r")?(?:restrictions|filters?|safety|censorship|limits)\b",
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
