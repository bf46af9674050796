"""What is written down of the keys in AWS KMS: names, tags, contexts and rows."""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from custody.domain.epochs import EpochId

TAG = "custody:"
EPOCH_TAG = f"{TAG}epoch"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderKey:
    """What is kept of an epoch: the KMS key's ARN, the blob, the day it dies by."""

    key: str
    wrapped: bytes
    final: dt.date | None = None


class ProviderKeys(Protocol):
    """Keeps them, once for each epoch."""

    def find(self, epoch: EpochId) -> ProviderKey | None:
        """Return what is kept of an epoch, None when there is nothing."""

    def add(self, epoch: EpochId, kept: ProviderKey) -> bool:
        """Keep what was born; False, and nothing changed, when the epoch has one."""

    def condemn(self, epoch: EpochId, final: dt.date) -> None:
        """Note that the key is to die, by this day; an earlier note stands."""

    def settle(self, epoch: EpochId, final: dt.date) -> None:
        """Note the day that the service named."""

    def epochs(self) -> tuple[EpochId, ...]:
        """Return every epoch that has, or had, a key, ordered by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KmsPlace:
    """Where and whose keys they are; the days that KMS waits before it deletes one."""

    region: str
    installation: str
    dataset: str
    window_days: int

    def holds(self, arn: str) -> bool:
        """Tell whether a key is of this Region: elsewhere "not found" means nothing."""
        return arn.split(":")[3:4] == [self.region]

    def alias(self, epoch: EpochId) -> str:
        """Return the name that the KMS key of an epoch bears."""
        return f"alias/custody/{self.installation}/{self.dataset}/{epoch}"

    def tags(self, epoch: EpochId | None = None) -> dict[str, str]:
        """Return the tags of an epoch's KMS key, or those that all of them share."""
        tags = {
            f"{TAG}installation": self.installation,
            f"{TAG}dataset": self.dataset,
        }
        return tags if epoch is None else {**tags, EPOCH_TAG: str(epoch)}

    def context(self, epoch: EpochId) -> dict[str, str]:
        """Return the encryption context: KMS authenticates it and logs it."""
        return {
            **self.tags(),
            f"{TAG}purpose": epoch.purpose.value,
            f"{TAG}level": epoch.level or "-",
            f"{TAG}number": str(epoch.number),
        }
