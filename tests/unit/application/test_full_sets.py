"""A full set lies on a medium when all of it was read back there (design idea 4)."""

import datetime as dt
import hashlib

import pytest

from custody.application.copy_ledger import Trust
from custody.application.full_sets import ReadFullSets
from custody.crypto import signing
from custody.domain.full_set import FullSet, manifest_digest, write_manifest
from tests.builders.certificates import PIN, signer
from tests.fakes.keys import FakeMedium

UNTIL = dt.date(2030, 1, 1)
OBJECTS = {"objects/full/a/000001.parquet.age": b"one", "objects/full/a/2": b"two"}
READ = ReadFullSets(Trust(signing.verify_labelled, (PIN,)))


def _manifest(
    *, medium: str = "disk", private_key: bytes = bytes(range(32)), empty: bool = False
) -> bytes:
    objects = {} if empty else OBJECTS
    return write_manifest(
        FullSet(
            dataset="customers",
            medium=medium,
            plan="11" * 32,
            made_at=dt.datetime(2026, 11, 29, tzinfo=dt.UTC),
            ledger="1:" + "00" * 32,
            values=2,
            root=bytes(32),
            objects=tuple(
                (path, hashlib.sha256(content).hexdigest())
                for path, content in objects.items()
            ),
        ),
        signer(private_key),
    )


def _disk(manifest: bytes) -> FakeMedium:
    disk = FakeMedium("disk")
    for path, content in {**OBJECTS, "full/a.manifest": manifest}.items():
        disk.put(path, content, locked_until=UNTIL)
    disk.put("full/a.other", b"x", locked_until=UNTIL)
    return disk


def test_a_set_that_reads_back_lies_there() -> None:
    manifest = _manifest()
    disk = _disk(manifest)

    assert READ.lies_on(disk, {manifest_digest(manifest)})
    assert not READ.lies_on(disk, {"00" * 32})
    assert not READ.lies_on(FakeMedium("disk"), {manifest_digest(manifest)})


@pytest.mark.parametrize("path", OBJECTS)
def test_an_object_that_is_gone_or_another_is_no_set(path: str) -> None:
    manifest = _manifest()
    gone, other = _disk(manifest), _disk(manifest)
    del gone.objects[path]
    other.objects[path] = b"else"

    for disk in (gone, other):
        assert not READ.lies_on(disk, {manifest_digest(manifest)})


@pytest.mark.parametrize(
    "manifest",
    [
        _manifest(medium="cloud"),
        _manifest(private_key=bytes(32)),
        _manifest(empty=True),
        b"custody/fullset/1 {} AAAA\n",
    ],
)
def test_a_manifest_of_others_or_of_nothing_is_no_set(manifest: bytes) -> None:
    assert not READ.lies_on(_disk(manifest), {manifest_digest(manifest)})
