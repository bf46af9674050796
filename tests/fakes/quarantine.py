"""An in-memory quarantine and ledger for tests of the intake."""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from custody.application.ports import Entry
from custody.errors import OpenError

IDENTITY = "the-invented-identity"


class FakeQuarantine:
    """Keeps names and bytes; only IDENTITY opens."""

    def __init__(self) -> None:
        """Start empty."""
        self.kept: dict[str, bytes] = {}

    def put(self, name: str, plain: BinaryIO) -> str:
        """Keep the first content of a name; return its digest."""
        content = self.kept.setdefault(name, plain.read())
        return hashlib.sha256(content).hexdigest()

    def names(self) -> Iterator[str]:
        """Yield what is kept."""
        yield from sorted(self.kept)

    def open(self, name: str, identity: str) -> bytes:
        """Open with IDENTITY."""
        if identity != IDENTITY:
            raise OpenError
        return self.kept[name]

    def erase(self, name: str) -> None:
        """Erase; idempotent."""
        self.kept.pop(name, None)


class FakeLedger:
    """Remembers entries in order."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: list[Entry] = []

    def append(self, entry: Entry) -> int:
        """Append; return the position."""
        self.entries.append(entry)
        return len(self.entries)

    def lines(self) -> Iterator[bytes]:
        """Yield the kinds and subjects."""
        for entry in self.entries:
            yield f"{entry.kind} {entry.subject}".encode()
