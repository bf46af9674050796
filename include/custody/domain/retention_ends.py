"""When storage ends: the last day that a rule sets, and how rules bound each other."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from custody.domain.retention import Anchor, Bound, Period

Days = Mapping[Anchor, dt.date]
"""The events that have happened, and when."""


@dataclass(frozen=True, slots=True)
class End:
    """A last day, the rule and event that set it; no day while one is awaited."""

    rule_id: str
    legal_basis: str
    last_day: dt.date | None = None
    awaits: Anchor | None = None
    counted_from: Anchor | None = None


def end_of(rule: Period | Bound, happened: Days) -> End:
    """Return the end that a rule sets, once its event has happened."""
    if rule.anchor not in happened:
        return End(rule.rule_id, rule.legal_basis, awaits=rule.anchor)
    last_day = rule.span.last_day(happened[rule.anchor])
    return End(rule.rule_id, rule.legal_basis, last_day, counted_from=rule.anchor)


def not_after(end: End, ceilings: Iterable[Bound], happened: Days) -> End:
    """Return the earliest end; a ceiling whose event did not happen says nothing."""
    ends = [end, *(end_of(bound, happened) for bound in ceilings)]
    return min(ends, key=lambda one: one.last_day or dt.date.max)


def not_before(end: End, floors: Iterable[Bound], happened: Days) -> End:
    """Return the latest end; a floor whose event did not happen has none."""
    ends = [end, *(end_of(bound, happened) for bound in floors)]
    awaiting = next((one for one in ends if one.last_day is None), None)
    return awaiting or max(ends, key=lambda one: one.last_day or dt.date.max)
