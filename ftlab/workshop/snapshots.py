"""The bars over the tokens read, from the weights that a training kept on its way: ``ftlab pretrain --keep-every N``.

``python -m ftlab.workshop.snapshots --run FOLDER`` asks every ``at-STEP.pt`` of a run, and the checkpoint of its end,
the questions of the bars. What is measured already is passed over, so it can be stopped and started again. The card
draws the result.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ftlab import files, model, paths
from ftlab.workshop import bars, pretrain, tokenizer
from ftlab.workshop.recipe import Recipe, Stage

FILE = "bars.jsonl"


def found(run: Path) -> dict[int, Path]:
    """The run's snapshots by their steps, in order, and the checkpoint of its end if none has that step.

    The step is what stands in the file: a copy of a checkpoint may have a later one than its name says.

    Raises:
        ValueError: If there is none of them.
    """
    by_step = {_state(path)["step"]: path for path in sorted(run.glob("at-*.pt"))}
    checkpoint = run / "checkpoint.pt"
    if checkpoint.exists() and (last := _state(checkpoint))["step"] == last["recipe"]["steps"]:
        by_step.setdefault(last["step"], checkpoint)
    if not by_step:
        raise ValueError(f"{run}: expected at-STEP.pt, or the checkpoint.pt of a finished run, found neither. Name the "
                         "folder of a run; `ftlab pretrain --keep-every 750` keeps the weights of every 750th step.")
    return dict(sorted(by_step.items()))


def export(path: Path, run: Path, folder: Path) -> int:
    """Writes a snapshot's model into a folder as the finished one is written, bf16 safetensors, with its tokenizer.

    Returns:
        How many tokens it had read.
    """
    state, words = _state(path), tokenizer.load(run)
    recipe = Recipe(**state["recipe"] | {"stages": tuple(Stage(**stage) for stage in state["recipe"]["stages"])})
    trained = pretrain.build(recipe, words)
    trained.load_state_dict(state["model"])
    pretrain.save(trained, words, folder)
    return state["step"] * recipe.rows * recipe.row_tokens


def measure(run: Path, out: Path, tuned: Sequence[int] = (), tune: dict | None = None, **counts: int) -> Iterator[dict]:
    """Measures the run's snapshots and adds a row for each bar to ``out``; yields the new rows.

    Args:
        tuned: Steps whose snapshots are fine-tuned as well (minutes each); of the others the bars before it.
        tune, counts: For ``bars.measure_tuned`` and ``bars.measure``, to ask less.
    Raises:
        ValueError: If there is no snapshot, or none of a step in ``tuned``.
    """
    rows = files.read_jsonl(out) if out.exists() else []
    done = {(row["step"], row["tuned"]) for row in rows}
    snapshots = found(run)
    if absent := sorted(set(tuned) - set(snapshots)):
        raise ValueError(f"{run}: expected snapshots of the steps {absent}, found those of {list(snapshots)}. Give "
                         "--tuned some of these.")
    for step, path in snapshots.items():
        if {(step, False), (step, step in tuned)} <= done:
            continue
        with tempfile.TemporaryDirectory() as folder:
            tokens = export(path, run, Path(folder))
            choice = model.choose(folder)
            for ask, options, after in ((bars.measure, counts, False), (bars.measure_tuned, tune or {}, True)):
                if (step, after) in done or (after and step not in tuned):
                    continue
                new = [_row(bar, step, tokens, after) for bar in ask(choice, **options)]
                rows += new
                files.write_jsonl(out, rows)
                yield from new


def _row(bar: bars.Bar, step: int, tokens: int, tuned: bool) -> dict:
    value, low, high = (None if end != end else round(100 * end, 2) for end in bar.interval)  # NaN: nothing counted
    return {"step": step, "tokens": tokens, "tuned": tuned, "bar": bar.name, "percent": value, "low": low, "high": high,
            "at_least": 100 * bar.at_least, "difference": bool(len(bar.against)), "goal": bar.goal, "over": bar.over,
            "met": bar.met}


def draw(rows: list[dict], path: Path, falls_at: float | None = None) -> None:
    """The bars over the tokens read, with intervals as bands and where each should be as a line of its colour.

    Args:
        rows: As ``measure`` yields them.
        path: The picture, a PNG.
        falls_at: From how many tokens on the learning rate falls.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from ftlab import figures

    figures.style()
    parts = [part for part in ([row for row in rows if row["tuned"] is tuned] for tuned in (False, True)) if part]
    fig, axes = plt.subplots(len(parts), 1, figsize=(7.5, 4.9 * len(parts)), squeeze=False, sharex=True,
                             layout="constrained")
    looks = ((figures.BLUE, "-"), (figures.GREY, "--"), (figures.GREEN, "-."), (figures.ORANGE, (0, (7, 2))),
             (figures.PINK, (0, (5, 1, 1, 1))))  # dots are for the bars
    for ax, part in zip(axes[:, 0], parts, strict=True):
        for (colour, style), name in zip(looks, dict.fromkeys(row["bar"] for row in part), strict=False):
            line = sorted((row for row in part if row["bar"] == name and row["percent"] is not None),
                          key=lambda row: row["tokens"])
            if line:
                figures.curve(ax, [row["tokens"] / 1e6 for row in line],
                              *([row[key] for row in line] for key in ("percent", "low", "high")), label=name,
                              color=colour, linestyle=style)
                if line[0]["goal"] != "none" and line[0]["at_least"]:
                    ax.axhline(line[0]["at_least"], color=colour, linestyle=":", linewidth=1.2)
        if falls_at:
            ax.axvline(falls_at / 1e6, color=figures.GREY, linestyle="--", linewidth=0.9)
        some = any(row["difference"] for row in part)
        ax.set(ylabel=f"share (%){', or difference (points)' if some else ''}",
               title="After a fine-tune" if part[0]["tuned"] else "Before any fine-tune")
        below = -0.16 if ax is axes[-1, 0] else -0.04  # the last axis has its numbers there
        ax.legend(fontsize="x-small", loc="upper center", bbox_to_anchor=(0.5, below), ncols=2)
    axes[-1, 0].set(xlabel="tokens read (millions)", xlim=(0, None))
    with files.atomic_path(path) as temporary:
        fig.savefig(temporary, format="png", dpi=110)
    plt.close(fig)


def _state(path: Path) -> dict:
    import torch

    return torch.load(path, weights_only=True, map_location="cpu", mmap=True)


def main(argv: list[str] | None = None) -> int:
    """Measures the snapshots of a run and prints each bar."""
    parser = argparse.ArgumentParser(prog="python -m ftlab.workshop.snapshots", description=__doc__)
    parser.add_argument("--run", type=Path, default=paths.runs() / "pretrain", help="folder of the run")
    parser.add_argument("--out", type=Path, help=f"where the rows go (default: {FILE} in the run's folder)")
    parser.add_argument("--tuned", type=int, nargs="*", default=[], metavar="STEP",
                        help="steps to measure after fine-tunes too, with three seeds")
    args = parser.parse_args(argv)
    out = args.out or args.run / FILE
    try:
        for row in measure(args.run, out, args.tuned):
            share = "no replies to count" if row["percent"] is None else f"{row['percent']:.1f}"
            print(f"step {row['step']:6,}  {row['tokens'] / 1e6:5.1f} M tokens  {row['bar']:<58} {share:>6} "
                  f"[{row['low']:.1f}, {row['high']:.1f}], bar: {row['goal']}, {row['over']}", flush=True)
    except (ValueError, OSError) as error:
        print(f"snapshots: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nsnapshots: stopped. What is measured is in {out}; the same command goes on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
