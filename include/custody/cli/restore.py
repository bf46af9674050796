"""`custody restore`: an installation made again from one off-site medium."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.recovery import (
    Medium,
    Pins,
    Shares,
    Whole,
    insist_on_keys,
    insist_on_pins,
    secret_of,
    url_of,
)
from custody.cli.restore_told import tell_restored
from custody.cli.runs import fail
from custody.cli.session import language, refuse
from custody.domain.language import Text

if TYPE_CHECKING:
    from custody.adapters.config import Settings

_THROWAWAY = Text(
    "演练须同时给出 --into 与 --keyring（一次性空数据库），或两者都不给",
    "a drill names throwaway databases by --into and --keyring both, or by neither",
)
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


_Into = Annotated[
    str | None,
    typer.Option(help="空的登记库 URL。 URL of the empty warehouse."),
]
_Keyring = Annotated[
    str | None,
    typer.Option(help="空的密钥库 URL。 URL of the empty keyring."),
]
_Drill = Annotated[
    bool,
    typer.Option(
        "--drill",
        help="值守演练：恢复到一次性数据库并记入台账；缺省用临时 PostgreSQL。"
        " An attended drill: into throwaway databases, told in the ledger; without"
        " --into and --keyring on a PostgreSQL of the moment.",
    ),
]


def restore(  # noqa: PLR0913 - the options of one command
    medium: Medium,
    pin: Pins,
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
    if drill and bool(into) != bool(keyring):
        raise fail(_THROWAWAY)
    url = url_of(ours, medium)
    insist_on_pins(pin)
    insist_on_keys(ours)
    try:
        open_custody(ours).look_at(url, *(() if drill else ours.offsite_urls))
        given = RestoreFrom(
            url=url, secret=secret_of(ours, url, share, secret), pins=pin, told=_tell
        )
        if drill:
            aside = _settings(ours, into, keyring) if into else None
            restored = open_custody(ours).attended_drill(given, into=aside)
        else:
            restored = open_custody(_settings(ours, into, keyring)).restore(given)()
    except CustodyError as error:
        raise refuse(error) from None
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


def _tell(step: str, done: int, of: int) -> None:
    typer.echo(_STEPS[step].of(language(), done=done, of=of), err=True)
