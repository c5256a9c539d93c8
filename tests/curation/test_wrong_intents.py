"""Wrong intents are found by models that have not seen the record."""

import numpy as np

from ftlab.curation import wrong_intents


def test_wrong_labels_are_found_without_having_been_learnt():
    kinds = {"price": "how much does the {} cost in dollars", "colour": "which colour and shade has the {}"}
    goods = ["kettle", "pan", "mug", "tent", "stove", "board"]
    texts = [phrase.format(f"{goods[i % 6]} number {i}") for i in range(60) for phrase in kinds.values()]
    given_labels = list(kinds) * 60
    given_labels[10], given_labels[33] = "colour", "price"  # places 10 and 33 were price and colour
    ids = [f"d-{i}" for i in range(120)]
    judges = wrong_intents.train(texts, given_labels, ids)
    wrong = wrong_intents.find_wrong(given_labels, judges.probabilities(texts, ids), judges.intents)
    assert np.flatnonzero(wrong).tolist() == [10, 33]
    assert wrong_intents.train(texts[:2], ["price", "price"], ids[:2]) is None
