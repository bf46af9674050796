"""A site where one customer left, one came back, one was raised, no key moved yet."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Self

from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.application.retention import Answer, EventKind
from custody.bootstrap import Custody
from custody.domain.epochs import EpochId, Purpose
from custody.domain.ledger import read_line
from custody.errors import ConflictError
from tests.builders.destructions import (
    LONG_AGO,
    REASON,
    Person,
    copy_everything,
    opened_of,
)
from tests.faults.moulds import Mould
from tests.faults.site import Site
from tests.faults.survivors import Inner, inners, lost
from tests.faults.walk import Death, walk

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
class Restrictions:
    """The site before the night's restriction, and who is who."""

    site: Site
    left: Person
    back: Person
    raised: Person
    numbers: tuple[str, ...]
    tokens: set[Inner]
    passed: list[str] = dataclasses.field(default_factory=list)

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

    @contextlib.contextmanager
    def copy(self) -> Iterator[Self]:
        """Lend a copy of it, to be spoilt."""
        with self.site.copy() as site:
            yield dataclasses.replace(self, site=site)

    @property
    def custody(self) -> Custody:
        """Custody as this process has it."""
        return self.site.installation.custody

    def walk(self, death: Death | None = None) -> list[str] | None:
        """Restrict in a process; return what it passed, None when it was killed."""
        return walk(self.site.installation.environment, death, work=restrict)

    def pass_once(self) -> None:
        """Restrict a copy unharmed, and note what is passed."""
        with self.copy() as whole:
            self.passed = whole.walk() or []
            whole.holds()

    def deaths(self) -> list[Death]:
        """Return the first visit of each point that is passed, and the last one."""
        visits = (
            Death(point, visit)
            for point in self.passed
            for visit in (1, self.passed.count(point))
        )
        return list(dict.fromkeys(visits))

    def die(self, death: Death, *, server: bool = False) -> None:
        """Restrict a copy, die, restrict once more, and look if everything holds."""
        print(death, "server" if server else "")  # noqa: T201 - what failed is last
        with self.copy() as one:
            process = one.site.postmaster() if server else None
            heard = one.walk(dataclasses.replace(death, process=process))
            assert heard is None or server, f"{death} survived"
            if server:
                one.site.server.start()
            assert lost(one.custody, one.numbers) == []
            one.retry()
            one.holds()

    def retry(self) -> None:
        """Restrict once more; the server may take a moment to see who died."""
        for _ in range(20):
            try:
                restrict(self.custody)
            except ConflictError:
                continue
            return
        raise AssertionError("what died still holds the lock")

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
