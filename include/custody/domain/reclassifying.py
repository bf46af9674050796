"""A customer who stands in the register, under a policy that has changed.

Pure rules: what counts as a change, and which changed row a person must see first.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custody.domain.held_rows import NO_LONGER_READS, UNKNOWN_FIELD

Place = tuple[str, str, str]
"""Level, field, and the header of a column that no policy knows (else empty)."""

_ASKED_FOR = frozenset({"missing", "minor"})
"""Problems that a supplement request answers; any other is a value that is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a customer stands, or would stand; `fields` are values and never shown.

    `record` is level, tier, industry, customer type, party, responsible, classes.
    `masks` is None when nothing is shown of it (a crash took the projection).
    """

    fields: Mapping[Place, str]
    record: tuple[str | None, ...]
    masks: tuple[str | None, Mapping[str, str]] | None
    reasons: frozenset[str]

    def __repr__(self) -> str:
        """Show nothing of the customer."""
        return "Standing()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One row to be: the customer and part whose version of `former` it replaces.

    `business_date` is that of the former version, for nothing was collected since;
    `reason` is why a person must see the row first.
    """

    number: str
    part: str
    former: bytes
    business_date: dt.date
    reason: str | None


def is_changed(before: Standing, after: Standing) -> bool:
    """Whether anything that is kept of the customer would be another."""
    if (before.fields, before.record) != (after.fields, after.record):
        return True
    return before.masks is not None and before.masks != after.masks


def why_held(before: Standing, after: Standing) -> str | None:
    """Return why a person must see the changed row first; None: nobody must."""
    if _headers(after) - _headers(before):
        return UNKNOWN_FIELD
    if _wrong(after.reasons) - _wrong(before.reasons):
        return NO_LONGER_READS
    return None


def _headers(standing: Standing) -> set[str]:
    return {header for _, _, header in standing.fields if header}


def _wrong(reasons: frozenset[str]) -> set[str]:
    return {one for one in reasons if one.partition(":")[2] not in _ASKED_FOR}


def moves(changes: Sequence[tuple[Standing, Standing]], at: int) -> list[str]:
    """Return `old>new` of each change whose `record[at]` moved."""
    pairs = ((before.record[at], after.record[at]) for before, after in changes)
    return [f"{old or '-'}>{new or '-'}" for old, new in pairs if old != new]
