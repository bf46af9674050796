"""A second reader of Custody's formats, written from docs/formats.md alone.

Pure Python and slow on purpose: AES, SM4, GCM and SM3 stand here again, so that
the package's formats are not proven by the package itself.  Imports nothing of
`custody` and nothing of `cryptography`.
"""

import hashlib
import hmac
import json
from collections.abc import Callable

BlockCipher = Callable[[bytes], bytes]


class UnreadableError(Exception):
    """The bytes are not what docs/formats.md says."""


# --- AES-256 (FIPS 197) -------------------------------------------------------


def _times(left: int, right: int) -> int:
    product = 0
    while right:
        if right & 1:
            product ^= left
        left = left << 1 ^ (0x11B if left & 0x80 else 0)
        right >>= 1
    return product


def _aes_sbox() -> bytes:
    box = bytearray(256)
    for value in range(256):
        inverse = next((c for c in range(256) if _times(value, c) == 1), 0)
        turned = inverse
        for shift in range(1, 5):
            turned ^= (inverse << shift | inverse >> 8 - shift) & 0xFF
        box[value] = turned ^ 0x63
    return bytes(box)


AES_SBOX = _aes_sbox()


def aes256(key: bytes) -> BlockCipher:
    """Return the encryption of one block under a 32-byte key."""
    words = [key[at : at + 4] for at in range(0, 32, 4)]
    constant = 1
    for index in range(8, 60):
        word = words[-1]
        if index % 8 == 0:
            turned = word[1:] + word[:1]
            word = bytes(AES_SBOX[byte] for byte in turned)
            word = bytes((word[0] ^ constant,)) + word[1:]
            constant = _times(constant, 2)
        elif index % 8 == 4:
            word = bytes(AES_SBOX[byte] for byte in word)
        words.append(_xor(words[index - 8], word))
    rounds = [b"".join(words[at : at + 4]) for at in range(0, 60, 4)]

    def encrypt(block: bytes) -> bytes:
        state = _xor(block, rounds[0])
        for number in range(1, 15):
            state = bytes(AES_SBOX[byte] for byte in state)
            state = bytes(state[(at * 5) % 16] for at in range(16))
            if number < 14:
                state = _mix(state)
            state = _xor(state, rounds[number])
        return state

    return encrypt


def _mix(state: bytes) -> bytes:
    mixed = bytearray()
    for at in range(0, 16, 4):
        column = state[at : at + 4]
        for row in range(4):
            a, b, c, d = (column[(row + step) % 4] for step in range(4))
            mixed.append(_times(a, 2) ^ _times(b, 3) ^ c ^ d)
    return bytes(mixed)


# --- SM4 (GB/T 32907) and SM3 (GB/T 32905) ------------------------------------


SM4_SBOX = bytes.fromhex(
    "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa441326498606999c4250f491ef987a"
    "33540b43edcfac62e4b31ca9c908e89580df94fa758f3fa64707a7fcf37317ba83593c19e6854fa8"
    "686b81b27164da8bf8eb0f4b70569d351e240e5e6358d1a225227c3b01217887d40046579fd32752"
    "4c3602e7a0c4c89eeabf8ad240c738b5a3f7f2cef96115a1e0ae5da49b341a55ad933230f58cb1e3"
    "1df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b518d1baf92bbddbc7f"
    "11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b08969974a0c96777e65b9f109c56ec684"
    "18f07dec3adc4d2079ee5f3ed7cb3948"
)


def _rotate(word: int, count: int) -> int:
    count %= 32
    return (word << count | word >> 32 - count) & 0xFFFFFFFF


def _substitute(word: int) -> int:
    return int.from_bytes(bytes(SM4_SBOX[byte] for byte in word.to_bytes(4, "big")))


def sm4(key: bytes) -> BlockCipher:
    """Return the encryption of one block under a 16-byte key."""
    family = (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC)
    keys = [int.from_bytes(key[at * 4 : at * 4 + 4]) ^ family[at] for at in range(4)]
    for index in range(32):
        fixed = int.from_bytes(bytes((4 * index + at) * 7 % 256 for at in range(4)))
        word = _substitute(keys[-3] ^ keys[-2] ^ keys[-1] ^ fixed)
        keys.append(keys[-4] ^ word ^ _rotate(word, 13) ^ _rotate(word, 23))

    def encrypt(block: bytes) -> bytes:
        state = [int.from_bytes(block[at : at + 4]) for at in range(0, 16, 4)]
        for round_key in keys[4:]:
            word = _substitute(state[-3] ^ state[-2] ^ state[-1] ^ round_key)
            mixed = word
            for count in (2, 10, 18, 24):
                mixed ^= _rotate(word, count)
            state.append(state[-4] ^ mixed)
        return b"".join(word.to_bytes(4, "big") for word in reversed(state[-4:]))

    return encrypt


def sm3(message: bytes) -> bytes:
    """Return the SM3 digest: 32 bytes."""
    state = [
        0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
        0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
    ]  # fmt: skip
    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64)
    padded += (8 * len(message)).to_bytes(8, "big")
    for at in range(0, len(padded), 64):
        state = _sm3_block(state, padded[at : at + 64])
    return b"".join(word.to_bytes(4, "big") for word in state)


def _sm3_block(state: list[int], block: bytes) -> list[int]:
    words = [int.from_bytes(block[at : at + 4]) for at in range(0, 64, 4)]
    for at in range(16, 68):
        mixed = words[at - 16] ^ words[at - 9] ^ _rotate(words[at - 3], 15)
        mixed ^= _rotate(mixed, 15) ^ _rotate(mixed, 23)
        words.append(mixed ^ _rotate(words[at - 13], 7) ^ words[at - 6])
    a, b, c, d, e, f, g, h = state
    for at in range(64):
        early = at < 16
        constant = _rotate(0x79CC4519 if early else 0x7A879D8A, at)
        first = _rotate((_rotate(a, 12) + e + constant) & 0xFFFFFFFF, 7)
        second = first ^ _rotate(a, 12)
        left = a ^ b ^ c if early else a & b | a & c | b & c
        right = e ^ f ^ g if early else e & f | ~e & g
        turned = (left + d + second + (words[at] ^ words[at + 4])) & 0xFFFFFFFF
        other = (right + h + first + words[at]) & 0xFFFFFFFF
        a, b, c, d = turned, a, _rotate(b, 9), c
        e, f, g, h = (
            other ^ _rotate(other, 9) ^ _rotate(other, 17),
            e,
            _rotate(f, 19),
            g,
        )
    return [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SM3: 32 bytes."""
    block = key.ljust(64, b"\0")
    inner = sm3(_xor(block, b"\x36" * 64) + message)
    return sm3(_xor(block, b"\x5c" * 64) + inner)


# --- GCM (NIST SP 800-38D) ----------------------------------------------------


def gcm_open(cipher: BlockCipher, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Return the plaintext of ciphertext and 16-byte tag, or raise UnreadableError."""
    body, tag = sealed[:-16], sealed[-16:]
    authenticated = _padded(aad) + _padded(body)
    authenticated += (8 * len(aad)).to_bytes(8, "big")
    authenticated += (8 * len(body)).to_bytes(8, "big")
    mask = cipher(nonce + (1).to_bytes(4, "big"))
    if _xor(_ghash(cipher(bytes(16)), authenticated), mask) != tag:
        raise UnreadableError
    plain = b""
    for number, at in enumerate(range(0, len(body), 16), start=2):
        plain += _xor(body[at : at + 16], cipher(nonce + number.to_bytes(4, "big")))
    return plain


def _ghash(key: bytes, message: bytes) -> bytes:
    hashed, multiplier = 0, int.from_bytes(key)
    for at in range(0, len(message), 16):
        hashed ^= int.from_bytes(message[at : at + 16])
        product, factor = 0, multiplier
        for bit in range(127, -1, -1):
            if hashed >> bit & 1:
                product ^= factor
            factor = factor >> 1 ^ (0xE1 << 120 if factor & 1 else 0)
        hashed = product
    return hashed.to_bytes(16, "big")


def _padded(message: bytes) -> bytes:
    return message + bytes(-len(message) % 16)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=False))


# --- Custody's formats, from docs/formats.md ----------------------------------


def prefixed(*parts: bytes) -> bytes:
    """Join byte strings after their lengths (uint16)."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def hkdf_sha256(secret: bytes, bound: bytes) -> bytes:
    """Return 32 bytes of HKDF-SHA-256 without salt (RFC 5869)."""
    extracted = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(extracted, bound + b"\x01", "sha256")


def open_value(data_key: bytes, sealed: bytes, bound: bytes) -> tuple[bytes, bytes]:
    """Return (canonical encoding, content digest) of a CS1 value."""
    start, head = sealed[:4], sealed[:5]
    if head == b"CS\x01\x01\x00":
        both = hmac.digest(data_key, b"custody/cs1" + start, "sha512")
        cipher, key_id = aes256(both[:32]), both[32:]
    elif head == b"CS\x01\x02\x00":
        cipher = sm4(hmac_sm3(data_key, b"custody/cs1/enc" + start)[:16])
        key_id = hmac_sm3(data_key, b"custody/cs1/id" + start)
    else:
        raise UnreadableError
    if sealed[5:37] != key_id:
        raise UnreadableError
    plain = gcm_open(cipher, bytes(12), sealed[37:], head + bound)
    content = plain[: plain.rindex(b"\x80")]
    if len(plain) % 32 or plain[len(content) + 1 :].strip(b"\0"):
        raise UnreadableError
    digest = hashlib.sha256(b"custody/content/1" + content).digest()
    return content[16:], digest


def open_record(wrapping_key: bytes, record: bytes, bound: bytes) -> bytes:
    """Return the data key of a CK1 record."""
    head, nonce, sealed = record[:4], record[4:16], record[16:]
    if head == b"CK\x01\x01":
        cipher = aes256(wrapping_key)
    elif head == b"CK\x01\x02":
        cipher = sm4(hmac_sm3(wrapping_key, b"custody/ck1/enc")[:16])
    else:
        raise UnreadableError
    return gcm_open(cipher, nonce, sealed, head + bound)


def token(
    index_key: bytes, root: bytes, dataset: str, field: str, value: bytes
) -> bytes:
    """Return the blind-index token of a value."""
    return aes256(index_key)(_inner(root, dataset, field, value))


def _inner(root: bytes, dataset: str, field: str, value: bytes) -> bytes:
    label = b"custody/index/field/1" + prefixed(dataset.encode(), field.encode())
    return hmac.digest(hkdf_sha256(root, label), value, "sha256")[:16]


def suppression_token(
    key: bytes, root: bytes, dataset: str, values: dict[str, str]
) -> tuple[str, bytes]:
    """Return the name of a match key, and the mark of its values."""
    names = sorted(values)
    match_key = "+".join(names)
    message = b"custody/suppression/1" + prefixed(dataset.encode(), match_key.encode())
    for name in names:
        message += _inner(root, dataset, name, values[name].encode())
    return match_key, hmac.digest(key, message, "sha256")


def decode_fields(encoded: bytes) -> dict[str, str]:
    """Return the fields of a canonical encoding."""
    at, fields = 2, {}
    for _ in range(int.from_bytes(encoded[:2])):
        size = int.from_bytes(encoded[at : at + 2])
        name = encoded[at + 2 : at + 2 + size].decode()
        at += 2 + size
        size = int.from_bytes(encoded[at : at + 4])
        fields[name] = encoded[at + 4 : at + 4 + size].decode()
        at += 4 + size
    if at != len(encoded):
        raise UnreadableError
    return fields


def canonical_json(fields: dict[str, str | int | bool]) -> bytes:
    """Return a flat object as docs/formats.md writes it: sorted, no blanks, UTF-8."""
    parts = (
        f"{json.dumps(name)}:{json.dumps(fields[name], ensure_ascii=False)}"
        for name in sorted(fields)
    )
    return ("{" + ",".join(parts) + "}").encode()
