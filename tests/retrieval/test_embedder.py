"""Which embedder is taken, and what is said if there is none."""

import pytest
from bag_embedder import Bag

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


def test_a_folder_with_a_plan_of_its_own_needs_no_config(nothing_fetched, monkeypatch):
    static = nothing_fetched / "static"
    static.mkdir()
    (static / "modules.json").write_text("[]")
    monkeypatch.setenv("FTLAB_EMBEDDER", str(static))
    with pytest.raises(ValueError, match="found no weights as safetensors"):
        embedder.folder()
    (static / "0_StaticEmbedding").mkdir()
    (static / "0_StaticEmbedding" / "model.safetensors").write_text("")
    assert embedder.folder() == str(static)


def test_an_embedder_that_cannot_be_had_is_told_with_what_to_do(nothing_fetched, monkeypatch):
    monkeypatch.setenv("FTLAB_EMBEDDER", "nobody/has-made-this")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match="nobody/has-made-this: expected an embedder .*HF_HUB_OFFLINE .* unset it"):
        embedder.load()


def test_questions_are_encoded_as_questions_where_the_embedder_knows_the_difference():
    class Asymmetric:
        """Its vectors tell what it was asked for."""

        def encode_query(self, texts, **_):
            return [[2.0, 0.0]] * len(texts)

        def encode_document(self, texts, **_):
            return [[0.0, 3.0]] * len(texts)

        encode = None

    assert embedder.encode(Asymmetric(), ["why"], asked=True).tolist() == [[1, 0]]
    assert embedder.encode(Asymmetric(), ["so"]).tolist() == [[0, 1]]
    assert embedder.encode(Bag(), ["why"], asked=True).tolist() == embedder.encode(Bag(), ["why"]).tolist()
