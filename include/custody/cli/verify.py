"""`custody verify`: certificates and receipts, offline: no settings, no database.

What is believed is the pinned key alone; a key that came with the file proves nothing.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import fail, say
from custody.domain.certificate_fault_words import FAULTS
from custody.domain.language import Text, joined

if TYPE_CHECKING:
    from custody.domain.certificate_check import Judgement

_UNREADABLE = Text("无法读取 {file}", "{file} cannot be read")
_HOLDS = Text("成立：{kind} {id}", "it holds: {kind} {id}")
_FAILS = Text("不成立：{faults}", "it does not hold: {faults}")
_SINCE = {
    "destruction": Text(
        "登记库内自 {since} 起不可读；预计自 {expected} 起任何地方均不可读",
        "unreadable in the warehouse since {since}; expected to be unreadable anywhere"
        " from {expected}",
    ),
    "closing": Text(
        "自 {since} 起任何地方均不可读（观察所得）",
        "unreadable anywhere since {since}, observed",
    ),
}
_YOURS = Text("收据与记录相符：{number}", "the receipt is of one listed: {number}")
_FILE = Annotated[Path, typer.Argument(help="文件。 The file.")]
_PIN = Annotated[
    list[str],
    typer.Option(help="可信公钥指纹（SHA-256）。 Fingerprint of a key you trust."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    verify = typer.Typer(
        no_args_is_help=True, help="离线核验。 Verify offline, without an installation."
    )
    verify.command("certificate", help="销毁记录。 A certificate.")(certificate)
    verify.command("receipt", help="收据。 A receipt.")(receipt)
    app.add_typer(verify, name="verify")


def certificate(file: _FILE, *, pin: _PIN) -> None:
    """Exit status 0 when it holds, 1 when it does not."""
    from custody.crypto import signing  # noqa: PLC0415 - light start
    from custody.domain.certificate_check import judge_certificate  # noqa: PLC0415

    content = _content(file)
    _tell(judge_certificate(content, verify=signing.verify_labelled, pins=pin))


def receipt(file: _FILE, *, pin: _PIN) -> None:
    """Exit status 0 when the certificate holds and lists who holds the receipt."""
    from custody.crypto import signing  # noqa: PLC0415 - light start
    from custody.domain.certificate_check import (  # noqa: PLC0415 - as above
        judge_receipt,
        read_receipt,
    )

    content = _content(file)
    _tell(judge_receipt(content, verify=signing.verify_labelled, pins=pin))
    say(_YOURS, number=read_receipt(content).number)


def _content(file: Path) -> bytes:
    from custody.domain.certificate_form import MAX_FILE_BYTES  # noqa: PLC0415

    try:
        with file.open("rb") as opened:
            return opened.read(MAX_FILE_BYTES + 1)
    except OSError:
        raise fail(_UNREADABLE, file=file) from None


def _tell(judged: "Judgement") -> None:
    found = judged.found
    if found is None or not judged.holds:
        raise fail(_FAILS, faults=joined(FAULTS[one] for one in judged.faults))
    stated = found.certificate
    say(_HOLDS, kind=found.kind, id=found.certificate_id)
    expected = getattr(stated, "expected_from", "")
    say(_SINCE[found.kind], since=stated.unreadable_since, expected=expected)
