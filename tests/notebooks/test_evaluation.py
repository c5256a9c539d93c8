"""What notebook 08 builds: fit replies, planted leaks, labelled drafts, padding, kappa, and the judge's margins."""

from __future__ import annotations

import math
import random

import pytest
from dials import dials
from hypothesis import given
from hypothesis import strategies as st

from ftlab import claims
from ftlab.evidence import contamination
from ftlab.workshop.experiments import evaluation, sft
from ftlab.world import brand

IDS = ("checks-hide-rewrites", "leak-raises-score", "judge-agrees", "judge-likes-length")
RECORD = "Hazel Kettle (kettle). Price: $45.00. Warranty: 2 years."
GOLD = ("Thank you for asking about our kettle. It costs $45.00 in our shop. Next step: add it to your basket. "
        "Warmly, the Quillmere desk")


def row(intent="price", expected=("$45.00",), reply=GOLD, attribute="price"):
    texts = {"system": RECORD, "user": "How much is the kettle?", "assistant": reply}
    return {"intent": intent, "expected": list(expected), "attribute": attribute,
            "messages": [{"role": role, "content": text} for role, text in texts.items()]}


@pytest.fixture(scope="module")
def test_rows():
    return sft.conversations("test")[:80]


# --- fit to send ---


@pytest.mark.parametrize(("reply", "fit"), [
    (GOLD, True),
    (GOLD.replace("$45.00", "$54.00"), False),  # the wrong price
    (GOLD.replace("It costs", "It lasts 9 years and costs"), False),  # the right price and a value from nowhere
    (GOLD.replace("It costs", "It lasts 2 years and costs"), True),  # the record says so
    (GOLD.replace(" It costs $45.00 in our shop.", " We are here for you."), False),  # perfect manners, no news
    (GOLD.replace("It costs", "A colleague says it costs"), False),  # handed over without need
    (GOLD.replace("our kettle.", "our kettle!"), False),  # off-brand
    ("", False),
])
def test_is_fit(reply, fit):
    assert evaluation.is_fit(reply, row()) is fit


def test_a_grave_case_is_fit_only_if_handed_over():
    over = GOLD.replace("It costs $45.00 in our shop.", "We have asked a colleague to call you.")
    assert evaluation.is_fit(over, row("escalate", ["colleague"]))
    assert not evaluation.is_fit(GOLD, row("escalate", ["colleague"]))


def test_every_gold_reply_is_fit():
    for split in ("train", "test"):
        unfit = [r["id"] for r in sft.conversations(split) if not evaluation.is_fit(r["messages"][-1]["content"], r)]
        assert unfit == []


# --- leaks ---


def test_leaked_copies_take_the_place_of_the_last_rows(test_rows):
    rows, items = sft.conversations("train")[:20], test_rows[:3]
    dirty = evaluation.leak_into(rows, items, copies=4, seed=0)
    assert len(dirty) == 20 and dirty[:8] == rows[:8]
    exact = [r for r in dirty[8:] if r in items]
    assert len(exact) >= 6  # copies 1 and 3 of 3 items; copies 2 and 4 have a slip where a word is long enough
    assert [r["messages"][2] for r in dirty[8:]] == [r["messages"][2] for r in items] * 4
    assert dirty == evaluation.leak_into(rows, items, copies=4, seed=0)
    assert dirty != evaluation.leak_into(rows, items, copies=4, seed=1)
    assert evaluation.leak_into(rows, items, copies=0, seed=0) == rows


def test_a_slip_hides_a_copy_from_equality_and_not_from_the_detector(test_rows):
    items = test_rows[:20]
    dirty = evaluation.leak_into(sft.conversations("train")[:80], items, copies=2, seed=0)
    texts = [evaluation.spoken(item) for item in items]
    slipped = [evaluation.spoken(r) for r in dirty[60:]]
    assert sum(text in texts for text in slipped) < 10
    found = {pair.train_index for pair in contamination.contaminated(slipped, texts)}
    assert found == set(range(20))


def test_more_copies_than_rows_are_refused(test_rows):
    with pytest.raises(ValueError, match="at most 5 copies, found 6"):
        evaluation.leak_into(test_rows[:5], test_rows[:3], copies=2, seed=0)


# --- drafts ---


@pytest.mark.parametrize("fault", evaluation.FAULTS)
def test_each_fault_makes_a_good_reply_unfit(fault):
    damaged = evaluation.FAULTS[fault](GOLD, row(), random.Random(0))
    assert damaged != GOLD and not evaluation.is_fit(damaged, row())
    broken = [rule for rule, kept in brand.check(damaged).items() if not kept]
    expected = {"wrong value": [], "no sign-off": ["next_step", "sign_off"], "no next step": ["next_step"],
                "exclamation": ["no_exclamation"], "banned word": ["no_banned_word"], "I for we": ["we"]}
    assert broken == expected[fault]


def test_a_changed_value_keeps_its_shape():
    for seed in range(20):
        damaged = evaluation.change_value(GOLD, row(), random.Random(seed))
        assert "$45.00" not in damaged and len(damaged) == len(GOLD)
        assert brand.on_brand(damaged)


@pytest.mark.parametrize("kept", [row("escalate", ["colleague"], attribute="injury"),
                                  row(expected=["1 year"], attribute="warranty"),
                                  row("care", ["not dishwasher safe"], attribute="dishwasher_safe")])
def test_where_no_value_can_be_changed_the_reply_stays(kept):
    assert evaluation.change_value(GOLD, kept, random.Random(0)) == GOLD


def test_drafts_are_labelled_by_the_rules(test_rows):
    drafts = evaluation.drafts(test_rows, 0)
    assert len(drafts) == len(test_rows) and [draft.row for draft in drafts] == test_rows
    for draft in drafts:
        assert draft.fit == evaluation.is_fit(draft.text, draft.row) == (draft.fault == "none")
        assert (draft.text == draft.row["messages"][-1]["content"]) == draft.fit
    # 80 fair coins: fewer than 20 or more than 60 heads come up once in 250,000 tries; the seed is fixed besides.
    assert 20 <= sum(draft.fit for draft in drafts) <= 60
    assert drafts == evaluation.drafts(test_rows, 0) != evaluation.drafts(test_rows, 1)


def test_padding_changes_the_length_and_not_the_truth(test_rows):
    for draft in evaluation.drafts(test_rows, 3):
        padded = evaluation.pad(draft.text)
        assert evaluation.is_fit(padded, draft.row) == draft.fit
        assert len(padded.split()) == len(draft.text.split()) + 13


def test_the_judge_sees_the_draft_and_not_the_gold_reply():
    system, user, verdict = evaluation.judge_row(row(), "A draft.", evaluation.BAD)["messages"]
    assert [m["role"] for m in (system, user, verdict)] == ["system", "user", "assistant"]
    assert system["content"] == RECORD and verdict["content"] == "bad"
    assert user["content"] == "How much is the kettle?\n\nDraft: A draft."


# --- agreement ---


def test_kappa_by_hand():
    # Agreement 8 of 10. Shares of yes 0.5 and 0.5: chance 0.25 + 0.25 = 0.5, kappa 0.3 / 0.5 = 0.6.
    assert evaluation.kappa([1] * 5 + [0] * 5, [1] * 4 + [0] * 5 + [1]) == pytest.approx(0.6)
    # Agreement 8 of 10. Shares 0.8 and 1: chance 0.8 + 0 = 0.8, kappa 0.
    assert evaluation.kappa([1] * 8 + [0] * 2, [1] * 10) == pytest.approx(0)
    assert evaluation.kappa([True, False], [True, False]) == 1
    assert evaluation.kappa([1, 0], [0, 1]) == -1
    assert math.isnan(evaluation.kappa([1, 1], [1, 1]))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=30))
def test_kappa_is_symmetric_and_blind_to_the_names(pairs):
    a, b = zip(*pairs, strict=True)
    found = evaluation.kappa(a, b)
    assert found == pytest.approx(evaluation.kappa(b, a), nan_ok=True)
    assert found == pytest.approx(evaluation.kappa([not x for x in a], [not x for x in b]), nan_ok=True, abs=1e-9)
    assert math.isnan(found) or found <= 1


def test_kappa_interval():
    truth = [True] * 50 + [False] * 50
    verdicts = [True] * 40 + [False] * 50 + [True] * 10
    value, low, high = evaluation.kappa_interval(truth, verdicts)
    # Kappa 0.6; its standard error is about sqrt(0.8 * 0.2 / 100) / 0.5 = 0.08, so 0.6 -+ 0.157.
    assert value == pytest.approx(0.6)
    assert (low, high) == pytest.approx((0.443, 0.757), abs=0.03)
    # All 100 alike: Wilson's agreement is from 100 / (100 + 3.8415) = 0.9630 on, chance 0.5, so kappa from 0.9260 on.
    assert evaluation.kappa_interval(truth, truth) == pytest.approx((1, 0.9260, 1), abs=1e-4)
    assert all(math.isnan(number) for number in evaluation.kappa_interval([True] * 5, [True] * 5))


@pytest.mark.parametrize("cells", [(0.3, 0.2, 0.1, 0.4), (0.75, 0.05, 0.1, 0.1), (0.48, 0.02, 0.01, 0.49)])
def test_kappa_intervals_hold_the_truth(cells):
    import numpy as np

    both, only_a, only_b, neither = cells  # of what two raters say, so kappa is known
    chance = (both + only_a) * (both + only_b) + (only_b + neither) * (only_a + neither)
    known, random, held = (both + neither - chance) / (1 - chance), np.random.default_rng(0), 0
    for _ in range(400):
        drawn = random.choice(4, size=60, p=cells)
        _, low, high = evaluation.kappa_interval((drawn < 2).tolist(), ((drawn == 0) | (drawn == 2)).tolist())
        held += low <= known <= high
    assert 0.93 <= held / 400 <= 0.99  # 0.95 to 0.97; standard error over 400 trials: 1.1 points


def test_margins_are_the_difference_of_two_logits_in_any_company():
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from ftlab import model
    from ftlab.tuning import chat

    tokenizer = AutoTokenizer.from_pretrained(model.bundled_path())
    tokenizer.chat_template = chat.TEMPLATE
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    tiny = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **shape)).eval()
    rows = [evaluation.judge_row(row(), text) for text in ("Yes.", GOLD, "It costs $45.00.")]
    good, bad = (tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in ("good", "bad"))
    assert good != bad  # the first token tells the two words apart
    alone = []
    for prompt in chat.prompts(tokenizer, rows):
        ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            last = tiny(input_ids=ids).logits[0, -1]
        alone.append((last[good] - last[bad]).item())
    assert len({round(margin, 4) for margin in alone}) == 3
    assert evaluation.label_margins(tiny, tokenizer, rows) == pytest.approx(alone, abs=1e-4)
    assert evaluation.label_margins(tiny, tokenizer, rows, batch_size=2) == pytest.approx(alone, abs=1e-4)


# --- the notebook and its claims ---


def test_the_notebook_has_the_dials_of_its_experiments():
    found = dials("08_evaluation")
    for key in ("LR", "STEPS", "EXAMPLES", "HELD_OUT", "QUICK_STEPS", "QUICK_EXAMPLES", "LEAKED", "COPIES",
                "JUDGE_STEPS", "JUDGE_EXAMPLES", "GOOD", "BAD", "FILLER"):
        assert found[key] == getattr(evaluation, key), key
    assert found["HELD_OUT"] == len(sft.conversations("test"))
    assert 2 * found["LEAKED"] <= found["HELD_OUT"] and found["LEAKED"] * found["COPIES"] < found["EXAMPLES"]


@pytest.mark.parametrize("claim_id", IDS)
def test_the_claims_name_experiments_of_this_module(claim_id):
    claim = claims.find(claim_id)
    module, _, name = claim.experiment.partition(":")
    assert (module, claim.notebook) == (evaluation.__name__, "08_evaluation")
    assert callable(getattr(evaluation, name))


def test_the_experiments_return_what_the_claims_are_about(monkeypatch):
    """With models that say what they are told: the arithmetic of the three experiments, and no training."""
    rows = sft.conversations("test")[:4]
    gold = {r["messages"][1]["content"]: r["messages"][2]["content"] for r in rows}
    monkeypatch.setattr(evaluation, "HELD_OUT", 4)
    monkeypatch.setattr(evaluation, "LEAKED", 2)
    monkeypatch.setattr(evaluation, "COPIES", 3)
    monkeypatch.setattr(evaluation, "lab", lambda: "choice")
    monkeypatch.setattr(evaluation.chat, "prompts", lambda tokenizer, rows: [r["messages"][1]["content"] for r in rows])
    monkeypatch.setattr(sft, "main_run", lambda seed: ("choice", "clean", "tokenizer", {}))
    monkeypatch.setattr(sft, "fine_tune", lambda choice, rows, lr, steps, seed: (rows, "tokenizer", []))
    empty = "Thank you for asking us. We are happy to help. Next step: write again. Warmly, the Quillmere desk"

    # The quick model answers the first two questions and is polite about the others: on-brand 100 %, fit 50 %.
    answers = [gold[r["messages"][1]["content"]] if i < 2 else empty for i, r in enumerate(rows)]
    monkeypatch.setattr(evaluation.generate, "replies", lambda model, tokenizer, prompts: answers)
    assert evaluation.quick_tuning(0) == {"checks-hide-rewrites": {
        "effect": 50, "by_prompt": [True] * 4, "against": [True, True, False, False], "on_brand": 100, "fit": 50}}

    # The clean model says nothing (ROUGE-L 0), the other knows by heart whatever it was trained on.
    def recite(model, tokenizer, prompts):
        known = {} if model == "clean" else {r["messages"][1]["content"]: r["messages"][2]["content"] for r in model}
        return [known.get(prompt, "") for prompt in prompts]

    monkeypatch.setattr(evaluation.generate, "replies", recite)
    assert evaluation.leak(0) == {"leak-raises-score": {"effect": 100, "by_prompt": [1, 1], "against": [0, 0],
                                                        "not_leaked": 0}}

    # A judge that knows the truth and nothing else: kappa 1, and padding moves nothing.
    drafts = evaluation.drafts(rows, 0)
    assert {draft.fit for draft in drafts} == {True, False}
    unfit = {draft.text for draft in drafts if not draft.fit} | {evaluation.pad(d.text) for d in drafts if not d.fit}
    monkeypatch.setattr(evaluation, "label_margins", lambda model, tokenizer, rows: [
        -1.0 if r["messages"][1]["content"].partition("Draft: ")[2] in unfit else 1.0 for r in rows])
    found = evaluation.judging(0)
    assert found["judge-agrees"]["effect"] == 1 and found["judge-likes-length"]["effect"] == 0


def test_the_limits_of_the_claims_are_those_set_before_any_run():
    found = {claim.id: (claim.at_least, claim.at_most) for claim in claims.table().values() if claim.id in IDS}
    assert found == {"checks-hide-rewrites": (5, math.inf), "leak-raises-score": (5, math.inf),
                     "judge-agrees": (0.6, math.inf), "judge-likes-length": (5, math.inf)}
