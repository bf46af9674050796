"""Whether a credential fits a place: tried, and the answer is yes or no.

Only an answer that says who one is not counts as refused; whatever else keeps one out
(a network, a missing bucket) is a WorldError, for nothing was shown then.
"""

import io
from urllib.parse import urlsplit

import psycopg
from psycopg import errors

from custody.adapters.age_box import decrypt_stream
from custody.adapters.database import role_url
from custody.application.ports import Offsite
from custody.domain.language import Text
from custody.errors import OpenError, WorldError

_REFUSED = (errors.InvalidPassword, errors.InvalidAuthorizationSpecification)
_STRANGER = {
    *("AccessDenied", "AccessDeniedException", "AllAccessDisabled", "403", "Forbidden"),
    *("InvalidAccessKeyId", "SignatureDoesNotMatch", "UnrecognizedClientException"),
    *("InvalidClientTokenId", "ExpiredToken", "InvalidToken"),
}
_UNTRIED = Text(
    "无法试连数据库：{problem}", "a database could not be tried as {problem}"
)


def lets_in(url: str, *, role: str, password: str) -> bool:
    """Whether a database lets a role in with a password, be it for nothing."""
    address = role_url(url, role=role, password=password)
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    problem = ""
    try:
        psycopg.connect(plain, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        told = str(error)
        if isinstance(error, _REFUSED) or "password authentication failed" in told:
            return False
        # Who knows the password and may not connect was let in as far as matters.
        problem = "" if "permission denied for database" in told else role
    if problem:
        raise _UNTRIED.as_error(WorldError, problem=problem)
    return True


def opens_object(medium: Offsite, path: str, *, identity: str) -> bool:
    """Whether an age identity opens an object of a medium."""
    with medium.open(path) as sealed:
        content = sealed.read()
    try:
        decrypt_stream(io.BytesIO(content), io.BytesIO(), identity=identity)
    except OpenError:
        return False
    return True


def lists_bucket(url: str, *, endpoint_url: str | None, profile: str | None) -> bool:
    """Whether an AWS identity may list a bucket (`s3://bucket/prefix`)."""
    from custody.adapters import aws  # noqa: PLC0415 - a third of a second

    name, prefix = aws.split_url(urlsplit(url)._replace(query="", fragment="").geturl())
    s3 = aws.s3_client(endpoint_url, profile=profile)
    with aws.world("list as a stranger", absent=tuple(_STRANGER)) as call:
        s3.list_objects_v2(Bucket=name, Prefix=prefix, MaxKeys=1)
    return not call.absent
