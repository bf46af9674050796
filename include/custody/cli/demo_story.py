"""The demo's six deliveries: what each brings, and what must become of it."""

import csv
import datetime as dt
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from custody.adapters.reports.plain_workbook import write_workbook
from custody.cli.demo_people import Inventor
from custody.domain.language import Text

if TYPE_CHECKING:
    from custody.bootstrap import Custody
    from custody.domain.delivery import DeliveryId

WEBSITE, BANK, FORM, CRAWLER = "website", "partner_bank", "customer_form", "crawler"
ROWS = 200
WRONG_ROWS = 60
FORM_ROWS = 40
SILENT_FORM_ROWS = 15

LOADED, HELD, QUARANTINED = "loaded", "held", "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One delivery: its file, and the state and reason that are expected of it.

    `pending`: rows that wait for a mandatory field.
    """

    title: Text
    source_id: str
    name: str
    content: bytes
    state: str
    reason: str | None = None
    signed: bool = False
    pending: int = 0


def tell_story(inventor: Inventor, day: dt.date) -> tuple[Chapter, ...]:
    """Return the six chapters; the first one is told alone."""
    first = _website(inventor, day, rows=ROWS, right=True)
    return (
        first,
        _partner(inventor),
        _silent_forms(inventor),
        replace(
            _website(inventor, day, rows=WRONG_ROWS, right=False),
            title=Text("证件号校验位错误", "identity numbers that do not check"),
            state=HELD,
        ),
        replace(
            _website(inventor, day, rows=1, right=True),
            title=Text("爬虫，未批准来源", "a crawler, not approved"),
            source_id=CRAWLER,
            state=QUARANTINED,
            reason="unknown_source",
        ),
        replace(
            first,
            title=Text("重放第一批文件", "a replay of the first file"),
            state=QUARANTINED,
            reason="replay",
        ),
    )


def _website(inventor: Inventor, day: dt.date, *, rows: int, right: bool) -> Chapter:
    forms = [inventor.website_row(day, right=right) for _ in range(rows)]
    return Chapter(
        title=Text("官网表单", "website forms"),
        source_id=WEBSITE,
        name="forms.jsonl",
        content=_json_lines(forms),
        state=LOADED,
    )


def _partner(inventor: Inventor) -> Chapter:
    return Chapter(
        title=Text("合作银行，已签名", "partner bank, signed"),
        source_id=BANK,
        name="customers.csv",
        content=_csv([inventor.bank_row() for _ in range(ROWS)]),
        state=LOADED,
        signed=True,
    )


def _silent_forms(inventor: Inventor) -> Chapter:
    forms = [
        inventor.form_row(reachable=number >= SILENT_FORM_ROWS)
        for number in range(FORM_ROWS)
    ]
    return Chapter(
        title=Text("客户登记表，缺联系方式", "customer forms, some unreachable"),
        source_id=FORM,
        name="forms.xlsx",
        content=write_workbook("客户登记表", forms),
        state=LOADED,
        pending=SILENT_FORM_ROWS,
    )


REAL_FILES = {
    "aw_prospective_buyer": "aw_ProspectiveBuyer.csv",
    "northwind": "northwind_customers.csv",
    "telco": "telco_customer_churn.csv",
    "tw_listed": "tw_mops_listed_companies_big5.csv",
    "uk_businesses": "uk_businesses_rateable.csv",
}
"""Source and file name of the real files that `DATA=…` brings."""


def real_files(folder: Path) -> tuple[Chapter, ...]:
    """Return a chapter per real file found under the folder; all must load."""
    found = {name: path for path in folder.rglob("*.csv") for name in [path.name]}
    return tuple(
        Chapter(
            title=Text(name, name),
            source_id=source_id,
            name=name,
            content=found[name].read_bytes(),
            state=LOADED,
        )
        for source_id, name in REAL_FILES.items()
        if name in found
    )


def deliver(
    custody: "Custody", chapter: Chapter, day: dt.date, partner_key: bytes
) -> "DeliveryId":
    """Put a chapter's file into the landing zone; return the delivery's id."""
    from custody.application.intake.deliver import signer  # noqa: PLC0415 - heavy

    key = custody.deliver(
        chapter.source_id,
        {chapter.name: io.BytesIO(chapter.content)},
        business_date=day,
        sign=signer(partner_key) if chapter.signed else None,
    )
    return key.delivery_id


def _json_lines(rows: Sequence[dict[str, str]]) -> bytes:
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _csv(rows: Sequence[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
