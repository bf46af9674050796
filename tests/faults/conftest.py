"""What the tests of deaths and races share."""

from collections.abc import Iterator

import pytest

from tests.faults.moulds import Mould, open_mould


@pytest.fixture(scope="session")
def mould() -> Iterator[Mould]:
    """One loaded site for all that copy it; nobody changes it."""
    with open_mould() as mould:
        yield mould
