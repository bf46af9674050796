"""What every quarantine promises, the fake and the folder."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.adapters.quarantine import QuarantineFolder
from custody.application.ports import Quarantine
from custody.crypto.recovery import age_identity
from custody.errors import ConfigurationError, OpenError
from tests.fakes.keys import FakeQuarantine

IDENTITY, RECIPIENT = age_identity(bytes(range(32)))
OTHER, _ = age_identity(bytes(range(1, 33)))
NAME = "example/2026-01-02/1/客户.csv"


@pytest.fixture(params=["fake", "folder"])
def quarantine(request: pytest.FixtureRequest, tmp_path: Path) -> Quarantine:
    made: dict[str, Callable[[], Quarantine]] = {
        "fake": lambda: FakeQuarantine(IDENTITY),
        "folder": lambda: QuarantineFolder(tmp_path / "q", recipient=RECIPIENT),
    }
    return made[request.param]()


@pytest.mark.parametrize("content", [b"", b"invented", b"row\n" * 100_000])
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
    quarantine.put("bystander", io.BytesIO(b"y"))

    quarantine.erase(NAME)
    quarantine.erase(NAME)

    assert list(quarantine.names()) == ["bystander"]
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
