"""Admission on a real folder that a stranger fills (T2): names, kinds, sizes, swaps.

Whatever lies there, the delivery is quarantined with its reasons and erased, and
the next one is admitted; nothing outside the folder is read or changed.
"""

import dataclasses
import hashlib
import io
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.adapters.landing.folder import FolderLanding
from custody.application.intake.deliver import DeliverFiles
from custody.application.intake.pinned import PinnedFile, PinnedStream
from custody.domain.delivery import DeliveryKey, DeliveryState, ManifestFile
from custody.domain.manifest import MANIFEST_NAME
from custody.errors import DeliveryError
from tests.builders.deliveries import DAY, delivery_key
from tests.unit.intake.test_admit import World

ROWS = b'{"customer_name": "invented"}\n'
NEIGHBOUR = b"the neighbour's"


class FolderWorld(World):
    """The world of admission, with a folder for its landing zone."""

    def __init__(self, root: Path, *, most: int = 10_000_000) -> None:
        super().__init__(most=most)
        self.root = root
        self.zone = FolderLanding(root / "landing")
        self.admit = dataclasses.replace(self.admit, landing=self.zone)
        self.deliver = DeliverFiles(landing=self.zone, book=self.book)

    def land(self, *, rows: bytes = ROWS) -> Path:
        """Land one good delivery; return its folder."""
        key = self.deliver(
            "website", {"rows.jsonl": io.BytesIO(rows)}, business_date=DAY
        )
        return self.root / "landing" / key.delivery_id

    def verdict(self) -> tuple[str, ...]:
        """Admit what lies there; return the reasons of the one quarantined."""
        admission = self.admit("website")
        ((delivery_id, reasons),) = admission.quarantined
        assert self.book.records[delivery_id].state is DeliveryState.QUARANTINED
        assert not (self.root / "landing" / delivery_id).exists()
        return tuple(reasons)


def rewrite(folder: Path, name: str, **changes: object) -> None:
    """Change what the manifest says of its file, as a hostile sender would."""
    path = folder / MANIFEST_NAME
    manifest = json.loads(path.read_bytes())
    manifest["files"][0].update({"name": name, **changes})
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "name",
    [
        b"a\nb.csv",
        b"x" * 255,
        b"\xff\xfe.csv",
        "示例.csv".encode(),
        b"-rf",
        b".hidden",
        b"rows.jsonl ",
        b"$(id).csv",
        b"..%2f..%2fx",
    ],
)
def test_a_strange_name_beside_the_files_is_sealed_away(
    tmp_path: Path, name: bytes
) -> None:
    """The name is its sender's: no reason, entry or notice repeats it."""
    world = FolderWorld(tmp_path)
    folder = world.land()
    (Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_bytes(b"x")

    reasons = world.verdict()

    assert reasons == ("file_extra",)
    told = repr(world.ledger.entries) + repr(world.notifier.sent)
    assert os.fsdecode(name) not in told


@pytest.mark.parametrize(
    "name",
    ["../../escape", "/etc/hostname", "a\nb", "x" * 256, "a\0b", "a/b", ".", ".."],
)
def test_a_strange_name_in_the_manifest_opens_nothing(
    tmp_path: Path, name: str
) -> None:
    world = FolderWorld(tmp_path)
    (tmp_path / "escape").write_bytes(ROWS)
    folder = world.land()
    rewrite(folder, name, sha256=hashlib.sha256(ROWS).hexdigest())

    reasons = world.verdict()

    assert "file_name" in reasons
    assert (tmp_path / "escape").read_bytes() == ROWS


def test_names_that_differ_by_case_alone_are_refused(tmp_path: Path) -> None:
    """On another file system they would be one file."""
    world = FolderWorld(tmp_path)
    folder = world.land()
    (folder / "ROWS.jsonl").write_bytes(ROWS)
    path = folder / MANIFEST_NAME
    manifest = json.loads(path.read_bytes())
    manifest["files"].append({**manifest["files"][0], "name": "ROWS.jsonl"})
    path.write_text(json.dumps(manifest))

    assert world.verdict() == ("file_name",)


def _symlink(file: Path, outside: Path) -> None:
    file.symlink_to(outside)


def _link_to_folder(file: Path, outside: Path) -> None:
    file.symlink_to(outside.parent)


def _hard_link(file: Path, outside: Path) -> None:
    file.hardlink_to(outside)


def _fifo(file: Path, _outside: Path) -> None:
    os.mkfifo(file)


def _socket(file: Path, _outside: Path) -> None:
    os.mknod(file, stat.S_IFSOCK | 0o600)


def _device(file: Path, _outside: Path) -> None:
    try:
        os.mknod(file, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # /dev/zero: endless
    except PermissionError:
        pytest.skip("only root makes devices")


@pytest.mark.parametrize(
    "trick", [_symlink, _link_to_folder, _hard_link, _fifo, _socket, _device]
)
def test_what_is_no_plain_file_is_refused_whatever_it_says_of_itself(
    tmp_path: Path, trick: Callable[[Path, Path], None]
) -> None:
    """The manifest states size and digest of the outside file; it is not read."""
    world = FolderWorld(tmp_path)
    outside = tmp_path / "outside" / "neighbour"
    outside.parent.mkdir()
    outside.write_bytes(NEIGHBOUR)
    folder = world.land()
    file = folder / "rows.jsonl"
    file.unlink()
    trick(file, outside)
    rewrite(
        folder,
        "rows.jsonl",
        sha256=hashlib.sha256(NEIGHBOUR).hexdigest(),
        size=file.lstat().st_size,
    )

    reasons = world.verdict()

    assert reasons == ("unreadable",)
    assert outside.read_bytes() == NEIGHBOUR


def test_a_sparse_giant_is_refused_by_its_size(tmp_path: Path) -> None:
    """Told by its stated size, before a byte of it is hashed."""
    world = FolderWorld(tmp_path, most=1_000_000)
    folder = world.land()
    os.truncate(folder / "rows.jsonl", 1 << 20)
    rewrite(folder, "rows.jsonl", size=1 << 20)

    assert world.verdict() == ("file_too_large",)


def test_a_file_that_grows_after_its_manifest_is_refused(tmp_path: Path) -> None:
    world = FolderWorld(tmp_path)
    folder = world.land()
    with (folder / "rows.jsonl").open("ab") as file:
        file.write(ROWS)

    assert world.verdict() == ("file_size",)


def test_a_bad_folder_never_stops_the_next_one(tmp_path: Path) -> None:
    world = FolderWorld(tmp_path)
    folder = world.land()
    (folder / "rows.jsonl").unlink()
    os.mkfifo(folder / "rows.jsonl")
    good = world.land(rows=ROWS * 2)

    admission = world.admit("website")

    assert list(admission.to_process) == [str(good.relative_to(tmp_path / "landing"))]
    assert len(admission.quarantined) == 1


# --- one descriptor: what was hashed is what is parsed ---------------------------


def _open(root: Path, key: DeliveryKey) -> tuple[FolderLanding, Path, ManifestFile]:
    landing = FolderLanding(root)
    content = b"a" * 3_000_000
    landing.put(key, {MANIFEST_NAME: io.BytesIO(b"{}"), "rows": io.BytesIO(content)})
    digest = hashlib.sha256(content).hexdigest()
    file = ManifestFile(name="rows", sha256=digest, size=len(content), rows=None)
    return landing, root / key.delivery_id / "rows", file


def _swap(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"b" * 3_000_000)
    other.rename(path)


def _rewrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(2_500_000)
        file.write(b"b")


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"b")


@pytest.mark.parametrize("trick", [_rewrite, _grow])
def test_a_file_changed_under_the_open_descriptor_is_refused(
    tmp_path: Path, trick: Callable[[Path], None]
) -> None:
    """Twin: the plain descriptor reads the changed bytes without a word."""
    landing, path, file = _open(tmp_path, delivery_key())

    with landing.open(delivery_key(), "rows") as stream:
        pinned = PinnedStream(stream, file)
        trick(path)
        changed = path.read_bytes()
        with pytest.raises(DeliveryError, match="file_digest"):
            pinned.finish()

    with landing.open(delivery_key(), "rows") as stream:
        assert stream.read() == changed


def test_a_file_swapped_behind_the_open_descriptor_is_still_the_admitted_one(
    tmp_path: Path,
) -> None:
    """Twin: opened by its name once more, it is the other file."""
    landing, path, file = _open(tmp_path, delivery_key())

    with landing.open(delivery_key(), "rows") as stream:
        pinned = PinnedStream(stream, file)
        _swap(path)
        pinned.finish()

    with (
        landing.open(delivery_key(), "rows") as stream,
        pytest.raises(DeliveryError, match="file_digest"),
    ):
        PinnedStream(stream, file).finish()


def test_a_file_read_anywhere_gives_only_bytes_that_were_hashed(tmp_path: Path) -> None:
    """Parquet seeks: each chunk is compared again when it is read (twin as above)."""
    landing, path, file = _open(tmp_path, delivery_key())

    with landing.open(delivery_key(), "rows") as stream:
        pinned = PinnedFile(stream, file)
        pinned.seek(-5, os.SEEK_END)
        end = pinned.read(10)
        pinned.seek(0)
        begin = pinned.read(5)
        _rewrite(path)
        pinned.seek(2_400_000)
        with pytest.raises(DeliveryError, match="file_digest"):
            pinned.read(5)

    assert (begin, end) == (b"aaaaa", b"aaaaa")


def test_a_file_other_than_admitted_is_refused_before_it_is_parsed(
    tmp_path: Path,
) -> None:
    landing, path, file = _open(tmp_path, delivery_key())
    _rewrite(path)

    with (
        landing.open(delivery_key(), "rows") as stream,
        pytest.raises(DeliveryError, match="file_digest"),
    ):
        PinnedFile(stream, file)


def test_twin_without_nofollow_the_landing_zone_reads_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flag is what refuses: without it the neighbour's bytes are read."""
    from custody.adapters.landing import folder as module  # noqa: PLC0415 - patched

    landing, path, _ = _open(tmp_path / "landing", delivery_key())
    outside = tmp_path / "neighbour"
    outside.write_bytes(NEIGHBOUR)
    path.unlink()
    path.symlink_to(outside)
    with pytest.raises(DeliveryError, match="unreadable"):
        landing.open(delivery_key(), "rows").__enter__()

    monkeypatch.setattr(module, "_READ", module._READ & ~os.O_NOFOLLOW)

    with landing.open(delivery_key(), "rows") as stream:
        assert stream.read() == NEIGHBOUR
