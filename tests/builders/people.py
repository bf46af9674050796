"""Invented people, companies and their numbers, with sums that are right.

Nothing here is drawn from life: names are put together by chance, and numbers
from a seeded `random.Random` that the caller hands over.
"""

import datetime as dt
import random
import string

from custody.domain.checksums import (
    USCC_ALPHABET,
    luhn_check,
    organisation_check,
    resident_id_check,
    uscc_check,
)

REGIONS = ("110101", "310104", "330106", "440305", "510107", "610113", "320508")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰"
_MOBILES = ("136", "138", "139", "150", "158", "177", "186", "188", "199")
_ROADS = ("示例", "虚构", "样本", "测试", "假想")
_TRADES = ("科技", "贸易", "实业", "信息技术", "食品")


def chance(seed: int) -> random.Random:
    """Return a source of chance that is the same in every run."""
    return random.Random(seed)  # noqa: S311 - invented data, nothing secret


def digits(rng: random.Random, count: int) -> str:
    """Return that many digits."""
    return "".join(rng.choices(string.digits, k=count))


def resident_id(rng: random.Random, *, born: dt.date | None = None) -> str:
    """Return a resident ID of 18 characters."""
    birth = born or adult_birth(rng)
    first = f"{rng.choice(REGIONS)}{birth:%Y%m%d}{rng.randrange(1, 999):03d}"
    return first + resident_id_check(first)


def old_resident_id(rng: random.Random) -> str:
    """Return a resident ID of 15 digits: born in the last century."""
    birth = dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(16_000))
    return f"{rng.choice(REGIONS)}{birth:%y%m%d}{rng.randrange(1, 999):03d}"


def adult_birth(rng: random.Random) -> dt.date:
    """Return a birth date between 1950 and 2000."""
    return dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(18_000))


def credit_code(rng: random.Random) -> str:
    """Return a unified social credit code."""
    organisation = "MA" + "".join(rng.choices(USCC_ALPHABET, k=6))
    first = f"91{rng.choice(REGIONS)}{organisation}{organisation_check(organisation)}"
    if first[-1] not in USCC_ALPHABET:
        return credit_code(rng)
    return first + uscc_check(first)


def organisation_code(rng: random.Random) -> str:
    """Return an organisation code with its hyphen."""
    first = digits(rng, 8)
    return f"{first}-{organisation_check(first)}"


def bank_card(rng: random.Random, *, length: int = 19) -> str:
    """Return a UnionPay card number; no bank has this prefix."""
    first = "629999" + digits(rng, length - 7)
    return first + luhn_check(first)


def mobile(rng: random.Random) -> str:
    """Return a mainland mobile number of 11 digits."""
    return rng.choice(_MOBILES) + digits(rng, 8)


def landline(rng: random.Random) -> str:
    """Return a landline number with its area code."""
    return f"0{rng.choice(('10', '21', '755', '571'))}-6{digits(rng, 7)}"


def email(rng: random.Random) -> str:
    """Return an address at a domain that cannot exist (RFC 2606)."""
    name = "".join(rng.choices(string.ascii_lowercase, k=7))
    return f"{name}{digits(rng, 3)}@example.com"


def person_name(rng: random.Random) -> str:
    """Return a Chinese name of two or three characters."""
    return rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice((1, 2))))


def company_name(rng: random.Random) -> str:
    """Return a company's full name."""
    made_up = "".join(rng.choices("云海山川星辰远方嘉禾", k=2))
    return f"北京{made_up}{rng.choice(_TRADES)}有限公司"


def address(rng: random.Random) -> str:
    """Return a postal address with its door."""
    road = rng.choice(_ROADS)
    return f"北京市朝阳区{road}路{rng.randrange(1, 300)}号{rng.randrange(1, 30)}室"


def customer(rng: random.Random) -> dict[str, str]:
    """Return one natural person's row of a website form, by register field."""
    return {
        "customer_name": person_name(rng),
        "phone": mobile(rng),
        "email": email(rng),
        "resident_id": resident_id(rng),
        "address": address(rng),
    }


def with_luhn(first: str) -> str:
    """Return the digits with the one that makes them pass Luhn, as IMEIs do."""
    return first + luhn_check(first)
