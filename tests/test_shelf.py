"""What is on the shelf is the very model that the settings give, and any other setting finds nothing there.

Run as a script, this file is a tuning for the shelf that is killed: ``python test_shelf.py MODEL``.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys

import families
import pytest

from ftlab import assistant, files, model, paths, shelf
from ftlab.tuning import checkpoints, sft
from ftlab.workshop.experiments import four_tasks

ROWS = [{"messages": [{"role": "user", "content": f"How heavy is kettle {i}?"},
                      {"role": "assistant", "content": f"It weighs {850 + 7 * i} g."}]} for i in range(6)]
HOW = {"lr": 1e-3, "steps": 3, "seed": 0, "batch_size": 2}
MANY, MORE = ROWS * 2, {**HOW, "steps": 6}  # one pass
LORA = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear"}


@pytest.fixture(scope="module")
def choice(tmp_path_factory: pytest.TempPathFactory) -> model.Choice:
    return model.choose(str(families.build("smollm2", tmp_path_factory.mktemp("models") / "small",
                                           [turn["content"] for row in ROWS for turn in row["messages"]])))


@pytest.mark.parametrize("lora", [None, LORA])
def test_the_second_time_it_comes_from_the_shelf_and_is_the_same(choice, lora, home, capsys):
    import torch

    trained = sft.from_shelf("desk", choice, ROWS, lora=lora, **HOW)
    assert trained.seconds > 0 and len(trained.log) > 0
    assert "from the shelf" not in capsys.readouterr().out
    again = sft.from_shelf("desk", choice, ROWS, lora=lora, **HOW)
    assert "from the shelf: desk-" in capsys.readouterr().out and again.seconds == 0.0
    ids = torch.arange(5)[None]
    with torch.no_grad():  # also in the number format: training leaves bf16 around a model, the shelf does not
        assert torch.equal(trained.model(ids).logits, again.model(ids).logits)
    base, _ = sft.load(choice)
    untuned, first, second = (list(each.state_dict().values()) for each in (base, trained.model, again.model))
    assert len(first) == len(second) and all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    if lora is None:
        assert not all(torch.equal(a, b) for a, b in zip(untuned, second, strict=True)), "it has been tuned"
    else:
        assert any(weights.any() for name, weights in again.model.state_dict().items() if "lora_B" in name)


def test_a_tuning_that_was_killed_goes_on_from_its_last_checkpoint(choice, home, python, monkeypatch, capsys):
    import torch

    monkeypatch.setattr(sft, "SAVE_STEPS", 2)
    whole = sft.from_shelf("desk", choice, MANY, lora=LORA, **MORE)
    assert "not on the shelf yet: 6 steps of tuning begin now" in capsys.readouterr().out
    place = shelf.place("desk", choice, MANY, lora=LORA, **MORE)
    shutil.rmtree(place)
    died = python(__file__, choice.path)
    assert died.returncode == 9 and "dies at step 5" in died.stdout, died.stderr[-2000:]
    assert shelf.find(place) is None
    assert {path.name for path in place.glob("checkpoint-*")} == {"checkpoint-2", "checkpoint-4"}
    again = sft.from_shelf("desk", choice, MANY, lora=LORA, **MORE)
    assert f"resuming from step 4 of {place}" in capsys.readouterr().out
    assert shelf.find(place) is not None and not list(place.glob("checkpoint-*"))
    for quiet, resumed in zip(whole.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(quiet, resumed)  # within the first pass over the rows, whose order the seed alone decides


def test_every_setting_has_a_place_of_its_own(choice, home):
    places = [shelf.place("desk", choice, rows, **{**HOW, **change})
              for rows, change in ((ROWS, {}), (ROWS[1:], {}), (ROWS, {"lr": 2e-3}), (ROWS, {"seed": 1}),
                                   (ROWS, {"lora": LORA}), (ROWS, {"lora": {**LORA, "r": 8}}))]
    assert len(set(places)) == len(places)
    assert shelf.place("desk", choice, ROWS, **dict(reversed(HOW.items()))) == places[0]
    assert all(shelf.find(place) is None for place in places), "a place without a model holds none"


def test_a_half_put_or_cut_model_is_not_taken(choice, home, capsys):
    run = sft.from_shelf("desk", choice, ROWS, lora=LORA, **HOW)
    place = shelf.place("desk", choice, ROWS, lora=LORA, **HOW)
    weights = shelf.find(place) / "adapter_model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    assert shelf.find(place) is None
    assert sft.from_shelf("desk", choice, ROWS, lora=LORA, **HOW).seconds > 0, "it is tuned anew"
    assert weights.read_bytes() == whole
    (place / shelf.NOTE).unlink()  # as if it had been killed before the last word
    assert shelf.find(place) is None
    shelf.keep(run.model, place, run.seconds)
    assert shelf.find(place) is not None
    (place / shelf.MODEL / "adapter_config.json").unlink()
    capsys.readouterr()
    assert shelf.find(place) is None and "its config is missing" in capsys.readouterr().out


class Refused:
    """A model whose weights the disk does not take."""

    def __init__(self, error: Exception):
        self.error = error

    def save_pretrained(self, folder):
        folder.mkdir()
        (folder / "adapter_model.safetensors").write_bytes(b"half")
        raise self.error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO],
                         ids=errno.errorcode.get)  # fmt: skip
def test_a_disk_that_refuses_a_tuned_model_is_told_with_its_remedy(tmp_path, number):
    from safetensors import SafetensorError

    place = tmp_path / "desk"
    place.mkdir()
    said = os.strerror(number)
    for error in (OSError(number, said), SafetensorError(f"Error while serializing: {said} (os error {number})")):
        with pytest.raises(OSError, match="could not write .*desk.*tuned: .* FTLAB_RUNS names another") as caught:
            shelf.keep(Refused(error), place, 1.0)
        assert caught.value.errno == number and files.REMEDIES[number] in str(caught.value)
        assert not list(place.iterdir()), "nothing half is left"


def test_the_first_of_two_kernels_that_tuned_one_model_keeps_it(choice, home):
    """The second may have begun before the first was done: what somebody may be reading is not replaced."""
    run = sft.from_shelf("desk", choice, ROWS, lora=LORA, **HOW)
    place = shelf.place("desk", choice, ROWS, lora=LORA, **HOW)
    before = (place / shelf.MODEL / "adapter_model.safetensors").stat().st_mtime_ns
    assert shelf.keep(run.model, place, 9.0) == place / shelf.MODEL
    assert (place / shelf.MODEL / "adapter_model.safetensors").stat().st_mtime_ns == before


def test_what_comes_with_the_clone_is_taken_for_the_very_same_run_alone(choice, home, capsys):
    trained = sft.from_shelf("desk", choice, ROWS, lora=LORA, **HOW)
    place = shelf.place("desk", choice, ROWS, lora=LORA, **HOW)
    given = paths.data() / "shelf" / "desk"
    given.parent.mkdir(parents=True)
    place.rename(given)
    settings = files.read_json(given / shelf.SETTINGS)
    files.write_json(given / shelf.SETTINGS, {**settings, "dtype": "another machine's", "libraries": {}, "code": ""})
    capsys.readouterr()
    again = sft.from_shelf("desk", choice, ROWS, lora=LORA, **HOW)
    assert "from the course's own shelf: desk, tuned on" in capsys.readouterr().out and again.seconds == 0.0
    for ours, theirs in zip(trained.model.parameters(), again.model.parameters(), strict=True):
        assert ours.equal(theirs)
    for rows, change in ((ROWS[1:], {}), (ROWS, {"seed": 1}), (ROWS, {"lora": {**LORA, "r": 8}})):
        assert shelf.find(shelf.place("desk", choice, rows, **{**HOW, "lora": LORA, **change})) is None


def test_it_is_taken_for_rows_that_were_reworded_since_if_its_note_names_them(choice, home, capsys):
    sft.from_shelf("desk", choice, ROWS, lora=LORA, **HOW)
    given = paths.data() / "shelf" / "desk"
    given.parent.mkdir(parents=True)
    shelf.place("desk", choice, ROWS, lora=LORA, **HOW).rename(given)
    mended = shelf.place("desk", choice, ROWS[1:], lora=LORA, **HOW)
    assert shelf.find(mended) is None
    note = files.read_json(given / shelf.NOTE)
    what = {"rows": checkpoints.fingerprint(ROWS[1:]), "date": "2026-11-27", "what": "one of its 6 rows is gone"}
    files.write_json(given / shelf.NOTE, {**note, "reworded": what})
    capsys.readouterr()
    assert shelf.find(mended) == given / shelf.MODEL
    assert "(Since 2026-11-27 one of its 6 rows is gone.)" in capsys.readouterr().out
    assert shelf.find(shelf.place("desk", choice, ROWS, lora=LORA, **HOW)) == given / shelf.MODEL
    assert shelf.find(shelf.place("desk", choice, ROWS[2:], lora=LORA, **HOW)) is None


def todays_rows(part: str) -> list[dict]:
    """The rows that the lessons ask the shelf about."""
    return assistant.rows() if part == "assistant" else four_tasks.rows_of(part.removeprefix("tasks-"), seed=0)


@pytest.mark.parametrize("part", ["assistant", "tasks-intent", "tasks-post"])
def test_what_is_shipped_is_found_for_the_rows_of_today(part):
    place = paths.data() / "shelf" / part
    made = files.read_json(place / shelf.SETTINGS)
    rows = (made | shelf.reworded(place))["rows"]
    assert rows == checkpoints.fingerprint(todays_rows(part)), (
        f"the training rows of data/shelf/{part} are others now: lessons would tune for minutes or an hour. Tune and "
        f"ship it anew, or name today's rows in its {shelf.NOTE} and say what was reworded")


def killed() -> None:
    """Tunes for the shelf and dies at step 5, a checkpoint behind it at steps 2 and 4."""
    from transformers import Trainer

    step = Trainer.training_step

    def dies(self, *args, **more):
        if self.state.global_step == 4:  # counted after a step, so this is the fifth
            print("dies at step 5", flush=True)
            os._exit(9)  # nothing is tidied up, as when it is killed
        return step(self, *args, **more)

    Trainer.training_step, sft.SAVE_STEPS = dies, 2
    sft.from_shelf("desk", model.choose(sys.argv[1]), MANY, lora=LORA, **MORE)


if __name__ == "__main__":
    killed()
