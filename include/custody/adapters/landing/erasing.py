"""Erasing a folder through its descriptor: rename, overwrite, fsync, unlink, fsync.

The name goes first, so that what a killed run has half overwritten is never taken
for something that was brought instead.

What is allocated is overwritten; a file with a second name elsewhere is unlinked
only, since overwriting would reach that one too.  Flash and copy-on-write
storage may keep old blocks: design section 4 says what that means.
"""

import errno
import os
import stat

from custody.adapters.landing.places import manifest_last
from custody.application.ports import Reached, pass_by

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OVERWRITE = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK = 1024 * 1024  # bytes


ERASING = ".erasing-"
_NAME_BYTES = 8


def names_in(folder: int) -> list[str]:
    """Return the names in an open folder, ordered."""
    return sorted(os.listdir(folder))


def landed_in(folder: int) -> list[str]:
    """Return the names in an open folder but those that are being erased."""
    return [name for name in names_in(folder) if not name.startswith(ERASING)]


def erase_all(folder: int, reached: Reached = pass_by) -> int:
    """Erase everything in an open folder, the manifest last; return how many."""
    erased = 0
    for name in manifest_last(names_in(folder)):
        seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISDIR(seen.st_mode):
            erased += _erase_below(folder, name, reached)
            os.rmdir(name, dir_fd=folder)
            continue
        if stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1:
            reached("hide.before")
            name = _rename(folder, name)  # noqa: PLW2901 - the same file
            reached("hide.after")
            reached("overwrite.before")
            _overwrite(folder, name)
            reached("overwrite.after")
        os.unlink(name, dir_fd=folder)
        os.fsync(folder)
        reached("unlink.after")
        erased += 1
    return erased


def _rename(folder: int, name: str) -> str:
    """Take a file's name away, lastingly; return the one it has now."""
    other = ERASING + os.urandom(_NAME_BYTES).hex()
    os.rename(name, other, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)
    return other


def _erase_below(folder: int, name: str, reached: Reached) -> int:
    below = os.open(name, _FOLDER, dir_fd=folder)
    try:
        return erase_all(below, reached)
    finally:
        os.close(below)


def _overwrite(folder: int, name: str) -> None:
    """Write zeros over what is allocated; holes of a sparse file stay holes."""
    descriptor = os.open(name, _OVERWRITE, dir_fd=folder)
    try:
        seen = os.fstat(descriptor)
        if stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1:
            _zero(descriptor, seen.st_size)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _zero(descriptor: int, size: int) -> None:
    at = 0
    while at < size:
        try:
            begin = os.lseek(descriptor, at, os.SEEK_DATA)
            end = min(os.lseek(descriptor, begin, os.SEEK_HOLE), size)
        except OSError as fault:
            if fault.errno == errno.ENXIO:  # nothing but a hole is left
                return
            begin, end = at, size  # the file system cannot tell: all of it
        while begin < end:
            begin += os.pwrite(descriptor, bytes(min(_CHUNK, end - begin)), begin)
        at = max(end, at + 1)
