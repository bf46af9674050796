"""What was sealed comes back as cells of the columns that policy has today."""

import polars as pl
import pytest

from custody.columns.recall import Recall
from custody.domain.sources import SourceColumn
from tests.builders.policies import source


def recall(*columns: tuple[str, str | None]) -> Recall:
    """Return the recall of a source with these columns: name and field."""
    return Recall(
        source(columns=tuple(SourceColumn(name=n, field=f) for n, f in columns))
    )


def cells(
    one: Recall, *rows: dict[str, str]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the recalled columns and headers of rows numbered from 5."""
    frame, headers = one.cells(list(enumerate(rows, start=5)))
    columns = frame.to_dict(as_series=False)
    assert columns.pop("row") == list(range(5, 5 + len(rows)))
    return columns, headers


def test_a_field_comes_back_through_its_first_column() -> None:
    """Its columns were joined when it was sealed; they are not taken apart."""
    one = recall(("street", "address"), ("town", "address"), ("tel", "phone"))

    columns, headers = cells(one, {"address": "甲路 城", "phone": "1"}, {"phone": "2"})

    assert columns == {"street": ["甲路 城", None], "tel": ["1", "2"]}
    assert headers == {}


def test_an_unknown_column_comes_back_under_the_name_policy_gives_it() -> None:
    one = recall(("\ufeff 等级 ", "grade"))

    columns, headers = cells(one, {"?7:等级": "A"})

    assert columns == {"\ufeff 等级 ": ["A"]}
    assert headers == {}


@pytest.mark.parametrize("column", [("等级", None), ("other", "grade")])
def test_a_column_policy_ignores_is_no_unknown_one(column: tuple[str, str]) -> None:
    columns, headers = cells(recall(column), {"?7:等级": "A"})

    known = column[1] is None
    assert columns == ({"等级": ["A"]} if known else {"?7": ["A"]})
    assert headers == ({} if known else {"?7": "等级"})


def test_a_column_without_header_stays_unknown() -> None:
    """Twin of the header: place alone names nothing."""
    columns, headers = cells(recall(("等级", "grade")), {"?7": "A"})

    assert columns == {"?7": ["A"]}
    assert headers == {}


def test_a_field_that_the_source_lost_is_an_unknown_column_now() -> None:
    """Never silently dropped, whatever became of policy."""
    columns, headers = cells(recall(("tel", "phone")), {"?2:x": "A", "fax": "9"})

    assert columns == {"?2": ["A"], "?3": ["9"]}
    assert headers == {"?2": "x", "?3": "fax"}


def test_a_field_makes_room_for_a_column_of_its_own_named_since() -> None:
    one = recall(("new", "phone"), ("old", "phone"))

    columns, _ = cells(one, {"phone": "1", "?3:new": "2"})

    assert columns == {"old": ["1"], "new": ["2"]}


def test_two_texts_of_one_cell_are_joined_not_lost() -> None:
    columns, _ = cells(recall(("tel", "phone")), {"phone": "1", "?3:tel": "2"})

    assert columns == {"tel": ["1 2"]}


def test_one_place_in_two_files_stays_two_columns_in_every_block() -> None:
    """JSONL numbers its keys by file."""
    one = recall(("tel", "phone"))

    first, told = cells(one, {"?2:x": "A"}, {"?2:y": "B"})
    later, _ = cells(one, {"?2:y": "C"})

    assert first == {"?2": ["A", None], "?3": [None, "B"]}
    assert told == {"?2": "x", "?3": "y"}
    assert later == {"?3": ["C"]}


def test_a_row_of_nothing_is_a_row() -> None:
    frame, _ = recall(("tel", "phone")).cells([(1, {}), (2, {})])

    assert frame.to_dict(as_series=False) == {"row": [1, 2]}
    assert frame.schema == {"row": pl.Int64}
