"""Look at a file as a source to be: column by column, and a first draft.

The draft is for a person to finish: who approves the source, on what paper and
for what purpose is nothing a file can tell (R18).  A header cell is a value
until policy names it, so drafts and tables call it `column <n>`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from custody.application.classify import Classification
from custody.application.column_findings import ColumnFindings
from custody.application.tables import Table
from custody.domain.detection import CHECKED_KINDS
from custody.domain.fields import Field
from custody.domain.headings import kinds_of_heading
from custody.domain.kinds import Kind
from custody.domain.levels import Level
from custody.domain.sniffing import looks_like_data
from custody.domain.sources import FileFormat

MANDATORY_SHARE = 0.99
"""Share of present values from which a column is drafted as always filled."""

ROWS_PER_SET = 50
"""Rows below which a few different values are no closed set."""

NAME_FIELD = "customer_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """One column as it is printed: a place or a declared name, counts, no value."""

    position: int
    name: str
    declared: bool
    data_like: bool
    kinds: Mapping[str, int]
    invalid: int
    present: int
    missing: int
    level: Level
    field: str | None

    def as_json(self) -> dict[str, object]:
        """Return the public form."""
        return {
            "position": self.position,
            "name": self.name,
            "declared": self.declared,
            "header_looks_like_data": self.data_like,
            "kinds": dict(self.kinds),
            "facts": {
                "present": self.present,
                "missing": self.missing,
                "valid": max(self._checked() - self.invalid, 0),
                "invalid": self.invalid,
            },
            "level": self.level.value,
            "field": self.field,
        }

    def _checked(self) -> int:
        return sum(n for kind, n in self.kinds.items() if Kind(kind) in CHECKED_KINDS)


def view_columns(
    result: Classification, *, fields: Sequence[Field], declared: Mapping[str, str]
) -> tuple[ColumnView, ...]:
    """Return the columns of a classified file.

    `declared` maps the column names that an approved source declares to their
    fields; a header cell that is a field's name or label counts as named too.
    """
    known = {**_labels(fields), **declared}
    taken: set[str] = set()
    views = []
    for position, column in enumerate(result.columns, start=1):
        name = column.name.strip()
        named = result.table.header and name in known
        field = known[name] if named else _guess(column, fields, taken)
        if field is not None:
            taken.add(field)
        views.append(
            ColumnView(
                position=position,
                name=name if named else f"column {position}",
                declared=named,
                data_like=result.table.header and not named and looks_like_data(name),
                kinds={k.value: n for k, n in column.accepted.items()},
                invalid=sum(column.invalid.values()),
                present=column.present,
                missing=column.missing,
                level=column.level,
                field=field,
            )
        )
    return tuple(views)


def draft_source(result: Classification, views: Sequence[ColumnView]) -> str:
    """Return the draft of `include/policy/sources/<source>.yaml`.

    What only people can decide is marked `DECIDE`; the policy loader refuses a
    file in which it still stands.
    """
    table = result.table
    layout = f"layout: {{{', '.join(_layout(table))}}}"
    lines = [
        f"# Drafted from {result.rows} rows; replace each DECIDE, then get approval.",
        "label: {zh: DECIDE, en: DECIDE}",
        "channel: DECIDE  # website_form, partner_transfer, customer_provided",
        "owner_department: DECIDE",
        "responsible: {person: DECIDE}",
        "authorisation: {reference: DECIDE, valid_from: DECIDE, valid_until: DECIDE}",
        "signature: {required: true, keys_from_home: true}",
        layout,
        "columns:",
        *map(_column_line, views),
        "unknown_columns: hold",
        'placeholders: ["-", "--", n/a, 无]',
        "match_keys: DECIDE",
        "party: DECIDE  # natural, legal, by_field",
        "purposes: [DECIDE]",
        "minors_allowed: false",
        "legal_basis: DECIDE  # PIPL 13",
        "phone_region: CN",
        "default_industry: unknown",
    ]
    return "\n".join(lines) + "\n"


def _layout(table: Table) -> Iterator[str]:
    """Yield what a layout says of a format; some always name their columns."""
    yield f"format: {table.format.value}"
    if table.encoding:
        yield f"encoding: {table.encoding}"
    if table.delimiter:
        yield f"delimiter: {json.dumps(table.delimiter)}"
    if table.format not in {FileFormat.JSONL, FileFormat.PARQUET}:
        yield f"header: {'true' if table.header else 'false'}"


def draft_suite(
    result: Classification, views: Sequence[ColumnView], *, name: str
) -> dict[str, object]:
    """Return the draft of `expectations/contracts/<source>.json`.

    Presence, kinds and lengths; every expectation is on a field name, at the
    share that the file shows, and warns.
    """
    expectations: list[dict[str, object]] = [
        _expectation("expect_table_row_count_to_be_between", min_value=1)
    ]
    drafted: set[str] = set()
    for view, column in zip(views, result.columns, strict=True):
        if view.field is None or view.field in drafted or column.lengths is None:
            continue
        drafted.add(view.field)
        expectations += _presence_and_kinds(view.field, view, column, result.rows)
        low, high = column.lengths
        expectations.append(
            _expectation(
                "expect_column_value_lengths_to_be_between",
                column=view.field,
                min_value=low,
                max_value=high,
            )
        )
    return {"name": name, "expectations": expectations}


def _presence_and_kinds(
    field: str, view: ColumnView, column: ColumnFindings, rows: int
) -> Iterator[dict[str, object]]:
    share = _share(view.present, rows)
    yield _expectation(
        "expect_column_values_to_not_be_null", column=field, mostly=share
    )
    if any(Kind(kind) in CHECKED_KINDS for kind in view.kinds):
        right = view.present - view.invalid
        yield _expectation(
            "expect_column_values_to_be_in_set",
            column=f"{field}__fact",
            value_set=["valid"],
            mostly=_share(min(right, sum(view.kinds.values())), view.present),
        )
    if column.choices and view.level is Level.LOW and rows >= ROWS_PER_SET:
        yield _expectation(
            "expect_column_values_to_be_in_set",
            column=field,
            value_set=sorted(column.choices),
        )


def _expectation(name: str, **kwargs: object) -> dict[str, object]:
    notes = {"notes": {"zh": "由样本起草", "en": "drafted from a sample"}}
    return {"type": name, "kwargs": kwargs, "severity": "warning", "meta": notes}


def _share(part: int, whole: int) -> float:
    """Return the share rounded down to whole percent, so that the sample passes."""
    return (part * 100 // whole) / 100 if whole else 0.0


def _column_line(view: ColumnView) -> str:
    name = json.dumps(view.name, ensure_ascii=False)
    flag = "  # its header cell looks like data" if view.data_like else ""
    if view.field is None:
        return f"  - {{column: {name}, ignore: DECIDE}}{flag}"
    always = view.present >= MANDATORY_SHARE * (view.present + view.missing)
    needed = "mandatory" if always or view.field == NAME_FIELD else "optional"
    return (
        f"  - {{column: {name}, field: {view.field}, requirement: {needed}}}"
        f"  # {view.level.value}{flag}"
    )


def _labels(fields: Sequence[Field]) -> dict[str, str]:
    return {
        text: field.name
        for field in fields
        for text in (field.name, field.label_zh, field.label_en)
    }


def _guess(
    column: ColumnFindings, fields: Sequence[Field], taken: set[str]
) -> str | None:
    """Return the field whose first kind the column mostly holds or is headed by."""
    told = sorted(column.accepted, key=lambda kind: -column.accepted[kind])
    wanted = (*told, *column.hinted, *kinds_of_heading(column.name))
    for kind in wanted:
        for field in fields:
            if field.kinds and field.kinds[0] is kind and field.name not in taken:
                return field.name
    return None
