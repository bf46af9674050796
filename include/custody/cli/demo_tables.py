"""What the demo prints at its end: tables, links, and a look for yourself."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from custody.domain.language import Language, Text

if TYPE_CHECKING:
    from custody.application.views import DeliverySummary, RecordView
    from custody.bootstrap import Custody
    from custody.bootstrap.browsing import WarehouseShelf
    from custody.domain.delivery import DeliveryId

SHOWN_BYTES = 48
_OUTCOMES = ("loaded", "unchanged", "pending", "quarantined", "refused", "held")
_TITLE = Text("本次交付", "The deliveries of this demo")
_DELIVERY = Text("交付", "delivery")
_STATE = Text("状态", "state")
_HEADS = {
    "read": Text("读取", "read"),
    "loaded": Text("入库", "loaded"),
    "unchanged": Text("未变", "unchanged"),
    "pending": Text("待补充", "pending"),
    "quarantined": Text("隔离", "quarantined"),
    "refused": Text("拒绝", "refused"),
    "held": Text("挂起", "held"),
    "level": Text("敏感级别", "sensitivity"),
    "tier": Text("价值等级", "value"),
    "outcome": Text("行结果", "rows by verdict"),
}
_LOOK = Text("眼见为实：客户 {number}", "See for yourself: customer {number}")
_STORED = Text("存储的字节", "as stored")
_MASKED = Text("脱敏显示", "as mask")
_FORM = Text("管理表", "as form")


def show_deliveries(
    console: Console, summaries: Sequence["DeliverySummary"], language: Language
) -> None:
    """Print one line per delivery, its rows by verdict; then the reasons."""
    table = Table(title=_TITLE.of(language), title_justify="left", box=SIMPLE)
    table.add_column(_DELIVERY.of(language), no_wrap=True)
    table.add_column(_STATE.of(language), no_wrap=True)
    table.add_column(_HEADS["read"].of(language), justify="right")
    table.add_column(_HEADS["outcome"].of(language))
    for summary in summaries:
        tally = summary.tally
        outcomes = [
            f"{_HEADS[name].of(language)} {rows:,}"
            for name in _OUTCOMES
            if (rows := getattr(tally, name))
        ]
        table.add_row(
            summary.delivery_id, summary.state, f"{tally.read:,}", ", ".join(outcomes)
        )
    console.print(table)
    for summary in summaries:
        if summary.reasons:
            why = ", ".join(summary.reasons)
            console.print(f"{summary.delivery_id}: {why}", highlight=False)


def show_counts(console: Console, shelf: "WarehouseShelf", language: Language) -> None:
    """Print the register by verdict, level and tier."""
    counts = shelf.views.counts()
    for kind in ("outcome", "level", "tier"):
        line = "  ".join(f"{n} {rows:,}" for n, rows in counts.get(kind, {}).items())
        console.print(f"{_HEADS[kind].of(language)}: {line}", highlight=False)


def show_customer(
    console: Console,
    record: "RecordView",
    sealed: bytes,
    form_url: str,
    language: Language,
) -> None:
    """Print one customer as stored bytes, as mask, and where its form is."""
    shown = ", ".join(f"{name} {text}" for name, text in (record.shown or {}).items())
    lines = {
        _STORED: f"{sealed[:SHOWN_BYTES].hex(' ', 4)} … ({len(sealed)} B)",
        _MASKED: shown,
        _FORM: form_url,
    }
    console.print(_LOOK.of(language, number=record.number), style="bold")
    for name, text in lines.items():
        console.print(f"  {name.of(language)}: {text}", highlight=False, soft_wrap=True)


def show_one(
    console: Console,
    custody: "Custody",
    delivery_id: "DeliveryId",
    page: str,
    language: Language,
) -> None:
    """Show one customer of a delivery as stored bytes, as mask and as form."""
    from custody.adapters import roles  # noqa: PLC0415 - at once
    from custody.adapters.warehouse.staging import PostgresStaging  # noqa: PLC0415
    from custody.bootstrap.browsing import WarehouseShelf  # noqa: PLC0415

    exporter = custody.warehouse(roles.WAREHOUSE_EXPORTER)
    staging = PostgresStaging(exporter, custody.ledger_writer)
    for frame in staging.sealed_rows(delivery_id):
        row = frame.row(0, named=True)
        record = WarehouseShelf(custody).views.record(row["handle"])
        if record is not None and record.number is not None:
            form = f"{page}/custody/register/{record.number}"
            show_customer(console, record, row["sealed"], form, language)
        return
