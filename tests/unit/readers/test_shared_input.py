"""Real files of other people: their readers lose no row."""

from pathlib import Path

import pytest

from tests.builders.readers import read

pytestmark = pytest.mark.shared


def _first_line(content: bytes) -> tuple[str, ...]:
    return tuple(content.splitlines()[0].decode().split(","))


@pytest.mark.parametrize(
    ("name", "rows", "width"),
    [
        ("northwind_customers.csv", 91, 11),
        ("uk_businesses_rateable.csv", 6823, 7),
        ("telco_customer_churn.csv", 7043, 21),
    ],
)
def test_real_files_lose_no_row(shared: Path, name: str, rows: int, width: int) -> None:
    content = (shared / "data" / "intake" / name).read_bytes()

    found, faults = read(content, _first_line(content))

    assert (len(found), len(found[0]) - 1, len(faults)) == (rows, width, 0)
