"""`custody certificate`: what was destroyed, as it was signed; on paper; receipts."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import fail, say
from custody.cli.session import opened
from custody.domain.language import Text

if TYPE_CHECKING:
    from custody.application.ports.certificates import KeptCertificate
    from custody.bootstrap import Custody

_NONE = Text("没有销毁记录。", "There are no certificates.")
_UNKNOWN = Text(
    "没有或不止一份以 {beginning} 开头的记录",
    "no certificate, or more than one, begins with {beginning}",
)
_EXISTS = Text("{file} 已存在", "{file} exists already")
_WRITTEN = Text("已写入 {file}", "written: {file}")
_WHERE = Text("请给出 --pdf、--json 或 --annex", "give --pdf, --json or --annex")
_NO_RECEIPT = {
    "no_certificate": Text("没有这份销毁记录", "there is no such certificate"),
    "no_salt": Text(
        "未保存此客户的盐值：只为本人申请删除的客户保存，交付后即删除",
        "no salt is kept: it is kept for who asked to be deleted, until handed over",
    ),
    "not_listed": Text("记录中没有此客户", "the certificate does not list them"),
}
_HANDED = Text(
    "收据已写入 {file}，本系统不再保存此盐值。",
    "The receipt is in {file}; the salt is kept here no more.",
)
_ID = Annotated[str, typer.Argument(help="编号或其开头。 The id, or its beginning.")]
_OUT = Annotated[Path | None, typer.Option(help="写入的文件。 The file to write.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    certificate = typer.Typer(
        no_args_is_help=True, help="销毁记录。 Certificates of destruction."
    )
    certificate.command("list", help="列出。 List them.")(list_certificates)
    certificate.command("show", help="显示一份。 Print one.")(show)
    certificate.command("export", help="导出。 Write one to a file.")(export)
    certificate.command(
        "receipt", help="为本人申请删除的客户出具收据。 A receipt for who asked."
    )(receipt)
    app.add_typer(certificate, name="certificate")


def list_certificates() -> None:
    """Print id, kind, moment and plan of each, the oldest first."""
    from custody.adapters import roles  # noqa: PLC0415 - light start

    with opened() as custody:
        kept = tuple(custody.certificates_as(roles.WAREHOUSE_READER).all())
    if not kept:
        say(_NONE)
    for one in kept:
        typer.echo(f"{one.certificate_id}\t{one.kind}\t{one.issued_at}\t{one.plan}")


def show(certificate_id: _ID) -> None:
    """Print the signed statement, a line each."""
    import json  # noqa: PLC0415 - light start

    with opened() as custody:
        kept = _the_one(custody, certificate_id)
    stated = json.loads(kept.content)
    typer.echo(json.dumps(stated, ensure_ascii=False, indent=2, sort_keys=True))


def export(
    certificate_id: _ID,
    *,
    pdf: _OUT = None,
    json: _OUT = None,
    annex: _OUT = None,
) -> None:
    """Write the signed file, its paper in both languages, or the commitments."""
    if pdf is None and json is None and annex is None:
        raise fail(_WHERE)
    with opened() as custody:
        kept = _the_one(custody, certificate_id)
        if json is not None:
            _write(json, kept.content)
        if annex is not None:
            _write(annex, kept.annex)
        if pdf is not None:
            _write(pdf, _paper(custody, kept.content))


def receipt(
    certificate_id: _ID,
    number: Annotated[str, typer.Argument(help="客户编号。 The customer number.")],
    *,
    out: Annotated[Path, typer.Option(help="写入的文件。 The file to write.")],
) -> None:
    """Write the receipt of a customer; the salt is forgotten once it is written."""
    with opened() as custody:
        kept = _the_one(custody, certificate_id)
        made = custody.make_receipt(kept.certificate_id, number)
        if isinstance(made, str):
            raise fail(_NO_RECEIPT[made])
        _write(out, made, tell=False)
        custody.make_receipt.handed_over(kept.certificate_id, number)
    say(_HANDED, file=out)


def _the_one(custody: "Custody", beginning: str) -> "KeptCertificate":
    from custody.adapters import roles  # noqa: PLC0415 - light start

    found = custody.certificates_as(roles.WAREHOUSE_READER).find(beginning)
    if len(found) != 1:
        raise fail(_UNKNOWN, beginning=beginning)
    return found[0]


def _paper(custody: "Custody", content: bytes) -> bytes:
    from custody.adapters.reports.certificate_pdf import (  # noqa: PLC0415 - heavy
        render_certificate,
    )
    from custody.domain.certificate_form import read_certificate  # noqa: PLC0415

    return render_certificate(read_certificate(content), zone=custody.policy.time_zone)


def _write(file: Path, content: bytes, *, tell: bool = True) -> None:
    """Write a new file for its owner alone; what is there already stays."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise fail(_EXISTS, file=file) from None
    with open(descriptor, "wb") as out:  # noqa: PTH123 - an open descriptor
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    if tell:
        say(_WRITTEN, file=file)
