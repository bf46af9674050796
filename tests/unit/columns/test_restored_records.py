"""What a restore makes again of opened records is what sealing made (R65-R69)."""

import dataclasses

import polars as pl
import pytest

from custody.columns.blocks import SealedBlock
from custody.columns.restored_records import RecordWork
from custody.domain.levels import Level
from custody.errors import EvidenceError, OpenError
from tests.builders.pieces import KEYS, TODAY, bank_examiner, bank_pieces, bank_work

ROWS = 12


@pytest.fixture(scope="module")
def sealed() -> SealedBlock:
    (cells,) = bank_pieces(1, rows=ROWS)
    return bank_work(bank_examiner())(cells, {}).block


@pytest.fixture(scope="module")
def work() -> RecordWork:
    plan = bank_examiner().plan
    return RecordWork(
        policy=plan.policy,
        plan=plan,
        wrapping={
            str(epoch): KEYS.wrapping[level] for level, epoch in KEYS.epochs.items()
        },
        index=KEYS.index,
    )


def _page(
    sealed: SealedBlock,
    *,
    waiting: bool = False,
    known: bool = False,
    hidden: Level | None = None,
) -> pl.DataFrame:
    """Return a page as the target's tables give it, with its keys."""
    values = sealed.values.join(
        sealed.keys, on=["handle", "level", "key_id"], maintain_order="left"
    )
    parties = sealed.rows.select("handle", "row", "party")
    return (
        values.join(parties, on="handle", maintain_order="left")
        .sort("handle", "level")
        .with_columns(
            delivery_id=pl.lit("partner_bank/2026-03-01/1"),
            customer=pl.lit(None if waiting else "FI2026000001", dtype=pl.String),
            version=pl.lit(None if waiting else 1, dtype=pl.Int32),
            business_date=pl.lit(TODAY),
            known=known,
            settled=True,
            shown=pl.col("level") != (hidden or ""),
        )
    )


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(frame.columns)


def test_everything_is_made_again_from_one_opening(
    sealed: SealedBlock, work: RecordWork
) -> None:
    made = work(_page(sealed), {})

    assert made.opened == sealed.values.height
    assert _sorted(made.tokens).equals(_sorted(sealed.tokens))
    assert _sorted(made.row_tokens).equals(_sorted(sealed.row_tokens))
    shown = sealed.projection.select("handle", "name", "shown")
    assert _sorted(made.projection).equals(_sorted(shown))
    facts = sealed.rows.drop("row").columns
    assert _sorted(made.rows.select(facts)).equals(_sorted(sealed.rows.select(facts)))
    assert made.suppression.is_empty()
    assert set(made.rows["customer"]) == {"FI2026000001"}
    assert "wrapp" not in repr(work)


def test_of_who_waits_suppression_tokens_are_made_too(
    sealed: SealedBlock, work: RecordWork
) -> None:
    """By the business date of each row's own delivery."""
    made = work(_page(sealed, waiting=True), {})

    assert made.suppression.height > 0
    assert _sorted(made.suppression).equals(_sorted(sealed.suppression))


def test_a_level_out_of_use_is_not_shown(sealed: SealedBlock, work: RecordWork) -> None:
    made = work(_page(sealed, hidden=Level.HIGH), {})
    nobody = _page(sealed).with_columns(shown=pl.lit(value=False))

    having = sealed.values.filter(pl.col("level") == Level.HIGH)["handle"].to_list()
    before = dict(sealed.projection.select("handle", "shown").iter_rows())
    after = dict(made.projection.select("handle", "shown").iter_rows())
    assert 0 < len(having) < len(after) == ROWS
    for handle, shown in after.items():
        assert (shown != before[handle]) == (handle in having)
    assert made.tokens.height == sealed.tokens.height
    assert work(nobody, {}).projection.is_empty()


def test_whose_party_a_table_tells_is_masked_by_that(
    sealed: SealedBlock, work: RecordWork
) -> None:
    page = _page(sealed, known=True).with_columns(party=pl.lit("natural"))

    made = work(page, {})

    assert made.projection["name"].null_count() == ROWS
    assert sealed.projection["name"].null_count() < ROWS


def _without_key(page: pl.DataFrame) -> pl.DataFrame:
    return page.with_columns(wrapped=pl.lit(None, dtype=pl.Binary))


def _without_value(page: pl.DataFrame) -> pl.DataFrame:
    return page.with_columns(sealed=pl.lit(None, dtype=pl.Binary))


def test_a_value_without_its_key_or_bytes_is_evidence(
    sealed: SealedBlock, work: RecordWork
) -> None:
    for spoil in (_without_key, _without_value):
        with pytest.raises(EvidenceError):
            work(spoil(_page(sealed)), {})


def test_a_value_of_another_digest_or_key_does_not_open(
    sealed: SealedBlock, work: RecordWork
) -> None:
    """Each key that was wrapped anew is proved, and each value compared (R68)."""
    page = _page(sealed)
    other = dict.fromkeys(work.wrapping, b"\x07" * 32)
    for spoilt, by in (
        (page.with_columns(digest=pl.lit(bytes(32))), work),
        (page, dataclasses.replace(work, wrapping=other)),
    ):
        with pytest.raises(OpenError):
            by(spoilt, {})
