"""Ed25519 signatures (RFC 8032), each under a label for what is signed.

The label keeps a signature over one kind of thing from passing for another.  A
fingerprint is SHA-256 of the raw public key, in hex; people compare and pin it.
"""

import hashlib
import re

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

KEY_BYTES = 32
SIGNATURE_BYTES = 64
MIN_PASSPHRASE_CHARACTERS = 15
MANIFEST_LABEL = "custody/manifest/1"
_LABEL = re.compile(r"[a-z0-9/-]+")


def generate() -> bytes:
    """Return a new private key: the 32-byte seed."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_key_of(private_key: bytes) -> bytes:
    """Return the raw public key: 32 bytes."""
    own = Ed25519PrivateKey.from_private_bytes(private_key)
    return own.public_key().public_bytes_raw()


def sign(private_key: bytes, message: bytes, *, label: str) -> bytes:
    """Return the signature (64 bytes) over the label, a newline and the message."""
    return sign_labelled(private_key, _labelled(label, message))


def verify(public_key: bytes, message: bytes, signature: bytes, *, label: str) -> bool:
    """Whether `sign` made this signature with the key of `public_key`."""
    return verify_labelled(public_key, _labelled(label, message), signature)


def sign_labelled(private_key: bytes, message: bytes) -> bytes:
    """Sign a message that begins with its own label, as a ledger line does."""
    return Ed25519PrivateKey.from_private_bytes(private_key).sign(message)


def verify_labelled(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `sign_labelled` made this signature; False for anything malformed."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public_key: bytes) -> str:
    """Return SHA-256 of the raw public key: 64 hex digits."""
    return hashlib.sha256(public_key).hexdigest()


def private_to_pem(private_key: bytes) -> bytes:
    """Write a private key as PKCS #8 PEM, which `openssl pkey` reads too."""
    return Ed25519PrivateKey.from_private_bytes(private_key).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


def private_from_pem(pem: bytes) -> bytes:
    """Read an unencrypted Ed25519 PEM; ValueError, without its text, otherwise."""
    try:
        own = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(_NOT_PEM) from None
    if not isinstance(own, Ed25519PrivateKey):
        raise ValueError(_NOT_PEM)  # noqa: TRY004 - the file is wrong, not a type
    return own.private_bytes_raw()


def private_to_locked_pem(private_key: bytes, passphrase: str) -> bytes:
    """Write a private key as encrypted PKCS #8 PEM (PBES2: PBKDF2, AES-256-CBC).

    The library stretches a passphrase 2,048 times only, so a short one is guessed:
    ValueError unless it has fifteen characters.
    """
    if len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
        message = f"a passphrase has at least {MIN_PASSPHRASE_CHARACTERS} characters"
        raise ValueError(message)
    return Ed25519PrivateKey.from_private_bytes(private_key).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )


def private_from_locked_pem(pem: bytes, passphrase: str) -> bytes:
    """Read an encrypted Ed25519 PEM; ValueError, without its text, otherwise.

    One answer for a wrong passphrase and for a file that is no such key.
    """
    try:
        own = load_pem_private_key(pem, password=passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(_NOT_OPENED) from None
    if not isinstance(own, Ed25519PrivateKey):
        raise ValueError(_NOT_OPENED)  # noqa: TRY004 - the file is wrong, not a type
    return own.private_bytes_raw()


_NOT_OPENED = "the passphrase does not open an Ed25519 private key in PEM form"
_NOT_PEM = "not an unencrypted Ed25519 private key in PEM form"


def _labelled(label: str, message: bytes) -> bytes:
    if not _LABEL.fullmatch(label):
        complaint = "a label has lower-case letters, digits, slashes and hyphens"
        raise ValueError(complaint)
    return label.encode() + b"\n" + message
