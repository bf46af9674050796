"""Real Airflow runs: a delivery loads, repeats change nothing, others go on."""

import datetime as dt
import time
from collections.abc import Sequence

import pytest

from custody.domain.delivery import DeliveryId
from custody.domain.outcome import Tally
from tests.dags.conftest import Running

pytestmark = [pytest.mark.dags, pytest.mark.timeout(900)]

FINISHED = {"success", "failed"}


def tally(running: Running, delivery_id: DeliveryId) -> Tally:
    record = running.custody.book.find(delivery_id)
    assert record is not None
    return record.tally


def await_backfill(running: Running, backfill: int) -> Sequence[str]:
    """Wait for a backfill; return the states of its runs."""
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        status, found = running.as_user(
            "operator", "GET", f"/api/v2/backfills/{backfill}"
        )
        assert status == 200
        if found["completed_at"] is not None:
            break
        time.sleep(1)
    _, runs = running.as_user(
        "operator",
        "GET",
        "/api/v2/dags/intake__website/dagRuns?run_type=backfill&limit=100",
    )
    return [run["state"] for run in runs["dag_runs"]]


def test_a_delivery_goes_the_whole_way(running: Running) -> None:
    """Loaded, exported, erased; its report is behind the login."""
    day = dt.date(2026, 3, 2)
    delivery_id = running.land(day)

    red = running.intake(day)

    record = running.custody.book.find(delivery_id)
    assert red == []
    assert record is not None
    assert (record.state, record.tally.loaded) == ("loaded", 5)
    assert record.exported_at is not None
    assert record.erased_at is not None
    status, page = running.as_user("steward", "GET", f"/custody/report/{delivery_id}")
    assert status == 200
    assert "<title" in page


@pytest.mark.long
def test_a_late_delivery_to_a_finished_day_loads(running: Running) -> None:
    """A further run of the date takes what came late, and only that."""
    day = dt.date(2026, 3, 3)
    first = running.land(day)
    running.intake(day)
    late = running.land(day, rows=3)

    red = running.intake(day)

    assert red == []
    assert tally(running, first).loaded == 5
    assert tally(running, late).loaded == 3


def test_the_sweep_starts_what_waits_and_seals_away_strangers(
    running: Running,
) -> None:
    """A drop needs no announcement; a crawler's is quarantined (R19)."""
    day = dt.date(2026, 3, 4)
    ours, strangers = running.land(day), running.land(day, source="crawler")

    running.api.start_run("sweep", run_id="test__sweep")
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        record = running.custody.book.find(ours)
        if record is not None and record.erased_at is not None:
            break
        time.sleep(1)

    refused = running.custody.book.find(strangers)
    assert tally(running, ours).loaded == 5
    assert refused is not None
    assert (refused.state, refused.reasons) == ("quarantined", ("unknown_source",))


@pytest.mark.long
def test_a_backfill_of_five_days_twice_makes_no_duplicate(running: Running) -> None:
    """`reprocess_behavior=completed` runs every day again and loads nothing new."""
    days = [dt.date(2026, 2, day) for day in range(1, 6)]
    landed = [running.land(day, rows=2) for day in days]
    body = {
        "dag_id": "intake__website",
        "from_date": "2026-02-01T00:00:00Z",
        "to_date": "2026-02-05T00:00:00Z",
        "reprocess_behavior": "completed",
        "max_active_runs": 5,
        "run_on_latest_version": True,
        "dag_run_conf": {},
        "run_backwards": False,
    }

    states = []
    for _ in range(2):
        status, backfill = running.as_user(
            "operator", "POST", "/api/v2/backfills", body
        )
        assert status == 200, backfill
        states.append(await_backfill(running, backfill["id"]))

    assert states == [["success"] * 5, ["success"] * 10]
    assert [tally(running, delivery) for delivery in landed] == [
        Tally(read=2, loaded=2)
    ] * 5


def test_a_repeated_run_id_starts_nothing(running: Running) -> None:
    """Our id is the run's id: asking twice starts once."""
    day = dt.date(2026, 3, 6)

    first = running.api.start_intake("website", day, run_id="test__2026-03-06__twice")
    second = running.api.start_intake("website", day, run_id="test__2026-03-06__twice")

    assert (first, second) == (True, False)
