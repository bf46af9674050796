"""Suppression tokens 抑制标记: who was destroyed is known again, and never shown.

A token is full width, under a key of its own that outlives every index epoch.  It is
made from the inner values of the blind index, which sealing has from the value and a
destruction from the index tokens, so that nothing is opened (docs/formats.md).  A
match key of several fields has one token: none of its fields can be tried alone.
"""

from collections.abc import Sequence

from custody.crypto.framing import prefixed
from custody.crypto.keyed import SHA256_BYTES, KeyedSha256

SUPPRESSION_LABEL = b"custody/suppression/1"
SUPPRESSION_BYTES = SHA256_BYTES
_KEY_BYTES = 32


def suppression_tokens(
    *, key: bytes, dataset: str, match_key: str, inners: Sequence[bytes]
) -> list[bytes]:
    """Return one token (32 bytes) for each match key's inner values, in their order.

    Each of `inners` is the 16-byte inner values of one row's key, joined in the
    order of the fields in `match_key` (`domain.suppression.match_key_name`).
    """
    if len(key) != _KEY_BYTES:
        message = f"a suppression key has {_KEY_BYTES} bytes"
        raise ValueError(message)
    label = SUPPRESSION_LABEL + prefixed(dataset.encode(), match_key.encode())
    keyed = KeyedSha256(key, label)
    return [keyed(inner) for inner in inners]
