"""One installation for the journey."""

import pytest

from tests.builders.installation import Installation
from tests.integration.conftest import Databases, databases, postgres

__all__ = ["databases", "postgres"]


@pytest.fixture(scope="module")
def installation(
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Installation:
    """Custody as a new user would have it."""
    return databases.install(tmp_path_factory.mktemp("custody"))
