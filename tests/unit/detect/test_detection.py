"""What one value is, in all the forms in which people write it."""

import datetime as dt

import pytest

from custody.domain.cards import check_card
from custody.domain.checking import check_field, check_value, level_in_field
from custody.domain.checksums import resident_id_check
from custody.domain.detection import detect, detection_form
from custody.domain.facts import Token
from custody.domain.fields import Normaliser
from custody.domain.free_text import find_in_text
from custody.domain.kinds import Kind
from custody.domain.levels import Level
from tests.builders import people
from tests.builders.policies import field

TODAY = dt.date(2026, 11, 23)
RNG = people.chance(3)
ID = people.resident_id(RNG)
OLD_ID = people.old_resident_id(RNG)
CODE = people.credit_code(RNG)


@pytest.mark.parametrize(
    "value",
    [
        ID,
        f" {ID} ",
        f'"{ID}"',
        f"'{ID}",
        f"{ID[:6]} {ID[6:14]} {ID[14:]}",
        f"{ID[:6]}-{ID[6:14]}-{ID[14:]}",
        ID.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)}),
        f"\u200b{ID}\ufeff",
        "11010519491231002x",
        OLD_ID,
    ],
)
def test_an_id_is_told_in_every_written_form(value: str) -> None:
    found = detect(value, today=TODAY)

    assert found.kinds == (Kind.RESIDENT_ID,)
    assert found.valid is True
    assert found.level is Level.HIGH


def test_a_mistyped_id_is_told_and_called_wrong() -> None:
    wrong = ID[:-1] + ("0" if ID[-1] != "0" else "1")

    found = detect(wrong, today=TODAY)

    assert found.kinds == (Kind.RESIDENT_ID,)
    assert found.valid is False


def test_permits_of_residents_count_as_ids_and_foreigners_as_travel_permits() -> None:
    hong_kong = "810000199201300022"
    first = "931840199001010" + "01"
    foreigner = first + resident_id_check(first)

    assert detect(hong_kong, today=TODAY).kinds == (Kind.RESIDENT_ID,)
    assert detect("USA310190010110", today=TODAY).kinds == (Kind.TRAVEL_PERMIT,)
    assert detect(foreigner, today=TODAY).kinds == (Kind.TRAVEL_PERMIT,)


def test_a_birth_in_the_future_is_no_id() -> None:
    unborn = people.resident_id(RNG, born=dt.date(2030, 1, 1))

    assert detect(unborn, today=TODAY).kinds == ()


def test_a_credit_code_is_told_in_lower_case_and_called_wrong_when_mistyped() -> None:
    assert detect(CODE.lower(), today=TODAY).valid is True
    wrong = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")
    assert detect(wrong, today=TODAY) == detect(wrong)
    assert detect(wrong).valid is False


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"客户来电{people.mobile(RNG)}，请回复", {Kind.PHONE}),
        (f"身份证{ID}已核对", {Kind.RESIDENT_ID}),
        (f"卡号：{people.bank_card(RNG)}", {Kind.BANK_CARD}),
        (f"邮箱{people.email(RNG)}", {Kind.EMAIL}),
        ("联系人：李强，周五到访", {Kind.PERSON_NAME}),
        ("王芳女士投诉", {Kind.PERSON_NAME}),
        ("出生日期：1990-03-07", {Kind.BIRTH_DATE}),
        ("护照号：E12345678", {Kind.PASSPORT}),
        ("登录密码是abc123", {Kind.CREDENTIAL}),
        ("车牌京A12345停在门口", {Kind.PLATE}),
        ("call 212-555-0142 tomorrow", {Kind.PHONE}),
        (f"代码{people.organisation_code(RNG)}", {Kind.TAXPAYER_ID}),
        ("登录自 10.1.2.3", {Kind.IP}),
        ("1 3 8 0 0 1 3 8 0 0 0", {Kind.PHONE}),
        ("订单号 202405011234567，金额 13800138000.00", set()),
    ],
)
def test_what_hides_in_remarks_is_found(text: str, kinds: set[Kind]) -> None:
    assert set(find_in_text(detection_form(text), today=TODAY)) == kinds


@pytest.mark.parametrize(
    ("kind", "value", "token"),
    [
        (Kind.RESIDENT_ID, ID, Token.VALID),
        (Kind.RESIDENT_ID, ID[:-1] + "A", Token.MALFORMED),
        (Kind.RESIDENT_ID, "110105194912310020", Token.BAD_CHECKSUM),
        (Kind.RESIDENT_ID, "110105194902310020", Token.MALFORMED),
        (Kind.RESIDENT_ID, "4.40308E+17", Token.DAMAGED),
        (Kind.RESIDENT_ID, "1" * 15, Token.MALFORMED),
        (Kind.USCC, CODE, Token.VALID),
        (Kind.USCC, CODE[:-1] + "I", Token.MALFORMED),
        (Kind.BANK_CARD, "4111111111111111", Token.VALID),
        (Kind.BANK_CARD, "4111111111111112", Token.BAD_CHECKSUM),
        (Kind.BANK_CARD, "411111", Token.MALFORMED),
        (Kind.BANK_CARD, "5.54563E+15", Token.DAMAGED),
        (Kind.PHONE, "1.38001E+10", Token.DAMAGED),
        (Kind.IBAN, "GB82WEST12345698765432", Token.VALID),
        (Kind.IBAN, "GB82WEST12345698765433", Token.BAD_CHECKSUM),
        (Kind.IBAN, "GB82", Token.MALFORMED),
        (Kind.PHONE, "+8613800138000", Token.VALID),
        (Kind.PHONE, "+8612345678901", Token.MALFORMED),
        (Kind.PHONE, "66365566", Token.MALFORMED),
        (Kind.EMAIL, "zhang@example.com", Token.VALID),
        (Kind.EMAIL, "zhang@", Token.MALFORMED),
        (Kind.PASSPORT, "E12345678", Token.VALID),
        (Kind.PASSPORT, "none", Token.MALFORMED),
        (Kind.TRAVEL_PERMIT, "12345678", Token.VALID),
        (Kind.TRAVEL_PERMIT, "x", Token.MALFORMED),
        (Kind.TAXPAYER_ID, "04595257", Token.VALID),
        (Kind.TAXPAYER_ID, "04595258", Token.BAD_CHECKSUM),
        (Kind.TAXPAYER_ID, "none", Token.MALFORMED),
        (Kind.TAXPAYER_ID, CODE, Token.VALID),
        (Kind.BIRTH_DATE, "1990-02-30", Token.MALFORMED),
        (Kind.BIRTH_DATE, "1990-02-28", Token.VALID),
        (Kind.PLATE, "京A12345", Token.VALID),
        (Kind.IP, "1.2.3.256", Token.MALFORMED),
        (Kind.PERSON_NAME, "NA", Token.UNCHECKED),
    ],
)
def test_a_declared_value_is_checked_as_its_kind(
    kind: Kind, value: str, token: Token
) -> None:
    assert check_value(kind, value, today=TODAY) is token


def test_a_closed_set_comes_before_everything_else() -> None:
    kind = field("phone", kinds=(Kind.PHONE,), normaliser=Normaliser.PHONE)

    assert check_field(kind, "x", choices={"x"}) is Token.VALID
    assert check_field(kind, "y", choices={"x"}) is Token.OUT_OF_SET


def test_dates_and_amounts_without_a_kind_are_checked_by_their_form() -> None:
    day, money = (
        field("f", normaliser=n) for n in (Normaliser.DATE, Normaliser.AMOUNT)
    )

    assert check_field(day, "2026-02-30") is Token.MALFORMED
    assert check_field(money, "1.5") is Token.VALID
    assert check_field(money, "1.5万元") is Token.MALFORMED


def test_whether_a_name_is_a_persons_is_the_partys_matter() -> None:
    name = field("customer_name", natural_person_level=Level.MEDIUM)

    assert level_in_field(name, (Kind.PERSON_NAME,)) is None
    assert level_in_field(name, (Kind.PHONE,)) is Level.MEDIUM


@pytest.mark.parametrize(
    ("number", "token"),
    [
        ("", Token.MALFORMED),
        ("7111111111111111", Token.MALFORMED),
        ("676192172788", Token.VALID),
        ("180055939287724", Token.VALID),
        ("180055939287725", Token.BAD_CHECKSUM),
    ],
)
def test_declared_cards_are_short_and_old_ones_too(number: str, token: Token) -> None:
    """Maestro's 12 digits and JCB's first numbers; nothing at all is none (R21)."""
    assert check_card(number) is token


def test_four_numbers_are_no_phone_and_a_chapter_is_no_address() -> None:
    """Their digits together would be a mobile; what stands before tells a version."""
    assert detect("178.239.13.216").kinds == (Kind.IP,)
    assert detect("my ip 178.239.13.216").kinds == (Kind.IP,)
    assert detect("section 4.2.1.1").kinds == ()
    assert detect("firmware: 1.0.0.25").kinds == ()


def test_a_mistyped_address_of_mail_is_told_as_wrong() -> None:
    """It is as sensitive as one that is well written (R22)."""
    for mistyped in (".leading@example.com", "me@[127.0.0.999]", "me@example.tld-2"):
        told = detect(mistyped)
        assert (told.kinds, told.valid) == ((Kind.EMAIL,), False)
        assert told.level is Level.MEDIUM
