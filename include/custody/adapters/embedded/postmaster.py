"""Whether an embedded server lives, told from its lock file and the kernel.

`pg_ctl status` takes a zombie, or a stranger that got the same process id after a
container's restart, for the server; PostgreSQL then refuses to start for ever.
"""

import time
from pathlib import Path

from psycopg import pq

from custody.domain.language import Text
from custody.errors import WorldError

ORPHANS_TIMEOUT_SECONDS = 30.0
_POLL_SECONDS = 0.05
_SEGMENT_LINE = 6  # "key id" of the shared memory segment
_ID_COLUMN, _ATTACHED_COLUMN = 1, 6  # of /proc/sysvipc/shm
_LEFT = Text(
    "{files}：已停止的服务器仍有进程",
    "{files}: processes of a dead server are still there",
)


def server_lives(files: Path) -> bool:
    """Whether the process that the lock file names is the server of this cluster."""
    lines = _lock_lines(files)
    if not lines or not lines[0].strip().isdigit():
        return False
    process = Path("/proc") / lines[0].strip()
    try:
        state = (process / "stat").read_text("utf-8").rpartition(")")[2].split()[0]
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return state != "Z" and str(files).encode() in words


def server_answers(url: str) -> bool:
    """Whether a server takes connections at a URL; not so while it heals a crash."""
    return pq.PGconn.ping(url.encode()) == pq.Ping.OK


def clear_after_death(files: Path, sockets: Path) -> None:
    """Remove the lock files of a server that is dead, its last process gone.

    `files` is the cluster's folder, `sockets` that of its socket.  WorldError when
    processes of it stay: a second server would ruin the files.
    """
    if not (files / "postmaster.pid").exists() or server_lives(files):
        return
    patience = time.monotonic() + ORPHANS_TIMEOUT_SECONDS
    while _attached(files):
        if time.monotonic() > patience:
            raise _LEFT.as_error(WorldError, files=files)
        time.sleep(_POLL_SECONDS)
    for lock in (*sockets.glob(".s.PGSQL.*"), files / "postmaster.pid"):
        lock.unlink(missing_ok=True)


def _attached(files: Path) -> bool:
    """Whether a process still holds the dead server's shared memory."""
    lines = _lock_lines(files)
    if len(lines) <= _SEGMENT_LINE:
        return False
    segment = lines[_SEGMENT_LINE].split()[-1:]
    with Path("/proc/sysvipc/shm").open(encoding="utf-8") as table:
        columns = [line.split() for line in table]
    return any(
        row[_ID_COLUMN : _ID_COLUMN + 1] == segment and row[_ATTACHED_COLUMN] != "0"
        for row in columns
    )


def _lock_lines(files: Path) -> list[str]:
    try:
        return (files / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
