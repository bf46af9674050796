"""A signature holds for its key, its message and its label, and nothing else."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from custody.crypto import signing


def test_a_signature_holds_for_its_own_and_nothing_else() -> None:
    private, message = signing.generate(), b"message"
    public = signing.public_key_of(private)

    signature = signing.sign(private, message, label="custody/manifest/1")

    assert signing.verify(public, message, signature, label="custody/manifest/1")
    assert not signing.verify(public, message, signature, label="custody/decision/1")
    assert not signing.verify(public, b"other", signature, label="custody/manifest/1")
    other = signing.public_key_of(signing.generate())
    assert not signing.verify(other, message, signature, label="custody/manifest/1")
    assert not signing.verify(b"", message, signature, label="custody/manifest/1")
    assert not signing.verify(public, message, b"", label="custody/manifest/1")


def test_twin_without_labels_a_signature_passes_for_another_kind() -> None:
    private, message = signing.generate(), b"message"

    signature = signing.sign_labelled(private, message)

    assert signing.verify_labelled(signing.public_key_of(private), message, signature)


@pytest.mark.parametrize("label", ["", "a b", "a\nb", "Custody"])
def test_a_label_cannot_run_into_the_message(label: str) -> None:
    with pytest.raises(ValueError, match="label"):
        signing.sign(signing.generate(), b"message", label=label)


def test_a_private_key_comes_back_from_its_pem() -> None:
    private = signing.generate()

    assert signing.private_from_pem(signing.private_to_pem(private)) == private


def test_other_pem_files_are_refused_without_their_text() -> None:
    other = X25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    for wrong in (b"", b"invented", other):
        with pytest.raises(ValueError, match="not an unencrypted Ed25519"):
            signing.private_from_pem(wrong)


def test_a_fingerprint_is_the_digest_of_the_raw_public_key() -> None:
    assert signing.fingerprint(b"") == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


def test_a_locked_key_opens_with_its_passphrase_alone() -> None:
    private, passphrase = signing.generate(), "three words and a number 7"

    pem = signing.private_to_locked_pem(private, passphrase)

    assert signing.private_from_locked_pem(pem, passphrase) == private
    assert b"ENCRYPTED" in pem
    for wrong in ("", "three words and a number 8"):
        with pytest.raises(ValueError, match="does not open"):
            signing.private_from_locked_pem(pem, wrong)
    with pytest.raises(ValueError, match="unencrypted"):
        signing.private_from_pem(pem)


def test_a_short_passphrase_locks_nothing() -> None:
    """PBKDF2 of the library has 2,048 rounds: length is what holds."""
    with pytest.raises(ValueError, match="15 characters"):
        signing.private_to_locked_pem(signing.generate(), "x" * 14)


def test_a_locked_key_of_another_kind_is_refused() -> None:
    other = X25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase")
    )

    with pytest.raises(ValueError, match="does not open"):
        signing.private_from_locked_pem(other, "passphrase")
