"""The port to suppression tokens and to what they are made from."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from custody.application.ports.warehouse import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionTokens:
    """The index tokens of one version, by field, of one index epoch."""

    index_epoch: int
    tokens: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Tokens of the destroyed (match key, token), and until when they stand."""

    tokens: Sequence[tuple[str, bytes]]
    destroyed_on: dt.date
    expires_on: dt.date
    legal_basis: str


class Suppressions(Protocol):
    """Suppression tokens in the warehouse; the destroyer's port."""

    def versions(
        self, numbers: Sequence[str], fields: Sequence[str]
    ) -> Iterator[VersionTokens]:
        """Yield the tokens of these fields of every version of these customers."""

    def add(self, suppressed: Suppressed, entry: Entry) -> int:
        """Write the tokens, with the entry; return how many are new or last longer.

        A token that stands keeps the later of its days; no entry when nothing is
        new.  Waits for a load that is under way: from then on every load sees them.
        """

    def expire(self, today: dt.date) -> int:
        """Delete the tokens whose last day is past, with an entry; return how many."""
