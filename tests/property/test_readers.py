"""Whatever the text, no row is lost, made up, or read otherwise than RFC 4180."""

import csv
import io
import json

from hypothesis import example, given
from hypothesis import strategies as st

from custody.errors import DeliveryError
from tests.builders.readers import HEADERLESS, JSONL, read

AB = ("x", "y")

_cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_rows = st.lists(st.tuples(_cells, _cells), min_size=1, max_size=8)
_hostile = st.text(st.sampled_from('ab,"\n\r\0'), max_size=40)


def _read(text: str, *, step: int = 1 << 20) -> object:
    """Return rows and faults, or the refusal."""
    try:
        rows, faults = read(text.encode(), AB, HEADERLESS, step=step)
    except DeliveryError as error:
        return error.reason, error.row
    return rows, [(fault.row, fault.reason, fault.raw) for fault in faults]


@given(_rows)
def test_what_a_writer_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)

    found, faults = read(out.getvalue().encode(), AB, HEADERLESS)

    # A byte order mark at the very begin of the first cell is behind its quote.
    assert [(row["x"], row["y"]) for row in found] == rows
    assert not faults


@given(_hostile)
def test_rows_and_faults_are_numbered_without_a_gap(text: str) -> None:
    try:
        rows, faults = read(text.encode(), AB, HEADERLESS)
    except DeliveryError:
        return

    numbers = [int(str(row["row"])) for row in rows] + [f.row for f in faults]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


@given(_hostile)
def test_a_text_without_fault_means_what_the_strict_standard_reader_says(
    text: str,
) -> None:
    try:
        rows, faults = read(text.encode(), AB, HEADERLESS)
    except DeliveryError:
        return
    if faults:
        return

    expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    assert [[row["x"], row["y"]] for row in rows] == expected


@given(_hostile, st.integers(min_value=1, max_value=5))
@example(text='\ra\n""a\n', step=1)
def test_how_the_bytes_arrive_changes_nothing(text: str, step: int) -> None:
    at_once = _read(text)

    trickled = _read(text, step=step)

    assert trickled == at_once


@given(
    st.lists(
        st.dictionaries(st.sampled_from(AB), _cells | st.none(), min_size=1),
        min_size=1,
        max_size=6,
    ),
    st.integers(min_value=1, max_value=7),
)
def test_objects_written_as_lines_are_read_back(
    rows: list[dict[str, str | None]], step: int
) -> None:
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()

    found, faults = read(content, AB, JSONL, step=step)

    assert not faults
    assert [(row["x"], row["y"]) for row in found] == [
        (row.get("x"), row.get("y")) for row in rows
    ]
