"""`custody ledger`: whether the whole ledger holds, and the head to keep elsewhere."""

from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.session import language, opened
from custody.domain.language import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from custody.bootstrap import Custody
    from custody.domain.ledger import Head
    from custody.domain.ledger_check import Verification

BROKEN = 1
_SHOWN = 20
_MAX_HEAD_BYTES = 4096

_HOLDS = Text(
    "台账完整：{size} 行，末行摘要 {hash}",
    "the ledger holds: {size} lines, hash of the last {hash}",
)
_FAILS = Text("台账不成立：", "the ledger does not hold:")
_LINE = Text("  第 {position} 行：{fault}", "  line {position}: {fault}")
_MORE = Text("  另有 {count} 处", "  and {count} more")
_COPIED = Text("{medium}：{size} 行", "{medium}: {size} lines")
_UNPINNED = Text(
    "未给出 --pin：采用本机公钥文件中的指纹 {pin}",
    "no --pin given: taking the fingerprint of this machine's public keys file {pin}",
)
_UNANCHORED = Text(
    "未给出 --head，异地也没有台账头：末尾被截去的台账与较短的台账无法区分",
    "no --head given and none off-site: a ledger cut short cannot be told from a"
    " young one",
)
_UNREADABLE = Text(
    "--head：应为 行数:摘要，或可读的台账头文件",
    "--head: neither SIZE:HASH nor a readable file with a ledger head",
)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    ledger = typer.Typer(
        no_args_is_help=True, help="台账：核验。 The ledger: verify it."
    )
    ledger.command(
        "verify", help="核验整部台账。 Verify the chain, signatures and order."
    )(verify)
    ledger.command(
        "head",
        help="输出签名的台账头，存于他处。 Print the signed head, to keep elsewhere.",
    )(print_head)
    ledger.command(
        "copy",
        help="把新条目与签名的台账头写到异地。 Bring new entries and a head off-site.",
    )(copy)
    app.add_typer(ledger, name="ledger")


def verify(
    pin: Annotated[
        list[str] | None,
        typer.Option(
            help="可信公钥指纹（SHA-256，十六进制）。 Fingerprint of a key you trust."
        ),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|SIZE:HASH",
            help="他处留存的台账头（默认取异地介质上的）。"
            " A head kept elsewhere: shows a cut end (those on the off-site media).",
        ),
    ] = None,
) -> None:
    """Exit status 0 when every line holds, 1 when one does not."""
    with opened() as custody:
        pins = pin or [_own_pin(custody)]
        heads = _kept_heads(custody, pins) if head is None else [_expected(head, pins)]
        verdict = _verified(custody, pins, heads)
    if not pin:
        typer.echo(_UNPINNED.filled(pin=pins[0]).of(language()), err=True)
    if not heads:
        typer.echo(_UNANCHORED.of(language()), err=True)
    _tell(verdict)


def print_head() -> None:
    """Print the head, signed, of a ledger that holds; exit status 1 otherwise."""
    from custody.adapters.signing_key import read_signer  # noqa: PLC0415 - heavy
    from custody.domain.ledger_head import write_head  # noqa: PLC0415 - as above

    with opened() as custody:
        verdict = _verified(custody, [_own_pin(custody)], ())
        if verdict.holds and verdict.head is not None:
            signer = read_signer(custody.settings.ledger_key_file)
            typer.echo(write_head(verdict.head, signer).decode())
            return
    _tell(verdict)


def copy() -> None:
    """Bring every off-site medium up to the end of the ledger; repeatable."""
    with opened() as custody:
        for medium, size in custody.copy_ledger().items():
            typer.echo(_COPIED.filled(medium=medium, size=size).of(language()))


def describe(verdict: "Verification") -> tuple[Text, ...]:
    """Return the verdict in words: one line when it holds, else the first faults."""
    from custody.domain.ledger_words import LEDGER_FAULTS  # noqa: PLC0415 - light

    if verdict.holds and verdict.head is not None:
        return (_HOLDS.filled(size=verdict.head.size, hash=verdict.head.hash.hex()),)
    shown = [
        _LINE.filled(position=position, fault=LEDGER_FAULTS[fault])
        for position, fault in verdict.faults[:_SHOWN]
    ]
    more = len(verdict.faults) - len(shown)
    return (_FAILS, *shown, *([_MORE.filled(count=more)] if more else []))


def _own_pin(custody: "Custody") -> str:
    from custody.crypto import signing  # noqa: PLC0415 - heavy

    return signing.fingerprint(custody.public_keys.ledger)


def _verified(
    custody: "Custody", pins: list[str], heads: "Sequence[Head]"
) -> "Verification":
    from custody.adapters import roles  # noqa: PLC0415 - heavy
    from custody.adapters.warehouse.ledger import ledger_lines  # noqa: PLC0415 - heavy
    from custody.crypto import signing  # noqa: PLC0415 - as above
    from custody.domain.ledger_check import verify_lines  # noqa: PLC0415 - as above

    lines = ledger_lines(custody.warehouse(roles.WAREHOUSE_READER))
    return verify_lines(lines, verify=signing.verify_labelled, pins=pins, heads=heads)


def _kept_heads(custody: "Custody", pins: list[str]) -> "list[Head]":
    """Return the newest head of each off-site medium that has one."""
    from custody.application.copy_ledger import Trust, newest_head  # noqa: PLC0415
    from custody.crypto import signing  # noqa: PLC0415 - heavy

    trust = Trust(signing.verify_labelled, pins)
    found = [newest_head(medium, trust) for medium in custody.media]
    return [head for head in found if head is not None]


def _expected(head: str, pins: list[str]) -> "Head":
    """Return the head that the reader kept; EvidenceError when it proves nothing."""
    from pathlib import Path  # noqa: PLC0415 - the command line starts at once

    from custody.crypto import signing  # noqa: PLC0415 - heavy
    from custody.domain.ledger_head import read_head, short_head  # noqa: PLC0415

    short = short_head(head)
    if short is not None:
        return short
    try:
        with Path(head).open("rb") as file:
            content = file.read(_MAX_HEAD_BYTES)
    except OSError:
        typer.echo(_UNREADABLE.of(language()), err=True)
        raise typer.Exit(BROKEN) from None
    return read_head(content, verify=signing.verify_labelled, pins=pins)


def _tell(verdict: "Verification") -> None:
    for text in describe(verdict):
        typer.echo(text.of(language()))
    if not verdict.holds:
        raise typer.Exit(BROKEN)
