"""A bucket as an off-site medium: written once, locked by the store (R65-R67).

The lock is Object Lock, so it binds whoever holds our credentials too; a bucket
without it is refused.
"""

import datetime as dt
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from custody.adapters import durable
from custody.adapters.bucket import StoredVersion
from custody.adapters.object_lock import LockingBucket
from custody.adapters.offsite import OTHER_CONTENT
from custody.application.ports import PathVersion
from custody.domain.language import Text
from custody.errors import ConfigurationError, ConflictError, EvidenceError

_NOT_THERE = Text(
    "{medium}：{path} 已写入却不在", "{medium}: {path} was written and is not there"
)
_NO_REMOVER = Text(
    "CUSTODY_OFFSITE_URLS：{medium}：未指定移除身份：本进程不能移除（"
    "s3://bucket/prefix?remover=PROFILE#name）",
    "CUSTODY_OFFSITE_URLS: {medium}: no remover is named: this process may not"
    " remove (s3://bucket/prefix?remover=PROFILE#name)",
)


class BucketMedium:
    """Port `Offsite` on `s3://bucket/prefix`; `name` as of every medium."""

    def __init__(
        self,
        bucket: LockingBucket,
        *,
        prefix: str = "",
        name: str,
        removes: bool = False,
    ) -> None:
        """Take the bucket, a prefix that is empty or ends in `/`, and the label.

        `removes`: the bucket's client is the remover's, who may delete versions.
        """
        self._bucket = bucket
        self._prefix = prefix
        self._name = name
        self._removes = removes

    @property
    def name(self) -> str:
        """The medium's label."""
        return self._name

    def put(self, path: str, content: bytes, *, locked_until: dt.date) -> None:
        """Write once; the same bytes again lengthen the lock, others conflict."""
        self.put_stream(path, io.BytesIO(content), locked_until=locked_until)

    def put_stream(
        self, path: str, content: BinaryIO, *, locked_until: dt.date
    ) -> None:
        """As `put`, for an object of any size; `content` must be seekable.

        ConfigurationError when the bucket cannot lock; EvidenceError when the
        object is gone as soon as it was written.
        """
        key = self._key(path)
        self._bucket.require_lock()
        taken = False
        try:
            self._bucket.put_once(
                key, content, locked_until=locked_until, within=self._prefix
            )
        except ConflictError:
            taken = True
        if taken:
            raise OTHER_CONTENT.as_error(ConflictError, medium=self._name, path=path)
        stored = self._bucket.find(key)
        if stored is None:
            raise _NOT_THERE.as_error(EvidenceError, medium=self._name, path=path)
        self._bucket.lengthen(stored, locked_until)

    def read(self, path: str) -> bytes:
        """Read an object; KeyError when absent."""
        with self.open(path) as content:
            return content.read()

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open an object for reading, pinned by version; KeyError when absent."""
        with self._bucket.open(self._stored(path)) as content:
            yield content

    def list(self, prefix: str) -> tuple[str, ...]:
        """List the object paths under a prefix, ordered."""
        found = self._bucket.keys(self._prefix + prefix)
        return tuple(sorted(key.removeprefix(self._prefix) for key, _ in found))

    @property
    def overwrites(self) -> bool:
        """Whether a removal overwrites the bytes: an object store lets nobody."""
        return False

    def versions(self, prefix: str) -> tuple[PathVersion, ...]:
        """List every version and delete marker under a prefix."""
        found = self._bucket.versions(self._prefix + prefix)
        return tuple(
            PathVersion(
                path=one.key.removeprefix(self._prefix),
                version=one.version,
                marker=one.marker,
                locked_until=one.locked_until,
            )
            for one in found
        )

    def remove(self, version: PathVersion, *, today: dt.date) -> bool:
        """Delete one version for good; False while it is locked."""
        if not self._removes:
            raise _NO_REMOVER.as_error(ConfigurationError, medium=self._name)
        if version.locked_until is not None and version.locked_until >= today:
            return False
        key = self._prefix + version.path
        self._bucket.delete_version(key, version.version)
        return True

    def locked_until(self, path: str) -> dt.date:
        """Return the last day of an object's lock; KeyError when it has none."""
        date = self._stored(path).locked_until
        if date is None:
            raise KeyError(path)
        return date

    def _stored(self, path: str) -> StoredVersion:
        stored = self._bucket.find(self._key(path))
        if stored is None:
            raise KeyError(path)
        return stored

    def _key(self, path: str) -> str:
        return self._prefix + durable.inside(Path(), path).as_posix()
