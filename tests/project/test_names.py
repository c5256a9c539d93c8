"""Each module and class of the package has a name of its own, and a test file has the name of the module it is of."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE, TESTS = ROOT / "ftlab", ROOT / "tests"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Two modules of one base name are mixed up in a search, in a traceback and in talk. A renamed module makes every stored
# result that read it stale, and these are behind most of the long runs.
TWIN_MODULES = {
    "course": "course/course.py, which runs the notebooks in order, is what its room is there for",
    "desk": "scores/desk.py scores the replies of the support desk whose raw export world/desk.py writes",
    "pairs": "tuning/pairs.py puts two replies to one prompt into a row, world/pairs.py writes messages with replies",
    "votes": "experiments/votes.py draws and stores the pairs that the raters of scores/votes.py vote on",
}
TWIN_CLASSES = {
    "Document": "a text of the invented market; a text that retrieval can find",
    "Draft": "a record that is about to get faults; a reply to edit by hand; a reply to judge",
    "Fact": "each invented world has facts of its own: a page's, the land's, the desk's",
    "Index": "of documents to search; of the test items' n-grams",
    "Product": "of the market, with its maker; of the house, with all that its record says",
    "Row": "of the choice of records; of the report on claims; of a table that compares models",
    "Rule": "of the brand guide; of the gate on scores",
    "Score": "of a reply to a task; of a step of the curation against the truth",
}
ONE_MEANING = ("judge", "outcome")  # a function or class of this name, in any case, is there at most once

NOT_MIRRORED = {"notebooks", "project"}  # tests of what is no module
OF_NO_MODULE = {
    "retrieval/test_index_processes.py": "indexers and readers in processes of their own, some of which are killed",
    "scores/test_vote_browser.py": "the form for votes in a real browser: widget, log and kernel together",
    "tuning/test_families.py": "ten families of models through chat format, training, loss and generation",
}


def defined(*kinds: type) -> dict[str, list[str]]:
    """The files that define each public name at their top level."""
    found = defaultdict(list)
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, kinds) and not node.name.startswith("_"):
                found[node.name].append(path.relative_to(PACKAGE).as_posix())
    return found


def twice(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: places for name, places in found.items() if len(places) > 1}


def test_every_module_and_room_has_a_base_name_of_its_own() -> None:
    found = defaultdict(list)
    for path in MODULES:
        name = path.parent.name if path.stem == "__init__" else path.stem
        found[name].append(path.relative_to(PACKAGE).as_posix())
    twins = twice(found)
    assert twins.keys() == TWIN_MODULES.keys(), f"expected the twins in TWIN_MODULES and no other, found {twins}"


def test_every_public_class_has_a_name_of_its_own() -> None:
    twins = twice(defined(ast.ClassDef))
    assert twins.keys() == TWIN_CLASSES.keys(), f"expected the twins in TWIN_CLASSES and no other, found {twins}"


def test_the_words_that_once_meant_four_things_mean_one() -> None:
    found = defined(ast.ClassDef, ast.FunctionDef)
    for word in ONE_MEANING:
        places = [place for name in found if name.lower() == word for place in found[name]]
        assert len(places) <= 1, f"{word}: expected at most one class or function of this name, found {places}"


def test_every_test_file_has_the_name_of_its_module() -> None:
    strays = set()
    for path in TESTS.rglob("test_*.py"):
        folder, name = path.parent.relative_to(TESTS), path.stem.removeprefix("test_")
        module = PACKAGE / folder / name
        if folder.parts[:1] and folder.parts[0] in NOT_MIRRORED:
            continue
        if not module.with_suffix(".py").is_file() and not (module / "__init__.py").is_file():
            strays.add(path.relative_to(TESTS).as_posix())
    assert strays == OF_NO_MODULE.keys(), (
        f"expected a module of the same name and room for each, found none for {sorted(strays - OF_NO_MODULE.keys())}; "
        f"in OF_NO_MODULE for nothing: {sorted(OF_NO_MODULE.keys() - strays)}"
    )
