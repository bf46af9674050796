"""Raw cells to values, facts and identity in one pass (design idea 1).

Only facts go on to the checks.  `ROW_VERDICTS` decides about rows; a row of a
person under 14 waits (`minor`) where policy does not allow minors: PIPL 31 asks
for a guardian's consent, and a supplement request is how it is asked for.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from custody.columns.blocks import Examined
from custody.columns.fieldfacts import FieldFacts, FieldPlan, field_facts, plan_fields
from custody.columns.identity import identify
from custody.columns.normalise import Normalised, normalise_block
from custody.columns.rule_types.compiled import CompiledRule
from custody.columns.rule_types.whole import VERDICTS, WholeFile, fingerprints
from custody.columns.tiers import tier_column
from custody.columns.verdicts import record_facts
from custody.domain.policy import Policy
from custody.domain.sources import Source

UNKNOWN_COLUMNS = "unknown_columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminePlan:
    """What is worked out once per delivery."""

    source: Source
    policy: Policy
    today: dt.date
    fields: tuple[FieldPlan, ...]
    rules: tuple[CompiledRule, ...]


def build_plan(
    source: Source,
    policy: Policy,
    *,
    today: dt.date,
    rules: Sequence[CompiledRule] = (),
) -> ExaminePlan:
    """Return the plan of one delivery; `today` bounds birth dates and ages."""
    return ExaminePlan(
        source=source,
        policy=policy,
        today=today,
        fields=plan_fields(source, policy),
        rules=tuple(rules),
    )


def examine(cells: pl.DataFrame, plan: ExaminePlan) -> Examined:
    """Return the values, facts and identity of one block of raw cells."""
    fields = [one.field for one in plan.fields]
    normalised = normalise_block(cells, plan.source, fields)
    values = normalised.values
    identity = identify(values, source=plan.source, policy=plan.policy)
    found = [
        field_facts(
            values[one.field.name],
            one,
            placeholders=normalised.placeholders[one.field.name],
            party=identity["party"],
            today=plan.today,
        )
        for one in plan.fields
    ]
    return Examined(values, _facts(normalised, found, plan), identity)


def _facts(
    normalised: Normalised, found: Sequence[FieldFacts], plan: ExaminePlan
) -> pl.DataFrame:
    values = normalised.values
    unknown = [name for name in values.columns if name.startswith("?")]
    record = record_facts(
        values,
        found,
        unknown=unknown,
        source=plan.source,
        today=plan.today,
    )
    return pl.DataFrame(
        [
            values["row"],
            *(column for one in found for column in one.columns()),
            *_rules(values, plan.rules),
            *record,
            tier_column(values, plan.policy.tiers),
            pl.Series(
                UNKNOWN_COLUMNS, ["valid" if unknown else None], dtype=_PRESENT
            ).new_from_index(0, values.height),
        ]
    )


_PRESENT = pl.Enum(["valid"])


def _rules(values: pl.DataFrame, rules: Sequence[CompiledRule]) -> list[pl.Series]:
    """Return pass, fail or null per row-wise rule; whole-file rules come later."""
    expressions = [
        rule.expression.cast(VERDICTS).alias(rule.name)
        for rule in rules
        if not rule.whole_file
    ]
    return values.select(expressions).get_columns() if expressions else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Examining:
    """What examines any block of one delivery, in this process or another."""

    plan: ExaminePlan
    key: int

    def __call__(self, cells: pl.DataFrame) -> tuple[Examined, pl.DataFrame]:
        """Return the block examined, and its fingerprints for whole-file rules."""
        examined = examine(cells, self.plan)
        rules = whole_rules(self.plan)
        return examined, fingerprints(examined.values, rules, key=self.key)


def whole_rules(plan: ExaminePlan) -> list[CompiledRule]:
    """Return the rules that only the whole file can answer."""
    return [rule for rule in plan.rules if rule.whole_file]


@dataclass(slots=True)
class BlockExaminer:
    """One attempt at one delivery: blocks first, then what only the file tells.

    `key` is a random number of 64 bits, drawn for this pass only.
    """

    plan: ExaminePlan
    key: int
    _whole: WholeFile = field(init=False)

    def __post_init__(self) -> None:
        """Start with no row seen."""
        self._whole = WholeFile(whole_rules(self.plan), key=self.key)

    @property
    def apart(self) -> Examining:
        """Return the part that may be done elsewhere; `keep` takes what it gives."""
        return Examining(plan=self.plan, key=self.key)

    def examine(self, cells: pl.DataFrame) -> Examined:
        """Return values, facts and identity of a block."""
        examined, seen = self.apart(cells)
        self.keep(seen)
        return examined

    def keep(self, seen: pl.DataFrame) -> None:
        """Take the fingerprints of a block that was examined elsewhere."""
        self._whole.keep(seen)

    def finish(self) -> pl.DataFrame | None:
        """Return the facts that only the whole file can tell, or None."""
        return self._whole.finish()
