"""The lab model's recipe, on a tiny model: what it reads, what it counts, how it stops and resumes."""

from __future__ import annotations

import hashlib
import json
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ftlab import files
from ftlab.seeded import rng
from ftlab.workshop import origin, pretrain, reading, tokenizer
from ftlab.workshop.recipe import Recipe, Stage, learning_rate, stage

PLAIN = Stage(0.0, (1, 0, 0), pages=5, in_full=0, drills=0, customers=0.0)
TINY = Recipe(
    steps=6, rows=4, row_tokens=64, warmup=2, vocab_size=600, hidden_size=32, intermediate_size=64,
    num_hidden_layers=2, num_attention_heads=2,
)  # fmt: skip
# Kills itself as the machine would, right after its first checkpoint is on the disk.
KILLED = """
import os, signal, sys
from pathlib import Path
from ftlab.workshop import pretrain, tokenizer
from ftlab.workshop.recipe import Recipe, Stage

def die(*_):
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

pretrain.files.write_jsonl = die
folder = Path(sys.argv[1])
pretrain.train({recipe!r}, tokenizer.load(folder), folder, checkpoint_every=3, show_every=2)
"""
BATCHES = """
import hashlib, sys
from ftlab.workshop import reading, tokenizer
from ftlab.workshop.recipe import Recipe, Stage
tensors = reading.batch(tokenizer.load(sys.argv[1]), {recipe!r}, 4)
print(hashlib.sha256(b"".join(t.numpy().tobytes() for t in tensors)).hexdigest())
"""


@pytest.fixture(scope="module")
def small():
    return tokenizer.train(reading.sample_texts(60), TINY.vocab_size, 2048)


@pytest.fixture(scope="module")
def trained(small, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The tiny recipe trained in one go: the hash of its weights, and its folder with the saved model."""
    folder = tmp_path_factory.mktemp("straight")
    model = pretrain.train(TINY, small, folder, checkpoint_every=3, show_every=2, keep_every=2)
    digest = weights(model)
    pretrain.save(model, small, folder / "model")
    return digest, folder


def weights(model) -> str:
    from safetensors.torch import save

    tensors = {name: tensor.detach().contiguous() for name, tensor in model.named_parameters()}
    return hashlib.sha256(save(tensors)).hexdigest()


def digest(batch: tuple[torch.Tensor, ...]) -> str:
    return hashlib.sha256(b"".join(tensor.numpy().tobytes() for tensor in batch)).hexdigest()


# --- what it reads ---


def test_a_batch_depends_on_its_seed_and_step_alone(small, python: Callable, tmp_path: Path, monkeypatch) -> None:
    first = digest(reading.batch(small, TINY, 4))
    reading.batch(small, TINY, 1)
    rng("something else").random()
    assert digest(reading.batch(small, TINY, 4)) == first
    assert digest(reading.batch(small, TINY, 5)) != first
    assert digest(reading.batch(small, replace(TINY, seed=1), 4)) != first
    assert digest(reading.batch(small, replace(TINY, lr=1.0, hidden_size=8), 4)) == first
    # Nor does it depend on the process: hash() differs there.
    small.save_pretrained(tmp_path)
    monkeypatch.setenv("PYTHONHASHSEED", "12345")
    other = python("-c", BATCHES.format(recipe=TINY), str(tmp_path))
    assert other.stdout.strip() == first, other.stderr


def test_shapes_and_shares(small) -> None:
    # In eight rows: 3 of pages, none in full, and 2 of drills; then 7 of pages, 2 in full. Of sixteen, twice that.
    stages = (Stage(0.0, (1, 0, 0), 3, 0, 2, 0.0), Stage(0.5, (4, 3, 3), 7, 2, 0, 0.0))
    for rows, step, full, pages, drill in ((8, 0, 0, 3, 2), (8, 49, 0, 3, 2), (8, 50, 2, 7, 0), (16, 99, 4, 14, 0)):
        recipe = replace(TINY, rows=rows, steps=100, stages=stages, row_tokens=400)
        input_ids, answers, in_full = reading.batch(small, recipe, step)
        assert input_ids.shape == answers.shape == (rows, 400) and in_full.shape == (rows,)
        assert answers.dtype == in_full.dtype == torch.bool
        assert in_full.tolist() == [i < full or i >= pages for i in range(rows)]
        assert not answers[pages + drill :].any() and not answers[: pages + drill].all()
        assert not drill or answers[pages : pages + drill].any()


def test_stages_begin_where_they_say() -> None:
    kinds = [Stage(start, (1, 0, 0), pages, 0, 0, 0.0) for start, pages in ((0.0, 5), (0.25, 6), (0.5, 7))]
    recipe = Recipe(steps=100, stages=tuple(kinds))
    found = [stage(recipe, step) for step in (0, 24, 25, 49, 50, 99)]
    assert found == [kind for kind in kinds for _ in range(2)]


def test_pages_hold_as_many_passages_as_their_weights_say(monkeypatch: pytest.MonkeyPatch) -> None:
    from ftlab.world import forms, shops

    asked = []
    monkeypatch.setattr(shops, "page", lambda random, count=None, customers=False: asked.append(count) or [])
    monkeypatch.setattr(forms, "page", lambda random, count=None: asked.append(count) or [])
    for weights, expected in (((1, 0, 0), {1}), ((0, 1, 0), {2}), ((4, 3, 3), {1, 2, 3})):
        asked.clear()
        random = rng("weights", weights)
        for _ in range(100):
            reading.question_page(random, replace(PLAIN, passages=weights, forms=0.5))
        assert set(asked) == expected


def test_pages_in_a_form_of_their_own_are_as_many_as_their_share_says(monkeypatch: pytest.MonkeyPatch) -> None:
    from ftlab.world import forms, shops

    made = []
    monkeypatch.setattr(shops, "page", lambda random, count=None, customers=False: made.append("sheet") or [])
    monkeypatch.setattr(forms, "page", lambda random, count=None: made.append("form") or [])
    for share, low, high in ((0.0, 0, 0), (0.65, 0.55, 0.75), (1.0, 1, 1)):
        made.clear()
        random = rng("forms", share)
        for _ in range(500):
            reading.question_page(random, replace(PLAIN, forms=share))
        assert low <= made.count("form") / len(made) <= high


def test_the_answers_of_a_page_are_marked(small) -> None:
    """Decoded, the marked tokens of a page are the answers that the same stream of chance gives."""
    length, seen = 300, 0
    for key in range(12):
        ids, marks = reading.row(small, rng("flags", key), length, "pages", PLAIN)
        assert len(ids) == len(marks) == length
        spans = reading.question_page(rng("flags", key), PLAIN)  # the row's first page
        end = min(sum(len(small(text)["input_ids"]) for text, _ in spans), length)
        marked = small.decode([token for token, mark in zip(ids[:end], marks, strict=False) if mark])
        expected = "".join(text for text, is_answer in spans if is_answer)
        assert expected.startswith(marked.rstrip("\ufffd"))
        if end < length:
            seen += 1
            assert marked == expected
            assert ids[end] == small.eos_token_id and not marks[end]
    assert seen >= 4


def test_a_row_of_plain_documents_has_no_answers(small) -> None:
    assert not any(any(reading.row(small, rng("plain", key), 200, "documents", PLAIN)[1]) for key in range(10))


def test_nothing_of_quillmere_nor_of_the_chat_format() -> None:
    text = "\n".join(reading.sample_texts(150, seed=7))
    assert "quillmere" not in text.lower()
    assert not [token for token in (*tokenizer.ROLES, tokenizer.END, tokenizer.PAD) if token in text]


# --- what it counts ---


def test_losses_by_hand() -> None:
    """With logits of zero a token costs ln V; with a logit of a for token 0, it costs ln(e^a + V - 1) - a."""
    vocabulary, a = 5, 2.0
    head = torch.zeros(vocabulary, 3)
    head[0, 0] = a
    model = type("Model", (), {"lm_head": staticmethod(lambda hidden: hidden @ head.T)})()

    def body(input_ids, use_cache):
        hidden = torch.zeros(*input_ids.shape, 3)
        hidden[0, :, 0] = 1.0  # row 0 prefers token 0; row 1 prefers nothing
        return type("Out", (), {"last_hidden_state": hidden})()

    input_ids = torch.tensor([[3, 0, 1, 0], [4, 4, 2, 1]])
    answers = torch.tensor([[False, True, False, False], [False, False, True, False]])
    full_loss, answer_loss = pretrain.losses(model, body, input_ids, answers, torch.tensor([True, False]))
    liked = torch.log(torch.exp(torch.tensor(a)) + vocabulary - 1) - a  # row 0's targets at 1 and 3 are token 0
    other = liked + a  # its target at 2 is not
    assert full_loss.item() == pytest.approx(((2 * liked + other) / 3).item(), abs=1e-6)
    assert answer_loss.item() == pytest.approx(((liked + torch.log(torch.tensor(5.0))) / 2).item(), abs=1e-6)


def test_an_uncounted_target_leaves_the_loss(small) -> None:
    model = pretrain.build(TINY, small).eval()
    input_ids = torch.randint(5, 600, (2, 12), generator=torch.Generator().manual_seed(0))
    answers = torch.zeros(2, 12, dtype=torch.bool)
    answers[1, 5:9] = True
    in_full = torch.tensor([True, False])

    def loss(changed: torch.Tensor) -> list[float]:
        with torch.no_grad():
            return [part.item() for part in pretrain.losses(model, model.model, changed, answers, in_full)]

    before, after = input_ids.clone(), input_ids.clone()
    after[1, 10] = 7  # behind the last answer: neither target nor context of one
    assert loss(after) == loss(before)
    after[0, 11] = (after[0, 11] + 1) % 600  # counted, in the row that is read in full alone
    assert loss(after)[0] != loss(before)[0] and loss(after)[1] == loss(before)[1]


def test_a_part_without_counted_tokens_has_a_loss_of_zero(small) -> None:
    model = pretrain.build(TINY, small)
    input_ids, answers = torch.full((2, 8), 9), torch.zeros(2, 8, dtype=torch.bool)
    full_loss, answer_loss = pretrain.losses(model, model.model, input_ids, answers, torch.tensor([True, False]))
    (full_loss + answer_loss).backward()
    assert answer_loss.item() == 0.0 and full_loss.item() > 0
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_learning_rate_by_hand() -> None:
    recipe = Recipe(steps=100, lr=1.0, warmup=10, decay=0.4)
    rate = [learning_rate(recipe, step) for step in range(100)]
    assert rate[0] == pytest.approx(0.1) and rate[4] == pytest.approx(0.5)
    assert rate[9:61] == pytest.approx([1.0] * 52)  # the fall begins at step 60 = 100 * (1 - 0.4)
    assert rate[80] == pytest.approx(0.5) and rate[99] == pytest.approx(1 / 40)
    assert learning_rate(replace(recipe, warmup=0, decay=0.0), 50) == 1.0


# --- how it is trained ---


def test_every_weight_has_one_optimizer(small) -> None:
    model = pretrain.build(TINY, small)
    for name in ("muon", "adamw"):
        made = pretrain.optimizers(model, replace(TINY, optimizer=name))
        given = [p for optim in made for group in optim.param_groups for p in group["params"]]
        assert sorted(map(id, given)) == sorted(map(id, model.parameters()))


def test_killed_and_resumed_is_bitwise_equal(small, trained: tuple, python: Callable, tmp_path: Path) -> None:
    digest, straight = trained
    small.save_pretrained(tmp_path)
    killed = python("-c", KILLED.format(recipe=TINY), str(tmp_path))
    assert killed.returncode != 0 and "Error" not in killed.stderr, killed.stderr
    if sys.platform != "win32":
        assert killed.returncode == -9
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 3
    seen = []
    loaded = tokenizer.load(tmp_path)
    model = pretrain.train(TINY, loaded, tmp_path, checkpoint_every=3, show_every=2, on_step=seen.append)
    assert weights(model) == digest
    assert [entry["step"] for entry in seen] == [4, 6]
    logs = [files.read_jsonl(folder / "log.jsonl") for folder in (tmp_path, straight)]
    for entry in logs[0] + logs[1]:
        del entry["elapsed_s"]
    assert logs[0] == logs[1] and [entry["step"] for entry in logs[0]] == [2, 4, 6]


def test_a_finished_run_is_not_trained_further(small, trained: tuple) -> None:
    digest, folder = trained
    seen = []
    assert weights(pretrain.train(TINY, small, folder, on_step=seen.append)) == digest
    assert seen == []


def test_a_checkpoint_of_another_recipe_is_refused(small, trained: tuple) -> None:
    before = (trained[1] / "checkpoint.pt").read_bytes()
    with pytest.raises(ValueError) as caught:
        pretrain.train(replace(TINY, lr=0.5), small, trained[1])
    for part in ("checkpoint.pt: expected", "{'lr': 0.5}", "{'lr': 0.003}", "choose another --out folder"):
        assert part in str(caught.value)
    assert (trained[1] / "checkpoint.pt").read_bytes() == before


def test_the_weights_that_are_kept_are_those_of_their_step(trained: tuple) -> None:
    _, folder = trained
    assert {path.name for path in folder.glob("at-*.pt")} == {"at-2.pt", "at-4.pt", "at-6.pt"}
    kept = {step: torch.load(folder / f"at-{step}.pt", weights_only=True) for step in (2, 4, 6)}
    last = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert all(state["step"] == step and set(state) == {"recipe", "step", "model"} for step, state in kept.items())
    assert all(torch.equal(kept[6]["model"][name], tensor) for name, tensor in last["model"].items())
    assert not all(torch.equal(kept[4]["model"][name], tensor) for name, tensor in last["model"].items())


def test_the_run_notes_its_machine_and_what_its_texts_were_made_from(trained: tuple) -> None:
    noted = files.read_json(trained[1] / "machines.json")
    assert [(each["from_step"], each["compiled"]) for each in noted] == [(0, False)]
    assert noted[0] == {"from_step": 0, **origin.machine(), "compiled": False}
    assert torch.load(trained[1] / "checkpoint.pt", weights_only=True)["sources"] == origin.sources()


def test_going_on_after_the_texts_have_changed_is_said(small, tmp_path: Path, monkeypatch, capsys) -> None:
    recipe = replace(TINY, steps=2)
    pretrain.train(replace(recipe), small, tmp_path, checkpoint_every=1)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    torch.save(state | {"step": 1}, tmp_path / "checkpoint.pt")
    pretrain.train(recipe, small, tmp_path)
    assert capsys.readouterr().err == ""
    assert [each["from_step"] for each in files.read_json(tmp_path / "machines.json")] == [0, 1]
    torch.save(state | {"step": 1}, tmp_path / "checkpoint.pt")
    monkeypatch.setattr(origin, "sources", lambda: state["sources"] | {"ftlab/world/prose.py": "another"})
    pretrain.train(recipe, small, tmp_path)
    err = capsys.readouterr().err
    assert "checkpoint.pt: the checkpoint's texts were made from other sources" in err
    assert "(ftlab/world/prose.py)" in err
    old = {key: value for key, value in state.items() if key not in ("sources", "machines")}
    torch.save(old | {"step": 1}, tmp_path / "checkpoint.pt")  # as a run of before wrote it
    pretrain.train(recipe, small, tmp_path)
    assert capsys.readouterr().err == ""


def test_a_full_disk_while_saving_a_checkpoint(small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def full(state, file) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="could not write .*checkpoint.pt.*Free some disk space"):
        pretrain.train(replace(TINY, steps=1), small, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_saved_model_loads_offline(small, trained: tuple) -> None:
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = trained[1] / "model"
    kinds = {path.suffix for path in folder.iterdir()}
    assert kinds == {".safetensors", ".json"}
    assert {tensor.dtype for tensor in load_file(folder / "model.safetensors").values()} == {torch.bfloat16}
    if sys.platform != "win32":
        assert all(path.stat().st_mode & stat.S_IROTH for path in folder.iterdir())
    model = AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True)
    loaded = AutoTokenizer.from_pretrained(folder)
    assert model.dtype == torch.bfloat16 and model.config.max_position_embeddings == 64
    assert model.generation_config.eos_token_id == loaded.eos_token_id == small.eos_token_id
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
    text = "Question: How much is the Tormel Kettle?\nAnswer: $49.00"
    assert loaded(text)["input_ids"] == small(text)["input_ids"]
    assert model(**loaded(text, return_tensors="pt")).logits.isfinite().all()


def test_curve() -> None:
    assert pretrain.curve([]) == ""
    assert pretrain.curve([{"answer_loss": 0.0}]) == "▁"
    # Scaled by the highest: 8 * (4, 2, 1, 0) / 4 = 8, 4, 2, 0, and the ninth block does not exist.
    assert pretrain.curve([{"answer_loss": loss} for loss in (4.0, 2.0, 1.0, 0.0)]) == "█▅▃▁"
    assert len(pretrain.curve([{"answer_loss": 1.0}] * 500, 30)) == 30


def test_help(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as caught:
        pretrain.main(["--help"])
    assert caught.value.code == 0
    assert "--checkpoint-every" in capsys.readouterr().out


def test_command(small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    made = []

    class Tiny(Recipe):  # the command's own recipe, made tiny; it has one row, so that one kind of row is missing
        def __new__(cls, **options):
            made.append(options)
            return replace(TINY, **options)

    monkeypatch.setattr(pretrain, "Recipe", Tiny)
    monkeypatch.setattr(pretrain, "sample_texts", lambda count: [f"The kettle costs ${i}.00." for i in range(50)])
    options = ["--out", str(tmp_path), "--steps", "3", "--rows", "1", "--seed", "3"]
    assert pretrain.main(options) == 0
    assert made == [{"seed": 3, "steps": 3, "rows": 1, "lr": 3e-3, "optimizer": "muon"}]
    out = capsys.readouterr().out
    assert "training the tokenizer" in out and "step     3/3 100%" in out and "nan" not in out
    assert json.loads((tmp_path / "recipe.json").read_text(encoding="utf-8"))["seed"] == 3
    assert (tmp_path / "model" / "model.safetensors").exists()
    assert f"python -m ftlab.workshop.card --run {tmp_path}" in out and "workshop.snapshots" not in out
    assert pretrain.main([*options, "--keep-every", "1"]) == 0
    assert "training the tokenizer" not in capsys.readouterr().out
    assert pretrain.main([*options, "--lr", "0.5"]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("ftlab pretrain: ") and "choose another --out folder" in err and "saved" not in out


def test_a_stopped_command_says_how_to_go_on(small, tmp_path: Path, monkeypatch, capsys) -> None:
    def stopped(*_, **__) -> None:
        raise KeyboardInterrupt

    small.save_pretrained(tmp_path)
    monkeypatch.setattr(pretrain, "train", stopped)
    assert pretrain.main(["--out", str(tmp_path)]) == 130
    assert "The same command goes on from the last checkpoint" in capsys.readouterr().err
