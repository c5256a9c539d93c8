"""Keeps the numbers and examples of ``data/README.md`` in step with the files: ``python -m ftlab.workshop.data_card``.

It writes counts, sizes, splits, example rows, the table of the rivals without a model and what stands between
``<!-- NAME -->`` and ``<!-- end -->``. All else on the card is prose, which it leaves as it is: a new file's line is
written by hand first.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
from collections import Counter
from pathlib import Path

from ftlab import files, paths, texts
from ftlab.scores import desk, rules, template
from ftlab.world import brand, pairs, quillmere

SHORT = 25  # characters of a value in an example row
SHOWN = "follow_up"  # the kind of which one conversation is shown in full
ROW = re.compile(r"^\| `([\w/.]+)` \| [\d,]+ \| [\d,]+ \|", re.MULTILINE)
EXAMPLE = re.compile(r"^\| `([\w/*.]+)` \| `.*\|$", re.MULTILINE)


def render(card: str) -> str:
    """The card with every number and example as the files have it now.

    Raises:
        ValueError: If a file below ``data/`` has no line, or a part that is to be written is missing.
    """
    card = ROW.sub(_count, card)
    card = EXAMPLE.sub(lambda found: _example(found[1]), card)
    tables = sorted((paths.data() / "world").glob("*/*.csv"))
    rows, size = sum(len(files.read_table(path)) for path in tables), sum(path.stat().st_size for path in tables)
    card = _put(card, r"the tables: \d+ files, [\d,]+ rows, \d+ kB",
                f"the tables: {len(tables)} files, {rows:,} rows, {size / 1000:.0f} kB")
    for name, counts in _splits().items():
        numbers = " | ".join(f"{counts[split]:,}" for split in quillmere.SPLITS)
        card = _put(card, rf"^\| {name} \| [\d,]+ \| [\d,]+ \| [\d,]+ \|", f"| {name} | {numbers} |")
    scores = [template.scores(texts.conversations("test"), each) for each in (template.reply, rules.reply)]
    for kind in (*pairs.KINDS, "all"):
        fit, ruled = (each.get(kind) or [one for some in each.values() for one in some] for each in scores)
        card = _put(card, rf"^\| {kind} \| \d+ \| \d+ \| \d+ \|$",
                    f"| {kind} | {sum(fit)} | {sum(ruled)} | {len(fit)} |")
    twice, same = _filled_twice()
    card = _put(card, r"Of the \d+ pairs that are, \d+ ask about", f"Of the {twice} pairs that are, {same} ask about")
    for name, text in (("kinds", _kinds()), ("conversation", _conversation())):
        card = _put(card, rf"^<!-- {name} -->\n.*?^<!-- end -->$", f"<!-- {name} -->\n{text}\n<!-- end -->", re.DOTALL)
    return card


def missing(card: str) -> list[str]:
    """The files of texts below ``data/`` that have no line among the counts, or none among the examples."""
    made = {path.relative_to(paths.data()).as_posix() for path in paths.data().glob("*/*.jsonl")}
    made = {name for name in made if not name.startswith(("lab-model/", "stored/", "reference/", "shelf/"))}
    shown = {path.relative_to(paths.data()).as_posix() for pattern in EXAMPLE.findall(card)
             for path in paths.data().glob(pattern)}
    return sorted((made - set(ROW.findall(card))) | (made - shown))


def _put(card: str, pattern: str, text: str, flags: int = 0) -> str:
    found, count = re.subn(pattern, lambda _: text, card, flags=re.MULTILINE | flags)
    if count != 1:
        raise ValueError(f"data/README.md: expected one place like {pattern!r}, found {count}. Write the line by hand, "
                         "with any numbers.")
    return found


def _count(found: re.Match) -> str:
    path = _there(found[1])
    return f"| `{found[1]}` | {len(files.read_jsonl(path)):,} | {path.stat().st_size / 1000:,.0f} |"


def _there(name: str) -> Path:
    path = next(iter(sorted(paths.data().glob(name))), None)
    if path is None:
        raise ValueError(f"data/README.md: expected a file data/{name}, found none. Take its line out.")
    return path


def _example(pattern: str) -> str:
    row = files.read_jsonl(_there(pattern))[0]
    return f"| `{pattern}` | {' · '.join(f'`{key}` {_short(value)}' for key, value in row.items())} |"


def _short(value: object) -> str:
    """The beginning of a value, on one line and without what a table's cell cannot hold."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    cut = re.split(r"[\n|`]", text[:SHORT])[0]
    return text if cut == text else f"{cut.rstrip()}…"


def _splits() -> dict[str, Counter]:
    """How many rows of each thing are in which split."""
    of = {name: Counter(row["split"] for row in files.read_jsonl(paths.data() / f"{file}.jsonl"))
          for name, file in (("tickets", "quillmere/tickets"), ("articles", "quillmere/articles"),
                             ("article questions", "questions/articles"), ("descriptions", "quillmere/descriptions"),
                             ("documents", "quillmere/documents"))}
    return of | {
        "products": Counter(product.split for product in quillmere.products()),
        "policies": Counter(policy.split for policy in quillmere.policies()),
        "conversations": Counter({split: len(texts.conversations(split)) for split in quillmere.SPLITS}),
        "plain conversations": Counter({split: len(texts.plain_conversations(split)) for split in quillmere.SPLITS}),
    }


def _kinds() -> str:
    """A table of the kinds: conversations by split, pairs by split, and what was written by hand."""
    rows = {split: Counter(row["kind"] for row in texts.conversations(split)) for split in quillmere.SPLITS}
    of_policy = {policy.id: policy.split for policy in quillmere.policies()}
    lines = ["| kind | conversations: train | valid | test | pairs: train | valid | test | messages | replies |",
             "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    total: Counter = Counter()
    for kind in pairs.KINDS:
        split = Counter(pair.get("split") or of_policy[pair["policy"]] for pair in pairs.table(kind))
        numbers = [rows[each][kind] for each in quillmere.SPLITS] + [split[each] for each in quillmere.SPLITS]
        numbers += [len({pair[key] for pair in pairs.table(kind) for key in pair if key.startswith(part)})
                    for part in ("ask", "reply")]
        total.update(dict(enumerate(numbers)))
        lines.append(f"| {kind} | {' | '.join(f'{number:,}' for number in numbers)} |")
    return "\n".join([*lines, f"| together | {' | '.join(f'{total[i]:,}' for i in range(8))} |"])


def _filled_twice() -> tuple[int, int]:
    """How many pairs of the test, beside those of ``fact``, are filled in twice; of how many about the same thing."""
    by_pair: dict[tuple, list[tuple]] = {}
    for row in texts.conversations("test"):
        by_pair.setdefault((row["kind"], row["question_phrasing"]), []).append((row["product"], row["policy"]))
    twice = [about for (kind, _), about in by_pair.items() if kind != "fact" and len(about) > 1]
    return len(twice), sum(len(set(about)) == 1 for about in twice)


def _conversation() -> str:
    """The first test conversation of the kind ``SHOWN`` in full, with the gold reply's score and the template's."""
    row = next(row for row in texts.conversations("test") if row["kind"] == SHOWN)
    names = {"system": "screen", "user": "customer", "assistant": "desk"}
    *before, gold = row["messages"]
    said = [(names[turn["role"]], turn["content"]) for turn in before]
    said += [("expected", ", ".join(row["expected"])), ("forbidden", ", ".join(row["forbidden"]) or "nothing")]
    for who, reply in (("gold reply", gold["content"]), ("template's reply", template.reply(row))):
        manner = "on-brand" if brand.on_brand(reply) else "not on-brand"
        said += [(who, reply), ("its score", f"{'; '.join(desk.faults(reply, row)) or 'right'}; {manner}")]
    wrapped = textwrap.TextWrapper(118, subsequent_indent="    ", break_on_hyphens=False)
    lines = [line for who, text in said for line in wrapped.wrap(f"{who}: {' / '.join(text.splitlines())}")]
    return "\n".join([f"`{row['id']}`, of the kind `{row['kind']}`:", "", "```text", *lines, "```"])


def main(argv: list[str] | None = None) -> int:
    """Writes the card's numbers and examples anew, or with ``--check`` says whether they are in step."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.data_card", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the card is not in step")
    args = parser.parse_args(argv)
    path = paths.data() / "README.md"
    card = path.read_text(encoding="utf-8")
    try:
        if absent := missing(card):
            raise ValueError(f"{path}: expected a line of counts and an example row for every file, found none for "
                             f"{', '.join(absent)}. Write them by hand, with any numbers and values.")
        now = render(card)
    except ValueError as error:
        print(f"data_card: {error}", file=sys.stderr)
        return 1
    if now == card:
        print(f"{path} is in step")
    elif args.check:
        print(f"{path}: its numbers or examples differ from the files. Run `python -m ftlab.workshop.data_card`.")
    else:
        files.write_text(path, now)
        print(f"{path} written")
    return int(args.check and now != card)


if __name__ == "__main__":
    raise SystemExit(main())
