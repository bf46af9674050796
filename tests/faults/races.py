"""Two processes at the same keys and rows: one waits at a named step, one runs whole.

Whoever is stopped holds what it holds there: locks, transactions, keys in memory.  The
other one either comes to its end beside it, or waits for it; then both go on.
"""

import dataclasses
import multiprocessing
import os
import tempfile
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import psycopg

from custody.errors import CustodyError
from tests.faults.site import Site
from tests.faults.step import forks
from tests.faults.walk import FAULT, Work, opened

STOPPED = "stopped"
PATIENCE_SECONDS = 240
"""For a whole process on a machine with other work; no lock is waited for so long."""
TOGETHER_SECONDS = 20.0
"""How long the other one may take beside a stopped one that it does not wait for."""
_LOOK_SECONDS = 0.1
_WAITS_SECONDS = 0.5

_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    " AND datname = ANY(%s) AND state_change < now() - make_interval(secs => %s)"
)
_DEADLOCKS = "SELECT sum(deadlocks) FROM pg_stat_database WHERE datname = ANY(%s)"


@dataclasses.dataclass(frozen=True)
class Stop:
    """Where a process waits: at a visit of a point."""

    point: str
    visit: int = 1


@dataclasses.dataclass
class Racer:
    """A process that does some work, and may wait at a point of it."""

    process: BaseProcess
    line: "Connection[str, list[str] | str]"
    heard: list[str] | None = None

    @classmethod
    def start(
        cls, environment: Mapping[str, str], work: Work, stop: Stop | None = None
    ) -> "Racer":
        """Start it."""
        line, theirs = multiprocessing.Pipe()
        surroundings = {
            **environment,
            "TMPDIR": tempfile.gettempdir(),
            "HOME": os.environ["HOME"],
        }
        process = forks.Process(target=_race, args=(surroundings, work, stop, theirs))
        process.start()
        theirs.close()
        return cls(process, line)

    def stops(self) -> bool:
        """Wait until it stops or ends; tell whether it stops."""
        assert self.line.poll(PATIENCE_SECONDS), "a process hangs before it stops"
        told = self.line.recv()
        if told == STOPPED:
            return True
        self._end(told)
        return False

    def ends_within(self, seconds: float) -> bool:
        """Wait a while; tell whether it has ended."""
        if self.heard is None and self.line.poll(seconds):
            self._end(self.line.recv())
        return self.heard is not None

    def go_on(self) -> None:
        """Let a stopped one go on."""
        self.line.send("go")

    def end(self) -> list[str]:
        """Wait for its end; return the steps and faults heard."""
        assert self.ends_within(PATIENCE_SECONDS), "a process hangs: a deadlock"
        assert self.heard is not None
        return self.heard

    def _end(self, told: list[str] | str) -> None:
        assert isinstance(told, list)
        self.heard = told
        self.process.join()
        self.line.close()


@dataclasses.dataclass(frozen=True)
class Race:
    """What came of one: what each has heard, and whether the second one waited."""

    first: list[str]
    second: list[str]
    waited: bool

    @property
    def faults(self) -> set[str]:
        """The expected faults that either one met."""
        return {one for one in self.first + self.second if one.startswith(FAULT)}


def race(site: Site, first: Work, stop: Stop, second: Work) -> Race:
    """Stop the first at a point, let the second run whole, then let both end."""
    environment = site.installation.environment
    one = Racer.start(environment, first, stop)
    assert one.stops(), f"{stop} is not passed"
    other = Racer.start(environment, second)
    waited = not _comes_to_its_end(site, other)
    one.go_on()
    race = Race(one.end(), other.end(), waited)
    assert deadlocks(site) == 0
    return race


def deadlocks(site: Site) -> int:
    """Count the deadlocks that PostgreSQL had to break in a site's databases."""
    with site.connect_server() as connection:
        return _count(connection.execute(_DEADLOCKS, (list(site.databases),)))


def _comes_to_its_end(site: Site, racer: Racer) -> bool:
    """Wait for a racer's end; False as soon as it waits for somebody's lock."""
    deadline = time.monotonic() + TOGETHER_SECONDS
    bound = (list(site.databases), _WAITS_SECONDS)
    with site.connect_server() as connection:
        while not racer.ends_within(_LOOK_SECONDS):
            waiting = _count(connection.execute(_WAITING, bound))
            if waiting or time.monotonic() > deadline:
                return False
    return True


def _count(found: psycopg.Cursor[tuple[Any, ...]]) -> int:
    row = found.fetchone()
    return int(row[0] or 0) if row else 0


def _race(
    environment: Mapping[str, str],
    work: Work,
    stop: Stop | None,
    line: "Connection[list[str] | str, str]",
) -> None:
    os.environ.update(environment)
    tempfile.tempdir = None
    heard: list[str] = []

    def reached(step: str) -> None:
        heard.append(step)
        if stop is not None and (step, heard.count(step)) == (stop.point, stop.visit):
            line.send(STOPPED)
            line.recv()

    try:
        work(opened(environment, reached))
    except CustodyError as fault:
        heard.append(f"{FAULT} {type(fault).__name__}")
    line.send(heard)
