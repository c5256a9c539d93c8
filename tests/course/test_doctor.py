"""What the doctor says of the two models: there, missing, not what FTLAB_MODEL promises; the same from any folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftlab import cli, model
from ftlab.course import doctor, offline


def write_model(folder: Path) -> Path:
    """Three small files that pass for a model: the weights' header tells of no tensors."""
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_text("{}")
    return folder


def told() -> dict[str, doctor.Finding]:
    return {finding.subject: finding for finding in doctor.check_model()}


def test_all_models_are_shown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FTLAB_MODEL", "FTLAB_MODELS", "FTLAB_EMBEDDER"):
        monkeypatch.delenv(name, raising=False)
    vectors = home / "models" / model.EMBEDDER_FOLDER
    lab, real = write_model(home / "data/lab-model"), home / "models" / model.REAL_FOLDER
    found = told()
    assert list(found) == ["real model", "lab model", "embedder", "precision"]
    assert (found["real model"].level, found["lab model"].level) == ("note", "ok")
    assert "Run `ftlab fetch`" in found["real model"].text and "make lab" in found["real model"].remedy
    assert found["embedder"].level == "note" and "ftlab fetch all-minilm-l6-v2" in found["embedder"].text
    write_model(real)
    write_model(vectors)
    found = told()
    assert {finding.level for finding in found.values()} == {"ok"}
    assert "SmolLM2-135M-Instruct" in found["real model"].text and str(real) in found["real model"].text
    assert str(lab) in found["lab model"].text and str(vectors) in found["embedder"].text
    monkeypatch.setenv("FTLAB_EMBEDDER", "nowhere")
    assert told()["embedder"].level == "problem" and "Unset FTLAB_EMBEDDER" in told()["embedder"].remedy
    (lab / "model.safetensors").unlink()
    assert told()["lab model"].level == "problem" and "data/lab-model" in told()["lab model"].remedy


def test_what_ftlab_model_names_is_found_from_the_projects_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(home / "data/lab-model")
    mine = write_model(home / "mine")
    monkeypatch.setenv("FTLAB_MODEL", '"mine"')
    monkeypatch.chdir(home / "notebooks")
    found = told()
    assert found["real model"].level == "ok" and f"mine, by FTLAB_MODEL ({mine})" == found["real model"].text
    # The notebooks' kernels start elsewhere, and are kept from the hub just as well.
    assert offline.environment('"mine"')["HF_HUB_OFFLINE"] == offline.environment("")["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in offline.environment("owner/model")
    (mine / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "owner/base"}))
    found = told()
    assert found["real model"].level == "problem" and "LoRA adapter for owner/base" in found["real model"].text
    assert "Unset FTLAB_MODEL" in found["real model"].remedy and found["lab model"].level == "ok"


def test_what_is_still_to_be_fetched_is_said_at_the_end(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    away = [doctor.Finding("note", subject, "found nothing", "Fetch it.") for subject in doctor.BY_DIAL]
    monkeypatch.setattr(doctor, "examine", lambda: iter(away))
    assert doctor.main() == 0
    assert capsys.readouterr().out.endswith("will do, after `ftlab fetch` (the real model and the embedder).\n")


@pytest.mark.parametrize(("subject", "measured"), [("real model", True), ("embedder", True), ("packages", False)])
def test_a_broken_dial_does_not_keep_the_lab_model_from_being_measured(
    monkeypatch: pytest.MonkeyPatch, subject: str, measured: bool
) -> None:
    from ftlab.workshop import bars

    asked = []
    monkeypatch.setattr(doctor, "examine", lambda: iter([doctor.Finding("problem", subject, "broken", "Mend it.")]))
    monkeypatch.setattr(bars, "report", lambda: asked.append(1) or 0)
    assert cli.main(["doctor"]) == 1 and not asked
    assert cli.main(["doctor", "--model"]) == 1 and bool(asked) is measured, "and the problem counts still"
