"""A bucket's objects, by version: written once, read in ranges, erased whole.

`If-None-Match` makes a write happen once, also when boto3 repeats a request that
had been committed.
"""

import datetime as dt
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, cast

from custody.adapters import bucket_words as words
from custody.adapters.aws import ATTEMPTS, world
from custody.adapters.parts import PART_BYTES, Upload
from custody.adapters.ranges import Ranges
from custody.errors import ConflictError, WorldError

RANGE_BYTES = 8 * 1024 * 1024  # bytes asked for in one ranged read
LOCK_MODE = "COMPLIANCE"  # which nobody shortens, the account's owner included
_CHUNK = 4 * 1024  # bytes between two looks at the clock
_DELETE_BATCH = 1_000  # objects in one DeleteObjects call (S3's limit)
# 409: two conditional writes met; whoever lost looks at what is there now.
_TAKEN = ("PreconditionFailed", "412", "ConditionalRequestConflict")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """One version of one object; `version` is None in a bucket without versions.

    `locked_until`: the last day (UTC) of its lock, None without one.
    """

    key: str
    size: int
    version: str | None
    etag: str
    locked_until: dt.date | None = None


class Bucket:
    """The objects of one bucket; keys are whole keys, prefix included."""

    def __init__(
        self,
        name: str,
        *,
        s3: Any,  # noqa: ANN401 - see `aws.client`
        part_bytes: int = PART_BYTES,
    ) -> None:
        """Take the bucket's name and a client of `aws.client("s3")`.

        Objects of more than `part_bytes` are sent in parts of that size.
        """
        self._name = name
        self._s3 = s3
        self._part_bytes = part_bytes

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size of the current objects under a prefix, ordered."""
        for found in self._current(prefix):
            yield found["Key"], found["Size"]

    def changes(self, prefix: str) -> Iterator[tuple[str, dt.datetime]]:
        """Yield key and moment of the current objects under a prefix, ordered."""
        for found in self._current(prefix):
            yield found["Key"], found["LastModified"]

    def _current(self, prefix: str) -> Iterator[Any]:
        with world("ListObjectsV2"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._name, Prefix=prefix
            )
            for page in pages:
                found = page.get("Contents", ())
                _refuse_less(page, len(found))
                yield from found

    def find(self, key: str) -> StoredVersion | None:
        """Return the current version of an object, None when there is none."""
        with world("HeadObject", absent=("404", "NoSuchKey", "NotFound")) as call:
            head = self._s3.head_object(Bucket=self._name, Key=key)
        if call.absent:
            return None
        if "ETag" not in head:
            raise words.NO_OBJECT.as_error(WorldError)
        version = head.get("VersionId")
        until = head.get("ObjectLockRetainUntilDate")
        return StoredVersion(
            key=key,
            size=head["ContentLength"],
            version=None if version in {None, "null"} else version,
            etag=head["ETag"],
            locked_until=None if until is None else until.astimezone(dt.UTC).date(),
        )

    def read(self, stored: StoredVersion, begin: int, end: int) -> bytes:
        """Return the bytes [begin, end) of exactly this version."""
        pinned = {} if stored.version is None else {"VersionId": stored.version}
        with world("GetObject"):
            answer = self._s3.get_object(
                Bucket=self._name,
                Key=stored.key,
                Range=f"bytes={begin}-{end - 1}",
                IfMatch=stored.etag,
                **pinned,
            )
            content = self._body(answer["Body"])
        if len(content) != end - begin:
            raise words.SHORT.as_error(WorldError)
        return content

    def _body(self, body: Any) -> bytes:  # noqa: ANN401 - see `aws.client`
        """Read an answer; one that only drips is given up like one that is silent."""
        deadline = time.monotonic() + ATTEMPTS * self._s3.meta.config.read_timeout
        content = bytearray()
        while part := body.read(_CHUNK):
            content += part
            if time.monotonic() > deadline:
                body.close()
                raise words.SLOW.as_error(WorldError)
        return bytes(content)

    def open(self, stored: StoredVersion) -> BinaryIO:
        """Return a seekable stream over exactly this version."""
        ranges = Ranges(partial(self.read, stored), stored.size)
        return cast("BinaryIO", io.BufferedReader(ranges, RANGE_BYTES))

    def put_once(
        self,
        key: str,
        content: BinaryIO,
        *,
        locked_until: dt.date | None = None,
        within: str | None = None,
    ) -> None:
        """Write an object that is not there yet; ConflictError when it is.

        The same bytes again are welcome: a repeated request may meet its own
        success.  `locked_until` sets COMPLIANCE retention to that day's end (UTC).
        `within` is a prefix that is ours alone (`custody.adapters.parts`).
        """
        lock: dict[str, object] = {}
        if locked_until is not None:
            until = end_of(locked_until)
            lock = {"ObjectLockMode": LOCK_MODE, "ObjectLockRetainUntilDate": until}
        begin = content.tell()
        if not self._sent(key, content, lock, within or key):
            content.seek(begin)
            if not self._holds(key, content):
                raise words.EXISTS.as_error(ConflictError)

    def _sent(
        self, key: str, content: BinaryIO, lock: dict[str, object], within: str
    ) -> bool:
        """Send an object, a large one in parts; False when its place is taken."""
        begin = content.tell()
        size = content.seek(0, io.SEEK_END) - begin
        content.seek(begin)
        if size > self._part_bytes:
            upload = Upload(
                self._s3, bucket=self._name, key=key, lock=lock, within=within
            )
            return upload.send(content, taken=_TAKEN, part=self._part_bytes)
        with world("PutObject", absent=_TAKEN) as call:
            self._s3.put_object(
                Bucket=self._name, Key=key, Body=content, IfNoneMatch="*", **lock
            )
        return not call.absent

    def erase(self, keys_under: str, *, exact: bool = False) -> int:
        """Delete every version and delete marker under a prefix; return how many.

        With `exact` it is a whole key, and longer ones are left alone.

        Objects named `manifest.json` go last, so that what is left of an
        interrupted erasure can still be found.
        """
        with world("ListObjectVersions"):
            pages = self._s3.get_paginator("list_object_versions").paginate(
                Bucket=self._name, Prefix=keys_under
            )
            found = [
                {"Key": item["Key"], "VersionId": item["VersionId"]}
                for page in pages
                for kind in ("Versions", "DeleteMarkers")
                for item in page.get(kind, ())
                if not exact or item["Key"] == keys_under
            ]
        found.sort(key=lambda item: item["Key"].endswith("/manifest.json"))
        for start in range(0, len(found), _DELETE_BATCH):
            self._delete(found[start : start + _DELETE_BATCH])
        return len(found)

    def _delete(self, batch: Sequence[dict[str, str]]) -> None:
        with world("DeleteObjects"):
            answer = self._s3.delete_objects(
                Bucket=self._name, Delete={"Objects": list(batch), "Quiet": True}
            )
        refused = {item.get("Code", "?") for item in answer.get("Errors", ())}
        if refused:
            raise words.NOT_DELETED.as_error(
                WorldError, codes=", ".join(sorted(refused))
            )

    def _holds(self, key: str, content: BinaryIO) -> bool:
        stored = self.find(key)
        if stored is None:
            return False
        with self.open(stored) as there:
            while True:
                ours, theirs = content.read(RANGE_BYTES), there.read(RANGE_BYTES)
                if ours != theirs:
                    return False
                if not ours:
                    return True


def _refuse_less(page: dict[str, Any], found: int) -> None:
    """Refuse a page that holds other many keys than it says, or hides that more come.

    A listing that ends early would say of an object that it is not there.
    """
    more, token = page.get("IsTruncated", False), page.get("NextContinuationToken")
    if page.get("KeyCount", found) != found or more is not bool(token):
        raise words.CONTRADICTS.as_error(WorldError)


def end_of(day: dt.date) -> dt.datetime:
    """Return the last second of a day (UTC), as S3 keeps a lock's end."""
    return dt.datetime.combine(day, dt.time(23, 59, 59), tzinfo=dt.UTC)
