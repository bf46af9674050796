"""An in-memory quarantine: its contract suite also runs on folder and bucket."""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from custody.errors import OpenError

IDENTITY = "the-invented-identity"


class FakeQuarantine:
    """Plain bytes in a dict, opened by the one identity it was given."""

    def __init__(self, identity: str = IDENTITY) -> None:
        """Take the identity that opens."""
        self.kept: dict[str, bytes] = {}
        self._identity = identity

    def put(self, name: str, plain: BinaryIO) -> str:
        """Store; the first to come stays; return its digest."""
        content = plain.read()
        if any(part in {"", ".", ".."} for part in name.split("/")):
            raise ValueError("a name is made of plain parts")
        return hashlib.sha256(self.kept.setdefault(name, content)).hexdigest()

    def names(self) -> Iterator[str]:
        """Yield what is kept, ordered."""
        yield from sorted(self.kept)

    def open(self, name: str, identity: str) -> bytes:
        """Open with the identity."""
        content = self.kept[name]
        if identity != self._identity:
            raise OpenError
        return content

    def erase(self, name: str) -> None:
        """Erase; idempotent."""
        self.kept.pop(name, None)
