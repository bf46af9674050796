"""An installation in memory whose keys are moved."""

import dataclasses
import datetime as dt
import os

import polars as pl

from custody.application.keys import EnsureEpochs
from custody.application.rekey import RekeyEpochs
from custody.application.secrets import make_secrets
from custody.crypto import signing
from custody.crypto.keyrecord import unwrap_key
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from tests.builders.sealed import DATASET, sealed_frame
from tests.fakes.keyring import FakeIndexEpochs, FakeKeyring
from tests.fakes.keys import FakeKeyProvider, FakeMedium
from tests.fakes.ledger import FakeLedger
from tests.fakes.rekey import FakeEpochKeys
from tests.fakes.world import FixedClock

MOMENT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
OLD, NEW = EpochId.parse("live/high/1"), EpochId.parse("live/high/2")
RESTRICTED = EpochId.parse("restricted/high/1")
ROWS = 7
BATCH = 3


@dataclasses.dataclass
class World:
    """One installation in memory, its keys under `live/high/1`."""

    provider: FakeKeyProvider
    media: list[FakeMedium]
    births: EnsureEpochs
    keyring: FakeKeyring
    keys: FakeEpochKeys
    ledger: FakeLedger
    told: list[tuple[EpochId, int]]
    heard: list[str]

    def hear(self, step: str) -> None:
        """Remember a step."""
        self.heard.append(step)

    @property
    def rekey(self) -> RekeyEpochs:
        """The use case."""
        return RekeyEpochs(
            keys=self.keys,
            births=self.births,
            provider=self.provider,
            ledger=self.ledger,
            reached=self.hear,
            told=lambda old, moved: self.told.append((old, moved)),
            batch=BATCH,
        )

    def seal(self, epoch: EpochId, count: int) -> pl.DataFrame:
        """Seal something under an epoch."""
        frame = sealed_frame(epoch, self.provider.open(epoch), count=count)
        with self.keyring.writing([epoch]) as writer:
            writer.write(frame, dataset=DATASET, department="sales")
        return frame

    def opens(self, frame: pl.DataFrame) -> bool:
        """Tell whether the keys of a frame unwrap, wherever they are now."""
        found = self.keyring.wrapped(frame["handle"].to_list())
        for row in found.iter_rows(named=True):
            unwrap_key(
                wrapping_key=self.provider.open(EpochId.parse(row["epoch"])),
                wrapped=row["wrapped"],
                dataset=DATASET,
                level=row["level"],
                handle=row["handle"],
                epoch=row["epoch"],
                key_id=row["key_id"],
            )
        return found.height == frame.height

    def damage(self, at: int) -> None:
        """Change the last bit of one key record."""
        wrapped = self.keyring.keys["wrapped"].to_list()
        wrapped[at] = wrapped[at][:-1] + bytes((wrapped[at][-1] ^ 1,))
        series = pl.Series("wrapped", wrapped, dtype=pl.Binary)
        self.keyring.keys = self.keyring.keys.with_columns(series)


def open_world(*, clock: FixedClock | None = None, window: int = 0) -> World:
    """Return an installation with its first epochs; see the provider's `window`."""
    clock = clock or FixedClock(MOMENT)
    provider, keyring = FakeKeyProvider(clock, window=window), FakeKeyring()
    media = [FakeMedium("disk"), FakeMedium("cloud")]
    secrets = make_secrets(
        ["disk", "cloud"], entropy=os.urandom, ledger_key=signing.generate()
    )
    births = EnsureEpochs(
        provider=provider,
        media=media,
        public_keys=secrets.public,
        keyring=keyring,
        index_epochs=FakeIndexEpochs(),
        clock=clock,
        suites=dict.fromkeys(Level, 1),
    )
    births()
    keys = FakeEpochKeys(keyring, born=MOMENT)
    return World(provider, media, births, keyring, keys, FakeLedger(), [], [])
