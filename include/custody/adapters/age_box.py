"""The age format, by pyrage: the one place that knows the library (ADR 0006).

Standard age files, so that whoever holds the identity opens them with the `age`
tool and no Custody.
"""

import io
from collections.abc import Sequence
from typing import BinaryIO

import pyrage  # type: ignore[import-untyped]  # ships no types; used here only

from custody.errors import ConfigurationError, OpenError


def encrypt_stream(
    plain: BinaryIO, out: BinaryIO, *, recipient: str, also: Sequence[str] = ()
) -> None:
    """Seal a stream of any size to an X25519 recipient (`age1…`), and to others.

    ConfigurationError when a recipient is not one.
    """
    try:
        to = [pyrage.x25519.Recipient.from_str(one) for one in (recipient, *also)]
    except pyrage.RecipientError:
        raise ConfigurationError(
            "an age recipient of the public keys file is malformed"
        ) from None
    pyrage.encrypt_io(plain, out, to)


def decrypt_stream(sealed: BinaryIO, out: BinaryIO, *, identity: str) -> None:
    """Open a stream; OpenError when the identity is not the one or bytes differ.

    age proves each 64 KiB as it goes and the end at the end: after an OpenError
    what was written to `out` is to be thrown away.
    """
    try:
        own = pyrage.x25519.Identity.from_str(identity.strip())
        pyrage.decrypt_io(sealed, out, [own])
    except (pyrage.IdentityError, pyrage.DecryptError, OSError, ValueError):
        raise OpenError from None


def decrypt(sealed: bytes, *, identity: str) -> bytes:
    """Open in memory: all or nothing."""
    out = io.BytesIO()
    decrypt_stream(io.BytesIO(sealed), out, identity=identity)
    return out.getvalue()
