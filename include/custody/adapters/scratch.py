"""Folders for a moment's work; what a killed process left goes with the next one.

Each is held by a lock of the operating system, which ends with the process that
holds it: a folder whose lock is free is nobody's.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from custody.adapters import durable

_PREFIX = "scratch-"


@contextmanager
def scratch_folder(work: Path) -> Iterator[Path]:
    """Make a private folder in the work folder, and remove it in every case."""
    with durable.world("the work folder"):
        durable.make_folder(work)
        with _locked(work):  # nobody takes a folder for left before it is held
            _remove_left(work)
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=work))
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _remove_left(work: Path) -> None:
    for folder in work.glob(f"{_PREFIX}*"):
        with suppress(BlockingIOError, FileNotFoundError), _locked(folder, wait=False):
            shutil.rmtree(folder)


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a folder's lock; BlockingIOError if somebody does and `wait` is False."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)
