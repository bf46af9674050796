"""Industries as sources write them (R10, R35)."""

import pytest

from custody.domain.fields import Industry
from custody.domain.industries import industry_key, industry_of, industry_spellings
from tests.builders.policies import BANKING, UNKNOWN_INDUSTRY


@pytest.mark.parametrize(
    "text",
    [
        "finance.banking",
        "金融-银行",
        " 金融 － 银行 ",
        "金融—银行",
        "金融/银行",
        "FINANCE - bank",
        "银行",
    ],
)
def test_spellings_of_one_industry(text: str) -> None:
    """Blanks, width, case and the kind of dash do not matter."""
    spellings = industry_spellings([BANKING, UNKNOWN_INDUSTRY])

    assert industry_of(text, spellings, otherwise=UNKNOWN_INDUSTRY) is BANKING


@pytest.mark.parametrize("text", [None, "", "银行业务", "银行业", "finance"])
def test_anything_else_is_unknown(text: str | None) -> None:
    """R26: it may be completed later."""
    spellings = industry_spellings([BANKING, UNKNOWN_INDUSTRY])

    assert industry_of(text, spellings, otherwise=UNKNOWN_INDUSTRY) is UNKNOWN_INDUSTRY


def test_one_spelling_names_one_industry() -> None:
    """Else the order of a file would decide."""
    other = Industry(
        code="other", section="J", pair_zh="银行", pair_en="b", prefix="FI"
    )

    with pytest.raises(ValueError, match=r"names both finance\.banking and other"):
        industry_spellings([BANKING, other])


def test_inner_blanks_are_one() -> None:
    """As in `Metal  ores`."""
    assert industry_key("Mining-Metal \t ores") == "mining-metal ores"
