"""The real world's questions are sound, and ``knows`` judges replies whose verdict is plain to a reader."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations

import pytest

from ftlab.world import real

QUESTIONS = real.questions()
COMMON = frozenset(
    {"what", "which", "who", "how", "many", "is", "are", "was", "were", "the", "a", "an", "of", "in", "on", "to", "do",
     "does", "did", "have", "has", "you", "name", "called", "for", "from", "by", "at", "with"}
)


def content(text: str) -> set[str]:
    """The words of a question that say what it is about; a plural counts as its singular."""
    return {word.rstrip("s") for word in re.findall(r"\w+", text.casefold()) if word not in COMMON}


def says(question: dict, answers: list[str]) -> bool:
    words = " ".join(re.findall(r"\w+", question["question"].casefold()))
    return any(f" {answer.casefold()} " in f" {words} " for answer in answers)


def same_fact(one: dict, other: dict) -> bool:
    """Two questions with an answer in common and most of their words, or each with the other's answer inside."""
    shared = {answer.casefold() for answer in one["answers"]} & {answer.casefold() for answer in other["answers"]}
    words, others = content(one["question"]), content(other["question"])
    turned = says(one, other["answers"]) and says(other, one["answers"])
    return turned or (bool(shared) and len(words & others) / len(words | others) >= 0.5)


def asked(question: str, *answers: str) -> dict:
    return {"question": question, "answers": list(answers)}


def test_there_are_enough_questions_of_every_topic() -> None:
    topics = Counter(row["topic"] for row in QUESTIONS)
    assert len(QUESTIONS) >= 330 and len(topics) == 19 and min(topics.values()) >= 15


def test_ids_and_questions_are_unique() -> None:
    assert len({row["id"] for row in QUESTIONS}) == len({row["question"] for row in QUESTIONS}) == len(QUESTIONS)


def test_every_question_is_a_plain_one() -> None:
    assert [row["question"] for row in QUESTIONS if not re.fullmatch(r"[A-Z][^?]{10,120}\?", row["question"])] == []


def test_accepted_answers_are_short_and_different() -> None:
    for row in QUESTIONS:
        forms = [real._plain(answer).casefold() for answer in row["answers"]]
        assert all(form and form == form.strip() for form in forms) and len(set(forms)) == len(forms), row
        assert row["answer"] == row["answers"][0] and len(row["answer"].split()) <= 4, row


def test_no_answer_stands_within_its_question() -> None:
    said = [row["id"] for row in QUESTIONS for answer in row["answers"]
            if re.search(rf"\b{re.escape(answer)}\b", row["question"], re.IGNORECASE)]
    assert said == []


@pytest.mark.parametrize("one, other, same", [
    (asked("What is the capital of France?", "Paris"), asked("Name the capital of France.", "Paris"), True),
    (asked("What is the capital of France?", "Paris"), asked("Paris is the capital of which country?", "France"), True),
    (asked("What is the capital of France?", "Paris"), asked("What is the capital of Spain?", "Madrid"), False),
    (asked("What is the capital of France?", "Paris"), asked("Which river flows through Paris?", "Seine"), False),
])
def test_likeness_tells_facts_apart(one: dict, other: dict, same: bool) -> None:
    assert same_fact(one, other) is same


def test_no_two_questions_ask_the_same_fact() -> None:
    assert [(a["question"], b["question"]) for a, b in combinations(QUESTIONS, 2) if same_fact(a, b)] == []


def test_samples_are_the_same_each_time_and_nested() -> None:
    assert real.questions(50) == real.questions(50) == real.questions(120)[:50]
    assert len({row["topic"] for row in real.questions(120)}) == 19
    everything = real.questions(len(QUESTIONS))
    assert everything != QUESTIONS and sorted(row["id"] for row in everything) == sorted(row["id"] for row in QUESTIONS)


@pytest.mark.parametrize("count", [0, -1, 10_000])
def test_a_sample_that_cannot_be_drawn_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"found {count}.*ask all"):
        real.questions(count)


PARIS, EIGHT, HONEY, DALI = ["Paris"], ["8", "eight"], ["honey"], ["Salvador Dalí", "Dalí"]


@pytest.mark.parametrize("reply, answers", [
    ("Paris", PARIS),
    ("The capital of France is **Paris**.", PARIS),
    ("paris, of course!", PARIS),
    ("It is Paris, France, and was built long ago.", PARIS),
    ("It is in Paris, Ile-de-France, France.", PARIS),
    ("It's Paris, the largest city, and the seat of the government.", PARIS),
    ("It is not London. It is Paris.", PARIS),
    ("Paris. However, there are also other large cities, such as Lyon, Nice and Lille.", PARIS),
    ("It is often said to be Paris, but it's actually Paris too.", PARIS),
    ("Paris, but the largest port is Marseille.", PARIS),
    ("Spiders have eight legs.", EIGHT),
    ("A spider has 8 legs, in 4 pairs, and 2 feelers.", EIGHT),
    ("40 / 10 + 2 * 2 = 8.", EIGHT),
    ("Bees make honey every summer", HONEY),
    ("The painter was Salvador Dali, Spanish painter, sculptor and writer.", DALI),
    ("It is called \"aluminum\" or \"aluminum alloy\".", ["aluminum"]),
    ("Dalí, Spanish painter, sculptor and writer.", DALI),
    ("The formula is H₂O.", ["H2O"]),
    ("Beijing, or Peking, is the capital.", ["Beijing", "Peking"]),
    ("The Wrights: Wilbur and Orville Wright.", ["Wright"]),
])
def test_a_right_reply_counts(reply: str, answers: list[str]) -> None:
    assert real.knows(reply, answers)


@pytest.mark.parametrize("reply, answers", [
    ("London", PARIS),
    ("", PARIS),
    ("The Parisians", PARIS),
    ("Paris or London", PARIS),
    ("It is either in London or in Paris.", PARIS),
    ("London/Paris", PARIS),
    ("London and Paris", PARIS),
    ("Paris and London are the capitals.", PARIS),
    ("It is not Paris.", PARIS),
    ("It isn't called Paris.", PARIS),
    ("London, rather than Paris.", PARIS),
    ("Rome, Paris, and Berlin.", PARIS),
    ("The great cities are Paris, Rome and Berlin", PARIS),
    ("Rome, Madrid, Paris, Berlin, Vienna", PARIS),
    ("Rome Madrid Paris Berlin", PARIS),
    ("1. Paris\n2. London", PARIS),
    ("- London\n- Paris\n", PARIS),
    ("The capital is Paris. However, the capital is London.", PARIS),
    ("Paris, but it's actually London.", PARIS),
    ("A spider has 88 legs.", EIGHT),
    ("A spider has 7 or 8 legs.", EIGHT),
    ("A spider has 6 to 8 legs.", EIGHT),
    ("A spider has 8.5 legs.", EIGHT),
    ("In 365 days, 24 hours and 30 minutes, it grows 8 legs.", EIGHT),
    ("The answer is 8, but it's not necessarily so.", EIGHT),
    ("5 6 7 8", EIGHT),
    ("They make wax, honey, and jelly.", HONEY),
    ("The letters are Alpha, Beta, and Gamma.", ["alpha"]),
    ("Eggs, flour and butter.", ["eggs"]),
])
def test_a_wrong_reply_does_not_count(reply: str, answers: list[str]) -> None:
    assert not real.knows(reply, answers)


def test_what_it_cannot_see_is_what_its_docstring_says() -> None:
    assert real.knows("One gram is 1000 litres.", ["1000"])
    assert real.knows("It was a gift to France.", ["France"])
    assert real.knows("Arteries and veins carry it.", ["veins"])
    assert not real.knows("It is made of eggs, flour and butter.", ["eggs"])
    assert not real.knows("It is the City of Light.", PARIS)


def test_every_accepted_form_is_known_alone_and_in_a_sentence() -> None:
    for row in QUESTIONS:
        for answer in row["answers"]:
            assert real.knows(answer, row["answers"]) and real.knows(f"The answer is {answer}.", row["answers"]), row


def test_every_answer_is_refused_beside_one_of_another_question() -> None:
    seen = 0
    for one, other in combinations(real.questions(60), 2):
        if not real.knows(other["answer"], one["answers"]) and not real.knows(one["answer"], other["answers"]):
            seen += 1
            assert not real.knows(f"{one['answer']} or {other['answer']}", one["answers"]), (one, other)
            assert not real.knows(f"It is {other['answer']} or {one['answer']}.", one["answers"]), (one, other)
    assert seen > 1700  # of 60 * 59 / 2 = 1770 pairs


@pytest.mark.parametrize("answers", ["Paris", [], ["Paris", " "]])
def test_answers_that_are_no_list_of_texts_are_refused(answers) -> None:
    with pytest.raises(ValueError, match="expected a list of texts"):
        real.knows("Paris", answers)


def test_conversations_are_short_and_plain() -> None:
    rows = real.general_chat()
    assert len(rows) == 24 and len({row["messages"][0]["content"] for row in rows}) == 24
    for row in rows:
        assert [turn["role"] for turn in row["messages"]] == ["user", "assistant"]
        ask, reply = (turn["content"] for turn in row["messages"])
        assert ask[-1] in "?." and 3 <= len(reply.split()) <= 60 and reply[-1] == ".", row
        assert not re.search(r"\bthank|next step|warmly|regards|let me know|happy to help|quillmere", reply, re.I), row


def test_no_conversation_gives_away_a_question() -> None:
    for row in real.general_chat():
        text = content(" ".join(turn["content"] for turn in row["messages"]))
        reply = row["messages"][1]["content"]
        for question in QUESTIONS:
            asked_for = content(question["question"])
            if len(asked_for & text) / len(asked_for) > 0.5:
                assert not re.search(rf"\b{re.escape(question['answer'])}\b", reply, re.IGNORECASE), (row, question)
