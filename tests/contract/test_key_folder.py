"""What the key folder promises besides: its files, and destruction in all its steps."""

import datetime as dt
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from custody.adapters.key_folder import KeyFolder
from custody.application.ports import KeyState
from custody.domain.epochs import EpochId
from custody.errors import (
    ConfigurationError,
    ConflictError,
    EvidenceError,
    KeyDestroyedError,
)
from tests.fakes.world import FixedClock

EPOCH, OTHER = EpochId.parse("live/high/1"), EpochId.parse("live/high/2")
CLOCK = FixedClock(dt.datetime(2026, 3, 1, 23, tzinfo=dt.UTC))


def _folder(tmp_path: Path) -> tuple[KeyFolder, Path, bytes]:
    folder = KeyFolder(tmp_path / "keys", CLOCK)
    key = folder.create(EPOCH)
    return folder, tmp_path / "keys" / "live" / "high" / "1.key", key


def test_key_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    folder, file, _ = _folder(tmp_path)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for parent in (file.parent, file.parent.parent, tmp_path / "keys"):
        assert stat.S_IMODE(parent.stat().st_mode) == 0o700
    file.chmod(0o640)
    with pytest.raises(ConfigurationError):
        folder.open(EPOCH)


def test_every_flipped_bit_and_length_of_a_key_file_is_evidence(tmp_path: Path) -> None:
    folder, file, _ = _folder(tmp_path)
    whole = file.read_bytes()
    flipped = [
        whole[: bit // 8] + bytes((whole[bit // 8] ^ 1 << bit % 8,))
        + whole[bit // 8 + 1 :]
        for bit in range(8 * len(whole))
    ]  # fmt: skip
    for wrong in (*flipped, b"", whole[:-1], whole + b"\0", whole[:40]):
        file.write_bytes(wrong)
        with pytest.raises(EvidenceError):
            folder.open(EPOCH)


def test_a_key_file_in_anothers_place_is_evidence(tmp_path: Path) -> None:
    folder, file, _ = _folder(tmp_path)
    folder.create(OTHER)

    file.replace(file.with_name("2.key"))

    with pytest.raises(EvidenceError):
        folder.open(OTHER)


def test_a_destroyed_keys_bytes_are_nowhere_in_the_folder(tmp_path: Path) -> None:
    folder, file, key = _folder(tmp_path)
    second_name = file.with_name(".unfinished-1-left")
    second_name.hardlink_to(file)  # a crash between link and unlink

    folder.destroy(EPOCH)

    left = [path for path in (tmp_path / "keys").rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["1.destroyed"]
    assert key not in left[0].read_bytes()


@pytest.mark.parametrize(
    "finish", [lambda it: it.destroy(EPOCH), lambda it: it.note_former(EPOCH)]
)
def test_a_destruction_cut_short_is_pending_and_can_be_finished(
    tmp_path: Path, finish: Callable[[KeyFolder], object]
) -> None:
    folder, file, _ = _folder(tmp_path)
    whole = file.read_bytes()
    folder.destroy(EPOCH)
    file.write_bytes(whole)  # as if killed between tombstone and erasure
    file.chmod(0o600)

    assert folder.state(EPOCH) == KeyState(name="pending")
    with pytest.raises(KeyDestroyedError):
        folder.open(EPOCH)
    finish(folder)

    assert folder.state(EPOCH).name == "destroyed"


def test_destroying_overwrites_where_unlinking_leaves_the_bytes(
    tmp_path: Path,
) -> None:
    """Another name of the file stands for a block that was not given to anyone else."""
    folder, file, key = _folder(tmp_path)
    block = tmp_path / "block"
    block.hardlink_to(file)
    twin_folder, twin_file, twin_key = _folder(tmp_path / "twin")
    twin_block = tmp_path / "twin-block"
    twin_block.hardlink_to(twin_file)

    folder.destroy(EPOCH)
    twin_file.unlink()

    assert block.read_bytes() == bytes(block.stat().st_size)
    assert key not in block.read_bytes()
    assert twin_key in twin_block.read_bytes()
    with pytest.raises(KeyError):
        twin_folder.open(EPOCH)


def test_without_its_tombstone_a_destroyed_epoch_would_be_born_again(
    tmp_path: Path,
) -> None:
    """The twin: one that only unlinks gives a second key to the same name."""
    folder, file, key = _folder(tmp_path)
    file.unlink()

    assert folder.create(EPOCH) != key

    folder.destroy(EPOCH)
    with pytest.raises(ConflictError):
        folder.create(EPOCH)


def test_of_many_who_create_at_once_one_does(tmp_path: Path) -> None:
    """The others are told so, and open what it made."""
    go = threading.Barrier(8)

    def create(_: int) -> bytes | None:
        folder = KeyFolder(tmp_path / "keys", CLOCK)
        go.wait()
        try:
            return folder.create(EPOCH)
        except ConflictError:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = [key for key in pool.map(create, range(8)) if key is not None]

    assert made == [KeyFolder(tmp_path / "keys", CLOCK).open(EPOCH)]


def test_what_a_killed_creation_left_is_told(tmp_path: Path) -> None:
    """Only where the file system knows no nameless files; it opens nothing."""
    folder, file, _ = _folder(tmp_path)
    file.with_name(".unfinished-2-abc").write_bytes(b"half")

    assert folder.strays() == ("live/high/.unfinished-2-abc",)
    assert folder.epochs() == (EPOCH,)
    assert folder.create(OTHER) == folder.open(OTHER)


def test_a_damaged_tombstone_is_evidence(tmp_path: Path) -> None:
    folder, file, _ = _folder(tmp_path)
    folder.destroy(EPOCH)
    for wrong in ("", "custody/key-destroyed/1 live/high/2 2026-03-01\n", "no date"):
        file.with_name("1.destroyed").write_text(wrong, "utf-8")
        with pytest.raises(EvidenceError):
            folder.state(EPOCH)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder, file, _ = _folder(tmp_path)
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Exception, match="key folder"):
        folder.open(EPOCH)
