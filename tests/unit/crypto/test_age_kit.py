"""The age format's own test kit against the one door that opens age files.

Each of the 143 files says what must happen (C2SP/CCTV, `age`).  The door opens
binary files with an X25519 identity, all or nothing; what the library beneath it
does not do is listed here with its reason, and counted.
"""

import errno
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # ships no types
import pytest

from custody.adapters import age_box
from custody.crypto.recovery import age_identity
from custody.errors import OpenError, WorldError

FILES = 143
CHUNK = 64 * 1024
OUTCOMES = {
    "success": 26,
    "header failure": 62,
    "no match": 13,
    "HMAC failure": 1,
    "payload failure": 19,
    "armor failure": 22,
}

_HYBRID = "post-quantum recipients are none of age's that pyrage opens"
_PASSPHRASE = "the door takes an identity, never a passphrase"
_ARMOR = "Custody writes binary files only; blanks before an armor are not skipped"
NOT_OPENED = {
    "armor_hybrid": _HYBRID,
    "hybrid": _HYBRID,
    "hybrid_and_x25519": _HYBRID,
    "hybrid_grease": _HYBRID,
    "hybrid_multiple_recipients": _HYBRID,
    "armor_scrypt": _PASSPHRASE,
    "scrypt": _PASSPHRASE,
    "armor_whitespace_outside": _ARMOR,
}
"""Good files that the door refuses: it may, for nobody gave it such a file."""

_OLD_STANZA = "pyrage forgives a stanza without its last, short line; the MAC covers it"
FORGIVEN = {
    "stanza_missing_body": _OLD_STANZA,
    "stanza_missing_final_line": _OLD_STANZA,
}
"""Files in a wrong form that are opened all the same: only who holds the file key
can have made them, so nobody else gains by it."""


@dataclass(frozen=True)
class Vector:
    """One file of the kit: what must happen, and the age file."""

    name: str
    expect: str
    payload: str | None
    identities: tuple[str, ...]
    sealed: bytes


def read(path: Path) -> Vector:
    head, _, sealed = path.read_bytes().partition(b"\n\n")
    told = [line.split(": ", 1) for line in head.decode().splitlines()]
    fields = dict(told)
    return Vector(
        name=path.name,
        expect=fields["expect"],
        payload=fields.get("payload"),
        identities=tuple(value for key, value in told if key == "identity"),
        sealed=zlib.decompress(sealed) if "compressed" in fields else sealed,
    )


def opened(vector: Vector) -> Iterator[str]:
    """Yield the digest of what each of the file's identities opens; none refused."""
    for identity in vector.identities or ("",):
        try:
            plain = age_box.decrypt(vector.sealed, identity=identity)
        except OpenError:
            continue
        yield hashlib.sha256(plain).hexdigest()


@pytest.fixture(scope="module")
def kit(shared: Path) -> list[Vector]:
    folder = shared / "data" / "vectors" / "age" / "testdata"
    return [read(path) for path in sorted(folder.iterdir())]


@pytest.mark.shared
def test_the_kit_is_whole(kit: list[Vector]) -> None:
    assert len(kit) == FILES
    assert Counter(vector.expect for vector in kit) == OUTCOMES
    assert {vector.name for vector in kit} >= NOT_OPENED.keys() | FORGIVEN.keys()


@pytest.mark.shared
def test_what_is_good_opens_to_the_bytes_it_was_made_of(kit: list[Vector]) -> None:
    good = [vector for vector in kit if vector.expect == "success"]

    results = {vector.name: list(opened(vector)) for vector in good}

    refused = {name for name, digests in results.items() if not digests}
    assert refused == NOT_OPENED.keys()
    for vector in good:
        assert set(results[vector.name]) <= {vector.payload}
    assert len(good) - len(refused) == 18


@pytest.mark.shared
def test_what_is_not_good_leaves_no_accepted_result(kit: list[Vector]) -> None:
    bad = [vector for vector in kit if vector.expect != "success"]

    accepted = {vector.name for vector in bad if list(opened(vector))}

    assert accepted == FORGIVEN.keys()
    assert len(bad) == 117


@pytest.mark.shared
def test_twin_a_stream_has_released_plaintext_when_its_end_is_found_missing(
    kit: list[Vector],
) -> None:
    """What reaches `out` before the refusal is no result: `decrypt` gives none."""
    released = {}
    for vector in kit:
        if vector.expect == "payload failure":
            out = io.BytesIO()
            with pytest.raises(OpenError):
                age_box.decrypt_stream(
                    io.BytesIO(vector.sealed), out, identity=vector.identities[0]
                )
            released[vector.name] = out.getvalue()

    assert len(released) == OUTCOMES["payload failure"]
    assert any(released.values())


def test_a_file_cut_anywhere_opens_to_nothing() -> None:
    """At the seams of its chunks too, where every byte that is left is genuine."""
    identity, recipient = age_identity(bytes(range(32)))
    sealed = io.BytesIO()
    plain = bytes(2 * CHUNK + 7)
    age_box.encrypt_stream(io.BytesIO(plain), sealed, recipients=[recipient])
    whole = sealed.getvalue()
    payload = len(whole) - (len(plain) + 16 + 3 * 16)  # nonce, and a tag a chunk
    seams = [payload + 16 + n * (CHUNK + 16) for n in range(3)]

    for length in (*seams, *(s + d for s in seams for d in (-1, 1)), len(whole) - 1):
        with pytest.raises(OpenError):
            age_box.decrypt(whole[:length], identity=identity)

    assert age_box.decrypt(whole, identity=identity) == plain


class Full(io.BytesIO):
    """A disk with room for some bytes more."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, content: bytes, /) -> int:  # type: ignore[override]
        if self.tell() + len(content) > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(content)


class Away(io.BytesIO):
    """A store that fails while it is read."""

    def read(self, _: int | None = -1, /) -> bytes:
        raise WorldError("the store is away")


SIZES = (1, CHUNK, 3 * CHUNK + 1)


@pytest.mark.parametrize("size", SIZES)
def test_a_disk_that_is_full_at_any_write_is_told(size: int) -> None:
    """At the last one too, where the library says nothing."""
    _, recipient = age_identity(bytes(range(32)))

    for room in (0, size // 2, size):  # what is sealed is larger
        with pytest.raises(OSError, match="No space left"):
            age_box.encrypt_stream(
                io.BytesIO(bytes(size)), Full(room), recipients=[recipient]
            )


@pytest.mark.parametrize("size", SIZES)
def test_a_full_disk_is_not_told_as_damage(size: int) -> None:
    identity, recipient = age_identity(bytes(range(32)))
    sealed = io.BytesIO()
    age_box.encrypt_stream(io.BytesIO(bytes(size)), sealed, recipients=[recipient])

    for room in (0, size - 1):
        with pytest.raises(OSError, match="No space left"):
            age_box.decrypt_stream(
                io.BytesIO(sealed.getvalue()), Full(room), identity=identity
            )


def test_twin_the_library_alone_takes_what_is_cut_short_for_whole() -> None:
    _, recipient = age_identity(bytes(range(32)))
    to, full = [pyrage.x25519.Recipient.from_str(recipient)], Full(0)

    pyrage.encrypt_io(io.BytesIO(b"x"), full, to)

    assert full.getvalue() == b""


def test_a_store_that_fails_is_told_as_one_and_not_as_damage() -> None:
    identity, recipient = age_identity(bytes(range(32)))

    with pytest.raises(WorldError, match="away"):
        age_box.encrypt_stream(Away(), io.BytesIO(), recipients=[recipient])
    with pytest.raises(WorldError, match="away"):
        age_box.decrypt_stream(Away(), io.BytesIO(), identity=identity)
