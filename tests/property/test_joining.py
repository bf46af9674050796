"""A bundle's join against a dictionary: no main row and no side row is lost."""

import json

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from custody.columns.joining import AMBIGUOUS, UNJOINED, Joining, Side
from custody.domain.sources import Bundle, FileFormat, Layout, SideFile, SourceColumn

KEYS = st.sampled_from(["", " ", "1", "01", "2", "3", None])
ROWS = st.lists(st.tuples(KEYS, st.text(max_size=3)), max_size=8)
COLUMNS = (SourceColumn(name="key", field=None),)
FILE = SideFile(
    name="side.csv",
    layout=Layout(format=FileFormat.CSV),
    columns=(*COLUMNS, SourceColumn(name="text", field="remark")),
    joins=(("key", "key"),),
)
BUNDLE = Bundle(
    main="main.csv", columns=COLUMNS, sides=(FILE,), most_rows=9, most_bytes=9
)


def frame(keys: list[str | None], **others: list[str]) -> pl.DataFrame:
    """Return numbered rows of texts."""
    rows = pl.Series("row", range(1, len(keys) + 1), dtype=pl.Int64)
    texts = [pl.Series(name, cells, dtype=pl.String) for name, cells in others.items()]
    return pl.DataFrame([rows, pl.Series("key", keys, dtype=pl.String), *texts])


@given(main=st.lists(st.lists(KEYS, max_size=5), max_size=3), side=ROWS)
def test_main_rows_stay_and_each_side_row_is_taken_or_told(
    main: list[list[str | None]], side: list[tuple[str | None, str]]
) -> None:
    """Whatever the blocks, keys are compared as written and the first is taken."""
    held = frame([key for key, _ in side], text=[text for _, text in side])
    joining = Joining(BUNDLE, [Side(FILE, held)])

    joined = [joining.join(frame(keys)) for keys in main]

    first: dict[str, tuple[int, str]] = {}
    for row, (key, text) in enumerate(side, start=1):
        if key is not None and key.strip():
            first.setdefault(key, (row, text))
    for keys, block in zip(main, joined, strict=True):
        found = [first.get(key or "", (0, None))[1] for key in keys]
        assert block.columns == ["row", "key", "side.csv/text"]
        assert block["row"].to_list() == list(range(1, len(keys) + 1))
        assert block["side.csv/text"].to_list() == found
    asked = {key for keys in main for key in keys}
    taken = {row for key, (row, _) in first.items() if key in asked}
    told = {fault.row: fault for fault in joining.left()}
    assert told.keys() == set(range(1, len(side) + 1)) - taken
    for row, fault in told.items():
        key, text = side[row - 1]
        second = key in first and first[key][0] != row
        assert fault.reason == (AMBIGUOUS if second else UNJOINED)
        assert json.loads(fault.raw) == {"key": key, "text": text}
