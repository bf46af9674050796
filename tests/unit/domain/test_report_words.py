"""What a report says of an expectation: the author's words, else ours."""

import pytest

from custody.domain.language import Text
from custody.domain.report_words import demand_of, fields_of
from tests.builders.expectations import asks, suite_of


def one(document: dict[str, object]) -> Text:
    """Return what is said of one expectation."""
    (expectation,) = suite_of(document).expectations
    return demand_of(expectation)


def named(**kwargs: object) -> Text:
    """Return the names of the fields that an expectation is about."""
    (expectation,) = suite_of(asks("expect_x", **kwargs)).expectations
    return fields_of(expectation, lambda name: Text(f"字段{name}", f"field {name}"))


def test_the_authors_own_notes_stand_before_ours() -> None:
    document = asks("expect_column_values_to_not_be_null", column="name")
    document["meta"] = {"notes": {"zh": "每位客户都有名称", "en": "all have a name"}}

    assert one(document) == Text("每位客户都有名称", "all have a name")


def test_a_type_without_words_stands_for_itself() -> None:
    assert one(asks("expect_x", column="name")) == Text("expect_x", "expect_x")


def test_a_set_is_written_out_and_a_bound_that_is_not_stated_is_open() -> None:
    chosen = asks(
        "expect_column_values_to_be_in_set", column="name", value_set=["a", "b"]
    )
    bounded = asks(
        "expect_column_value_lengths_to_be_between", column="name", min_value=2
    )
    empty = asks(
        "expect_column_value_lengths_to_be_between",
        column="name",
        min_value=2,
        max_value=None,
    )

    assert "a, b" in one(chosen).en
    assert "2" in one(bounded).en
    assert "…" in one(bounded).en
    assert one(empty) == one(bounded)


@pytest.mark.parametrize(
    ("column", "english"),
    [
        ("name", "field name"),
        ("name__fact", "field name · fact"),
        ("name__detected", "field name · detected level"),
        ("record__verdict", "row verdict"),
    ],
)
def test_a_column_of_facts_is_named_after_its_field(column: str, english: str) -> None:
    assert named(column=column).en == english


def test_what_is_about_no_field_is_about_the_table() -> None:
    words = named()

    assert words.zh
    assert "field" not in words.en


def test_several_fields_are_told_in_their_order() -> None:
    assert named(column_A="name", column_B="phone") == Text(
        "字段name、字段phone", "field name, field phone"
    )
