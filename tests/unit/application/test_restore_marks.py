"""Marks of the destroyed, made from older copies of what they were (R69, R72)."""

import dataclasses
import datetime as dt

import polars as pl
import pytest

from custody.application.ports import Entry
from custody.application.ports.suppress import Suppressed, Suppressions
from custody.application.restore.marks import RestoreMarks
from custody.columns.blocks import SealedBlock
from custody.domain.epochs import EpochId
from custody.errors import KeyDestroyedError
from tests.builders.pieces import KEYS, TODAY, bank_examiner, bank_pieces, bank_work
from tests.fakes.keys import FakeKeyProvider
from tests.fakes.world import FixedClock

ROWS = 6
NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
SINCE = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SOURCE = "partner_bank"


class Escrows(FakeKeyProvider):
    """Opens the keys of the pieces, but of epochs that are lost."""

    def __init__(self, *lost: str) -> None:
        super().__init__(FixedClock(NOW))
        self.lost = lost

    def open(self, epoch: EpochId) -> bytes:
        """Return the key of the epoch's level."""
        if str(epoch) in self.lost:
            raise KeyDestroyedError(str(epoch))
        assert epoch.level is not None
        return KEYS.wrapping[epoch.level]


@dataclasses.dataclass
class Marks:
    """What was written, with its entries."""

    added: list[tuple[Suppressed, Entry]] = dataclasses.field(default_factory=list)

    def add(self, suppressed: Suppressed, entry: Entry) -> int:
        """Keep it."""
        self.added.append((suppressed, entry))
        return len(suppressed.tokens)


@pytest.fixture(scope="module")
def sealed() -> SealedBlock:
    (cells,) = bank_pieces(1, rows=ROWS)
    return bank_work(bank_examiner())(cells, {}).block


def _gone(
    sealed: SealedBlock, *, since: dt.datetime | None = SINCE, source: str = SOURCE
) -> pl.DataFrame:
    """Return the rows of an object, of a customer each."""
    numbers = [f"FI20260000{at:02}" for at in range(ROWS)]
    customers = sealed.rows.select("handle", customer=pl.Series(numbers))
    values = sealed.values.join(sealed.keys, on=["handle", "level", "key_id"])
    return values.join(customers, on="handle").with_columns(
        business_date=pl.lit(TODAY),
        delivery_id=pl.lit(f"{source}/2026-11-23/1"),
        since=pl.lit(since, dtype=pl.Datetime("us", "UTC")),
    )


def _restore(
    gone: list[pl.DataFrame], *lost: str, now: dt.datetime = NOW
) -> tuple[int, Marks]:
    plan, written = bank_examiner().plan, Marks()
    made = RestoreMarks(
        policy=plan.policy,
        plan=lambda _: plan,
        escrowed=Escrows(*lost),
        index_keys=KEYS.index,
        suppressions=_port(written),
        clock=FixedClock(now),
    )
    return made(gone), written


def _port(marks: Marks) -> Suppressions:
    return marks  # type: ignore[return-value] # it adds, and nothing else


def test_marks_are_those_that_sealing_makes_and_date_of_the_destruction(
    sealed: SealedBlock,
) -> None:
    """Of every match key of any source, as a destruction makes them; told."""
    marked, written = _restore([_gone(sealed)])

    ((suppressed, entry),) = written.added
    assert marked == ROWS
    own = set(sealed.suppression.select("match_key", "token").iter_rows())
    assert own <= set(suppressed.tokens)
    assert suppressed.destroyed_on == SINCE.date()
    assert suppressed.expires_on > NOW.date()
    assert (entry.kind, entry.body["customers"]) == ("suppressed", ROWS)
    assert entry.body["tokens"] == len(suppressed.tokens)


def test_who_was_only_about_to_be_destroyed_goes_with_the_restore(
    sealed: SealedBlock,
) -> None:
    """The intent wins; what was collected until today is refused."""
    days = [_gone(sealed), _gone(sealed, since=None)]

    _, written = _restore(days[1:])
    ((suppressed, _),) = written.added
    assert suppressed.destroyed_on == NOW.date()

    both, written = _restore(days)  # copies of one value count once
    assert (both, len(written.added)) == (ROWS, 1)


def test_nothing_is_written_of_nobody_and_of_what_has_stood_long_enough(
    sealed: SealedBlock,
) -> None:
    assert _restore([]) == (0, Marks())
    long_ago = _gone(sealed, since=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert _restore([long_ago])[1] == Marks()


def test_what_opens_no_more_or_has_no_source_leaves_no_mark(
    sealed: SealedBlock,
) -> None:
    everything = [str(one) for one in KEYS.epochs.values()]

    assert _restore([_gone(sealed)], *everything) == (0, Marks())
    assert _restore([_gone(sealed, source="crawler")]) == (0, Marks())
    some, written = _restore([_gone(sealed)], everything[0])
    assert some <= ROWS
    assert len(written.added) <= 1
