"""`custody row list|show|decide`: rows that wait, and a steward's word on one."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.register import as_object, not_there
from custody.cli.row_told import OUTCOMES, tell
from custody.cli.runs import actor, fail, say, start_run
from custody.cli.session import language, opened
from custody.domain.delivery import DeliveryId, DeliveryKey
from custody.domain.held_rows import (
    NewCustomer,
    Refuse,
    Ruling,
    ToCustomer,
)
from custody.domain.language import Text
from custody.domain.outcome import Outcome

if TYPE_CHECKING:
    from custody.application.intake.decide_row import Decided
    from custody.application.views import WaitingRow
    from custody.bootstrap import Custody
    from custody.steward.labels import Labels

_HEAD = Text(
    "交付\t行\t句柄\t结果\t名称\t原因\t匹配到的客户",
    "delivery\trow\thandle\toutcome\tname\twhy\tcustomers named",
)
_NONE = Text("没有等待处理的行", "no row waits")
_ONE_RULING = Text(
    "请给出 --customer、--new-customer、--refuse 之一",
    "say one of --customer, --new-customer, --refuse",
)
_JSON = Annotated[bool, typer.Option("--json", help="JSON")]
_HANDLE = Annotated[
    str, typer.Argument(help="句柄，32 位十六进制。 The handle, 32 hex digits.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        help="单行记录（脱敏）。 Single rows, masked.",
    )
    group.command("list", help="列出等待处理的行。 List the rows that wait.")(waiting)
    group.command("show", help="按句柄查看。 Show by its handle.")(show)
    group.command("decide", help="裁定一个挂起的行。 Say what becomes of a held row.")(
        decide
    )
    app.add_typer(group, name="row")


def waiting(
    *,
    held: Annotated[
        bool, typer.Option("--held", help="只列挂起的行。 Held rows only.")
    ] = False,
    delivery: Annotated[
        str | None, typer.Option(help="一个交付的行。 Of one delivery.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1)] = 1000,
    as_json: _JSON = False,
) -> None:
    """Print the rows that wait, masked; JSON is one object a line."""
    from custody.steward.labels import Labels  # noqa: PLC0415 - policy's words

    outcomes = (Outcome.HELD,) if held else (Outcome.HELD, Outcome.PENDING)
    with opened() as custody:
        found = custody.views.waiting(
            outcomes=outcomes,
            delivery_id=None if delivery is None else DeliveryId(delivery),
            limit=limit,
        )
        labels = Labels(custody.policy, language())
    if as_json:
        for row in found:
            typer.echo(json.dumps(_as_document(row), ensure_ascii=False))
        return
    say(_HEAD if found else _NONE)
    for row in found:
        typer.echo("\t".join(_cells(row, labels)))


def show(handle: _HANDLE, *, as_json: _JSON = False) -> None:
    """Print one record version or waiting row by its handle."""
    from custody.application.intake.decide_row import (  # noqa: PLC0415 - as others
        read_handle,
    )

    wanted = read_handle(handle)
    if wanted is None:
        not_there(handle)
    with opened() as custody:
        record = custody.views.record(wanted)
    if record is None:
        not_there(handle)
    document = as_object(record)
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for name, cell in document.items():
        if name != "shown":
            typer.echo(f"{name}: {'' if cell is None else cell}")
    for name, text in (record.shown or {}).items():
        typer.echo(f"  {name}: {text}")


def decide(
    handle: _HANDLE,
    *,
    reason: Annotated[
        str, typer.Option(help="理由，记入台账。 The reason; it goes into the ledger.")
    ],
    customer: Annotated[
        str | None,
        typer.Option(help="作为此客户的新版本。 A new version of this customer."),
    ] = None,
    new_customer: Annotated[
        bool, typer.Option("--new-customer", help="作为新客户。 A new customer.")
    ] = False,
    refuse: Annotated[
        bool, typer.Option("--refuse", help="拒绝此行。 Refuse the row.")
    ] = False,
) -> None:
    """Decide a held row, and start the run that takes it off-site."""
    ruling = _ruling(customer, new=new_customer, refuse=refuse)
    with opened() as custody:
        decided = custody.decide_row(handle, ruling, reason=reason, actor=actor())
        tell(decided, handle, ruling)
        if decided.answer.value == "done":
            _start_export(custody, decided)


def _ruling(customer: str | None, *, new: bool, refuse: bool) -> Ruling:
    rulings: list[Ruling] = [] if customer is None else [ToCustomer(customer)]
    rulings += [NewCustomer()] * new + [Refuse()] * refuse
    if len(rulings) != 1:
        raise fail(_ONE_RULING)
    return rulings[0]


def _start_export(custody: "Custody", decided: "Decided") -> None:
    key = DeliveryKey.parse(decided.delivery_id or "")
    if key is not None:
        moment = f"{custody.clock.now():%Y%m%dT%H%M%S}"  # each decision is a run
        start_run(custody, key, why=f"decide-{moment}")


def _as_document(row: "WaitingRow") -> dict[str, object]:
    return {
        "delivery": row.delivery_id,
        "row": row.row,
        "handle": row.handle.hex(),
        "outcome": row.outcome.value,
        "reasons": list(row.reasons),
        "level": row.level,
        "name": row.name,
        "customers": {number: list(names) for number, names in row.candidates.items()},
    }


def _cells(row: "WaitingRow", labels: "Labels") -> tuple[str, ...]:
    named = (
        f"{number} ({', '.join(map(labels.field, fields))})"
        for number, fields in row.candidates.items()
    )
    return (
        row.delivery_id,
        str(row.row),
        row.handle.hex(),
        OUTCOMES[row.outcome].of(language()),
        row.name or "***",
        "; ".join(labels.reason(reason) for reason in row.reasons),
        "; ".join(named),
    )
