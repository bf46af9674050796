"""Free text by columns: shut gates tell that nothing is there, and are right."""

import datetime as dt
import re
from collections.abc import Mapping
from operator import ne

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.columns import prose
from custody.columns.detect import detect_column
from custody.columns.gates import GATES, widened
from custody.domain.detection import NOTHING, Detection, detect
from custody.domain.free_text import Search
from tests.builders import people, remarks
from tests.builders.written_forms import WRITTEN

TODAY = dt.date(2026, 11, 23)
SEED = 20261123
ROWS = 2_000
NEVER = "[^\\s\\S]"


def told(values: list[str]) -> list[tuple[object, object]]:
    """Return kinds and validity as the columns tell them."""
    found = detect_column(pl.Series(values), today=TODAY)
    return [found.answers[code] for code in found.codes]


def ruled(values: list[str]) -> list[tuple[object, object]]:
    """Return kinds and validity as the rule tells them."""
    found = [detect(value, today=TODAY) for value in values]
    return [(one.kinds, one.valid) for one in found]


def differing(values: list[str]) -> int:
    """Return how many values columns and rule tell differently."""
    return sum(map(ne, told(values), ruled(values)))


def wide_corpus() -> list[str]:
    """Return remarks, and every written form within a sentence."""
    rng = people.chance(SEED)
    within = [
        text
        for forms in WRITTEN.values()
        for form in forms
        for text in (f"客户说，{form}；请更新", f"noted {form} , thanks", f"{form}。好")
    ]
    return within + [remarks.remark(rng) for _ in range(ROWS)]


def test_remarks_by_columns_are_what_the_rule_says() -> None:
    assert not differing(wide_corpus())


def test_most_remarks_are_told_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds nothing costs no call of the rule: that is what gates are for."""
    rng = people.chance(SEED)
    makers = (remarks.chinese, remarks.english, remarks.mixed)
    values = [make(rng) for make in makers for _ in range(ROWS)]
    asked: list[str] = []

    def ask(text: str, *_: object, **__: object) -> Detection:
        asked.append(text)
        return NOTHING

    monkeypatch.setattr("custody.columns.detect.ask", ask)

    told(values)

    assert not asked


@pytest.mark.parametrize("search", list(GATES), ids=lambda search: search.name)
def test_a_gate_that_is_walled_up_is_missed(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: without any one gate, something in the corpus is overlooked."""
    walled: Mapping[Search, str] = {**GATES, search: NEVER}
    monkeypatch.setattr(prose, "GATES", walled)
    assert differing(wide_corpus())


@pytest.mark.parametrize(
    ("pattern", "wide"),
    [
        ("(?<![0-9])12(?!3)", "12"),
        ("a(?!(?:b|c)d)e", "ae"),
        (r"x(?=[)])\(?!y", r"x\(?!y"),
        ("[(?!]+", "[(?!]+"),
        ("[]a(?!]", "[]a(?!]"),
        (r"(?!\))[^]]z", "[^]]z"),
    ],
)
def test_what_looks_around_is_taken_out_of_a_pattern(pattern: str, wide: str) -> None:
    assert widened(pattern) == wide


@given(st.text("ab12-(", max_size=8))
def test_a_widened_pattern_fits_wherever_the_pattern_does(text: str) -> None:
    pattern = "(?<![a-z])1(?:2(?!1)|a(?=b))|(?<=-)b"

    if re.search(pattern, text):
        assert re.search(widened(pattern), text)


def test_a_column_that_repeats_itself_is_told_as_its_values_are() -> None:
    rng = people.chance(SEED)
    few: list[str | None] = [remarks.remark(rng) for _ in range(40)]
    few += [None, "", "普通会员", people.mobile(rng), people.email(rng)]
    values = [rng.choice(few[:24] + few[-5:]) for _ in range(ROWS)]

    found = detect_column(pl.Series(values, dtype=pl.String), today=TODAY)

    for value, code in zip(values, found.codes, strict=True):
        if value is not None:
            rule = detect(value, today=TODAY)
            assert found.answers[code] == (rule.kinds, rule.valid)
        else:
            assert found.answers[code] == ((), None)
