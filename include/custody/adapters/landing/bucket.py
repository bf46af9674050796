"""The landing zone as a bucket (versioned or not); partners drop objects into it.

A file is read by the version that was current when it was opened, so that one
replaced meanwhile is not mixed in; erasing takes every version.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from custody.adapters.bucket import Bucket
from custody.adapters.landing.incomplete import incomplete_of
from custody.adapters.landing.places import (
    key_at,
    manifest_last,
    order_of,
    place_of,
)
from custody.application.ports import Incomplete, LandedFile
from custody.domain.delivery import DeliveryKey, Refusal
from custody.domain.language import Text
from custody.domain.manifest import MANIFEST_NAME
from custody.errors import ConflictError, DeliveryError

_DEPTH = 4  # source, date, sequence, name
_EXISTS = Text(
    "{delivery_id} 已存在：请用下一个序号",
    "{delivery_id} exists: use the next sequence",
)


class BucketLanding:
    """Port `Landing` on `s3://bucket/prefix`."""

    def __init__(self, bucket: Bucket, *, prefix: str = "") -> None:
        """Take the bucket and a prefix that is empty or ends in `/`."""
        self._bucket = bucket
        self._prefix = prefix

    def deliveries(self, source_id: str | None = None) -> Iterator[DeliveryKey]:
        """Yield complete deliveries (manifest there), ordered; all sources if None."""
        under = self._prefix if source_id is None else f"{self._prefix}{source_id}/"
        found = []
        for key, _ in self._bucket.keys(under):
            parts = key.removeprefix(self._prefix).split("/")
            if len(parts) == _DEPTH and parts[-1] == MANIFEST_NAME:
                found.append(key_at(parts[0], parts[1], parts[2]))
        yield from sorted((key for key in found if key is not None), key=order_of)

    def incomplete(self) -> Iterator[Incomplete]:
        """Yield what lies there and is no complete delivery, ordered by place.

        A key that ends in `/` is how consoles draw a folder, and holds nothing.
        """
        yield from incomplete_of(
            (key.removeprefix(self._prefix).split("/"), changed)
            for key, changed in self._bucket.changes(self._prefix)
            if not key.endswith("/")
        )

    def files(self, key: DeliveryKey) -> tuple[LandedFile, ...]:
        """List every object of the folder, deeper ones with their `/`."""
        folder = self._folder(key)
        return tuple(
            LandedFile(name=found.removeprefix(folder), size=size)
            for found, size in self._bucket.keys(folder)
        )

    @contextmanager
    def open(self, key: DeliveryKey, name: str) -> Iterator[BinaryIO]:
        """Open the current version for reading; seekable, pinned by version."""
        stored = self._bucket.find(self._folder(key) + name)
        if stored is None:
            raise DeliveryError(Refusal.FILE_MISSING)
        with self._bucket.open(stored) as stream:
            yield stream

    def put(self, key: DeliveryKey, files: Mapping[str, BinaryIO]) -> None:
        """Write a delivery; `manifest.json` last; ConflictError if it exists."""
        folder = self._folder(key)
        if next(self._bucket.keys(folder), None) is not None:
            raise _EXISTS.as_error(ConflictError, delivery_id=key.delivery_id)
        for name in manifest_last(list(files)):
            self._bucket.put_once(folder + name, files[name])

    def erase(self, key: DeliveryKey) -> int:
        """Erase the folder, every version; idempotent; return versions erased."""
        return self._bucket.erase(self._folder(key))

    def _folder(self, key: DeliveryKey) -> str:
        return self._prefix + "/".join(place_of(key)) + "/"
