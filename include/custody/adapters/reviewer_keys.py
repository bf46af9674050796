"""A reviewer's private key: one file of their own, locked by their passphrase.

Custody never keeps it: the reviewer takes the file away, and brings it to sign.
"""

from collections.abc import Callable
from pathlib import Path

from custody.adapters import durable
from custody.crypto import signing
from custody.domain.decisions import Decision, Sign, write_decision
from custody.domain.language import Text
from custody.domain.ledger import origin_of
from custody.errors import ConfigurationError, ConflictError

PUBLIC_SUFFIX = ".pub"
MAX_KEY_BYTES = 16_384
MAX_PROPOSAL_BYTES = 4_097  # a line and its line feed
_TOO_SHORT = Text(
    "口令至少 {least} 个字符", "a passphrase has at least {least} characters"
)
_NOT_OPENED = Text(
    "{file}：口令打不开其中的 Ed25519 私钥（PEM）",
    "{file}: the passphrase does not open an Ed25519 private key in PEM form",
)
_EXISTS = Text(
    "{file}：文件已存在；密钥只生成一次", "{file}: the file exists; keys are made once"
)


def make_key(
    file: Path, *, passphrase: str, show: Callable[[str], Decision]
) -> tuple[str, Path]:
    """Write a new private key and, beside it, the line that shows it.

    `show` makes that line's decision from the key's name.  Returns the key's
    fingerprint and the file to hand on.  ConflictError when the file exists;
    ConfigurationError when the passphrase is too short.
    """
    key = signing.generate()
    public = signing.public_key_of(key)
    try:
        pem = signing.private_to_locked_pem(key, passphrase)
    except ValueError:
        least = signing.MIN_PASSPHRASE_CHARACTERS
        raise _TOO_SHORT.as_error(ConfigurationError, least=least) from None
    shown = write_decision(show(origin_of(public)), _signer(key))
    beside = file.with_name(file.name + PUBLIC_SUFFIX)
    with durable.world("reviewer new"):
        if beside.exists() or not durable.keep(file, pem):
            raise _EXISTS.as_error(ConflictError, file=file)
        durable.keep(beside, shown.line + b"\n")
    return signing.fingerprint(public), beside


def read_key(file: Path, *, passphrase: str) -> Sign:
    """Return what signs with the key in a file; ConfigurationError otherwise."""
    pem = _content(file, MAX_KEY_BYTES)
    try:
        return _signer(signing.private_from_locked_pem(pem, passphrase))
    except ValueError:
        raise _NOT_OPENED.as_error(ConfigurationError, file=file) from None


def read_shown(file: Path) -> bytes:
    """Return the line with which somebody shows a key."""
    return _content(file, MAX_PROPOSAL_BYTES)


def _content(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(most)
    except OSError:
        raise durable.UNREADABLE.as_error(ConfigurationError, file=file) from None


def _signer(key: bytes) -> Sign:
    return lambda message: signing.sign_labelled(key, message)
