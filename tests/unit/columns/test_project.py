"""The projection shows masks and low fields, and nothing above low in clear."""

import json

import polars as pl

from custody.columns.blocks import Examined
from custody.columns.project import project
from custody.domain.levels import Level
from tests.builders.policies import FIELDS

HANDLES = pl.Series("handle", [bytes([n]) * 16 for n in range(2)], dtype=pl.Binary)


def examined(party: str) -> Examined:
    """Return two invented records of one party kind; the second has only a name."""
    return Examined(
        values=pl.DataFrame(
            {
                "row": [1, 2],
                "customer_name": ["示例甲乙", "示例科技有限公司"],
                "phone": ["+8613800138000", None],
                "preference": ["tea", None],
                "?9": ["left over", None],
            }
        ),
        facts=pl.DataFrame({"row": [1, 2]}),
        identity=pl.DataFrame({"row": [1, 2], "party": [party, party]}),
    )


def levels(name_level: Level, preference: Level = Level.LOW) -> dict[str, pl.Series]:
    """Return the level each field is sealed at."""
    return {
        "customer_name": pl.Series([name_level.value] * 2),
        "phone": pl.Series([Level.MEDIUM.value, None]),
        "preference": pl.Series([preference.value, None]),
        "?9": pl.Series([Level.HIGH.value, None]),
    }


def shown(frame: pl.DataFrame) -> list[dict[str, str]]:
    """Return the masks of each record."""
    return [json.loads(text) for text in frame["shown"]]


def test_a_natural_person_is_shown_by_surname_and_not_searchable_by_name() -> None:
    """R9: a natural person's name is medium; R75: 张*."""
    frame = project(
        examined("natural"),
        handles=HANDLES,
        levels=levels(Level.MEDIUM),
        fields=FIELDS,
    )

    assert frame["name"].to_list() == [None, None]
    assert shown(frame)[0]["customer_name"] == "示*"
    assert shown(frame)[0]["phone"] == "138****8000"


def test_a_legal_person_is_shown_and_searched_by_name() -> None:
    """R9, R29: the mask of a legal person's low field is the value itself."""
    frame = project(
        examined("legal"), handles=HANDLES, levels=levels(Level.LOW), fields=FIELDS
    )

    assert frame["name"].to_list() == ["示例甲乙", "示例科技有限公司"]
    assert shown(frame)[1] == {"customer_name": "示例科技有限公司"}


def test_a_low_field_in_which_more_was_detected_is_not_shown_in_clear() -> None:
    """Design section 4: masked or absent, whatever its declared level."""
    low = project(
        examined("legal"), handles=HANDLES, levels=levels(Level.LOW), fields=FIELDS
    )
    raised = project(
        examined("legal"),
        handles=HANDLES,
        levels=levels(Level.MEDIUM, preference=Level.HIGH),
        fields=FIELDS,
    )

    assert shown(low)[0]["preference"] == "tea"
    assert shown(raised)[0]["preference"] == "***"
    assert shown(raised)[1]["customer_name"] == "示*"
    assert raised["name"].to_list() == [None, None]


def test_an_unknown_column_is_never_shown() -> None:
    """It waits for a person, sealed."""
    frame = project(
        examined("legal"), handles=HANDLES, levels=levels(Level.LOW), fields=FIELDS
    )

    assert "left over" not in "".join(frame["shown"])
