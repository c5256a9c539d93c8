"""Late interaction, by hand and with the real embedder where it is there."""

import numpy as np
import pytest

from ftlab.retrieval import embedder, rerank
from ftlab.retrieval.chunks import Chunk
from ftlab.retrieval.index import Hit


class TwoWords:
    """An embedder of four words, each with a direction of its own or between two."""

    vectors = {"red": (1, 0), "blue": (0, 1), "violet": (3, 4), "nothing": (0, 0)}

    def encode(self, texts, output_value, **_):
        import torch

        assert output_value == "token_embeddings"
        return [torch.tensor([self.vectors[word] for word in text.split()], dtype=torch.float32) for text in texts]


def hits(*texts):
    chunks = [Chunk(f"d{i}#0", f"d{i}", "", text, "", "", "everyone") for i, text in enumerate(texts)]
    return [Hit(chunk, rank, 1 / rank) for rank, chunk in enumerate(chunks, 1)]


def test_each_word_of_the_query_finds_its_best_by_hand():
    query, passage = np.array([[1.0, 0.0], [0.6, 0.8]]), np.array([[0.0, 1.0], [0.8, 0.6]])
    # [1, 0] against the two: 0 and 0.8. [0.6, 0.8]: 0.8 and 0.48 + 0.48 = 0.96. The mean of 0.8 and 0.96 is 0.88.
    assert rerank.best_matches(query, passage) == pytest.approx(0.88)


def test_the_passage_with_both_words_goes_first():
    # "red blue" of "blue violet": red finds violet (3/5), blue itself (1); of "red blue": 1 and 1; of "red": 1 and 0.
    again = rerank.late_interaction(TwoWords(), "red blue", hits("red", "blue violet", "red blue"))
    assert [hit.chunk.text for hit in again] == ["red blue", "blue violet", "red"]
    assert [hit.rank for hit in again] == [1, 2, 3]
    assert [hit.score for hit in again] == pytest.approx([1, 0.8, 0.5])


def test_equals_keep_their_places_and_k_cuts():
    again = rerank.late_interaction(TwoWords(), "red", hits("blue", "red blue", "red", "nothing"), k=3)
    assert [hit.chunk.text for hit in again] == ["red blue", "red", "blue"]
    assert rerank.late_interaction(TwoWords(), "red", []) == []


def test_stored_token_vectors_give_the_same():
    found = hits("blue", "red blue", "violet")
    vectors = rerank.token_vectors(TwoWords(), [hit.chunk.passage for hit in found])
    known = {hit.chunk.id: each for hit, each in zip(found, vectors, strict=True)}
    assert rerank.late_interaction(TwoWords(), "red", found, known=known) == rerank.late_interaction(
        TwoWords(), "red", found
    )


@pytest.fixture(scope="module")
def minilm():
    try:
        return embedder.load()
    except ValueError as error:
        pytest.skip(f"all-MiniLM-L6-v2 is not here: {error}")


def test_the_real_embedder_knows_a_word_that_is_not_shared(minilm):
    again = rerank.late_interaction(minilm, "Where can I sleep outdoors?",
                                    hits("A kettle boils water.", "A tent stands in a field."))  # fmt: skip
    assert again[0].chunk.text == "A tent stands in a field."


def test_the_real_embedder_has_unit_vectors_and_a_fingerprint_that_changes(minilm):
    import torch

    vectors = embedder.encode(minilm, ["a kettle", "a pan"])
    assert vectors.shape == (2, 384) and np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)
    before = embedder.fingerprint(minilm)
    assert embedder.fingerprint(minilm) == before
    weight = next(minilm.parameters())
    with torch.no_grad():
        weight[0, 0] += 0.01
        assert embedder.fingerprint(minilm) != before
        weight[0, 0] -= 0.01
