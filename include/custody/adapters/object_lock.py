"""Object Lock of S3: objects that nobody deletes before their day (R65-R67).

COMPLIANCE retention: it can be lengthened by whoever may write, and shortened by
nobody.  It protects a version: a later version or a delete marker hides it, and
the locked one stays readable by its id.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from custody.adapters.aws import world
from custody.adapters.bucket import LOCK_MODE, Bucket, StoredVersion, end_of
from custody.domain.language import Text
from custody.errors import ConfigurationError, WorldError

LISTED_AT_ONCE = 1_000  # versions in one answer (S3's limit)
_NO_LOCK = ("ObjectLockConfigurationNotFoundError", "InvalidRequest")
_ENDS_EARLY = Text(
    "S3 ListObjectVersions：列表提前结束",
    "S3 ListObjectVersions: the listing ends early",
)
_LOCKLESS = Text(
    "CUSTODY_OFFSITE_URLS：存储桶 {name} 没有 Object Lock；请新建启用 Object Lock "
    "的存储桶（S3 只在建桶时启用）",
    "CUSTODY_OFFSITE_URLS: bucket {name} has no Object Lock; make one that has (S3"
    " enables it when the bucket is created)",
)
_SUSPENDED = Text(
    "CUSTODY_OFFSITE_URLS：存储桶 {name} 的版本控制已暂停",
    "CUSTODY_OFFSITE_URLS: versioning of bucket {name} is suspended",
)
_UNVERSIONED = Text(
    "S3 HeadObject：应答未指明版本", "S3 HeadObject: an answer that names no version"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedVersion:
    """One version or delete marker of a key; markers have no lock."""

    key: str
    version: str
    marker: bool
    locked_until: dt.date | None


class LockingBucket(Bucket):
    """A bucket that was made with Object Lock."""

    def require_lock(self) -> None:
        """Refuse a bucket that keeps not every version; ConfigurationError names it.

        Object Lock keeps a version: a store that lets versioning be suspended beside
        it loses what it was to keep.
        """
        with world("GetObjectLockConfiguration", absent=_NO_LOCK) as call:
            self._s3.get_object_lock_configuration(Bucket=self._name)
        if call.absent:
            raise _LOCKLESS.as_error(ConfigurationError, name=self._name)
        with world("GetBucketVersioning"):
            versioning = self._s3.get_bucket_versioning(Bucket=self._name)
        if versioning.get("Status") != "Enabled":
            raise _SUSPENDED.as_error(ConfigurationError, name=self._name)

    def lengthen(self, stored: StoredVersion, until: dt.date) -> None:
        """Lock a version to the end of a day; a longer lock stays as it is."""
        if stored.locked_until is not None and stored.locked_until >= until:
            return
        version = {} if stored.version is None else {"VersionId": stored.version}
        with world("PutObjectRetention"):
            self._s3.put_object_retention(
                Retention={"Mode": LOCK_MODE, "RetainUntilDate": end_of(until)},
                Bucket=self._name,
                Key=stored.key,
                **version,
            )

    def versions(
        self, prefix: str, *, at_once: int = LISTED_AT_ONCE
    ) -> tuple[ListedVersion, ...]:
        """List every version and delete marker, by key and the newest first.

        WorldError when an answer does not say that it is the last one, or how to go
        on: a listing that ends early would show that a copy is gone.
        """
        found: list[ListedVersion] = []
        place: dict[str, str] = {}
        while True:
            with world("ListObjectVersions"):
                page = self._s3.list_object_versions(
                    Bucket=self._name, Prefix=prefix, MaxKeys=at_once, **place
                )
            found += self._listed(page)
            if page.get("IsTruncated") is False and not page.get("NextKeyMarker"):
                return tuple(sorted(found, key=lambda one: one.key))
            place = _next(page, place)

    def delete_version(self, key: str, version: str) -> None:
        """Delete one version for good; S3 refuses while it is locked."""
        with world("DeleteObject"):
            self._s3.delete_object(Bucket=self._name, Key=key, VersionId=version)

    def _listed(self, page: dict[str, Any]) -> Iterator[ListedVersion]:
        for kind in ("Versions", "DeleteMarkers"):
            for item in page.get(kind, ()):
                key, version = item["Key"], item["VersionId"]
                marker = kind == "DeleteMarkers"
                yield ListedVersion(
                    key=key,
                    version=version,
                    marker=marker,
                    locked_until=None if marker else self._lock_of(key, version),
                )

    def _lock_of(self, key: str, version: str) -> dt.date | None:
        with world("HeadObject"):
            head = self._s3.head_object(Bucket=self._name, Key=key, VersionId=version)
        if head.get("VersionId") != version:
            # An answer without it tells of no lock either, and means nothing.
            raise _UNVERSIONED.as_error(WorldError)
        until: dt.datetime | None = head.get("ObjectLockRetainUntilDate")
        return None if until is None else until.astimezone(dt.UTC).date()


def _next(page: dict[str, Any], before: dict[str, str]) -> dict[str, str]:
    """Return where the next answer begins; WorldError when it would not move on."""
    place = {
        "KeyMarker": page.get("NextKeyMarker", ""),
        "VersionIdMarker": page.get("NextVersionIdMarker", ""),
    }
    if not place["KeyMarker"] or place == before or not page.get("IsTruncated"):
        raise _ENDS_EARLY.as_error(WorldError)
    return place
