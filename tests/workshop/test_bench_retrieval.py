"""The benchmark of the index: what it generates, and what it counts as right."""

import numpy as np

from ftlab.workshop import bench_retrieval as bench


def test_a_text_has_the_vector_of_its_number():
    model = bench.Generated()
    document = model.documents(5)[3]
    assert document.title == "number 3" and len(document.text.split()) == bench.WORDS
    vector = model.encode([f"{document.title}\n{document.text}"])[0]
    assert np.array_equal(vector, model.vectors(np.array([3]))[0])
    assert np.linalg.norm(vector) == np.float32(1) or abs(np.linalg.norm(vector) - 1) < 1e-6


def test_a_question_has_the_vector_of_the_document_that_its_words_are_from():
    model = bench.Generated()
    found = model.documents(bench.QUERIES)
    for query in model.queries(found):
        assert set(query.split()) <= set(found[model.number(query)].text.split())
        assert np.array_equal(model.encode([query])[0], model.vectors(np.array([model.number(query)]))[0])


def test_the_exact_neighbours_are_those_of_a_plain_sort():
    model = bench.Generated()
    every = model.vectors(np.arange(3_000))
    asked = np.array([0, 17, 2_999])
    plain = [set(map(str, np.argsort(-(every @ every[i]), kind="stable")[: bench.K])) for i in asked]
    assert bench.exact(model, asked, 3_000) == plain
    assert all(str(i) in found for i, found in zip(asked, plain, strict=True))


def test_both_stores_are_measured_on_the_same_chunks(tmp_path):
    ours, peer = (measure(120, str(tmp_path / name)) for name, measure in
                  (("a", bench.time_index), ("b", bench.time_peer)) if not (tmp_path / name).mkdir())  # fmt: skip
    assert ours["of the nearest"] == peer["of the nearest"] == 1
    assert all(result["seconds"] > 0 and result["memory"] > 1e6 and result["bytes"] > 1e4 for result in (ours, peer))
    assert set(ours["parts"]) == set(bench.PARTS) and all(ours["parts"].values())
    text = bench.table({120: ours, 1_200: ours | {"seconds": 10 * ours["seconds"]}}, "ours")
    row = next(line for line in text.split("\n") if line.startswith("seconds to index"))
    assert row.split()[-1] == "1.00"  # ten times the chunks in ten times the seconds
