"""Sealing takes no more memory for a million rows than for a tenth of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.installation import Installation
from tests.builders.many import bank_customers
from tests.builders.memory import peak_of_tree
from tests.builders.unsigned import unsigned
from tests.integration.conftest import Databases

SOURCE = "partner_bank"
MOST_GROWTH = 1.15
SOME_ROWS, TEN_TIMES = 100_000, 1_000_000
SEAL = (
    "import sys; from custody.bootstrap import open_custody;"
    "print(open_custody().seal(sys.argv[1]))"
)


@pytest.fixture
def bank(databases: Databases, tmp_path: Path) -> Installation:
    """Custody with the shipped bank, which may deliver without a signature."""
    return databases.install(
        tmp_path / "home",
        overlays=[unsigned(SOURCE, tmp_path / "policy")],
    )


def peak_of_sealing(installation: Installation, rows: int) -> float:
    """Land a delivery, seal it in a process of its own; return the peak in MiB."""
    content = bank_customers(rows).write_csv().encode()
    delivery_id = installation.put(SOURCE, content, name="customers.csv")
    installation.custody.admit(SOURCE)
    with subprocess.Popen(
        [sys.executable, "-c", SEAL, delivery_id],
        env={**os.environ, **installation.environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as task:
        peak = peak_of_tree(task)
        assert task.stdout is not None
        assert task.stdout.read().strip() == "sealed"
    return peak


@pytest.mark.large
@pytest.mark.timeout(7_200)
def test_memory_does_not_grow_with_the_file(bank: Installation) -> None:
    """The task and its workers together, at their worst moment.

    A short delivery meets fewer moments, so the worst of three is what it takes.
    """
    tenth = max(peak_of_sealing(bank, SOME_ROWS) for _ in range(3))

    whole = peak_of_sealing(bank, TEN_TIMES)

    assert whole <= tenth * MOST_GROWTH
