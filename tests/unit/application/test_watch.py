"""The watch looks at each medium for itself; what it could not see is an alarm."""

import datetime as dt
import os
from collections.abc import Iterator

import pytest

from custody.application.copy_ledger import CopyLedger, Trust
from custody.application.keys import ESCROW_PREFIX, EnsureEpochs, escrow_folder
from custody.application.ports import Entry
from custody.application.secrets import make_secrets
from custody.application.watch import Watch
from custody.crypto import signing
from custody.domain.drills import DrillAge, DrillKind
from custody.domain.epochs import EpochId
from custody.domain.full_set import FullSet, write_manifest
from custody.domain.ledger import write_line
from custody.domain.levels import Level
from custody.domain.unanswered import Unanswered, WordKind
from custody.domain.watch import Figure, SeenMedium
from custody.errors import EvidenceError
from tests.builders.certificates import PIN, signer
from tests.builders.deliveries import MOMENT
from tests.fakes.keyring import FakeIndexEpochs, FakeKeyring
from tests.fakes.keys import FakeKeyProvider, FakeMedium
from tests.fakes.world import FakeNotifier, FixedClock

DAY = dt.timedelta(days=1)
TRUST = Trust(signing.verify_labelled, (PIN,))


class Lines:
    """A ledger of really signed lines."""

    def __init__(self) -> None:
        self.stored: list[bytes] = []

    def tell(self, moment: dt.datetime) -> None:
        entry = Entry(kind="keys_swept", subject="customers", body={})
        last = self.stored[-1] if self.stored else None
        line = write_line(entry, last=last, moment=moment, signer=signer())
        self.stored.append(line)

    def append(self, entry: Entry) -> int:
        raise AssertionError(entry)  # who watches writes nothing

    def lines(self, *, first: int = 1) -> Iterator[bytes]:
        yield from self.stored[first - 1 :]

    def last(self) -> bytes | None:
        return self.stored[-1] if self.stored else None


class Dues:
    """Three are due; those of whom it was asked are remembered."""

    before: dt.datetime | None = None

    def due(self, *, before: dt.datetime) -> tuple[int, int]:
        self.before = before
        return 3, 0


class House:
    """Two media with escrows, a set of three days ago and a head of the ledger."""

    def __init__(self) -> None:
        self.clock = FixedClock(MOMENT)
        self.disk, self.cloud = FakeMedium("disk"), FakeMedium("cloud")
        self.ledger, self.dues, self.notifier = Lines(), Dues(), FakeNotifier()
        self.lost: tuple[Unanswered, ...] = ()
        keyring, index = FakeKeyring(), FakeIndexEpochs()
        media = [self.disk, self.cloud]
        names = [one.name for one in media]
        secrets = make_secrets(names, entropy=os.urandom, ledger_key=signing.generate())
        EnsureEpochs(
            provider=FakeKeyProvider(self.clock),
            media=media,
            public_keys=secrets.public,
            keyring=keyring,
            index_epochs=index,
            clock=self.clock,
            suites=dict.fromkeys(Level, 1),
        )()
        self.ledger.tell(MOMENT - 9 * DAY)
        self.ledger.tell(MOMENT - 4 * DAY)
        self.copy = CopyLedger(
            ledger=self.ledger,
            media=media,
            signer=signer(),
            trust=TRUST,
            clock=self.clock,
        )
        self.copy()
        for medium in media:
            self.put_set(medium, "a", MOMENT - 5 * DAY)
            self.put_set(medium, "b", MOMENT - 3 * DAY)
        self.watch = Watch(
            media=media,
            tags=secrets.public.tags,
            trust=TRUST,
            keyring=keyring,
            index_epochs=index,
            ledger=self.ledger,
            drills=lambda: (
                DrillAge(kind=DrillKind.STRUCTURAL, last=MOMENT, overdue=False),
            ),
            dues=self.dues,
            unanswered=lambda: self.lost,
            notifier=self.notifier,
            clock=self.clock,
        )

    def put_set(
        self,
        medium: FakeMedium,
        name: str,
        moment: dt.datetime,
        key: bytes | None = None,
    ) -> None:
        full = FullSet(
            dataset="customers",
            medium=medium.name,
            plan="",
            made_at=moment,
            ledger="1:" + "00" * 32,
            values=0,
            root=bytes(32),
            objects=(),
        )
        signed = write_manifest(full, signer() if key is None else signer(key))
        until = (self.clock.now() + 99 * DAY).date()
        medium.put(f"full/{name}.manifest", signed, locked_until=until)


@pytest.fixture
def house() -> House:
    return House()


def test_what_stands_on_each_medium_is_seen(house: House) -> None:
    seen = house.watch()

    assert (seen.now, seen.begun) == (MOMENT, MOMENT - 9 * DAY)
    assert seen.media == tuple(
        SeenMedium(medium=name, backed_up_at=MOMENT - 3 * DAY, head_at=MOMENT - 4 * DAY)
        for name in ("disk", "cloud")
    )
    assert (seen.due, seen.overdue) == (3, 0)
    assert house.dues.before == MOMENT - 35 * DAY


def test_what_a_restore_lost_is_counted_each_time(house: House) -> None:
    assert house.watch().unanswered == 0

    house.lost = (Unanswered(kind=WordKind.HOLD, word_id="0a", restored=2),)

    assert house.watch().unanswered == 1


def test_a_set_that_is_not_believed_is_no_backup(house: House) -> None:
    """Signed by nobody whom Custody trusts, though it says it is of today."""
    house.put_set(house.disk, "c", MOMENT, key=bytes(32))

    disk, _ = house.watch().media

    assert disk.backed_up_at == MOMENT - 3 * DAY


def test_an_escrow_that_is_gone_counts_on_its_medium_alone(house: House) -> None:
    path = house.disk.list(escrow_folder(EpochId.parse("live/high/1")))[0]
    del house.disk.objects[path]

    disk, cloud = house.watch().media

    assert (disk.without_escrow, cloud.without_escrow) == (1, 0)


@pytest.mark.parametrize(("hours", "uncopied"), [(24, False), (25, True)])
def test_a_line_of_more_than_a_day_must_lie_there(
    house: House, hours: int, *, uncopied: bool
) -> None:
    house.ledger.tell(MOMENT - dt.timedelta(hours=hours))
    house.ledger.tell(MOMENT)

    assert [one.uncopied for one in house.watch().media] == [uncopied] * 2


def test_without_a_head_the_first_line_is_what_is_not_there(house: House) -> None:
    for path in [one for one in house.disk.objects if one.startswith("ledger/")]:
        del house.disk.objects[path]

    disk, cloud = house.watch().media

    assert (disk.head_at, disk.uncopied) == (None, True)
    assert not cloud.uncopied


@pytest.mark.parametrize("cut", [True, False])
def test_a_ledger_that_is_not_the_one_off_site_is_an_alarm(
    house: House, *, cut: bool
) -> None:
    """Cut short, or another one from its second line on."""
    del house.ledger.stored[1:]
    if not cut:
        house.ledger.tell(MOMENT - DAY)

    assert all("no line 2" in str(one.fault) for one in house.watch().media)


def test_a_medium_that_is_not_there_stops_no_other(house: House) -> None:
    house.disk.there = False

    disk, cloud = house.watch().media

    assert disk.fault
    assert not cloud.fault


def test_all_figures_are_published_and_well_is_quiet(house: House) -> None:
    published: list[Figure] = []

    count = house.watch.insist(published.append)

    assert count == len(published) == 11
    assert house.notifier.sent == []


def test_an_alarm_is_published_first_told_in_both_languages_and_then_fails(
    house: House,
) -> None:
    published: list[Figure] = []
    house.clock.moment += 33 * DAY

    with pytest.raises(EvidenceError, match="disk: the last backup is 36 days ago"):
        house.watch.insist(published.append)

    assert {one.name: one.value for one in published}["alarms"] == 2
    ((subject, text),) = house.notifier.sent
    assert subject.endswith(": 2")
    assert "距上次备份 36 天" in text
    assert "cloud: the last backup is 36 days ago" in text


def test_before_the_first_line_everything_is_of_now(house: House) -> None:
    house.ledger.stored.clear()
    for medium in (house.disk, house.cloud):
        medium.objects = {
            path: it
            for path, it in medium.objects.items()
            if path.startswith(ESCROW_PREFIX)
        }

    assert house.watch().begun == MOMENT
    assert house.watch.insist(lambda _: None) == 11
