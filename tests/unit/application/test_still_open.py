"""For how many days a medium still opens what has ended (R70-R72)."""

import datetime as dt

from custody.application.restore.still_open import still_open
from custody.domain.restoring import Replay
from tests.fakes.keys import FakeMedium
from tests.fakes.world import FixedClock

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
TODAY = NOW.date()


def test_ended_epochs_and_those_before_them_are_told_with_their_days() -> None:
    medium = FakeMedium("disk")
    for path, days in {
        "escrow/live/high/1/a.ce": 0,
        "escrow/live/high/2/a.ce": 20,
        "escrow/live/high/2/b.ce": 12,
        "escrow/live/high/3/a.ce": 35,
        "escrow/live/low/1/a.ce": 35,
        "escrow/drill/low/1/a.ce": 35,
        "escrow/stranger": 35,
    }.items():
        medium.put(path, b"x", locked_until=TODAY + dt.timedelta(days=days))

    replay = Replay("disk", ended={"live/high/2", "drill/low/1"})

    found = still_open(medium, replay, FixedClock(NOW))

    assert found == (("live/high/1", 0), ("live/high/2", 20))
    later = still_open(medium, replay, FixedClock(NOW + dt.timedelta(days=40)))
    assert later == (("live/high/1", 0), ("live/high/2", 0))
    assert still_open(medium, Replay("disk"), FixedClock(NOW)) == ()
