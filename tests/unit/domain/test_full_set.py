"""The manifest of a full set: one signed line, and nothing else is believed."""

import pytest

from custody.crypto import signing
from custody.domain.full_set import (
    FullSet,
    manifest_digest,
    read_manifest,
    write_manifest,
)
from custody.errors import EvidenceError
from tests.builders.certificates import PIN, signer

FULL = FullSet(
    dataset="customers",
    medium="disk",
    plan="ab" * 32,
    values=3,
    root=bytes(32),
    objects=(("objects/full/1/000001.parquet.age", "cd" * 32),),
)


def read(line: bytes, *, pins: tuple[str, ...] = (PIN,)) -> FullSet:
    """Read a manifest as who verifies does."""
    return read_manifest(line, verify=signing.verify_labelled, pins=pins)


def test_what_was_written_is_read() -> None:
    line = write_manifest(FULL, signer())

    assert read(line) == FULL
    assert len(manifest_digest(line)) == 64


def test_a_manifest_of_an_unknown_key_is_not_believed() -> None:
    with pytest.raises(EvidenceError):
        read(write_manifest(FULL, signer()), pins=())
    with pytest.raises(EvidenceError):
        read(write_manifest(FULL, signer(bytes(32))))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"custody/fullset/1 {} AAAA\n",
        b"custody/fullset/1 [] AAAA\n",
        b'custody/fullset/1 {"objects":1} AAAA\n',
        write_manifest(FULL, signer()).replace(b":3}", b":4}"),
        write_manifest(FULL, signer()).replace(b'"values":3', b'"values": 3'),
        write_manifest(FULL, signer()).replace(b'"values":3', b'"values":true'),
    ],
)
def test_any_other_line_is_refused(line: bytes) -> None:
    with pytest.raises(EvidenceError):
        read(line)


def test_every_byte_counts() -> None:
    line = bytearray(write_manifest(FULL, signer()))
    for at in range(len(line) - 1):
        spoiled = bytearray(line)
        spoiled[at] ^= 1
        with pytest.raises(EvidenceError):
            read(bytes(spoiled))
