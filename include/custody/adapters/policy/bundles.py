"""A delivery of several files that are one table: which, how joined, how large."""

from collections.abc import Mapping, Sequence

from custody.adapters.policy.columns import listed_columns
from custody.adapters.policy.layouts import read_layout
from custody.adapters.policy.section import Section
from custody.domain.admission import is_plain_name
from custody.domain.fields import Field
from custody.domain.sources import Bundle, SideFile, SourceColumn

_MOST_ROWS = 10_000_000
_MOST_BYTES = 4 * 1024**3


def read_bundle(
    section: Section,
    columns: tuple[SourceColumn, ...],
    known: Mapping[str, Field],
    filled: dict[str, Field],
) -> Bundle | None:
    """Return the bundle of a source, None for one file; `columns` are the main file's.

    The fields that its sides fill are added to `filled`; PolicyError when a side
    is joined to what is not there before it.
    """
    if not section.has("bundle"):
        return None
    with section.section("bundle") as entry:
        main = _file(entry, "main", taken=())
        sides: list[SideFile] = []
        before = {column.name for column in columns}
        for side in entry.items("sides"):
            found = _side(side, known, filled, before, [main, *_names(sides)])
            before |= {found.presented(column.name) for column in found.columns}
            sides.append(found)
        return Bundle(
            main=main,
            columns=columns,
            sides=tuple(sides),
            most_rows=entry.number("most_rows", least=1, most=_MOST_ROWS),
            most_bytes=entry.number("most_bytes", least=1, most=_MOST_BYTES),
        )


def _names(sides: Sequence[SideFile]) -> list[str]:
    return [side.name for side in sides]


def _file(section: Section, key: str, *, taken: Sequence[str]) -> str:
    """Return the name of a file, as a delivery may name one."""
    name = section.text(key)
    if not is_plain_name(name):
        raise section.error(key, "letters, digits, dot, line and hyphen are expected")
    if name.lower() in {one.lower() for one in taken}:
        raise section.error(key, "the file stands here twice")
    return name


def _side(
    entry: Section,
    known: Mapping[str, Field],
    filled: dict[str, Field],
    before: set[str],
    taken: Sequence[str],
) -> SideFile:
    with entry as section:
        name = _file(section, "file", taken=taken)
        columns = listed_columns(section, known, filled)
        return SideFile(
            name=name,
            layout=read_layout(section.section("layout")),
            columns=columns,
            joins=_joins(section, columns, before),
        )


def _joins(
    section: Section, columns: Sequence[SourceColumn], before: set[str]
) -> tuple[tuple[str, str], ...]:
    """Return the key: pairs of a column here and one of the table so far."""
    own = {column.name for column in columns}
    pairs = []
    for entry in section.items("joins"):
        with entry as pair:
            here, there = pair.text("column"), pair.text("to")
            if here not in own:
                raise pair.error("column", "a column of this file is expected")
            if there not in before:
                raise pair.error("to", "a column of the main or an earlier file")
            pairs.append((here, there))
    if len({here for here, _ in pairs}) != len(pairs):
        raise section.error("joins", "one column stands here twice")
    return tuple(pairs)
