"""Retention 保存期限: which rule keeps a record, and until which day (R17, R41, R61).

Policy states periods (how long we keep), floors (how long a statute demands that
we keep) and ceilings (how long keeping is still necessary, PIPL 19).  What rules
contradict each other is found here and refused when policy is loaded.
"""

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from custody.domain.levels import Level


class Anchor(StrEnum):
    """The event from which a span is counted."""

    DEREGISTRATION = "deregistration"
    RELATIONSHIP_END = "relationship_end"
    LAST_TRANSACTION = "last_transaction"
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Years, months and days of the calendar, counted in this order."""

    years: int = 0
    months: int = 0
    days: int = 0

    def last_day(self, anchor: dt.date) -> dt.date:
        """Return the last day of the span; the record may go on the day after.

        The day of the event is not counted.  A span of years or months ends on
        the corresponding day, and on the last day of a month that has none
        (民法典 Civil Code 201, 202).  A span beyond the calendar never ends.
        """
        months = anchor.year * 12 + anchor.month - 1 + self.years * 12 + self.months
        year, month = divmod(months, 12)
        if year > dt.MAXYEAR:
            return dt.date.max
        day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
        try:
            return dt.date(year, month + 1, day) + dt.timedelta(days=self.days)
        except OverflowError:
            return dt.date.max


@lru_cache(maxsize=1024)
def ever_shorter(one: Span, other: Span) -> bool:
    """Whether from some day of the calendar one span ends before the other."""
    return any(one.last_day(day) < other.last_day(day) for day in _DAYS)


_DAYS = tuple(
    dt.date(2000, 1, 1) + dt.timedelta(days=day) for day in range(4 * 365 + 1)
)
"""Each day of a leap cycle: of how many days a month or year consists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a rule asks about: codes of policy, None where nobody knows yet."""

    level: Level
    industry: str
    customer_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """For whom a rule is; an empty axis is for all."""

    levels: frozenset[Level] = frozenset()
    industries: frozenset[str] = frozenset()
    customer_types: frozenset[str] = frozenset()

    def has(self, subject: Subject) -> bool:
        """Whether the rule speaks of this subject."""
        return (
            (not self.levels or subject.level in self.levels)
            and (not self.industries or subject.industry in self.industries)
            and (
                not self.customer_types or subject.customer_type in self.customer_types
            )
        )

    @property
    def axes(self) -> int:
        """How many axes are named; of two rules the more specific one prevails."""
        return sum(map(bool, (self.levels, self.industries, self.customer_types)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A floor or a ceiling: a span after an event, and what demands it."""

    rule_id: str
    scope: Scope
    anchor: Anchor
    span: Span
    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """How long we keep, and how long a version that a newer one replaced."""

    rule_id: str
    scope: Scope
    anchor: Anchor
    span: Span
    superseded: Span
    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSchedule:
    """The retention rules of policy."""

    periods: tuple[Period, ...]
    floors: tuple[Bound, ...] = ()
    ceilings: tuple[Bound, ...] = ()

    def period_of(self, subject: Subject) -> Period:
        """Return the most specific period; policy is proven to have exactly one."""
        return self._most_specific(subject)[0]

    def floors_of(self, subject: Subject) -> tuple[Bound, ...]:
        """Return every floor that speaks of the subject: the longest counts."""
        return tuple(one for one in self.floors if one.scope.has(subject))

    def ceilings_of(self, subject: Subject) -> tuple[Bound, ...]:
        """Return every ceiling that speaks of the subject: the shortest counts."""
        return tuple(one for one in self.ceilings if one.scope.has(subject))

    def contradictions(self, subjects: Iterable[Subject]) -> Iterator["Contradiction"]:
        """Yield what cannot be obeyed for one of the subjects, in their order."""
        for subject in subjects:
            fitting = self._most_specific(subject)
            if not fitting:
                yield Contradiction(None, Clash.NO_PERIOD, None, subject)
                continue
            if len(fitting) > 1:
                first, second = fitting[0].rule_id, fitting[1].rule_id
                yield Contradiction(second, Clash.TWO_PERIODS, first, subject)
            yield from self._against_bounds(fitting[0], subject)

    def _most_specific(self, subject: Subject) -> tuple[Period, ...]:
        fitting = [one for one in self.periods if one.scope.has(subject)]
        most = max((one.scope.axes for one in fitting), default=0)
        return tuple(one for one in fitting if one.scope.axes == most)

    def _against_bounds(
        self, period: Period, subject: Subject
    ) -> Iterator["Contradiction"]:
        """Compare what is counted from one event; the rest is known per customer."""
        floors, ceilings = self.floors_of(subject), self.ceilings_of(subject)
        for floor in floors:
            if _too_short(period, floor):
                yield Contradiction(
                    period.rule_id, Clash.BELOW_FLOOR, floor.rule_id, subject
                )
        for ceiling in ceilings:
            if _too_short(ceiling, period):
                yield Contradiction(
                    period.rule_id, Clash.ABOVE_CEILING, ceiling.rule_id, subject
                )
            for floor in floors:
                if _too_short(ceiling, floor):
                    yield Contradiction(
                        ceiling.rule_id, Clash.BELOW_FLOOR, floor.rule_id, subject
                    )


class Clash(StrEnum):
    """Why rules cannot be obeyed together."""

    NO_PERIOD = "no_period"
    TWO_PERIODS = "two_periods"
    BELOW_FLOOR = "below_floor"
    ABOVE_CEILING = "above_ceiling"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A rule, what is wrong with it, the rule it clashes with, and for whom."""

    rule_id: str | None
    clash: Clash
    other_id: str | None
    subject: Subject


def _too_short(one: Period | Bound, demanded: Period | Bound) -> bool:
    """Whether a span ends before another that is counted from the same event."""
    return one.anchor is demanded.anchor and ever_shorter(one.span, demanded.span)
