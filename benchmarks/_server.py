"""CPU seconds of an embedded server: a shared machine's clock tells little."""

import os
from pathlib import Path

from custody.adapters.embedded.postgres import EmbeddedPostgres

_TICKS = os.sysconf("SC_CLK_TCK")


def server_seconds(server: EmbeddedPostgres) -> float:
    """Return what the server and every process of its own have used until now."""
    pid_file = server.home.resolve() / "cluster" / "postmaster.pid"
    postmaster = pid_file.read_text("ascii").partition("\n")[0]
    ticks = sum(_times(postmaster))
    for one in Path("/proc").glob("[1-9]*"):
        try:
            told = _told(one.name)
        except OSError:  # it has ended meanwhile
            continue
        if told[1] == postmaster:
            ticks += sum(map(int, told[11:13]))
    return ticks / _TICKS


def _times(pid: str) -> tuple[int, ...]:
    """Return a process's own ticks and those of its children that have ended."""
    return tuple(map(int, _told(pid)[11:15]))


def _told(pid: str) -> list[str]:
    """Return what stands behind the name in a process's line of state."""
    line = Path("/proc", pid, "stat").read_text("ascii", errors="replace")
    return line.rpartition(")")[2].split()
