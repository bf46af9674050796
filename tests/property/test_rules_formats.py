"""Compiled rules agree with the Python that GX would run on each value."""

import collections
import datetime as dt
import re

from hypothesis import given
from hypothesis import strategies as st

from tests.builders.expectations import asks, values, verdicts

FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%Y%m%d", "%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f")
REGEXES = (r"^\d{3,}$", r"[A-Z]+", r"^(a|b)*c?$", "中", r"\+\d\d", r"^\S+@\S+$")


def python_parses(text: str, written: str) -> bool:
    try:
        dt.datetime.strptime(text, written)  # noqa: DTZ007 - as GX asks it
    except ValueError:
        return False
    return True


@given(
    st.sampled_from(FORMATS),
    st.lists(
        st.text("0123456789-/: .", max_size=12)
        | st.dates().map(str)
        | st.from_regex(r"(?a)[12]\d{3}-[01]?\d-[0-3]?\d", fullmatch=True)
        | st.from_regex(r"(?a)[12]\d{3}[01]\d[0-3]\d", fullmatch=True)
        | st.from_regex(r"(?a)[0-3]?\d/[01]?\d/[0-2]\d{3}", fullmatch=True)
        | st.from_regex(r"(?a)[0-2]?\d:[0-6]?\d:[0-6]?\d", fullmatch=True),
        min_size=1,
    ),
)
def test_a_format_takes_what_strptime_takes(written: str, given: list[str]) -> None:
    asked = asks(
        "expect_column_values_to_match_strftime_format",
        column="day",
        strftime_format=written,
    )

    found = verdicts(values(day=list(given)), asked)

    expected = ["pass" if python_parses(text, written) else "fail" for text in given]
    assert found == expected


@given(
    st.sampled_from(REGEXES),
    st.lists(st.text("aAbc019+@中. ", max_size=8), min_size=1),
)
def test_a_regex_finds_what_python_finds(written: str, given: list[str]) -> None:
    asked = asks("expect_column_values_to_match_regex", column="name", regex=written)

    found = verdicts(values(name=list(given)), asked)

    expected = ["pass" if re.search(written, text) else "fail" for text in given]
    assert found == expected


@given(
    st.lists(
        st.tuples(
            st.none() | st.text("ab:1-", max_size=3),
            st.none() | st.text("ab:1-", max_size=3),
        ),
        min_size=1,
    )
)
def test_a_compound_key_repeats_exactly_when_its_rows_do(
    rows: list[tuple[str | None, str | None]],
) -> None:
    counts = collections.Counter(rows)
    frame = values(name=[row[0] for row in rows], phone=[row[1] for row in rows])

    found = verdicts(
        frame,
        asks("expect_compound_columns_to_be_unique", column_list=["name", "phone"]),
    )

    expected = [
        None if row == (None, None) else "fail" if counts[row] > 1 else "pass"
        for row in rows
    ]
    assert found == expected


@given(
    st.lists(
        st.none()
        | st.floats(allow_nan=False, allow_infinity=False, width=32).map(str)
        | st.text("0.x", max_size=3),
        min_size=1,
    )
)
def test_a_number_bound_fails_whatever_is_no_number(given: list[str | None]) -> None:
    asked = asks(
        "expect_column_values_to_be_between", column="amount", min_value=0, max_value=9
    )

    found = verdicts(values(amount=given), asked)

    for text, verdict in zip(given, found, strict=True):
        if text is None:
            assert verdict is None
        elif not re.fullmatch(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
            assert verdict == "fail"
        else:
            assert verdict == ("pass" if 0 <= float(text) <= 9 else "fail")
