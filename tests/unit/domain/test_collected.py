"""The day of collection is one of policy's zone, or there is none."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from custody.domain.collected import collection_day

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2026-03-31", dt.date(2026, 3, 31)),
        ("2026-03-31T09:00:00+08:00", dt.date(2026, 3, 31)),
        ("2026-03-31T23:30:00", dt.date(2026, 3, 31)),
        ("2026-03-31T15:59:59Z", dt.date(2026, 3, 31)),
        ("2026-03-31T16:00:00Z", dt.date(2026, 4, 1)),
        ("2026-03-31T20:00:00-12:00", dt.date(2026, 4, 1)),
        ("9999-12-31T23:00:00-12:00", None),
        ("2026-02-30", None),
        ("31/03/2026", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_day_is_told_in_iso_8601(told: str, day: dt.date | None) -> None:
    assert collection_day(told, SHANGHAI) == day
