"""Who may do what in an off-site bucket: the runbook's policies, enforced (R65-R67).

moto stands behind the guard of `tests/faults/s3_guard.py`, which asks who calls and
reads the very files that operators are told to use.  The remover may delete versions
of escrows and of full sets and nothing else; the writer can neither delete nor shorten.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from custody.adapters.bucket import end_of
from custody.adapters.stores import medium_of, remover_of
from custody.application.ports import Offsite
from custody.errors import WorldError
from tests.contract.conftest import client_of
from tests.faults.s3_guard import S3Guard, allowed, guarded_s3

pytestmark = pytest.mark.integration

BUCKET = "custody-offsite"
ESCROW = "escrow/live/high/1/x.ce"
SETS = ("objects/full/a/000001.parquet.age", "full/a.manifest")
OTHERS = (
    *("objects/website/1.parquet.age", "objects/fuller/x", "ledger/1.head"),
    *("escrows/x", "anescrow/x", "x/escrow/y", "x/full/y"),
)
TODAY = dt.datetime.now(dt.UTC).date()
AHEAD, LATER = TODAY + dt.timedelta(days=35), TODAY + dt.timedelta(days=70)


@pytest.fixture
def guard(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Guard]:
    """A bucket that locks; an escrow and other objects in it are locked no more."""
    _forget_all()  # the policies name it, and so does the file of production's places
    owner = client_of(s3_url)
    owner.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    for key in (ESCROW, *SETS, *OTHERS):
        owner.put_object(Bucket=BUCKET, Key=key, Body=b"invented")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRITER")
    with guarded_s3(s3_url) as guard:
        yield guard
    _forget_all()


def _forget_all() -> None:
    """Let moto forget the bucket, its locks too."""
    from moto.s3.models import s3_backends  # noqa: PLC0415 - a second to import

    for account in s3_backends.values():
        for backend in account.values():
            backend.buckets.pop(BUCKET, None)
    s3_backends.bucket_accounts.pop(BUCKET, None)


@pytest.fixture
def writer(guard: S3Guard) -> Offsite:
    """The medium, as the jobs have it."""
    return medium_of(f"s3://{BUCKET}#store", s3_endpoint_url=guard.url)


@pytest.fixture
def remover(guard: S3Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offsite:
    """The medium, as who may remove escrows has it."""
    credentials = tmp_path / "credentials"
    credentials.write_text(
        "[wiper]\naws_access_key_id = AKIAREMOVER\naws_secret_access_key = invented\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    return remover_of(f"s3://{BUCKET}?remover=wiper#store", s3_endpoint_url=guard.url)


def raw(guard: S3Guard, key: str) -> Any:  # noqa: ANN401 - boto3 ships no types
    """Return a client of who has stolen an identity's credentials."""
    import boto3

    session = boto3.session.Session(
        aws_access_key_id=key, aws_secret_access_key="invented"
    )
    return session.client("s3", endpoint_url=guard.url, region_name="us-east-1")


def refused(call: Callable[[], object]) -> bool:
    """Whether S3 says that it may not be."""
    try:
        call()
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "AccessDenied")
    return False


def test_the_remover_removes_escrows_and_sets_and_nothing_else(
    remover: Offsite,
) -> None:
    found = {one.path: one for one in remover.versions("")}
    assert set(found) == {ESCROW, *SETS, *OTHERS}

    for path in (ESCROW, *SETS):
        assert remover.remove(found[path], today=TODAY)
    for path in OTHERS:
        with pytest.raises(WorldError, match="AccessDenied"):
            remover.remove(found[path], today=TODAY)

    assert {one.path for one in remover.versions("")} == set(OTHERS)


def test_the_remover_writes_locks_and_hides_nothing(
    guard: S3Guard, remover: Offsite
) -> None:
    (escrow,) = remover.versions(ESCROW)
    thief = raw(guard, "AKIAREMOVER")
    place = {"Bucket": BUCKET, "Key": ESCROW}
    calls: list[Callable[[], object]] = [
        lambda: thief.put_object(**place, Body=b"other"),
        lambda: thief.delete_object(**place),
        lambda: thief.put_object_retention(
            **place, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": end_of(LATER)}
        ),
        lambda: thief.delete_object(
            **place, VersionId=escrow.version, BypassGovernanceRetention=True
        ),
        lambda: thief.delete_bucket(Bucket=BUCKET),
    ]

    assert [refused(call) for call in calls] == [True] * len(calls)
    assert {one.identity for one in guard.asked} == {"remover"}
    assert remover.versions(ESCROW) == (escrow,)


def test_twin_without_the_policy_the_remover_removes_everything(
    guard: S3Guard, remover: Offsite
) -> None:
    guard.identities = False

    assert all(remover.remove(one, today=TODAY) for one in remover.versions(""))

    assert remover.versions("") == ()


def test_the_writer_writes_lengthens_and_reads_back(writer: Offsite) -> None:
    writer.put("objects/one", b"one", locked_until=AHEAD)
    writer.put("objects/one", b"one", locked_until=LATER)

    assert writer.read("objects/one") == b"one"
    assert "objects/one" in writer.list("objects/")
    (found,) = writer.versions("objects/one")
    assert found.locked_until == LATER


def stolen(guard: S3Guard, writer: Offsite) -> dict[str, bool]:
    """Do with the writer's credentials what a blackmailer would; tell what failed."""
    writer.put("objects/one", b"one", locked_until=LATER)
    (locked,) = writer.versions("objects/one")
    thief = raw(guard, "AKIAWRITER")
    place = {"Bucket": BUCKET, "Key": "objects/one"}
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": end_of(AHEAD)}
    (escrow,) = writer.versions(ESCROW)
    calls: dict[str, Callable[[], object]] = {
        "delete what is locked": lambda: thief.delete_object(
            **place, VersionId=locked.version
        ),
        "shorten": lambda: thief.put_object_retention(**place, Retention=shorter),
        "shorten a version": lambda: thief.put_object_retention(
            **place, VersionId=locked.version, Retention=shorter
        ),
        "hide": lambda: thief.delete_object(**place),
        "delete an escrow": lambda: thief.delete_object(
            Bucket=BUCKET, Key=ESCROW, VersionId=escrow.version
        ),
        "suspend versions": lambda: thief.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        ),
        "change the lock": lambda: thief.put_object_lock_configuration(
            Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        ),
    }
    answers = {name: refused(call) for name, call in calls.items()}
    assert {one.identity for one in guard.asked} == {"writer"}
    return answers


def test_the_writer_can_neither_delete_nor_shorten(
    guard: S3Guard, writer: Offsite
) -> None:
    """With all of its credentials; what is locked reads as before."""
    answers = stolen(guard, writer)

    assert answers == dict.fromkeys(answers, True)
    (found,) = writer.versions("objects/one")
    assert (found.locked_until, writer.read("objects/one")) == (LATER, b"one")


def test_twin_without_policy_and_lock_almost_everything_succeeds(
    guard: S3Guard, writer: Offsite
) -> None:
    """A lock that is in force moto keeps by itself, and nothing else."""
    guard.identities = guard.locks = False

    answers = stolen(guard, writer)

    assert [name for name, no in answers.items() if no] == ["delete what is locked"]


def test_twin_the_policy_alone_shortens_no_lock_but_s3_does_not_either(
    guard: S3Guard, writer: Offsite
) -> None:
    """Who may lengthen may ask for less: that S3 refuses, and no policy."""
    guard.locks = False

    answers = stolen(guard, writer)

    assert {name for name, no in answers.items() if not no} == {
        "shorten",
        "shorten a version",
    }


def test_a_stranger_does_nothing(guard: S3Guard) -> None:
    thief = raw(guard, "AKIASTRANGER")

    assert refused(lambda: thief.list_objects_v2(Bucket=BUCKET))
    assert refused(lambda: thief.get_object(Bucket=BUCKET, Key=ESCROW))
    assert refused(lambda: thief.delete_object(Bucket=BUCKET, Key=ESCROW))


def test_nothing_that_the_remover_is_allowed_is_idle(
    guard: S3Guard, remover: Offsite
) -> None:
    """Listing, looking at locks, reading full sets, removing: that is its work."""
    (escrow,) = remover.versions(ESCROW)
    remover.list("full/")
    remover.read("full/a.manifest")
    remover.remove(escrow, today=TODAY)

    assert guard.used("remover") == allowed("remover")
