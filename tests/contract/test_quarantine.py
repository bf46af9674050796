"""What every quarantine promises: the fake, the folder, and S3 over HTTP."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.adapters.landing.choose import landing_of
from custody.adapters.quarantine import QuarantineFolder
from custody.adapters.stores import quarantine_of
from custody.application.intake.seal_away import SealAway
from custody.application.ports import Quarantine
from custody.crypto.recovery import age_identity
from custody.domain.manifest import MAX_MANIFEST_BYTES, SIGNATURE_BYTES
from custody.errors import ConfigurationError, OpenError
from tests.builders.deliveries import delivery_key
from tests.contract.conftest import BUCKET, client_of
from tests.fakes.quarantine import FakeQuarantine

IDENTITY, RECIPIENT = age_identity(bytes(range(32)))
OTHER, _ = age_identity(bytes(range(1, 33)))
NAME = "example/2026-01-02/1/客户.csv"


@pytest.fixture(
    params=["fake", "folder", pytest.param("bucket", marks=pytest.mark.integration)]
)
def quarantine(request: pytest.FixtureRequest, tmp_path: Path) -> Quarantine:
    made: dict[str, Callable[[], Quarantine]] = {
        "fake": lambda: FakeQuarantine(IDENTITY),
        "folder": lambda: QuarantineFolder(tmp_path / "q", recipient=RECIPIENT),
        "bucket": lambda: _bucket(request.getfixturevalue("s3_url"), tmp_path),
    }
    return made[request.param]()


def _bucket(endpoint: str, folder: Path) -> Quarantine:
    return quarantine_of(
        f"s3://{BUCKET}/{folder.name}/q",
        recipient=RECIPIENT,
        work=folder / "work",
        s3_endpoint_url=endpoint,
    )


@pytest.mark.parametrize(
    "content", [b"", b"invented", b"row\n" * 100_000], ids=["empty", "short", "long"]
)
def test_only_the_identity_opens(quarantine: Quarantine, content: bytes) -> None:
    digest = quarantine.put(NAME, io.BytesIO(content))

    assert len(digest) == 64
    assert list(quarantine.names()) == [NAME]
    assert quarantine.open(NAME, IDENTITY) == content
    for wrong in (OTHER, "", "AGE-SECRET-KEY-1"):
        with pytest.raises(OpenError):
            quarantine.open(NAME, wrong)


def test_the_first_to_come_stays(quarantine: Quarantine) -> None:
    first = quarantine.put(NAME, io.BytesIO(b"first"))

    assert quarantine.put(NAME, io.BytesIO(b"second")) == first
    assert quarantine.open(NAME, IDENTITY) == b"first"


def test_erasing_is_idempotent_and_spares_the_bystander(
    quarantine: Quarantine,
) -> None:
    quarantine.put(NAME, io.BytesIO(b"x"))
    bystanders = [f"{NAME}.age", f"{NAME}.agent"]  # stored names that go on from its
    for name in bystanders:
        quarantine.put(name, io.BytesIO(b"y"))

    quarantine.erase(NAME)
    quarantine.erase(NAME)

    assert list(quarantine.names()) == bystanders
    with pytest.raises(KeyError):
        quarantine.open(NAME, IDENTITY)


@pytest.mark.parametrize("name", ["", "../x", "/x", "a//b", "a/./b"])
def test_a_name_leads_nowhere_else(quarantine: Quarantine, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        quarantine.put(name, io.BytesIO(b"x"))


def test_no_plain_byte_lies_in_the_folder(tmp_path: Path) -> None:
    secret = b"an invented secret of some length"
    quarantine = QuarantineFolder(tmp_path, recipient=RECIPIENT)

    quarantine.put(NAME, io.BytesIO(secret))

    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    stored = file.read_bytes()
    assert secret not in stored
    assert stored.startswith(b"age-encryption.org/v1\n")


def test_every_altered_byte_is_refused(tmp_path: Path) -> None:
    quarantine = QuarantineFolder(tmp_path, recipient=RECIPIENT)
    quarantine.put("one", io.BytesIO(b"invented"))
    file = tmp_path / "one.age"
    whole = file.read_bytes()
    for at in range(len(whole)):
        file.write_bytes(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
        with pytest.raises(OpenError):
            quarantine.open("one", IDENTITY)
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(OpenError):
            quarantine.open("one", IDENTITY)


def test_a_recipient_that_is_none_is_the_operators_fault(tmp_path: Path) -> None:
    quarantine = QuarantineFolder(tmp_path, recipient="age1wrong")

    with pytest.raises(ConfigurationError):
        quarantine.put("one", io.BytesIO(b"x"))

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.integration
def test_no_plain_byte_reaches_the_bucket_or_the_work_folder(
    s3_url: str, tmp_path: Path
) -> None:
    secret = b"an invented secret of some length"
    quarantine = _bucket(s3_url, tmp_path)

    digest = quarantine.put(NAME, io.BytesIO(secret))

    key = f"{tmp_path.name}/q/{NAME}.age"
    stored = client_of(s3_url).get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert secret not in stored
    assert stored.startswith(b"age-encryption.org/v1\n")
    assert hashlib.sha256(stored).hexdigest() == digest
    assert [path.name for path in tmp_path.rglob("*")] == ["work"]


@pytest.mark.integration
def test_erasing_leaves_no_version_in_the_bucket(s3_url: str, tmp_path: Path) -> None:
    """Twin: a plain delete leaves the sealed bytes as an old version."""
    quarantine = _bucket(s3_url, tmp_path)
    s3, prefix = client_of(s3_url), f"{tmp_path.name}/q/"
    quarantine.put(NAME, io.BytesIO(b"x"))
    s3.delete_object(Bucket=BUCKET, Key=f"{prefix}{NAME}.age")
    kept = s3.list_object_versions(Bucket=BUCKET, Prefix=prefix)

    quarantine.erase(NAME)

    left = s3.list_object_versions(Bucket=BUCKET, Prefix=prefix)
    assert len(kept["Versions"]) == 1
    assert not left.keys() & {"Versions", "DeleteMarkers"}


@pytest.mark.parametrize("place", ["folder", "bucket"])
@pytest.mark.integration
def test_what_is_beyond_the_most_is_not_kept_and_said_to_be_missing(
    request: pytest.FixtureRequest, place: str, tmp_path: Path
) -> None:
    """The folder is conserved as far as admission goes, and then erased as ever."""
    s3_url = request.getfixturevalue("s3_url") if place == "bucket" else None
    url = f"s3://{BUCKET}/{tmp_path.name}/landing" if s3_url else f"file://{tmp_path}/l"
    landing = landing_of(url, s3_endpoint_url=s3_url)
    quarantine = (
        _bucket(s3_url, tmp_path)
        if s3_url
        else QuarantineFolder(tmp_path / "q", recipient=RECIPIENT)
    )
    content = b"row\n" * MAX_MANIFEST_BYTES
    key = delivery_key()
    landing.put(key, {"a.csv": io.BytesIO(content), "manifest.json": io.BytesIO(b"{}")})

    sealed = SealAway(landing, quarantine, key, most=100)(key.delivery_id)
    landing.erase(key)

    kept = 100 + MAX_MANIFEST_BYTES + SIGNATURE_BYTES - len(b"{}")
    name = f"{key.delivery_id}/first-{kept}-of-{len(content)}/a.csv"
    assert list(quarantine.names()) == [name, f"{key.delivery_id}/manifest.json"]
    assert quarantine.open(name, IDENTITY) == content[:kept]
    assert len(sealed.digests) == 2
    assert sealed.cut[0].endswith(hashlib.sha256(content[:kept]).hexdigest())
    assert not landing.files(key)
