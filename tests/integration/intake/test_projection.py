"""The projection dies with a crash, by design, and is made again from sealed values."""

import json

import pytest
from sqlalchemy import text

from custody.adapters import roles
from tests.builders.deliveries import DAY
from tests.builders.installation import Installation

pytestmark = pytest.mark.integration

ROWS = [
    {
        "form_id": f"W-{number}",
        "name": name,
        "party": party,
        "phone": f"1380013800{number}",
        "customer_type": "new",
        "consent_time": f"{DAY}T00:00:00+08:00",
        "remark": None,
    }
    for number, name, party in (
        (1, "示例甲乙", "natural"),
        (2, "示例科技有限公司", "legal"),
    )
]


def shown(installation: Installation) -> dict[str, tuple[str | None, object]]:
    """Return the name and the masks of every customer."""
    return {
        str(one.number): (one.name, one.shown)
        for one in installation.custody.views.customers()
    }


def empty_the_projection(installation: Installation) -> None:
    """Do what a crash of PostgreSQL does to an UNLOGGED table."""
    engine = installation.custody.warehouse(roles.WAREHOUSE_OWNER)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE projection.record"))


def test_a_rebuild_shows_what_was_shown_before(installation: Installation) -> None:
    """Name, masks and low fields come back equal; each run is in the ledger."""
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)
    installation.put("website", lines.encode(), name="rows.jsonl")
    installation.run("website")
    before = shown(installation)
    empty_the_projection(installation)
    lost = shown(installation)

    rebuilt = installation.custody.rebuild_projection()
    again = installation.custody.rebuild_projection()

    assert rebuilt == len(ROWS)
    assert again == 0
    assert shown(installation) == before
    assert all(masks is None for _, masks in lost.values())
    assert sorted(name or "" for name, _ in before.values()) == [
        "",
        "示例科技有限公司",
    ]
    kinds = [
        json.loads(line.split(b" ", 1)[1].rsplit(b" ", 1)[0])["kind"]
        for line in installation.custody.ledger.lines()
    ]
    assert kinds[-2:] == ["projection_rebuild_begun", "projection_rebuilt"]
