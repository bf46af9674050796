"""Object Lock of S3: objects that nobody deletes before their day (R65-R67).

COMPLIANCE retention: it can be lengthened by whoever may write, and shortened by
nobody.  It protects a version: a later version or a delete marker hides it, and
the locked one stays readable by its id.
"""

import datetime as dt

from custody.adapters import aws
from custody.errors import ConfigurationError

_NO_LOCK = ("ObjectLockConfigurationNotFoundError", "InvalidRequest")


class LockingBucket(aws.Bucket):
    """A bucket that was made with Object Lock."""

    def require_lock(self) -> None:
        """Refuse a bucket without Object Lock; ConfigurationError names it."""
        with aws.world("GetObjectLockConfiguration", absent=_NO_LOCK) as call:
            self._s3.get_object_lock_configuration(Bucket=self._name)
        if call.absent:
            raise ConfigurationError(
                f"CUSTODY_OFFSITE_URLS: bucket {self._name} has no Object Lock;"
                " make one that has (S3 enables it when the bucket is created)"
            )

    def lengthen(self, stored: aws.StoredVersion, until: dt.date) -> None:
        """Lock a version to the end of a day; a longer lock stays as it is."""
        if stored.locked_until is not None and stored.locked_until >= until:
            return
        version = {} if stored.version is None else {"VersionId": stored.version}
        with aws.world("PutObjectRetention"):
            self._s3.put_object_retention(
                Retention={"Mode": aws.LOCK_MODE, "RetainUntilDate": aws.end_of(until)},
                Bucket=self._name,
                Key=stored.key,
                **version,
            )
