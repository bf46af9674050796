"""How much memory a process and those it started took, each at its highest."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

_KIB_PER_MIB = 1024
_LOOK_SECONDS = 0.02


def peak_of_tree(task: "subprocess.Popen[str]") -> float:
    """Watch until the process ends; return MiB, the sum of every process's peak.

    The kernel keeps each process's peak (`VmHWM`), so what lies between two looks
    is not lost; the sum is at least what the tree ever held at one moment.
    """
    peaks: dict[int, int] = {}
    while True:
        for process in _tree(task.pid):
            peaks[process] = max(_peak(process), peaks.get(process, 0))
        with contextlib.suppress(subprocess.TimeoutExpired):
            task.wait(_LOOK_SECONDS)
            return sum(peaks.values()) / _KIB_PER_MIB


def _tree(process: int) -> Iterator[int]:
    yield process
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text(encoding="ascii").split():
                yield from _tree(int(child))


def _peak(process: int) -> int:
    """Return KiB; 0 when the process has ended."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0
