"""A destruction has one life, and much can keep it from beginning."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.domain.destruction import (
    MOVES,
    OVER,
    LineStanding,
    Obstacle,
    RunState,
    ending,
    moved,
    obstacles,
)
from custody.domain.epochs import EpochId, Purpose
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from custody.domain.retention_plan import Due, UpTo
from custody.errors import ConflictError

LINE = Due(
    number="FI2026000001",
    level=Level.LOW,
    last_day=dt.date(2026, 1, 31),
    rule_id="standard",
    legal_basis="民法典第188条",
)
FIT = LineStanding(due=LINE, state=RecordState.DUE)


def test_every_other_move_is_refused() -> None:
    for old in RunState:
        for new in RunState:
            if new in MOVES[old]:
                assert moved(old, new) is new
            else:
                with pytest.raises(ConflictError):
                    moved(old, new)


def test_after_the_condemnation_one_road_leads_to_the_certificate() -> None:
    """What is condemned is never spared, refused or forgotten."""
    state, road = RunState.CONDEMNED, []
    while state not in OVER:
        (state,) = MOVES[state]
        road.append(state)

    assert road[-1] is RunState.CERTIFIED
    assert len(road) == len(set(road))


def test_every_state_is_reached_and_ends() -> None:
    reached = {new for further in MOVES.values() for new in further}

    assert reached == set(RunState) - {RunState.BEGUN}
    assert {RunState.CERTIFIED, RunState.REFUSED, RunState.SPARED} == OVER


def test_nothing_speaks_against_a_line_that_is_due_today() -> None:
    assert not list(obstacles(LINE, FIT))


@pytest.mark.parametrize(
    ("found", "obstacle"),
    [
        (dataclasses.replace(FIT, due=None), Obstacle.NOT_DUE),
        (
            dataclasses.replace(
                FIT, due=dataclasses.replace(LINE, last_day=dt.date(2026, 2, 1))
            ),
            Obstacle.NOT_DUE,
        ),
        (
            dataclasses.replace(FIT, due=dataclasses.replace(LINE, rule_id="other")),
            Obstacle.NOT_DUE,
        ),
        (dataclasses.replace(FIT, due=None, on_hold=True), Obstacle.ON_HOLD),
        (
            dataclasses.replace(FIT, state=RecordState.STORAGE_ONLY),
            Obstacle.NOT_RESTRICTED,
        ),
        (dataclasses.replace(FIT, landed=True), Obstacle.LANDED),
        (dataclasses.replace(FIT, unsettled=True), Obstacle.UNSETTLED),
    ],
)
def test_each_obstacle_is_told(found: LineStanding, obstacle: Obstacle) -> None:
    assert list(obstacles(LINE, found)) == [obstacle]


EPOCHS = st.sets(
    st.builds(
        EpochId,
        st.sampled_from([Purpose.LIVE, Purpose.RESTRICTED, Purpose.DRILL]),
        st.sampled_from(Level),
        st.integers(1, 4),
    )
)


@given(EPOCHS, st.sets(st.sampled_from(Level)))
def test_live_and_restricted_epochs_of_each_touched_level_end(
    epochs: set[EpochId], levels: set[Level]
) -> None:
    """No other one does, and none of them is left alive."""
    ends = ending(epochs, levels)

    assert list(ends) == sorted(ends, key=str)
    for epoch in epochs:
        touched = epoch.level in levels and epoch.purpose is not Purpose.DRILL
        assert (epoch in ends) is touched


def test_versions_of_who_stays_need_no_restriction_but_a_due_day() -> None:
    """They never were `due` as a level, and a hold keeps them as it keeps all."""
    line = dataclasses.replace(LINE, up_to=UpTo("", 2))
    later = dataclasses.replace(line, up_to=UpTo("", 3))
    found = LineStanding(due=later, state=RecordState.IN_USE)

    assert not list(obstacles(line, found))
    assert list(obstacles(later, dataclasses.replace(found, due=line))) == [
        Obstacle.NOT_DUE
    ]
    assert list(obstacles(line, dataclasses.replace(found, on_hold=True))) == [
        Obstacle.ON_HOLD
    ]
