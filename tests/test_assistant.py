"""The desk's assistant: what it is tuned on and how, and that the one that comes with the clone is that very one."""

from __future__ import annotations

import math

from ftlab import assistant, model, shelf, texts
from ftlab.world import brand, house


def test_it_learns_the_houses_words_and_nothing_else_is_changed() -> None:
    given, rows = texts.conversations("train"), assistant.rows()
    assert len(rows) == len(given) > 1000 and {row["kind"] for row in rows} == set(house.KINDS)
    for before, after in zip(given, rows, strict=True):
        assert after["messages"][:-1] == before["messages"][:-1]
        assert {**after, "messages": None} == {**before, "messages": None}
        last = after["messages"][-1]
        assert last["role"] == "assistant" and last["content"].endswith(f"{house.STEP} {brand.SIGN_OFF}")
    assert any(before["messages"] != after["messages"] for before, after in zip(given, rows, strict=True))


def test_no_conversation_that_it_is_tested_on_is_among_them() -> None:
    asked = {row["messages"][-2]["content"] for split in ("valid", "test") for row in texts.conversations(split)}
    assert not asked & {row["messages"][-2]["content"] for row in assistant.rows()}


def test_its_steps_are_two_passes_over_the_rows() -> None:
    settings = assistant.settings()
    assert settings["steps"] == 2 * math.ceil(len(assistant.rows()) / settings["batch_size"])
    assert settings["seed"] == 0 and assistant.settings(7) == {**settings, "seed": 7}
    assert settings["lora"]["r"] > 0 and 0 < settings["lr"] < 0.1


def test_the_one_that_comes_with_the_clone_is_found_and_loads(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path))
    choice = model.choose()
    place = shelf.place("assistant", choice, assistant.rows(), **assistant.settings())
    assert shelf.find(place) is not None, "it would be tuned now, for twenty minutes"
    assert shelf.find(shelf.place("assistant", choice, assistant.rows(), **assistant.settings(seed=1))) is None
    capsys.readouterr()
    run = assistant.tuned(choice)
    assert "from the course's own shelf: assistant, tuned on" in capsys.readouterr().out and run.seconds == 0.0
    adapter = [weights for name, weights in run.model.named_parameters() if "lora_B" in name]
    assert adapter and all(weights.any() for weights in adapter)
