"""Sealing a landed file: streamed, once, and what cannot be read lies in quarantine."""

import base64
import dataclasses
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Generic

import openpyxl
import polars as pl
import pytest

from custody.application.intake import seal
from custody.application.intake.seal import (
    LANDED_FILE_GONE,
    MAX_QUARANTINED_BYTES,
    UNREADABLE_ROWS,
)
from custody.columns.line import Headers, Line, Made, Work
from custody.domain.delivery import DeliveryState
from custody.domain.epochs import EpochId, Purpose
from custody.domain.levels import Level
from custody.domain.outcome import Tally
from custody.domain.sources import FileFormat
from custody.errors import EpochClosedError
from tests.builders.policies import policy_of
from tests.fakes.workroom import DELIVERED, ID, Workroom, json_lines, laid_out

S = DeliveryState
BROKEN = b'{"customer_name": \n'


def reasons(room: Workroom) -> tuple[str, ...]:
    """Return why the delivery is in quarantine; nothing of it is landed or staged."""
    assert room.record.state is S.QUARANTINED
    assert room.record.erased_at is not None
    assert not room.landing.folders
    assert ID not in room.staging.staged
    assert room.quarantine.kept
    return room.record.reasons


def test_every_row_is_sealed_and_opens_to_what_was_delivered() -> None:
    content = json_lines(5)
    room = Workroom(content)

    answer = room.seal()

    assert answer == "sealed"
    assert (room.record.state, room.record.tally) == (S.SEALED, Tally(read=5))
    opened = room.opened()
    delivered = [json.loads(line) for line in content.splitlines()]
    assert [opened[row]["resident_id"] for row in range(1, 6)] == [
        one["resident_id"] for one in delivered
    ]
    assert {frozenset(one) for one in opened.values()} == {frozenset(DELIVERED)}
    assert room.book.entries[-1].body == {
        "rows": 5,
        "unreadable": 0,
        "policy": room.policy.digest,
    }


def test_a_sealed_value_has_its_key_record_under_the_open_epoch_of_its_level() -> None:
    """Keys first: each row that is staged can be opened by whoever may."""
    room = Workroom(json_lines(3))

    room.seal()

    places = ["handle", "level", "key_id"]
    values, keys = room.staged(), room.keyring.keys
    assert values.select(places).sort(places).equals(keys.select(places).sort(places))
    assert set(keys.select(pl.col("level") + " " + pl.col("epoch")).to_series()) == {
        f"{level} live/{level}/1" for level in values["level"].unique()
    }


def test_a_delivery_that_is_sealed_is_not_sealed_again() -> None:
    room = Workroom(json_lines(2))
    room.seal()
    handles = room.staged()["handle"]

    again = room.seal()

    assert again == "already"
    assert room.staged()["handle"].equals(handles)
    assert room.told == ["sealed"]


def test_what_a_crash_took_is_sealed_again_from_its_file() -> None:
    room = Workroom(json_lines(2))
    room.seal()
    room.staging.lose(ID)

    assert room.seal() == "sealed"

    assert room.staging.whole(ID)
    assert room.told == ["sealed", "sealed"]


def test_without_its_file_it_is_left_to_its_staged_values() -> None:
    room = Workroom(json_lines(2))
    room.seal()
    room.staging.lose(ID)
    room.landing.erase(room.record.key)

    answer = room.seal()

    assert answer == LANDED_FILE_GONE
    assert room.record.state is S.SEALED


def test_what_nobody_admitted_is_unknown() -> None:
    room = Workroom()
    room.book.records.clear()

    assert room.seal() == "unknown"


@pytest.mark.parametrize("state", [S.HELD, S.LOADED, S.REFUSED])
def test_what_is_past_sealing_keeps_its_state(state: DeliveryState) -> None:
    room = Workroom(json_lines(1))
    room.book.records[ID] = dataclasses.replace(room.record, state=state)

    answer = room.seal()

    assert answer == state.value
    assert room.landing.folders


def test_unreadable_rows_are_counted_and_their_bytes_lie_in_quarantine() -> None:
    good = json_lines(2)
    room = Workroom(good + BROKEN + json_lines(1, seed=2))

    answer = room.seal()

    assert answer == "sealed"
    assert room.record.tally == Tally(read=4, quarantined=1)
    assert sorted(room.opened()) == [1, 2, 4]
    [line] = room.quarantine.kept[f"{ID}/{UNREADABLE_ROWS}"].splitlines()
    kept = json.loads(line)
    assert (kept["row"], base64.b64decode(kept["raw"])) == (3, BROKEN.rstrip(b"\n"))


def test_more_unreadable_bytes_than_fit_make_the_file_unreadable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that a hostile file does not fill the memory of the task."""
    assert MAX_QUARANTINED_BYTES == 16 * 2**20
    monkeypatch.setattr(seal, "MAX_QUARANTINED_BYTES", len(BROKEN))
    room = Workroom(json_lines(1) + BROKEN * 2)

    answer = room.seal()

    assert answer == "quarantined"
    assert reasons(room) == ("too_many_unreadable_rows at row 2",)


def test_a_file_that_is_not_the_admitted_one_is_quarantined() -> None:
    """It was swapped between admission and sealing."""
    room = Workroom(json_lines(2))
    room.landing.folders[room.record.key]["rows"] = json_lines(2, seed=9)

    room.seal()

    assert reasons(room) == ("file_digest",)


@pytest.mark.parametrize("stated", [1, 3])
def test_a_file_with_other_rows_than_its_manifest_states_is_quarantined(
    stated: int,
) -> None:
    """A tail that was lost or swallowed looks like a whole file (R23)."""
    room = Workroom()
    room.admit(json_lines(2), rows=stated)

    room.seal()

    assert reasons(room) == ("row_count at row 3",)


def test_the_rows_that_a_manifest_states_are_read() -> None:
    room = Workroom()
    room.admit(json_lines(2), rows=2)

    assert room.seal() == "sealed"


def workbook_of(table: pl.DataFrame) -> bytes:
    """Return a workbook of one sheet."""
    book, content = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for row in (table.columns, *table.iter_rows()):
        sheet.append(list(row))
    book.save(content)
    return content.getvalue()


def parquet_of(table: pl.DataFrame) -> bytes:
    """Return a Parquet file."""
    content = io.BytesIO()
    table.write_parquet(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("form", "written"),
    [(FileFormat.XLSX, workbook_of), (FileFormat.PARQUET, parquet_of)],
)
def test_what_is_not_read_from_its_begin_is_the_admitted_file_too(
    form: FileFormat, written: Callable[[pl.DataFrame], bytes]
) -> None:
    """A zip is held in memory, a Parquet file compared wherever it is read."""
    lines = [json.loads(line) for line in json_lines(3).splitlines()]
    empty = [
        pl.lit(None, dtype=pl.String).alias(one) for one in ("preference", "remark")
    ]
    content = written(pl.DataFrame(lines).with_columns(empty))
    room, swapped = (Workroom(content, policy=policy_of(laid_out(form))) for _ in "ab")
    swapped.landing.folders[swapped.record.key]["rows"] = content[:-1] + b"x"

    answers = (room.seal(), swapped.seal())

    assert answers == ("sealed", "quarantined")
    assert reasons(swapped) == ("file_digest",)
    assert [one["phone"] for one in room.opened().values()] == [
        f"+86{line['phone']}" for line in lines
    ]


def test_a_file_without_rows_leaves_the_facts_of_its_columns() -> None:
    """Checks ask of columns too; a failed check then holds the delivery."""
    room = Workroom(b"\n")

    assert room.seal() == "sealed"

    (facts,) = room.staging.facts(ID)
    assert facts.height == 0
    assert set(DELIVERED) <= set(facts.columns)


def next_epoch(room: Workroom, number: int) -> None:
    """Close the open epoch of the high level and open this one."""
    room.keyring.close_epoch(EpochId(Purpose.LIVE, Level.HIGH, number - 1))
    room.bear(EpochId(Purpose.LIVE, Level.HIGH, number))


def test_an_epoch_that_closes_before_it_is_held_is_asked_for_again() -> None:
    room = Workroom(json_lines(2))
    numbers = iter([2])

    def close_once() -> None:
        for number in numbers:
            next_epoch(room, number)

    room.before_each_attempt = close_once

    assert room.seal() == "sealed"

    high = room.keyring.keys.filter(level="high")
    assert set(high["epoch"]) == {"live/high/2"}
    assert len(room.opened()) == 2


def test_epochs_that_close_at_each_attempt_stop_the_step_and_leave_the_delivery() -> (
    None
):
    """It is tried again by the next run: nothing was staged, no key was kept."""
    room = Workroom(json_lines(2))
    numbers = iter(range(2, 99))
    room.before_each_attempt = lambda: next_epoch(room, next(numbers))

    with pytest.raises(EpochClosedError):
        room.seal()

    assert room.record.state is S.ADMITTED
    assert room.keyring.keys.is_empty()
    assert next(numbers) == 5


class LateLine(Generic[Made]):
    """A line from which nothing comes out before its end, as from slow workers."""

    def __init__(self, work: Work[Made]) -> None:
        """Take what is to be done with a piece."""
        self._work = work
        self._waiting: list[Made] = []

    def put(self, cells: pl.DataFrame, headers: Headers) -> Iterator[Made]:
        """Seal the piece, and keep it."""
        self._waiting.append(self._work(cells, headers))
        yield from ()

    def rest(self) -> Iterator[Made]:
        """Yield every piece."""
        yield from self._waiting


def late(work: Work[Made], /) -> AbstractContextManager[Line[Made]]:
    """Open such a line."""
    return nullcontext(LateLine(work))


def test_what_comes_out_of_a_line_at_its_end_is_staged_too() -> None:
    room = Workroom(json_lines(3))
    room.lines = late

    assert room.seal() == "sealed"

    assert sorted(room.opened()) == [1, 2, 3]
    assert room.record.tally == Tally(read=3)
