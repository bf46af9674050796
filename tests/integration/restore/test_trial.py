"""A trial restore finds what would stop a real one, and opens nobody's value (R65-R68).

In databases of the tests' own server, which is the one of "production" too: so the
doors that a server of the moment keeps shut stand open here, and are found.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest

from custody.adapters.drill_secrets import read_drill_secrets
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.restored_objects import AgeObjectReader
from custody.application.independence import Door, TryDoors
from custody.application.ports import Offsite
from custody.application.ports.destruction_book import Run
from custody.application.ports.restore import StoredRows
from custody.application.restore.keys import EscrowedKeys
from custody.application.restore.trial import TrialRestore
from custody.bootstrap.doors import Doors
from custody.crypto import recovery
from custody.crypto.recovery import Identities
from custody.domain.drills import DrillFault
from custody.domain.epochs import EpochId
from custody.domain.rowset import LoadedValue
from custody.errors import EvidenceError, OpenError, WorldError
from tests.builders.destructions import bring, found_reviewers, leave, signed_plan
from tests.builders.installation import Installation
from tests.builders.restored import empty_target
from tests.fakes.keys import FakeMedium
from tests.integration.conftest import Databases

pytestmark = [pytest.mark.integration, pytest.mark.long]


@dataclass(frozen=True)
class Server:
    """Stands in for a server of the moment."""

    warehouse_url: str
    keyring_url: str
    credentials: Path


@pytest.fixture(scope="module")
def source(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """Customers in a set and after it; one was destroyed, and a plan tells of it."""
    made = found_reviewers(databases.install(tmp_path_factory.mktemp("source")))
    made.custody.copy_ledger()
    gone, *_ = bring(made, 3, seed=1)
    leave(made.custody, gone)
    assert isinstance(made.custody.destroy(signed_plan(made.custody).digest), Run)
    assert not made.custody.back_up().faults
    bring(made, 1, seed=2)
    made.custody.copy_ledger()
    return made


@pytest.fixture(scope="module")
def server(
    databases: Databases,
    source: Installation,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[EmbeddedPostgres]:
    with empty_target(
        databases.server, source, tmp_path_factory.mktemp("trial")
    ) as target:
        yield Server(  # type: ignore[misc] # has what is asked of one
            target.environment["CUSTODY_WAREHOUSE_URL"],
            target.environment["CUSTODY_KEYRING_URL"],
            databases.server.credentials,
        )


@pytest.fixture
def trial(source: Installation, server: EmbeddedPostgres) -> TrialRestore:
    made, *_ = source.custody.examinations(server)
    assert isinstance(made, TrialRestore)
    return made


@pytest.fixture
def doors(source: Installation, server: EmbeddedPostgres) -> TryDoors:
    _, made, _ = source.custody.examinations(server)
    assert isinstance(made, TryDoors)
    return made


def _tried(source: Installation, trial: TrialRestore, name: str) -> list[DrillFault]:
    medium = next(one for one in source.custody.media if one.name == name)
    return list(trial(medium))


def test_it_finds_nothing_where_a_restore_would_succeed_and_bites_where_not(
    source: Installation, trial: TrialRestore
) -> None:
    """One medium after the other in the same databases; then an escrow is missing.

    What was decided and destroyed is dropped with all else, though no downgrade would.
    """
    assert _tried(source, trial, "a") == []
    escrow, *_ = (source.custody.settings.home / "offsite" / "b").glob(
        "escrow/live/high/2/*.ce"
    )
    content = escrow.read_bytes()
    escrow.unlink()
    try:
        assert _tried(source, trial, "b") == [DrillFault.KEYS]
    finally:
        escrow.write_bytes(content)


@dataclass(frozen=True)
class _Relinked:
    """Rows of which one was given to another customer after the load."""

    rows: object

    def loaded(self) -> Iterator[tuple[str, LoadedValue]]:
        for at, (delivery, value) in enumerate(self.rows.loaded()):  # type: ignore[attr-defined] # the real one
            yield delivery, value if at else replace(value, number="FI2026999999")

    def destroyed(self) -> frozenset[str]:
        return frozenset()


def test_a_value_that_is_another_customers_in_the_set_is_found(
    source: Installation, trial: TrialRestore
) -> None:
    spoilt = replace(
        trial, target=replace(trial.target, rows=_Relinked(trial.target.rows))
    )

    assert _tried(source, spoilt, "a") == [DrillFault.RESTORE]


def test_without_the_drills_key_or_with_another_mediums_nothing_is_shown(
    source: Installation, trial: TrialRestore
) -> None:
    """One medium's key is useless on the other."""
    b = _drill(source, "b")
    wrong = replace(trial, objects=lambda one: _reader(source, one, b))
    absent = replace(trial, objects=_nobodys)

    with pytest.raises(OpenError):
        _tried(source, wrong, "a")
    assert _tried(source, absent, "a") == [DrillFault.DRILL_KEY]


def _drill(source: Installation, medium: str) -> Identities:
    secrets = read_drill_secrets(source.custody.settings.drill_key_file)
    return recovery.derive_drill(secrets[medium], medium=medium)


def _nobodys(medium: Offsite) -> StoredRows:
    raise KeyError(medium.name)


def _reader(source: Installation, medium: Offsite, own: Identities) -> AgeObjectReader:
    return AgeObjectReader(
        medium,
        identity=own.age_identity,
        work=source.custody.settings.home / "work",
    )


def test_the_drills_key_reads_what_is_sealed_and_opens_no_value(
    source: Installation,
) -> None:
    """Twin: by the medium's recovery secret each of those epochs opens."""
    custody = source.custody
    medium = custody.media[0]
    drill = _drill(source, "a")
    text = (source.secrets / "a.recovery").read_text("utf-8")
    people = recovery.derive_identities(recovery.secret_from_text(text), medium="a")
    reader = _reader(source, medium, drill)
    frame = pl.concat([one for each in _newest(source) for one in reader.frames(*each)])

    def opens(own: Identities) -> int:
        keys = EscrowedKeys(medium=medium, hpke_private=own.hpke_private)
        keys.look()
        return sum(_opens(keys, epoch) for epoch in frame["epoch"])

    assert frame.height == 6
    assert opens(drill) == 0
    assert opens(people) == frame.height


def _newest(source: Installation) -> tuple[tuple[str, str], ...]:
    custody = source.custody
    listed = max(custody.full_sets.listed(custody.media[0]), key=lambda one: one.name)
    assert listed.full is not None
    return listed.full.objects


def _opens(keys: EscrowedKeys, epoch: str) -> bool:
    try:
        return bool(keys.open(EpochId.parse(epoch)))
    except EvidenceError:
        return False


def test_a_password_that_fits_both_sides_is_found(
    source: Installation, doors: TryDoors
) -> None:
    """The backup is restored on production's own server here: it has its roles."""
    assert set(doors(source.custody.media[0])) == {
        DrillFault.PRODUCTION,
        DrillFault.BACKUP,
    }


def test_a_key_that_opens_both_media_is_found(
    source: Installation, doors: TryDoors
) -> None:
    own = doors.doors
    assert isinstance(own, Doors)
    ours = own.identities()
    shared = replace(own, identities=lambda: {**ours, "b": ours["a"]})

    assert DrillFault.OTHER in set(
        replace(doors, doors=shared)(source.custody.media[0])
    )


@pytest.mark.parametrize("key", ["age", "hpke", "drill_age", "drill_hpke"])
def test_holders_keys_of_two_media_that_are_one_are_found(
    source: Installation, doors: TryDoors, key: str
) -> None:
    """The drill has no private half of them; who copied a line is told all the same."""
    own = doors.doors
    assert isinstance(own, Doors)
    copied = {key: getattr(own.public["b"], key)}
    public = {**own.public, "a": replace(own.public["a"], **copied)}
    shared = replace(own, public=public)

    assert DrillFault.OTHER in set(
        replace(doors, doors=shared)(source.custody.media[0])
    )


def test_a_medium_on_which_nothing_lies_has_shown_nothing(doors: TryDoors) -> None:
    """A skipped check has failed."""
    own = doors.doors
    assert isinstance(own, Doors)
    empty = replace(own, public={"a": own.public["a"]})

    assert DrillFault.OTHER in set(replace(doors, doors=empty)(FakeMedium("a")))


def test_a_door_that_nobody_could_try_counts_as_open() -> None:
    def fails() -> bool:
        raise WorldError("no answer")

    tried = TryDoors(
        doors=lambda _: (
            Door(DrillFault.OTHER, lambda: False),
            Door(DrillFault.BACKUP, fails),
        )
    )

    assert list(tried(None)) == [DrillFault.BACKUP]  # type: ignore[arg-type] # asked nothing
