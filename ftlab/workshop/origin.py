"""Where a training's weights come from: what its texts were made from, and the machines and minutes that it took."""

from __future__ import annotations

import hashlib
from pathlib import Path
from statistics import median

from ftlab import files, paths
from ftlab.model import precision
from ftlab.workshop.inputs import PACKAGE, digest

# What the lab model's texts are made from: modules of ftlab.world, and the folders of its tables.
MODULES = ("drills", "forms", "general", "goods", "invent", "market", "notices", "prose", "shops", "text")
TABLES = ("general", "market", "shops")


def sources() -> dict[str, str]:
    """Hashes of what the texts are made from, by file, and of the names that no text may invent.

    A training that goes on after one of them has changed reads other texts than it would have.
    """
    from ftlab.world import invent

    found = {f"ftlab/world/{name}.py": digest(PACKAGE / "world" / f"{name}.py") for name in MODULES}
    for folder in TABLES:
        for path in sorted((paths.data() / "world" / folder).glob("*.csv")):
            found[f"data/world/{folder}/{path.name}"] = digest(path)
    taken = "\n".join(sorted(invent.taken()))
    return found | {"the names of the world": hashlib.sha256(taken.encode()).hexdigest()[:16]}


def warning(before: dict[str, str], now: dict[str, str]) -> str:
    """What to tell a person who goes on with a run whose sources have changed; empty if they have not."""
    changed = [name for name in sorted(before | now) if before.get(name) != now.get(name)]
    if not changed:
        return ""
    return (
        f"the checkpoint's texts were made from other sources than there are now ({', '.join(changed)}). The training "
        "goes on with those of now, so no single command will give the same weights. To avoid that, stop it and go "
        "back to the commit that it began with."
    )


def machine() -> dict[str, str | int]:
    """This machine, and what it computes with."""
    import torch

    from ftlab.course import doctor

    device, dtype, _ = precision()
    name = f"{torch.cuda.get_device_name()}; {doctor.machine()}" if device == "cuda" else doctor.machine()
    return {"machine": name, "device": device, "dtype": dtype, "threads": torch.get_num_threads()}


def hardware(run: Path, given: str | None = None) -> str:
    """The machines that trained, with device, number format and threads, as the run in a folder noted them.

    Args:
        given: In words, for a run, or the beginning of one, that noted nothing.
    Raises:
        ValueError: If nothing is noted or given.
    """
    path = run / "machines.json"
    if not path.exists():
        if given:
            return given
        raise ValueError(f"{path}: expected the machines that trained, found no such file: the run is older than the "
                         "note. Say it in words: --hardware 'two cores of ..., bf16, compiled'.")
    noted = files.read_json(path)
    parts = [f"before step {noted[0]['from_step']:,}: {given or 'not noted'}"] if noted[0]["from_step"] else []
    before = ""
    for each in noted:
        words = (f"{each['machine']}, on {each['device']} in {each['dtype']}, {each['threads']} threads"
                 f"{', compiled' if each['compiled'] else ''}")
        if words != before:
            parts.append(f"from step {each['from_step']:,}: {words}" if each["from_step"] else words)
        before = words
    return "; ".join(parts)


def minutes(log: list[dict]) -> str:
    """How long a run took by the clock, and what it would have taken at the median pace of its log's rows.

    A run that was stopped or shared its processor takes longer by the clock than at its median pace.
    """
    steps, seconds = ([0, *(entry[key] for entry in log)] for key in ("step", "elapsed_s"))
    pace = median((seconds[i] - seconds[i - 1]) / (steps[i] - steps[i - 1]) for i in range(1, len(steps)))
    clock, steady = seconds[-1] / 60, pace * steps[-1] / 60
    if clock < 1.1 * steady:
        return f"{clock:.0f} minutes"
    return f"{clock:.0f} minutes by the clock; {steady:.0f} at its median pace of {pace:.2f} s a step"
