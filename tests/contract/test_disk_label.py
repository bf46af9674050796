"""A disk bears a label; where it is missing nothing is written, listed or read (R66).

What an absent mount leaves is an empty folder, or none: who wrote there would fill
the machine's own disk and call it a backup.
"""

import contextlib
import io
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from custody.adapters import offsite
from custody.adapters.disk_label import LABEL, Label, take_into_service
from custody.adapters.offsite import DirectoryMedium
from custody.adapters.stores import label_disk, label_own_disks, medium_of
from custody.application.ports import PathVersion
from custody.cli.main import app
from custody.errors import ConfigurationError, CustodyError, EvidenceError, WorldError
from tests.builders.deliveries import DAY
from tests.builders.disks import disk_at
from tests.faults.mounts import tmpfs

CALLS: Mapping[str, Callable[[DirectoryMedium], object]] = {
    "put": lambda disk: disk.put("a/one", b"x", locked_until=DAY),
    "put_stream": lambda disk: disk.put_stream(
        "a/one", io.BytesIO(b"x"), locked_until=DAY
    ),
    "read": lambda disk: disk.read("a/one"),
    "list": lambda disk: disk.list(""),
    "versions": lambda disk: disk.versions(""),
    "remove": lambda disk: disk.remove(PathVersion(path="a/one"), today=DAY),
    "locked_until": lambda disk: disk.locked_until("a/one"),
}
DAMAGED = (b"", b"x", b"custody/medium/1 []\n", b'custody/medium/1 {"id":"1"}\n')


def tree(folder: Path) -> set[Path]:
    """Return everything below a folder."""
    return set(folder.rglob("*"))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("there", [True, False])
def test_under_an_absent_mount_nothing_is_done(
    tmp_path: Path, call: str, *, there: bool
) -> None:
    """The folder of the mount is empty, or is not there either."""
    mount = tmp_path / "mount"
    if there:
        mount.mkdir()
    before = tree(tmp_path)

    with pytest.raises(WorldError, match=r"disk: .*mount"):
        CALLS[call](DirectoryMedium(mount, name="disk"))

    assert tree(tmp_path) == before


def test_twin_without_the_look_an_absent_mount_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def unlooked(root: Path, **_: str) -> Iterator[Path]:
        yield root

    monkeypatch.setattr(offsite, "in_service", unlooked)

    CALLS["put"](DirectoryMedium(tmp_path / "mount", name="disk"))

    assert (tmp_path / "mount" / "a" / "one").read_bytes() == b"x"


@pytest.mark.parametrize("call", CALLS)
def test_on_the_disk_of_another_medium_nothing_is_done(
    tmp_path: Path, call: str
) -> None:
    disk_at(tmp_path, name="other")
    before = tree(tmp_path)

    with pytest.raises(ConfigurationError, match="another"):
        CALLS[call](DirectoryMedium(tmp_path, name="disk"))

    assert tree(tmp_path) == before


@pytest.mark.parametrize("line", DAMAGED)
def test_a_damaged_label_is_evidence(tmp_path: Path, line: bytes) -> None:
    (tmp_path / LABEL).write_bytes(line)

    with pytest.raises(EvidenceError, match="label"):
        CALLS["put"](DirectoryMedium(tmp_path, name="disk"))
    with pytest.raises(EvidenceError, match="label"):
        take_into_service(tmp_path, name="disk")

    assert [one.name for one in tmp_path.iterdir()] == [LABEL]


def test_a_label_is_written_once(tmp_path: Path) -> None:
    label = take_into_service(tmp_path, name="disk")
    line = (tmp_path / LABEL).read_bytes()

    assert take_into_service(tmp_path, name="disk") == label
    with pytest.raises(ConfigurationError):
        take_into_service(tmp_path, name="other")

    assert (tmp_path / LABEL).read_bytes() == line == bytes(label)
    assert line == f'custody/medium/1 {{"id":"{label.id}","name":"disk"}}\n'.encode()
    assert len(label.id) == 32


def test_no_folder_is_made_for_a_label(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="mount"):
        take_into_service(tmp_path / "mount", name="disk")

    assert not tree(tmp_path)


def test_no_two_disks_have_one_label(tmp_path: Path) -> None:
    found = {disk.name: label_of(tmp_path / disk.name) for disk in make_two(tmp_path)}

    assert len({label.id for label in found.values()}) == 2


def make_two(folder: Path) -> list[Path]:
    """Label two disks of one medium, as for taking turns."""
    for name in ("one", "two"):
        disk_at(folder / name)
    return [folder / "one", folder / "two"]


def label_of(root: Path) -> Label:
    """Return the label that a disk has."""
    return take_into_service(root, name="disk")


def test_a_url_may_name_the_very_disk(tmp_path: Path) -> None:
    one, two = make_two(tmp_path)
    url = f"{one.as_uri()}?label={label_of(one).id}#disk"

    assert medium_of(url).list("") == ()
    with pytest.raises(ConfigurationError, match="another"):
        medium_of(url.replace("/one", "/two")).list("")
    assert medium_of(f"{two.as_uri()}#disk").list("") == ()


@pytest.mark.parametrize("query", ["label=", "label=x", "id=1", f"label={'A' * 32}"])
def test_a_disk_is_written_in_one_way(query: str) -> None:
    with pytest.raises(ConfigurationError, match="label=ID"):
        medium_of(f"file:///mnt/disk?{query}#disk")


def test_a_bucket_needs_no_label() -> None:
    assert label_disk("s3://bucket#cloud") is None


def test_own_folders_are_labelled_and_no_mounts(tmp_path: Path) -> None:
    home, mount = tmp_path / "home", tmp_path / "mount"
    urls = [(home / "a").as_uri(), "s3://bucket#cloud", mount.as_uri()]

    for _ in range(2):
        label_own_disks(urls, home=home)

    assert {one.name for one in tree(tmp_path)} == {"home", "a", LABEL}


class Swapped(io.BytesIO):
    """A stream; when it is first read, the disk goes and its empty mount is there."""

    def __init__(self, content: bytes, unmount: Callable[[], None]) -> None:
        super().__init__(content)
        self._unmount: Callable[[], None] | None = unmount

    def read(self, size: int | None = -1) -> bytes:
        """Unmount, once; then read."""
        if self._unmount is not None:
            self._unmount()
            self._unmount = None
        return super().read(size)


def test_what_goes_in_the_middle_is_never_written_beside(tmp_path: Path) -> None:
    """The disk is held by its folder, not by its name."""
    mount, away = tmp_path / "mount", tmp_path / "away"
    disk = disk_at(mount)

    def unmount() -> None:
        mount.rename(away)
        mount.mkdir()

    disk.put_stream("a/one", Swapped(b"x", unmount), locked_until=DAY)

    assert not tree(mount)
    assert (away / "a" / "one").read_bytes() == b"x"
    with pytest.raises(WorldError):
        disk.read("a/one")


@pytest.mark.integration
@pytest.mark.mounts
def test_a_disk_unmounted_in_the_middle_is_told_with_the_next_step() -> None:
    """A plain unmount finds it busy; a forced one lets the object end whole."""
    with tmpfs(1 << 20) as mount:
        disk = disk_at(mount)

        def unmount() -> None:
            busy = subprocess.run(["umount", mount], capture_output=True, check=False)
            assert busy.returncode
            subprocess.run(["umount", "--lazy", mount], check=True)

        disk.put_stream("a/one", Swapped(b"x", unmount), locked_until=DAY)
        found = tree(mount)
        with pytest.raises(WorldError, match="mount"):
            disk.list("")
        subprocess.run(["mount", "-t", "tmpfs", "none", mount], check=True)

    assert not found


def test_the_command_labels_what_is_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount = tmp_path / "mount"
    urls = f"{mount.as_uri()}#disk,s3://bucket#cloud"
    monkeypatch.setenv("CUSTODY_OFFSITE_URLS", urls)
    monkeypatch.setenv("CUSTODY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CUSTODY_LANG", "en")

    def run(name: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["backup", "label", name])
        return result.exit_code, result.output

    assert run("disk")[0] == 1
    mount.mkdir()
    code, output = run("disk")

    assert code == 0
    assert f"?label={label_of(mount).id}#disk" in output
    assert run("disk") == (code, output)
    assert run("cloud")[0] == run("none")[0] == 1


def test_faults_are_of_our_own_tree(tmp_path: Path) -> None:
    """A use case goes on with the next medium only after one of these."""
    for call in CALLS.values():
        with pytest.raises(CustodyError):
            call(DirectoryMedium(tmp_path, name="disk"))
