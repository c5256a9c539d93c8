"""What several files of this room ask."""

from __future__ import annotations

import pytest
from bag_embedder import Bag
from colours import shop

from ftlab.retrieval import index


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    made = index.create(tmp_path_factory.mktemp("indexes") / "shop", Bag())
    made.add(shop())
    return made
