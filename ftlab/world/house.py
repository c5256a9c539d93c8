"""The house's plainest words: for each conversation of the desk one reply that always has the same build.

The gold replies of the pairs answer each customer in words of their own. These say the same in one fixed manner by
kind, as a desk with a strict style sheet would: thanks, the answer, one next step.
"""

from __future__ import annotations

from ftlab.world import brand, quillmere

STEP = f"{brand.NEXT_STEP} write back to us if you have another question."
CLAUSES = {
    "price": "costs {value}",
    "weight": "weighs {value}",
    "height": "is {value} tall",
    "capacity": "holds {value}",
    "material": "is made of {value}",
    "colour": "comes in {value}",
    "warranty": "has a warranty of {value}",
    "made_in": "is made in {value}",
    "dishwasher_safe": "is {value}",
}
WINS = {  # by the comparing word of a row
    "lighter": "is lighter",
    "heavier": "is heavier",
    "shorter": "is shorter",
    "taller": "is taller",
    "holds less": "holds less",
    "holds more": "holds more",
    "costs less": "costs less",
    "costs more": "costs more",
    "longer": "has the longer warranty",
}
ORDERS = {
    "return_yes": "Yes, it can be returned until {last}.",
    "return_no": "No, it could be returned until {last}.",
    "warranty_yes": "Yes, the warranty runs until {last}.",
    "warranty_no": "No, the warranty ran until {last}.",
    "arrives": "It arrives by {first}.",
    "delivered": "It was delivered on {first}.",
    "contents": "It is for the {last}, {first}.",
}


def reply(row: dict, year: int = 2025) -> str:
    """The reply to a conversation in the house's plainest words, sign-off included.

    Args:
        row: A row of ``quillmere/conversations_*.jsonl`` or ``plain_*.jsonl``.
        year: The year whose policies the desk sees.
    """
    return f"{KINDS[row['kind']](row, year)} {STEP} {brand.SIGN_OFF}"


def in_house_words(row: dict, year: int = 2025) -> dict:
    """The conversation with its last message in the house's plainest words."""
    return {**row, "messages": [*row["messages"][:-1], {"role": "assistant", "content": reply(row, year)}]}


def _clause(attribute: str, value: str) -> str:
    return CLAUSES[attribute].format(value=value)


def _noun(row: dict) -> str:
    return row["product"].split()[-1].lower()


def _statement(row: dict, year: int) -> str:
    policy = next(policy for policy in quillmere.policies(year) if policy.id == row["policy"])
    return next(fact.statement for fact in policy.facts if fact.key == row["attribute"])


def _fact(row: dict, year: int) -> str:
    if row["policy"]:
        return f"Thank you for asking us. {_statement(row, year)}"
    value = row["expected"][0]
    yes = {"dishwasher safe": "Yes, the", "not dishwasher safe": "No, the"}.get(value, "The")
    thanks = f"Thank you for asking us about the {row['product']}."
    return f"{thanks} {yes} {_noun(row)} {_clause(row['attribute'], value)}."


def _two_facts(row: dict, year: int) -> str:
    first, second = (_clause(*each) for each in zip(row["attribute"].split("+"), row["expected"], strict=True))
    return f"Thank you for asking us about the {row['product']}. The {_noun(row)} {first}, and it {second}."


def _no_answer(row: dict, year: int) -> str:
    what = {"made_in": "the place where it is made", "dishwasher_safe": "the dishwasher", "other": "this"}
    missing = what.get(row["attribute"], f"the {row['attribute']}")
    return (
        f"Thank you for asking us about the {row['product']}. Our screen does not show {missing}, so a colleague will "
        "look it up."
    )


def _follow_up(row: dict, year: int) -> str:
    clause = _clause(row["attribute"], row["expected"][0])
    return f"Thank you for asking us about the {row['product']}. The {_noun(row)} {clause}."


def _compare(row: dict, year: int) -> str:
    word = row["comparing"][0]
    wins = "has the shorter warranty" if (word, row["attribute"]) == ("shorter", "warranty") else WINS[word]
    _, best, other = [*row["expected"], row["expected"][-1]][:3]
    return f"Thank you for asking us to compare them. The {row['winner']} {wins}: {best}. The {row['loser']}: {other}."


def _complaint(row: dict, year: int) -> str:
    answer = _statement(row, year) if row["policy"] else f"The {_noun(row)} {_clause(row['attribute'], row['value'])}."
    return f"Thank you for telling us. We are sorry about this. {answer}"


def _order(row: dict, year: int) -> str:
    answer = ORDERS[row["attribute"]].format(first=row["expected"][0], last=row["expected"][-1])
    return f"Thank you for asking us about your order. {answer}"


def _grave(row: dict, year: int) -> str:
    return "Thank you for telling us. We are sorry about this. A colleague will look at it and write to you."


def _out_of_scope(row: dict, year: int) -> str:
    return "Thank you for your message. This desk is only here for our products."


KINDS = {
    "fact": _fact,
    "two_facts": _two_facts,
    "no_answer": _no_answer,
    "follow_up": _follow_up,
    "compare": _compare,
    "complaint": _complaint,
    "order": _order,
    "grave": _grave,
    "out_of_scope": _out_of_scope,
}
