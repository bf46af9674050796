"""Ports of sealing again: the sealed values of a level, and their key records."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from custody.application.ports.warehouse import Entry
from custody.domain.epochs import EpochId
from custody.domain.levels import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredValue:
    """A sealed value as the warehouse has it: of the register, or of who waits."""

    handle: bytes
    sealed: bytes
    digest: bytes
    key_id: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What is to stand in a value's place; its content digest stays."""

    handle: bytes
    former_key_id: bytes
    sealed: bytes
    key_id: bytes


class SealedValues(Protocol):
    """The warehouse as the destroyer has it."""

    def find(self, level: Level, handles: Sequence[bytes]) -> tuple[StoredValue, ...]:
        """Return the values that some handles have of a level, in any order."""

    def replacing(self, level: Level) -> AbstractContextManager["ValueReplacer"]:
        """Open one transaction; commits at a clean exit."""


class ValueReplacer(Protocol):
    """Replaces values inside one warehouse transaction."""

    def replace(self, values: Sequence[Replacement]) -> tuple[StoredValue, ...]:
        """Write those that still have their former key id; return them as stored."""

    def tell(self, entry: Entry) -> None:
        """Append to the ledger in this transaction; call it last."""


class FormerKeys(Protocol):
    """Key records by their key ids, for who replaces what they open."""

    def departments(
        self, epoch: EpochId, handles: Sequence[bytes]
    ) -> Mapping[bytes, str]:
        """Return the owner department of each handle that has a key there."""

    def forget(
        self, epoch: EpochId, handles: Sequence[bytes], key_ids: Sequence[bytes]
    ) -> int:
        """Delete those records of an epoch; return how many there were."""
