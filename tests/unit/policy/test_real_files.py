"""The policies of the real files fit the files (docs/policy.md)."""

import csv
from pathlib import Path

import pytest

from custody.adapters.policy import load_policy
from custody.domain.facts import Requirement
from custody.domain.sources import FULL, Source
from tests.builders.policy_files import POLICIES, POLICY

FILES = {
    "aw_prospective_buyer": ("aw_ProspectiveBuyer.csv", 2_059),
    "northwind": ("northwind_customers.csv", 91),
    "telco": ("telco_customer_churn.csv", 7_043),
    "tw_listed": ("tw_mops_listed_companies_big5.csv", 1_041),
    "uk_businesses": ("uk_businesses_rateable.csv", 6_823),
}


def _source(name: str) -> Source:
    source = load_policy(POLICY, POLICIES / name).source(name)
    assert source is not None
    return source


@pytest.mark.parametrize("name", FILES)
def test_it_parses(name: str) -> None:
    """Each stands in a directory of its own, laid over the project's policy."""
    assert _source(name).fields_of("customer_name")


def test_all_stand_side_by_side() -> None:
    """Overlays add up."""
    policy = load_policy(POLICY, *(POLICIES / name for name in FILES))

    assert {source.source_id for source in policy.sources} >= set(FILES)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "file", "rows"), [(n, *f) for n, f in FILES.items()])
def test_the_columns_are_those_of_the_file(
    shared: Path, name: str, file: str, rows: int
) -> None:
    """Width, header to the last blank, encoding and number of rows."""
    source = _source(name)
    layout = source.layout
    text = (shared / "data" / "intake" / file).read_text(encoding=layout.encoding)

    lines = list(csv.reader(text.splitlines(), delimiter=layout.delimiter))

    header = [lines.pop(0)] if layout.header else []
    assert {len(line) for line in lines} == {len(source.columns)}
    assert len(lines) == rows
    assert header in ([], [[column.name for column in source.columns]])


def test_a_source_that_enriches_needs_no_name_and_no_contact() -> None:
    """Whom it speaks of is known already (ADR 0013)."""
    source = load_policy(POLICY, POLICIES / "tw_listing_dates").source(
        "tw_listing_dates"
    )

    assert source is not None
    assert source.enriches
    assert source.part == "tw_listing_dates"
    assert source.contact_requirement is Requirement.OPTIONAL
    assert _source("northwind").part == FULL
