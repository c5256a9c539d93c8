"""Documents: a learner's files, and what is refused."""

import pytest

from ftlab.retrieval import documents
from ftlab.retrieval.documents import Document


def test_a_file_is_read_with_its_heading(tmp_path):
    (tmp_path / "rules.md").write_text("\ufeff# House rules\n\nNo shoes. No cats.\n", encoding="utf-8")
    assert documents.read(tmp_path / "rules.md", readers="desk") == Document(
        "rules.md", "House rules", "No shoes. No cats.", "file", "", "desk"
    )
    (tmp_path / "plain.txt").write_text("No shoes. No cats.")
    assert documents.read(tmp_path / "plain.txt").title == ""


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("picture.png", b"\x89PNG", "found the ending '.png'"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n", "found the byte 0x89 at place 0"),
        ("latin.txt", "Grüße".encode("latin-1"), "found the byte 0xfc at place 2"),
        ("program.txt", b"MZ\0\0", "found a zero byte"),
        ("empty.txt", b"  \n", "expected a text, found none"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        documents.read(tmp_path / name)


def test_a_document_of_something_else_is_refused():
    with pytest.raises(ValueError, match="document 'a': expected a text as its text, found bytes"):
        Document("a", "A", b"bytes")
    with pytest.raises(ValueError, match="document 'a': expected a text as its text, found NoneType"):
        Document("a", "A", None)
    with pytest.raises(ValueError, match="expected its id to name something"):
        Document(" ", "A", "text")
    with pytest.raises(ValueError, match="expected its readers to name something"):
        Document("a", "A", "text", readers="")


def test_two_documents_of_one_name_are_refused():
    with pytest.raises(ValueError, match="document 'a': expected each id once"):
        documents.named([Document("a", "A", "x"), Document("a", "A", "x")])
