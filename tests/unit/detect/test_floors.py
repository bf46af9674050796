"""Precision and recall by kind, never under their floors.

Issue 3 sets five floors; the others are ours.  Half of the corpus is look-alikes.
"""

import datetime as dt

import pytest

from custody.domain.detection import detect
from custody.domain.kinds import Kind
from tests.builders import people
from tests.builders.corpus import negatives, positives, precision_and_recall

TODAY = dt.date(2026, 11, 23)
OURS = (0.90, 0.85)
FLOORS = {
    **dict.fromkeys(Kind, OURS),
    Kind.RESIDENT_ID: (0.97, 0.95),
    Kind.USCC: (0.97, 0.95),
    Kind.BANK_CARD: (0.95, 0.90),
    Kind.PHONE: (0.95, 0.92),
    Kind.EMAIL: (0.98, 0.98),
}


@pytest.fixture(scope="module")
def measured() -> dict[Kind, tuple[float, float]]:
    """Return precision and recall by kind over the whole corpus."""
    rng = people.chance(30)
    meant = list(positives(rng))
    pairs = [(value, kind) for value, kind in meant]
    others = [(value, None) for value in negatives(rng, len(meant))]
    return precision_and_recall(
        (frozenset(detect(value, today=TODAY).kinds), kind)
        for value, kind in (*pairs, *others)
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kind_is_told_above_its_floors(
    kind: Kind, measured: dict[Kind, tuple[float, float]]
) -> None:
    precision, recall = measured[kind]

    assert precision >= FLOORS[kind][0]
    assert recall >= FLOORS[kind][1]
