"""Who races whom at one customer who is to be destroyed, and what must hold after.

A delivery that brings them again, a steward who decides a held row of theirs, a legal
hold, a rotation of every key, and the destruction itself.
"""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Self

from sqlalchemy import TextClause, text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.application.ports.destruction_book import Run
from custody.bootstrap import Custody
from custody.domain.destruction import OVER, RunState
from custody.domain.held_rows import NewCustomer
from custody.errors import ConflictError, EpochClosedError
from tests.builders import people
from tests.builders.destructions import (
    REASON,
    copy_everything,
    form,
    leave,
    opened_of,
    signed_plan,
)
from tests.faults.approved import ApprovedSite, carry
from tests.faults.moulds import Mould
from tests.faults.races import Race, Stop, race
from tests.faults.rotations import rotate
from tests.faults.survivors import Inner, inners, lost
from tests.faults.walk import SOURCE, Work, take_intake, walk

TRIES = 5
LONG_AGO_AT = dt.datetime.min.replace(tzinfo=dt.UTC)
_HELD = text(
    "SELECT encode(handle, 'hex') FROM intake.row_outcome WHERE outcome = 'held'"
)
_ENTERED = text(
    "SELECT DISTINCT number FROM register.record_version"
    " JOIN register.sealed_value USING (handle)"
)
_KNOWN_BY = frozenset({"resident_id", "source_customer_id"})
"""The fields that are match keys of the source by themselves."""

INTAKE, DECISION, HOLD = "intake", "decision", "hold"
REKEY, INDEX, DESTRUCTION = "rekey", "index", "destruction"


def decide(custody: Custody, *, handle: str) -> object:
    """Found a new customer by the held row, as a steward may."""
    return custody.decide_row(handle, NewCustomer(), reason=REASON, actor="test")


def hold(custody: Custody, *, number: str) -> object:
    """Set a legal hold."""
    return custody.keep_retention.hold(number, reason=REASON, actor="test")


def rotate_index(custody: Custody, *, before: dt.datetime) -> object:
    """Rotate the index key."""
    return custody.rotate_index(before=before)


@dataclasses.dataclass
class Racing(ApprovedSite):
    """An approved destruction, a delivery that has landed, and a row that is held."""

    held: str = ""
    eve: dt.datetime = LONG_AGO_AT
    brought: tuple[str, str] = ("", "")
    of_gone: set[tuple[str, bytes]] = dataclasses.field(default_factory=set)

    @classmethod
    def of(cls, mould: Mould) -> Self:
        """Let them leave, hold a row of theirs, and land what brings them again."""
        gone, changed, *_ = mould.persons
        installation = mould.site.installation
        custody = installation.custody
        leave(custody, gone)
        again = gone.row | {"remark": "again", "collected_at": "2026-01-05"}
        first = installation.put(SOURCE, _lines(again), name="held.jsonl")
        take_intake(custody)
        assert installation.tally(first).held == 1
        approved = cls.approve(mould)
        new = form(people.chance(4711), "new")
        moved = changed.row | {"address": people.customer(people.chance(3))["address"]}
        second = installation.put(SOURCE, _lines(again, moved, new), name="raced.jsonl")
        (held,) = _all(custody, _HELD)
        return dataclasses.replace(
            approved,
            held=held,
            of_gone=_known(inners(custody, [gone.number])),
            eve=custody.clock.now(),
            brought=(first, second),
        )

    def work_of(self, who: str) -> Work:
        """Return what somebody does."""
        works: dict[str, Work] = {
            INTAKE: take_intake,
            DECISION: partial(decide, handle=self.held),
            HOLD: partial(hold, number=self.gone.number),
            REKEY: partial(rotate, before=self.eve),
            INDEX: partial(rotate_index, before=self.eve),
            DESTRUCTION: partial(carry, plan=self.plan),
        }
        return works[who]

    def passes(self, who: str) -> list[str]:
        """Return the points that somebody passes alone, each once."""
        with self.copy() as alone:
            environment = alone.site.installation.environment
            heard = walk(environment, work=alone.work_of(who)) or []
        return list(dict.fromkeys(heard))

    def run(self, first: str, stop: Stop, second: str) -> Race:
        """Race two on a copy, let both come to their ends, and look at everything."""
        print(first, stop, second)  # noqa: T201 - what failed is told last
        with self.copy() as one:
            made = race(one.site, one.work_of(first), stop, one.work_of(second))
            assert made.faults <= PASSING, made.faults
            for who in (first, second):
                one.settle(who)
            one.holds_after(first, second)
        return made

    # --- what must hold -----------------------------------------------------------

    def settle(self, who: str) -> None:
        """Repeat somebody's work as Airflow does; a person says it once."""
        for _ in range(TRIES):
            try:
                if who != HOLD:
                    self.work_of(who)(self.custody)
            except (ConflictError, EpochClosedError):
                continue
            return
        raise AssertionError(f"{who} comes to no end")

    def holds_after(self, *racers: str) -> None:
        """Whoever came first, everything is as if they had come one after the other."""
        spared = any(self.custody.retention_book.holds())
        if spared:
            self.is_spared()
        else:
            self.is_destroyed()
        brought = self.brought[: 1 + (INTAKE in racers)]
        tallies = [self.site.installation.tally(one) for one in brought]
        founded = tallies[0].loaded
        for tally in tallies:
            assert tally.read == sum(getattr(tally, name) for name in _OUTCOMES)
            assert spared or tally.held == 0
        assert [(one.read, one.loaded) for one in tallies[1:]] in ([], [(3, 2)])
        self.others_open()
        entered = _all(self.custody, _ENTERED)
        new = len(tallies[1:])
        assert len(entered) == len(self.others) + spared + founded + new
        assert lost(self.custody, entered) == []
        back = self.of_gone & _known(inners(self.custody, entered))
        assert bool(back) is bool(spared or founded)
        assert self.evidence_lost() == []
        assert self.nobody_waits()

    def is_destroyed(self) -> None:
        """No hold was accepted: the destruction ends, by a new plan if it must."""
        run = self.custody.destroy(self.plan)
        if not (isinstance(run, Run) and run.state is RunState.CERTIFIED):
            assert not (isinstance(run, Run) and run.state not in OVER), run
            run = self.custody.destroy(signed_plan(self.custody).digest)
        assert isinstance(run, Run), run
        assert run.state is RunState.CERTIFIED, run
        self.is_gone()

    def is_spared(self) -> None:
        """The hold was accepted, so everything of them is there and opens."""
        run = self.custody.destroy(self.plan)
        assert not isinstance(run, Run) or run.state in OVER - {RunState.CERTIFIED}
        assert lost(self.custody, [self.gone.number]) == []
        now = copy_everything(self.custody).of(self.gone)
        assert _places(now) == _places(self.before.of(self.gone))
        assert opened_of(self.custody, now) == len(now)


def _places(rows: Iterable[Mapping[str, object]]) -> set[tuple[object, ...]]:
    return {(row["handle"], row["level"], row["digest"]) for row in rows}


def _known(found: Iterable[Inner]) -> set[tuple[str, bytes]]:
    """Return by what people are known again: field and inner value."""
    return {(field, inner) for _, field, inner in found if field in _KNOWN_BY}


def _all(custody: Custody, query: TextClause) -> list[str]:
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "look") as connection:
        return list(connection.execute(query).scalars())


def _lines(*rows: Mapping[str, str]) -> bytes:
    return b"".join(
        json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows
    )


PASSING = {"fault: ConflictError", "fault: EpochClosedError"}
"""What a task meets and Airflow tries again."""
_OUTCOMES = ("loaded", "unchanged", "pending", "quarantined", "refused", "held")
