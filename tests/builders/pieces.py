"""Pieces of invented deliveries, and the work of sealing them without a database."""

import datetime as dt
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl

from custody.adapters.policy import load_policy
from custody.adapters.suites import compile_source
from custody.columns.facts import BlockExaminer, build_plan
from custody.columns.index import IndexKeys
from custody.columns.line import PieceWork
from custody.columns.seal import Sealer, SealKeys
from custody.domain.epochs import EpochId, Purpose
from custody.domain.levels import Level
from tests.builders.many import bank_customers

ROOT = Path(__file__).resolve().parents[2]
TODAY = dt.date(2026, 11, 23)
KEYS = SealKeys(
    epochs={level: EpochId(Purpose.LIVE, level, 1) for level in Level},
    wrapping={level: bytes([level.rank]) * 32 for level in Level},
    index=IndexKeys(
        index_key=b"i" * 32, field_root=b"f" * 32, suppression_key=b"s" * 32
    ),
)


def bank_examiner() -> BlockExaminer:
    """Return what examines the shipped source `partner_bank` with its own checks."""
    policy = load_policy(ROOT / "include" / "policy")
    source = policy.source("partner_bank")
    assert source is not None
    suites = compile_source(
        source, policy=policy, folder=ROOT / "expectations", custom_rules={}
    )
    rules = [rule for suite in suites for rule in suite.rules]
    return BlockExaminer(build_plan(source, policy, today=TODAY, rules=rules), key=11)


def bank_work(
    examiner: BlockExaminer, *, entropy: Callable[[int], bytes] = os.urandom
) -> PieceWork:
    """Return the work of sealing what the examiner examines, under invented keys."""
    plan = examiner.plan
    sealer = Sealer(
        policy=plan.policy,
        source=plan.source,
        keys=KEYS,
        entropy=entropy,
        business_date=TODAY,
    )
    return PieceWork(examine=examiner.apart, sealer=sealer)


def bank_pieces(count: int, *, rows: int = 40) -> Iterable[pl.DataFrame]:
    """Yield that many pieces, rows numbered through all of them."""
    cells = bank_customers(count * rows).with_row_index("row", offset=1)
    return cells.with_columns(pl.col("row").cast(pl.Int64)).iter_slices(rows)
