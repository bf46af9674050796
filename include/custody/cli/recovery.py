"""What a recovery is told: which medium, whom to believe, and the holders' cards.

Everything that can be wrong is told before anybody is asked for a secret.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from custody.cli.runs import fail
from custody.cli.session import language, refuse
from custody.domain.language import Text
from custody.domain.share_cards import CARD_FAULTS, ENOUGH, words_of

if TYPE_CHECKING:
    from custody.adapters.config import Settings
    from custody.application.public_keys import PublicKeys

_ASK = Text(
    "输入介质 {medium} 的第 {number} 张分片卡上的词（不显示）",
    "The words of card {number} for the medium {medium} (not shown)",
)
_WRONG = Text("分片卡有误：", "The cards are not right:")
_BOTH = Text(
    "--share 与 --secret 不能同时使用", "--share and --secret exclude each other"
)
NO_SECRET = Text("{file} 不是恢复密钥文件", "{file} holds no recovery secret")
_UNKNOWN = Text(
    "--from：没有名为 {medium} 的介质；已知介质：{known}。其他介质请写 URL：file:///目录#名称",
    "--from: there is no medium named {medium}; known are: {known}."
    " Of any other one write the URL: file:///folder#NAME",
)
_PIN = Text(
    "--pin：公钥指纹是 64 位十六进制数（见分片卡“台账与清单”）",
    "--pin: a fingerprint has 64 hex digits (on a card: ledger, manifests)",
)
_NOT_BACK = Text(
    "{file}：缺少此文件。请先放回本安装的副本；勿用 `custody keys init` 另建",
    "{file}: it is not there: bring the installation's own copy back first, and make"
    " none by `custody keys init`",
)
_SCHEMES = {"file", "s3"}
_FINGERPRINT = re.compile("[0-9a-f]{64}")

Medium = Annotated[
    str,
    typer.Option("--from", help="介质名称或其 URL。 The medium's name, or its URL."),
]
Pins = Annotated[
    list[str],
    typer.Option(help="台账公钥指纹（见分片卡）。 The ledger's fingerprint."),
]
Shares = Annotated[
    list[Path] | None,
    typer.Option(help="分片卡文件，两张。 A card's file; twice."),
]
Whole = Annotated[
    Path | None,
    typer.Option(help="整份恢复密钥文件。 A secret that lies whole."),
]


def url_of(settings: "Settings", medium: str) -> str:
    """Return a medium's URL: it was given, or its name; the exit tells of others."""
    from custody.adapters.offsite import medium_name  # noqa: PLC0415 - light start

    named = {medium_name(url): url for url in settings.offsite_urls}
    if medium in named:
        return named[medium]
    if urlsplit(medium).scheme not in _SCHEMES:
        raise fail(_UNKNOWN, medium=medium, known=", ".join(sorted(named)))
    return medium


def insist_on_pins(pins: Sequence[str]) -> None:
    """Insist that each could be a fingerprint."""
    if not all(map(_FINGERPRINT.fullmatch, pins)):
        raise fail(_PIN)


def public_keys_of(settings: "Settings") -> "PublicKeys":
    """Return the installation's public keys; the exit tells when they are not there."""
    from custody.application.public_keys import PublicKeys  # noqa: PLC0415 - light
    from custody.errors import CustodyError  # noqa: PLC0415 - as above

    file = settings.public_keys_file
    try:
        return PublicKeys.from_json(file.read_bytes())
    except OSError:
        raise fail(_NOT_BACK, file=file) from None
    except CustodyError as error:
        raise refuse(error) from None


def insist_on_keys(settings: "Settings") -> None:
    """Insist on the files that no medium has: public keys, and the ledger's own."""
    public_keys_of(settings)
    if not settings.ledger_key_file.exists():
        raise fail(_NOT_BACK, file=settings.ledger_key_file)


def secret_of(
    settings: "Settings",
    url: str,
    shares: Sequence[Path] | None,
    secret: Path | None,
) -> bytes:
    """Return the secret of a medium, by cards or whole; the exit tells what fails."""
    from custody.adapters.offsite import medium_name  # noqa: PLC0415 - light start
    from custody.adapters.share_files import (  # noqa: PLC0415 - as above
        secret_of_cards,
    )

    if shares and secret:
        raise fail(_BOTH)
    if secret is not None:
        return _whole(secret)
    name = medium_name(url)
    known = public_keys_of(settings).media.get(name)
    found = secret_of_cards(
        _read(shares) if shares else _asked(name),
        medium=name,
        recipient=None if known is None else known.age,
    )
    if isinstance(found, bytes):
        return found
    told = fail(_WRONG)
    for one in found:
        typer.echo(
            f"  {CARD_FAULTS[one.fault].of(language(), card=one.card)}", err=True
        )
    raise told


def _whole(file: Path) -> bytes:
    from custody.crypto import recovery  # noqa: PLC0415 - light start

    try:
        return recovery.secret_from_text(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise fail(NO_SECRET, file=file) from None


def _read(files: Sequence[Path]) -> list[tuple[str, ...]]:
    from custody.adapters.share_files import read_card  # noqa: PLC0415 - light start
    from custody.errors import CustodyError  # noqa: PLC0415 - as above

    try:
        return [read_card(file) for file in files]
    except CustodyError as error:
        raise refuse(error) from None


def _asked(medium: str) -> list[tuple[str, ...]]:
    return [
        words_of(
            str(
                typer.prompt(
                    _ASK.of(language(), medium=medium, number=number),
                    hide_input=True,
                    err=True,
                )
            )
        )
        for number in range(1, ENOUGH + 1)
    ]
