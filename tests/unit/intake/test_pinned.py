"""What is read is what was admitted, also while it is read."""

import hashlib
import io
import os

import pytest

from custody.application.intake.pinned import PinnedFile, PinnedStream
from custody.domain.delivery import ManifestFile
from custody.errors import DeliveryError

MIB = 2**20
CONTENT = bytes(range(256)) * (MIB // 256) + b"the second chunk"


def pinned(content: bytes = CONTENT) -> ManifestFile:
    """Return what a manifest says of CONTENT."""
    digest = hashlib.sha256(content).hexdigest()
    return ManifestFile(name="rows", sha256=digest, size=len(content), rows=None)


def test_any_place_of_an_admitted_file_can_be_read() -> None:
    file = PinnedFile(io.BytesIO(CONTENT), pinned())

    ends = (file.seek(-6, os.SEEK_END), file.read(6), file.tell())
    middle = (file.seek(MIB - 2), file.read(2), file.read(3))
    moved = (file.seek(-5, os.SEEK_CUR), file.read(2))

    assert (file.readable(), file.seekable()) == (True, True)
    assert ends == (len(CONTENT) - 6, b" chunk", len(CONTENT))
    assert middle == (MIB - 2, b"\xfe\xff", b"the")
    assert moved == (MIB - 2, b"\xfe\xff")


def test_behind_the_end_nothing_is_read_and_before_the_begin_is_the_begin() -> None:
    file = PinnedFile(io.BytesIO(CONTENT), pinned())

    file.seek(0, os.SEEK_END)
    nothing = file.read(5)
    begin = file.seek(-len(CONTENT) - 9, os.SEEK_END)

    assert (nothing, begin) == (b"", 0)
    assert file.read(3) == CONTENT[:3]


def test_a_chunk_that_was_rewritten_after_it_was_hashed_is_refused() -> None:
    """The bystander chunk still reads."""
    stream = io.BytesIO(CONTENT)
    file = PinnedFile(stream, pinned())
    stream.seek(3)
    stream.write(b"changed")

    file.seek(MIB)
    spared = file.read(3)
    file.seek(0)
    with pytest.raises(DeliveryError, match="file_digest"):
        file.read(3)

    assert spared == b"the"


def test_a_chunk_is_read_from_the_file_once_while_it_is_read_on() -> None:
    """So that small reads of one row group do not hash it again and again."""
    stream = io.BytesIO(CONTENT)
    file = PinnedFile(stream, pinned())

    first = file.read(2)
    stream.seek(0)
    stream.write(b"changed")

    assert first + file.read(2) == CONTENT[:4]


@pytest.mark.parametrize("other", [CONTENT[:-1], CONTENT + b"x", CONTENT[:-1] + b"x"])
def test_a_file_that_is_not_the_admitted_one_is_refused(other: bytes) -> None:
    stream = PinnedStream(io.BytesIO(other), pinned())
    stream.read(MIB)

    with pytest.raises(DeliveryError, match="file_digest"):
        stream.finish()
    with pytest.raises(DeliveryError, match="file_digest"):
        PinnedFile(io.BytesIO(other), pinned())


def test_the_admitted_file_ends_well_however_little_of_it_was_read() -> None:
    stream = PinnedStream(io.BytesIO(CONTENT), pinned())

    begin = stream.read(4)
    stream.finish()

    assert begin == CONTENT[:4]
