"""A site where one customer's destruction is approved: it may die at any kill point."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Self

from custody.adapters import roles
from custody.application.ports.destruction_book import Run
from custody.bootstrap import Custody
from custody.crypto import signing
from custody.domain.destruction import RunState
from custody.domain.ledger import read_line
from custody.domain.ledger_check import verify_lines
from tests.builders.destructions import (
    Loot,
    Person,
    copy_everything,
    leave,
    opened_of,
    signed_plan,
)
from tests.faults.mortal import Mortal
from tests.faults.moulds import Mould
from tests.faults.survivors import Inner, inners, lost


def carry(custody: Custody, *, plan: str, until: RunState | None = None) -> object:
    """Carry a plan out."""
    return custody.destroy(plan, until=until)


@dataclasses.dataclass
class ApprovedSite(Mortal):
    """The site as it was approved, what must go, and what a destruction passes."""

    gone: Person
    others: tuple[Person, ...]
    plan: str
    before: Loot
    tokens: set[Inner]

    @classmethod
    def of(cls, mould: Mould) -> Self:
        """Let the first customer leave, and have it approved."""
        leave(mould.site.installation.custody, mould.persons[0])
        return cls.approve(mould)

    @classmethod
    def approve(cls, mould: Mould) -> Self:
        """Have the destruction of who is due approved, and copy everything before."""
        gone, *others = mould.persons
        custody = mould.site.installation.custody
        return cls(
            site=mould.site,
            gone=gone,
            others=tuple(others),
            plan=signed_plan(custody).digest,
            before=copy_everything(custody),
            tokens=inners(custody, [one.number for one in others]),
        )

    @property
    def survivors(self) -> list[str]:
        """The numbers of whom nothing may be lost."""
        return [one.number for one in self.others]

    @property
    def work(self) -> Callable[[Custody], object]:
        """Carry the plan out."""
        return partial(carry, plan=self.plan)

    def look_at_death(self) -> None:
        """A certificate that is there certifies what is complete."""
        super().look_at_death()
        if self.is_certified():
            self.is_gone()

    # --- what must hold -----------------------------------------------------------

    def holds(self) -> None:
        """Who left is gone for good and certified once; everybody else opens."""
        run = self.custody.destructions.find(self.plan)
        assert isinstance(run, Run)
        assert run.state is RunState.CERTIFIED
        self.is_gone()
        self.others_open()
        told = [read_line(line) for line in self.custody.ledger.lines()]
        own = [one.kind for one in told if one.body.get("plan") == self.plan]
        for kind in ("approval_taken", "destruction_marked", "destruction_certified"):
            assert own.count(kind) == 1, kind
        assert self.evidence_lost() == []
        assert self.nobody_waits()

    def is_certified(self) -> bool:
        """Whether there is a certificate, which may exist of what is complete only."""
        book = self.custody.certificates_as(roles.WAREHOUSE_READER)
        return book.of_plan("destruction", self.plan) is not None

    def is_gone(self) -> None:
        """Nothing is there of who left, and what was copied opens no more."""
        copied = self.before.of(self.gone)
        assert copied
        assert opened_of(self.custody, copied) == 0
        assert not copy_everything(self.custody).of(self.gone)

    def others_open(self) -> None:
        """Each value and token of the survivors is there, and is what it was."""
        assert lost(self.custody, self.survivors) == []
        now = copy_everything(self.custody).of(*self.others)
        there = {(row["handle"], row["level"], row["digest"]) for row in now}
        former = self.before.of(*self.others)
        assert {(row["handle"], row["level"], row["digest"]) for row in former} <= there
        assert opened_of(self.custody, now) == len(now)
        assert self.tokens <= inners(self.custody, self.survivors)

    def evidence_lost(self) -> list[object]:
        """Return what the ledger's verification finds."""
        pins = [signing.fingerprint(self.custody.public_keys.ledger)]
        lines = self.custody.ledger.lines()
        verdict = verify_lines(lines, verify=signing.verify_labelled, pins=pins)
        return list(verdict.faults)

    def nobody_waits(self) -> bool:
        """Whether no lock is left in the keyring."""
        engine = self.custody.keyring_engine(roles.KEYRING_OWNER)
        with engine.begin() as connection:
            query = (
                "SELECT count(*) FROM pg_locks l JOIN pg_database d"
                " ON d.oid = l.database WHERE locktype = 'advisory'"
                " AND d.datname = current_database()"
            )
            return int(connection.exec_driver_sql(query).scalar_one()) == 0
