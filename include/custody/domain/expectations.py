"""Authored expectations: ordinary Great Expectations suites as frozen values.

Decides what a suite file may look like.  What an expectation type means is
decided where it is compiled (`columns.rules`); what a failure means for the
delivery, in `domain.verdict` (R24-R26, design idea 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.language import Text
from custody.errors import PolicyError

_SUITE_KEYS = frozenset({"name", "expectations", "meta", "notes", "id"})
_EXPECTATION_KEYS = frozenset(
    {"type", "kwargs", "severity", "meta", "id", "notes", "description"}
)
_COLUMN_KEYS = ("column", "column_A", "column_B", "column_list")


class Severity(StrEnum):
    """What a failed expectation does: hold, ask for supplements, or inform."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One authored expectation and its place (`file`, 1-based `position`)."""

    file: str
    suite: str
    position: int
    type: str
    kwargs: Mapping[str, object]
    severity: Severity
    notes: Text | None = None

    @property
    def key(self) -> str:
        """Return the dotted place that an error names."""
        return f"expectations[{self.position}].{self.type}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that the expectation names, in order."""
        named: list[str] = []
        for key in _COLUMN_KEYS:
            value = self.kwargs.get(key)
            if isinstance(value, str):
                named.append(value)
            elif isinstance(value, list | tuple):
                named += [column for column in value if isinstance(column, str)]
        return tuple(named)

    @property
    def mostly(self) -> float:
        """Return the share of rows that must agree, 0 to 1; 1 when not stated."""
        value = self.kwargs.get("mostly")
        return float(value) if isinstance(value, int | float) else 1.0

    def refuse(self, problem: str) -> PolicyError:
        """Return the error that refuses this expectation by name."""
        return PolicyError(self.file, self.key, problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A named list of expectations, never empty: nothing asked grants nothing."""

    file: str
    name: str
    expectations: tuple[Expectation, ...]


def parse_suite(document: object, *, file: str) -> Suite:
    """Read the JSON of a suite as GX writes it; PolicyError names file and key."""
    suite = _mapping(document, file, "suite")
    _refuse_unknown(suite, _SUITE_KEYS, file, "suite")
    name = suite.get("name")
    if not isinstance(name, str) or not name:
        raise PolicyError(file, "name", "a suite has a name")
    items = suite.get("expectations")
    if not isinstance(items, list) or not items:
        raise PolicyError(file, "expectations", "a suite asks for something")
    return Suite(
        file=file,
        name=name,
        expectations=tuple(
            _expectation(item, file=file, suite=name, position=position)
            for position, item in enumerate(items, start=1)
        ),
    )


def _expectation(
    document: object, *, file: str, suite: str, position: int
) -> Expectation:
    key = f"expectations[{position}]"
    item = _mapping(document, file, key)
    _refuse_unknown(item, _EXPECTATION_KEYS, file, key)
    kind = item.get("type")
    if not isinstance(kind, str) or not kind:
        raise PolicyError(file, f"{key}.type", "an expectation has a type")
    kwargs = _mapping(item.get("kwargs", {}), file, f"{key}.kwargs")
    _check_mostly(kwargs.get("mostly", 1), file, f"{key}.kwargs.mostly")
    return Expectation(
        file=file,
        suite=suite,
        position=position,
        type=kind,
        kwargs=dict(kwargs),
        severity=_severity(item.get("severity", "critical"), file, key),
        notes=_notes(item.get("meta"), file, key),
    )


def _severity(value: object, file: str, key: str) -> Severity:
    if isinstance(value, str) and value in set(Severity):
        return Severity(value)
    raise PolicyError(file, f"{key}.severity", "is critical, warning or info")


def _check_mostly(value: object, file: str, key: str) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and 0 <= float(str(value)) <= 1):
        raise PolicyError(file, key, "is a number from 0 to 1")


def _notes(meta: object, file: str, key: str) -> Text | None:
    if not isinstance(meta, dict) or not isinstance(meta.get("notes"), dict):
        return None
    notes = meta["notes"]
    zh, en = notes.get("zh"), notes.get("en")
    if isinstance(zh, str) and isinstance(en, str):
        return Text(zh, en)
    raise PolicyError(file, f"{key}.meta.notes", "is written in zh and in en")


def _mapping(value: object, file: str, key: str) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    raise PolicyError(file, key, "is an object")


def _refuse_unknown(
    item: Mapping[str, object], known: frozenset[str], file: str, key: str
) -> None:
    for name in item:
        if name not in known:
            raise PolicyError(file, f"{key}.{name}", "is not a key that Custody knows")
