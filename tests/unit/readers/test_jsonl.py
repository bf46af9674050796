"""JSON lines are flat objects; every value keeps its literal."""

import pytest

from custody.errors import DeliveryError
from tests.builders.readers import JSONL, read

AB = ("a", "b")


def test_numbers_keep_the_digits_they_were_written_with() -> None:
    rows, _ = read(b'{"a": 440308199901101512, "b": 1.50}\n', AB, JSONL)

    assert rows == [{"row": 1, "a": "440308199901101512", "b": "1.50"}]


def test_null_and_absence_are_missing_and_truth_is_text() -> None:
    rows, _ = read(b'{"a": null}\n{"a": true, "b": false}\n', AB, JSONL)

    assert rows[0] == {"row": 1, "a": None, "b": None}
    assert rows[1] == {"row": 2, "a": "true", "b": "false"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a":1,"a":2}', "duplicate_key"),
        (b'{"a":1," a":2}', "duplicate_key"),
        (b"[1]", "not_an_object"),
        (b'"x"', "not_an_object"),
        (b'{"a":{"x":1}}', "nested_value"),
        (b'{"a":[1]}', "nested_value"),
        (b'{"a":NaN}', "not_a_number"),
        (b'{"a":-Infinity}', "not_a_number"),
        (b'{"a":007}', "malformed_json"),
        (b'{"a":1}{"a":2}', "malformed_json"),
        (b'{"a":"1"', "malformed_json"),
        (b"null", "malformed_json"),
        (b"[" * 100_000, "nested_too_deep"),
        (b'{"a":"\\ud800"}', "lone_surrogate"),
        (b'{"a":"\\u0000"}', "nul"),
        (b'{"a":"' + b"x" * 131_073 + b'"}', "field_too_long"),
        (b"", "blank_row"),
    ],
)
def test_a_faulty_line_is_placed_and_the_others_are_read(
    line: bytes, reason: str
) -> None:
    rows, faults = read(b'{"a":1}\n' + line + b'\r\n{"a":3}', AB, JSONL)

    assert [(fault.row, fault.reason) for fault in faults] == [(2, reason)]
    assert [row["row"] for row in rows] == [1, 3]


def test_an_undeclared_key_is_never_dropped_and_never_named() -> None:
    rows, _ = read(b'{"a":1,"secret":"x"}\n{"b":2,"other":"y"}\n', AB, JSONL)

    assert rows[0] == {"row": 1, "a": "1", "b": None, "?3": "x", "?4": None}
    assert rows[1] == {"row": 2, "a": None, "b": "2", "?3": None, "?4": "y"}


@pytest.mark.parametrize(
    ("content", "reason", "row"),
    [
        (b"", "empty_file", None),
        (b'{"a":1}\n{"a":"\xff"}\n', "bad_encoding", 2),
        (b'{"a":1}\n' + b"x" * (17 * 1024 * 1024), "row_too_long", 2),
    ],
)
def test_an_unreadable_file_is_refused_with_its_place(
    content: bytes, reason: str, row: int | None
) -> None:
    with pytest.raises(DeliveryError) as caught:
        read(content, AB, JSONL)

    assert (caught.value.reason, caught.value.row) == (reason, row)
