"""The batch door of a rekey: data keys from one wrapping key under another.

Nothing but the wrapping changes: handle, level, dataset, key id and suite of a record
stay, so that its sealed value opens as before.  What is unwrapped must be the key that
the record's key id commits to, or the whole batch is refused; `check_batch` asks the
same of records as they stand.  Writes exactly what `keyrecord.wrap_key` writes (a
property test opens the one with the other).  Bytes in docs/formats.md; design idea 3.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha512
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from custody.crypto import cs1, keyrecord
from custody.crypto import suites as cipher
from custody.crypto.entropy import EntropyPool
from custody.crypto.framing import HANDLE_BYTES, prefixed
from custody.errors import OpenError


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecords:
    """Data key records of one epoch as five lists in one order."""

    handles: Sequence[bytes]
    levels: Sequence[str]
    datasets: Sequence[str]
    key_ids: Sequence[bytes]
    wrapped: Sequence[bytes]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.handles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapping:
    """A wrapping key, 32 bytes, and the epoch that it belongs to."""

    key: bytes
    epoch: str

    def __repr__(self) -> str:
        """Show the epoch only."""
        return f"Wrapping({self.epoch})"


def rewrap_batch(
    records: KeyRecords, *, old: Wrapping, new: Wrapping, pool: EntropyPool
) -> list[bytes]:
    """Return the records' data keys wrapped under `new`, in order; 64 bytes each.

    OpenError, and nothing, when a single one does not open under `old` or is not the
    key of its key id; ValueError when the lists differ in length.
    """
    _refuse_key(new)
    wrap, end = AESGCM(new.key).encrypt, _end(new.epoch)
    made: list[bytes] = []
    add, take = made.append, pool.take
    for suite, data_key, start, key_id in _opened(records, old):
        # Random 96-bit nonces are safe for 2^32 messages under one key (NIST SP
        # 800-38D 8.3); the keyring counts them before they are made.
        nonce, bound = take(cipher.NONCE_BYTES), start + end + key_id
        if suite == cipher.AES_256_GCM:
            add(_AES_HEAD + nonce + wrap(nonce, data_key, _AES_HEAD + bound))
        else:
            add(
                keyrecord.wrap_with(
                    nonce,
                    wrapping_key=new.key,
                    data_key=data_key,
                    bound=bound,
                    suite=suite,
                )
            )
    return made


def check_batch(records: KeyRecords, *, wrapping: Wrapping) -> int:
    """Unwrap every record and compute its key id again; return how many there are.

    OpenError when a single one is not what it must be.
    """
    return sum(1 for _ in _opened(records, wrapping))


_AES_HEAD = keyrecord.header(cipher.AES_256_GCM)
_SM4_HEAD = keyrecord.header(cipher.SM4_GCM)
_NONCE_AT = keyrecord.HEADER_BYTES
_BODY_AT = _NONCE_AT + cipher.NONCE_BYTES
_HANDLE_LENGTH = HANDLE_BYTES.to_bytes(2, "big")
_KEY_ID_LENGTH = cs1.KEY_ID_BYTES.to_bytes(2, "big")

# HMAC-SHA-512 written out, as in `crypto.batch` and for its reason.
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_REST = 128 - cipher.KEY_BYTES
_INNER_REST = (
    b"\x36" * _REST + cs1.DERIVATION_LABEL + cs1.header(cipher.AES_256_GCM)[:4]
)
_OUTER_REST = b"\x5c" * _REST


def _end(epoch: str) -> bytes:
    return prefixed(epoch.encode()) + _KEY_ID_LENGTH


def _opened(
    records: KeyRecords, wrapping: Wrapping
) -> Iterator[tuple[int, bytes, bytes, bytes]]:
    """Yield (suite, data key, start of the binding, key id) of each record.

    The key id is computed again under the suite of the record, which is that of the
    sealed value.
    """
    _refuse_key(wrapping)
    _refuse_odd(records)
    end, open_aes = _end(wrapping.epoch), _aes_opener(wrapping.key)
    for handle, known, key_id, wrapped in zip(
        records.handles, _starts(records), records.key_ids, records.wrapped, strict=True
    ):
        start = known + handle
        if wrapped[:_NONCE_AT] == _AES_HEAD:
            suite = cipher.AES_256_GCM
            data_key, computed = open_aes(wrapped, start + end + key_id)
        else:
            suite = cipher.SM4_GCM
            data_key, computed = _open_sm4(wrapped, wrapping.key, start + end + key_id)
        if not compare_digest(computed, key_id):
            raise OpenError
        yield suite, data_key, start, key_id


def _starts(records: KeyRecords) -> Iterator[bytes]:
    """Yield the binding's bytes before the handle, made once for each dataset."""
    starts: dict[tuple[str, str], bytes] = {}
    for place in zip(records.datasets, records.levels, strict=True):
        if place not in starts:
            names = (name.encode() for name in place)
            starts[place] = prefixed(*names) + _HANDLE_LENGTH
        yield starts[place]


def _aes_opener(key: bytes) -> Callable[[bytes, bytes], tuple[bytes, bytes]]:
    """Return what gives (data key, its key id) of a record of suite 1."""
    unwrap = AESGCM(key).decrypt

    def open_aes(wrapped: bytes, bound: bytes) -> tuple[bytes, bytes]:
        nonce = wrapped[_NONCE_AT:_BODY_AT]
        try:
            data_key = unwrap(nonce, wrapped[_BODY_AT:], _AES_HEAD + bound)
        except InvalidTag:
            raise OpenError from None
        mac = sha512(data_key.translate(_INNER) + _INNER_REST).digest()
        both = sha512(data_key.translate(_OUTER) + _OUTER_REST + mac).digest()
        return data_key, both[32:]

    return open_aes


def _open_sm4(wrapped: bytes, key: bytes, bound: bytes) -> tuple[bytes, bytes]:
    """Return (data key, its key id) of a record of suite 2; no other is known."""
    if wrapped[:_NONCE_AT] != _SM4_HEAD:
        raise OpenError
    data_key = cipher.decrypt(
        cipher.SM4_GCM,
        cipher.sm4_key(key, keyrecord.SM4_LABEL),
        nonce=wrapped[_NONCE_AT:_BODY_AT],
        ciphertext=wrapped[_BODY_AT:],
        aad=_SM4_HEAD + bound,
    )
    return data_key, cs1.derive(data_key, suite=cipher.SM4_GCM)[1]


def _refuse_key(wrapping: Wrapping) -> None:
    if len(wrapping.key) != cipher.KEY_BYTES:
        raise OpenError


def _refuse_odd(records: KeyRecords) -> None:
    """Refuse what no record of ours can be, whatever the ciphers would say to it."""
    if (
        any(len(one) != HANDLE_BYTES for one in records.handles)
        or any(len(one) != cs1.KEY_ID_BYTES for one in records.key_ids)
        or any(len(one) != keyrecord.RECORD_BYTES for one in records.wrapped)
    ):
        raise OpenError
