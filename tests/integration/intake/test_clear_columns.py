"""No cell of a delivery is copied in clear into a table that reaches the WAL."""

import io
import itertools

import openpyxl
import pytest
from sqlalchemy import text

from custody.adapters import roles
from tests.builders.installation import Installation

pytestmark = pytest.mark.integration

SURNAME, GIVEN = "欧阳", "曌翀"
PHONE = "13800138000"
HEADINGS = (
    *("客户全称", "统一社会信用代码", "联系人", "联系电话", "电子邮箱", "联系地址"),
    *("所属行业", "客户类型", "客户地位", "年消费额", "区域", "购买偏好"),
    *("责任人", "备注"),
)
CELLS = (
    {"客户全称": "示例科技有限公司", "联系电话": PHONE, "责任人": SURNAME + GIVEN},
    {"客户全称": "示例贸易有限公司", "联系电话": PHONE, "责任人": f"{GIVEN} {PHONE}"},
)
LOGGED = ("intake.staged_row", "intake.row_outcome", "register.record_version")


def form() -> bytes:
    """Return a customer form whose 责任人 cells hold personal values."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADINGS)
    for cells in CELLS:
        sheet.append([cells.get(heading) for heading in HEADINGS])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def in_clear(installation: Installation, table: str) -> list[str]:
    """Return each row of a table as PostgreSQL writes it."""
    owner = installation.custody.warehouse(roles.WAREHOUSE_OWNER)
    with owner.connect() as connection:
        rows = connection.execute(text(f"SELECT t::text FROM {table} t"))  # noqa: S608
        return [str(row[0]) for row in rows]


def test_a_responsible_person_of_the_row_is_sealed_and_masked(
    installation: Installation,
) -> None:
    """责任人 is a cell like any other: sealed, shown as its mask, nowhere else."""
    installation.put("customer_form", form(), name="form.xlsx")
    sealing = installation.run("customer_form", steps=["seal"])
    staged = {table: in_clear(installation, table) for table in LOGGED}
    loading = installation.run("customer_form", steps=["check", "load"])

    loaded = {table: in_clear(installation, table) for table in LOGGED}
    shown = [one.shown or {} for one in installation.custody.views.customers()]

    assert list(sealing.values()) == [["sealed"]]
    assert list(loading.values()) == [["checked", "loaded"]]
    assert len(staged["intake.staged_row"]) == len(CELLS)
    assert len(loaded["register.record_version"]) == len(CELLS)
    everything = "".join(itertools.chain(*staged.values(), *loaded.values()))
    assert [one for one in (SURNAME, GIVEN, PHONE) if one in everything] == []
    assert sorted(one["responsible_person"] for one in shown) == ["曌*", "欧阳*"]
