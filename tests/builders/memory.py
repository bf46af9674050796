"""How much memory a process and those it started take at their worst moment."""

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_KIB_PER_MIB = 1024
_LOOK_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Taken:
    """KiB that one process has in memory: pages of its own, and of files."""

    own: int
    files: int


def peak_of_tree(task: "subprocess.Popen[str]") -> float:
    """Watch until the process ends; return MiB, the most the tree took at a look.

    That is every process's own pages, and the pages of files (Python and its
    libraries, which all of them map alike) once, as the process has them that has
    most.  It is the sum of their proportional sizes (PSS) on a machine where nobody
    else runs the same Python, and needs no right to look into them.
    """
    most = 0
    while True:
        most = max(most, _together(list(_tree(task.pid))))
        with contextlib.suppress(subprocess.TimeoutExpired):
            task.wait(_LOOK_SECONDS)
            return most / _KIB_PER_MIB


def _together(taken: "list[Taken]") -> int:
    files = max((one.files for one in taken), default=0)
    return sum(one.own for one in taken) + files


def _tree(process: int) -> Iterator[Taken]:
    yield taken_by(process)
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text(encoding="ascii").split():
                yield from _tree(int(child))


def taken_by(process: int) -> Taken:
    """Return what one process takes; nothing when it has ended."""
    found = {"RssAnon": 0, "RssFile": 0, "RssShmem": 0}
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
        for line in status.splitlines():
            name, _, amount = line.partition(":")
            if name in found:
                found[name] = int(amount.split()[0])
    return Taken(own=found["RssAnon"] + found["RssShmem"], files=found["RssFile"])
