"""Rows decided by set are decided as the one rule decides them one by one (R27)."""

import itertools
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from custody.adapters.database import transaction
from custody.domain.matching import (
    Applicant,
    Customer,
    Held,
    Matcher,
    NewVersion,
    Unchanged,
)
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import LEVELS, Row, Warehouse, token
from tests.integration.warehouse.deliveries import open_warehouse as opened

pytestmark = pytest.mark.integration

KEYS = (("resident_id",), ("full_name", "phone"), ("passport",))
FIELDS = tuple(itertools.chain(*KEYS))
DELIVERIES = itertools.count()
FULL, ADDED = False, True

Told = list[list[tuple[object, ...]]]
Deliveries = list[tuple[bool, list[Row]]]
"""Rows, and whether their source enriches."""

ROWS = st.lists(
    st.builds(
        Row,
        st.dictionaries(st.sampled_from(FIELDS), st.sampled_from("abc")),
        st.sampled_from("xy"),
        st.sampled_from(("load", "load", "load", "supplement", "pending")),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def warehouse(databases: Databases) -> Warehouse:
    """Return the loader's adapters on this module's warehouse."""
    return opened(databases)


class Parts:
    """A matcher, and of each customer the latest version of either part."""

    def __init__(self) -> None:
        self.matcher = Matcher()
        self.founders: dict[Customer, tuple[int, int]] = {}
        self._latest: dict[Customer, dict[bool, tuple[bytes, Mapping[str, bytes]]]] = {}

    def turn_to(self, *, enriches: bool) -> None:
        """Show the rule the versions of one part."""
        none: tuple[None, Mapping[str, bytes]] = (None, {})
        for customer in self.founders:
            latest = self._latest[customer].get(enriches, none)
            customer.handle, customer.row_tokens = latest
        self.matcher.enriches = enriches

    def note(self, customer: Customer, place: tuple[int, int]) -> tuple[int, int]:
        """Keep a version that was made; return where the customer was founded."""
        founder = self.founders.setdefault(customer, place)
        assert customer.handle is not None
        self._latest.setdefault(customer, {})[self.matcher.enriches] = (
            customer.handle,
            customer.row_tokens,
        )
        return founder


def one_by_one(deliveries: Deliveries) -> Told:
    """Return what the rule says of each row; a customer is its founder's place."""
    parts, handles = Parts(), itertools.count(1)
    told: Told = []
    place: dict[bytes, tuple[int, int]] = {}
    for delivery, (enriches, rows) in enumerate(deliveries):
        said: list[tuple[object, ...]] = []
        parts.turn_to(enriches=enriches)
        for number, row in enumerate(rows, start=1):
            if row.verdict == "pending":
                said.append(("pending",))
                continue
            handle = next(handles).to_bytes(16, "big")
            place[handle] = (delivery, number)
            decision = parts.matcher.decide(applicant(number, handle, row))
            if isinstance(decision, Held):
                said.append(("held", decision.reason.value))
            elif isinstance(decision, Unchanged):
                said.append(("unchanged", place[decision.same_as]))
            else:
                assert isinstance(decision, NewVersion)
                founder = parts.note(decision.customer, place[handle])
                said.append(("loaded", founder, decision.version))
        told.append(said)
    return told


def applicant(number: int, handle: bytes, row: Row) -> Applicant:
    """Return a row as the rule sees it."""
    keys = tuple(
        tuple(token(f"{name}={row.keys[name]}") for name in fields)
        if all(name in row.keys for name in fields)
        else None
        for fields in KEYS
    )
    tokens = {
        level: token(f"{level}:{sorted(row.keys.items())}:{row.content}")
        for level in LEVELS
    }
    return Applicant(row=number, handle=handle, keys=keys, row_tokens=tokens)


def loaded(warehouse: Warehouse, deliveries: Deliveries) -> Told:
    """Load the deliveries; return what became of each row, told the same way."""
    ids: list[str] = []
    for enriches, rows in deliveries:
        record = warehouse.stage(rows)
        warehouse.load_record(record, *KEYS, enriches=enriches)
        ids.append(record.key.delivery_id)
    with transaction(warehouse.engine, "look") as connection:
        versions = connection.execute(
            text(
                "SELECT delivery_id, row, handle, number, version"
                " FROM register.record_version WHERE delivery_id = ANY(:ids)"
            ),
            {"ids": ids},
        ).all()
        outcomes = connection.execute(
            text(
                "SELECT delivery_id, row, outcome, reasons, handle"
                " FROM intake.row_outcome WHERE delivery_id = ANY(:ids)"
                " AND outcome <> 'loaded'"
            ),
            {"ids": ids},
        ).all()
    place = {one.handle: (ids.index(one.delivery_id), one.row) for one in versions}
    founders = {one.number: place[one.handle] for one in versions if one.version == 1}
    told: dict[tuple[int, int], tuple[object, ...]] = {
        place[one.handle]: ("loaded", founders[one.number], one.version)
        for one in versions
    }
    for one in outcomes:
        where = {"held": one.reasons[0] if one.reasons else None}
        where["unchanged"] = place.get(one.handle)
        rest = (where[one.outcome],) if one.outcome in where else ()
        told[ids.index(one.delivery_id), one.row] = (one.outcome, *rest)
    return [
        [told[delivery, row] for row in range(1, len(rows) + 1)]
        for delivery, (_, rows) in enumerate(deliveries)
    ]


def apart(deliveries: Deliveries) -> Deliveries:
    """Return the deliveries with values that no earlier example had."""
    mark = next(DELIVERIES)
    return [
        (
            enriches,
            [
                replace(row, keys={name: f"{mark}{v}" for name, v in row.keys.items()})
                for row in rows
            ],
        )
        for enriches, rows in deliveries
    ]


def holds(warehouse: Warehouse, deliveries: Deliveries) -> None:
    """Assert that both ways say the same of every row."""
    told = apart(deliveries)

    assert loaded(warehouse, told) == one_by_one(told)


KNOWN = Row({"resident_id": "a", "passport": "p"})
# Each would be decided wrongly if one of the conditions for a set were missing.
NAMED_BY_TWO_ROWS = [
    (FULL, [KNOWN]),
    (FULL, [Row({"resident_id": "a"}, "y"), Row({"passport": "p"}, "y")]),
]
SHARES_A_KEY = [
    (FULL, [Row({"resident_id": "a"})]),
    (FULL, [Row({"passport": "q"}), Row({"resident_id": "a", "passport": "q"})]),
]
NAMES_TWO = [
    (FULL, [Row({"resident_id": "a"}), Row({"passport": "p"})]),
    (FULL, [KNOWN]),
]
STRONGER_KEY_DIFFERS = [
    (FULL, [KNOWN]),
    (FULL, [Row({"resident_id": "b", "passport": "p"})]),
]
# A part is compared with itself alone: with the rule of full versions, the second
# and the fourth delivery would be unchanged, or the third a correction.
ADDS_AND_RETURNS = [
    (FULL, [KNOWN]),
    (ADDED, [KNOWN]),
    (FULL, [KNOWN]),
    (ADDED, [KNOWN, Row({"passport": "z"}), Row({"resident_id": "a"}, "y")]),
    (ADDED, [Row({"resident_id": "a"}, "y")]),
]
STRONGER_KEY_OF_THE_FULL_ONE_DIFFERS = [
    (FULL, [KNOWN]),
    (ADDED, [Row({"passport": "p"}, "y")]),
    (ADDED, [Row({"resident_id": "b", "passport": "p"})]),
    (FULL, [Row({"resident_id": "b", "passport": "p"})]),
]

QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)


@settings(max_examples=10, deadline=None, suppress_health_check=QUIET)
@given(deliveries=st.lists(st.tuples(st.booleans(), ROWS), min_size=1, max_size=3))
@example(deliveries=NAMED_BY_TWO_ROWS)
@example(deliveries=SHARES_A_KEY)
@example(deliveries=NAMES_TWO)
@example(deliveries=STRONGER_KEY_DIFFERS)
@example(deliveries=ADDS_AND_RETURNS)
@example(deliveries=STRONGER_KEY_OF_THE_FULL_ONE_DIFFERS)
def test_a_load_decides_as_the_rule_does_row_by_row(
    warehouse: Warehouse, deliveries: Deliveries
) -> None:
    holds(warehouse, deliveries)


@pytest.mark.large
@settings(max_examples=400, deadline=None, suppress_health_check=QUIET)
@given(deliveries=st.lists(st.tuples(st.booleans(), ROWS), min_size=1, max_size=4))
def test_many_loads_decide_as_the_rule_does_row_by_row(
    warehouse: Warehouse, deliveries: Deliveries
) -> None:
    holds(warehouse, deliveries)
