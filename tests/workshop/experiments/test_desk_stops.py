"""The long run with its looks: on a tiny model, made and gathered as the real one will be."""

from __future__ import annotations

import families
import pytest

from ftlab import files, model, paths, texts
from ftlab.evidence.packed import unpack
from ftlab.tuning import sft
from ftlab.workshop.experiments import desk_dials, desk_stops


@pytest.fixture(scope="module")
def choice(tmp_path_factory: pytest.TempPathFactory) -> model.Choice:
    read = [message["content"] for row in texts.conversations("valid")[:40] for message in row["messages"]]
    return model.choose(str(families.build("smollm2", tmp_path_factory.mktemp("models") / "small", read)))


def test_its_rows_are_those_of_the_run_on_few_and_no_look_is_left_out() -> None:
    assert desk_dials.FEWER["few"] == desk_stops.PER_KIND
    assert (desk_stops.LR, desk_stops.BATCH_SIZE) == (desk_dials.LR, desk_dials.BATCH_SIZE)
    assert desk_stops.STEPS % desk_stops.LOOKS == 0
    valid = desk_stops.held_out("valid", desk_stops.VALID_PER_KIND)
    assert len(valid) == 9 * desk_stops.VALID_PER_KIND, "of every kind as many"


def test_every_look_has_its_loss_and_both_scores(choice, tmp_path, monkeypatch) -> None:
    for name, value in {"STEPS": 4, "LOOKS": 2, "PER_KIND": 1, "VALID_PER_KIND": 1, "TEST_PER_KIND": 1,
                        "REPLY_TOKENS": 2}.items():
        monkeypatch.setattr(desk_stops, name, value)
    monkeypatch.setenv("FTLAB_RUNS", str(tmp_path))
    assert desk_stops.gather() == []
    found = desk_stops.run(choice, 1, tmp_path / "there")
    assert [look["step"] for look in found["looks"]] == [2, 4] and found["examples"] == 9
    assert not (tmp_path / "there").exists()
    losses = [look["valid_losses"] for look in found["looks"]]
    untuned = sft.row_losses(*sft.load(choice), desk_stops.held_out("valid", 1))
    assert len(losses[0]) == 9 and untuned != losses[0] != losses[1], "each look is at other weights"
    files.write_json(paths.runs() / desk_stops.FOLDER / "seed-1.json", found)
    (one,) = desk_stops.gather()
    assert one["seed"] == 1 and one["model"] == choice.name and len(one["looks"]) == 2
    for look, whole in zip(one["looks"], found["looks"], strict=True):
        assert set(look) == {"step", "valid_losses", "valid", "test"}
        assert unpack(look["valid_losses"]) == pytest.approx(whole["valid_losses"], rel=1e-5)
        assert list(unpack(look["test"])) == whole["test"] and len(look["test"]) == 9
