"""The one door to AWS: clients with deadlines, and what their errors become.

Every answer that is not understood is a WorldError with the operation and the
service's error code; keys and bodies are not repeated.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound
from botocore.parsers import ResponseParserError

from custody.adapters.wire_logs import keep_bodies_out_of_logs
from custody.domain.language import Text
from custody.errors import ConfigurationError, WorldError

CONNECT_SECONDS = 5
READ_SECONDS = 60  # that a store may keep silent
ATTEMPTS = 5
_UNREADABLE = (BotoCoreError, ResponseParserError, ValueError)
"""boto3 lets a date or number in an answer that is none pass as a ValueError."""

_DEFAULT_REGION = "us-east-1"  # where none is configured: S3-compatible stores
_NO_PROFILE = Text(
    "本机没有配置 AWS 配置档 {profile}", "no AWS profile {profile} is configured here"
)
_S3_FORM = Text(
    "S3 位置应写作 s3://bucket/prefix",
    "an S3 place is written s3://bucket/prefix",
)
_ELSEWHERE = {
    *("PermanentRedirect", "301", "AuthorizationHeaderMalformed"),
    "IllegalLocationConstraintException",
}
_OTHER_REGION = Text(
    "{service} {operation}：存储桶不在所写的区域（region=）",
    "{service} {operation}: the bucket is in another Region than region= says",
)
_FAILED = Text(
    "{service} {operation} 失败：{problem}", "{service} {operation}: {problem}"
)


def client(
    service: str,
    *,
    endpoint_url: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    read_seconds: int | None = None,
) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time and ships no types
    """Return a client with deadlines and standard retries.

    Credentials, and the region unless given, come from boto3's own chain, never from
    our settings; `profile` names an identity there, ConfigurationError without it.
    `read_seconds`: how long the service may keep silent, READ_SECONDS unless given.
    """
    keep_bodies_out_of_logs()
    try:
        session = boto3.session.Session(profile_name=profile)
    except ProfileNotFound:
        session = None
    if session is None:
        raise _NO_PROFILE.as_error(ConfigurationError, profile=profile)
    return session.client(
        service,
        endpoint_url=endpoint_url,
        region_name=region or session.region_name or _DEFAULT_REGION,
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=read_seconds or READ_SECONDS,
            retries={"max_attempts": ATTEMPTS, "mode": "standard"},
            s3={"addressing_style": "path"} if endpoint_url else None,
        ),
    )


def s3_client(
    endpoint_url: str | None,
    read_seconds: int | None = None,
    *,
    profile: str | None = None,
    region: str | None = None,
    owner: str | None = None,
) -> Any:  # noqa: ANN401 - see `client`
    """Return a client of S3, or of a store that speaks as S3 does.

    `owner`: the account that owns the buckets; every request says so, and S3 refuses
    one to a bucket of that name that has become another's.  With a `region` nothing
    is sent to another one, though a bucket be there: boto3 would follow it.
    """
    made = client(
        "s3",
        endpoint_url=endpoint_url,
        region=region,
        read_seconds=read_seconds,
        profile=profile,
    )
    if owner is not None:

        def expect(params: dict[str, Any], **_: object) -> None:
            params["ExpectedBucketOwner"] = owner

        made.meta.events.register("provide-client-params.s3", expect)
    if region is not None:

        def stay(context: dict[str, Any], **_: object) -> None:
            context.setdefault("s3_redirect", {})["redirected"] = True

        made.meta.events.register("before-parameter-build.s3", stay)
    return made


def split_url(url: str) -> tuple[str, str]:
    """Return bucket and prefix (ending in `/`, or empty) of `s3://bucket/prefix`."""
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc or parts.query:
        raise _S3_FORM.as_error(ConfigurationError)
    prefix = parts.path.strip("/")
    return parts.netloc, f"{prefix}/" if prefix else ""


@dataclass(slots=True)
class Call:
    """How a call ended: `code` is the expected error code it met, else empty."""

    code: str = ""

    @property
    def absent(self) -> bool:
        """Whether it met one of the codes that count as an answer."""
        return bool(self.code)


@contextmanager
def world(
    operation: str, *, absent: Sequence[str] = (), service: str = "S3"
) -> Iterator[Call]:
    """Turn boto3's errors into WorldError; the codes in `absent` are an answer."""
    call = Call()
    problem = None
    try:
        yield call
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        call.code = code if code in absent else ""
        problem = None if call.absent else code
    except _UNREADABLE as error:  # whose text has the body
        problem = type(error).__name__
    if problem in _ELSEWHERE:
        raise _OTHER_REGION.as_error(
            ConfigurationError, service=service, operation=operation
        )
    if problem is not None:
        raise _FAILED.as_error(
            WorldError, service=service, operation=operation, problem=problem
        )
