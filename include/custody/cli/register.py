"""`custody register list|show|reclassify`: the register, masked."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from custody.cli.reclassifying import reclassify
from custody.cli.session import REFUSED, language, opened
from custody.domain.language import Text

if TYPE_CHECKING:
    from custody.application.views import RecordView

_UNKNOWN = Text("登记册中没有：{what}", "not in the register: {what}")
_HEAD = Text(
    "编号\t版本\t状态\t级别\t价值\t名称\t补充来源",
    "number\tversion\tstate\tlevel\ttier\tname\tenriched by",
)
_JSON = Annotated[bool, typer.Option("--json", help="JSON")]
_NAME = "customer_name"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    register = typer.Typer(
        no_args_is_help=True, help="登记册（脱敏）。 The register, masked."
    )
    register.command("list", help="列出客户。 List the customers.")(list_customers)
    register.command("show", help="一位客户的各版本。 The versions of a customer.")(
        show_customer
    )
    register.command(
        "reclassify",
        help="按现行策略重新分类所有客户。"
        " Classify every customer again under the policy in force.",
    )(reclassify)
    app.add_typer(register, name="register")


def list_customers(
    *,
    after: Annotated[
        str, typer.Option(help="从此编号之后。 Begin after this number.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: _JSON = False,
) -> None:
    """Print the latest version of each customer, by number."""
    with opened() as custody:
        records = custody.views.customers(after=after, limit=limit)
    _print(records, as_json=as_json)


def show_customer(number: str, *, as_json: _JSON = False) -> None:
    """Print every version of a customer, the latest first; exit 1 if unknown."""
    with opened() as custody:
        records = custody.views.history(number)
    if not records:
        not_there(number)
    _print(records, as_json=as_json)


def as_object(record: "RecordView") -> dict[str, object]:
    """Return a record version as plain JSON: masks and classes, English keys."""
    return {
        "handle": record.handle.hex(),
        "number": record.number,
        "version": record.version,
        "part": record.part,
        "delivery": record.delivery_id,
        "row": record.row,
        "state": record.state,
        "level": record.level,
        "tier": record.tier,
        "industry": record.industry,
        "customer_type": record.customer_type,
        "party": record.party,
        "responsible": record.responsible,
        "classes": record.classes,
        "name": record.name,
        "shown": None if record.shown is None else dict(record.shown),
    }


def _print(records: Iterable["RecordView"], *, as_json: bool) -> None:
    if as_json:
        rows = [as_object(record) for record in records]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    typer.echo(_HEAD.of(language()))
    for record in records:
        shown = record.shown or {}
        cells = (
            record.number,
            record.version,
            record.state,
            record.level,
            record.tier,
            record.name or shown.get(_NAME, "***"),
            record.part,
        )
        typer.echo("\t".join("" if cell is None else str(cell) for cell in cells))


def not_there(what: str) -> NoReturn:
    """Say that the register does not know it; end the command with exit 1."""
    typer.echo(_UNKNOWN.of(language(), what=what), err=True)
    raise typer.Exit(REFUSED)
