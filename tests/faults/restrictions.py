"""A site where one customer left, one came back, one was raised, no key moved yet."""

import dataclasses
from collections.abc import Callable
from typing import Self

from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.application.retention import Answer, EventKind
from custody.bootstrap import Custody
from custody.domain.epochs import EpochId, Purpose
from custody.domain.ledger import read_line
from tests.builders.destructions import (
    LONG_AGO,
    REASON,
    Person,
    copy_everything,
    opened_of,
)
from tests.faults.mortal import Mortal
from tests.faults.moulds import Mould
from tests.faults.survivors import Inner, inners, lost

LEFT_LEVEL = "low"
"""The level that was left by who was raised."""

_TOLD = {"restricted", "restriction_lifted", "raised_restricted"}
_HIGHER = text(
    "INSERT INTO register.record_version (handle, number, version, delivery_id, row,"
    " level, business_date, loaded_at) SELECT decode(repeat('01', 16), 'hex'), number,"
    " 2, delivery_id, 99, 'high', business_date, now()"
    " FROM register.record_version WHERE number = :number"
)
_LOWER = text(
    "UPDATE register.record_version SET level = :level"
    " WHERE number = :number AND version = 1"
)
_STANDING = text("SELECT DISTINCT state FROM register.standing WHERE number = :number")


def restrict(custody: Custody) -> object:
    """Move the keys of who left, and bring back those of who came back."""
    return custody.restrict_customers()


@dataclasses.dataclass
class Restrictions(Mortal):
    """The site before the night's restriction, and who is who."""

    left: Person
    back: Person
    raised: Person
    numbers: tuple[str, ...]
    tokens: set[Inner]

    @classmethod
    def of(cls, mould: Mould) -> Self:
        """Let two leave, restrict one, withdraw that one's event, and raise a third."""
        left, back, raised, *_ = mould.persons
        custody = mould.site.installation.custody
        event = _leaves(custody, back)
        restrict(custody)
        told = custody.keep_retention.withdraw(event, reason=REASON, actor="test")
        assert told.answer is Answer.DONE
        _leaves(custody, left)
        _raise(custody, raised)
        numbers = tuple(one.number for one in mould.persons)
        return cls(mould.site, left, back, raised, numbers, inners(custody, numbers))

    @property
    def work(self) -> Callable[[Custody], object]:
        """Restrict."""
        return restrict

    @property
    def survivors(self) -> tuple[str, ...]:
        """Everybody."""
        return self.numbers

    def holds(self) -> None:
        """Each key is where its customer stands, told once, and everything opens."""
        assert lost(self.custody, self.numbers) == []
        assert self._standing(self.left) == {"storage_only"}
        assert self._standing(self.back) <= {"in_use"}
        copied = copy_everything(self.custody)
        assert opened_of(self.custody, copied.values) == len(copied.values)
        restricted = {
            (row["number"], row["level"])
            for row in copied.values
            if EpochId.parse(str(row["epoch"])).purpose is Purpose.RESTRICTED
        }
        levels = {row["level"] for row in copied.of(self.left)}
        assert restricted == {
            *((self.left.number, level) for level in levels),
            (self.raised.number, LEFT_LEVEL),
        }
        assert inners(self.custody, self.numbers) == self.tokens
        told = [read_line(line) for line in self.custody.ledger.lines()]
        moved = [(one.kind, one.body["level"]) for one in told if one.kind in _TOLD]
        assert sorted(moved) == sorted(
            [*(("restricted", level) for level in levels)] * 2
            + [("restriction_lifted", level) for level in levels]
            + [("raised_restricted", LEFT_LEVEL)]
        )

    def _standing(self, person: Person) -> set[str]:
        engine = self.custody.warehouse(roles.WAREHOUSE_OWNER)
        with transaction(engine, "look") as connection:
            found = connection.execute(_STANDING, {"number": person.number})
            return set(found.scalars())


def _leaves(custody: Custody, person: Person) -> bytes:
    told = custody.keep_retention.record(
        person.number, EventKind.DEREGISTRATION, LONG_AGO, reason=REASON, actor="test"
    )
    assert told.answer is Answer.DONE
    assert told.made_id is not None
    return told.made_id


def _raise(custody: Custody, person: Person) -> None:
    """Let a customer have a second version of a higher level than the first one's."""
    bound = {"number": person.number, "level": LEFT_LEVEL}
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "raise") as connection:
        connection.execute(_HIGHER, bound)
        connection.execute(_LOWER, bound)
