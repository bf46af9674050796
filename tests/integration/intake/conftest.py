"""An installation on fresh databases for each test module."""

import pytest

from tests.builders.installation import Installation
from tests.integration.conftest import Databases

REAL_FILES = (
    "aw_bundle",
    "aw_prospective_buyer",
    "northwind",
    "telco",
    "tw_listed",
    "tw_listing_dates",
    "uk_businesses",
)


@pytest.fixture(scope="module")
def installation(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """Custody as a new user would have it, with the policies of the real files."""
    return databases.install(
        tmp_path_factory.mktemp("custody"),
        overlays=REAL_FILES,
    )
