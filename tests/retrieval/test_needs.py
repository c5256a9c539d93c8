"""What a team needs of its answers: how each way stands on it, the table and the slide."""

from __future__ import annotations

import pytest
from ways import LIED, comparison

from ftlab.retrieval import needs
from ftlab.retrieval.compared import ANSWERABLE, ASSISTANT, CITING, CLOSED, READER, TOLD, WAYS, Compared
from ftlab.retrieval.unscreened import GROUPS

NEED = {need.name.strip(): need for need in needs.NEEDS}
FACTS, LIE = needs.NEEDS[0], NEED["a page's lie told on"]


def of(found: Compared, *ways: str) -> Compared:
    """The comparison with no ways but these."""
    parts = {key: value for key, value in found.parts.items() if key not in WAYS or key in ways}
    return Compared({"runs": {"0": parts}, "questions": found.questions})


def test_only_ways_that_cite_stand_in_the_row_of_citations_and_a_loss_is_best_where_it_is_lowest() -> None:
    found = comparison({READER: 0.6, ASSISTANT: 0.5, "few-shot": 0.1})
    rows = {need.name: needs.standings(found, need) for need in needs.NEEDS}
    assert set(rows["right, and the source named"]) == set(CITING)
    assert next(iter(rows["facts right"])) == READER and rows["facts right"][READER].behind is None
    assert rows["facts right"]["few-shot"].worse and not rows["on-brand"]["plain"].worse
    lies = rows["a page's lie told on"]
    assert list(lies) == [READER, ASSISTANT]  # not the untuned model, whose facts are worse
    assert lies[ASSISTANT].worse and lies[ASSISTANT].behind.value == -50


def test_the_slide_draws_a_number_for_all_that_was_measured() -> None:
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    needs.slide(comparison({READER: 0.6, ASSISTANT: 0.55}), ax, indexing=2.4)
    drawn = [text.get_text() for text in ax.texts]
    assert {"60±24", "–", "300", "2"} <= set(drawn)  # 12 of 20 products: t(19) = 2.093 times √(0.24 / 19)
    assert any(text.endswith("†") for text in drawn)
    assert any(text.startswith("(50±") for text in drawn)  # the untuned model told on half the lies; it is not ranked
    bold = {text.get_text().split("±")[0] for text in ax.texts if text.get_weight() == "bold"}
    assert bold == {"60", "90", "0"}  # no bold hundred: all are as much on-brand; the zero is RAFT's, of lies told on
    assert len(ax.get_yticklabels()) == len(needs.NEEDS) + 4
    plt.close(figure)


def test_the_decision_table_has_a_row_for_each_need_and_prices() -> None:
    header, rows, _ = needs.table(comparison({READER: 0.6, ASSISTANT: 0.5}))
    assert [row[0] for row in rows] == [need.name.strip() for need in needs.NEEDS]
    assert rows[0][1] == "RAFT x 3: 60 [36, 84] %" and rows[0][4].endswith("300 s trained")
    assert "closed book -60" in rows[0][3] and all(len(row) == len(header) for row in rows)


def test_each_need_is_of_questions_that_can_have_it() -> None:
    assert len(NEED) == len(needs.NEEDS) and all(set(need.groups) <= set(GROUPS) for need in needs.NEEDS)
    found = comparison({READER: 0.6})
    counts = {name: need.scores(found, READER)[0].shape[1] for name, need in NEED.items()}
    assert counts["facts right"] == 80 and counts["of these: two products"] == counts["no answer: handed over"] == 20
    assert counts["fit to send as it is"] == counts["on-brand"] == 100 and counts["a page's lie told on"] == LIED
    for need in needs.NEEDS:
        marks, about = need.scores(found, READER)
        assert marks.shape == (1, len(about))


def test_what_was_not_measured_or_cannot_be_has_no_scores() -> None:
    found = comparison({})
    assert NEED["right, and the source named"].scores(found, ASSISTANT) is None
    assert NEED["changed facts, taken in"].scores(found, "plain") is None
    assert LIE.scores(found, CLOSED) is None and LIE.scores(found, TOLD) is not None


def test_shares_are_in_percent() -> None:
    found = comparison({READER: 0.6})
    share = FACTS.share(found, READER)
    assert share.value == pytest.approx(60) and 0 < share.low < 60 < share.high < 100
    assert NEED["no answer: handed over"].share(found, READER).value == pytest.approx(10)
    assert LIE.share(found, ASSISTANT).value == pytest.approx(50)


def test_the_best_comes_first_and_the_gaps_grow_below_it() -> None:
    rows = needs.standings(comparison({READER: 0.6, ASSISTANT: 0.5, TOLD: 0.3, CLOSED: 0.2}), FACTS)
    assert list(rows)[:4] == [READER, ASSISTANT, TOLD, CLOSED]
    gaps = [each.behind.value for way, each in rows.items() if way != READER]
    assert gaps == sorted(gaps, reverse=True) and gaps[:3] == pytest.approx([-10, -30, -40])
    assert rows[READER].behind is None and not rows[READER].worse
    for each in list(rows.values())[1:]:
        assert each.worse == (each.behind.high < 0)


def test_a_choice_of_ways_is_ranked_among_itself() -> None:
    rows = needs.standings(comparison({READER: 0.6, ASSISTANT: 0.5, TOLD: 0.3}), FACTS, (TOLD, ASSISTANT))
    assert list(rows) == [ASSISTANT, TOLD] and rows[TOLD].behind.value == pytest.approx(-20)


def test_who_says_nothing_wins_no_loss() -> None:
    silent = of(comparison({READER: 0.6, ASSISTANT: 0.6}), READER, ASSISTANT, "plain")
    for need in needs.NEEDS:
        assert need.loss == ("plain" not in needs.standings(silent, need) and need.key not in ("cited", "learnt"))


def test_the_table_names_losses_as_more_and_the_rest_as_not_told_apart() -> None:
    header, rows, note = needs.table(of(comparison({READER: 0.6, ASSISTANT: 0.6}), READER, ASSISTANT, "plain"))
    lines = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert lines["a page's lie told on"]["behind (uncorrected), points"].startswith("RAG, assistant +50 [")
    assert lines["on-brand"]["behind (uncorrected), points"] == "none shown"
    assert lines["on-brand"]["not told from it"] == "RAG, assistant; RAFT x 3"
    assert lines["facts right"]["not told from it"] == "RAFT x 3"
    assert lines["facts right"]["its price"].startswith("1 tokens read, ") and "Losses are ranked" in note


def test_the_slide_leaves_out_ways_that_are_not_stored_and_shows_who_can_filter() -> None:
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    ways = (READER, ASSISTANT, CLOSED, "plain")
    needs.slide(of(comparison({READER: 0.6, ASSISTANT: 0.5}), *ways), ax, indexing=2.4)
    columns = [label.get_text() for label in ax.get_xticklabels()]
    assert columns == ["plain", "closed\nbook x 3", "RAG,\nassistant", "RAFT x 3"]
    drawn = [text.get_text() for text in ax.texts]
    assert drawn.count(needs.FILTERED) == 2 and drawn.count("neither") == 1 and drawn[-1] == needs.KEY
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert f"{FACTS.name} ({20 * len(ANSWERABLE)})" in labels and f"loss: {LIE.name} ({LIED})" in labels
    plt.close(figure)
