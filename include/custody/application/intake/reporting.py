"""Composes the validation report of one delivery from its facts and findings."""

from collections.abc import Mapping, Sequence

import polars as pl

from custody.application.ports import DeliveryRecord
from custody.columns import findings as facts_of
from custody.columns.rule_types.compiled import CompiledCheck
from custody.domain.facts import Requirement, RowVerdict
from custody.domain.language import Text
from custody.domain.levels import LEVELS_FROM_HIGH
from custody.domain.policy import Policy
from custody.domain.report import (
    LISTED_PROBLEMS,
    Chart,
    CheckLine,
    DriftLine,
    Problem,
    Report,
    Share,
)
from custody.domain.report_words import (
    CONTACT,
    PROBLEM_WORDS,
    RATE_WORDS,
    REQUIREMENT_WORDS,
    ROW_WORDS,
    RULE_BROKEN,
    SEVERITY_WORDS,
    demand_of,
    fields_of,
)
from custody.domain.sources import Source
from custody.domain.verdict import Decision, Drift, Finding

_CONTACT = "contact"


def compose(
    *,
    record: DeliveryRecord,
    source: Source,
    policy: Policy,
    facts: pl.DataFrame,
    checks: Sequence[tuple[CompiledCheck, Finding]],
    decision: Decision,
) -> Report:
    """Return the report, dated when the delivery was received and without drifts."""
    words = _Words(policy)
    problems, total = _problems(source, facts, [check for check, _ in checks], words)
    return Report(
        delivery_id=record.key.delivery_id,
        source=Text(source.label_zh, source.label_en),
        business_date=record.key.business_date,
        made_at=record.received_at,
        verdict=decision.verdict,
        reasons=decision.reasons,
        rows=facts.height,
        quarantined=record.tally.quarantined,
        charts=_charts(facts, policy),
        checks=tuple(
            CheckLine(
                finding=finding,
                fields=fields_of(check.authored, words.field),
                demand=demand_of(check.authored),
            )
            for check, finding in checks
        ),
        drifts=(),
        problems=problems,
        problem_total=total,
        policy_digest=policy.digest,
    )


def _problems(
    source: Source,
    facts: pl.DataFrame,
    checks: Sequence[CompiledCheck],
    words: "_Words",
) -> tuple[tuple[Problem, ...], int]:
    """Return the problems to list, and how many there are in all."""
    rules = {
        check.columns[0]: check
        for check in checks
        if check.columns and check.columns[0].rpartition("__")[2].startswith("rule")
    }
    found = facts_of.find_problems(facts, rules=tuple(rules))
    requirements = requirements_of(source)
    listed = found.head(LISTED_PROBLEMS).iter_rows(named=True)
    return (
        tuple(words.problem(line, requirements, rules) for line in listed),
        found.height,
    )


def name_drifts(drifts: Sequence[Drift], policy: Policy) -> tuple[DriftLine, ...]:
    """Return the drifts under the names of their fields, for people."""
    words = _Words(policy)
    lines = []
    for drift in drifts:
        name, _, rate = drift.name.rpartition(":")
        field, kind = words.field(name), RATE_WORDS[rate]
        label = Text(f"{field.zh}：{kind.zh}", f"{field.en}: {kind.en}")
        lines.append(DriftLine(label=label, drift=drift))
    return tuple(lines)


def requirements_of(source: Source) -> dict[str, Requirement]:
    """Return how much the source needs each of its fields, contact included."""
    asked = {
        column.field: source.requirement_of(column.field)
        for column in source.columns
        if column.field is not None
    }
    return {**asked, _CONTACT: source.contact_requirement}


def summarise(report: Report, rates: Mapping[str, float]) -> dict[str, object]:
    """Return the report as plain JSON: codes and counts, English, no rows."""
    return {
        "verdict": report.verdict.value,
        "reasons": list(report.reasons),
        "rows": report.rows,
        "quarantined": report.quarantined,
        "problems": report.problem_total,
        "charts": {
            chart.name: {share.code: share.rows for share in chart.shares}
            for chart in report.charts
        },
        "checks": [_summary(line.finding) for line in report.checks],
        "drifts": [line.drift.name for line in report.drifts],
        "token_rates": dict(rates),
    }


def _summary(finding: Finding) -> dict[str, object]:
    expectation = finding.expectation
    return {
        "suite": expectation.suite,
        "position": expectation.position,
        "type": expectation.type,
        "columns": list(expectation.columns),
        "severity": expectation.severity.value,
        "mostly": expectation.mostly,
        "answer": finding.answer.value,
        "checked": finding.checked,
        "missing": finding.missing,
        "unexpected": finding.unexpected,
        "observed": finding.observed,
    }


def _charts(facts: pl.DataFrame, policy: Policy) -> tuple[Chart, ...]:
    levels = {
        level.value: Text(rule.label_zh, rule.label_en)
        for level in LEVELS_FROM_HIGH
        for rule in (policy.level_rule(level),)
    }
    tiers = {
        choice.code: Text(choice.label_zh, choice.label_en)
        for dimension in policy.dimensions
        if dimension.name == "value"
        for choice in dimension.choices
    }
    verdicts = {verdict.value: ROW_WORDS[verdict] for verdict in RowVerdict}
    titles = (
        ("verdict", Text("行结论", "Rows by verdict"), verdicts),
        ("level", Text("敏感级别", "Rows by sensitivity level"), levels),
        ("tier", Text("价值等级", "Rows by value tier"), tiers),
    )
    return tuple(
        Chart(
            name=name,
            title=title,
            shares=_shares(facts_of.count_by(facts, f"record__{name}"), words),
        )
        for name, title, words in titles
    )


def _shares(counted: Mapping[str, int], words: Mapping[str, Text]) -> tuple[Share, ...]:
    """Show every known code in policy's order, then codes policy does not name."""
    codes = [*words, *(code for code in counted if code not in words)]
    return tuple(
        Share(
            code=code,
            label=words.get(code, Text(code or "无", code or "none")),
            rows=counted.get(code, 0),
        )
        for code in codes
    )


def _demanded(requirements: Mapping[str, Requirement], field: str) -> Text:
    return REQUIREMENT_WORDS[requirements.get(field, Requirement.OPTIONAL)]


class _Words:
    """Turns field names and codes of problems into words."""

    def __init__(self, policy: Policy) -> None:
        self._labels = {
            field.name: Text(field.label_zh, field.label_en) for field in policy.fields
        }

    def field(self, name: str) -> Text:
        if name == _CONTACT:
            return CONTACT
        return self._labels.get(name, Text(name, name))

    def problem(
        self,
        line: Mapping[str, object],
        requirements: Mapping[str, Requirement],
        rules: Mapping[str, CompiledCheck],
    ) -> Problem:
        field, code = str(line["field"]), str(line["code"])
        problem = PROBLEM_WORDS.get(code, RULE_BROKEN)
        if code == facts_of.RULE:
            authored = rules[str(line["rule"])].authored
            severity, asks = SEVERITY_WORDS[authored.severity], demand_of(authored)
            demand = Text(f"{asks.zh}（{severity.zh}）", f"{asks.en} ({severity.en})")
            name = fields_of(authored, self.field)
        else:
            demand, name = _demanded(requirements, field), self.field(field)
        return Problem(
            row=int(str(line["row"])),
            handle=str(line["handle"]),
            field=name,
            problem=problem,
            demand=demand,
        )
