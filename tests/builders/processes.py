"""What the kernel tells of other processes: children, open files, limits."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def sealing_workers(process: int) -> list[int]:
    """Return the sealing workers that a process has started."""
    return [one for one in descendants(process) if b"sealing_worker" in command_of(one)]


def descendants(process: int) -> Iterator[int]:
    """Yield the children of a process, and theirs."""
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text(encoding="ascii").split():
                yield int(child)
                yield from descendants(int(child))


def command_of(process: int) -> bytes:
    """Return what a process was started as; nothing when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""


def written_by(process: int) -> set[Path]:
    """Return the files that a process may write, and the memory it shares by name."""
    written = set()
    for entry in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            place, told = entry.readlink(), Path(f"/proc/{process}/fdinfo/{entry.name}")
            flags = told.read_text(encoding="ascii").split("flags:")[1].split()[0]
            if place.is_absolute() and int(flags, 8) & os.O_ACCMODE != os.O_RDONLY:
                written.add(place)
    with contextlib.suppress(OSError):
        maps = Path(f"/proc/{process}/maps").read_text(encoding="utf-8").splitlines()
        names = [line.split(maxsplit=5)[5:] for line in maps]
        shared = ("/dev/shm", "/memfd:", "/SYSV", "/dev/zero")  # noqa: S108 - looked at
        written |= {Path(n) for (n,) in filter(None, names) if n.startswith(shared)}
    return written


def core_limit(process: int) -> str:
    """Return how large a core the process may leave, as the kernel writes it."""
    for line in (
        Path(f"/proc/{process}/limits").read_text(encoding="ascii").splitlines()
    ):
        if line.startswith("Max core file size"):
            return line.split()[4]
    return ""


def environment_of(process: int) -> bytes:
    """Return the environment with which a process was started.

    Nothing when it is gone; Airflow's own write their titles over theirs.
    """
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/environ").read_bytes()
    return b""


def ancestors(process: int) -> Iterator[int]:
    """Yield who started a process, and who started those, up to the first of all."""
    while process > 1:
        told = ""
        with contextlib.suppress(OSError):
            told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
        process = int(told.rpartition(")")[2].split()[1]) if told else 0
        if process:
            yield process
