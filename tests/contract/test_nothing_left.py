"""A writer that is killed in the middle leaves nothing, or the next one clears it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from custody.adapters import durable
from custody.adapters.scratch import scratch_folder

_WRITE = """
import os, signal, sys
from pathlib import Path
from custody.adapters import durable
def write(out):
    out.write(b"half of it")
    out.flush()
    os.kill(os.getpid(), signal.SIGKILL)
durable.write_once(Path(sys.argv[1]), write)
"""
_WORK = """
import os, signal, sys
from pathlib import Path
from custody.adapters.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "rows").write_bytes(b"half of it")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def writing(content: bytes) -> Callable[[BinaryIO], None]:
    """Return what writes the content."""

    def write(out: BinaryIO) -> None:
        out.write(content)

    return write


def run(program: str, place: Path) -> int:
    """Run a program to its end; return how it ended."""
    return subprocess.run(
        [sys.executable, "-c", program, place], check=False
    ).returncode


def test_a_file_that_is_written_once_has_no_name_before_it_is_whole(
    tmp_path: Path,
) -> None:
    place = tmp_path / "file"

    ended = run(_WRITE, place)

    assert ended == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []
    assert durable.write_once(place, writing(b"whole"))
    assert place.read_bytes() == b"whole"
    assert place.stat().st_mode & 0o777 == 0o600
    assert not durable.write_once(place, writing(b"other"))
    assert place.read_bytes() == b"whole"


def test_without_nameless_files_a_temporary_name_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's answer on a file system such as NFS, given by a flag it refuses."""
    monkeypatch.setattr(os, "O_TMPFILE", os.O_DIRECTORY | os.O_WRONLY)

    assert durable.write_once(tmp_path / "file", writing(b"x"))

    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_the_next_one_clears_what_a_killed_run_left_and_only_that(
    tmp_path: Path,
) -> None:
    ended = run(_WORK, tmp_path)
    left = list(tmp_path.iterdir())

    with scratch_folder(tmp_path) as one, scratch_folder(tmp_path) as other:
        held = set(tmp_path.iterdir())

    assert ended == -signal.SIGKILL
    assert len(left) == 1
    assert held == {one, other}
    assert list(tmp_path.iterdir()) == []
