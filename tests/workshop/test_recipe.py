"""The recipe's stages and learning rates by hand, and that its numbers go together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ftlab.workshop.recipe import Recipe, Stage, learning_rate, stage


def test_stages_begin_where_they_say() -> None:
    kinds = [Stage(start, (1, 0, 0), pages, 0, 0, 0.0) for start, pages in ((0.0, 5), (0.25, 6), (0.5, 7))]
    recipe = Recipe(steps=100, stages=tuple(kinds))
    found = [stage(recipe, step) for step in (0, 24, 25, 49, 50, 99)]
    assert found == [kind for kind in kinds for _ in range(2)]


def test_learning_rate_by_hand() -> None:
    recipe = Recipe(steps=100, lr=1.0, warmup=10, decay=0.4)
    rate = [learning_rate(recipe, step) for step in range(100)]
    assert rate[0] == pytest.approx(0.1) and rate[4] == pytest.approx(0.5)
    assert rate[9:61] == pytest.approx([1.0] * 52)  # the fall begins at step 60 = 100 * (1 - 0.4)
    assert rate[80] == pytest.approx(0.5) and rate[99] == pytest.approx(1 / 40)
    assert learning_rate(replace(recipe, warmup=0, decay=0.0), 50) == 1.0


def test_the_first_stage_lasts_until_the_second_begins_and_the_last_to_the_end() -> None:
    recipe = Recipe()
    assert stage(recipe, 0) == recipe.stages[0] and stage(recipe, recipe.steps - 1) == recipe.stages[-1]
    backwards = replace(recipe, stages=recipe.stages[::-1])  # the order in which they are written does not count
    assert all(stage(backwards, step) == stage(recipe, step) for step in range(0, recipe.steps, 50))
    assert {stage(recipe, step) for step in range(0, recipe.steps, 50)} == set(recipe.stages), "each of them is read"


@pytest.mark.parametrize("each", Recipe().stages, ids=lambda each: f"from {each.start}")
def test_a_stage_of_the_recipe_can_be_read(each: Stage) -> None:
    assert 0 <= each.in_full <= each.pages and each.drills >= 0 and each.pages + each.drills <= 8
    assert sum(each.passages) > 0 and min(each.passages) >= 0
    assert all(0 <= share <= 1 for share in (each.start, each.customers, each.forms, each.prose))
    assert each.forms + each.prose <= 1  # the rest of the shop pages is plain


def test_the_recipe_begins_with_copying_and_ends_with_many_forms() -> None:
    stages = Recipe().stages
    assert [each.start for each in stages] == sorted({each.start for each in stages}) and stages[0].start == 0
    assert stages[0].drills > 0 and stages[-1].drills == 0
    assert stages[-1].forms + stages[-1].prose == max(each.forms + each.prose for each in stages)
    assert Recipe().hidden_size % Recipe().num_attention_heads == 0


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(steps=7, warmup=5, decay=0.9), Recipe(steps=1, warmup=60)])
def test_the_rate_rises_once_and_falls_once_to_zero(recipe: Recipe) -> None:
    rates = [learning_rate(recipe, step) for step in range(recipe.steps + 1)]
    assert all(0 < rate <= recipe.lr for rate in rates[:-1]) and rates[-1] == 0
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)


def test_a_recipe_is_not_changed_by_accident() -> None:
    with pytest.raises(AttributeError):
        Recipe().lr = 1.0
