"""Asking a reviewer for the passphrase of their key: on the terminal, or by a file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import fail
from custody.cli.session import language
from custody.domain.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custody.domain.approving import Refused
    from custody.domain.decisions import Sign

_NEW = Text("新口令（至少 15 个字符）", "New passphrase (15 characters at least)")
_AGAIN = Text("再输入一次", "Once more")
_SIGNS = Text(
    "输入 {person} 的口令即签署（Ctrl-C 放弃）",
    "The passphrase of {person} signs this (Ctrl-C leaves it)",
)
_REFUSED = Text("不能签署：", "It cannot be signed:")
_OPEN = Text(
    "{file}：其他人可以读取此口令文件，请设为 0600",
    "{file}: others may read this passphrase; set its mode to 0600",
)
_OTHERS = 0o077

As = Annotated[
    str, typer.Option("--as", help="签署人（people.yaml 中的编号）。 Who signs.")
]
KeyFile = Annotated[
    Path, typer.Option("--key", help="签署人的私钥文件。 The signer's key file.")
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        help="口令文件（0600），代替键盘输入。 A file (0600) with the passphrase."
    ),
]
_UNREADABLE = Text("{file}：无法读取该文件", "{file}: the file cannot be read")


def new_passphrase(file: Path | None) -> str:
    """Return the passphrase for a new key, asked for twice."""
    if file is not None:
        return _in_file(file)
    return str(
        typer.prompt(
            _NEW.of(language()),
            hide_input=True,
            confirmation_prompt=_AGAIN.of(language()),
            err=True,
        )
    )


def signer(key: Path, *, person: str, passphrase_file: Path | None) -> "Sign":
    """Return what signs with a person's key; asking is the last word before it."""
    from custody.adapters.reviewer_keys import read_key  # noqa: PLC0415 - light start

    passphrase = (
        str(
            typer.prompt(
                _SIGNS.of(language(), person=person), hide_input=True, err=True
            )
        )
        if passphrase_file is None
        else _in_file(passphrase_file)
    )
    return read_key(key, passphrase=passphrase)


def refused(reasons: "Iterable[Refused]", title: Text = _REFUSED) -> typer.Exit:
    """Print every reason on standard error; return the exit to raise."""
    from custody.domain.decision_words import DOUBTS  # noqa: PLC0415 - light start

    told = fail(title)
    for one in reasons:
        about = f" [{one.about[:12]}]" if one.about else ""
        typer.echo(f"  {DOUBTS[one.doubt].of(language())}{about}", err=True)
    return told


def _in_file(file: Path) -> str:
    from custody.errors import ConfigurationError  # noqa: PLC0415 - as above

    try:
        if os.stat(file).st_mode & _OTHERS:  # noqa: PTH116 - one call
            raise fail(_OPEN, file=file)
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError:
        raise _UNREADABLE.as_error(ConfigurationError, file=file) from None
