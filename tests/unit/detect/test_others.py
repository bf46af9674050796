"""Precision and recall on the test cases of other people, never under their floors.

`tests/vectors/others.json` was gathered from the test suites of validator.js,
python-email-validator, pyIsEmail, Presidio, pyap, nameparser, cleanco and JioNLP, from
Faker's providers and from repositories that test names and addresses: what each holds
to be an address, a name, … or to be none.  Names of living people and numbers that
could be somebody's were left out; two in five cases are look-alikes (R20-R23).
"""

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from custody.columns.detect import detect_column
from custody.domain.detection import detect
from custody.domain.kinds import Kind
from tests.builders.corpus import precision_and_recall

TODAY = dt.date(2026, 11, 23)
OTHERS = Path(__file__).parents[2] / "vectors" / "others.json"
FLOORS = {
    Kind.EMAIL: (0.94, 0.97),
    Kind.IP: (0.97, 0.98),
    Kind.ADDRESS: (0.97, 0.97),
    Kind.PERSON_NAME: (0.96, 0.89),
    Kind.COMPANY_NAME: (0.97, 0.92),
}
FEWEST = 200


@pytest.fixture(scope="module")
def cases() -> list[tuple[str, Kind | None]]:
    """Return the values, each with the one kind that its author says it is."""
    groups = json.loads(OTHERS.read_text(encoding="utf-8"))
    return [
        (value, Kind(group["kind"]) if group["kind"] else None)
        for group in groups
        for value in group["values"]
    ]


@pytest.fixture(scope="module")
def measured(cases: list[tuple[str, Kind | None]]) -> dict[Kind, tuple[float, float]]:
    """Return both by kind; what is told to be wrongly written is told to be none."""
    found = ((detect(value, today=TODAY), kind) for value, kind in cases)
    return precision_and_recall(
        (frozenset(() if one.valid is False else one.kinds), kind)
        for one, kind in found
    )


@pytest.mark.parametrize("kind", list(FLOORS))
def test_a_kind_is_told_above_its_floors(
    kind: Kind,
    cases: list[tuple[str, Kind | None]],
    measured: dict[Kind, tuple[float, float]],
) -> None:
    precision, recall = measured[kind]

    assert sum(1 for _, meant in cases if meant is kind) >= FEWEST
    assert precision >= FLOORS[kind][0]
    assert recall >= FLOORS[kind][1]


def test_a_column_of_them_is_told_as_each_value(
    cases: list[tuple[str, Kind | None]],
) -> None:
    """The fast twin, over all that other people thought of."""
    values = [value for value, _ in cases]

    found = detect_column(pl.Series(values), today=TODAY)

    told = [found.answers[code] for code in found.codes]
    each = [detect(value, today=TODAY) for value in values]
    assert told == [(one.kinds, one.valid) for one in each]
