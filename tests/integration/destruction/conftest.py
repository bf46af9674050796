"""An installation whose reviewers are founded, on fresh databases for each module."""

import pytest

from tests.builders.destructions import found_reviewers
from tests.builders.installation import Installation
from tests.integration.conftest import Databases


@pytest.fixture(scope="module")
def installation(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """Custody as a new user would have it, with two reviewers."""
    return found_reviewers(databases.install(tmp_path_factory.mktemp("custody")))
