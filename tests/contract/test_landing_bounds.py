"""What in a landing zone is no delivery, or may not be read, stops no other."""

import io
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from custody.adapters.landing.folder import FolderLanding
from custody.domain.delivery import DeliveryKey
from custody.errors import WorldError
from tests.builders.deliveries import delivery_key

HIGHEST = 999_999_999
NOBODY = 65534


def land(root: Path, key: DeliveryKey) -> Path:
    """Land a delivery that is complete."""
    FolderLanding(root).put(key, {"manifest.json": io.BytesIO(b"{}")})
    return root / key.delivery_id


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder that another account can reach: pytest closes its own."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Give a folder to an account without rights, and be it, when we are root."""
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, -1)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_above_the_highest_sequence_is_no_delivery(tmp_path: Path) -> None:
    """No store could record it: it would stop every intake of its source."""
    land(tmp_path, delivery_key(HIGHEST))
    land(tmp_path, delivery_key(HIGHEST + 1))
    land(tmp_path, delivery_key(99_999_999_999))

    assert list(FolderLanding(tmp_path).deliveries()) == [delivery_key(HIGHEST)]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_folder_that_may_not_be_read_stops_no_other(
    root: Path, depth: int, caplog: pytest.LogCaptureFixture
) -> None:
    """One sender's wrong mode is that sender's; the log names the place."""
    good = delivery_key()
    land(root, good)
    land(root, delivery_key(source="partner"))
    place = "/".join(("partner", f"{good.business_date}", "1")[:depth])

    with as_nobody(root), caplog.at_level(logging.WARNING):
        (root / place).chmod(0)
        found = list(FolderLanding(root).deliveries())
        (root / place).chmod(0o700)

    assert found == [good]
    assert caplog.messages == [f"landing: {place} may not be read"]


def test_names_that_a_sender_chose_freely_are_not_logged(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder's name may be a person's (R15)."""
    land(root, delivery_key())
    (root / "website" / "示例甲乙").mkdir()

    with as_nobody(root), caplog.at_level(logging.WARNING):
        (root / "website" / "示例甲乙").chmod(0)
        FolderLanding(root).deliveries().__next__()
        (root / "website" / "示例甲乙").chmod(0o700)

    assert caplog.messages == ["landing: website: a folder may not be read"]


def test_a_landing_zone_that_may_not_be_read_at_all_is_the_worlds_fault(
    root: Path,
) -> None:
    """An empty answer would look like a day without deliveries."""
    land(root, delivery_key())

    with as_nobody(root):
        root.chmod(0)
        with pytest.raises(WorldError, match="landing"):
            list(FolderLanding(root).deliveries())
        root.chmod(0o700)
