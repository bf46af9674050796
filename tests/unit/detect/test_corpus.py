"""Precision and recall on an invented corpus with hard negatives.

Both must be whole on it: what looks like personal data and is none stands here
so that the rules stay narrow.
"""

import datetime as dt
import random
from collections.abc import Callable

import pytest

from custody.domain.detection import detect
from custody.domain.kinds import LEVEL_OF_KIND, Kind
from custody.domain.levels import Level
from tests.builders import people

TODAY = dt.date(2026, 11, 23)
MANY = 200

MAKERS: dict[Kind, Callable[[random.Random], str]] = {
    Kind.RESIDENT_ID: people.resident_id,
    Kind.USCC: people.credit_code,
    Kind.BANK_CARD: people.bank_card,
    Kind.PHONE: people.mobile,
    Kind.EMAIL: people.email,
    Kind.TAXPAYER_ID: people.organisation_code,
    Kind.PERSON_NAME: people.person_name,
    Kind.COMPANY_NAME: people.company_name,
    Kind.ADDRESS: people.address,
}

POSITIVES = {
    "13 8001 3800 0".replace(" ", ""): Kind.PHONE,
    "+86 138-0013-8000": Kind.PHONE,
    "(010) 6234 5678": Kind.PHONE,
    "0755-26345678转8012": Kind.PHONE,
    "400-812-3456": Kind.PHONE,
    "697-555-0142": Kind.PHONE,
    "1 (11) 500 555-0143": Kind.PHONE,
    "(02)2531-7099": Kind.PHONE,
    "02 27338000 ext.8336": Kind.PHONE,
    "+44 20 7946 0018": Kind.PHONE,
    "4111 1111 1111 1111": Kind.BANK_CARD,
    "378282246310005": Kind.BANK_CARD,
    "2223003122003222": Kind.BANK_CARD,
    "GB82 WEST 1234 5698 7654 32": Kind.IBAN,
    "E12345678": Kind.PASSPORT,
    "H12345678": Kind.TRAVEL_PERMIT,
    "京A·12345": Kind.PLATE,
    "粤B12345D": Kind.PLATE,
    "192.168.10.7": Kind.IP,
    "2001:db8::7": Kind.IP,
    "1985-06-15": Kind.BIRTH_DATE,
    "密码：Hunter2!": Kind.CREDENTIAL,
    "CVV: 123": Kind.CREDENTIAL,
    "CVV 123": Kind.CREDENTIAL,
    "cvv2 1234": Kind.CREDENTIAL,
    "密保答案：北京": Kind.CREDENTIAL,
    "安全问题答案: 小白": Kind.CREDENTIAL,
    "security answer: blue": Kind.CREDENTIAL,
    "P@ssw0rd2024": Kind.CREDENTIAL,
    "Maria Anders": Kind.PERSON_NAME,
    "Zhang Wei": Kind.PERSON_NAME,
    "欧阳娜娜": Kind.PERSON_NAME,
    "Example Trading Co., Ltd.": Kind.COMPANY_NAME,
    "1970 Napa Ct.": Kind.ADDRESS,
    "12 Garden Road, Brighouse, HD6 2AX": Kind.ADDRESS,
    "Obere Str. 57": Kind.ADDRESS,
}

NEGATIVES = (
    *("CVV 12345", "SKU-CVV 123", "ACVV 123", "CVV 123-4", "CVV1 23", "CVV 说明"),
    *(
        "密保答案：",
        "密保答案：无",
        "密保答案：暂无",
        "请填写密保答案",
        "CVC 200 涤棉布",
    ),
    *("202401151234567890", "123456789012345678", "987654321098765432"),
    *("111111111111111", "123456789012345", "202405011234567", "000000000000000000"),
    *("353879234252633", "490154203237518", "866758041234567"),  # IMEI-like
    *("6901234567892", "4006381333931"),  # EAN
    *("1700000000000", "1700000000", "1700000000000000"),  # epochs
    *("2311231845120001", "20241123184512000123"),  # moments and serials
    *("12345.67", "￥1,234.50", "400123456.70", "138.50", "-8861234567.12"),
    *("2026-01-15", "2026-01-15 12:30:00", "12:30:45", "2024Q3"),
    *("9AADCB0D-36CF-483F-84D8-585C2D4EC6E9", "SF1234567890123", "AW00000001"),
    *("7590-VHVEG", "V1.2.3", "10.0.19041.1", "256.1.1.1", "v2.11"),
    *("金融", "江苏", "高级", "平安", "方便", "黄金", "白酒", "华东", "成都", "石油"),
    *("老客户", "制造业", "战略客户", "新客", "重要客户，需重点跟进"),
    *("NULL", "N/A", "-", "", "　", "Sales Representative", "Month-to-month"),
    *("foo@bar", "@handle", "user at example dot com", "Electronic check"),
    *("忘记密码", "Passport renewal", "12345678", "123456", "第3号", "3楼"),
)


def test_every_invented_number_of_a_kind_is_told() -> None:
    rng = people.chance(2)
    missed = [
        kind
        for kind, make in MAKERS.items()
        for _ in range(MANY)
        if detect(make(rng), today=TODAY).kinds != (kind,)
    ]

    assert missed == []


@pytest.mark.parametrize(("value", "kind"), POSITIVES.items())
def test_a_written_form_is_told(value: str, kind: Kind) -> None:
    found = detect(value, today=TODAY)

    assert found.kinds == (kind,)
    assert found.level is LEVEL_OF_KIND[kind]


@pytest.mark.parametrize("value", NEGATIVES)
def test_a_look_alike_is_nothing(value: str) -> None:
    found = detect(value, today=TODAY)

    assert found.kinds == ()
    assert found.level is Level.LOW
    assert found.valid is None


@pytest.mark.parametrize("length", [15, 18, 19])
def test_serial_numbers_are_hardly_ever_called_personal(length: int) -> None:
    """Of numbers that begin with a date, as orders do, none is an ID or a card."""
    rng = people.chance(length)
    numbers = [
        f"202{rng.randrange(4, 7)}{rng.randrange(1, 13):02d}"
        + people.digits(rng, length - 6)
        for _ in range(5000)
    ]

    called = [n for n in numbers if detect(n, today=TODAY).level is not Level.LOW]

    assert called == []


def test_random_numbers_are_rarely_called_an_id() -> None:
    """One in a thousand of 15 digits may be an old ID: there is no check digit."""
    rng = people.chance(5)
    found = [
        detect(people.digits(rng, length), today=TODAY).kinds
        for length in (15, 18)
        for _ in range(5000)
    ]

    assert sum(Kind.RESIDENT_ID in kinds for kinds in found) < 100
