"""Control customers open as long as they must, and no longer (R69-R72).

They are destroyed and carried over by the steps that a customer goes through, and look
like one nowhere.
"""

import datetime as dt
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.application.drill import look
from custody.application.examine_controls import ExamineControls
from custody.application.keys import ESCROW_LOCK_DAYS
from custody.application.ports import Offsite
from custody.bootstrap import Custody
from custody.domain.controls import KEPT, LONGEST_ESCROW, Generation, generations
from custody.domain.drills import DrillFault
from custody.domain.epochs import EpochId, EpochState
from custody.domain.ledger import read_line
from custody.errors import ConfigurationError, KeyDestroyedError
from tests.builders.installation import Installation
from tests.fakes.world import FixedClock
from tests.integration.conftest import Databases

pytestmark = [pytest.mark.integration, pytest.mark.long]

FIRST, SECOND = (EpochId.parse(f"drill/low/{number}") for number in (1, 2))


@dataclass(frozen=True)
class Year:
    """An installation without a customer, and two generations of controls."""

    installation: Installation
    before: dict[str, int]
    first: list[bytes]
    second: list[bytes]

    @property
    def custody(self) -> Custody:
        """Custody of it."""
        return self.installation.custody

    @property
    def generations(self) -> tuple[Generation, ...]:
        """What the ledger tells of them."""
        return generations(self.custody.ledger.lines())


@pytest.fixture(scope="module")
def year(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Year:
    made = databases.install(tmp_path_factory.mktemp("source"))
    custody = made.custody
    assert _look(custody.examine_controls, custody) == {"a": ["controls"],
                                                         "b": ["controls"]}  # fmt: skip
    before = _rows(custody)
    assert custody.plant_controls() == FIRST
    first = _handles(custody)
    assert custody.plant_controls() == SECOND
    return Year(made, before, first, _handles(custody))


def _look(examine: ExamineControls, custody: Custody) -> dict[str, list[str]]:
    return {one.name: [str(fault) for fault in examine(one)] for one in custody.media}


def _handles(custody: Custody) -> list[bytes]:
    return list(custody.plant_controls.book.all()["handle"])


def _rows(custody: Custody) -> dict[str, int]:
    """Return how many rows each table of both databases has."""
    found: dict[str, int] = {}
    for engine in (
        custody.warehouse(roles.WAREHOUSE_OWNER),
        custody.keyring_engine(roles.KEYRING_OWNER),
    ):
        with transaction(engine, "count") as connection:
            tables = connection.execute(_TABLES).scalars().all()
            for table in tables:
                query = text(f"SELECT count(*) FROM {table}")  # noqa: S608 - its own
                found[table] = connection.execute(query).scalar_one()
    return found


_TABLES = text(
    "SELECT schemaname || '.' || quote_ident(tablename) FROM pg_tables"
    " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    " AND tablename NOT LIKE 'data_key_%'"
)


def test_they_look_like_a_customer_nowhere(year: Year) -> None:
    """No table but theirs, the ledger and the list of epochs has one row more."""
    now = _rows(year.custody)
    more = {table for table, rows in now.items() if rows != year.before[table]}

    assert more == {
        *("drill.control", "ledger.entry", "keyring.epoch", "keyring.wrap_count"),
    }
    assert now["drill.control"] == KEPT
    assert not any(year.custody.views.counts().values())


def test_each_month_one_is_destroyed_one_comes_and_the_others_stay(year: Year) -> None:
    first, second = year.generations[:2]

    assert year.first[1:] == year.second[:-1]
    assert year.first[0] not in year.second
    assert (first.alive, second.alive) == (KEPT, KEPT)
    assert first.ended is not None
    told = map(read_line, year.custody.ledger.lines())
    assert ("rekeyed", str(FIRST)) in {(one.kind, one.subject) for one in told}
    with pytest.raises(KeyDestroyedError):
        year.custody.provider.open(FIRST)
    keys = year.custody.rekey_epochs.keys
    assert keys.state(FIRST) is EpochState.DESTROYED
    assert keys.leaving() == ()


def test_who_lives_opens_and_who_was_destroyed_may_still_while_its_escrow_is_locked(
    year: Year,
) -> None:
    """For so many days a customer's older copies open as well; after them, an alarm."""
    custody = year.custody
    examine = custody.examine_controls
    first = year.generations[0]
    assert first.ended is not None
    allowed = FixedClock(first.ended + LONGEST_ESCROW)
    late = FixedClock(first.ended + LONGEST_ESCROW + dt.timedelta(seconds=1))

    assert _look(examine, custody) == {"a": [], "b": []}
    assert _look(replace(examine, clock=allowed), custody) == {"a": [], "b": []}
    assert _look(replace(examine, clock=late), custody) == {
        "a": [DrillFault.REMAINS], "b": [DrillFault.REMAINS],
    }  # fmt: skip
    assert dt.timedelta(days=ESCROW_LOCK_DAYS) < LONGEST_ESCROW


def test_a_control_that_does_not_read_or_open_is_a_fault(year: Year) -> None:
    """A byte that is missing; a key of the drill that is another medium's."""
    custody = year.custody
    examine = custody.examine_controls
    path, _ = year.generations[1].objects["a"]
    file = custody.settings.home / "offsite" / "a" / path
    a, b = custody.media
    kept = file.read_bytes()

    def other(medium: Offsite) -> bytes:
        return examine.private(b if medium is a else a)

    file.write_bytes(kept[:-1])
    try:
        found, _ = look(examine, a)
        assert found == (DrillFault.CONTROLS,)
        assert look(examine, b) == ((), None)
    finally:
        file.write_bytes(kept)
    assert _look(replace(examine, private=other), custody) == {
        "a": [DrillFault.CONTROLS], "b": [DrillFault.CONTROLS],
    }  # fmt: skip


def test_its_escrows_leave_when_their_lock_has_run_out_and_it_opens_no_more(
    year: Year, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twin: with an escrow that somebody kept, it still opens, and that is found."""
    custody = year.custody
    past = FixedClock(custody.clock.now() + LONGEST_ESCROW + dt.timedelta(days=1))
    home = custody.settings.home / "offsite"
    kept = {
        file: file.read_bytes()
        for file in home.glob(f"*/escrow/{FIRST}/*.ce*")
        if file.is_file()
    }
    assert kept
    monkeypatch.setattr(custody, "clock", past)

    removed = custody.remove_escrows()

    try:
        assert set(removed.values()) == {2}
        for medium in custody.media:
            assert not medium.list(f"escrow/{FIRST}/")
            assert len(medium.list(f"escrow/{SECOND}/")) == 2
        assert _look(custody.examine_controls, custody) == {"a": [], "b": []}
    finally:
        for file, content in kept.items():
            file.write_bytes(content)
    assert _look(custody.examine_controls, custody) == {
        "a": [DrillFault.REMAINS], "b": [DrillFault.REMAINS],
    }  # fmt: skip


def test_without_a_drill_key_nobody_is_planted(year: Year) -> None:
    plant = replace(year.custody.plant_controls, keys={})
    before = _rows(year.custody)

    with pytest.raises(ConfigurationError, match="no drill key"):
        plant()

    assert _rows(year.custody) == before
