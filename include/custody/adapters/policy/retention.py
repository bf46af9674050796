"""`retention.yaml`: periods, floors and ceilings, and what refuses them (R17, A1)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from custody.adapters.policy.classification import refuse_bad_code
from custody.adapters.policy.section import Section
from custody.domain.fields import Choice, Industry
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.retention import (
    Anchor,
    Bound,
    Clash,
    Contradiction,
    Period,
    RetentionSchedule,
    Scope,
    Span,
    Subject,
)
from custody.errors import PolicyError

FILE = "retention.yaml"
_KINDS = ("period", "floor", "ceiling")
_LONGEST_YEARS = 100
_LONGEST_MONTHS = 12 * _LONGEST_YEARS
_LONGEST_DAYS = 366 * _LONGEST_YEARS

_PROBLEMS = {
    Clash.NO_PERIOD: "no period is stated for",
    Clash.TWO_PERIODS: "is no more specific than {other}, for",
    Clash.BELOW_FLOOR: "is shorter than the floor {other}, for",
    Clash.ABOVE_CEILING: "is longer than the ceiling {other}, for",
}


def read_retention(
    entries: Mapping[str, Section],
    industries: Sequence[Industry],
    customer_types: Sequence[Choice],
) -> RetentionSchedule:
    """Return the retention rules; every one names its legal basis (R17).

    PolicyError for the first level, industry and customer type for which no
    period, two, or one that no statute allows is stated.
    """
    names = _Names(industries, customer_types)
    periods: list[Period] = []
    bounds: dict[str, list[Bound]] = {"floor": [], "ceiling": []}
    for rule_id, entry in entries.items():
        refuse_bad_code(entry, rule_id)
        with entry as section:
            kind = section.one_of("kind", _KINDS)
            if kind == "period":
                periods.append(_period(rule_id, section, names))
            else:
                bounds[kind].append(_bound(rule_id, section, names))
    schedule = RetentionSchedule(
        periods=tuple(periods),
        floors=tuple(bounds["floor"]),
        ceilings=tuple(bounds["ceiling"]),
    )
    for found in schedule.contradictions(names.subjects()):
        raise _refusal(found, entries)
    return schedule


class _Names:
    """The codes that a rule may name."""

    def __init__(
        self, industries: Sequence[Industry], customer_types: Sequence[Choice]
    ) -> None:
        self.industries = tuple(industry.code for industry in industries)
        self.types = tuple(choice.code for choice in customer_types)
        self._sections: dict[str, set[str]] = {}
        for industry in industries:
            self._sections.setdefault(industry.section, set()).add(industry.code)

    def scope(self, section: Section) -> Scope:
        """Return for whom a rule is; GB/T 4754 sections stand for their pairs."""
        levels = section.words("levels", LEVELS_FROM_HIGH, default=())
        industries = set(section.words("industries", self.industries, default=()))
        for letter in section.words("sections", tuple(self._sections), default=()):
            industries |= self._sections[letter]
        types = section.words("customer_types", self.types, default=())
        return Scope(
            levels=frozenset(map(Level, levels)),
            industries=frozenset(industries),
            customer_types=frozenset(types),
        )

    def subjects(self) -> Iterator[Subject]:
        """Yield whom policy can speak of; a customer's type may be unknown."""
        for level, industry, kind in product(
            LEVELS_FROM_HIGH, self.industries, (None, *self.types)
        ):
            yield Subject(level=level, industry=industry, customer_type=kind)


def _period(rule_id: str, section: Section, names: _Names) -> Period:
    return Period(
        rule_id=rule_id,
        scope=names.scope(section),
        anchor=section.member("anchor", Anchor),
        span=read_span(section, "keep"),
        superseded=read_span(section, "superseded"),
        legal_basis=section.text("legal_basis"),
    )


def _bound(rule_id: str, section: Section, names: _Names) -> Bound:
    return Bound(
        rule_id=rule_id,
        scope=names.scope(section),
        anchor=section.member("anchor", Anchor),
        span=read_span(section, "keep"),
        legal_basis=section.text("legal_basis"),
    )


def read_span(section: Section, key: str) -> Span:
    """Return years, months and days; PolicyError when none of them is stated."""
    with section.section(key) as span:
        if not span.names():
            raise section.error(key, "years, months or days are expected")
        return Span(
            years=_part(span, "years", _LONGEST_YEARS),
            months=_part(span, "months", _LONGEST_MONTHS),
            days=_part(span, "days", _LONGEST_DAYS),
        )


def _part(span: Section, unit: str, most: int) -> int:
    return span.number(unit, most=most) if span.has(unit) else 0


def _refusal(found: Contradiction, entries: Mapping[str, Section]) -> PolicyError:
    subject = found.subject
    problem = _PROBLEMS[found.clash].format(other=found.other_id)
    who = ", ".join((subject.level, subject.industry, subject.customer_type or "any"))
    if found.rule_id is None:
        return PolicyError(FILE, "-", f"{problem} {who}")
    return PolicyError(entries[found.rule_id].file, found.rule_id, f"{problem} {who}")
