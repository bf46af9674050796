"""The watch over a real installation, and what the ledger tells of backups (R65)."""

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.adapters.warehouse.restriction import PostgresStandingViews
from custody.application.drafted_set import WrittenSet
from custody.domain.language import Language
from custody.domain.watch import alarms
from tests.builders.installation import Installation
from tests.integration.backup.conftest import told as entries

pytestmark = pytest.mark.integration


def test_after_a_backup_all_is_well(
    installation: Installation, written: WrittenSet
) -> None:
    custody = installation.custody

    seen = custody.watch()

    assert written.name
    assert [one.medium for one in seen.media] == ["a", "b"]
    assert all(seen.age(one.backed_up_at) < dt.timedelta(days=1) for one in seen.media)
    assert all(one.head_at is not None for one in seen.media)
    assert list(alarms(seen)) == []


def test_a_disk_that_is_gone_is_an_alarm(
    installation: Installation, disks: list[Path]
) -> None:
    disks[0].rename(disks[0].with_name("gone"))

    told = [one.of(Language.EN) for one in alarms(installation.custody.watch())]

    assert len(told) == 1
    assert told[0].startswith("a: nobody could look")


@pytest.mark.usefixtures("written")
def test_the_ledger_tells_each_mediums_last_set_and_the_days_it_lacks(
    installation: Installation,
) -> None:
    """As the reader, who has no medium."""
    custody = installation.custody

    told = custody.last_backups()

    now = custody.clock.now()
    assert [(one.medium, one.days(now)) for one in told.ages] == [("a", 0), ("b", 0)]
    assert list(told.missing) == entries(installation, "backed_up")[-1]["missing"]
    assert told.known


@pytest.mark.parametrize(
    ("index", "one", "other"),
    [
        ("sets", '"kind":"backed_up"', '"kind":"full_set_written"'),
        ("answers", '"kind":"restored"', '"restored":'),
    ],
)
def test_the_lines_that_pages_ask_for_are_found_by_their_index(
    installation: Installation, index: str, one: str, other: str
) -> None:
    query = text(
        "EXPLAIN SELECT position FROM ledger.entry"  # noqa: S608 - constants
        f" WHERE position('{one}'::bytea IN line) > 0"
        f" OR position('{other}'::bytea IN line) > 0"
    )
    owner = installation.custody.warehouse(roles.WAREHOUSE_OWNER)
    with transaction(owner, "test") as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(connection.execute(query).scalars())

    assert index in plan


def test_customers_are_counted_once_and_overdue_by_when_they_became_due(
    installation: Installation,
) -> None:
    """Two levels of a customer are one customer."""
    custody = installation.custody
    moment = custody.clock.now()
    numbers = [one.number for one in custody.views.customers()][:3]
    rows = [(numbers[0], "high", 40), (numbers[0], "low", 3), (numbers[1], "low", 3)]
    rows += [(numbers[2], "low", 99)]
    add = text(
        "INSERT INTO register.standing (number, level, state, since)"
        " VALUES (:number, :level, :state, :since)"
    )
    owner = custody.warehouse(roles.WAREHOUSE_OWNER)
    views = PostgresStandingViews(custody.warehouse(roles.WAREHOUSE_READER))
    try:
        with transaction(owner, "test") as connection:
            for at, (number, level, days) in enumerate(rows):
                since = moment - dt.timedelta(days=days)
                state = "due" if at < 3 else "storage_only"
                told = {"number": number, "level": level, "state": state}
                connection.execute(add, told | {"since": since})

        assert views.due(before=moment - dt.timedelta(days=35)) == (2, 1)
        assert custody.watch().overdue == 1
    finally:
        with transaction(owner, "test") as connection:
            connection.execute(text("DELETE FROM register.standing"))
