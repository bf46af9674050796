"""Suites from `expectations/*.json`: reviewed files, parsed by the domain."""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from custody.columns.rules import CompiledSuite, CustomRule, compile_suites
from custody.domain.expectations import Suite, parse_suite
from custody.domain.policy import Policy
from custody.domain.sources import Source
from custody.errors import PolicyError

COMMON_SUITES = ("completeness", "classification")
"""The two suites that every delivery of customers is asked (R5, R24)."""

ENRICHING_SUITES = ("classification",)
"""What a source is asked that only adds to customers, who are complete already."""

RULE_GROUP = "custody.rules"
"""The entry point group behind which a team's own rules stand."""


def read_suite(file: Path) -> Suite:
    """Read one suite; PolicyError names the file and the key at fault."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PolicyError(file.name, "suite", "there is no such file") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise PolicyError(file.name, "suite", "is not JSON in UTF-8") from None
    return parse_suite(document, file=file.name)


def read_suites(folder: Path, source: Source) -> tuple[Suite, ...]:
    """Read the common suites and the contract of a source.

    The contract is `contracts/<suite>.json`; a source that names no suite has
    the one of its own name, where there is one.
    """
    common = ENRICHING_SUITES if source.enriches else COMMON_SUITES
    files = [folder / f"{name}.json" for name in common]
    contract = folder / "contracts" / f"{source.suite or source.source_id}.json"
    if source.suite is not None or contract.exists():
        files.append(contract)
    return tuple(read_suite(file) for file in files)


def compile_source(
    source: Source,
    *,
    policy: Policy,
    folder: Path,
    custom_rules: Mapping[str, CustomRule],
) -> tuple[CompiledSuite, ...]:
    """Read and compile all that a source is asked; PolicyError by name."""
    return compile_for(
        source, read_suites(folder, source), policy=policy, custom_rules=custom_rules
    )


def compile_for(
    source: Source,
    suites: Sequence[Suite],
    *,
    policy: Policy,
    custom_rules: Mapping[str, CustomRule],
) -> tuple[CompiledSuite, ...]:
    """Compile suites for the fields that a source delivers."""
    delivered = {column.field for column in source.columns}
    return compile_suites(
        suites,
        fields=[field for field in policy.fields if field.name in delivered],
        known=[field.name for field in policy.fields],
        custom_rules=custom_rules,
    )


def installed_rules() -> Mapping[str, CustomRule]:
    """Return the rules that installed packages offer under `custody.rules`."""
    return {point.name: point.load() for point in entry_points(group=RULE_GROUP)}
