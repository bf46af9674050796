"""`custody deliver SOURCE FILE…`: put files into the landing zone as one delivery."""

import datetime as dt
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from custody.cli.runs import fail, say, start_run
from custody.cli.session import opened
from custody.domain.language import Text

if TYPE_CHECKING:
    from custody.application.intake.deliver import Sign
    from custody.bootstrap import Custody
    from custody.domain.delivery import DeliveryKey

_DELIVERED = Text("已交付：{delivery}", "delivered: {delivery}")
_PAIR = Text(
    "--manifest 与 --signature 须同时给出，且不与 --sign-key、--date、--sequence 并用",
    "--manifest and --signature go together, and not with "
    "--sign-key, --date or --sequence",
)
_SOURCE = Text(
    "来源标识只含字母、数字、点、连字符、下划线；清单中的来源须与之相同",
    "a source id has letters, digits, dots, hyphens and underscores only, "
    "and the manifest names the same",
)
_NAMES = Text("两个文件同名", "two files have the same name")
_KEY = Text(
    "签名密钥文件不是未加密的 Ed25519 私钥（PEM 或 32 字节）",
    "the signing key file is no unencrypted Ed25519 private key (PEM or 32 bytes)",
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("deliver", help="交付文件。 Deliver files of a source.")(deliver)


_Date = Annotated[
    dt.datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="业务日期，默认今天。 Business date; today if not given.",
    ),
]
_Sequence = Annotated[
    int | None,
    typer.Option(min=1, help="序号，默认下一个。 Sequence; the next if not given."),
]
_File = Annotated[Path | None, typer.Option(exists=True, dir_okay=False)]


def deliver(  # noqa: PLR0913 - the options of the command
    source: Annotated[str, typer.Argument(help="来源标识。 The source's id.")],
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)],
    *,
    date: _Date = None,
    sequence: _Sequence = None,
    sign_key: _File = None,
    manifest: _File = None,
    signature: _File = None,
) -> None:
    """Write the delivery, its manifest last, and start the intake of its date."""
    given = (manifest is not None, signature is not None)
    made = sign_key is not None or date is not None or sequence is not None
    if given[0] != given[1] or (given[0] and made):
        raise fail(_PAIR)
    if len({file.name for file in files}) != len(files):
        raise fail(_NAMES)
    with opened() as custody, ExitStack() as stack:
        streams: dict[str, BinaryIO] = {
            file.name: stack.enter_context(file.open("rb")) for file in files
        }
        if manifest is not None and signature is not None:
            key = _given(custody, source, streams, (manifest, signature))
        else:
            _check_source(source)
            day = None if date is None else date.date()
            key = custody.deliver(
                source,
                streams,
                business_date=day or custody.policy.today(custody.clock.now()),
                sequence=sequence,
                sign=None if sign_key is None else _signer(sign_key),
            )
        say(_DELIVERED, delivery=key.delivery_id)
        start_run(custody, key, why="deliver")


def _check_source(source: str) -> None:
    from custody.domain.manifest import is_plain_source_id  # noqa: PLC0415 - light start

    if not is_plain_source_id(source):
        raise fail(_SOURCE)


def _given(
    custody: "Custody",
    source: str,
    streams: dict[str, BinaryIO],
    made: tuple[Path, Path],
) -> "DeliveryKey":
    """Deliver with the sender's own manifest and signature, byte for byte."""
    from custody.domain.manifest import Malformed, parse_manifest  # noqa: PLC0415 - light start

    manifest, signature = (file.read_bytes() for file in made)
    parsed = parse_manifest(manifest)
    if not isinstance(parsed, Malformed) and parsed.source_id != source:
        raise fail(_SOURCE)
    return custody.deliver.given(streams, manifest=manifest, signature=signature)


def _signer(file: Path) -> "Sign":
    """Read a PEM key, or a raw seed of 32 bytes."""
    from custody.application.intake.deliver import signer  # noqa: PLC0415 - light start
    from custody.crypto import signing  # noqa: PLC0415 - light start

    content = file.read_bytes()
    try:
        is_raw = len(content) == signing.KEY_BYTES
        return signer(content if is_raw else signing.private_from_pem(content))
    except ValueError:
        raise fail(_KEY) from None
