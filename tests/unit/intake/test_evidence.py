"""No more of a refused folder is read and kept than could have been admitted."""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.adapters.landing.folder import FolderLanding
from custody.application.intake.contents import contents_of
from custody.application.intake.evidence import FirstBytes, kept_of, shares_of
from custody.application.intake.seal_away import SealAway
from custody.application.ports import LandedFile
from custody.domain.delivery import DeliveryKey
from custody.domain.manifest import MANIFEST_NAME, MAX_MANIFEST_BYTES, SIGNATURE_BYTES
from tests.builders.deliveries import delivery_key
from tests.fakes.landing import FakeLanding
from tests.fakes.quarantine import FakeQuarantine

MOST = 1000
BESIDE = MAX_MANIFEST_BYTES + SIGNATURE_BYTES
GIANT = 1 << 40  # bytes: a sparse terabyte takes no room


class CountingLanding(FakeLanding):
    """Counts the bytes that are read of it."""

    def __init__(self) -> None:
        """Start at none."""
        super().__init__()
        self.read = 0

    @contextmanager
    def open(self, key: DeliveryKey, name: str) -> Iterator[BinaryIO]:
        """Open one object; count when it is closed."""
        with super().open(key, name) as stream:
            yield stream
            self.read += stream.tell()


@given(
    st.lists(st.integers(0, 1 << 62), max_size=8),
    st.integers(1, 1 << 40),
)
def test_together_no_more_is_taken_and_a_folder_within_it_is_whole(
    sizes: list[int], most: int
) -> None:
    files = [LandedFile(name=str(at), size=size) for at, size in enumerate(sizes)]

    shares = list(shares_of(files, most=most))

    assert sorted(share.number for share in shares) == list(range(1, len(sizes) + 1))
    assert all(0 <= share.kept <= share.file.size for share in shares)
    assert sum(share.kept for share in shares) == min(sum(sizes), most + BESIDE)
    assert any(share.is_cut for share in shares) == (sum(sizes) > most + BESIDE)


def test_the_giant_is_cut_and_what_lies_beside_it_is_kept_whole() -> None:
    landing, quarantine, key = CountingLanding(), FakeQuarantine(), delivery_key()
    giant = b"g" * (MOST + BESIDE + 500)
    landing.folders[key] = {"a.csv": giant, MANIFEST_NAME: b"{}"}

    sealed = SealAway(landing, quarantine, key, most=MOST)(key.delivery_id)

    kept = MOST + BESIDE - 2
    under = f"{key.delivery_id}/first-{kept}-of-{len(giant)}"
    digest = hashlib.sha256(giant[:kept]).hexdigest()
    assert quarantine.kept == {
        f"{key.delivery_id}/{MANIFEST_NAME}": b"{}",
        f"{under}/a.csv": giant[:kept],
    }
    assert landing.read == MOST + BESIDE
    assert sealed.told()["cut"] == [
        f"object 1: the first {kept} of {len(giant)} bytes, sha256 {digest}"
    ]


def test_sealing_again_tells_the_same_of_what_was_cut() -> None:
    """A run killed behind the sealing finds it done and still tells the digest."""
    landing, quarantine, key = FakeLanding(), FakeQuarantine(), delivery_key()
    landing.folders[key] = {"a.csv": b"g" * (MOST + BESIDE + 1)}
    seal = SealAway(landing, quarantine, key, most=MOST)

    assert seal(key.delivery_id) == seal(key.delivery_id)


def test_what_is_kept_whole_has_nothing_to_tell() -> None:
    landing, quarantine, key = FakeLanding(), FakeQuarantine(), delivery_key()
    landing.folders[key] = {"a.csv": b"g" * MOST}

    sealed = SealAway(landing, quarantine, key, most=MOST)(key.delivery_id)

    assert "cut" not in sealed.told()
    assert list(quarantine.kept) == [f"{key.delivery_id}/a.csv"]


def test_a_sparse_terabyte_is_neither_hashed_nor_sealed_beyond_the_most(
    tmp_path: Path,
) -> None:
    key, quarantine = delivery_key(), FakeQuarantine()
    landing = FolderLanding(tmp_path)
    landing.put(key, {"a.csv": io.BytesIO(), MANIFEST_NAME: io.BytesIO(b"{}")})
    (file,) = tmp_path.rglob("a.csv")
    os.truncate(file, GIANT)

    SealAway(landing, quarantine, key, most=MOST)(key.delivery_id)
    found = contents_of(landing, key, most=MOST)

    assert sum(map(len, quarantine.kept.values())) == MOST + BESIDE
    assert found.sizes["a.csv"] == GIANT
    os.truncate(file, GIANT - 1)
    assert contents_of(landing, key, most=MOST).digest != found.digest


@pytest.mark.parametrize(
    "folder", ["", "a.csv", "first-1-of-", "first--1-of-2", "first-1-of-2x", "first"]
)
def test_only_a_folder_of_ours_says_that_something_was_cut(folder: str) -> None:
    assert kept_of(folder) is None
    assert kept_of("first-1-of-2") == (1, 2)


def test_the_digest_is_of_the_first_bytes_however_few_were_read() -> None:
    first = FirstBytes(io.BytesIO(b"invented"), 4)

    assert first.read(2) == b"in"
    assert first.digest() == hashlib.sha256(b"inve").hexdigest()
    assert first.readable()
