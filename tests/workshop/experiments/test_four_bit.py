"""What 4-bit storage costs: a tiny GGUF file, unpacked and as the course keeps it, measured and told."""

from __future__ import annotations

import pytest
import tiny_gguf

from ftlab import files, paths
from ftlab.course import outside
from ftlab.workshop.experiments import four_bit


def test_the_ways_differ_by_the_rounding_alone_and_are_gathered(tmp_path, monkeypatch) -> None:
    import torch

    (tmp_path / "unpacked").mkdir()
    tiny = tiny_gguf.write(tmp_path / "unpacked" / "tiny.gguf")
    outside.convert_gguf(tmp_path / "unpacked", tmp_path / "model")
    for name, value in {"ROWS": 3, "QUESTIONS": 4, "ANSWER_TOKENS": 2}.items():
        monkeypatch.setattr(four_bit, name, value)
    for name, value in {"FTLAB_MODEL": tmp_path / "model", "FTLAB_RUNS": tmp_path / "runs",
                        "FTLAB_PRECISION": "float32"}.items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(ValueError, match="--gguf: expected the model's GGUF file, found none"):
        four_bit.load("unpacked", None)
    before, tokenizer = four_bit.load("unpacked", tiny.path)
    rounded, same = four_bit.load("rounded", None)
    assert tokenizer.get_vocab() == same.get_vocab()
    ours = rounded.state_dict()
    for name, weight in before.state_dict().items():
        assert torch.equal(weight.to(torch.bfloat16).float(), ours[name]), name
    for way, each in (("unpacked", before), ("rounded", rounded)):
        found = four_bit.measure(each, tokenizer)
        assert len(found["losses"]) == 3 and len(found["knows"]) == len(found["answers"]) == 4
        files.write_json(paths.runs() / four_bit.FOLDER / f"{way}.json", {"dtype": "float32", **found})
    stored = four_bit.gather()
    assert list(stored["ways"]) == ["unpacked", "rounded"] and stored["ways"]["unpacked"]["same_answers"] == 4
    told = four_bit.sentences(stored)
    assert len(told) == 2 and told[0].startswith("unpacked (float32): ") and "minus unpacked" in told[1]
    assert told[1].endswith(f"{stored['ways']['rounded']['same_answers']} of 4 answers are the same to the letter.")
