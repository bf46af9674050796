"""The two cipher suites: which primitives they are, and nothing of our formats.

Suite 1 is AES-256-GCM with HMAC-SHA-512; suite 2 is SM4-GCM with HMAC-SM3 (GM/T
0002, GM/T 0004).  These are the inner functions that take keys and nonces as
arguments; official vectors run against them.  Drawing keys is the caller's.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from custody.errors import OpenError

AES_256_GCM = 1
SM4_GCM = 2
SUITES = (AES_256_GCM, SM4_GCM)

KEY_BYTES = 32
"""Length of every data key and wrapping key, whatever the suite."""

TAG_BYTES = 16
NONCE_BYTES = 12
_SM4_KEY_BYTES = 16


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA-256: 32 bytes."""
    return _hmac(hashes.SHA256(), key, message)


def hmac_sha512(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA-512: 64 bytes."""
    return _hmac(hashes.SHA512(), key, message)


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SM3: 32 bytes."""
    return _hmac(hashes.SM3(), key, message)


def encrypt(
    suite: int, key: bytes, *, nonce: bytes, plaintext: bytes, aad: bytes
) -> bytes:
    """Return ciphertext and tag; the caller answers for the nonce."""
    if suite == AES_256_GCM:
        return AESGCM(key).encrypt(nonce, plaintext, aad)
    encryptor = Cipher(SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(aad)
    return encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def decrypt(
    suite: int, key: bytes, *, nonce: bytes, ciphertext: bytes, aad: bytes
) -> bytes:
    """Return the plaintext of ciphertext and tag; OpenError when it is not whole."""
    if len(ciphertext) < TAG_BYTES:
        raise OpenError
    try:
        if suite == AES_256_GCM:
            return AESGCM(key).decrypt(nonce, ciphertext, aad)
        return _decrypt_sm4(key, nonce=nonce, ciphertext=ciphertext, aad=aad)
    except InvalidTag:
        raise OpenError from None


def sm4_key(key: bytes, label: bytes) -> bytes:
    """Return the SM4 key (16 bytes) that a 32-byte key stands for under a label."""
    return hmac_sm3(key, label)[:_SM4_KEY_BYTES]


def _decrypt_sm4(key: bytes, *, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    body, tag = ciphertext[:-TAG_BYTES], ciphertext[-TAG_BYTES:]
    decryptor = Cipher(SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(aad)
    # The streaming decryptor hands plaintext out before it has seen the tag:
    # keep it here until finalize() has not raised.
    unproven = decryptor.update(body)
    return unproven + decryptor.finalize()


def _hmac(algorithm: hashes.HashAlgorithm, key: bytes, message: bytes) -> bytes:
    mac = hmac.HMAC(key, algorithm)
    mac.update(message)
    return mac.finalize()
