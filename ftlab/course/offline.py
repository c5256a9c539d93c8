"""Runs a command with the network cut, and fails if anything in it tried to reach out.

Two means work together. On Linux the command runs in a network namespace that holds only the loopback device. On every
system a guard sits in each Python process the command starts: it refuses whatever leaves this computer and writes down
who tried.
"""

from __future__ import annotations

import argparse
import errno
import ipaddress
import os
import socket
import struct
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

LOG = "FTLAB_OFFLINE_LOG"  # environment variable: the file to which the guard appends one line per attempt
FETCH_NOTHING = "FTLAB_OFFLINE"  # environment variable: if set, no command fetches a model by itself
LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
SENDS = {"socket.connect", "socket.sendto", "socket.sendmsg"}


def environment(model: str | None = None) -> dict[str, str]:
    """What to add to a kernel's environment: no telemetry and, unless ``model`` is a hub name, no hub.

    Args:
        model: The value of ``FTLAB_MODEL``: empty for the bundled model, a folder, or a hub name such as ``org/name``.
    """
    quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "TOKENIZERS_PARALLELISM": "false"}
    if model:
        from ftlab.model import located  # here, since a guarded Python may not know ftlab

        if not os.path.exists(located(model)):
            return quiet
    return quiet | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


def is_here(host: object) -> bool:
    """Whether ``host`` is this computer's loopback (or no address at all, as when a server listens)."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def install_guard() -> None:
    """Refuses, from now on and in this process, every connection and look-up that leaves this computer.

    Python's audit hooks see the socket calls of every library written in Python and cannot be taken out again.
    """
    names = {socket.gethostname().lower(), socket.gethostname().lower() + ".local"}

    def hook(event: str, arguments: tuple) -> None:
        if event in LOOK_UPS:
            host = arguments[0]
            if str(host).lower() in names:  # Jupyter asks for this computer's own addresses and can do without
                raise socket.gaierror(socket.EAI_NONAME, "the network is cut for this run")
            if not is_here(host):
                refuse(f"look up {host!r}")
        elif event in SENDS:
            sock, address = arguments[0], arguments[-1]
            if sock.family in (socket.AF_INET, socket.AF_INET6) and address and not is_here(address[0]):
                refuse(f"reach {address[0]} port {address[1]}")

    sys.addaudithook(hook)


def refuse(what: str) -> None:
    """Writes the attempt down and raises the error that an unplugged cable would give."""
    library = os.path.dirname(os.__file__)
    stack = [frame for frame in traceback.extract_stack() if frame.filename != __file__]
    outside = [frame for frame in stack if "site-packages" in frame.filename or not frame.filename.startswith(library)]
    frame = (outside or stack)[-1] if stack else None
    where = f" at {frame.filename}:{frame.lineno}" if frame else ""
    if log := os.environ.get(LOG):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"process {os.getpid()} ({' '.join(sys.argv[:2]) or 'python'}) tried to {what}{where}\n")
    raise OSError(errno.ENETUNREACH, f"the network is cut for this run, and something tried to {what}")


def cut() -> bool:
    """Moves this process into a network namespace with only the loopback device; False where that is not allowed."""
    if sys.platform != "linux":
        return False
    import ctypes
    import fcntl

    new_user, new_net = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(new_net) != 0:
        if libc.unshare(new_user | new_net) != 0:
            return False
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path("/proc/self", name).write_text(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(sock, 0x8914, request)  # SIOCSIFFLAGS
    return True


def unroutable() -> int:
    """How often the kernel found no route in this namespace: it also sees what is not written in Python."""
    try:
        lines = Path("/proc/self/net/snmp").read_text().splitlines()
    except OSError:
        return 0
    rows = [line.split() for line in lines if line.startswith("Ip:")]
    return int(dict(zip(*rows, strict=True))["OutNoRoutes"])


def run(command: Sequence[str], announce: bool = True) -> int:
    """Runs ``command`` with the network cut and returns its exit code, or 1 if it succeeded but tried to reach out."""
    try:
        is_cut = cut()
    except OSError:
        is_cut = False
    if announce:
        how = "a namespace with only the loopback device" if is_cut else "a guard on Python's sockets"
        print(f"network: cut by {how}", flush=True)
    before = unroutable() if is_cut else 0
    with tempfile.TemporaryDirectory(prefix="ftlab-offline-") as folder:
        log = Path(folder) / "attempts.txt"
        Path(folder, "sitecustomize.py").write_text(SITE.format(path=str(Path(__file__).resolve())), encoding="utf-8")
        path = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
        extra = {LOG: str(log), FETCH_NOTHING: "1", "PYTHONPATH": path}
        try:
            code = subprocess.run(list(command), env=os.environ | environment() | extra).returncode
        except FileNotFoundError:
            print(f"{command[0]}: no such command", file=sys.stderr)
            return 127
        attempts = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    missed = unroutable() - before if is_cut else 0
    if not attempts and missed:
        attempts = [f"something that is not Python tried {missed} time(s) to reach an address outside"]
    if attempts:
        print(f"\nThe course works offline, but this run tried to reach out, {len(attempts)} time(s):", file=sys.stderr)
        print("\n".join(f"  {line}" for line in dict.fromkeys(attempts)), file=sys.stderr)
        return code or 1
    return code


# Python imports a module of this name when it starts. It loads the guard from its file (the process may belong to a
# Python that does not know ftlab) and then gives way to a sitecustomize that this one hides, unless it is a guard too.
SITE = """\
import importlib.machinery, importlib.util, os, sys
spec = importlib.util.spec_from_file_location("_ftlab_offline", {path!r})
guard = importlib.util.module_from_spec(spec)
spec.loader.exec_module(guard)
guard.install_guard()
hidden = importlib.machinery.PathFinder.find_spec(
    "sitecustomize", [p for p in sys.path if not os.path.basename(p).startswith("ftlab-offline-")])
if hidden and hidden.loader:
    hidden.loader.exec_module(importlib.util.module_from_spec(hidden))
"""


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m ftlab.course.offline COMMAND...``"""
    parser = argparse.ArgumentParser(
        prog="python -m ftlab.course.offline",
        description="Run a command with the network cut; "
        "exit with its code, or with 1 if anything in it tried to reach out.",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND...", help="the command and its arguments")
    arguments = parser.parse_args(argv)
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        parser.error("expected a command to run, for example: python -m ftlab.course.offline python -m pytest")
    return run(command)


if __name__ == "__main__":
    raise SystemExit(main())
