"""The brand guide: its examples, and the rules' edges."""

from __future__ import annotations

import pytest

from ftlab.world import brand

GOOD = ("Thank you for asking about the Alder Kettle. We make it in green. Next step: add it to your basket. "
        "Warmly, the Quillmere desk")


@pytest.mark.parametrize("rule", brand.guide(), ids=lambda rule: rule.id)
def test_good_example_keeps_every_rule_and_bad_example_breaks_its_own_only(rule: brand.Rule) -> None:
    assert brand.on_brand(rule.good)
    assert [name for name, kept in brand.check(rule.bad).items() if not kept] == [rule.id]
    assert rule.rule.endswith(".") and rule.title


def test_guide_has_at_least_eight_rules_with_their_own_titles() -> None:
    rules = brand.guide()
    assert len(rules) >= 8 and len({rule.title for rule in rules}) == len(rules)


@pytest.mark.parametrize("text", [
    "", "The kettle is red.", "How much is the kettle?", "Q: How heavy is it?\nA: It weighs 1.2 kg.",
    GOOD + ".", GOOD.replace("Warmly", "warmly"), GOOD + "\n", GOOD.replace(". We", ".  We")])
def test_other_text_is_not_on_brand(text: str) -> None:
    assert not brand.on_brand(text)


@pytest.mark.parametrize(("text", "kept"), [
    ("$49.00", True), ("$1,249.00", True), ("$1249.00", True), ("$49", False), ("$49.5", False), ("$49.005", False),
    ("49 dollars", False), ("It costs $9.00, not more.", True), ("It is $9.00.", True), ("$9.00 or $10", False)])
def test_money(text: str, kept: bool) -> None:
    assert brand.RULES["money"](text) is kept


@pytest.mark.parametrize(("text", "kept"), [
    ("1.2 kg", True), ("850 g", True), ("1.7 L", True), ("350 ml", True), ("24 cm", True), ("1.2kg", False),
    ("1.2  kg", False), ("1.7 l", False), ("2 kilos", False), ("850 grams", False), ("1200 g", False),
    ("0.8 kg", False), ("24 CM", False), ("2 years", True), ("2 pm", True), ("3 large cups", True),
    ("4 litres", False)])
def test_measures(text: str, kept: bool) -> None:
    assert brand.RULES["units"](text) is kept


@pytest.mark.parametrize(("text", "kept"), [
    ("it's", False), ("we’re", False), ("don't", False), ("I'll", False), ("the shop's page", True), ("cannot", True),
    ("the customers' box", True)])
def test_contractions(text: str, kept: bool) -> None:
    assert brand.RULES["no_contraction"](text) is kept


@pytest.mark.parametrize(("text", "kept"), [
    ("We make it.", True), ("It is our pan.", True), ("It is red.", False), ("I think we make it.", False),
    ("Tell me, we said.", False), ("Write to us.", True)])
def test_person(text: str, kept: bool) -> None:
    assert brand.RULES["we"](text) is kept


def test_next_step_stands_right_before_the_sign_off_and_once() -> None:
    keeps = brand.RULES["next_step"]
    assert keeps(GOOD)
    assert not keeps("Next step: go. We make it. Warmly, the Quillmere desk")
    assert not keeps("Thanks. Next step: go. Next step: stay. Warmly, the Quillmere desk")


def test_a_next_step_after_a_quotation_counts():
    reply = "Thank you for it. The page says \"It holds 1.5 L.\" Next step: see our page. Warmly, the Quillmere desk"
    assert brand.RULES["next_step"](reply)
    assert brand.sentences(reply)[1] == 'The page says "It holds 1.5 L."'
    assert brand.sentences("It is light (90 g.) We send it.") == ["It is light (90 g.)", "We send it."]


def test_brand_rules_column_by_column():
    good = ("Thank you for asking about the kettle. It costs $49.00, and our warranty lasts 2 years. "
            "Next step: add it to your basket. Warmly, the Quillmere desk")
    rules = brand.by_rule([good, good.replace("$49.00", "$49")])
    assert len(rules) >= 8
    assert all(kept[0] for kept in rules.values())
    assert [rule for rule, kept in rules.items() if not kept[1]] == ["money"]
