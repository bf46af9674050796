"""`custody restore`: an installation made again from one off-site medium."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.restore_told import tell_restored
from custody.cli.runs import fail
from custody.cli.session import REFUSED, language
from custody.domain.language import Text
from custody.domain.share_cards import CARD_FAULTS, ENOUGH, words_of

if TYPE_CHECKING:
    from custody.adapters.config import Settings

_ASK = Text(
    "输入介质 {medium} 的第 {number} 张分片卡上的词（不显示）",
    "The words of card {number} for the medium {medium} (not shown)",
)
_WRONG = Text("分片卡有误：", "The cards are not right:")
_BOTH = Text(
    "--share 与 --secret 不能同时使用", "--share and --secret exclude each other"
)
_THROWAWAY = Text(
    "演练须用 --into 与 --keyring 指定一次性空数据库",
    "a drill names throwaway databases by --into and --keyring",
)
_SECRET = Text("{file} 不是恢复密钥文件", "{file} holds no recovery secret")
_STEPS = {
    "objects": Text("数据对象 {done}/{of}", "data objects {done} of {of}"),
    "values": Text("已解封记录值 {done}", "values opened {done}"),
}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "restore",
        help="从一个异地介质恢复。 Make an installation again from one medium.",
    )(restore)


Medium = Annotated[
    str,
    typer.Option("--from", help="介质名称或其 URL。 The medium's name, or its URL."),
]
_Pins = Annotated[
    list[str],
    typer.Option(help="台账公钥指纹（见分片卡）。 The ledger's fingerprint."),
]
_Into = Annotated[
    str | None,
    typer.Option(help="空的登记库 URL。 URL of the empty warehouse."),
]
_Keyring = Annotated[
    str | None,
    typer.Option(help="空的密钥库 URL。 URL of the empty keyring."),
]
Shares = Annotated[
    list[Path] | None,
    typer.Option(help="分片卡文件，两张。 A card's file; twice."),
]
Whole = Annotated[
    Path | None,
    typer.Option(help="整份恢复密钥文件。 A secret that lies whole."),
]


_Drill = Annotated[
    bool,
    typer.Option(
        "--drill",
        help="值守演练：恢复到一次性数据库并记入台账。 An attended drill: into"
        " throwaway databases, told in the ledger.",
    ),
]


def restore(  # noqa: PLR0913 - the options of one command
    medium: Medium,
    pin: _Pins,
    *,
    into: _Into = None,
    keyring: _Keyring = None,
    share: Shares = None,
    secret: Whole = None,
    drill: _Drill = False,
) -> None:
    """Restore into an empty warehouse and keyring; nobody may enter before the end."""
    from custody.adapters.config import read_settings  # noqa: PLC0415 - light start
    from custody.bootstrap import open_custody  # noqa: PLC0415 - as above
    from custody.bootstrap.restore import RestoreFrom  # noqa: PLC0415 - as above
    from custody.errors import CustodyError  # noqa: PLC0415 - as above

    ours = read_settings()
    if drill and not (into and keyring):
        raise fail(_THROWAWAY)
    settings = _settings(ours, into, keyring)
    url = url_of(settings, medium)
    given = RestoreFrom(
        url=url, secret=secret_of(settings, url, share, secret), pins=pin, told=_tell
    )
    try:
        if drill:
            restored = open_custody(ours).attended_drill(given, into=settings)
        else:
            restored = open_custody(settings).restore(given)()
    except CustodyError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from None
    tell_restored(restored)


def _settings(
    settings: "Settings", into: str | None, keyring: str | None
) -> "Settings":
    """Return the settings with the target's URLs; start the embedded server else."""
    from custody.adapters.embedded.postgres import (  # noqa: PLC0415 - light start
        EmbeddedPostgres,
    )

    if into or keyring:
        return replace(
            settings,
            warehouse_url=into or settings.warehouse_url,
            keyring_url=keyring or settings.keyring_url,
        )
    server = EmbeddedPostgres(settings.home / "postgres", settings.credentials_dir)
    if settings.warehouse_url == server.warehouse_url:
        server.start()
    return settings


def url_of(settings: "Settings", medium: str) -> str:
    """Return a medium's URL: it was given, or its name."""
    from custody.adapters.offsite import medium_name  # noqa: PLC0415 - light start

    named = {medium_name(url): url for url in settings.offsite_urls}
    return named.get(medium, medium)


def secret_of(
    settings: "Settings",
    url: str,
    shares: Sequence[Path] | None,
    secret: Path | None,
) -> bytes:
    """Return the secret of a medium, by cards or whole; the exit tells what fails."""
    from custody.adapters.offsite import medium_name  # noqa: PLC0415 - light start
    from custody.adapters.share_files import (  # noqa: PLC0415 - as above
        read_card,
        secret_of_cards,
    )
    from custody.application.public_keys import PublicKeys  # noqa: PLC0415 - as above

    if shares and secret:
        raise fail(_BOTH)
    if secret is not None:
        return _whole(secret)
    name = medium_name(url)
    public = PublicKeys.from_json(settings.public_keys_file.read_bytes())
    known = public.media.get(name)
    cards = [read_card(file) for file in shares or ()] or _asked(name)
    found = secret_of_cards(
        cards, medium=name, recipient=None if known is None else known.age
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
        raise fail(_SECRET, file=file) from None


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


def _tell(step: str, done: int, of: int) -> None:
    typer.echo(_STEPS[step].of(language(), done=done, of=of), err=True)
