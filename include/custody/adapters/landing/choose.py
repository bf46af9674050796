"""Which landing zone a URL names."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from custody.adapters.landing.folder import FolderLanding
from custody.application.ports import Landing, Reached, pass_by
from custody.domain.language import Text
from custody.errors import ConfigurationError

_FORM = Text(
    "CUSTODY_LANDING_URL：请写 file:///folder 或 s3://bucket/prefix",
    "CUSTODY_LANDING_URL: write file:///folder or s3://bucket/prefix",
)


def landing_of(
    url: str,
    *,
    s3_endpoint_url: str | None = None,
    s3_read_seconds: int | None = None,
    reached: Reached = pass_by,
) -> Landing:
    """Return the landing zone of `file:///folder` or `s3://bucket/prefix`."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return FolderLanding(Path(unquote(parts.path)), reached)
    if parts.scheme == "s3":
        # boto3 is a third of a second that a folder need not pay.
        from custody.adapters import aws  # noqa: PLC0415
        from custody.adapters.bucket import Bucket  # noqa: PLC0415
        from custody.adapters.landing.bucket import BucketLanding  # noqa: PLC0415

        name, prefix = aws.split_url(url)
        s3 = aws.s3_client(s3_endpoint_url, s3_read_seconds)
        return BucketLanding(Bucket(name, s3=s3), prefix=prefix)
    raise _FORM.as_error(ConfigurationError)
