"""An in-memory ledger of real lines: its contract suite also runs on PostgreSQL."""

import datetime as dt
import hashlib
from collections.abc import Iterator

from custody.application.copy_ledger import Trust
from custody.application.ports import Entry
from custody.domain.ledger import Signer, origin_of, write_line
from custody.domain.ledger_check import fingerprint

MOMENT = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)


def invented_signer() -> Signer:
    """Return a signer whose signatures are digests: the form is what is tested."""
    return Signer(
        origin=origin_of(bytes(32)), sign=lambda text: hashlib.sha512(text).digest()
    )


FAKE_TRUST = Trust(
    verify=lambda _, text, signature: hashlib.sha512(text).digest() == signature,
    pins=(fingerprint(bytes(32)),),
)
"""Believes the invented signer."""


class FakeLedger:
    """Remembers entries in order, and the lines that tell of them."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: list[Entry] = []
        self._lines: list[bytes] = []

    def append(self, entry: Entry) -> int:
        """Append; return the position."""
        last = self._lines[-1] if self._lines else None
        line = write_line(entry, last=last, moment=MOMENT, signer=invented_signer())
        self._lines.append(line)
        self.entries.append(entry)
        return len(self._lines)

    def lines(self, *, first: int = 1) -> Iterator[bytes]:
        """Yield the lines in order, from a position on."""
        yield from self._lines[first - 1 :]

    def last(self) -> bytes | None:
        """Return the last line."""
        return self._lines[-1] if self._lines else None
