"""Which file column is which declared column, and what the others are called.

A column that policy does not know is called `?<position>` (1-based), never by
its header cell: an undeclared header cell may be a value (issue of a headerless
file), so it is not quoted either.  Its text goes along to be sealed with the value.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from custody.adapters.readers.limits import MAX_COLUMNS
from custody.domain.headers import UNKNOWN, kept_header, tidy
from custody.domain.language import Text
from custody.domain.sources import Source
from custody.errors import ConfigurationError, DeliveryError

HEADER_ROW = 0
_TWICE = Text(
    "来源 {source} 的 columns：列名不得重复，也不得为 `row`",
    "source {source}: columns: names must differ, none may be `row`",
)
_MARKED = Text(
    "来源 {source} 的 columns：列名不得以 `?` 开头",
    "source {source}: columns: no name may begin with `?`",
)


@dataclass(frozen=True, slots=True)
class Header:
    """The column names in file order, and the header cells of unknown ones."""

    names: tuple[str, ...]
    unknown: Mapping[str, str] = field(default_factory=dict, repr=False)


def declared_names(source: Source) -> tuple[str, ...]:
    """Return the declared column names in order; ConfigurationError if unusable."""
    names = tuple(column.name for column in source.columns)
    tidied = [tidy(name) for name in names]
    if len(set(tidied)) != len(tidied) or "row" in names:
        raise _TWICE.as_error(ConfigurationError, source=source.source_id)
    if any(name.startswith(UNKNOWN) for name in names):
        raise _MARKED.as_error(ConfigurationError, source=source.source_id)
    return names


def declared_header(source: Source) -> Header:
    """Return the columns of a file without header: the declared ones, in order.

    ConfigurationError and DeliveryError as `declared_names` and `check_width`.
    """
    names = declared_names(source)
    check_width(len(names))
    return Header(names)


def read_header(cells: Sequence[str], source: Source) -> Header:
    """Return the columns of a header row, in file order.

    DeliveryError `missing_column`, `duplicate_column`, `too_many_columns`.
    """
    check_width(len(cells))
    declared = {tidy(name): name for name in declared_names(source)}
    tidied = [tidy(cell) for cell in cells]
    names = tuple(
        declared.get(cell, f"{UNKNOWN}{position}")
        for position, cell in enumerate(tidied, start=1)
    )
    _refuse_duplicates(tidied, names)
    missing = [name for name in declared.values() if name not in names]
    if missing:
        raise DeliveryError("missing_column", row=HEADER_ROW, column=missing[0])
    return Header(names, unknown_headers(zip(names, cells, strict=True)))


def unknown_headers(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the kept header cell of each unknown column that has one."""
    kept = {name: kept_header(cell) for name, cell in named if name[:1] == UNKNOWN}
    return {name: header for name, header in kept.items() if header}


def holds_all(cells: Sequence[str], source: Source) -> bool:
    """Return whether a row names every declared column."""
    present = {tidy(cell) for cell in cells}
    return all(tidy(name) in present for name in declared_names(source))


def check_width(width: int) -> None:
    """Refuse more columns than a reader takes; DeliveryError `too_many_columns`."""
    if width > MAX_COLUMNS:
        raise DeliveryError("too_many_columns", row=HEADER_ROW)


def _refuse_duplicates(tidied: Sequence[str], names: Sequence[str]) -> None:
    seen: set[str] = set()
    for cell, name in zip(tidied, names, strict=True):
        if cell and cell in seen:
            raise DeliveryError("duplicate_column", row=HEADER_ROW, column=name)
        seen.add(cell)
