"""Suppression 抑制: what was destroyed does not come back by an old delivery (R69).

A row whose match key was destroyed is refused when its data were collected on the day
of the destruction or before; collected later, with an authorisation of its own, it is
of a new customer; and of what nobody knows the day, a person decides.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.language import Text
from custody.domain.retention import Span

JOINT = "+"
"""Between the fields of a match key; no field's name has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionRules:
    """How long suppression tokens are kept after a destruction, and why one may."""

    keep: Span
    legal_basis: str


class Fate(StrEnum):
    """What a suppression does to a row; the code is its reason, stable and printed."""

    REFUSED = "suppressed"
    UNDATED = "suppressed_undated"


def fate_of(collected_on: dt.date | None, destroyed_on: dt.date) -> Fate | None:
    """Return what becomes of a row that names someone destroyed; None: it goes on."""
    if collected_on is None:
        return Fate.UNDATED
    return Fate.REFUSED if collected_on <= destroyed_on else None


def match_key_name(fields: Collection[str]) -> str:
    """Return the one name of a match key, in whatever order a source lists it."""
    return JOINT.join(sorted(fields))


def match_key_names(
    match_keys: Iterable[Collection[str]],
) -> tuple[tuple[str, ...], ...]:
    """Return each distinct match key once, its fields in the order of its name."""
    return tuple(sorted({tuple(sorted(fields)) for fields in match_keys}))


WHY_SUPPRESSED = {
    Fate.REFUSED: Text(
        "该客户已被销毁，此数据采集于销毁日或之前",
        "the customer was destroyed, and this was collected on that day or before",
    ),
    Fate.UNDATED: Text(
        "该客户已被销毁，而此数据的采集日期未知",
        "the customer was destroyed, and nobody knows when this was collected",
    ),
}
"""The codes in words."""
