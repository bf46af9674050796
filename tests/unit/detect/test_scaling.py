"""Looking at a value takes time in proportion to its length, whatever is in it.

Who fills in a remark must not be able to stop the intake: a pattern whose search
tries every end from every start takes seconds for one cell (CWE-1333).
"""

import time

import pytest

from custody.domain.companies import LONGEST_COMPANY
from custody.domain.detection import LONGEST_SEARCHED, detect
from custody.domain.free_text import find_in_text

LONG, SHORT = LONGEST_SEARCHED, LONGEST_SEARCHED // 4
PROPORTIONAL = 8
"""Four times the text may take eight times the time; a quadratic search takes 16."""

LEAST = 0.05  # seconds of this process below which nothing is told
RUNS = (
    *("a", "1", "0", "@", ".", "-", "(", "+", "%", "：", "张", "北", "路", "一", "号"),
    *(
        "李路",
        "北京路1",
        "李路1",
        "路1a",
        "北京银行",
        "有限公司，",
        "张三",
        "密码 ",
        "出生",
    ),
    *("a.", "a@", "a@a.", "a-", "a_", "1.", "1-", "1 ", "1a", "+1 ", "A1", "::"),
    *("Aa ", "Wang ", "James ", "1 Road ", "A Ltd ", "(12) ", "api key ", "cvv "),
    *(
        "密码 ",
        "出生",
        "eyJ",
        "eyJaaaaaaaaaaa",
        "eyJaaaaaaaaaaa.",
        "-----BEGIN ",
        "-----BEGIN A",
    ),
)


def seconds(text: str) -> float:
    """Return the processor time of looking at a text, as a value and as prose."""
    begun = time.process_time()
    detect(text)
    find_in_text(text)
    return time.process_time() - begun


@pytest.mark.parametrize("run", RUNS)
def test_four_times_the_text_takes_about_four_times_as_long(run: str) -> None:
    """Holds for one repeated thing, behind which every near-match lies again."""
    text = run * LONG

    short, long = seconds(text[:SHORT]), seconds(text[:LONG])

    assert long < PROPORTIONAL * max(short, LEAST)


@pytest.mark.parametrize("run", RUNS)
def test_a_value_as_long_as_a_company_name_takes_milliseconds(run: str) -> None:
    """Whole-value patterns may try more, for they see few characters."""
    assert seconds((run * LONGEST_COMPANY)[:LONGEST_COMPANY]) < LEAST


def test_detection_searches_no_further_than_it_says() -> None:
    """A cell of megabytes is looked at as far as the limit and no further."""
    assert seconds("李路" * LONG) < PROPORTIONAL * LEAST * 10
