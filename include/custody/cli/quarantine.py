"""`custody quarantine …`: what was not admitted, and what people may do with it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.delivery import AsJson, Reason
from custody.cli.runs import actor, fail, print_document, say
from custody.cli.session import opened
from custody.domain.language import Text

if TYPE_CHECKING:
    from custody.application.intake.quarantine import Quarantined

_NONE = Text("隔离区为空", "the quarantine is empty")
_UNKNOWN = Text("隔离区没有此文件：{name}", "nothing of that name is kept: {name}")
_UNFIT = Text(
    "隔离区没有此文件，或理由不合格（一行、不超过 200 字、不含个人信息）",
    "nothing of that name is kept, or the reason is unfit "
    "(one line of at most 200 characters without personal data)",
)
_ERASED = Text("已拒绝并粉碎：{name}", "refused and erased: {name}")
_WRITTEN = Text("已解封到 {file}（仅本人可读）", "opened into {file} (yours alone)")
_EXISTS = Text("文件已存在：{file}", "the file exists: {file}")

Name = Annotated[str, typer.Argument(help="隔离文件名。 Its name, as `list` shows it.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="隔离区。 The quarantine.")
    group.command("list", help="列出隔离文件。 List what is kept.")(shown)
    group.command("show", help="显示一个文件。 Show what is known of one file.")(show)
    group.command("refuse", help="拒绝并粉碎。 Refuse for good and erase.")(refuse)
    group.command("open", help="解封（记入台账）。 Open one; the ledger tells.")(unseal)
    app.add_typer(group, name="quarantine")


def shown(*, as_json: AsJson = False) -> None:
    """Print one line a file; names, reasons and dates, no content."""
    with opened() as custody:
        kept = custody.quarantine.list()
    if as_json:
        for item in kept:
            typer.echo(json.dumps(as_document(item), ensure_ascii=False))
        return
    if not kept:
        say(_NONE)
    for item in kept:
        until = "" if item.kept_until is None else item.kept_until.isoformat()
        typer.echo(f"{item.name:<50} {until:<11} {', '.join(item.reasons)}")


def show(name: Name, *, as_json: AsJson = False) -> None:
    """Print what is known of one file; its content stays sealed."""
    with opened() as custody:
        item = custody.quarantine.show(name)
    if item is None:
        raise fail(_UNKNOWN, name=name)
    print_document(as_document(item), as_json=as_json)


def refuse(name: Name, *, reason: Reason) -> None:
    """Erase one sealed file before its time."""
    with opened() as custody:
        done = custody.quarantine.refuse(name, reason=reason, actor=actor())
    if not done:
        raise fail(_UNFIT)
    say(_ERASED, name=name)


def unseal(
    name: Name,
    *,
    identity: Annotated[
        Path,
        typer.Option(
            exists=True, dir_okay=False, help="age 身份文件。 File of the age identity."
        ),
    ],
    reason: Reason,
    out: Annotated[
        Path | None,
        typer.Option(help="写入文件，默认标准输出。 Write here; else standard output."),
    ] = None,
) -> None:
    """Open one file with the identity that people keep; the ledger tells first."""
    if out is not None and out.exists():
        raise fail(_EXISTS, file=out)
    text = _identity(identity)
    with opened() as custody:
        content = custody.quarantine.open(
            name, identity=text, reason=reason, actor=actor()
        )
    if content is None:
        raise fail(_UNFIT)
    if out is None:
        typer.get_binary_stream("stdout").write(content)
        return
    out.touch(mode=0o600, exist_ok=False)
    out.write_bytes(content)
    say(_WRITTEN, file=out)


def as_document(item: "Quarantined") -> dict[str, object]:
    """Return what is known of a file as plain JSON; bytes only of one cut short."""
    received, until = item.received_at, item.kept_until
    return {
        "name": item.name,
        "delivery": item.delivery_id,
        "reasons": list(item.reasons),
        "received_at": None if received is None else received.isoformat(),
        "kept_until": None if until is None else until.isoformat(),
        "bytes_kept": None if item.cut is None else item.cut[0],
        "bytes_landed": None if item.cut is None else item.cut[1],
    }


def _identity(file: Path) -> str:
    """Return the identity's line; comments as `age-keygen` writes them are skipped."""
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")
