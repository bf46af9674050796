"""`custody ledger verify`: whether the whole ledger holds, from its first line."""

from typing import TYPE_CHECKING, Annotated

import typer

from custody.domain.language import Text, choose_language

if TYPE_CHECKING:
    from custody.domain.ledger_check import Verification

BROKEN = 1
_SHOWN = 20

_HOLDS = Text(
    "台账完整：{size} 行，末行摘要 {hash}",
    "the ledger holds: {size} lines, hash of the last {hash}",
)
_FAILS = Text("台账不成立：", "the ledger does not hold:")
_LINE = Text("  第 {position} 行：{fault}", "  line {position}: {fault}")
_MORE = Text("  另有 {count} 处", "  and {count} more")
_UNPINNED = Text(
    "未给出 --pin：采用本机公钥文件中的指纹 {pin}",
    "no --pin given: taking the fingerprint of this machine's public keys file {pin}",
)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    ledger = typer.Typer(
        no_args_is_help=True, help="台账：核验。 The ledger: verify it."
    )
    ledger.callback()(_group)
    ledger.command(
        "verify", help="核验整部台账。 Verify the chain, signatures and order."
    )(verify)
    app.add_typer(ledger, name="ledger")


def _group() -> None:
    """Keep `verify` a command of the group while it is the only one."""


def verify(
    pin: Annotated[
        list[str] | None,
        typer.Option(
            help="可信公钥指纹（SHA-256，十六进制）。 Fingerprint of a key you trust."
        ),
    ] = None,
) -> None:
    """Exit status 0 when every line holds, 1 when one does not."""
    import os  # noqa: PLC0415 - the command line starts at once

    from custody.adapters import roles  # noqa: PLC0415 - as above
    from custody.adapters.warehouse.ledger import ledger_lines  # noqa: PLC0415 - heavy
    from custody.bootstrap import open_custody  # noqa: PLC0415 - heavy
    from custody.crypto import signing  # noqa: PLC0415 - as above
    from custody.domain.ledger_check import verify_lines  # noqa: PLC0415 - as above
    from custody.errors import CustodyError  # noqa: PLC0415 - as above

    language = choose_language(os.environ)
    try:
        custody = open_custody()
        pins = pin or [signing.fingerprint(custody.public_keys.ledger)]
        lines = ledger_lines(custody.warehouse(roles.WAREHOUSE_READER))
        verdict = verify_lines(lines, verify=signing.verify_labelled, pins=pins)
    except (CustodyError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BROKEN) from None
    if not pin:
        typer.echo(_UNPINNED.of(language, pin=pins[0]), err=True)
    for text in describe(verdict):
        typer.echo(text.of(language))
    if not verdict.holds:
        raise typer.Exit(BROKEN)


def describe(verdict: "Verification") -> tuple[Text, ...]:
    """Return the verdict in words: one line when it holds, else the first faults."""
    if verdict.holds and verdict.head is not None:
        return (_fill(_HOLDS, size=verdict.head.size, hash=verdict.head.hash.hex()),)
    shown = [
        _fill(_LINE, position=position, fault=fault.value)
        for position, fault in verdict.faults[:_SHOWN]
    ]
    more = len(verdict.faults) - len(shown)
    return (_FAILS, *shown, *([_fill(_MORE, count=more)] if more else []))


def _fill(text: Text, **places: object) -> Text:
    return Text(text.zh.format(**places), text.en.format(**places))
