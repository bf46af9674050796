"""A million invented customers by columns: distinct numbers with right sums.

The columns are those of the shipped source `partner_bank`; four rows in five are
people, one is a company.  Nothing is drawn from life (see `people`).
"""

from typing import Any

import numpy as np
import polars as pl

from custody.domain.checksums import USCC_ALPHABET
from tests.builders.people import GIVEN, REGIONS, SURNAMES

_ID_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
_USCC_WEIGHTS = np.array(
    (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
)
_ORG_WEIGHTS = np.array((3, 7, 9, 10, 5, 8, 4, 2))
_MOBILES = ("136", "138", "139", "150", "158", "177", "186", "188", "199")
_ROADS = ("示例", "虚构", "样本", "测试", "假想")

Numbers = Any  # NumPy's own, of any integer width


def bank_customers(rows: int, *, seed: int = 1) -> pl.DataFrame:
    """Return `rows` invented customers, the same for the same seed."""
    rng = np.random.default_rng(seed)
    number = np.arange(rows)
    company = number % 5 == 4
    person = pl.Series(~company)

    def only(texts: pl.Series, where: pl.Series) -> pl.Series:
        return texts.set(~where, None)

    def pick(choices: tuple[str, ...] | str) -> pl.Series:
        return pl.Series(list(choices)).gather(rng.integers(0, len(choices), rows))

    def filled(numbers: Numbers, width: int) -> pl.Series:
        return pl.Series(numbers).cast(pl.String).str.zfill(width)

    name = pick(SURNAMES) + pick(GIVEN) + pick(GIVEN)
    firm = "北京" + pick("云海山川星辰") + pick("远方嘉禾云海") + "贸易有限公司"
    return pl.DataFrame(
        {
            "customer_id": "B" + filled(number, 9),
            "full_name": firm.zip_with(pl.Series(company), name),
            "party": pl.Series(["自然人"]).new_from_index(0, rows).set(~person, "法人"),
            "resident_id": only(_resident_ids(number, rng), person),
            "credit_code": only(_credit_codes(number, rng), ~person),
            "contact": only(name, ~person),
            "mobile": pick(_MOBILES) + filled(rng.integers(0, 10**8, rows), 8),
            "email": "u" + filled(number, 9) + "@example.com",
            "address": "北京市朝阳区"
            + pick(_ROADS)
            + "路"
            + filled(rng.integers(1, 300, rows), 1)
            + "号"
            + filled(rng.integers(1, 2000, rows), 1)
            + "室",
            "card": only(_cards(number), person),
            "credit_report": only("CR-2026-" + filled(number, 7), person),
            "industry": pick(("农业-种植", "农业-其他", "采矿-煤炭")),
            "customer_type": pick(("新客", "老客", "潜在客")),
            "standing": pick(("战略", "普通", "潜在")),
            "yearly_amount": filled(rng.integers(0, 10**7, rows), 1) + ".50",
            "branch": filled(rng.integers(0, 999, rows), 4),
        }
    )


def _digits(numbers: Numbers, width: int) -> Numbers:
    return numbers[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10


def _texts(digits: Numbers, alphabet: str) -> Numbers:
    """Return one fixed-width text per row of digits."""
    letters = np.frombuffer(alphabet.encode(), dtype=np.uint8)[digits]
    return np.ascontiguousarray(letters).view(f"S{digits.shape[1]}").ravel()


def _column(texts: Numbers) -> pl.Series:
    return pl.Series(texts.astype(str), dtype=pl.String)


def _resident_ids(number: Numbers, rng: np.random.Generator) -> pl.Series:
    count = len(number)
    regions = np.array([int(one) for one in REGIONS])[rng.integers(0, 7, count)]
    days = np.datetime64("1955-01-01") + rng.integers(0, 15_000, count)
    births = np.char.replace(days.astype(str), "-", "").astype(np.int64)
    first = _digits((regions * 10**8 + births) * 1000 + number % 1000, 17)
    checks = np.frombuffer(b"10X98765432", dtype="S1")[first @ _ID_WEIGHTS % 11]
    return _column(np.char.add(_texts(first, "0123456789"), checks))


def _cards(number: Numbers) -> pl.Series:
    first = _digits(629_999 * 10**12 + number * 1009, 18)
    doubled = first.copy()
    doubled[:, 1::2] *= 2
    total = (doubled - 9 * (doubled > 9)).sum(axis=1)
    return _column(_texts(np.column_stack((first, -total % 10)), "0123456789"))


def _credit_codes(number: Numbers, rng: np.random.Generator) -> pl.Series:
    """Return codes of organisations named `MA` and six digits."""
    regions = np.array([int(one) for one in REGIONS])[rng.integers(0, 7, len(number))]
    organisation = np.column_stack(
        (
            np.full(len(number), USCC_ALPHABET.index("M")),
            np.full(len(number), USCC_ALPHABET.index("A")),
            _digits(number % 10**6, 6),
        )
    )
    worth = organisation.copy()
    worth[:, :2] = (22, 10)  # M and A in base 36
    check = (11 - worth @ _ORG_WEIGHTS % 11) % 11
    check[check == 10] = USCC_ALPHABET.index("X")
    kind = np.tile((9, 1), (len(number), 1))
    first = np.column_stack((kind, _digits(regions, 6), organisation, check))
    last = -(first @ _USCC_WEIGHTS) % 31
    return _column(_texts(np.column_stack((first, last)), USCC_ALPHABET))
