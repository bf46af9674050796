"""Keys of a page come by their range, unless others lie between (R65)."""

import datetime as dt
from collections.abc import Iterator, Sequence

import polars as pl
import pytest

from custody.application.set_pages import with_keys

HANDLES = [bytes((at,)) * 16 for at in (1, 3, 5)]
KEY = b"k" * 32


class Keys:
    """A key for each of the page's handles, and for many others between them."""

    def __init__(self, others: int) -> None:
        self.handles = [
            *HANDLES,
            *(b"\x02" + bytes((at,)) * 15 for at in range(others)),
        ]
        self.asked: list[str] = []

    def wrapped(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return those of the handles."""
        self.asked.append("each")
        return _records([one for one in self.handles if one in handles])

    def between(self, first: bytes, last: bytes, *, most: int) -> pl.DataFrame:
        """Return the others first, at most so many."""
        self.asked.append("range")
        found = [one for one in self.handles if first <= one <= last]
        return _records(found[::-1][:most])

    def tables(self) -> tuple[()]:
        """Return none."""
        return ()

    def copy(self, table: object) -> Iterator[bytes]:
        """Yield nothing."""
        raise AssertionError(table)


def _records(handles: Sequence[bytes]) -> pl.DataFrame:
    rows = [(one, "high", "live/high/1", KEY, b"w") for one in handles]
    names = ("handle", "level", "epoch", "key_id", "wrapped")
    return pl.DataFrame(rows, schema=names, orient="row")


def _page(delivery: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "handle": HANDLES,
            "level": ["high"] * 3,
            "key_id": [KEY] * 3,
            "business_date": [dt.date(2026, 11, 30)] * 3,
            "delivery_id": pl.Series([delivery] * 3, dtype=pl.String),
        }
    )


@pytest.mark.parametrize(
    ("delivery", "others", "asked"),
    [
        ("d", 0, ["range"]),
        ("d", 2, ["range"]),
        ("d", 3, ["range", "each"]),
        ("d", 200, ["range", "each"]),
        (None, 0, ["each"]),
    ],
)
def test_each_value_has_its_key_however_many_lie_between(
    delivery: str | None, others: int, asked: list[str]
) -> None:
    """And no more than twice as many keys as values are ever held."""
    keys = Keys(others)

    (page,) = with_keys(iter([_page(delivery)]), keys)

    assert page["handle"].to_list() == HANDLES
    assert page["wrapped"].null_count() == 0
    assert keys.asked == asked
