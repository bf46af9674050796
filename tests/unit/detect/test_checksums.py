"""The sums of the standards, against published examples and invented numbers."""

import pytest

from custody.domain import checksums
from tests.builders import people

RNG = people.chance(11)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_examples_of_gb_11643_pass(number: str) -> None:
    assert checksums.is_resident_id_sum(number)


def test_the_luhn_example_passes_and_its_neighbour_does_not() -> None:
    assert checksums.is_luhn("79927398713")
    assert not checksums.is_luhn("79927398710")


@pytest.mark.parametrize("code", ["GB82WEST12345698765432", "DE89370400440532013000"])
def test_the_iban_examples_pass(code: str) -> None:
    assert checksums.is_iban_sum(code)


@pytest.mark.parametrize(
    ("make", "holds"),
    [
        (people.resident_id, checksums.is_resident_id_sum),
        (people.credit_code, checksums.is_uscc_sum),
        (people.bank_card, checksums.is_luhn),
    ],
)
def test_every_single_wrong_digit_is_noticed(make: object, holds: object) -> None:
    assert callable(make)
    assert callable(holds)
    number = make(RNG)
    for position, digit in enumerate(number):
        if digit.isdigit():
            wrong = str((int(digit) + 1) % 10)
            assert not holds(number[:position] + wrong + number[position + 1 :])


def test_credit_codes_have_no_letter_that_looks_like_a_digit() -> None:
    assert not set("IOSVZ") & set(checksums.USCC_ALPHABET)


def test_an_ean_and_a_taiwan_number_pass_their_own_sums() -> None:
    assert checksums.is_ean("4006381333931")
    assert checksums.is_taiwan_business_sum("04595257")
    assert not checksums.is_taiwan_business_sum("1234567")
    assert not checksums.is_ean("x")


def test_an_organisation_code_passes_with_its_check_character() -> None:
    code = people.organisation_code(RNG).replace("-", "")

    assert checksums.is_organisation_sum(code)
