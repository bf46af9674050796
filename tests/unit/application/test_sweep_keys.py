"""A key goes when no row claims it and no load can still be writing one."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from custody.application.sweep_keys import SweepKeys
from tests.builders.deliveries import MOMENT
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock

OLD, YOUNG = MOMENT - dt.timedelta(hours=26), MOMENT - dt.timedelta(hours=23)


@dataclass
class Databases:
    """Both sides in memory: handles with their moments, and those with a row."""

    written: dict[bytes, dt.datetime] = field(default_factory=dict)
    claimed: set[bytes] = field(default_factory=set)
    writing: dt.datetime | None = None

    def before(self, moment: dt.datetime) -> Iterator[Sequence[bytes]]:
        """Yield the older ones, two at a time."""
        old = [one for one, written in self.written.items() if written < moment]
        for start in range(0, len(old), 2):
            yield tuple(old[start : start + 2])

    def delete(self, handles: Sequence[bytes], *, before: dt.datetime) -> int:
        """Forget them."""
        assert all(self.written.pop(handle) < before for handle in handles)
        return len(handles)

    def oldest_writer(self) -> dt.datetime | None:
        """Tell of the load that is open."""
        return self.writing

    def unclaimed(self, handles: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return those without a row."""
        return tuple(handle for handle in handles if handle not in self.claimed)


def sweep(
    databases: Databases, ledger: FakeLedger, *, kept: dt.timedelta | None = None
) -> int:
    """Sweep at MOMENT."""
    use = SweepKeys(
        keys=databases,
        claims=databases,
        ledger=ledger,
        clock=FixedClock(MOMENT),
        dataset="customers",
        **({} if kept is None else {"kept": kept}),
    )
    return use()


def test_only_old_keys_without_a_row_go_and_the_ledger_counts_them() -> None:
    old = {b"a": OLD, b"b": OLD, b"c": OLD}
    databases = Databases({**old, b"row": OLD, b"young": YOUNG}, {b"row"})
    ledger = FakeLedger()

    first, second = sweep(databases, ledger), sweep(databases, ledger)

    assert (first, second) == (3, 0)
    assert set(databases.written) == {b"row", b"young"}
    assert {entry.kind for entry in ledger.entries} == {"keys_swept"}
    assert sum(int(str(entry.body["handles"])) for entry in ledger.entries) == 3


def test_a_load_in_flight_keeps_its_keys_however_long_it_takes() -> None:
    """Its rows are not visible yet; what is older than it goes all the same."""
    older = OLD - dt.timedelta(hours=9)
    databases = Databases({b"its": OLD, b"older": older}, writing=OLD)

    swept = sweep(databases, FakeLedger())

    assert swept == 1
    assert set(databases.written) == {b"its"}


def test_twin_without_the_day_a_young_key_goes() -> None:
    databases = Databases({b"young": YOUNG})

    swept = sweep(databases, FakeLedger(), kept=dt.timedelta(0))

    assert swept == 1
