"""The age format, by pyrage: the one place that knows the library (ADR 0006).

Standard age files, so that whoever holds the identity opens them with the `age`
tool and no Custody.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import pyrage  # type: ignore[import-untyped]  # ships no types; used here only

from custody.domain.language import Text
from custody.errors import ConfigurationError, OpenError

_MALFORMED = Text(
    "公钥文件中的 age 接收方格式有误",
    "an age recipient of the public keys file is malformed",
)


def encrypt_stream(
    plain: BinaryIO, out: BinaryIO, *, recipients: Sequence[str]
) -> None:
    """Seal a stream of any size to X25519 recipients (`age1…`), each of whom opens it.

    ConfigurationError when a recipient is not one; a stream's own fault stays what it
    is, OSError when a disk is full.
    """
    try:
        to = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    except pyrage.RecipientError:
        raise _MALFORMED.as_error(ConfigurationError) from None
    streams = _Stream(plain), _Stream(out)
    try:
        pyrage.encrypt_io(*streams, to)
    finally:
        _raise_own(streams)


def decrypt_stream(sealed: BinaryIO, out: BinaryIO, *, identity: str) -> None:
    """Open a stream; OpenError when the identity is not the one or bytes differ.

    age proves each 64 KiB as it goes and the end at the end: after an OpenError
    what was written to `out` is to be thrown away.  A stream's own fault stays what it
    is: neither a full disk nor a store that fails says that bytes are damaged.
    """
    streams = _Stream(sealed), _Stream(out)
    try:
        own = pyrage.x25519.Identity.from_str(identity.strip())
        pyrage.decrypt_io(*streams, [own])
    except (pyrage.IdentityError, pyrage.DecryptError, OSError, ValueError):
        _raise_own(streams)
        raise OpenError from None
    _raise_own(streams)


class _Stream:
    """A stream that keeps its fault.

    pyrage tells of it in a text alone, and of one in its last write not at all
    (measured): what was cut short would pass for whole.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.fault: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        """Read as the stream does."""
        with self._keeping():
            return self._stream.read(size)

    def write(self, content: bytes) -> int:
        """Write as the stream does."""
        with self._keeping():
            return self._stream.write(content)

    def flush(self) -> None:
        """Flush as the stream does."""
        with self._keeping():
            self._stream.flush()

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        try:
            yield
        except Exception as fault:
            self.fault = fault
            raise


def _raise_own(streams: Sequence[_Stream]) -> None:
    """Raise what one of them failed with, if one did."""
    for one in streams:
        if one.fault is not None:
            raise one.fault from None


def decrypt(sealed: bytes, *, identity: str) -> bytes:
    """Open in memory: all or nothing."""
    out = io.BytesIO()
    decrypt_stream(io.BytesIO(sealed), out, identity=identity)
    return out.getvalue()
