"""What S3 refuses and moto forgives, refused by a proxy before an object store.

Measured of moto 5.2: it shortens a COMPLIANCE lock, turns it into GOVERNANCE, suspends
the versioning of a bucket with Object Lock, and asks no request whose bucket it means.
"""

import datetime as dt
import http.client
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

ACCOUNT = "123456789012"  # moto's
_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def refusal(
    upstream: str, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, str] | None:
    """Return status and code with which S3 refuses a request, None when it does not."""
    expected = headers.get("x-amz-expected-bucket-owner", ACCOUNT)
    if expected != ACCOUNT:
        return 403, "AccessDenied"
    query = parse_qs(urlsplit(path).query, keep_blank_values=True)
    if method != "PUT":
        return None
    if "versioning" in query and b"Suspended" in body:
        return 409, "InvalidBucketState"
    if "retention" in query and _weakens(_lock(_ask(upstream, path)), _lock(body)):
        return 403, "AccessDenied"
    return None


def document(code: str) -> bytes:
    """Return S3's document for an error code."""
    return f"<Error><Code>{code}</Code><Message>refused</Message></Error>".encode()


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
    until = dt.datetime.fromisoformat(found["RetainUntilDate"])
    return found["Mode"], until if until.tzinfo else until.replace(tzinfo=dt.UTC)


def _ask(upstream: str, path: str) -> bytes:
    line = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=30)
    line.request("GET", path, headers={"Authorization": "AWS anybody:moto"})
    answer = line.getresponse()
    content = answer.read()
    line.close()
    return content if answer.status == http.client.OK else b""
