"""The life of a customer's level: its moves, and what time and holds make of it."""

import datetime as dt
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from custody.domain.kept_customer import KeptCustomer
from custody.domain.levels import Level
from custody.domain.record_states import (
    ENDING,
    KEPT_BACK,
    MOVES,
    Barrier,
    Move,
    RecordState,
    barrier,
    barrier_of_row,
    in_use,
    moved,
    steps,
)
from custody.domain.retention import Anchor, Period, RetentionSchedule, Scope, Span
from custody.domain.retention_plan import Fate, Standing, judge
from custody.errors import ConflictError

_S = RecordState


def fate(standing: Standing, level: Level = Level.LOW) -> Fate:
    """Return the fate of a level."""
    return Fate(level=level, standing=standing, rule_id="r", legal_basis="a statute")


def after(state: RecordState, standing: Standing) -> RecordState:
    """Return where one level goes."""
    made = list(steps({Level.LOW: state}, [fate(standing)]))
    return made[0].new if made else state


@pytest.mark.parametrize(("old", "new"), list(product(RecordState, repeat=2)))
def test_every_move_is_in_the_table_or_refused(
    old: RecordState, new: RecordState
) -> None:
    if new in MOVES[old]:
        assert moved(old, new) is new
    else:
        with pytest.raises(ConflictError, match=f"{old} does not become {new}"):
            moved(old, new)


def test_a_life_has_no_way_round_a_state_and_none_back_from_its_end() -> None:
    """Nobody is destroying who was not due, and due who was not restricted."""
    into = {
        state: {old for old, news in MOVES.items() if state in news}
        for state in RecordState
    }

    assert into[_S.DESTROYED] == {_S.DESTROYING}
    assert into[_S.DESTROYING] == {_S.DUE}
    assert into[_S.DUE] == {_S.STORAGE_ONLY}
    assert MOVES[_S.DESTROYED] == frozenset()
    assert {_S.IN_USE, *KEPT_BACK, *ENDING} == set(RecordState)


EXPECTED = {
    # standing:            in_use       storage_only     on_hold          due
    _S.IN_USE: (_S.IN_USE, _S.DEREGISTERED, _S.DEREGISTERED, _S.DEREGISTERED),
    _S.DEREGISTERED: (_S.IN_USE, _S.DEREGISTERED, _S.DEREGISTERED, _S.DEREGISTERED),
    _S.STORAGE_ONLY: (_S.IN_USE, _S.STORAGE_ONLY, _S.STORAGE_ONLY, _S.DUE),
    _S.DUE: (_S.IN_USE, _S.STORAGE_ONLY, _S.STORAGE_ONLY, _S.DUE),
    _S.DESTROYING: (_S.STORAGE_ONLY, *(_S.DESTROYING,) * 3),
    _S.DESTROYED: (_S.DESTROYED,) * 4,
}


@pytest.mark.parametrize("state", RecordState)
def test_where_a_judgement_leads(state: RecordState) -> None:
    """A hold takes a due day back; what is withdrawn spares; nothing ends by time."""
    found = tuple(after(state, standing) for standing in Standing)

    assert found == EXPECTED[state]


def test_levels_move_one_by_one_and_are_told_without_a_customer() -> None:
    fates = [fate(Standing.DUE, Level.HIGH), fate(Standing.IN_USE, Level.LOW)]

    made = list(steps({Level.HIGH: _S.STORAGE_ONLY}, fates))

    assert made == [Move(Level.HIGH, _S.STORAGE_ONLY, _S.DUE)]
    assert str(made[0]) == "high storage_only>due"


def test_what_may_be_shown_is_what_is_in_use() -> None:
    states = {Level.HIGH: _S.DEREGISTERED, Level.MEDIUM: _S.IN_USE}

    assert in_use(Level, states) == {Level.MEDIUM, Level.LOW}


DEAD_LINE = Span(days=30)
BEGIN = dt.date(2026, 1, 1)


class Life(RuleBasedStateMachine):
    """A level judged day by day, while people end, take back, hold and lift."""

    def __init__(self) -> None:
        """Begin in use."""
        super().__init__()
        self.schedule = RetentionSchedule(
            periods=(
                Period(
                    rule_id="standard",
                    scope=Scope(),
                    anchor=Anchor.DEREGISTRATION,
                    span=DEAD_LINE,
                    superseded=Span(),
                    legal_basis="PIPL 47",
                ),
            )
        )
        self.today = BEGIN
        self.ended: dt.date | None = None
        self.held = False
        self.state = _S.IN_USE

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        """Let days pass."""
        self.today += dt.timedelta(days=days)

    @rule()
    def end(self) -> None:
        """Record the end of the use."""
        self.ended = self.ended or self.today

    @rule()
    def withdraw(self) -> None:
        """Take the end back."""
        self.ended = None

    @rule(held=st.booleans())
    def hold(self, *, held: bool) -> None:
        """Set a hold, or lift it."""
        self.held = held

    @rule()
    def follow(self) -> None:
        """Judge, and go where that leads."""
        customer = KeptCustomer(
            number="XX2026000001",
            levels=frozenset({Level.LOW}),
            industry="unknown",
            customer_type=None,
            events={} if self.ended is None else {Anchor.DEREGISTRATION: self.ended},
            on_hold=self.held,
        )
        fates = judge(customer, self.schedule, self.today)
        for move in steps({Level.LOW: self.state}, fates):
            self.state = move.new
        if self.state is _S.DUE:
            assert not self.held
            assert self.ended is not None
            assert self.today > DEAD_LINE.last_day(self.ended)

    @precondition(lambda self: self.state is _S.DEREGISTERED)
    @rule()
    def restrict(self) -> None:
        """Move its keys to the restricted epoch."""
        self.state = moved(self.state, _S.STORAGE_ONLY)

    @invariant()
    def nobody_is_ended_by_time_alone(self) -> None:
        """Time and events lead to the door, and never through it."""
        assert self.state not in ENDING


TestLife = Life.TestCase


@given(st.sampled_from(RecordState), st.sampled_from(Standing))
def test_a_judgement_repeated_leads_no_further_than_once_more(
    state: RecordState, standing: Standing
) -> None:
    """Following twice is following once: a DAG may run again."""
    once = after(state, standing)

    assert after(once, standing) in {once, _S.DEREGISTERED, _S.DUE, _S.IN_USE}
    assert after(after(once, standing), standing) == after(once, standing)


@pytest.mark.parametrize(
    ("states", "bar"),
    [
        ([], None),
        ([_S.IN_USE, _S.IN_USE], None),
        ([_S.IN_USE, _S.DEREGISTERED], Barrier.STORAGE_ONLY),
        ([_S.STORAGE_ONLY], Barrier.STORAGE_ONLY),
        ([_S.DUE, _S.DUE], Barrier.STORAGE_ONLY),
        ([_S.DESTROYED, _S.DUE], Barrier.STORAGE_ONLY),
        ([_S.DESTROYED, _S.IN_USE], Barrier.STORAGE_ONLY),
        ([_S.DESTROYING, _S.DESTROYED], Barrier.SUPPRESSED),
    ],
)
def test_what_bars_a_customer(states: list[RecordState], bar: Barrier | None) -> None:
    """In doubt a person decides: suppressed is only who is gone as a whole."""
    assert barrier(states) is bar


@pytest.mark.parametrize(
    ("named", "bar"),
    [
        ([], None),
        ([None, None], None),
        ([None, Barrier.STORAGE_ONLY], Barrier.STORAGE_ONLY),
        ([None, Barrier.SUPPRESSED], Barrier.STORAGE_ONLY),
        ([Barrier.SUPPRESSED, Barrier.STORAGE_ONLY], Barrier.STORAGE_ONLY),
        ([Barrier.SUPPRESSED], Barrier.SUPPRESSED),
    ],
)
def test_what_bars_a_row(named: list[Barrier | None], bar: Barrier | None) -> None:
    """A row that names somebody else too is nobody's to lose."""
    assert barrier_of_row(named) is bar
