"""A training cell that is interrupted, killed or out of disk and run again ends with the weights of a quiet run.

Run as a script, this file is such a cell in a process of its own: ``python test_checkpoints.py HOME ACTION``.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ftlab import files
from ftlab.tuning import chat, checkpoints

STEPS, SAVE_STEPS, LR = 8, 2, 1e-3
ROWS = [
    {"messages": [
        {"role": "user", "content": f"How heavy is kettle {i}?"},
        {"role": "assistant", "content": f"It weighs {850 + 7 * i} g. " + "Is there more I can do? " * (i % 3)},
    ]}
    for i in range(24)
]


def make_model(folder: Path) -> Path:
    """Two layers, 32 wide, with a byte-level tokenizer and the course's chat format."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    roles = ["<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>"]
    letters = Tokenizer(models.BPE())
    letters.pre_tokenizer, letters.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    texts = [message["content"] for row in ROWS for message in row["messages"]]
    letters.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=320, special_tokens=roles, initial_alphabet=alphabet, show_progress=False))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, eos_token=roles[0], pad_token=roles[1])
    tokenizer.chat_template = chat.TEMPLATE
    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=128, attention_dropout=0.1,  # so that a resume needs the random state too
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def cell(model_path: Path, lr: float = LR, at_step=None, at_save=None, **options: object) -> str:
    """A notebook's training cell; returns the hash of the weights it ends with.

    ``at_step(step)`` and ``at_save(step, folder)`` are called after each step and after each checkpoint.
    """
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    class Disturb(TrainerCallback):
        def on_step_end(self, args, state, control, **_):
            if at_step:
                at_step(state.global_step)

        def on_save(self, args, state, control, **_):
            if at_save:
                at_save(state.global_step, Path(args.output_dir))

    train = Dataset.from_list(ROWS)
    folder = checkpoints.run_folder("cell", model=model_path, rows=checkpoints.fingerprint(train), lr=lr, steps=STEPS,
                                    seed=0, room_bytes=0, **options)
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32, attn_implementation="eager"),
        processing_class=AutoTokenizer.from_pretrained(model_path),
        train_dataset=train,
        callbacks=[Disturb()],
        args=SFTConfig(
            output_dir=str(folder), max_steps=STEPS, per_device_train_batch_size=5, learning_rate=lr, seed=0,
            lr_scheduler_type="linear", warmup_steps=0.1, assistant_only_loss=True, bf16=False, use_cpu=True,
            activation_checkpointing=False, save_strategy="steps", save_steps=SAVE_STEPS, save_total_limit=1,
            logging_steps=SAVE_STEPS, report_to="none", disable_tqdm=True, **options,
        ),
    )
    with checkpoints.resumable(folder) as checkpoint:
        trainer.train(resume_from_checkpoint=checkpoint)
    assert trainer.state.global_step == STEPS
    weights = folder.with_name(f"{folder.name}-weights")
    trainer.save_model(str(weights))
    digest = hashlib.sha256((weights / "model.safetensors").read_bytes()).hexdigest()
    shutil.rmtree(weights)
    return digest


def interrupt(step: int):
    def at_step(now: int) -> None:
        if now == step:
            raise KeyboardInterrupt

    return at_step


def whole(folder: Path) -> list[int]:
    return [step for step, path in sorted(checkpoints.found(folder)) if checkpoints.fault(path, step) is None]


def only_run(home: Path) -> Path:
    (folder,) = runs_of(home)
    return folder


def runs_of(home: Path) -> list[Path]:
    """What lies in the folder of runs, the locks aside."""
    return [path for path in (home / "runs").iterdir() if path.name != checkpoints.LOCKS]


@pytest.fixture(scope="module")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def undisturbed(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FTLAB_HOME", str(tmp_path_factory.mktemp("quiet")))
        return cell(model_path)


def start(action: str, home: Path, model_path: Path, prefix: tuple[str, ...] = ()) -> subprocess.Popen:
    import torch

    known = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"FTLAB_HOME": str(home), "PYTHONPATH": known,
                                "OMP_NUM_THREADS": str(torch.get_num_threads())}
    return subprocess.Popen([*prefix, sys.executable, __file__, action, str(model_path)], env=environment, text=True,
                            encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_a_killed_cell_ends_with_the_weights_of_an_undisturbed_one(model_path, undisturbed, tmp_path, monkeypatch,
                                                                   capsys):
    """One process is killed between two checkpoints, one while it writes a checkpoint; this process runs them again."""
    between, writing = tmp_path / "between", tmp_path / "writing"
    running = [start("wait", between, model_path), start("die-writing", writing, model_path)]
    for _ in range(1800):
        if (between / "runs" / "waits").exists() or running[0].poll() is not None:
            break
        time.sleep(0.1)
    running[0].kill()  # SIGKILL; TerminateProcess on Windows
    output = [process.communicate(timeout=180)[0] for process in running]
    assert all(process.returncode != 0 for process in running), output
    (between / "runs" / "waits").unlink()
    assert whole(only_run(between)) == [4], output
    assert whole(only_run(writing)) == [2], output
    assert len(checkpoints.found(only_run(writing))) == 2, "the kill left no half checkpoint"

    for home, step in ((between, 4), (writing, 2)):
        monkeypatch.setenv("FTLAB_HOME", str(home))
        assert cell(model_path) == undisturbed
        assert f"resuming from step {step} of {home}" in capsys.readouterr().out
        assert not runs_of(home), "a finished run leaves no checkpoint behind"


def test_an_interrupted_cell_goes_on_in_the_same_process(model_path, undisturbed, home, capsys):
    with pytest.raises(KeyboardInterrupt):
        cell(model_path, at_step=interrupt(5))
    assert "interrupted: run the cell again to go on from step 4" in capsys.readouterr().out
    with pytest.raises(KeyboardInterrupt):  # and once more, on the way
        cell(model_path, at_step=interrupt(7))
    assert "resuming from step 4" in capsys.readouterr().out
    assert cell(model_path) == undisturbed
    assert "resuming from step 6" in capsys.readouterr().out
    assert cell(model_path) == undisturbed
    assert "resuming" not in capsys.readouterr().out, "a finished cell that is run again trains anew"


def test_a_run_that_died_after_its_last_checkpoint_trains_no_step_more(model_path, undisturbed, home, capsys):
    def at_save(step: int, folder: Path) -> None:
        if step == STEPS:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cell(model_path, at_save=at_save)
    assert [step for step, _ in checkpoints.found(only_run(home))] == [STEPS]
    assert cell(model_path) == undisturbed
    assert "one step too many" in capsys.readouterr().out


def test_another_learning_rate_resumes_from_nothing(model_path, home, capsys):
    with pytest.raises(KeyboardInterrupt):
        cell(model_path, at_step=interrupt(3))
    with pytest.raises(KeyboardInterrupt):
        cell(model_path, lr=2 * LR, at_step=interrupt(3))
    assert "resuming" not in capsys.readouterr().out
    assert len(runs_of(home)) == 2


@pytest.mark.parametrize("name", ["trainer_state.json", "optimizer.pt", "scheduler.pt", "rng_state.pth",
                                  "model.safetensors"])
def test_a_checkpoint_with_a_cut_or_missing_file_is_passed_over(name, whole_checkpoint, tmp_path, capsys):
    for step, keep in ((2, None), (4, 0.5), (6, 0.0), (8, -1.0)):
        copy = shutil.copytree(whole_checkpoint, tmp_path / f"checkpoint-{step}")
        state = files.read_json(copy / "trainer_state.json") | {"global_step": step, "max_steps": 10}
        files.write_json(copy / "trainer_state.json", state)
        broken = copy / name
        if keep == -1.0:
            broken.unlink()
        elif keep is not None:
            broken.write_bytes(broken.read_bytes()[:int(broken.stat().st_size * keep)])
    assert checkpoints.latest(tmp_path) == str(tmp_path / "checkpoint-2")
    assert [step for step, _ in checkpoints.found(tmp_path)] == [2]
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 4 and all(line.startswith("deleting ") for line in printed[:3]), printed
    assert printed[3] == f"resuming from step 2 of {tmp_path}"


@pytest.fixture(scope="module")
def whole_checkpoint(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("checkpoint")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FTLAB_HOME", str(home))
        with pytest.raises(KeyboardInterrupt):
            cell(model_path, at_step=interrupt(3))
    return only_run(home) / "checkpoint-2"


def test_two_kernels_never_train_in_one_folder(tmp_path):
    """The second is refused while the first is at it, also in a process of its own, and may come afterwards."""
    code = ("from ftlab.tuning import checkpoints\nimport sys\n"
            "with checkpoints.resumable(sys.argv[1]):\n    print('trains', flush=True)")
    known = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])

    def second() -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")],
                              env=os.environ | {"PYTHONPATH": known}, capture_output=True, text=True, timeout=120)

    with checkpoints.resumable(tmp_path / "run"):
        refused = second()
    assert "found another kernel at it" in refused.stderr and "trains" not in refused.stdout
    assert second().stdout == "trains\n"


def test_the_last_checkpoint_goes_before_the_next_kernel_may_come(tmp_path, monkeypatch):
    """Else the first checkpoint of the next would go with it."""
    asked = []

    def finish(folder: Path) -> None:
        with pytest.raises(RuntimeError, match="found another kernel at it"), checkpoints.resumable(folder):
            pass
        asked.append(folder)

    monkeypatch.setattr(checkpoints, "finish", finish)
    with checkpoints.resumable(tmp_path / "run"):
        pass
    assert asked == [tmp_path / "run"]


def test_no_checkpoint_no_resume(tmp_path, capsys):
    assert checkpoints.latest(tmp_path) is None
    assert checkpoints.latest(tmp_path / "nowhere") is None
    assert capsys.readouterr().out == ""


def test_every_setting_has_its_own_folder(home, tmp_path):
    base = {"model": "org/name", "lr": 1e-3, "steps": 8, "seed": 0, "rows": checkpoints.fingerprint(ROWS)}
    changed = [{}, {"lr": 1e-4}, {"steps": 9}, {"seed": 1}, {"model": "org/other"}, {"rank": 4},
               {"rows": checkpoints.fingerprint(ROWS[:-1])}, {"rows": checkpoints.fingerprint(ROWS[::-1])}]
    folders = [checkpoints.run_folder("lora", **base | change) for change in changed]
    assert len(set(folders)) == len(changed)
    assert checkpoints.run_folder("lora", **dict(reversed(base.items()))) == folders[0]
    assert files.read_json(folders[1] / "settings.json")["lr"] == 1e-4
    with pytest.raises(TypeError, match=r"run_folder\('lora'\): expected a number, .* as 'rows', found set"):
        checkpoints.run_folder("lora", model="org/name", rows={1})


def test_a_model_is_known_by_its_files_not_by_its_path(model_path, tmp_path):
    from datasets import Dataset

    copy = shutil.copytree(model_path, tmp_path / "copy")
    assert checkpoints.fingerprint(copy) == checkpoints.fingerprint(str(model_path))
    config = (copy / "config.json").read_text(encoding="utf-8")
    assert '"transformers_version": "' in config
    other = config.replace('"transformers_version": "', '"transformers_version": "9.').replace("\n", "\r\n")
    (copy / "config.json").write_bytes(other.encode())  # as Windows and another transformers write it
    assert checkpoints.fingerprint(copy) == checkpoints.fingerprint(model_path)
    (copy / "config.json").write_bytes(config.replace('"num_hidden_layers": 2', '"num_hidden_layers": 3').encode())
    assert checkpoints.fingerprint(copy) != checkpoints.fingerprint(model_path)
    (copy / "config.json").write_bytes(config.encode())
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert checkpoints.fingerprint(copy) != checkpoints.fingerprint(model_path)
    assert checkpoints.fingerprint(Dataset.from_list(ROWS)) == checkpoints.fingerprint(ROWS)


def test_a_checkpoint_is_as_large_as_foreseen(model_path, whole_checkpoint):
    large = sum((whole_checkpoint / name).stat().st_size for name in ("model.safetensors", "optimizer.pt"))
    assert large == pytest.approx(checkpoints.checkpoint_bytes(model_path), rel=0.25)


def test_too_little_room_is_said_before_training(tmp_path):
    with pytest.raises(OSError, match=r"run: expected 1,000,000,000 MB of free disk .* found [\d,]+ MB\. Free"):
        checkpoints.check_room(tmp_path / "run", 10**15)
    checkpoints.check_room(tmp_path / "run", 1000)
    assert not list((tmp_path / "run").iterdir())


def test_an_unwritable_folder_is_said_before_training(home, monkeypatch):
    (home / "runs").write_text("a file where the folder should be")
    with pytest.raises(OSError, match=r"runs.name-\w+: expected a folder that can be written, .*FTLAB_RUNS names"):
        checkpoints.run_folder("name", model="org/name")
    (home / "runs").unlink()
    monkeypatch.setattr(Path, "write_bytes", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(OSError, match=r"written, found: Permission denied\. Close the program .* FTLAB_RUNS names"):
        checkpoints.run_folder("name", model="org/name")


def test_other_errors_pass_through(tmp_path):
    with pytest.raises(RuntimeError, match="^shapes do not match$"), checkpoints.resumable(tmp_path):
        raise RuntimeError("shapes do not match")


REMEDIES = {  # of each error of a disk, what no other's remedy says
    errno.ENOSPC: "Free some disk space or", errno.EROFS: "This disk is read-only", errno.EACCES: "change its rights",
    errno.EDQUOT: "Your share of this disk is used up", errno.EFBIG: "FAT takes 4 GB",
    errno.EIO: "the network to it failed",
}  # fmt: skip


@pytest.mark.parametrize("number", REMEDIES, ids=errno.errorcode.get)
def test_every_error_of_a_disk_has_its_own_remedy_while_a_model_trains(tmp_path, number):
    """As Python's own, and as safetensors tells it; that of half a checkpoint goes and the one before stays."""
    from safetensors import SafetensorError

    said = os.strerror(number)
    for error in (OSError(number, said), SafetensorError(f"Error while serializing: {said} (os error {number})")):
        half = tmp_path / "run" / "checkpoint-4"
        with (pytest.raises(OSError, match="expected to write one more checkpoint") as caught,
              checkpoints.resumable(tmp_path / "run")):  # fmt: skip
            half.mkdir(parents=True)
            (half / "model.safetensors").write_bytes(b"half")
            raise error
        message = str(caught.value)
        assert caught.value.errno == number and said in message and "Then run the cell again" in message
        assert [other for other, remedy in REMEDIES.items() if remedy in message] == [number]
        assert not half.exists()


def test_a_full_disk_leaves_the_checkpoint_before_it_whole(model_path, undisturbed, tmp_path):
    """On a real disk that is full: a small one in memory, seen by one process alone."""
    private = ("unshare", "--mount", "--map-root-user", "sh", "-c",
               f'mount -t tmpfs -o size=16m tmpfs "{tmp_path}" && exec "$0" "$@"')
    if shutil.which("unshare") is None or subprocess.run([*private, "true"], capture_output=True).returncode:
        pytest.skip("this system lets no user mount a small disk")
    process = start("full-disk", tmp_path, model_path, private)
    output = process.communicate(timeout=180)[0]
    assert process.returncode == 0, output
    assert output.splitlines()[-1] == undisturbed, output


def full_disk(home: Path, model_path: Path) -> None:
    """Fills the disk after the first checkpoint: first to the last byte, then so that the weights go in and no more."""
    def fill(step: int, folder: Path, free: int) -> None:
        with open(home / "filler", "wb") as filler:
            filler.write(bytes(max(0, shutil.disk_usage(home).free - free)))

    weights = sum(path.stat().st_size + 4096 for path in model_path.iterdir())
    for last, free in enumerate((0, weights)):
        try:
            cell(model_path, at_save=lambda step, folder, free=free: fill(step, folder, free))
        except OSError as error:
            print(error)
            assert "expected to write one more checkpoint, found 0 MB free" in str(error), error
            assert "Free some disk space" in str(error) and "Then run the cell again" in str(error), error
        else:
            raise AssertionError("the disk was not full")
        folder = only_run(home)
        assert [step for step, _ in checkpoints.found(folder)] == whole(folder) == [2], list(folder.iterdir())
        (home / "filler").unlink()
        if not last:
            checkpoints.finish(folder)
    print(cell(model_path))


if __name__ == "__main__":
    action, model, course = sys.argv[1], Path(sys.argv[2]), Path(os.environ["FTLAB_HOME"])
    if action == "wait":
        def wait(step: int) -> None:
            if step == 5:
                (course / "runs" / "waits").touch()
                time.sleep(300)

        cell(model, at_step=wait)
    elif action == "die-writing":
        import transformers

        def die(trainer, folder: str) -> None:
            if trainer.state.global_step == 4:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            save(trainer, folder)

        save, transformers.Trainer._save_rng_state = transformers.Trainer._save_rng_state, die
        cell(model)
    else:
        full_disk(course, model)
