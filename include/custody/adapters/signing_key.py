"""The signing keys of ledger and certificates: private PEM files, each by itself."""

from pathlib import Path

from custody.crypto import signing
from custody.domain.language import Text
from custody.domain.ledger import Signer, origin_of
from custody.errors import ConfigurationError

_OTHERS = 0o077
_READABLE = Text(
    "{file}：他人可读 {key_name}；请将权限设为 0600",
    "{file}: others may read the {key_name}; set its mode to 0600",
)
_NO_KEY = Text(
    "{file}：没有 {key_name}；请运行 `custody keys init`",
    "{file}: no {key_name}; run `custody keys init`",
)
_NO_PEM = Text(
    "{file}：不是 PEM 格式的 Ed25519 私钥", "{file}: not an Ed25519 private key in PEM"
)


def read_signer(file: Path, *, key_name: str = "ledger key") -> Signer:
    """Return what signs with the key of a file; its origin names the public key.

    ConfigurationError when the file is absent, readable by others or no key.
    """
    try:
        mode, pem = file.stat().st_mode, file.read_bytes()
    except OSError:
        raise _NO_KEY.as_error(
            ConfigurationError, file=file, key_name=key_name
        ) from None
    if mode & _OTHERS:
        raise _READABLE.as_error(ConfigurationError, file=file, key_name=key_name)
    try:
        key = signing.private_from_pem(pem)
    except ValueError:
        raise _NO_PEM.as_error(ConfigurationError, file=file) from None
    return Signer(
        origin=origin_of(signing.public_key_of(key)),
        sign=lambda message: signing.sign_labelled(key, message),
    )
