"""Schedule, retries and roles: what the DAG files share."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk import RetryAction
from airflow.timetables.trigger import CronPartitionTimetable

from custody.adapters.policy import load_policy
from custody.adapters.policy.settings import ADMIN_ONLY, PERMISSIONS
from custody.errors import (
    ConflictError,
    DeliveryError,
    EvidenceError,
    PolicyError,
    WorldError,
)
from custody.orchestration import furniture
from custody.orchestration.furniture import (
    delivery_days,
    retry_the_world,
    tell_of_fault,
)
from custody.orchestration.roles import ADMIN, FORGERIES, WORDS, grants

pytestmark = pytest.mark.dags

SHANGHAI = ZoneInfo("Asia/Shanghai")


def scheduled() -> CronPartitionTimetable:
    """Return the schedule as the scheduler reads it."""
    days = delivery_days(SHANGHAI)
    return CronPartitionTimetable(
        "0 0 * * *",
        timezone="Asia/Shanghai",
        run_offset=-1,
        key_format=str(days.key_format),
    )


def test_a_backfill_yields_each_date_of_the_zone_once() -> None:
    """The key is the business date, not the UTC date of its midnight."""
    infos = scheduled().iter_partition_dagrun_infos(
        earliest=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
        latest=dt.datetime(2026, 11, 5, tzinfo=dt.UTC),
    )

    assert [info.partition_key for info in infos] == [
        f"2026-11-0{day}" for day in range(1, 6)
    ]


def test_a_key_given_by_hand_is_the_same_partition_as_the_scheduled_one() -> None:
    """So a backfill sees the runs that `custody deliver` started."""
    timetable = scheduled()
    moment = timetable.resolve_partition_date("2026-11-03")

    [info] = timetable.iter_partition_dagrun_infos(
        earliest=dt.datetime(2026, 11, 3, tzinfo=dt.UTC),
        latest=dt.datetime(2026, 11, 3, tzinfo=dt.UTC),
    )

    assert info.partition_date == moment


@pytest.mark.parametrize("error", [WorldError("x"), ConflictError("x")])
def test_the_world_is_tried_again(error: Exception) -> None:
    """Databases come back, and another run lets go."""
    decision = retry_the_world().evaluate(error, 1, 3)

    assert decision.action is RetryAction.RETRY


@pytest.mark.parametrize(
    "error",
    [
        DeliveryError("bad_encoding"),
        PolicyError("f", "k", "p"),
        EvidenceError("x"),
        ValueError(),
        KeyError(),
    ],
)
def test_what_is_wrong_stays_wrong(error: Exception) -> None:
    """A repetition would only hide it from people for a while."""
    decision = retry_the_world().evaluate(error, 1, 3)

    assert decision.action is RetryAction.FAIL


def test_every_word_of_policy_has_a_meaning() -> None:
    """And there are no others."""
    assert set(WORDS) == set(PERMISSIONS)


def test_no_role_of_policy_but_admin_may_forge_progress() -> None:
    """Mark-success, clear and XCom edits are for admin."""
    roles = dict(load_policy(Path(__file__).parents[2] / "include/policy").roles)

    for name, words in roles.items():
        held = set(grants(name, words))
        assert bool(held & FORGERIES) is (name == ADMIN)


@pytest.mark.parametrize("word", sorted(ADMIN_ONLY - {"users.write", "settings.write"}))
def test_a_word_that_forges_is_refused_to_others(word: str) -> None:
    """Twice: policy refuses it, and so does what becomes of it."""
    with pytest.raises(PolicyError):
        grants("operator", [word])


def test_an_unknown_word_is_refused() -> None:
    """With the role that has it."""
    with pytest.raises(PolicyError, match="operator"):
        grants("operator", ["runs.forge"])


def test_a_red_task_is_told_to_people_in_both_languages_without_its_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Names, and what kind of error it was (R64)."""
    told: list[tuple[str, str]] = []
    notifier = SimpleNamespace(notify=lambda *message: told.append(message))
    monkeypatch.setattr(furniture, "read_settings", lambda: None)
    monkeypatch.setattr(furniture, "open_notifier", lambda _: notifier)
    names = {"dag_id": "backup", "task_id": "write_backup_set", "map_index": -1}
    instance = SimpleNamespace(**names, run_id="scheduled__1")

    tell_of_fault({"ti": instance, "exception": WorldError("张三 4400")})

    assert told == [
        (
            "任务故障 task failed: backup",
            (
                "backup write_backup_set [-1]\nscheduled__1\n"
                "数据库、存储或网络故障，可重试（WorldError）\n"
                "a database, a store or the network failed: it may be repeated"
                " (WorldError)"
            ),
        )
    ]
