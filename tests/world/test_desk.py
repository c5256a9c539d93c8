import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter

import pytest

from ftlab import files, paths, values
from ftlab.seeded import rng
from ftlab.world import brand, desk, desk_facts, desk_faults, desk_words, quillmere, support

COUNT = 12_000
FIRST_200 = "bc46c332ad6749e22feecf99a96ad78e0fe242696410ffd6045558da6f9a8243"
HOUSE_BREAKERS = {"off_brand", "truncated_reply", "empty_reply", "other_language", "html_remains", "signature",
                  "injection", "email", "phone", "card"}
TAG_OR_ENTITY = re.compile(r"</?[a-z][a-z0-9]*(?:[ /:>]|$)|<!--|&(?:nbsp|#x27|quot|amp|lt|gt);", re.IGNORECASE)


@pytest.fixture(scope="module")
def dump():
    return list(desk.records(COUNT))


@pytest.fixture(scope="module")
def whole(dump):
    """The records that can be read."""
    return [(record, truth) for record, truth in dump if "raw" not in record]


def read(row):
    return row[0], row[1], frozenset(row[1]["faults"])


# Determinism ----------------------------------------------------------------------------------------------------------

def test_the_first_two_hundred_records_are_the_same_everywhere():
    text = "".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in desk.records(200))
    assert hashlib.sha256(text.encode("utf-8")).hexdigest() == FIRST_200


def test_a_record_depends_on_seed_and_number_alone(dump):
    assert list(desk.records(50, start=7_000)) == dump[7_000:7_050]
    assert next(desk.records(1, start=900_000)) == list(desk.records(3, start=899_998))[2]
    assert list(desk.records(5, seed=1)) != dump[:5]


@pytest.mark.parametrize("hash_seed", ["0", "77"])
def test_another_process_makes_the_same_records(dump, hash_seed):
    code = "import json; from ftlab.world import desk; print(json.dumps(list(desk.records(40, start=500))))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, encoding="utf-8",
                           cwd=paths.root(), env=os.environ | {"PYTHONHASHSEED": hash_seed}).stdout
    assert json.loads(found) == [list(pair) for pair in dump[500:540]]


def test_write_writes_the_same_lines_and_the_truth(tmp_path, dump):
    raw, truths = desk.write(tmp_path / "desk", 300)
    assert (raw.name, truths.name) == ("raw.jsonl", "truth.jsonl")
    assert raw.read_bytes().decode("utf-8").split("\n")[:-1] == [desk.line(record) for record, _ in dump[:300]]
    assert files.read_jsonl(truths) == [truth for _, truth in dump[:300]]
    assert sorted(path.name for path in raw.parent.iterdir()) == ["raw.jsonl", "truth.jsonl"]


@pytest.mark.parametrize("count, start", [(-1, 0), (1, -1)])
def test_negative_numbers_are_refused(count, start):
    with pytest.raises(ValueError, match="expected count >= 0 and start >= 0"):
        desk.records(count, start=start)


# Shares and schema ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("fault", desk.FAULTS)
def test_each_fault_has_about_its_share(dump, fault):
    found = sum(fault in truth["faults"] for _, truth in dump) / COUNT
    # Four standard deviations; duplicates copy the faults of their originals, so the counts vary a little more.
    assert abs(found - desk.FAULTS[fault]) < 5 * (desk.FAULTS[fault] / COUNT) ** 0.5


def test_about_a_third_of_the_records_has_no_fault(dump):
    assert 0.26 < sum(not truth["faults"] for _, truth in dump) / COUNT < 0.36


def test_records_have_the_keys_of_the_export(whole):
    customers = Counter(record["customer"] for record, _ in whole)
    assert sum(customers.values()) / len(customers) > 2
    for record, truth in whole:
        assert tuple(record) == desk.KEYS and record["id"] == truth["id"]
        assert re.fullmatch(r"d-\d{7}", record["id"])
        assert re.fullmatch(r"202[56]-\d\d-\d\dT\d\d:\d\d:00", record["created"])
        assert record["channel"] in ("email", "chat", "form") and record["rating"] in (None, 1, 2, 3, 4, 5)
        assert record["intent"] in desk.INTENTS and (record["product"] is None) != (record["policy"] is None)
        assert set(truth["faults"]) <= set(desk.FAULTS)


def test_malformed_lines_are_one_line_and_no_record(dump):
    broken = [record["raw"] for record, truth in dump if truth["faults"] == ["malformed"]]
    assert len(broken) == sum("raw" in record for record, _ in dump) > 5
    for text in broken:
        assert "\n" not in text
        try:
            found = json.loads(text)
        except json.JSONDecodeError:
            continue
        texts = isinstance(found, dict) and [isinstance(found.get(key), str) for key in
                                             ("id", "intent", "record", "question", "reply")]
        assert not texts or not all(texts)


# Truth and text -------------------------------------------------------------------------------------------------------

def test_gold_replies_keep_the_brand_guide_and_state_the_facts(whole):
    for record, truth in whole:
        assert brand.on_brand(truth["reply"]) and values.states_all(truth["reply"], truth["expected"]), truth["reply"]
        assert not values.contradicts(truth["reply"], truth["expected"], record["record"]), truth["reply"]


def test_off_brand_replies_break_one_to_four_rules_and_others_none(whole):
    for record, _, faults in map(read, whole):
        broken = sum(not keeps for keeps in brand.check(record["reply"]).values())
        if faults & HOUSE_BREAKERS == {"off_brand"}:
            assert 1 <= broken <= 4, record["reply"]
        elif not faults & HOUSE_BREAKERS:
            assert broken == 0, record["reply"]


def test_only_contradicting_replies_state_another_value(whole):
    for record, truth, faults in map(read, whole):
        if faults & {"truncated_reply", "empty_reply", "other_language", "html_remains", "injection", "signature",
                     "email", "phone", "card"}:
            continue
        reply = re.sub(r"(\d)(kg|g|L|ml|cm)\b", r"\1 \2", record["reply"])  # off-brand: 1.2kg, and still right
        right = values.states_all(reply, truth["expected"])
        if "contradicting_fact" in faults:
            assert not right, (record["reply"], truth["expected"])
        else:
            assert right and not values.contradicts(reply, truth["expected"], record["record"]), record


def test_html_stands_where_it_is_named_and_nowhere_else(whole):
    for record, _, faults in map(read, whole):
        found = TAG_OR_ENTITY.search(record["question"] + record["reply"].replace("<|", ""))
        assert bool(found) == ("html_remains" in faults), (faults, record["question"], record["reply"])


def test_signatures_stand_where_they_are_named(whole):
    for record, _, faults in map(read, whole):
        if "html_remains" in faults:
            continue
        if "signature" in faults:
            assert "\n" in record["question"] + record["reply"]
        elif "injection" not in faults:  # some of these have line breaks of their own
            assert "\n" not in record["question"]
            assert "\n" not in record["reply"] or faults & {"off_brand", "empty_reply"}


def test_empty_and_truncated_replies(whole):
    ends = (".", "!", "?", "*")
    for record, truth, faults in map(read, whole):
        assert (record["reply"] in desk_faults.NO_REPLY) == ("empty_reply" in faults)
        if "truncated_reply" in faults and not faults & {"html_remains", "off_brand", "contradicting_fact"}:
            assert truth["reply"].startswith(record["reply"]) and len(record["reply"]) < len(truth["reply"])
            assert not record["reply"].endswith(ends)


def test_duplicates_name_an_earlier_original(dump):
    truths = {truth["id"]: (record, truth) for record, truth in dump}
    changed = {"id", "created", "agent"}
    seen = Counter()
    for record, truth, faults in map(read, dump):
        kinds = faults & {"exact_duplicate", "near_duplicate"}
        assert bool(kinds) == (truth["duplicate_of"] is not None) and len(kinds) < 2
        if kinds:
            original, its_truth = truths[truth["duplicate_of"]]
            assert its_truth["duplicate_of"] is None and truth["duplicate_of"] < truth["id"]
            same = all(record[key] == original[key] for key in desk.KEYS if key not in changed)
            assert same == ("exact_duplicate" in faults), (original, record)
            seen.update(kinds)
    assert min(seen.values()) > 700


def test_labels_are_wrong_where_named(whole):
    for record, truth, faults in map(read, whole):
        assert (record["intent"] != truth["intent"]) == ("wrong_intent" in faults)
        assert (record["license"] in ("", "no-training")) == ("no_license" in faults)


def test_planted_personal_strings_stand_in_the_text(whole):
    for record, truth, faults in map(read, whole):
        assert len(truth["personal"]) == len(faults & {"email", "phone", "card"})
        assert all(text in record["question"].replace("&nbsp;", " ") + record["reply"].replace("&nbsp;", " ")
                   for text in truth["personal"])


@pytest.mark.parametrize("digits, right", [("4242424242424242", True), ("4242424242424241", False), ("18", True)])
def test_luhn(digits, right):
    # "18": 8 + 2 * 1 = 10
    assert desk_words.passes_luhn(digits) == right


def test_cards_pass_luhn_and_tracking_numbers_do_not(whole):
    cards = tracking = 0
    for _, truth, faults in map(read, whole):
        planted = [re.sub(r"[ -]", "", text) for text in truth["personal"]]
        planted = [text for text in planted if re.fullmatch(r"\d{14,16}", text)]
        assert bool(planted) == ("card" in faults) and all(map(desk_words.passes_luhn, planted))
        cards += len(planted)
        for found in re.findall(r"tracking number (?:is )?(\d{4} ?\d{4} ?\d{4} ?\d{4})", truth["question"]):
            tracking += 1
            assert not desk_words.passes_luhn(found.replace(" ", ""))
    assert cards > 100 and tracking > 50


def test_foreign_records_are_foreign(whole):
    foreign = [(record, truth) for record, truth in whole if "other_language" in truth["faults"]]
    assert len({record["question"] for record, _ in foreign}) > 0.7 * len(foreign)
    assert all(truth["question"] not in record["question"] for record, truth in foreign)


def test_injections_differ_from_the_clean_texts(whole):
    assert all(truth["question"] not in record["question"] or record["question"] != truth["question"]
               or record["reply"] != truth["reply"] for record, truth in whole if "injection" in truth["faults"])


# What must not be in it -----------------------------------------------------------------------------------------------

def test_no_product_or_wording_of_valid_and_test_outside_the_leaks(whole):
    held_out = {item.name for item in quillmere.products() if item.split != "train"}
    held_out |= {policy.id for policy in quillmere.policies() if policy.split != "train"}
    product_names = re.compile("|".join(sorted(item.name for item in quillmere.products() if item.split != "train")))
    asks = [row["text"].split("{x}") for row in desk_words.table("support_questions", "quillmere")
            if row["split"] != "train"]
    train = [row["text"] for row in desk_words.table("support_questions", "quillmere") if row["split"] == "train"]
    # the longest fixed part of a held-out wording, where no train wording has it too
    marks = [part for part in (max(parts, key=len) for parts in asks)
             if len(part) > 14 and not any(part.lower() in text.lower() for text in train)]
    assert len(marks) > 40
    known = re.compile("|".join(map(re.escape, marks)))
    for record, truth, faults in map(read, whole):
        text = f"{record['record']} {truth['question']} {record['question']} {record['reply']}"
        leaked = "leaked_test" in faults
        assert ((record["product"] or record["policy"]) in held_out) == leaked
        if not leaked:
            assert not product_names.search(text), text
            assert record["policy"] or not known.search(text), text


def test_leaks_hold_rows_of_the_test_set(whole):
    rows = files.read_jsonl(paths.data() / "quillmere" / "plain_test.jsonl")
    questions, replies = ({row["messages"][place]["content"] for row in rows} for place in (1, 2))
    leaks = [truth for _, truth in whole if "leaked_test" in truth["faults"]]
    assert sum(truth["question"] in questions for truth in leaks) > 0.4 * len(leaks)
    assert 0.65 < sum(truth["reply"] in replies for truth in leaks) / len(leaks) < 0.95


# Tables ---------------------------------------------------------------------------------------------------------------

def test_the_tables_hold_enough_texts():
    manners = [row for row in desk_words.table("off_brand") if row["part"] not in ("opener", "next", "sign_off")]
    assert len(manners) >= 60 and len(desk_words.texts("dirt", "injection")) >= 25
    for language in desk_faults.LANGUAGES:
        rows = [row for row in desk_words.table("foreign") if row["language"] == language]
        asked = sum(row["part"] in ("question", "opener", "detail", "closer") for row in rows)
        assert asked >= 25 and len(rows) - asked >= 25


def test_every_slot_of_every_text_can_be_filled():
    given = {"name", "noun", "value", "years", "agent", "topic", "answer", "answer_low", "it", "question"}
    kinds = {row["kind"] for row in desk_words.table("words")} | set(desk_words.NUMBERS)
    for name in ("asides", "dirt", "foreign", "off_brand"):
        for row in desk_words.table(name):
            assert {slot.rstrip("2") for slot in desk_words.SLOT.findall(row["text"])} <= given | kinds, row


def test_wrong_policy_values_differ_from_the_right_ones():
    right = {(policy.id, fact.key): fact.value for policy in quillmere.policies() if policy.split == "train"
             for fact in policy.facts}
    wrong = Counter((row["policy"], row["fact"]) for row in desk_words.table("wrong_values"))
    assert set(wrong) == set(right) and min(wrong.values()) >= 3
    assert all(row["text"] != right[row["policy"], row["fact"]] for row in desk_words.table("wrong_values"))


def test_every_intent_of_the_desk_is_a_known_one():
    assert set(desk.INTENTS) == {row["id"] for row in support.intents() if row["conversations"] == "yes"}


def test_a_fact_without_fitting_parts_says_so():
    fact = desk_facts.facts("train")["product"][0][0]
    with pytest.raises(ValueError, match="expected parts that make a reply about price of Emberline Kettle"):
        desk_facts.compose(fact, rng("a test"), ("far too long " * 20,))
