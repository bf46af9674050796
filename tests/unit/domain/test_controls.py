"""What the ledger tells of control customers, and which epochs may follow (R69-R72)."""

import datetime as dt

from custody.application.ports import Entry
from custody.domain.controls import ENDED, LONGEST_ESCROW, PLANTED, generations
from custody.domain.epochs import EpochId, may_inherit
from custody.domain.ledger import BodyValue, write_line
from tests.fakes.ledger import invented_signer

BEGUN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def _lines(*told: tuple[int, str, dict[str, BodyValue]]) -> list[bytes]:
    """Return a ledger of entries by day, kind and body."""
    lines: list[bytes] = []
    for day, kind, body in told:
        entry = Entry(kind=kind, subject="customers", body=body)
        moment = BEGUN + dt.timedelta(days=day)
        last = lines[-1] if lines else None
        lines.append(
            write_line(entry, last=last, moment=moment, signer=invented_signer())
        )
    return lines


def _planted(number: int) -> dict[str, BodyValue]:
    return {
        "epoch": f"drill/low/{number}",
        "alive": 3,
        "objects": [f"a:objects/drill/{number}.parquet.age:{number:064x}"],
    }


def _ended(number: int) -> dict[str, BodyValue]:
    return {"epoch": f"drill/low/{number}"}


def test_a_generation_ends_when_it_was_last_told_to() -> None:
    first, second = generations(
        _lines(
            (0, PLANTED, _planted(1)),
            (30, PLANTED, _planted(2)),
            (30, ENDED, _ended(1)),
            (31, ENDED, _ended(1)),
            (32, ENDED, _ended(7)),
            (33, "drilled", {"drill": "structural", "passed": True}),
        )
    )

    assert first.ended == BEGUN + dt.timedelta(days=31)
    assert first.objects == {"a": ("objects/drill/1.parquet.age", f"{1:064x}")}
    assert (second.epoch, second.alive) == (EpochId.parse("drill/low/2"), 3)
    assert second.ended is None
    assert not second.outlives(BEGUN + dt.timedelta(days=999))
    end = first.ended + LONGEST_ESCROW
    assert not first.outlives(end)
    assert first.outlives(end + dt.timedelta(seconds=1))


def test_one_that_a_restore_came_after_ended_when_the_next_was_planted() -> None:
    first, _ = generations(
        _lines((0, PLANTED, _planted(1)), (40, PLANTED, _planted(3)))
    )

    assert first.ended == BEGUN + dt.timedelta(days=40)
    assert generations([]) == ()


def test_keys_of_controls_move_among_epochs_of_the_drill_only() -> None:
    one, two = EpochId.parse("drill/low/1"), EpochId.parse("drill/low/2")
    live = EpochId.parse("live/low/2")

    assert may_inherit(two, one)
    assert not may_inherit(one, one)
    assert not may_inherit(live, one)
    assert not may_inherit(two, live)
    assert not may_inherit(EpochId.parse("drill/high/2"), one)
