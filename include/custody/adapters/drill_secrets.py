"""The file with the drill's secrets, one a medium; it belongs to the drill's worker.

A line each, the medium's name, a blank, and the secret in the text form of a recovery
secret under a prefix of its own (docs/formats.md).
"""

import stat
from collections.abc import Mapping
from pathlib import Path

from custody.crypto import recovery
from custody.domain.language import Text
from custody.errors import ConfigurationError

_OTHERS = 0o077
_READABLE = Text(
    "{file}：他人可读：请 chmod 600", "{file}: others may read it: chmod 600 it"
)
_NO_KEY = Text(
    "{file}：没有演练密钥：由 `custody keys init` 生成",
    "{file}: no drill key: `custody keys init` makes one",
)
_NO_SECRETS = Text("{file}：其中没有演练密钥", "{file}: it holds no drill secrets")


def write_drill_secrets(secrets: Mapping[str, str]) -> bytes:
    """Return the file that holds them."""
    return "".join(f"{name} {text}\n" for name, text in secrets.items()).encode()


def read_drill_secrets(file: Path) -> Mapping[str, bytes]:
    """Return medium -> secret; ConfigurationError when the file is not that."""
    try:
        if stat.S_IMODE(file.stat().st_mode) & _OTHERS:
            raise _READABLE.as_error(ConfigurationError, file=file)
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        raise _NO_KEY.as_error(ConfigurationError, file=file) from None
    try:
        parted = [line.rpartition(" ") for line in lines]
        return {
            name: recovery.secret_from_text(text, prefix=recovery.DRILL_PREFIX)
            for name, _, text in parted
        }
    except ValueError:
        raise _NO_SECRETS.as_error(ConfigurationError, file=file) from None
