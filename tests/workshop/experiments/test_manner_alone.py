"""The claim that checks of form hide rewrites, from marks whose gap is known."""

from __future__ import annotations

import pytest

from ftlab import claims, texts
from ftlab.evidence import repeated
from ftlab.workshop.experiments import manner_alone


def test_the_effect_is_on_brand_minus_on_brand_and_right(monkeypatch: pytest.MonkeyPatch) -> None:
    many = len(texts.conversations("test"))
    on_brand, both = [1] * (many - 10) + [0] * 10, [1] * 100 + [0] * (many - 100)
    asked = []

    def measured(choice, seed):
        asked.append(seed)
        return {"on_brand": on_brand, "both": both}

    monkeypatch.setattr(manner_alone.desk_work, "measure_tuned", measured)
    (found,) = manner_alone.on_trial(3).values()
    assert asked == [3] and found["effect"] == pytest.approx(100 * (many - 110) / many)
    assert len(found["about"]) == many > len(set(found["about"]))
    # It is what a reference keeps: scores whose mean is the effect.
    kept = repeated.pack_scores(found["effect"], claims.find("checks-hide-rewrites").factor,
                                **{key: found[key] for key in ("by_prompt", "against", "about")})
    assert set(kept) == {"by_prompt", "against", "about"}
