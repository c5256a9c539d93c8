"""Which embedder is taken, and what is said if there is none."""

import pytest

from ftlab.retrieval import embedder


@pytest.fixture
def nothing_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("FTLAB_MODELS", str(tmp_path))
    monkeypatch.delenv("FTLAB_EMBEDDER", raising=False)
    return tmp_path


def whole(folder):
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / name).write_text("{}")
    return folder


def test_by_default_it_is_the_fetched_one(nothing_fetched):
    with pytest.raises(
        ValueError, match=r"all-MiniLM-L6-v2: expected .* found no config.json. Run `ftlab fetch all-mi"
    ):
        embedder.folder()
    whole(nothing_fetched / "all-minilm-l6-v2")
    assert embedder.folder() == str(nothing_fetched / "all-minilm-l6-v2")


def test_the_dial_names_a_folder_or_a_hub_name(nothing_fetched, monkeypatch):
    mine = whole(nothing_fetched / "mine")
    monkeypatch.setenv("FTLAB_EMBEDDER", f' "{mine}" ')
    assert embedder.folder() == str(mine)
    monkeypatch.setenv("FTLAB_EMBEDDER", "BAAI/bge-small-en-v1.5")
    assert embedder.folder() == "BAAI/bge-small-en-v1.5"


def test_what_leads_nowhere_is_told(nothing_fetched, monkeypatch):
    monkeypatch.setenv("FTLAB_EMBEDDER", "no/such/folder")
    with pytest.raises(ValueError, match="FTLAB_EMBEDDER=no/such/folder: expected a folder .* or a hub name"):
        embedder.folder()
    mine = whole(nothing_fetched / "mine")
    (mine / "model.safetensors").unlink()
    monkeypatch.setenv("FTLAB_EMBEDDER", str(mine))
    with pytest.raises(ValueError, match="expected an embedder in .*mine, found no model.safetensors"):
        embedder.folder()
