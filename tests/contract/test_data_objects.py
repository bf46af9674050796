"""A data object is written whole, or a fault of the world says that it was not."""

import datetime as dt
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from custody.adapters.data_objects import AgeParquetObjects
from custody.crypto.recovery import derive_identities
from custody.errors import WorldError
from tests.builders.disks import disk_at

UNTIL = dt.date(2030, 1, 1)
TEXTS = ("customer", "level", "epoch", "state")
BYTES = ("handle", "sealed", "digest", "wrapped", "key_id")


def _frame(size: int) -> pl.DataFrame:
    """Return one row of a value that is so large."""
    return pl.DataFrame(
        {
            **{name: ["x"] for name in TEXTS},
            **{name: [b"x"] for name in BYTES},
            "sealed": [b"x" * size],
            "version": pl.Series([1], dtype=pl.Int32),
            "business_date": [UNTIL],
        }
    )


@contextmanager
def _no_file_above(size: int) -> Iterator[None]:
    """Let the operating system refuse longer files, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def objects(tmp_path: Path) -> AgeParquetObjects:
    medium = disk_at(tmp_path / "disk")
    recipient = derive_identities(bytes(32), medium="disk").age_recipient
    return AgeParquetObjects([medium], {"disk": [recipient]}, tmp_path / "work")


def _write(objects: AgeParquetObjects, name: str) -> str:
    (stored,) = objects.write(name, iter([_frame(1_000_000)]), locked_until=UNTIL)
    return stored.path


def test_a_disk_that_is_full_is_a_fault_of_the_world(
    tmp_path: Path, objects: AgeParquetObjects
) -> None:
    """While rows are written, and while they are sealed, which makes them longer."""
    whole = (tmp_path / "disk" / _write(objects, "before")).stat().st_size

    # age adds some 450 bytes, and up to 160 more that it draws anew each time.
    for room in (64 * 1024, whole - 400):
        with _no_file_above(room), pytest.raises(WorldError, match="work folder"):
            _write(objects, "one")

    assert list((tmp_path / "work").iterdir()) == []
    assert len(list((tmp_path / "disk").rglob("*.age"))) == 1
    assert _write(objects, "one")
