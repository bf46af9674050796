"""The recovery secret of a medium, and the identities that derive from it.

One secret of 32 random bytes per off-site medium; the age identity opens its data
objects, the HPKE key its escrows.  The secret is kept by people, apart from the
machines; those hold public keys only (R67, R68).  The derivation is written down
byte for byte in docs/formats.md, so that a medium can be read without Custody.
"""

from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from custody.crypto import bech32
from custody.crypto.blindindex import hkdf
from custody.crypto.escrow import public_key_of
from custody.crypto.framing import prefixed

SECRET_BYTES = 32
AGE_LABEL = b"custody/recovery/age/1"
HPKE_LABEL = b"custody/recovery/hpke/1"
DRILL_AGE_LABEL = b"custody/drill/age/1"
DRILL_HPKE_LABEL = b"custody/drill/hpke/1"
SECRET_PREFIX = "custody-recovery-secret-"  # noqa: S105 - a prefix, not a secret
DRILL_PREFIX = "custody-drill-secret-"
_SECRET_VERSION = b"\x01"
_AGE_IDENTITY = "age-secret-key-"


class Identities(NamedTuple):
    """What opens a medium (`age_identity`, `hpke_private`) and what seals to it."""

    age_identity: str
    age_recipient: str
    hpke_private: bytes
    hpke_public: bytes

    def __repr__(self) -> str:
        """Show nothing: two of the four are secret."""
        return "Identities(…)"


def derive_identities(secret: bytes, *, medium: str) -> Identities:
    """Derive both pairs from a medium's secret and its name."""
    return _derive(secret, medium, age=AGE_LABEL, hpke=HPKE_LABEL)


def derive_drill(secret: bytes, *, medium: str) -> Identities:
    """Derive those of the restore drill: from a secret of its own, by other labels.

    The age identity reads what lies in a medium's objects, which is sealed values and
    wrapped keys; the HPKE key opens the escrows of drill epochs and no other.
    """
    return _derive(secret, medium, age=DRILL_AGE_LABEL, hpke=DRILL_HPKE_LABEL)


def _derive(secret: bytes, medium: str, *, age: bytes, hpke: bytes) -> Identities:
    if len(secret) != SECRET_BYTES:
        message = f"a recovery secret has {SECRET_BYTES} bytes"
        raise ValueError(message)
    name = prefixed(medium.encode())
    age_scalar = hkdf(secret, age + name)
    hpke_private = hkdf(secret, hpke + name)
    return Identities(
        *age_identity(age_scalar), hpke_private, public_key_of(hpke_private)
    )


def age_identity(scalar: bytes) -> tuple[str, str]:
    """Return (identity, recipient) of the age format for an X25519 scalar."""
    public = X25519PrivateKey.from_private_bytes(scalar).public_key()
    return (
        bech32.encode(_AGE_IDENTITY, scalar).upper(),
        bech32.encode("age", public.public_bytes_raw()),
    )


def recipient_of(identity: str) -> str:
    """Return the recipient of an age identity; ValueError when it is none."""
    return age_identity(bech32.decode(_AGE_IDENTITY, identity.strip()))[1]


def secret_to_text(secret: bytes, *, prefix: str = SECRET_PREFIX) -> str:
    """Write a secret for people: upper case, with a checksum."""
    return bech32.encode(prefix, _SECRET_VERSION + secret).upper()


def secret_from_text(text: str, *, prefix: str = SECRET_PREFIX) -> bytes:
    """Read it back; ValueError, without the text, when it was mistyped."""
    content = bech32.decode(prefix, text.strip())
    if content[:1] != _SECRET_VERSION or len(content) != 1 + SECRET_BYTES:
        message = "not a recovery secret of a version this program knows"
        raise ValueError(message)
    return content[1:]
