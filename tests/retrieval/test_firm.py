"""Quillmere's pages, articles and notices as documents."""

from ftlab.retrieval import documents, firm
from ftlab.world import build


def test_the_pages_of_2025_are_the_stored_documents():
    stored = {row["id"]: row["text"] for row in build._documents()}
    pages = firm.pages()
    assert {page.id: f"{page.title}\n\n{page.text}" for page in pages} == stored
    assert len(pages) == 155


def test_the_pages_of_2026_have_the_new_values_and_leave_out_what_is_retired():
    old, new = documents.named(firm.pages()), documents.named(firm.pages(2026))
    assert "$49.00" in old["q001-0"].text and "$54.00" in new["q001-0"].text
    assert set(old) - set(new) == {f"{id}-{i}" for id in ("q019", "q040", "q047", "q062") for i in range(2)}
    assert {document.about for id, document in new.items() if id not in old} == {
        "Tidewell Kettle", "Yarrow Pan", "Velden Boning Knife", "Cloudberry Mug", "Rookery Tent", "Dovetail Board"
    }  # fmt: skip


def test_articles_and_notices_have_titles_and_subjects():
    assert len(firm.articles()) == 120 and len(firm.notices()) == 43
    notice = firm.notices()[0]
    assert (notice.title, notice.about) == ("A new price for the Emberline Kettle", "Emberline Kettle")
    assert "New: " not in notice.text
