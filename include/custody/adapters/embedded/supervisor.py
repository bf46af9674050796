"""Our own small supervisor: keeps the processes of one Airflow running.

Each process leads a group of its own, so that its children are reached too.
It ends when told by SIGTERM: SIGTERM to every group, SIGKILL to those that stay.
A lock held for its lifetime tells others that it lives; the groups it started
stand in a file, so that the next one finds what a killed one left behind.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOP_TIMEOUT_SECONDS = 30
RESTART_DELAY_SECONDS = 2
_POLL_SECONDS = 0.2


@dataclass(slots=True)
class Supervisor:
    """Runs named commands; `folder` holds its lock, its list and their logs."""

    folder: Path
    commands: Mapping[str, Sequence[str]]
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _stopping: bool = False

    def run(self) -> int:
        """Run until SIGTERM; 1 when another supervisor of this folder lives."""
        with lock_file(self.folder).open("a") as lock:
            if not _take(lock.fileno()):
                return 1
            signal.signal(signal.SIGTERM, self._stop)
            signal.signal(signal.SIGINT, self._stop)
            end_leftovers(self.folder)
            for name in self.commands:
                self._start(name)
            self._watch()
            end_groups([child.pid for child in self._children.values()])
            _list_file(self.folder).unlink(missing_ok=True)
        return 0

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _watch(self) -> None:
        """Start again what ended by itself."""
        while not self._stopping:
            time.sleep(_POLL_SECONDS)
            for name, child in tuple(self._children.items()):
                if child.poll() is not None and not self._stopping:
                    end_groups([child.pid])
                    print(f"{name} ended with code {child.returncode}", flush=True)  # noqa: T201 - its log
                    time.sleep(RESTART_DELAY_SECONDS)
                    self._start(name)

    def _start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(  # noqa: S603 - our own commands
                self.commands[name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started = {
            str(child.pid): _birth(child.pid) for child in self._children.values()
        }
        _list_file(self.folder).write_text(json.dumps(started), encoding="utf-8")


def lock_file(folder: Path) -> Path:
    """Return the file whose lock the living supervisor holds."""
    return folder / "supervisor.lock"


def is_running(folder: Path) -> bool:
    """Whether a supervisor of this folder lives."""
    if not lock_file(folder).exists():
        return False
    with lock_file(folder).open("a") as lock:
        return not _take(lock.fileno())


def start_detached(folder: Path, environment: Mapping[str, str], home: Path) -> None:
    """Start `python -m …supervisor` as a daemon; its output goes to a log."""
    with (folder / "supervisor.log").open("ab") as log:
        daemon = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", __name__, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            env=dict(environment),
            start_new_session=True,
        )
    (folder / "supervisor.pid").write_text(
        json.dumps({str(daemon.pid): _birth(daemon.pid)}), encoding="utf-8"
    )


def stop(folder: Path) -> None:
    """Stop the supervisor and all it started, or left behind; idempotent."""
    for pid in _living(folder / "supervisor.pid"):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS + 2
    while is_running(folder) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    for pid in _living(folder / "supervisor.pid"):
        os.kill(pid, signal.SIGKILL)
    (folder / "supervisor.pid").unlink(missing_ok=True)
    end_leftovers(folder)


def end_leftovers(folder: Path) -> None:
    """End the groups that a killed supervisor left behind."""
    end_groups(_living(_list_file(folder)))
    _list_file(folder).unlink(missing_ok=True)


def end_groups(leaders: Sequence[int]) -> None:
    """SIGTERM to each group, then SIGKILL to those with members left."""
    for leader in leaders:
        _signal_group(leader, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    while time.monotonic() < deadline and any(map(_has_members, leaders)):
        _reap(leaders)
        time.sleep(_POLL_SECONDS)
    for leader in leaders:
        _signal_group(leader, signal.SIGKILL)
    _reap(leaders)


def _list_file(folder: Path) -> Path:
    return folder / "groups.json"


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _living(listed: Path) -> list[int]:
    """Return the listed processes that are still the same ones."""
    try:
        births: dict[str, str] = json.loads(listed.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return [int(pid) for pid, birth in births.items() if _birth(int(pid)) == birth]


def _birth(pid: int) -> str:
    """Return when a process began, in clock ticks since boot; `` when gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def _has_members(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def _signal_group(leader: int, number: signal.Signals) -> None:
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return


def _reap(leaders: Sequence[int]) -> None:
    """Collect children of ours that ended, so that their groups can vanish."""
    for leader in leaders:
        try:
            os.waitpid(leader, os.WNOHANG)
        except ChildProcessError:
            continue


def main() -> int:
    """Supervise the commands of the file `commands.json` in the given folder."""
    folder = Path(sys.argv[1])
    text = (folder / "commands.json").read_text(encoding="utf-8")
    commands: dict[str, list[str]] = json.loads(text)
    return Supervisor(folder, commands).run()


if __name__ == "__main__":
    sys.exit(main())
