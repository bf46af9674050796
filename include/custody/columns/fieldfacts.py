"""The facts of one field: token, kinds, and the level it is sealed at."""

import datetime as dt
from collections.abc import Container, Iterable
from dataclasses import dataclass

import polars as pl

from custody.columns.detect import Detected, detect_column
from custody.columns.identity import NATURAL, choice_spellings
from custody.columns.tokens import TOKEN, token_column
from custody.domain.checking import kinds_in_field, level_in_field
from custody.domain.facts import Requirement, Token
from custody.domain.fields import Dimension, Field
from custody.domain.industries import industry_key
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.policy import Policy
from custody.domain.sources import Source

LEVEL = pl.Enum([level.value for level in reversed(LEVELS_FROM_HIGH)])
"""Levels from low to high, so that the greatest is the highest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlan:
    """A field of the source, how much it is needed, and its closed choices."""

    field: Field
    requirement: Requirement
    choices: Container[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFacts:
    """The fact columns of one field, same rows as the values."""

    plan: FieldPlan
    token: pl.Series
    kinds: pl.Series
    declared: pl.Series
    detected: pl.Series
    sealed: pl.Series

    def columns(self) -> Iterable[pl.Series]:
        """Yield the columns under their names in the facts frame."""
        name = self.plan.field.name
        yield self.token.alias(name)
        yield self.kinds.alias(f"{name}__kinds")
        yield self.declared.alias(f"{name}__declared")
        yield self.detected.alias(f"{name}__detected")
        yield self.sealed.alias(f"{name}__sealed")


class _Spellings:
    """The accepted spellings of a dimension; `in` folds like the identity does."""

    def __init__(self, dimension: Dimension) -> None:
        self._known = frozenset(choice_spellings(dimension))

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and industry_key(text) in self._known


def plan_fields(source: Source, policy: Policy) -> tuple[FieldPlan, ...]:
    """Return the register fields that the source fills, in policy's order."""
    filled = {column.field for column in source.columns}
    by_field = {
        one.field: one for one in policy.dimensions if one.field and not one.core
    }
    return tuple(
        FieldPlan(
            field=one,
            requirement=source.requirement_of(one.name),
            choices=_Spellings(by_field[one.name]) if one.name in by_field else None,
        )
        for one in policy.fields
        if one.name in filled
    )


def field_facts(
    values: pl.Series,
    plan: FieldPlan,
    *,
    placeholders: pl.Series,
    party: pl.Series,
    today: dt.date,
) -> FieldFacts:
    """Return the facts of one field; `party` decides a natural person's level."""
    found = detect_column(values, today=today, expected=plan.field.kinds)
    token = token_column(values, plan.field, found, choices=plan.choices, today=today)
    if placeholders.any():
        mark = pl.Series([Token.PLACEHOLDER.value], dtype=TOKEN)
        token = mark.new_from_index(0, len(token)).zip_with(placeholders, token)
    declared = _declared(plan.field, party)
    detected = _levels(found, plan.field)
    higher = (detected > declared).fill_null(value=False)
    sealed = detected.zip_with(higher, declared).set(values.is_null(), None)
    return FieldFacts(
        plan=plan,
        token=token,
        kinds=_kinds(found, plan.field),
        declared=declared,
        detected=detected,
        sealed=sealed,
    )


def _declared(field: Field, party: pl.Series) -> pl.Series:
    declared = _constant(field.level, len(party))
    if field.natural_person_level is None:
        return declared
    personal = _constant(field.natural_person_level, len(party))
    return personal.zip_with(party == NATURAL, declared)


def _kinds(found: Detected, field: Field) -> pl.Series:
    told = [kinds_in_field(field, kinds) for kinds, _ in found.answers]
    return found.pick(["+".join(kinds) or None for kinds in told]).cast(pl.Categorical)


def _levels(found: Detected, field: Field) -> pl.Series:
    told = [
        level_in_field(field, kinds_in_field(field, kinds))
        for kinds, _ in found.answers
    ]
    table = pl.Series(
        [None if level is None else level.value for level in told], dtype=LEVEL
    )
    return table.gather(found.codes)


def _constant(level: Level, height: int) -> pl.Series:
    return pl.Series([level.value], dtype=LEVEL).new_from_index(0, height)
