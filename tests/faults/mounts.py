"""File systems of a test's own, mounted by root: ext4 in an image, tmpfs, a folder.

Where they may not be mounted, `tests/conftest.py` leaves the tests marked `mounts`
out and says so in the header; they are never skipped.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROGRAMS = ("mkfs.ext4", "losetup", "mount", "umount")
_IMAGE_BYTES = 1024**3  # sparse: only what is written takes room


@dataclass(frozen=True, slots=True)
class Image:
    """A file with a file system in it, and where that is mounted."""

    file: Path
    mounted: Path

    def settle(self) -> None:
        """Bring everything into the file, the journal's blocks included."""
        descriptor = os.open(self.mounted, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.sync()


@cache
def may_mount() -> bool:
    """Whether this process may mount an image and a tmpfs; tries both once."""
    if os.geteuid() or not all(shutil.which(name) for name in _PROGRAMS):
        return False
    try:
        with ext4_image(), tmpfs(1024 * 1024):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextlib.contextmanager
def ext4_image() -> Iterator[Image]:
    """Make, mount, unmount and remove an image; nobody else may enter it but search."""
    with tempfile.TemporaryDirectory(prefix="custody-image-") as folder:
        place = Path(folder)
        place.chmod(0o711)
        image = Image(place / "image", place / "mounted")
        image.mounted.mkdir()
        with image.file.open("wb") as file:
            file.truncate(_IMAGE_BYTES)
        _run("mkfs.ext4", "-q", "-m", "0", "-E", "nodiscard", str(image.file))
        _run("mount", "-o", "loop,nodiscard", str(image.file), str(image.mounted))
        try:
            shutil.rmtree(image.mounted / "lost+found")
            yield image
        finally:
            _run("umount", str(image.mounted))


@contextlib.contextmanager
def tmpfs(size: int) -> Iterator[Path]:
    """Mount memory of so many bytes as a folder; what is in it goes with it."""
    with tempfile.TemporaryDirectory(prefix="custody-tmpfs-") as folder:
        place = Path(folder) / "mounted"
        Path(folder).chmod(0o711)
        place.mkdir()
        _run("mount", "-t", "tmpfs", "-o", f"size={size}", "custody", str(place))
        try:
            yield place
        finally:
            _run("umount", str(place))


@dataclass(frozen=True, slots=True)
class Bound:
    """A folder that is mounted at another one, and outlives being unmounted."""

    source: Path
    mounted: Path

    def mount(self) -> None:
        """Mount it."""
        _run("mount", "--bind", str(self.source), str(self.mounted))

    def unmount(self) -> None:
        """Unmount it, whoever is at work there."""
        _run("umount", "--lazy", str(self.mounted))


@contextlib.contextmanager
def bound(source: Path, mounted: Path) -> Iterator[Bound]:
    """Mount a folder at another one, which is made; it is unmounted after."""
    mounted.mkdir()
    binding = Bound(source, mounted)
    binding.mount()
    try:
        yield binding
    finally:
        binding.unmount()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
