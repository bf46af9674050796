"""A key provider of each kind, and what its test may do to the world around it."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from custody.adapters import aws
from custody.adapters.key_providers import KeyPlace, provider_of
from custody.adapters.kms_adopting import AdoptingKmsKeys
from custody.adapters.kms_door import KmsDoor
from custody.adapters.kms_place import KmsPlace
from custody.application.kept_keys import KeptAdoptedKeys
from custody.application.ports import ListedKeys
from custody.domain.epochs import EpochId
from tests.fakes.keys import FakeKeyProvider, FakeProviderKeys
from tests.fakes.world import FixedClock
from tests.faults.kms_guard import IDENTITIES, KmsGuard, guard_post

MOMENT = dt.datetime(2026, 3, 1, 23, tzinfo=dt.UTC)
REGION = "cn-north-1"
WINDOW_DAYS = 7
DATASET = "customers"


@dataclass(frozen=True)
class KeyKind:
    """A provider; `waits` days pass until it has destroyed a key."""

    make: Callable[[], ListedKeys]
    clock: FixedClock
    waits: int = 0

    @property
    def provider(self) -> ListedKeys:
        """The provider as a process that has just started has it."""
        return self.make()

    @property
    def final(self) -> dt.date:
        """The day on which what is destroyed now is gone."""
        return self.clock.now().date() + dt.timedelta(days=self.waits)

    def wait(self) -> None:
        """Let the days pass."""
        self.clock.moment += dt.timedelta(days=self.waits, hours=1)


def fake_kind(*, window: int = 0) -> KeyKind:
    """Return the fake; with a window it takes its time, as key services do."""
    clock = FixedClock(MOMENT)
    made = FakeKeyProvider(clock, window=window)
    return KeyKind(lambda: made, clock, waits=window)


def folder_kind(folder: Path) -> KeyKind:
    """Return the key folder."""
    clock = FixedClock(MOMENT)
    place = KeyPlace(url=folder.as_uri(), dataset=lambda: DATASET, clock=clock)
    return KeyKind(lambda: provider_of(place, FakeProviderKeys), clock)


BOTH = "opener=opener&destroyer=destroyer"


@dataclass(frozen=True)
class KmsRoom:
    """AWS KMS behind its guard, for an installation of its own."""

    guard: KmsGuard
    door: Callable[[str], KmsDoor]
    rows: FakeProviderKeys = field(default_factory=FakeProviderKeys)
    installation: str = field(default_factory=lambda: f"i{uuid.uuid4().hex[:12]}")

    def url(self, *, options: str = BOTH) -> str:
        """Return CUSTODY_KEY_PROVIDER."""
        return f"awskms://{REGION}/{self.installation}?{options}"

    @property
    def place(self) -> KmsPlace:
        """What the URL says of names and days."""
        return KmsPlace(
            region=REGION,
            installation=self.installation,
            dataset=DATASET,
            window_days=WINDOW_DAYS,
        )

    def provider(self) -> ListedKeys:
        """Return what a process that has just started has, over lines that stand."""
        keys = AdoptingKmsKeys(
            self.place,
            opener=self.door("opener"),
            destroyer=lambda: self.door("destroyer"),
            kept=self.rows,
            clock=self.guard.clock,
        )
        return KeptAdoptedKeys(keys, self.guard.clock)

    def of_url(self, url: str, *, dataset: str = DATASET) -> ListedKeys:
        """Return the provider that a URL names."""
        place = KeyPlace(url=url, dataset=lambda: dataset, clock=self.guard.clock)
        return provider_of(place, lambda: self.rows)

    def key_of(self, epoch: EpochId) -> str:
        """Return the ARN that the row of an epoch names."""
        row = self.rows.find(epoch)
        assert row is not None
        return row.key

    @property
    def kind(self) -> KeyKind:
        """The same for the suite that all providers share."""
        return KeyKind(self.provider, self.guard.clock, waits=WINDOW_DAYS)


@contextmanager
def kms_rooms(moto_url: str, folder: Path) -> Iterator[Callable[[], KmsRoom]]:
    """Serve guards before moto; AWS's own settings lead there, by two profiles."""
    credentials = folder / "aws_credentials"
    credentials.write_text(
        "".join(
            f"[{profile}]\naws_access_key_id={key}\naws_secret_access_key=invented\n"
            for key, profile in IDENTITIES.items()
        )
    )
    patch = pytest.MonkeyPatch()

    @cache
    def door(profile: str) -> KmsDoor:
        return KmsDoor(
            aws.client("kms", region=REGION, profile=profile), identity=profile
        )

    def room() -> KmsRoom:
        # Each time anew: another module's fixture may have led elsewhere since.
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
        patch.setenv("AWS_ENDPOINT_URL_KMS", post.url)
        return KmsRoom(post.relieve(FixedClock(MOMENT)), door)

    with guard_post(moto_url) as post:
        try:
            yield room
        finally:
            patch.undo()
