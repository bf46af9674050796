"""`custody keys init|split`: secrets are made once and handed to people as cards."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.recovery import NO_SECRET, public_keys_of
from custody.cli.runs import fail, say
from custody.domain.language import Text

if TYPE_CHECKING:
    from custody.adapters.config import Settings
    from custody.adapters.share_files import CardWriter

_WRITTEN = Text(
    "已写入。请把下列文件交给不同的人保管，并从本机删除：",
    "Written. Hand these files to different people and remove them from this machine:",
)
_EXISTS = Text("密钥已存在，未作改动。", "The keys exist already; nothing was changed.")
_ADDED = Text("已创建销毁记录的签名密钥。", "The key that signs certificates was made.")
_DRILLS = Text(
    "已创建恢复演练密钥：{file}。请移交演练工作机，并从本机删除。",
    "The key of the restore drill was made: {file}. Give it to the drill's worker and"
    " remove it from this machine.",
)
_WHERE = Text(
    "请用三个 --cards 指定三个不同的文件夹（每人一个）；仅演示可用 --whole",
    "Name three different folders, one a holder, by --cards three times;"
    " --whole is for demos",
)
_BOTH = Text(
    "--cards 与 --whole 不能同时使用", "--cards and --whole exclude each other"
)
_NOT_OURS = Text(
    "此密钥不属于介质 {medium}", "this is not the secret of the medium {medium}"
)
_SPLIT = Text(
    "已分成三张卡。核对后请销毁原文件：{file}",
    "Split into three cards. Check them, then destroy {file}",
)
Cards = Annotated[
    list[Path] | None,
    typer.Option(
        "--cards",
        help="存放一张分片卡的文件夹，须给出三个。"
        " A folder for one of the three cards; three times.",
    ),
]


def add_to(keys: typer.Typer) -> None:
    """Add the commands to `custody keys`."""
    keys.command("init", help="创建恢复密钥（一次）。 Make the secrets, once.")(init)
    keys.command(
        "split",
        help="把整份恢复密钥分成三张卡。 Split a recovery secret that lies whole.",
    )(split)


_Secrets = Annotated[
    Path | None,
    typer.Option(
        help="存放隔离身份（演示时还有恢复密钥）的目录。 Folder for the quarantine"
        " identity, of a demo the recovery secrets too (CUSTODY_HOME/secrets)."
    ),
]
_Whole = Annotated[
    bool,
    typer.Option("--whole", help="恢复密钥不分片，仅供演示。 Do not split; for demos."),
]


def init(
    secrets: _Secrets = None, *, cards: Cards = None, whole: _Whole = False
) -> None:
    """Make recovery secrets, quarantine identity, signing keys; no secret is printed.

    Exit status 0 too when they exist: a start-up script may ask every time.
    """
    from custody.adapters.config import read_settings  # noqa: PLC0415 - light start
    from custody.adapters.offsite import medium_name  # noqa: PLC0415 - as above
    from custody.adapters.secret_files import (  # noqa: PLC0415 - as above
        keep_secrets,
    )
    from custody.adapters.stores import label_own_disks  # noqa: PLC0415 - as above
    from custody.errors import ConflictError  # noqa: PLC0415 - as above

    settings = read_settings()
    files: tuple[Path, ...] = ()
    if not settings.public_keys_file.exists():
        writer = writer_of(settings, cards, whole=whole)
        label_own_disks(settings.offsite_urls, home=settings.home)
        with suppress(ConflictError):
            files = keep_secrets(
                [medium_name(url) for url in settings.offsite_urls],
                handover=secrets or settings.home / "secrets",
                ledger_key_file=settings.ledger_key_file,
                public_keys_file=settings.public_keys_file,
                cards=writer,
            )
    added = _keep_later(settings)
    if files:
        tell(files)
    else:
        for text in added or (_EXISTS,):
            say(text, file=settings.drill_key_file)


def _keep_later(settings: "Settings") -> list[Text]:
    """Make what older installations lack; return what was made."""
    from custody.adapters.secret_files import (  # noqa: PLC0415 - light start
        keep_certificate_key,
        keep_drill_key,
    )

    public = settings.public_keys_file
    certificate = keep_certificate_key(
        certificate_key_file=settings.certificate_key_file, public_keys_file=public
    )
    drill = keep_drill_key(
        drill_key_file=settings.drill_key_file, public_keys_file=public
    )
    return [text for text, made in ((_ADDED, certificate), (_DRILLS, drill)) if made]


def split(
    medium: Annotated[str, typer.Argument(help="介质名称。 The medium's name.")],
    secret: Annotated[
        Path, typer.Option(help="恢复密钥文件。 The file with the whole secret.")
    ],
    *,
    cards: Cards = None,
) -> None:
    """Write three cards of a secret that lies whole: an older one, or a demo's."""
    from custody.adapters.config import read_settings  # noqa: PLC0415 - light start
    from custody.crypto import recovery  # noqa: PLC0415 - as above
    from custody.domain.ledger_check import fingerprint  # noqa: PLC0415 - as above

    settings = read_settings()
    public = public_keys_of(settings)
    writer = writer_of(settings, cards, whole=False)
    try:
        own = recovery.secret_from_text(secret.read_text(encoding="utf-8"))
        recipient = recovery.derive_identities(own, medium=medium).age_recipient
    except (OSError, ValueError):
        raise fail(NO_SECRET, file=secret) from None
    known = public.media.get(medium)
    if known is None or known.age != recipient or writer is None:
        raise fail(_NOT_OURS, medium=medium)
    tell(writer.write(medium, own, fingerprint(public.ledger)))
    say(_SPLIT, file=secret)


def writer_of(
    settings: "Settings", cards: Sequence[Path] | None, *, whole: bool
) -> "CardWriter | None":
    """Return what writes the cards, None for whole secrets; end the command."""
    from custody.adapters.secret_files import (  # noqa: PLC0415 - light start
        certificate_key_of,
    )
    from custody.adapters.share_files import CardWriter  # noqa: PLC0415 - as above

    if whole and cards:
        raise fail(_BOTH)
    if whole:
        return None
    if not cards:
        raise fail(_WHERE)
    return CardWriter(
        folders=tuple(cards),
        certificate=lambda: certificate_key_of(settings.certificate_key_file),
    )


def tell(files: Sequence[Path]) -> None:
    """Say which files people are to take away."""
    say(_WRITTEN)
    for file in files:
        typer.echo(f"  {file}")
