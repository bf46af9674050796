"""What S3 refuses is refused to tests, too; an off-site medium never asks for it."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from custody.adapters.stores import medium_of
from custody.errors import ConfigurationError, WorldError
from tests.contract.conftest import LOCKED, client_of, s3_url
from tests.faults.faulty_store import faulty_store
from tests.faults.strict_store import ACCOUNT

__all__ = ["s3_url"]  # a fixture of the contract suites, here too

pytestmark = pytest.mark.integration

NOW = dt.datetime.now(dt.UTC)
UNTIL = NOW.date() + dt.timedelta(days=40)
OTHERS = "999999999999"


@pytest.fixture(scope="module")
def strict(s3_url: str) -> Iterator[str]:
    """The store as S3 would be."""
    with faulty_store(s3_url) as store:
        yield store.url


def _retain(mode: str, days: int) -> Callable[[Any, str], object]:
    until = NOW + dt.timedelta(days=days)
    return lambda s3, key: s3.put_object_retention(
        Bucket=LOCKED,
        Key=key,
        Retention={"Mode": mode, "RetainUntilDate": until},
    )


def _versioning(status: str) -> Callable[[Any, str], object]:
    return lambda s3, _: s3.put_bucket_versioning(
        Bucket=LOCKED, VersioningConfiguration={"Status": status}
    )


FORGIVEN: dict[str, Callable[[Any, str], object]] = {
    "shortens a lock": _retain("COMPLIANCE", 1),
    "makes it GOVERNANCE": _retain("GOVERNANCE", 90),
    "suspends versioning": _versioning("Suspended"),
    "means another's bucket": lambda s3, key: s3.head_object(
        Bucket=LOCKED, Key=key, ExpectedBucketOwner=OTHERS
    ),
}


def test_what_was_garbled_on_its_way_is_refused(s3_url: str) -> None:
    """Twin: a store that forgives it has other bytes, and who reads is told."""
    with faulty_store(s3_url) as store:
        medium = medium_of(f"s3://{LOCKED}/garbled#m", s3_endpoint_url=store.url)
        put = "PUT object"
        store.begin("garbled", 1, only=put)
        with pytest.raises(WorldError, match="SHA256"):
            medium.put("one", b"sealed", locked_until=UNTIL)
        assert medium.list("") == ()

        store.begin("spoilt", 1, only=put)
        medium.put("one", b"sealed", locked_until=UNTIL)
        store.begin()
        with pytest.raises(WorldError, match="Checksum"):
            medium.read("one")


@pytest.mark.parametrize("what", FORGIVEN)
def test_what_moto_forgives_is_refused(s3_url: str, strict: str, what: str) -> None:
    """Twin: the same request to moto itself is done."""
    key = f"strict/{what}"
    medium_of(f"s3://{LOCKED}#m", s3_endpoint_url=strict).put(
        key, b"x", locked_until=UNTIL
    )

    with pytest.raises(ClientError, match=r"AccessDenied|InvalidBucketState|403"):
        FORGIVEN[what](client_of(strict), key)

    FORGIVEN[what](client_of(s3_url), key)
    _versioning("Enabled")(client_of(s3_url), key)


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_days_off_writes_nothing(
    s3_url: str, strict: str, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So no intent is anchored, and nobody destroyed; boto3 sets no clock right.

    Twin: a store that asks no request when it was signed takes it, as moto does.
    """
    wrong = NOW + dt.timedelta(days=days)
    monkeypatch.setattr(
        "botocore.auth.get_current_datetime", lambda: wrong.replace(tzinfo=None)
    )

    with pytest.raises(WorldError, match="RequestTimeTooSkewed"):
        medium_of(f"s3://{LOCKED}#m", s3_endpoint_url=strict).put(
            f"strict/{days}", b"x", locked_until=UNTIL
        )

    forgiving = medium_of(f"s3://{LOCKED}#m", s3_endpoint_url=s3_url)
    assert forgiving.list(f"strict/{days}") == ()
    forgiving.put(f"strict/{days}", b"x", locked_until=UNTIL)


def test_a_longer_lock_is_welcome(strict: str) -> None:
    medium = medium_of(f"s3://{LOCKED}#m", s3_endpoint_url=strict)
    medium.put("strict/longer", b"x", locked_until=UNTIL)

    medium.put("strict/longer", b"x", locked_until=UNTIL + dt.timedelta(days=9))
    medium.put("strict/longer", b"x", locked_until=UNTIL)

    (found,) = medium.versions("strict/longer")
    assert found.locked_until == UNTIL + dt.timedelta(days=9)


def test_a_bucket_that_has_become_anothers_is_not_written_to(
    s3_url: str, strict: str
) -> None:
    """Twin: who does not say whose it is, or says it rightly, writes."""
    place = f"s3://{LOCKED}/mine?region=us-east-1&owner="
    with pytest.raises(WorldError, match=r"AccessDenied|403"):
        medium_of(f"{place}{OTHERS}#m", s3_endpoint_url=strict).put(
            "one", b"x", locked_until=UNTIL
        )
    assert medium_of(f"s3://{LOCKED}/mine#m", s3_endpoint_url=s3_url).list("") == ()

    medium = medium_of(f"{place}{ACCOUNT}#m", s3_endpoint_url=strict)
    medium.put("one", b"x", locked_until=UNTIL)

    assert medium.read("one") == b"x"
    assert [one.path for one in medium.versions("")] == ["one"]


def test_a_bucket_whose_versioning_is_suspended_is_refused(
    s3_url: str, strict: str
) -> None:
    medium = medium_of(f"s3://{LOCKED}/suspended#m", s3_endpoint_url=strict)
    _versioning("Suspended")(client_of(s3_url), "")
    try:
        with pytest.raises(ConfigurationError, match="suspended"):
            medium.put("one", b"x", locked_until=UNTIL)
    finally:
        _versioning("Enabled")(client_of(s3_url), "")

    assert medium.list("") == ()


@pytest.mark.parametrize("query", ["owner=1", "owner=x", "region=", "write=x"])
def test_a_bucket_is_written_in_one_way(query: str) -> None:
    with pytest.raises(ConfigurationError, match="CUSTODY_OFFSITE_URLS"):
        medium_of(f"s3://bucket/prefix?{query}#m")


def test_each_medium_has_an_identity_of_its_own(strict: str) -> None:
    """`writer` names it; one that is not configured here is refused by its name."""
    with pytest.raises(ConfigurationError, match="nobody"):
        medium_of(f"s3://{LOCKED}/x?writer=nobody#m", s3_endpoint_url=strict)
