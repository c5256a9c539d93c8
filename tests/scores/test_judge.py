"""Labelled drafts whose truth is known, padding that changes nothing, and a judge's margins."""

from __future__ import annotations

import random

import pytest

from ftlab import texts
from ftlab.scores import desk, judge
from ftlab.world import brand

RECORD = "Hazel Kettle (kettle). Price: $45.00. Warranty: 2 years."
GOLD = ("Thank you for asking about our kettle. It costs $45.00 in our shop. Next step: add it to your basket. "
        "Warmly, the Quillmere desk")


def row(expected=("$45.00",), attribute="price", hand_over=False, reply=GOLD):
    said = {"system": RECORD, "user": "How much is the kettle?", "assistant": reply}
    return {"kind": "fact", "product": "Hazel Kettle", "policy": None, "attribute": attribute, "value": expected[0],
            "expected": list(expected), "forbidden": [], "hand_over": hand_over,
            "messages": [{"role": role, "content": text} for role, text in said.items()]}


@pytest.fixture(scope="module")
def test_rows():
    return texts.plain_conversations("test")[:80]


@pytest.mark.parametrize("fault", judge.FAULTS)
def test_each_fault_makes_a_good_reply_unfit(fault):
    damaged = judge.FAULTS[fault](GOLD, row(), random.Random(0))
    assert damaged != GOLD and not desk.is_fit(damaged, row())
    broken = [rule for rule, kept in brand.check(damaged).items() if not kept]
    expected = {"wrong value": [], "no sign-off": ["next_step", "sign_off"], "no next step": ["next_step"],
                "exclamation": ["no_exclamation"], "banned word": ["no_banned_word"], "I for we": ["we"]}
    assert broken == expected[fault]


def test_a_changed_value_keeps_its_shape():
    for seed in range(20):
        damaged = judge.change_value(GOLD, row(), random.Random(seed))
        assert "$45.00" not in damaged and len(damaged) == len(GOLD)
        assert brand.on_brand(damaged)


@pytest.mark.parametrize("kept", [row(["colleague"], "injury", hand_over=True),
                                  row(["1 year"], "warranty"),
                                  row(["not dishwasher safe"], "dishwasher_safe")])
def test_where_no_value_can_be_changed_the_reply_stays(kept):
    assert judge.change_value(GOLD, kept, random.Random(0)) == GOLD


def test_drafts_are_labelled_by_the_rules(test_rows):
    drafts = judge.drafts(test_rows, 0)
    assert len(drafts) == len(test_rows) and [draft.row for draft in drafts] == test_rows
    for draft in drafts:
        assert draft.fit == desk.is_fit(draft.text, draft.row) == (draft.fault == "none")
        assert (draft.text == draft.row["messages"][-1]["content"]) == draft.fit
    # 80 fair coins: fewer than 20 or more than 60 heads come up once in 250,000 tries; the seed is fixed besides.
    assert 20 <= sum(draft.fit for draft in drafts) <= 60
    assert drafts == judge.drafts(test_rows, 0) != judge.drafts(test_rows, 1)


def test_padding_changes_the_length_and_not_the_truth(test_rows):
    for draft in judge.drafts(test_rows, 3):
        padded = judge.pad(draft.text)
        assert desk.is_fit(padded, draft.row) == draft.fit
        assert len(padded.split()) == len(draft.text.split()) + 13


def test_the_judge_sees_the_draft_and_not_the_gold_reply():
    system, user, verdict = judge.judge_row(row(), "A draft.", judge.BAD)["messages"]
    assert [m["role"] for m in (system, user, verdict)] == ["system", "user", "assistant"]
    assert system["content"] == RECORD and verdict["content"] == "bad"
    assert user["content"] == "How much is the kettle?\n\nDraft: A draft."


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
    rows = [judge.judge_row(row(), text) for text in ("Yes.", GOLD, "It costs $45.00.")]
    good, bad = (tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in ("good", "bad"))
    assert good != bad  # the first token tells the two words apart
    alone = []
    for prompt in chat.prompts(tokenizer, rows):
        ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            last = tiny(input_ids=ids).logits[0, -1]
        alone.append((last[good] - last[bad]).item())
    assert len({round(margin, 4) for margin in alone}) == 3
    assert judge.label_margins(tiny, tokenizer, rows) == pytest.approx(alone, abs=1e-4)
    assert judge.label_margins(tiny, tokenizer, rows, batch_size=2) == pytest.approx(alone, abs=1e-4)
