"""A sealed value opens whole, in its place, under its key, or not at all (R62)."""

from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4

from custody.crypto import cs1
from custody.crypto import suites as cipher
from custody.crypto.framing import context
from custody.errors import OpenError
from tests.vectors.second_reader import _ghash

ENCODING = b"\x00\x01an invented canonical encoding"


@dataclass(frozen=True)
class Case:
    """A sealed value with everything that opens it."""

    data_key: bytes
    sealed: bytes
    key_id: bytes
    dataset: str = "customers"
    level: str = "high"
    handle: bytes = bytes(range(16))
    suites: tuple[int, ...] = cipher.SUITES

    def open(self) -> cs1.Opened:
        return cs1.open_sealed(
            data_key=self.data_key,
            sealed=self.sealed,
            key_id=self.key_id,
            dataset=self.dataset,
            level=self.level,
            handle=self.handle,
            suites=self.suites,
        )

    def refuses(self) -> bool:
        with pytest.raises(OpenError):
            self.open()
        return True


def _seal(suite: int, encoding: bytes = ENCODING) -> tuple[Case, cs1.Sealed]:
    value = cs1.seal(
        dataset="customers",
        level="high",
        handle=bytes(range(16)),
        encoding=encoding,
        suite=suite,
    )
    case = Case(data_key=value.data_key, sealed=value.sealed, key_id=value.key_id)
    return case, value


BOTH = pytest.mark.parametrize("suite", cipher.SUITES)


@BOTH
@pytest.mark.parametrize("length", [0, 1, 14, 15, 16, 17, 31, 32, 33, 4096])
def test_opens_to_what_was_sealed(suite: int, length: int) -> None:
    case, value = _seal(suite, b"\x80" * length)

    opened = case.open()

    assert opened.encoding == b"\x80" * length
    assert opened.digest == value.digest
    assert (len(value.sealed) - 37 - 16) % 32 == 0


@BOTH
def test_every_single_bit_flip_is_refused(suite: int) -> None:
    case, _ = _seal(suite)
    flipped = 0
    for bit in range(8 * len(case.sealed)):
        altered = bytearray(case.sealed)
        altered[bit // 8] ^= 1 << bit % 8
        flipped += replace(case, sealed=bytes(altered)).refuses()

    assert flipped == 8 * len(case.sealed)


@BOTH
def test_every_truncation_and_extension_is_refused(suite: int) -> None:
    case, _ = _seal(suite)
    for length in range(len(case.sealed)):
        assert replace(case, sealed=case.sealed[:length]).refuses()
    for count in range(1, 33):
        assert replace(case, sealed=case.sealed + bytes(count)).refuses()
        assert replace(case, sealed=bytes(count) + case.sealed).refuses()


@BOTH
@pytest.mark.parametrize(
    "change",
    [
        {"dataset": "suppliers"},
        {"level": "low"},
        {"handle": bytes(16)},
        {"dataset": "customersh", "level": "igh"},  # the boundary moved
        {"dataset": "customer", "level": "shigh"},
        {"dataset": "", "level": ""},
    ],
)
def test_another_place_is_refused(suite: int, change: dict[str, str]) -> None:
    case, _ = _seal(suite)

    assert replace(case, **change).refuses()  # type: ignore[arg-type]


@BOTH
def test_another_key_or_key_id_is_refused(suite: int) -> None:
    case, _ = _seal(suite)
    other, _ = _seal(suite)

    assert replace(case, data_key=other.data_key).refuses()
    assert replace(case, key_id=other.key_id).refuses()
    assert replace(case, data_key=other.data_key, key_id=other.key_id).refuses()
    assert replace(other, key_id=case.key_id, data_key=case.data_key).refuses()
    assert replace(case, data_key=case.data_key[:-1]).refuses()
    assert replace(case, key_id=b"").refuses()


def test_a_suite_that_policy_does_not_allow_is_refused() -> None:
    aes, _ = _seal(cipher.AES_256_GCM)
    sm4, _ = _seal(cipher.SM4_GCM)

    assert replace(aes, suites=(cipher.SM4_GCM,)).refuses()
    assert replace(sm4, suites=(cipher.AES_256_GCM,)).refuses()
    assert replace(aes, suites=()).refuses()
    assert replace(aes, suites=(3, 0, 255)).refuses()


@BOTH
def test_every_sealing_has_its_own_key_salt_and_digest(suite: int) -> None:
    values = [_seal(suite)[1] for _ in range(100)]

    assert len({value.data_key for value in values}) == 100
    assert len({value.key_id for value in values}) == 100
    assert len({value.digest for value in values}) == 100
    assert len({value.sealed for value in values}) == 100


def test_nothing_secret_is_shown() -> None:
    case, value = _seal(cipher.AES_256_GCM)

    assert repr(value) == "Sealed(…)"
    assert repr(case.open()) == "Opened(…)"
    assert str(OpenError()) == "the sealed bytes do not open"


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        bytes(32),
        b"x" * 32,
        b"x\x80" + bytes(29),
        b"x" * 31 + b"\x80" + bytes(32),
        b"\x81" + bytes(31),
    ],
)
def test_padding_that_we_would_not_write_is_refused(padded: bytes) -> None:
    with pytest.raises(OpenError):
        cs1.unpad(padded)


def test_a_plaintext_too_short_for_the_salt_is_refused() -> None:
    data_key, handle = bytes(32), bytes(range(16))
    key, key_id = cs1.derive(data_key, suite=1)
    head = cs1.header(1)
    aad = head + context(dataset="customers", level="high", handle=handle)
    body = AESGCM(key).encrypt(bytes(12), cs1.pad(b"short"), aad)
    case = Case(data_key=data_key, sealed=head + key_id + body, key_id=key_id)

    assert case.refuses()


def test_wrong_lengths_and_suites_are_the_callers_fault() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        context(dataset="customers", level="high", handle=b"short")
    with pytest.raises(ValueError, match="suite"):
        cs1.header(3)


def test_twin_sm4_streaming_hands_out_plaintext_before_the_tag_is_checked() -> None:
    """What `suites.decrypt` keeps back, the bare decryptor gives away."""
    key, nonce, secret = bytes(16), bytes(12), b"an invented secret"
    encryptor = Cipher(SM4(key), modes.GCM(nonce)).encryptor()
    body = encryptor.update(secret) + encryptor.finalize()
    forged = bytes((body[0] ^ 1,)) + body[1:]

    bare = Cipher(SM4(key), modes.GCM(nonce, encryptor.tag)).decryptor()

    assert bare.update(forged)[1:] == secret[1:]
    with pytest.raises(OpenError):
        cipher.decrypt(
            cipher.SM4_GCM,
            key,
            nonce=nonce,
            ciphertext=forged + encryptor.tag,
            aad=b"",
        )


def test_twin_plain_aes_gcm_opens_one_message_under_two_keys() -> None:
    """The salamander: why the key id is recomputed before anything is opened."""
    first, second, nonce = bytes(32), bytes(31) + b"\x01", bytes(12)
    message = _salamander(first, second, nonce)

    one = AESGCM(first).decrypt(nonce, message, b"")
    two = AESGCM(second).decrypt(nonce, message, b"")

    assert one != two
    assert cs1.derive(first, suite=1)[1] != cs1.derive(second, suite=1)[1]


def _block(key: bytes, block: bytes) -> bytes:
    return Cipher(AES(key), modes.ECB()).encryptor().update(block)  # noqa: S305


def _salamander(first: bytes, second: bytes, nonce: bytes) -> bytes:
    """One free block is chosen so that both keys give the same tag.

    tag = C1 H^2 + L H + E(nonce): equal for both keys when
    C1 = (L (H1 + H2) + E1 + E2) / (H1^2 + H2^2) in GF(2^128).
    """
    hash_keys = [_block(key, bytes(16)) for key in (first, second)]
    masks = [_block(key, nonce + b"\0\0\0\1") for key in (first, second)]
    length = (0).to_bytes(8, "big") + (128).to_bytes(8, "big")
    numerator = bytes(16)
    for hash_key, mask in zip(hash_keys, masks, strict=True):
        numerator = _xor(numerator, _xor(_ghash(hash_key, length), mask))
    total = _xor(*(_ghash(key, key) for key in hash_keys))
    body = _ghash(_inverse(total), numerator)
    tag = _xor(_ghash(hash_keys[0], body + length), masks[0])
    return body + tag


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _inverse(value: bytes) -> bytes:
    """Return value^(2^128 - 2): `_ghash(k, m)` of one block is the product."""
    result = b"\x80" + bytes(15)  # one, in GCM's bit order
    for _ in range(127):
        value = _ghash(value, value)
        result = _ghash(result, value)
    return result
