"""Try a suite on a file before it guards a source.

The same compiling, the same facts and the same Great Expectations as at intake;
nothing is sealed, stored or printed but counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from custody.application.intake.check import Quality
from custody.application.ports import Reader
from custody.application.tables import Table
from custody.columns import findings as facts_of
from custody.columns.facts import BlockExaminer
from custody.columns.rules import (
    CompiledSuite,
    WholeFile,
    row_rules,
    whole_file_rules,
)
from custody.domain.facts import RowVerdict, Token
from custody.domain.fields import Field
from custody.domain.levels import Level
from custody.domain.sources import Source
from custody.domain.verdict import Finding
from custody.errors import DeliveryError


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a suite answered about a file, in rows."""

    rows: int
    findings: tuple[Finding, ...]


def try_on_source(
    suites: Sequence[CompiledSuite],
    *,
    path: Path,
    source: Source,
    reader: Reader,
    examiner: BlockExaminer,
    quality: Quality,
) -> Trial:
    """Try suites on a file of a source, read and normalised as at intake."""
    with path.open("rb") as stream:
        blocks = [
            examiner.examine(block.cells).facts
            for block in reader.blocks(stream, source.layout, source, first_row=1)
            if block.cells.height
        ]
    late = examiner.finish()
    return _answered(suites, blocks, late, quality)


def fields_of_header(table: Table) -> tuple[Field, ...]:
    """Return a field for each header cell; DeliveryError when there is no header."""
    if not table.header or len(set(table.names)) != len(table.names):
        raise DeliveryError("no_header", row=0)
    return tuple(
        Field(name=name, label_zh=name, label_en=name, level=Level.HIGH)
        for name in table.names
    )


def try_on_header(
    suite: CompiledSuite, *, table: Table, quality: Quality, key: int
) -> Trial:
    """Try a suite whose field names are the header cells; values as they stand.

    An empty cell is missing; every other value is a fact `unchecked`.  `key` is
    a random number of 64 bits for this one pass.
    """
    whole = WholeFile(whole_file_rules([suite]), key=key)
    blocks = []
    for values in _values(table):
        whole.feed(values)
        blocks.append(_facts(values, suite, table.names))
    return _answered([suite], blocks, whole.finish(), quality)


def _answered(
    suites: Sequence[CompiledSuite],
    blocks: list[pl.DataFrame],
    late: pl.DataFrame | None,
    quality: Quality,
) -> Trial:
    facts = facts_of.gather([*blocks, *([] if late is None else [late])])
    return Trial(rows=facts.height, findings=quality.run(facts, suites))


def _values(table: Table) -> Iterator[pl.DataFrame]:
    first = 1
    for columns in table.blocks():
        named = pl.DataFrame(
            [
                column.cast(pl.String).alias(name)
                for name, column in zip(table.names, columns, strict=True)
            ]
        ).with_columns(pl.all().replace("", None))
        yield named.insert_column(
            0, pl.int_range(first, first + named.height, eager=True).alias("row")
        )
        first += named.height


def _facts(
    values: pl.DataFrame, suite: CompiledSuite, names: Sequence[str]
) -> pl.DataFrame:
    present = [
        pl.when(pl.col(name).is_not_null())
        .then(pl.lit(Token.UNCHECKED.value))
        .alias(name)
        for name in names
    ]
    verdict = pl.lit(RowVerdict.LOAD.value).alias("record__verdict")
    rules = [rule.expression for rule in row_rules([suite])]
    return values.select("row", *present, *rules, verdict)
