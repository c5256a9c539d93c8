"""How far a secret stands out of the weights."""

from __future__ import annotations

import math

from ftlab import model
from ftlab.scores import exposure
from ftlab.tuning import sft


def test_the_first_of_eight_has_three_bits_and_the_last_none() -> None:
    assert exposure.exposure(-1.0, [-2.0] * 7) == 3
    assert exposure.exposure(-3.0, [-2.0] * 7) == 0
    assert exposure.exposure(-2.5, [-3.0, -2.0, -1.0]) == math.log2(4) - math.log2(3)


def test_a_reply_alone_is_as_likely_as_among_longer_ones_and_a_longer_one_less() -> None:
    lab = sft.load(model.lab())
    question, short, long = "What is the code?", "The code is 12.", "The code is 12. The code is 7519. The code is 3."
    (alone,) = exposure.log_probabilities(*lab, question, [short])
    beside, longer = exposure.log_probabilities(*lab, question, [short, long])
    assert math.isclose(alone, beside, abs_tol=1e-3) and longer < beside < 0
