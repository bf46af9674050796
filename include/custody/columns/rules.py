"""Compiles authored expectations into facts, so that GX never sees a value.

Each value expectation becomes one Polars expression over the values frame that
leaves pass, fail or null in `<field>__rule<n>`; GX is given the equivalent
in-set expectation on that column (design idea 1).  Whatever has no compiled
form is refused by name, never run on tokens.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from custody.columns.rule_types import arguments, given
from custody.columns.rule_types.compiled import (
    CompiledCheck,
    CompiledRule,
    CompiledSuite,
)
from custody.columns.rule_types.several import SEVERAL
from custody.columns.rule_types.single import SINGLE
from custody.columns.rule_types.whole import VERDICTS, WHOLE, WholeFile
from custody.domain.expectations import Expectation, Suite
from custody.domain.fields import Field, Normaliser

CUSTOM_RULE = "custody_rule"

CustomRule = Callable[[pl.Expr], pl.Expr]
"""A team's own rule behind `custody.rules`: value to Boolean, null left null."""


def compile_suite(
    suite: Suite,
    *,
    fields: Sequence[Field],
    custom_rules: Mapping[str, CustomRule],
    known: Collection[str] = (),
    first_rule: int = 1,
) -> CompiledSuite:
    """Compile a suite for the fields that a source delivers.

    `known` names the register's other fields: an expectation on one of them
    finds it missing in every row.  `first_rule` numbers the rules, so that the
    suites of one source do not clash.  PolicyError names what is refused.
    """
    house = _House(
        delivered={field.name: field for field in fields},
        known=frozenset(known),
        custom=custom_rules,
    )
    checks: list[CompiledCheck] = []
    rules: list[CompiledRule] = []
    for expectation in suite.expectations:
        check, rule = house.compile(expectation, number=first_rule + len(rules))
        checks.append(check)
        if rule is not None:
            rules.append(rule)
    return CompiledSuite(name=suite.name, checks=tuple(checks), rules=tuple(rules))


def compile_suites(
    suites: Sequence[Suite],
    *,
    fields: Sequence[Field],
    custom_rules: Mapping[str, CustomRule],
    known: Collection[str] = (),
) -> tuple[CompiledSuite, ...]:
    """Compile all suites of one source under one running rule number."""
    compiled: list[CompiledSuite] = []
    first = 1
    for suite in suites:
        compiled.append(
            compile_suite(
                suite,
                fields=fields,
                custom_rules=custom_rules,
                known=known,
                first_rule=first,
            )
        )
        first += len(compiled[-1].rules)
    return tuple(compiled)


def row_rules(suites: Sequence[CompiledSuite]) -> tuple[CompiledRule, ...]:
    """Return the rules that a block alone can answer."""
    return tuple(r for suite in suites for r in suite.rules if not r.whole_file)


def whole_file_rules(suites: Sequence[CompiledSuite]) -> tuple[CompiledRule, ...]:
    """Return the rules for `WholeFile`."""
    return tuple(r for suite in suites for r in suite.rules if r.whole_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class _House:
    """What a compilation may refer to."""

    delivered: Mapping[str, Field]
    known: frozenset[str]
    custom: Mapping[str, CustomRule]

    def compile(
        self, expectation: Expectation, *, number: int
    ) -> tuple[CompiledCheck, CompiledRule | None]:
        if expectation.type in given.TABLE:
            given.TABLE[expectation.type](expectation)
            return _as_written(expectation), None
        if not expectation.columns:
            raise expectation.refuse("has no compiled form")
        if any(given.field_of_fact(name) is not None for name in expectation.columns):
            return self._on_facts(expectation), None
        absent = self._absent(expectation, expectation.columns)
        if expectation.type in given.PRESENCE:
            return self._presence(expectation, absent=absent), None
        rule = self._rule(expectation, number)
        check = CompiledCheck(
            authored=expectation,
            type="expect_column_values_to_be_in_set",
            kwargs={
                "column": rule.name,
                "value_set": ["pass"],
                "mostly": expectation.mostly,
            },
            columns=(rule.name,),
            absent=absent,
        )
        return check, None if absent else rule

    def _on_facts(self, expectation: Expectation) -> CompiledCheck:
        given.check_fact(expectation)
        (column,) = expectation.columns
        field = given.field_of_fact(column)
        absent = bool(field) and self._absent(expectation, (str(field),))
        return replace(_as_written(expectation), columns=(column,), absent=absent)

    def _presence(self, expectation: Expectation, *, absent: bool) -> CompiledCheck:
        arguments.allow_only(expectation, ("column",))
        column = f"{arguments.text(expectation, 'column')}__fact"
        kwargs = {**expectation.kwargs, "column": column}
        return replace(
            _as_written(expectation), kwargs=kwargs, columns=(column,), absent=absent
        )

    def _absent(self, expectation: Expectation, names: Sequence[str]) -> bool:
        """Whether the source delivers none of the fields; unknown ones are refused."""
        for name in names:
            if name not in self.delivered and name not in self.known:
                raise expectation.refuse(f"{name} is no field of the register")
        missing = [name for name in names if name not in self.delivered]
        if missing and len(missing) < len(names):
            raise expectation.refuse(f"the source does not deliver {missing[0]}")
        return bool(missing)

    def _rule(self, expectation: Expectation, number: int) -> CompiledRule:
        name = f"{expectation.columns[0]}__rule{number}"
        whole = expectation.type in WHOLE
        expression = (
            WHOLE[expectation.type](expectation)
            if whole
            else _as_verdict(self._agrees(expectation), name)
        )
        return CompiledRule(
            name=name,
            expression=expression,
            whole_file=whole,
            fields=expectation.columns,
        )

    def _agrees(self, expectation: Expectation) -> pl.Expr:
        if expectation.type in SEVERAL:
            return SEVERAL[expectation.type](expectation, self._comparable)
        if expectation.type not in SINGLE and expectation.type != CUSTOM_RULE:
            raise expectation.refuse("has no compiled form")
        value = pl.col(arguments.text(expectation, "column"))
        if expectation.type == CUSTOM_RULE:
            agrees = self._custom(expectation)(value).fill_null(value=False)
            return pl.when(value.is_not_null()).then(agrees)
        return SINGLE[expectation.type](value, expectation)

    def _comparable(self, name: str) -> pl.Expr:
        field = self.delivered.get(name)
        if field is not None and field.normaliser is Normaliser.AMOUNT:
            amount = pl.col(name).cast(pl.Float64, strict=False)
            return pl.when(amount.is_finite()).then(amount)
        return pl.col(name)

    def _custom(self, expectation: Expectation) -> CustomRule:
        arguments.allow_only(expectation, ("column", "rule"))
        name = arguments.text(expectation, "rule")
        rule = self.custom.get(name)
        if rule is None:
            raise expectation.refuse(f"no rule {name} is installed under custody.rules")
        sample = pl.DataFrame({"value": [None]}, schema={"value": pl.String})
        if sample.lazy().select(rule(pl.col("value"))).collect_schema().dtypes() != [
            pl.Boolean
        ]:
            raise expectation.refuse(f"rule {name} does not answer yes or no")
        return rule


def _as_written(expectation: Expectation) -> CompiledCheck:
    return CompiledCheck(
        authored=expectation, type=expectation.type, kwargs=expectation.kwargs
    )


def _as_verdict(agrees: pl.Expr, name: str) -> pl.Expr:
    verdict = pl.when(agrees).then(pl.lit("pass")).when(~agrees).then(pl.lit("fail"))
    return verdict.otherwise(None).cast(VERDICTS).alias(name)


__all__ = [
    "CUSTOM_RULE",
    "VERDICTS",
    "CompiledCheck",
    "CompiledRule",
    "CompiledSuite",
    "CustomRule",
    "WholeFile",
    "compile_suite",
    "compile_suites",
    "row_rules",
    "whole_file_rules",
]
