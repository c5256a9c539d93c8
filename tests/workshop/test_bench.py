"""The benchmark's small parts: which cells it times, and how a report of imports is added up."""

from __future__ import annotations

from ftlab.workshop import bench


def test_the_first_cell_and_those_up_to_the_first_replies() -> None:
    first, whole = bench.first_cells()
    assert "import torch" in first and "from_pretrained" not in first
    assert whole.startswith(first) and "generate.replies(" in whole and "LoraConfig(" not in whole
    compile(whole, "00", "exec")  # plain Python: no magic of notebooks among them


def test_the_time_of_imports_is_added_up_by_package() -> None:
    report = """import time: self [us] | cumulative | imported package
import time:       100 |        100 |   json.decoder
import time:       300 |        400 | json
garbage
import time:   2000000 |    2000700 |     torch._C
import time:       500 |        500 | zipfile
"""
    assert bench.slowest(report) == [("torch", 2.0), ("zipfile", 0.0005), ("json", 0.0004)]
