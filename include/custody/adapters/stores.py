"""Which quarantine and which off-site medium a URL names: a folder or a bucket.

boto3 is a third of a second that a folder need not pay, so buckets come late.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from custody.adapters import durable
from custody.adapters.disk_label import Label, take_into_service
from custody.adapters.local import folder_of
from custody.adapters.offsite import DirectoryMedium, medium_name
from custody.adapters.quarantine import QuarantineFolder
from custody.application.ports import Offsite, Quarantine
from custody.domain.language import Text
from custody.errors import ConfigurationError

_BUCKET = "s3"
_OPTIONS = {"remover", "writer", "owner", "region"}
_ANY_ACCOUNT = "000000000000"
_ID = re.compile("[0-9a-f]{32}")
_DISK_FORM = Text(
    "CUSTODY_OFFSITE_URLS：磁盘写作 file:///folder#name，或"
    " file:///folder?label=ID#name，ID 由 `custody backup label` 给出（32 位十六进"
    "制）",
    "CUSTODY_OFFSITE_URLS: a disk is written file:///folder#name, or"
    " file:///folder?label=ID#name with the id that `custody backup label` told (32"
    " hex digits)",
)
_BUCKET_FORM = Text(
    "CUSTODY_OFFSITE_URLS：存储桶写作 s3://bucket/prefix?remover=PROFILE#name；可另"
    "加 writer=PROFILE、owner=ACCOUNT（12 位数字）与 region=REGION",
    "CUSTODY_OFFSITE_URLS: a bucket is written"
    " s3://bucket/prefix?remover=PROFILE#name; writer=PROFILE, owner=ACCOUNT (12"
    " digits) and region=REGION may be said besides",
)


def quarantine_of(
    url: str,
    *,
    recipient: str,
    work: Path,
    s3_endpoint_url: str | None = None,
    s3_read_seconds: int | None = None,
) -> Quarantine:
    """Return the quarantine of `file:///folder` or `s3://bucket/prefix`.

    `recipient` is its age recipient; `work` a folder for sealed temporary files.
    """
    if urlsplit(url).scheme != _BUCKET:
        folder = folder_of(url, "CUSTODY_QUARANTINE_URL")
        return QuarantineFolder(folder, recipient=recipient)
    from custody.adapters import aws  # noqa: PLC0415
    from custody.adapters.bucket import Bucket  # noqa: PLC0415
    from custody.adapters.quarantine_bucket import QuarantineBucket  # noqa: PLC0415

    name, prefix = aws.split_url(url)
    bucket = Bucket(name, s3=aws.s3_client(s3_endpoint_url, s3_read_seconds))
    return QuarantineBucket(bucket, prefix=prefix, recipient=recipient, work=work)


def medium_of(
    url: str,
    *,
    s3_endpoint_url: str | None = None,
    s3_read_seconds: int | None = None,
) -> Offsite:
    """Return the off-site medium of `file:///folder#name` or `s3://bucket/prefix#name`.

    Its name is the fragment, else the last folder or the bucket (`medium_name`).  It
    removes nothing from a bucket.  `file:///folder?label=ID#name` is the one disk
    with that id on its label.  `s3://bucket/prefix?writer=PROFILE&owner=ACCOUNT
    &region=REGION#name` names the medium's own identity, account and place.
    """
    return _medium(url, s3_endpoint_url, s3_read_seconds, removes=False)


def remover_of(
    url: str,
    *,
    s3_endpoint_url: str | None = None,
    s3_read_seconds: int | None = None,
) -> Offsite:
    """Return the same medium as who may remove from it what is locked no more.

    `s3://bucket/prefix?remover=PROFILE#name` names that identity's AWS profile;
    without it, removing is refused.  On a folder there is one identity only.
    """
    return _medium(url, s3_endpoint_url, s3_read_seconds, removes=True)


def _medium(
    url: str,
    s3_endpoint_url: str | None,
    s3_read_seconds: int | None,
    *,
    removes: bool,
) -> Offsite:
    if urlsplit(url).scheme != _BUCKET:
        folder, label = disk_of(url)
        return DirectoryMedium(folder, name=medium_name(url), label=label)
    from custody.adapters import aws  # noqa: PLC0415
    from custody.adapters.object_lock import LockingBucket  # noqa: PLC0415
    from custody.adapters.offsite_bucket import BucketMedium  # noqa: PLC0415

    options = _options(url)  # whoever writes it wrongly learns it at once
    removes = removes and "remover" in options
    name, prefix = aws.split_url(urlsplit(url)._replace(query="").geturl())
    s3 = aws.s3_client(
        s3_endpoint_url,
        s3_read_seconds,
        profile=options.get("remover" if removes else "writer"),
        region=options.get("region"),
        owner=options.get("owner"),
    )
    return BucketMedium(
        LockingBucket(name, s3=s3),
        prefix=prefix,
        name=medium_name(url),
        removes=removes,
    )


def disk_of(url: str) -> tuple[Path, str]:
    """Return folder and wanted label of a disk's URL; ConfigurationError else."""
    options = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    label = options.pop("label", None)
    if options or not (label is None or _ID.fullmatch(label)):
        raise _DISK_FORM.as_error(ConfigurationError)
    return folder_of(url, "CUSTODY_OFFSITE_URLS"), label or ""


def label_disk(url: str) -> Label | None:
    """Take a medium's disk into service; None for a bucket, which needs no label."""
    if urlsplit(url).scheme == _BUCKET:
        return None
    folder, _ = disk_of(url)
    return take_into_service(folder, name=medium_name(url))


def label_own_disks(urls: Iterable[str], *, home: Path) -> None:
    """Make and label those disks that are folders of the home; repeatable.

    They are no mounts: nothing lies under them that could be taken for one.
    """
    for url in urls:
        if urlsplit(url).scheme != _BUCKET and disk_of(url)[0].is_relative_to(home):
            with durable.world(medium_name(url)):
                durable.make_folder(disk_of(url)[0])
            label_disk(url)


def _options(url: str) -> dict[str, str]:
    """Return what a bucket's URL says besides its place; ConfigurationError else."""
    options = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    account = options.get("owner", _ANY_ACCOUNT)
    if (
        set(options) - _OPTIONS
        or "" in options.values()
        or not (account.isdecimal() and len(account) == len(_ANY_ACCOUNT))
    ):
        raise _BUCKET_FORM.as_error(ConfigurationError)
    return options
