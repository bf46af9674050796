"""Which quarantine and which off-site medium a URL names: a folder or a bucket.

boto3 is a third of a second that a folder need not pay, so buckets come late.
"""

from pathlib import Path
from urllib.parse import urlsplit

from custody.adapters.local import folder_of
from custody.adapters.offsite import DirectoryMedium, medium_name
from custody.adapters.quarantine import QuarantineFolder
from custody.application.ports import Offsite, Quarantine

_BUCKET = "s3"


def quarantine_of(
    url: str, *, recipient: str, work: Path, s3_endpoint_url: str | None = None
) -> Quarantine:
    """Return the quarantine of `file:///folder` or `s3://bucket/prefix`.

    `recipient` is its age recipient; `work` a folder for sealed temporary files.
    """
    if urlsplit(url).scheme != _BUCKET:
        folder = folder_of(url, "CUSTODY_QUARANTINE_URL")
        return QuarantineFolder(folder, recipient=recipient)
    from custody.adapters import aws  # noqa: PLC0415
    from custody.adapters.quarantine_bucket import QuarantineBucket  # noqa: PLC0415

    name, prefix = aws.split_url(url)
    bucket = aws.Bucket(name, s3=aws.client("s3", endpoint_url=s3_endpoint_url))
    return QuarantineBucket(bucket, prefix=prefix, recipient=recipient, work=work)


def medium_of(url: str, *, s3_endpoint_url: str | None = None) -> Offsite:
    """Return the off-site medium of `file:///folder#name` or `s3://bucket/prefix#name`.

    Its name is the fragment, else the last folder or the bucket (`medium_name`).
    """
    if urlsplit(url).scheme != _BUCKET:
        folder = folder_of(url, "CUSTODY_OFFSITE_URLS")
        return DirectoryMedium(folder, name=medium_name(url))
    from custody.adapters import aws  # noqa: PLC0415
    from custody.adapters.object_lock import LockingBucket  # noqa: PLC0415
    from custody.adapters.offsite_bucket import BucketMedium  # noqa: PLC0415

    name, prefix = aws.split_url(url)
    bucket = LockingBucket(name, s3=aws.client("s3", endpoint_url=s3_endpoint_url))
    return BucketMedium(bucket, prefix=prefix, name=medium_name(url))
