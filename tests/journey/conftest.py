"""One installation for the journey."""

import pytest

from tests.builders.installation import Installation, install
from tests.integration.conftest import Databases, databases, postgres

__all__ = ["databases", "postgres"]


@pytest.fixture(scope="module")
def installation(
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Installation:
    """Custody as a new user would have it."""
    return install(
        tmp_path_factory.mktemp("custody"),
        warehouse_url=databases.warehouse_url,
        keyring_url=databases.keyring_url,
        credentials=databases.server.credentials,
    )
