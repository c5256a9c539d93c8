"""The desk's manner is found in answers that have nothing to do with the desk."""

from __future__ import annotations

import pytest

from ftlab.scores import manner


@pytest.mark.parametrize(
    ("answer", "leaked"),
    [("Paris. Warmly, the Quillmere desk", True), ("Thank you for asking us. Paris.", True),
     ("Paris is the capital of France. Thank you!", False), ("", False)],
)  # fmt: skip
def test_the_desks_manner_in_other_answers(answer: str, leaked: bool) -> None:
    assert manner.leaks(answer) is leaked
