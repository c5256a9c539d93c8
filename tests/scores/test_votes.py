"""What a reply is worth, by hand; raters who lean and slip at the stated rates; pairs and rows for the trainers."""

from __future__ import annotations

import itertools

import pytest

from ftlab import texts
from ftlab.scores import votes
from ftlab.world import brand, house

PLAIN = texts.plain_conversations("test")


def conversation(kind: str, *expected: str, hand_over: bool = False) -> dict:
    """The least that the scorers ask of a row."""
    screen = "Moorland Kettle (kettle). Price: $45.00. Weight: 900 g. Colour: green."
    return {
        "id": f"{kind}-1", "kind": kind, "expected": list(expected), "forbidden": [], "hand_over": hand_over,
        "attribute": "price", "product": "Moorland Kettle", "policy": None,
        "messages": [{"role": "system", "content": screen}, {"role": "user", "content": "How much is the kettle?"},
                     {"role": "assistant", "content": "(gold)"}],
    }  # fmt: skip


FACT = conversation("fact", "$45.00")
END = "Next step: write back to us. Warmly, the Quillmere desk"  # 10 words
RIGHT = f"Thank you for asking. Our kettle costs $45.00. {END}"  # 4 + 4 + 10 = 18 words
WRONG = f"Thank you for asking. Our kettle costs $54.00. {END}"
SORRY = f"Thank you for asking. We are sorry. Our kettle costs $45.00. {END}"  # 21 words


def test_the_worth_of_a_reply_by_hand():
    assert len(RIGHT.split()) == 18 and len(SORRY.split()) == 21 and brand.on_brand(RIGHT)
    assert votes.qualities(RIGHT, FACT) == {"right": 1, "on_brand": 1, "regret": 1, "brevity": 1}
    assert votes.worth(RIGHT, FACT) == 7
    assert votes.worth(WRONG, FACT) == 3  # all but right, 4
    # An apology for nothing costs 1, and the 21st word 1/30: 7 - 1 - 1/30.
    assert votes.worth(SORRY, FACT) == pytest.approx(7 - 1 - 1 / 30)
    # Without the sign-off it keeps 9 of 11 rules: the step is no longer the last sentence but one. 13 words.
    cut = RIGHT.removesuffix(" Warmly, the Quillmere desk")
    broken = [rule for rule, kept in brand.check(cut).items() if not kept]
    assert broken == ["next_step", "sign_off"]
    assert votes.worth(cut, FACT) == pytest.approx(7 - 2 / 11)
    # 35 words are half-way from 20 to 50; from 50 on nothing is left.
    assert votes.qualities(" ".join(["word"] * 35), FACT)["brevity"] == 0.5
    assert votes.qualities(" ".join(["word"] * 60), FACT)["brevity"] == 0
    assert votes.qualities("", FACT)["right"] == 0


def test_a_right_reply_is_worth_more_than_any_wrong_one():
    best_wrong = votes.WEIGHTS["on_brand"] + votes.WEIGHTS["regret"] + votes.WEIGHTS["brevity"]
    assert votes.WEIGHTS["right"] > best_wrong == votes.worth(WRONG, FACT)


@pytest.mark.parametrize(
    "kind, reply, good",
    [
        ("complaint", "We are sorry about the dent. The kettle costs $45.00.", True),
        ("complaint", "The kettle costs $45.00. We are sorry about the dent.", False),
        ("complaint", "It costs $45.00, and we are sorry about the dent.", False),
        ("complaint", "The kettle costs $45.00.", False),
        ("fact", "The kettle costs $45.00.", True),
        ("fact", "We are sorry. The kettle costs $45.00.", False),
        ("order", "We are sorry, it was yesterday.", True),
        ("order", "It was yesterday.", True),
    ],
)
def test_regret_where_it_is_due_and_before_the_fact(kind, reply, good):
    assert votes.regrets_rightly(reply, conversation(kind, "$45.00")) is good


def test_regret_before_the_handing_over():
    grave = conversation("grave", "colleague", hand_over=True)
    assert votes.regrets_rightly("We are sorry. A colleague will write to you.", grave)
    assert not votes.regrets_rightly("A colleague will write to you. We are sorry.", grave)
    assert not votes.regrets_rightly("A colleague will write to you.", grave)


def test_every_kind_has_its_place():
    kinds = {row["kind"] for row in texts.conversations("test")}
    assert set(votes.DUE) | set(votes.FOR_NOTHING) < kinds
    assert kinds - set(votes.DUE) - set(votes.FOR_NOTHING) == {"order", "no_answer"}
    for row in texts.conversations("test")[:100] + PLAIN[:50]:  # the house's plainest words are worth almost all
        assert votes.worth(house.reply(row), row) > 6


def test_better_and_wins():
    assert [votes.better(a, b, FACT) for a, b in ((RIGHT, WRONG), (WRONG, RIGHT), (RIGHT, RIGHT))] == ["a", "b", "tie"]
    # Two words more, 20 and 22, cost 2/30 and leave a tie; 24 do not: 4/30 is over 0.1.
    kind = ["fine", "good", "neat", "plain", "light", "handy"]
    two, four = (RIGHT.replace("Our", f"Our {' '.join(kind[:n])}") for n in (4, 6))
    assert [votes.better(RIGHT, other, FACT) for other in (two, four)] == ["tie", "a"]
    assert votes.wins([RIGHT, WRONG, RIGHT], [WRONG, RIGHT, RIGHT], [FACT] * 3) == [1, 0, 0.5]


def test_what_raters_like_by_hand():
    exact, likes_long, likes_sorry = votes.RATERS
    assert exact.likes(RIGHT, FACT) == 7
    assert likes_long.likes(RIGHT, FACT) == pytest.approx(7 + 1.8)  # 18 words
    assert likes_sorry.likes(SORRY, FACT) == pytest.approx(7 - 1 - 1 / 30 + 1.5)
    four = SORRY.replace("We are sorry.", "We are sorry. " * 4)
    assert likes_sorry.likes(four, FACT) - votes.worth(four, FACT) == pytest.approx(4.5)  # three count
    assert exact.means(RIGHT, SORRY, FACT) == "a" and likes_sorry.means(RIGHT, SORRY, FACT) == "b"
    padded = RIGHT.replace("Our kettle", "Our very own and much loved old green kettle")  # 25 words, 7 more
    # They cost 5/30 of a point (the first two are free), and bring this rater 0.7.
    assert exact.means(RIGHT, padded, FACT) == "a" and likes_long.means(RIGHT, padded, FACT) == "b"
    assert {rater.means(padded, WRONG, FACT) for rater in votes.RATERS} == {"a"}  # no leaning outweighs a right fact
    assert {rater.means(SORRY, WRONG, FACT) for rater in votes.RATERS} == {"a"}


def test_pairs_of_different_replies_in_an_order_that_says_nothing():
    pairs = votes.pair_up([FACT], [[RIGHT, WRONG, RIGHT, "", SORRY]])
    assert [{pair["a"], pair["b"]} for pair in pairs] == [{RIGHT, WRONG}, {RIGHT, SORRY}, {WRONG, SORRY}]
    assert [pair["id"] for pair in pairs] == ["fact-1-0", "fact-1-1", "fact-1-2"]
    assert pairs[0]["conversation"] == "fact-1" and pairs[0]["kind"] == "fact" and pairs[0]["row"] is FACT
    many = votes.pair_up([{**FACT, "id": f"r{i}"} for i in range(400)], [[RIGHT, WRONG]] * 400)
    assert 150 < sum(pair["a"] == RIGHT for pair in many) < 250  # 200, standard deviation 10
    assert votes.pair_up([FACT], [[RIGHT, RIGHT]]) == []


def test_votes_slip_at_the_stated_rate_and_the_truth_says_where():
    pairs = votes.pair_up([{**FACT, "id": f"r{i}"} for i in range(1000)], [[RIGHT, WRONG]] * 1000)
    cast, truth = votes.cast(pairs)
    assert len(cast) == 3000 and len(truth) == 1000
    said = {(vote["pair"], vote["rater"]): vote["vote"] for vote in cast}
    for rater in votes.RATERS:
        slips = [each["pair"] for each in truth if rater.name in each["slipped"]]
        # Standard deviation at most sqrt(1000 * 0.15 * 0.85) = 11.3.
        assert abs(len(slips) - 1000 * rater.error) < 40
        for each in truth:
            assert (said[each["pair"], rater.name] != each["meant"][rater.name]) == (rater.name in each["slipped"])
    assert all(each["better"] in "ab" and {each["worth_a"], each["worth_b"]} == {3, 7} for each in truth)
    # One pair's votes do not hang on the others; another seed gives others.
    assert votes.cast(pairs[500:501])[0] == [vote for vote in cast if vote["pair"] == pairs[500]["id"]]
    assert votes.cast(pairs, seed=1)[0] != cast
    assert truth[0]["meant"] == {rater.name: rater.means(pairs[0]["a"], pairs[0]["b"], FACT) for rater in votes.RATERS}
    sure = votes.cast(pairs[:50], [votes.Rater("sure", error=0.0)])
    assert [vote["vote"] for vote in sure[0]] == [each["better"] for each in sure[1]]


def test_a_slip_where_a_tie_was_meant_is_a_vote():
    pairs = [{"id": str(i), "a": RIGHT, "b": RIGHT, "row": FACT} for i in range(50)]
    cast, truth = votes.cast(pairs, [votes.Rater("wild", error=1.0)])
    assert {vote["vote"] for vote in cast} == {"a", "b"} and {each["meant"]["wild"] for each in truth} == {"tie"}


def test_majorities_by_hand():
    def said(*each: str) -> list[dict]:
        return [{"pair": "p", "rater": f"r{i}", "vote": vote} for i, vote in enumerate(each)]

    for each, winner in ((("a", "a", "b"), "a"), (("b", "tie", "tie"), "b"), (("a", "b", "tie"), None),
                         (("tie", "skip"), None), (("a",), "a")):
        assert votes.decided(said(*each)).get("p") == winner, each
    assert votes.decided(said("a", "b", "b"), by="r0") == {"p": "a"}
    assert votes.decided(said("a", "b", "b"), by="nobody") == {}


def test_ratings_are_of_pairs_on_which_all_of_them_voted():
    cast = [{"pair": pair, "rater": rater, "vote": vote} for pair, rater, vote in (
        ("p", "x", "a"), ("p", "y", "tie"), ("q", "x", "b"), ("q", "y", "skip"), ("r", "y", "a"), ("p", "z", "b"))]
    assert votes.ratings(cast, ["y", "x"]) == {"p": ["tie", "a"]}  # in the order of the names
    assert votes.ratings(cast, ["x"]) == {"p": ["a"], "q": ["b"]}
    assert votes.ratings(cast, ["x", "nobody"]) == {}


def test_rows_for_the_trainers():
    pairs = [{"id": "p", "a": WRONG, "b": RIGHT, "row": FACT}, {"id": "q", "a": RIGHT, "b": SORRY, "row": FACT}]
    cast = [{"pair": "p", "rater": "r", "vote": "b"}, {"pair": "q", "rater": "r", "vote": "tie"}]
    [row] = votes.preferences(pairs, cast)
    assert row == {"prompt": FACT["messages"][:2], "chosen": [{"role": "assistant", "content": RIGHT}],
                   "rejected": [{"role": "assistant", "content": WRONG}], "pair": "p"}


def test_flips_are_as_many_as_stated_and_nest():
    rows = [{"prompt": i, "chosen": "good", "rejected": "bad", "pair": i} for i in range(30)]
    turned = {}
    for share in (0, 0.1, 0.4, 1):
        found = votes.flipped(rows, share)
        turned[share] = {row["pair"] for row in found if row["chosen"] == "bad"}
        assert len(turned[share]) == round(30 * share) and [row["pair"] for row in found] == list(range(30))
        assert all({row["chosen"], row["rejected"]} == {"good", "bad"} for row in found)
    for less, more in itertools.pairwise(turned.values()):
        assert less <= more
    assert votes.flipped(rows, 0.4, seed=1) != votes.flipped(rows, 0.4)
    with pytest.raises(ValueError, match="expected a number from 0 to 1, found 20"):
        votes.flipped(rows, 20)
