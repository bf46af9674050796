"""The quarantine 隔离 in a bucket: what was not admitted, sealed with age.

As in the folder, writers hold the recipient only (R19).  An object is sealed into
a temporary file first, which therefore holds sealed bytes and has no name.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from custody.adapters import age_box, durable
from custody.adapters.bucket import Bucket
from custody.adapters.quarantine import SUFFIX
from custody.application.intake.pinned import digest_of
from custody.errors import ConflictError


class QuarantineBucket:
    """Port `Quarantine` on `s3://bucket/prefix`: age objects `<prefix><name>.age`."""

    def __init__(
        self, bucket: Bucket, *, prefix: str = "", recipient: str, work: Path
    ) -> None:
        """Take the bucket, prefix, age recipient (`age1…`) and the work folder."""
        self._bucket = bucket
        self._prefix = prefix
        self._recipient = recipient
        self._work = work

    def put(self, name: str, plain: BinaryIO) -> str:
        """Seal and store; return SHA-256 (hex) of the stored bytes.

        Putting a name again keeps what is there and returns its digest: age seals
        every time to other bytes, and the first to come is the evidence.
        """
        key = self._key(name)
        if self._bucket.find(key) is None:
            self._seal(key, plain)
        with self._open(name) as stored:
            return digest_of(stored)

    def names(self) -> Iterator[str]:
        """Yield what is kept, ordered."""
        found = (key.removeprefix(self._prefix) for key, _ in self._keys())
        yield from sorted(
            name.removesuffix(SUFFIX) for name in found if name.endswith(SUFFIX)
        )

    def open(self, name: str, identity: str) -> bytes:
        """Open with an age identity; OpenError if not the one, KeyError if absent."""
        with self._open(name) as sealed:
            return age_box.decrypt(sealed.read(), identity=identity)

    def erase(self, name: str) -> None:
        """Erase every version; idempotent."""
        self._bucket.erase(self._key(name), exact=True)

    def _seal(self, key: str, plain: BinaryIO) -> None:
        with durable.world("quarantine, the work folder"):
            durable.make_folder(self._work)
            with tempfile.TemporaryFile(dir=self._work) as sealed:
                age_box.encrypt_stream(plain, sealed, recipients=[self._recipient])
                sealed.seek(0)
                self._put_first(key, sealed)

    def _put_first(self, key: str, sealed: BinaryIO) -> None:
        try:
            self._bucket.put_once(key, sealed)
        except ConflictError:
            return  # somebody was first, and the first to come stays

    def _keys(self) -> Iterator[tuple[str, int]]:
        return self._bucket.keys(self._prefix)

    def _open(self, name: str) -> BinaryIO:
        stored = self._bucket.find(self._key(name))
        if stored is None:
            raise KeyError(name)
        return self._bucket.open(stored)

    def _key(self, name: str) -> str:
        return self._prefix + durable.inside(Path(), name).as_posix() + SUFFIX
