"""Customer numbers (R28, R73)."""

import pytest

from custody.domain.numbering import customer_number


def test_prefix_year_serial() -> None:
    """The form's own example."""
    assert customer_number("FI", 2024, 123, width=6) == "FI2024000123"


def test_a_serial_that_outgrows_its_width_stays_unique() -> None:
    """It takes a digit more; nothing wraps round."""
    grown = customer_number("FI", 2024, 1_000_000, width=6)

    assert grown == "FI20241000000"
    assert grown != customer_number("FI", 2024, 100_000, width=6)


@pytest.mark.parametrize("prefix", ["", "F", "fi", "FIN", "F1", "金融", "FI\n"])
def test_a_prefix_is_two_capital_letters(prefix: str) -> None:
    """Anything else is the policy loader's failure."""
    with pytest.raises(ValueError, match="prefix"):
        customer_number(prefix, 2024, 1, width=6)


@pytest.mark.parametrize("year", [0, 999, 10_000])
def test_a_year_has_four_digits(year: int) -> None:
    """Else prefix, year and serial could not be told apart."""
    with pytest.raises(ValueError, match="year"):
        customer_number("FI", year, 1, width=6)


@pytest.mark.parametrize(("serial", "width"), [(0, 6), (-1, 6), (1, 0)])
def test_serials_start_at_one(serial: int, width: int) -> None:
    """Zero is a counter that nobody advanced."""
    with pytest.raises(ValueError, match="start at 1"):
        customer_number("FI", 2024, serial, width=width)
