"""What compiling leaves: rules for the sealing pass, checks for GX."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from custody.domain.expectations import Expectation

_ON_SHAPE = frozenset({"expect_table_columns_to_match_set", "expect_column_to_exist"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """One rule of the sealing pass.

    `expression` runs over the values frame: row-wise it gives pass, fail or
    null; for a whole-file rule it gives the text that must be unique, and
    `WholeFile` gives the verdicts when the file has ended.
    """

    name: str
    expression: pl.Expr
    whole_file: bool
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledCheck:
    """An authored expectation and what GX runs in its place.

    `columns` are the fact columns it needs; `absent` those of them whose field
    the source does not deliver, so that nothing is there to read.
    """

    authored: Expectation
    type: str
    kwargs: Mapping[str, object]
    columns: tuple[str, ...] = ()
    absent: bool = False

    @property
    def on_shape(self) -> bool:
        """Whether it runs on the table of field names instead of the facts."""
        return self.type in _ON_SHAPE


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledSuite:
    """One suite, ready for the sealing pass (`rules`) and for GX (`checks`)."""

    name: str
    checks: tuple[CompiledCheck, ...]
    rules: tuple[CompiledRule, ...]

    @property
    def authored(self) -> tuple[Expectation, ...]:
        """Return the expectations as they were written."""
        return tuple(check.authored for check in self.checks)

    @property
    def gx_suite_json(self) -> dict[str, object]:
        """Return the suite that GX runs; `meta` tells the authored expectation."""
        return {
            "name": self.name,
            "expectations": [gx_expectation(check) for check in self.checks],
        }


def gx_expectation(check: CompiledCheck) -> dict[str, object]:
    """Return the GX configuration of one check."""
    authored = check.authored
    notes = authored.notes
    return {
        "type": check.type,
        "kwargs": dict(check.kwargs),
        "severity": authored.severity.value,
        "meta": {
            "suite": authored.suite,
            "position": authored.position,
            "authored_type": authored.type,
            "mostly": authored.mostly,
            "notes": {} if notes is None else {"zh": notes.zh, "en": notes.en},
        },
    }
