"""Who is due for destruction on a day, and why everybody else is not (R17, R69).

A customer is judged level by level, from the rules of policy and the events that
are known of the customer.  In doubt a record is kept: an event that nobody has
recorded has not happened.  Who stays may have versions that newer ones replaced:
those go when their own period is over (ADR 21).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from custody.domain.kept_customer import KeptCustomer, Replaced
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.retention import Anchor, Period, RetentionSchedule, Subject
from custody.domain.retention_ends import Days, End, end_of, not_after, not_before

REQUEST = "request"
"""Stands in the place of a rule where the customer asked for deletion (PIPL 47)."""

REQUEST_BASIS = "个人信息保护法第47条 (PIPL 47, deletion on request)"

SUPERSEDED = ".superseded"
"""Follows a rule that decided about versions only; no code of policy has a dot."""


class Standing(StrEnum):
    """How a customer's level stands towards retention, in the order of a life."""

    IN_USE = "in_use"  # the event that starts the clock has not happened
    STORAGE_ONLY = "storage_only"  # it has: nothing but storage is allowed (PIPL 47)
    ON_HOLD = "on_hold"  # it is over, and a legal hold keeps the record
    DUE = "due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What a day finds: `last_day` is the last one of storage, None when unknown.

    `rule_id` and `legal_basis` are of what decided the last day; `awaits` is the
    event that has not happened and must, before anybody can be due.
    """

    level: Level
    standing: Standing
    rule_id: str
    legal_basis: str
    last_day: dt.date | None = None
    awaits: Anchor | None = None


@dataclass(frozen=True, slots=True, order=True)
class UpTo:
    """The versions of a part of a customer, up to one of them."""

    part: str
    version: int


Place = tuple[str, Level, str | None]
"""A customer's number, a level, and a part where not all versions are meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One line of a plan: all versions of a customer's level go, or some `up_to` one.

    Of the latter the one that has the salt stays, wherever it stands.
    """

    number: str
    level: Level
    last_day: dt.date
    rule_id: str
    legal_basis: str
    up_to: UpTo | None = None

    @property
    def place(self) -> Place:
        """Return whom, which level and part it is about: a plan names each once."""
        return self.number, self.level, None if self.up_to is None else self.up_to.part

    def covers(self, line: "Due") -> bool:
        """Whether what is due by this is all that a line of a plan names.

        A version is never due before the ones that came earlier, so days that pass
        since the plan add versions and take none away.
        """
        if line.up_to is None:
            return self == line
        if self.up_to is None:
            return (self.number, self.level) == (line.number, line.level)
        further = (self.up_to.version, self.last_day)
        return further >= (line.up_to.version, line.last_day) and line == replace(
            self,
            up_to=UpTo(self.up_to.part, line.up_to.version),
            last_day=line.last_day,
        )


def judge(
    customer: KeptCustomer, schedule: RetentionSchedule, on: dt.date
) -> tuple[Fate, ...]:
    """Return the fate of each level of a customer on a day, from high to low."""
    happened = _happened(customer, on)
    return tuple(
        _judge(customer, level, schedule, happened, on)
        for level in LEVELS_FROM_HIGH
        if level in customer.levels
    )


def _happened(customer: KeptCustomer, on: dt.date) -> Days:
    return {event: day for event, day in customer.events.items() if day <= on}


def _subject(customer: KeptCustomer, level: Level) -> Subject:
    return Subject(
        level=level, industry=customer.industry, customer_type=customer.customer_type
    )


def _judge(
    customer: KeptCustomer,
    level: Level,
    schedule: RetentionSchedule,
    happened: Days,
    on: dt.date,
) -> Fate:
    subject = _subject(customer, level)
    wanted = _wanted(customer, schedule.period_of(subject), happened, on)
    end = wanted
    if wanted.last_day is not None:
        end = not_before(
            not_after(wanted, schedule.ceilings_of(subject), happened),
            schedule.floors_of(subject),
            happened,
        )
    return Fate(
        level=level,
        standing=_standing(customer, wanted, end, on),
        rule_id=end.rule_id,
        legal_basis=end.legal_basis,
        last_day=end.last_day,
        awaits=end.awaits,
    )


def _standing(customer: KeptCustomer, wanted: End, end: End, on: dt.date) -> Standing:
    if wanted.last_day is None:
        return Standing.IN_USE
    if end.last_day is None or on <= end.last_day:
        # Collection begins a use and ends none: the period is of using, too.
        used = wanted.counted_from is Anchor.COLLECTION and on <= wanted.last_day
        return Standing.IN_USE if used else Standing.STORAGE_ONLY
    return Standing.ON_HOLD if customer.on_hold else Standing.DUE


def _wanted(customer: KeptCustomer, period: Period, happened: Days, on: dt.date) -> End:
    """Return when we want to be done: on request, else when the period is over."""
    if customer.asked_on is not None and customer.asked_on <= on:
        return End(REQUEST, REQUEST_BASIS, customer.asked_on)
    return end_of(period, happened)


def due_of(
    customer: KeptCustomer,
    fates: Iterable[Fate],
    schedule: RetentionSchedule,
    on: dt.date,
) -> Iterator[Due]:
    """Yield the lines of a plan that a customer's fates make, in their order.

    Of a level that stays, versions may go that newer ones replaced.
    """
    for fate in fates:
        if fate.standing is not Standing.DUE or fate.last_day is None:
            yield from _replaced(customer, fate.level, schedule, on)
        else:
            yield Due(
                number=customer.number,
                level=fate.level,
                last_day=fate.last_day,
                rule_id=fate.rule_id,
                legal_basis=fate.legal_basis,
            )


def _replaced(
    customer: KeptCustomer, level: Level, schedule: RetentionSchedule, on: dt.date
) -> Iterator[Due]:
    """Yield one line for each part that has versions whose own time is over.

    Floors and ceilings bound them as they bound the level: what a statute demands
    of a customer it demands of all that was kept of them.
    """
    if customer.on_hold:
        return
    ends: dict[str, tuple[int, End]] = {}
    for one in sorted(customer.replaced, key=lambda it: (it.part, it.version)):
        end = _end_of_version(customer, one, schedule, on)
        over = end.last_day is not None and end.last_day < on
        if one.level is level and over and not one.has_salt:
            ends[one.part] = one.version, end
    for part, (version, end) in ends.items():
        if end.last_day is not None:
            yield Due(
                number=customer.number,
                level=level,
                last_day=end.last_day,
                rule_id=f"{end.rule_id}{SUPERSEDED}",
                legal_basis=end.legal_basis,
                up_to=UpTo(part, version),
            )


def _end_of_version(
    customer: KeptCustomer, one: Replaced, schedule: RetentionSchedule, on: dt.date
) -> End:
    subject = _subject(customer, one.level)
    happened = _happened(customer, on)
    period = schedule.period_of(subject)
    wanted = End(period.rule_id, period.legal_basis, period.superseded.last_day(one.on))
    return not_before(
        not_after(wanted, schedule.ceilings_of(subject), happened),
        schedule.floors_of(subject),
        happened,
    )


def due_by(line: Due, dues: Mapping[Place, Due]) -> Due | None:
    """Return what is due of a line: of the same place, or of all versions."""
    return dues.get(line.place) or dues.get((line.number, line.level, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """Policy and a day in its time zone: by what a plan's lines are judged anew."""

    schedule: RetentionSchedule
    on: dt.date
    unknown_industry: str
    zone: dt.tzinfo

    def dues(self, customer: KeptCustomer) -> Iterator[Due]:
        """Yield the lines of a plan that a customer makes."""
        fates = judge(customer, self.schedule, self.on)
        yield from due_of(customer, fates, self.schedule, self.on)
