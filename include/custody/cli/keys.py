"""`custody keys …`: secrets, epochs, and data keys."""

import typer

from custody.cli import handover, rekey, renewal
from custody.cli.recover import recover
from custody.cli.runs import say
from custody.cli.session import language, opened
from custody.domain.language import Text

_LEDGER = Text("台账公钥指纹", "ledger fingerprint (for --pin)")
_CERTIFICATE = Text("销毁记录公钥指纹", "fingerprint of certificates (for --pin)")
_SWEPT = Text("已删除无主的数据密钥：{keys}", "unclaimed data keys deleted: {keys}")
_STRAY = Text(
    "遗留密钥（创建中断所留，从未使用）",
    "stray key (a killed creation left it; never used)",
)
_OPEN = Text("密钥纪元可用：{epoch}", "epoch is open: {epoch}")
_MEDIUM = Text("异地介质", "off-site medium")
_STATES = {
    "live": Text("有效", "live"),
    "pending": Text("待销毁", "pending"),
    "destroyed": Text("已销毁", "destroyed"),
}


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    keys = typer.Typer(
        no_args_is_help=True, help="密钥：创建与查看。 Keys: make and list."
    )
    handover.add_to(keys)
    keys.command(
        "renew",
        help="为介质更换恢复密钥与三张卡。"
        " Another recovery secret for a medium, on three new cards.",
    )(renewal.renew)
    keys.command(
        "bear",
        help="建立数据库表与首批密钥纪元（可重复）。"
        " Migrate, and bear the first epochs; repeatable.",
    )(bear)
    keys.command("list", help="列出密钥纪元的状态。 List the epochs and their states.")(
        list_epochs
    )
    keys.command(
        "sweep",
        help="删除一天无主的数据密钥。"
        " Delete data keys that no record has claimed for a day.",
    )(sweep)
    keys.command(
        "recover",
        help="密钥服务丢失后，从介质的托管取回有效密钥。"
        " The provider was lost: get the living keys from a medium's escrows.",
    )(recover)
    rekey.add_to(keys)
    app.add_typer(keys, name="keys")


def bear() -> None:
    """Migrate both databases and bear the first epochs; print those that are open.

    As the databases' owners and, at a key service, as its destroyer: no job's.
    """
    with opened() as custody:
        epochs = custody.prepare()
    for epoch in epochs:
        say(_OPEN, epoch=epoch)


def list_epochs() -> None:
    """Print the media, the ledger's fingerprint, and each epoch with its state."""
    from custody.crypto.signing import fingerprint  # noqa: PLC0415 - as above

    with opened() as custody:
        public = custody.public_keys
        lines = [f"{_LEDGER.of(language())}: {fingerprint(public.ledger)}"]
        if public.certificate is not None:
            own = fingerprint(public.certificate)
            lines.append(f"{_CERTIFICATE.of(language())}: {own}")
        lines += [f"{_MEDIUM.of(language())}: {name}" for name in sorted(public.media)]
        for epoch in custody.provider.epochs():
            state = custody.provider.state(epoch)
            name = _STATES[state.name].of(language())
            lines.append(f"{epoch}\t{name}\t{state.final or ''}".rstrip())
        lines += [
            f"{_STRAY.of(language())}: {one}" for one in custody.provider.strays()
        ]
    for line in lines:
        typer.echo(line)


def sweep() -> None:
    """Delete the data keys that no record has claimed for a day; say how many."""
    with opened() as custody:
        swept = custody.sweep_keys()
    say(_SWEPT, keys=swept)
