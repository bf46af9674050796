"""What a value is, and what only looks like it: sums, dates, headings, damage."""

import datetime as dt

import pytest

from custody.domain import checksums
from custody.domain.damage import damaged_kind
from custody.domain.detection import detect
from custody.domain.free_text import find_in_text
from custody.domain.headings import kinds_of_heading
from custody.domain.kinds import Kind
from custody.domain.sniffing import (
    guess_delimiter,
    guess_encoding,
    looks_like_header,
    reads_otherwise,
)
from custody.domain.written_dates import date_of
from tests.builders import people

TODAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize("text", ["A123456789", "A123456(3)"])
def test_ids_of_taiwan_and_hong_kong_are_told_by_their_sums(text: str) -> None:
    """Both are the numbers that are printed as examples and belong to nobody."""
    found = detect(text, today=TODAY)

    assert (found.kinds, found.valid) == ((Kind.RESIDENT_ID,), True)


@pytest.mark.parametrize("text", ["身份證號：A123456(4)", "HKID: A1234564"])
def test_a_label_makes_no_regional_id_of_a_wrong_sum(text: str) -> None:
    """Their sum is all that tells them; mainland numbers have more."""
    assert detect(text, today=TODAY).kinds == ()


def test_a_time_of_day_has_a_colon() -> None:
    """`14 October 1999` was taken for a moment by its year."""
    assert detect("14 October 1999", today=TODAY).kinds == (Kind.BIRTH_DATE,)
    assert detect("1985-06-15 12:34:56", today=TODAY).kinds == ()


@pytest.mark.parametrize("text", ["A123456788", "A123456(4)"])
def test_a_wrong_check_digit_makes_a_regional_id_no_id(text: str) -> None:
    assert Kind.RESIDENT_ID not in detect(text, today=TODAY).kinds


def test_an_account_number_is_of_letters_and_digits() -> None:
    assert not checksums.is_iban_sum("GB82 WEST 1234 5698 7654 32")
    assert not checksums.is_iban_sum("GB82WEST1234569876543２")


def test_a_seventh_digit_of_seven_counts_as_one_or_as_nothing() -> None:
    """The rule of Taiwan's Ministry of Finance: 7 x 4 = 28 may be 10, so 1 or 0."""
    for valid in ("10458574", "10458575"):
        assert checksums.is_taiwan_business_sum(valid)
    assert not checksums.is_taiwan_business_sum("10458573")


@pytest.mark.parametrize("text", ["12345678901234", "12345678901234x"])
def test_a_registration_number_has_fifteen_digits(text: str) -> None:
    assert not checksums.is_registration_sum(text)


def test_a_card_with_its_expiry_and_code_is_a_secret_too() -> None:
    """PCI DSS forbids to keep the code; it is told so that somebody hears of it."""
    card = people.bank_card(people.chance(5))

    beside = find_in_text(f"card {card} exp 12/27 cvv 123", today=TODAY)
    alone = find_in_text(f"card {card}", today=TODAY)

    assert set(beside) - set(alone) == {Kind.CREDENTIAL}


@pytest.mark.parametrize("text", ["see chapter a:b:c::d", "a::b says hello there"])
def test_a_word_of_letters_and_colons_is_no_address_of_a_host(text: str) -> None:
    assert Kind.IP not in find_in_text(text, today=TODAY)


@pytest.mark.parametrize("text", ["31/02/1980", "February 30, 1980", "民国69年2月30日"])
def test_a_day_that_no_calendar_has_is_no_date(text: str) -> None:
    assert date_of(text) is None


@pytest.mark.parametrize("text", ["1980年13月出生", "出生日期：1980年13月"])
def test_a_month_that_no_calendar_has_is_no_birth(text: str) -> None:
    assert Kind.BIRTH_DATE not in find_in_text(text, today=TODAY)


def test_a_birth_may_be_told_by_its_month() -> None:
    assert Kind.BIRTH_DATE in find_in_text("1980年12月出生", today=TODAY)


@pytest.mark.parametrize("heading", ["会员卡号", "手机品牌", "是否有电话"])
def test_a_heading_may_use_a_kinds_word_for_something_else(heading: str) -> None:
    assert kinds_of_heading(heading) == ()


@pytest.mark.parametrize("text", ["9.99999E+17", "7.77777E+10"])
def test_what_a_rounded_number_was_cannot_always_be_told(text: str) -> None:
    """No region begins with 99, no mobile number with 77."""
    assert damaged_kind(text) is None


def test_blank_lines_tell_of_no_delimiter() -> None:
    assert guess_delimiter(["", "\n"]) == ","
    assert guess_delimiter(["", "a;b;c", "d;e;f"]) == ";"


def test_a_file_without_rows_or_names_has_no_header() -> None:
    assert not looks_like_header([])
    assert not looks_like_header([["", " "], ["a", "b"]])


def test_bytes_of_neither_chinese_encoding_are_another_ones_text() -> None:
    """0xFF begins no character in GB18030 nor in CP950."""
    sample = "Ärger,Öl,\xff\n".encode("cp1252") * 40

    assert guess_encoding(sample) == "cp1252"
    assert not reads_otherwise(sample, "gb18030")


def test_half_a_character_at_the_end_of_a_sample_proves_no_encoding() -> None:
    """A sample may be cut anywhere."""
    assert guess_encoding(b"name,city\xb0") == "cp1252"


def test_digits_that_were_counted_up_are_no_companys_number() -> None:
    """The sum of 123456789012345 is right, by chance; 1234 is no prefecture."""
    found = detect("123456789012345", today=TODAY)

    assert Kind.TAXPAYER_ID not in found.kinds
