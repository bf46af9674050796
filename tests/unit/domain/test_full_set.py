"""The manifest of a full set: one signed line, and nothing else is believed."""

import base64
import datetime as dt
import json
from dataclasses import replace

import pytest

from custody.crypto import signing
from custody.domain.full_set import (
    FORMER_PREFIX,
    FullSet,
    SetTable,
    manifest_digest,
    manifest_path,
    objects_folder,
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
    tables=(
        SetTable(
            name="register.serial",
            columns=("prefix", "year", "last"),
            rows=2,
            path="objects/full/1/register.serial.copy.age",
            sha256="ef" * 32,
        ),
    ),
    made_at=dt.datetime(2026, 11, 29, 21, 0, 0, 5, tzinfo=dt.UTC),
    ledger="7:" + "aa" * 32,
    epochs=("live/high/1",),
    missing=("website 2026-11-28",),
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
        b"custody/fullset/2 {} AAAA\n",
        b"custody/fullset/1 [] AAAA\n",
        b'custody/fullset/1 {"objects":1} AAAA\n',
        write_manifest(FULL, signer()).replace(b":3}", b":4}"),
        write_manifest(FULL, signer()).replace(b'"values":3', b'"values": 3'),
        write_manifest(FULL, signer()).replace(b'"values":3', b'"values":true'),
        write_manifest(replace(FULL, ledger="7"), signer()),
        write_manifest(replace(FULL, made_at=None), signer()),
        write_manifest(FULL, signer()).replace(b"prefix,year", b"prefix year"),
    ],
)
def test_any_other_line_is_refused(line: bytes) -> None:
    with pytest.raises(EvidenceError):
        read(line)


@pytest.mark.parametrize("mask", [1, 2, 4, 8, 16, 32, 64, 128])
def test_every_byte_counts(mask: int) -> None:
    """The newline too, and the bits that base64 leaves over."""
    line = bytearray(write_manifest(FULL, signer()))
    for at in range(len(line)):
        spoiled = bytearray(line)
        spoiled[at] ^= mask
        with pytest.raises(EvidenceError):
            read(bytes(spoiled))


@pytest.mark.parametrize("ending", [b"", b"\n\n", b"\r\n", b" \n", b"\n\0"])
def test_a_manifest_ends_in_one_newline(ending: bytes) -> None:
    line = write_manifest(FULL, signer())

    with pytest.raises(EvidenceError):
        read(line.removesuffix(b"\n") + ending)


def test_a_manifest_of_version_1_is_read_for_ever() -> None:
    """Byte for byte as it was written before there were tables."""
    own = signer()
    fields = {
        "dataset": "customers",
        "medium": "disk",
        "objects": ["objects/full/1/000001.parquet.age " + "cd" * 32],
        "origin": own.origin,
        "plan": "ab" * 32,
        "root": "00" * 32,
        "values": 3,
    }
    text = json.dumps(fields, separators=(",", ":"), sort_keys=True)
    signed = FORMER_PREFIX + text.encode()
    line = signed + b" " + base64.b64encode(own.sign(signed)) + b"\n"

    found = read(line)

    assert found == FullSet(
        dataset="customers",
        medium="disk",
        plan="ab" * 32,
        values=3,
        root=bytes(32),
        objects=FULL.objects,
    )
    assert list(found.parts()) == list(FULL.objects)


def test_a_set_needs_its_values_and_its_tables() -> None:
    assert list(FULL.parts()) == [
        *FULL.objects,
        ("objects/full/1/register.serial.copy.age", "ef" * 32),
    ]
    assert FULL.on("cloud", objects=(), tables=()).medium == "cloud"
    assert manifest_path("1") == "full/1.manifest"
    assert objects_folder("1") == "objects/full/1/"
