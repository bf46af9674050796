"""The door for opening a batch: values of one epoch and level with their key records.

Opens exactly what `keyrecord.unwrap_key` and `cs1.open_sealed` open, and refuses what
they refuse, each with the one error that tells nothing (a property test holds them
together).  What is not plainly of suite 1 goes through those two.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256, sha512
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from custody.crypto import cs1, keyrecord
from custody.crypto import suites as cipher
from custody.crypto.framing import HANDLE_BYTES, prefixed
from custody.errors import OpenError


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRecords:
    """Sealed values and their key records as four lists in one order."""

    handles: Sequence[bytes]
    key_ids: Sequence[bytes]
    wrapped: Sequence[bytes]
    sealed: Sequence[bytes]

    def __iter__(self) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
        """Yield handle, key id, wrapped key and sealed value of each."""
        return zip(self.handles, self.key_ids, self.wrapped, self.sealed, strict=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the records of a batch share, and the suites that policy allows them."""

    dataset: str
    level: str
    epoch: str
    suites: tuple[int, ...]


def open_batch(
    records: SealedRecords, place: Place, *, wrapping_key: bytes
) -> list[cs1.Opened]:
    """Return what each value held; OpenError, and nothing, when one does not open."""
    if cipher.AES_256_GCM not in place.suites or len(wrapping_key) != cipher.KEY_BYTES:
        return [_single(one, place, wrapping_key) for one in records]
    open_aes = _aes_opener(place, wrapping_key)
    return [
        open_aes(*one)
        if one[2][:4] == _RECORD_HEAD
        and one[3][:5] == _VALUE_HEAD
        and len(one[0]) == HANDLE_BYTES
        else _single(one, place, wrapping_key)
        for one in records
    ]


_RECORD_HEAD = keyrecord.header(cipher.AES_256_GCM)
_VALUE_HEAD = cs1.header(cipher.AES_256_GCM)
_NONCE_END = keyrecord.HEADER_BYTES + cipher.NONCE_BYTES
_BODY = cs1.HEADER_BYTES + cs1.KEY_ID_BYTES
_HANDLE_LENGTH = HANDLE_BYTES.to_bytes(2, "big")
_KEY_ID_LENGTH = cs1.KEY_ID_BYTES.to_bytes(2, "big")

# HMAC-SHA-512 written out, as in `crypto.batch` and for its reason.
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_REST = 128 - cipher.KEY_BYTES
_INNER_REST = b"\x36" * _REST + cs1.DERIVATION_LABEL + _VALUE_HEAD[:4]
_OUTER_REST = b"\x5c" * _REST


def _aes_opener(
    place: Place, wrapping_key: bytes
) -> Callable[[bytes, bytes, bytes, bytes], cs1.Opened]:
    unwrap = AESGCM(wrapping_key).decrypt
    start = prefixed(place.dataset.encode(), place.level.encode()) + _HANDLE_LENGTH
    end = prefixed(place.epoch.encode()) + _KEY_ID_LENGTH
    record_start, value_start = _RECORD_HEAD + start, _VALUE_HEAD + start
    zero_nonce, label = cs1.ZERO_NONCE, cs1.CONTENT_LABEL

    def open_aes(
        handle: bytes, key_id: bytes, wrapped: bytes, sealed: bytes
    ) -> cs1.Opened:
        try:
            data_key = unwrap(
                wrapped[4:_NONCE_END],
                wrapped[_NONCE_END:],
                record_start + handle + end + key_id,
            )
            mac = sha512(data_key.translate(_INNER) + _INNER_REST).digest()
            both = sha512(data_key.translate(_OUTER) + _OUTER_REST + mac).digest()
            if not compare_digest(sealed[5:_BODY], key_id) or not compare_digest(
                both[32:], key_id
            ):
                raise OpenError
            padded = AESGCM(both[:32]).decrypt(
                zero_nonce, sealed[_BODY:], value_start + handle
            )
        except InvalidTag:
            raise OpenError from None
        content = _unpadded(padded)
        return cs1.Opened(
            encoding=content[cs1.SALT_BYTES :],
            digest=sha256(label + content).digest(),
            salt=content[: cs1.SALT_BYTES],
        )

    return open_aes


def _unpadded(padded: bytes) -> bytes:
    """Return salt and encoding; OpenError for any padding but the one described."""
    marked = padded.rstrip(b"\0")
    if (
        marked[-1:] != b"\x80"
        or len(marked) <= cs1.SALT_BYTES
        or len(padded) % cs1.BLOCK_BYTES
        or len(padded) - len(marked) >= cs1.BLOCK_BYTES
    ):
        raise OpenError
    return marked[:-1]


def _single(
    one: tuple[bytes, bytes, bytes, bytes], place: Place, wrapping_key: bytes
) -> cs1.Opened:
    handle, key_id, wrapped, sealed = one
    data_key = keyrecord.unwrap_key(
        wrapping_key=wrapping_key,
        wrapped=wrapped,
        epoch=place.epoch,
        key_id=key_id,
        dataset=place.dataset,
        level=place.level,
        handle=handle,
    )
    return cs1.open_sealed(
        data_key=data_key,
        sealed=sealed,
        key_id=key_id,
        dataset=place.dataset,
        level=place.level,
        handle=handle,
        suites=place.suites,
    )
