"""How often would runs decide? Held against designs whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ftlab.evidence import power
from ftlab.evidence.packed import pack
from ftlab.evidence.power import Design, chances, planned

NEVER = math.inf


def stored(new: np.ndarray, old: np.ndarray | None = None) -> list[dict]:
    """Runs as they are kept, from (S, N) scores."""
    against = [{}] * len(new) if old is None else [{"against": pack(row)} for row in old]
    return [{"seed": seed, "effect": 0.0, "by_prompt": pack(row), **arm}
            for seed, (row, arm) in enumerate(zip(new, against, strict=True))]


def coins(random, seeds: int, prompts: int, share: float) -> np.ndarray:
    return (random.random((seeds, prompts)) < share).astype(int)


def test_a_truth_at_the_limit_is_rarely_decided_and_one_far_from_it_nearly_always() -> None:
    random = np.random.default_rng(0)
    runs = stored(coins(random, 5, 200, 0.7), coins(random, 5, 200, 0.5))
    for truth, at_least, inside, outside in ((5, 5, 0.06, 0.06), (30, 5, 1.01, 0.01), (-20, 5, 0.01, 1.01)):
        found = chances(runs, truth, at_least, NEVER, 100)
        assert found.inside <= inside and found.outside <= outside, (truth, found)
    assert chances(runs, 30, 5, NEVER, 100).inside > 0.99 < chances(runs, -20, 5, NEVER, 100).outside
    # What the runs themselves found does not matter: from an arm behind, the chances at a truth are the same.
    behind = stored(coins(random, 5, 200, 0.5), coins(random, 5, 200, 0.7))
    for truth in (0, 10):
        assert sum(chances(behind, truth, 5, NEVER, 100)) == pytest.approx(sum(chances(runs, truth, 5, NEVER, 100)),
                                                                           abs=0.15)


def test_the_chance_is_that_of_experiments_really_made() -> None:
    """Of many fresh experiments with independent coins, as many hold as those drawn from one of them say."""
    random, made = np.random.default_rng(1), 0
    for _ in range(300):
        scores = coins(random, 3, 120, 0.6)
        made += power.mean_interval(scores).times(100).low >= 50
    guesses = [chances(stored(coins(random, 3, 120, 0.6)), 60, 50, NEVER, 100).inside for _ in range(12)]
    # One experiment guesses its prompts' spread from 120 of them; the mean of twelve guesses is off by little.
    assert np.mean(guesses) == pytest.approx(made / 300, abs=0.1)


def test_runs_without_scores_by_prompt_are_judged_over_seeds() -> None:
    # Effects of s = 1.5811; t(4) = 2.7764. By the noncentral t, five such runs at distance 5 / s * sqrt(5) = 7.07
    # standard errors decide in more than 99 of 100 cases, at distance 0 in 5.
    runs = [{"seed": seed, "effect": 40.0 + seed} for seed in range(5)]
    assert chances(runs, 35, 30, NEVER).inside > 0.98
    assert sum(chances(runs, 30, 30, NEVER, trials=2000)) == pytest.approx(0.05, abs=0.02)
    from scipy.stats import nct, t

    shift = 2 / (np.std([0, 1, 2, 3, 4], ddof=1) / math.sqrt(5))
    exact = nct.sf(t.ppf(0.975, 4), 4, shift)
    assert chances(runs, 32, 30, NEVER, trials=2000).inside == pytest.approx(exact, abs=0.03)


def test_graded_scores_are_moved_to_the_truth() -> None:
    # One seed's luck of nothing and 400 prompts of s = 1: the standard error is 0.05, and three of them decide.
    random = np.random.default_rng(2)
    scores = np.tile(random.normal(5, 1, 400), (4, 1))
    assert chances(stored(scores), 0.25, 0, NEVER).inside > 0.95
    assert sum(chances(stored(scores), 0, 0, NEVER, trials=1000)) == pytest.approx(0.05, abs=0.02)


def test_more_prompts_and_steadier_seeds_decide_more_often_before_there_are_runs() -> None:
    found = {(prompts, spread): planned(Design("shares", prompts, 40, 5, spread), 10, 5, NEVER).inside
             for prompts in (60, 600) for spread in (0, 4)}
    assert found[60, 0] < found[600, 0] and found[600, 4] < found[600, 0]
    assert found[600, 0] > 0.6 > found[60, 4]


def test_a_number_that_only_prompts_move_is_decided_as_often_as_the_normal_says() -> None:
    # The standard error is 10 / sqrt(400) = 0.5; t(399) = 1.966. A truth of 1.5 is 3 errors above the limit: it is seen
    # where chance takes away less than 1.034 of them, in 85 of 100.
    found = planned(Design("number", 400, 10, 5, 0), 1.5, 0, NEVER)
    assert found.inside == pytest.approx(0.849, abs=0.02) and found.outside < 0.001
    assert sum(planned(Design("number", 400, 10, 5, 0), 0, 0, NEVER)) == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize("kind", ["graded", "shares"])
def test_a_plan_decides_as_often_as_experiments_of_its_kind_that_are_made(kind: str) -> None:
    """Half of what prompts bring is alike in all seeds; 300 experiments of 3 seeds and 150 prompts are really made."""
    random, made, shape = np.random.default_rng(6), 0, (3, 150)
    for _ in range(300):
        luck = random.normal(0, 0.03, (3, 1))  # of the difference, half of it from either arm
        if kind == "graded":
            scores = 0.1 + luck + random.normal(0, 0.4, shape) + random.normal(0, 0.4, shape[1])
            made += power.mean_interval(scores, rate=False).low >= 0
        else:  # 0.1 apart: of 40 in 100 split prompts, 25 are won
            alike = random.random(150) < 0.5
            drawn = np.where(alike, random.random(150), random.random(shape)) - luck / 2
            made += power.paired_difference((drawn < 0.25).astype(int), (drawn > 0.85).astype(int)).low >= 0
    plan = Design(kind, 150, 40, 3, 3) if kind == "shares" else Design(kind, 150, 0.4 * 2**0.5, 3, 0.03)
    truth = 10 if kind == "shares" else 0.1
    assert planned(plan, truth, 0, NEVER).inside == pytest.approx(made / 300, abs=0.09)


def test_seeds_with_prompts_of_their_own_decide_as_often_as_such_experiments_that_are_made() -> None:
    """Twelve seeds, each with 24 facts that no other has: the facts' luck shrinks with the seeds as with more facts."""
    random, made = np.random.default_rng(7), 0
    for _ in range(300):
        scores = 0.1 + random.normal(0, 0.06, (12, 1)) + random.normal(0, 0.5, (12, 24))
        made += power.mean_interval(scores, rate=False).low >= 0
    own, same = (planned(Design("graded", 24, 0.5, 12, 0.06, alike), 0.1, 0, NEVER).inside for alike in (0, 1))
    assert own == pytest.approx(made / 300, abs=0.09) and same < own - 0.3


def test_seeds_that_scatter_make_the_chance_smaller() -> None:
    random = np.random.default_rng(3)
    steady = coins(random, 5, 300, 0.6)
    lucky = (random.random((5, 300)) < np.array([[0.4], [0.5], [0.6], [0.7], [0.8]])).astype(int)
    assert chances(stored(lucky), 60, 50, NEVER, 100).inside + 0.3 < chances(stored(steady), 60, 50, NEVER, 100).inside


def test_scores_that_are_all_alike_leave_a_chance_to_be_wrong() -> None:
    """Runs in which every prompt was won do not say that no other outcome can occur."""
    runs = stored(np.ones((3, 80), int), np.zeros((3, 80), int))
    assert chances(runs, 100, 50, NEVER, 100).inside > 0.95
    assert sum(chances(runs, 50, 50, NEVER, 100)) < 0.12
    assert 0.3 < chances(runs, 75, 50, NEVER, 100).inside < 0.95


def test_it_is_the_same_every_time() -> None:
    runs = stored(coins(np.random.default_rng(4), 5, 550, 0.5), coins(np.random.default_rng(5), 5, 550, 0.5))
    assert chances(runs, 10, 5, NEVER, 100) == chances(runs, 10, 5, NEVER, 100)


def test_clusters_of_rates_that_are_all_alike_leave_a_chance_to_be_wrong() -> None:
    """Three runs that found 100 of 100 in 20 clusters of 5 still know little where the truth is near the limit."""
    things = {"about": pack([place // 5 for place in range(100)])}
    runs = [run | things for run in stored(np.ones((3, 100), int))]
    assert sum(chances(runs, 60, 60, NEVER, 100)) < 0.15
    assert chances(runs, 75, 60, NEVER, 100).inside < 0.9 < chances(runs, 95, 60, NEVER, 100).inside


def test_clusters_whose_prompts_agree_decide_less_often_than_as_many_prompts_alone() -> None:
    random = np.random.default_rng(3)
    together = np.repeat(coins(random, 1, 25, 0.6), 8, axis=1).repeat(3, axis=0)  # 25 things, 8 prompts alike on each
    alone = stored(together)
    about = [run | {"about": pack([place // 8 for place in range(200)])} for run in alone]
    assert chances(about, 70, 60, NEVER, 100).inside < chances(alone, 70, 60, NEVER, 100).inside - 0.2
