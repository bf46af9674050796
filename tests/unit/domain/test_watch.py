"""Figures and alarms: what is too long ago, missing or unseen is told (R65-R70)."""

import dataclasses
import datetime as dt

import pytest

from custody.domain.drills import DrillAge, DrillKind
from custody.domain.language import Language, Text
from custody.domain.watch import Seen, SeenMedium, alarms, figures

UNMOUNTED = Text("未挂载", "not mounted")

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def _ago(days: float) -> dt.datetime:
    return NOW - dt.timedelta(days=days)


def _drill(kind: DrillKind, days: float | None, *, overdue: bool = False) -> DrillAge:
    last = None if days is None else _ago(days)
    return DrillAge(kind=kind, last=last, overdue=overdue)


DISK = SeenMedium(medium="disk", backed_up_at=_ago(3.256), head_at=_ago(0.5))
WELL = Seen(
    now=NOW,
    begun=_ago(60),
    drills=(_drill(DrillKind.STRUCTURAL, 4), _drill(DrillKind.ATTENDED, None)),
    media=(DISK,),
    due=7,
    overdue=0,
)


def _told(seen: Seen, language: Language = Language.EN) -> list[str]:
    return [one.of(language) for one in alarms(seen)]


def test_every_figure_has_a_stable_name() -> None:
    """What never was is as old as the ledger."""
    assert {one.name: one.value for one in figures(WELL)} == {
        "drill.structural.age_days": 4,
        "drill.attended.age_days": 60,
        "backup.disk.age_days": 3.26,
        "escrows.disk.missing": 0,
        "ledger.disk.head_age_days": 0.5,
        "destruction.due": 7,
        "destruction.overdue": 0,
        "restore.unanswered": 0,
        "alarms": 0,
    }


def test_when_all_is_well_nobody_is_told() -> None:
    """Who is due waits for a plan; that alone is no alarm."""
    assert _told(WELL) == []


@pytest.mark.parametrize(
    ("kind", "days", "told"),
    [
        (DrillKind.STRUCTURAL, 36, "structural drill: the last is 36 days ago, 35 are"),
        (DrillKind.ATTENDED, 101, "attended drill: the last is 101 days ago, 100 are"),
    ],
)
def test_a_drill_that_is_overdue_is_an_alarm_in_both_languages(
    kind: DrillKind, days: int, told: str
) -> None:
    late = dataclasses.replace(WELL, drills=(_drill(kind, days, overdue=True),))

    assert told in _told(late)[0]
    assert f"距上次 {days} 天" in _told(late, Language.ZH)[0]
    assert "演练" in _told(late, Language.ZH)[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"backed_up_at": _ago(36)}, "disk: the last backup is 36 days ago, 35 are"),
        ({"backed_up_at": None}, "disk: the last backup is 60 days ago, 35 are"),
        ({"without_escrow": 2}, "disk: 2 living epochs have no escrow"),
        ({"uncopied": True}, "disk: a ledger line of more than 24 hours is not there"),
        ({"fault": UNMOUNTED}, "disk: nobody could look: not mounted"),
    ],
)
def test_what_a_medium_lacks_is_an_alarm(change: dict[str, object], told: str) -> None:
    seen = dataclasses.replace(
        WELL,
        media=(dataclasses.replace(DISK, **change),),  # type: ignore[arg-type]
    )

    assert len(_told(seen)) == 1
    assert told in _told(seen)[0]
    assert "disk：" in _told(seen, Language.ZH)[0]
    assert {one.name: one.value for one in figures(seen)}["alarms"] == 1


def test_a_backup_of_35_days_is_in_time() -> None:
    disk = dataclasses.replace(DISK, backed_up_at=_ago(35))

    assert _told(dataclasses.replace(WELL, media=(disk,))) == []


def test_of_a_medium_that_was_not_seen_there_is_no_figure() -> None:
    """An old figure that stays, or a zero, would pass for a good one."""
    medium = SeenMedium(medium="disk", fault=UNMOUNTED)
    unseen = dataclasses.replace(WELL, media=(medium,))

    assert not [one.name for one in figures(unseen) if "disk" in one.name]


def test_whoever_is_due_for_too_long_is_counted_and_told() -> None:
    (told,) = _told(dataclasses.replace(WELL, overdue=3))

    assert told.startswith("3 customers are due for more than 35 days")


def test_what_a_restore_lost_is_told_until_it_is_answered() -> None:
    """R69: nobody is destroyed meanwhile, and who is to answer must hear of it."""
    seen = dataclasses.replace(WELL, unanswered=2)

    (told,), (other,) = _told(seen), _told(seen, Language.ZH)

    assert told.startswith("2 legal holds and events that a restore lost")
    assert "2 项法定保留或事件待答复" in other
    assert "restore.unanswered" in {one.name for one in figures(seen) if one.value == 2}


def test_a_mediums_name_fits_into_a_figures() -> None:
    odd = dataclasses.replace(DISK, medium="异地.disk 1")

    names = [one.name for one in figures(dataclasses.replace(WELL, media=(odd,)))]

    assert "backup.___disk_1.age_days" in names
    assert all(name.isascii() for name in names)


def test_what_is_of_tomorrow_is_of_now() -> None:
    """A clock that stands behind gives no age below zero: StatsD would subtract it."""
    ahead = dataclasses.replace(DISK, backed_up_at=_ago(-1))

    told = {
        one.name: one.value
        for one in figures(dataclasses.replace(WELL, media=(ahead,)))
    }

    assert told["backup.disk.age_days"] == 0
