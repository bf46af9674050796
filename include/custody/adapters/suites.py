"""Suites from `expectations/*.json`: reviewed files, parsed by the domain."""

import json
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

from custody.columns.rules import CustomRule
from custody.domain.expectations import Suite, parse_suite
from custody.errors import PolicyError

COMMON_SUITES = ("completeness", "classification")
"""The two suites that every delivery is asked (issue 2, R24 and R5)."""

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


def read_suites(folder: Path, *, contract: str | None) -> tuple[Suite, ...]:
    """Read the common suites and, when there is one, a source's contract.

    `contract` is `Source.suite`: the file name below `contracts/`, without
    `.json`.
    """
    files = [folder / f"{name}.json" for name in COMMON_SUITES]
    if contract is not None:
        if Path(contract).name != contract:
            raise PolicyError(contract, "suite", "is a plain file name")
        files.append(folder / "contracts" / f"{contract}.json")
    return tuple(read_suite(file) for file in files)


def installed_rules() -> Mapping[str, CustomRule]:
    """Return the rules that installed packages offer under `custody.rules`."""
    return {point.name: point.load() for point in entry_points(group=RULE_GROUP)}
