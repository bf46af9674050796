"""Who is due for destruction on a day, and why everybody else is not (R17, R69).

A customer is judged level by level, from the rules of policy and the events that
are known of the customer.  In doubt a record is kept: an event that nobody has
recorded has not happened.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.retention import (
    Anchor,
    Bound,
    Period,
    RetentionSchedule,
    Subject,
)

REQUEST = "request"
"""Stands in the place of a rule where the customer asked for deletion (PIPL 47)."""

REQUEST_BASIS = "个人信息保护法第47条 (PIPL 47, deletion on request)"

PREFIX = "custody/plan/1"


class Standing(StrEnum):
    """How a customer's level stands towards retention, in the order of a life."""

    IN_USE = "in_use"  # the event that starts the clock has not happened
    STORAGE_ONLY = "storage_only"  # it has: nothing but storage is allowed (PIPL 47)
    ON_HOLD = "on_hold"  # it is over, and a legal hold keeps the record
    DUE = "due"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCustomer:
    """What is known of a customer that bears on retention; dates are policy's zone's.

    `events` are days on which something happened; `asked_on` is the day on which
    the customer's request for deletion was accepted.
    """

    number: str
    levels: frozenset[Level]
    industry: str
    customer_type: str | None
    events: Mapping[Anchor, dt.date]
    on_hold: bool = False
    asked_on: dt.date | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One line of a plan: all versions of a customer's level go."""

    number: str
    level: Level
    last_day: dt.date
    rule_id: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class _End:
    """A last day, the rule and event that set it; no day while one is awaited."""

    rule_id: str
    legal_basis: str
    last_day: dt.date | None = None
    awaits: Anchor | None = None
    counted_from: Anchor | None = None


_Days = Mapping[Anchor, dt.date]


def judge(
    customer: KeptCustomer, schedule: RetentionSchedule, on: dt.date
) -> tuple[Fate, ...]:
    """Return the fate of each level of a customer on a day, from high to low."""
    happened = {event: day for event, day in customer.events.items() if day <= on}
    return tuple(
        _judge(customer, level, schedule, happened, on)
        for level in LEVELS_FROM_HIGH
        if level in customer.levels
    )


def _judge(
    customer: KeptCustomer,
    level: Level,
    schedule: RetentionSchedule,
    happened: _Days,
    on: dt.date,
) -> Fate:
    subject = Subject(
        level=level, industry=customer.industry, customer_type=customer.customer_type
    )
    wanted = _wanted(customer, schedule.period_of(subject), happened, on)
    end = wanted
    if wanted.last_day is not None:
        end = _not_before(
            _not_after(wanted, schedule.ceilings_of(subject), happened),
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


def _standing(customer: KeptCustomer, wanted: _End, end: _End, on: dt.date) -> Standing:
    if wanted.last_day is None:
        return Standing.IN_USE
    if end.last_day is None or on <= end.last_day:
        # Collection begins a use and ends none: the period is of using, too.
        used = wanted.counted_from is Anchor.COLLECTION and on <= wanted.last_day
        return Standing.IN_USE if used else Standing.STORAGE_ONLY
    return Standing.ON_HOLD if customer.on_hold else Standing.DUE


def _wanted(
    customer: KeptCustomer, period: Period, happened: _Days, on: dt.date
) -> _End:
    """Return when we want to be done: on request, else when the period is over."""
    if customer.asked_on is not None and customer.asked_on <= on:
        return _End(REQUEST, REQUEST_BASIS, customer.asked_on)
    return _end(period, happened)


def _end(rule: Period | Bound, happened: _Days) -> _End:
    if rule.anchor not in happened:
        return _End(rule.rule_id, rule.legal_basis, awaits=rule.anchor)
    last_day = rule.span.last_day(happened[rule.anchor])
    return _End(rule.rule_id, rule.legal_basis, last_day, counted_from=rule.anchor)


def _not_after(end: _End, ceilings: Iterable[Bound], happened: _Days) -> _End:
    """Return the earliest end; a ceiling whose event did not happen says nothing."""
    ends = [end, *(_end(bound, happened) for bound in ceilings)]
    return min(ends, key=lambda one: one.last_day or dt.date.max)


def _not_before(end: _End, floors: Iterable[Bound], happened: _Days) -> _End:
    """Return the latest end; a floor whose event did not happen has none."""
    ends = [end, *(_end(bound, happened) for bound in floors)]
    awaiting = next((one for one in ends if one.last_day is None), None)
    return awaiting or max(ends, key=lambda one: one.last_day or dt.date.max)


def due_of(customer: KeptCustomer, fates: Iterable[Fate]) -> Iterator[Due]:
    """Yield the lines of a plan that a customer's fates make, in their order."""
    for fate in fates:
        if fate.standing is Standing.DUE and fate.last_day is not None:
            yield Due(
                number=customer.number,
                level=fate.level,
                last_day=fate.last_day,
                rule_id=fate.rule_id,
                legal_basis=fate.legal_basis,
            )


def plan_lines(
    dues: Iterable[Due], *, on: dt.date, policy: str, dataset: str
) -> Iterator[str]:
    """Yield the plan in its one form: a head, and a line for each customer's level.

    Each line is canonical JSON (sorted keys, no blanks, UTF-8) without its line
    end (docs/formats.md).  `policy` is the digest of the policy in force.
    """
    head = {"dataset": dataset, "on": on.isoformat(), "policy": policy}
    yield f"{PREFIX} {_canonical(head)}"
    for one in dues:
        yield _canonical(
            {
                "last_day": one.last_day.isoformat(),
                "legal_basis": one.legal_basis,
                "level": one.level.value,
                "number": one.number,
                "rule": one.rule_id,
            }
        )


class PlanDigest:
    """SHA-256 over the lines of a plan, each with its line feed: what is approved."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._digest = hashlib.sha256()

    def add(self, line: str) -> None:
        """Read one more line."""
        self._digest.update(line.encode() + b"\n")

    def hex(self) -> str:
        """Return the digest, 64 hex digits."""
        return self._digest.hexdigest()


def _canonical(document: Mapping[str, str]) -> str:
    return json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
