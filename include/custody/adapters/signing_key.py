"""The signing keys of ledger and certificates: private PEM files, each by itself."""

from pathlib import Path

from custody.crypto import signing
from custody.domain.ledger import Signer, origin_of
from custody.errors import ConfigurationError

_OTHERS = 0o077


def read_signer(file: Path, *, key_name: str = "ledger key") -> Signer:
    """Return what signs with the key of a file; its origin names the public key.

    ConfigurationError when the file is absent, readable by others or no key.
    """
    try:
        mode, pem = file.stat().st_mode, file.read_bytes()
    except OSError:
        message = f"{file}: no {key_name}; run `custody keys init`"
        raise ConfigurationError(message) from None
    if mode & _OTHERS:
        message = f"{file}: others may read the {key_name}; set its mode to 0600"
        raise ConfigurationError(message)
    try:
        key = signing.private_from_pem(pem)
    except ValueError:
        message = f"{file}: not an Ed25519 private key in PEM"
        raise ConfigurationError(message) from None
    return Signer(
        origin=origin_of(signing.public_key_of(key)),
        sign=lambda message: signing.sign_labelled(key, message),
    )
