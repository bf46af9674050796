"""Detection over columns: lanes first, each odd value asked once."""

import datetime as dt

import polars as pl

from custody.columns.detect import detect_column
from custody.domain.kinds import Kind
from tests.builders import people

TODAY = dt.date(2026, 11, 23)


def test_plain_columns_are_told_by_lanes_alone() -> None:
    rng = people.chance(6)
    makers = {
        Kind.RESIDENT_ID: people.resident_id,
        Kind.PHONE: people.mobile,
        Kind.EMAIL: people.email,
        Kind.BANK_CARD: people.bank_card,
        Kind.USCC: people.credit_code,
        Kind.PERSON_NAME: people.person_name,
        Kind.COMPANY_NAME: people.company_name,
        Kind.ADDRESS: people.address,
    }
    for kind, make in makers.items():
        values = pl.Series([make(rng) for _ in range(100)])

        found = detect_column(values, today=TODAY, expected=(kind,))

        assert set(found.texts()) == {kind.value}
        assert (found.sure > 0).all()


def test_null_holds_nothing() -> None:
    found = detect_column(pl.Series([None, "x"], dtype=pl.String), today=TODAY)

    assert list(found.texts()) == [None, None]
    assert list(found.valid()) == [None, None]
