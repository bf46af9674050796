"""What S3 refuses and moto forgives, refused by a proxy before an object store.

Measured of moto 5.2: it shortens a COMPLIANCE lock, turns it into GOVERNANCE, suspends
the versioning of a bucket with Object Lock, asks no request whose bucket it means,
stores what was garbled on its way, and believes any clock that signs.
"""

import datetime as dt
import hashlib
import http.client
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

ACCOUNT = "123456789012"  # moto's
SKEW = dt.timedelta(minutes=15)
"""How far the clock of who signs may stand from S3's (RequestTimeTooSkewed)."""

_HEX = re.compile("[0-9a-f]{64}")
_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def refusal(
    upstream: str, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, str] | None:
    """Return status and code with which S3 refuses a request, None when it does not."""
    foreign = _foreign(headers, body)
    if foreign is not None:
        return foreign
    query = parse_qs(urlsplit(path).query, keep_blank_values=True)
    if method != "PUT":
        return None
    if "versioning" in query and b"Suspended" in body:
        return 409, "InvalidBucketState"
    if "retention" in query and _weakens(_standing(upstream, path), _lock(body)):
        return 403, "AccessDenied"
    return None


def _foreign(headers: Mapping[str, str], body: bytes) -> tuple[int, str] | None:
    """Return why a request is another's, of another time, or not what was signed."""
    if _is_skewed(headers.get("x-amz-date", "")):
        return 403, "RequestTimeTooSkewed"
    if headers.get("x-amz-expected-bucket-owner", ACCOUNT) != ACCOUNT:
        return 403, "AccessDenied"
    signed = headers.get("x-amz-content-sha256", "")
    if _HEX.fullmatch(signed) and hashlib.sha256(body).hexdigest() != signed:
        return 400, "XAmzContentSHA256Mismatch"
    return None


def document(code: str) -> bytes:
    """Return S3's document for an error code."""
    return f"<Error><Code>{code}</Code><Message>refused</Message></Error>".encode()


def _is_skewed(signed_at: str) -> bool:
    """Whether a request that says when it was signed says so of another time."""
    if not signed_at:
        return False
    moment = dt.datetime.strptime(signed_at, "%Y%m%dT%H%M%S%z")
    return abs(dt.datetime.now(dt.UTC) - moment) > SKEW


def _weakens(
    old: tuple[str, dt.datetime] | None, new: tuple[str, dt.datetime] | None
) -> bool:
    if old is None or old[0] != "COMPLIANCE":
        return False
    return new is None or new[0] != "COMPLIANCE" or new[1] < old[1]


def _lock(content: bytes) -> tuple[str, dt.datetime] | None:
    """Return mode and end of a Retention document, None when it is not one."""
    try:
        root = ET.fromstring(content)  # noqa: S314 - our own requests, moto's answers
    except ET.ParseError:
        return None
    found = {one.tag.removeprefix(_NAMESPACE): one.text or "" for one in root.iter()}
    if "Mode" not in found or "RetainUntilDate" not in found:
        return None
    return found["Mode"], _moment(found["RetainUntilDate"])


def _standing(upstream: str, path: str) -> tuple[str, dt.datetime] | None:
    """Return the lock that an object has now, None without one."""
    parts = urlsplit(path)
    version = parse_qs(parts.query).get("versionId")
    line = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=30)
    wanted = parts.path + (f"?versionId={version[0]}" if version else "")
    line.request("HEAD", wanted, headers={"Authorization": "AWS anybody:moto"})
    answer = line.getresponse()
    answer.read()
    line.close()
    mode = answer.headers.get("x-amz-object-lock-mode")
    until = answer.headers.get("x-amz-object-lock-retain-until-date")
    return (mode, _moment(until)) if mode and until else None


def _moment(text: str) -> dt.datetime:
    until = dt.datetime.fromisoformat(text)
    return until if until.tzinfo else until.replace(tzinfo=dt.UTC)
