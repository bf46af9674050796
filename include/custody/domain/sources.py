"""What policy says of one approved source (R18, R19): frozen values."""

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NewType

from custody.domain.facts import Requirement

SourceId = NewType("SourceId", str)

FULL = ""
"""The part of a customer that ordinary sources tell; an enriching one has its own."""


class Channel(StrEnum):
    """The three official channels (R18); there is no fourth."""

    WEBSITE_FORM = "website_form"
    PARTNER_TRANSFER = "partner_transfer"
    CUSTOMER_PROVIDED = "customer_provided"


class FileFormat(StrEnum):
    """How the file is written."""

    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


class PartyRule(StrEnum):
    """Whether a source's customers are people or organisations."""

    NATURAL = "natural"
    LEGAL = "legal"
    BY_FIELD = "by_field"  # the field `party_type` of the row says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """The paper by which the source may deliver (R18, PIPL 21)."""

    reference: str
    valid_from: dt.date
    valid_until: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceColumn:
    """One declared column: the field it fills, or ignored on purpose.

    `name` is the header cell; without a header the columns are in file order.
    `join` columns of one field are joined by one blank, in order.
    """

    name: str
    field: str | None  # None: policy says ignore
    requirement: Requirement = Requirement.OPTIONAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How to read the file.

    `row_end` empty: LF or CRLF.  Without `quoting` a quote is a character like
    any other.  `skip_lines` are lines above the header, or above the first row.
    """

    format: FileFormat
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    sheet: str | None = None
    row_end: str = ""
    quoting: bool = True
    skip_lines: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SideFile:
    """A file of a bundle in which rows of the main file are looked up.

    `joins` pairs each column of its key with a column presented before it: one of
    the main file, or `presented` of an earlier side.
    """

    name: str
    layout: Layout
    columns: tuple[SourceColumn, ...]
    joins: tuple[tuple[str, str], ...]

    def presented(self, column: str) -> str:
        """Return what one of its columns is called in the joined table."""
        return f"{self.name}/{column}"

    @property
    def filling(self) -> tuple[SourceColumn, ...]:
        """Return the columns that fill a field, as they are presented."""
        return tuple(
            replace(column, name=self.presented(column.name))
            for column in self.columns
            if column.field is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Several files of one delivery that are one table: main rows, joined to sides.

    The main file is streamed and has the source's layout; the sides are held in
    memory, at most `most_rows` rows and `most_bytes` bytes in all.
    """

    main: str
    columns: tuple[SourceColumn, ...]  # of the main file
    sides: tuple[SideFile, ...]  # in the order in which they are joined
    most_rows: int
    most_bytes: int

    @property
    def names(self) -> frozenset[str]:
        """Return the names of all its files."""
        return frozenset({self.main, *(side.name for side in self.sides)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One approved source; its DAG is `intake__<source_id>`."""

    source_id: SourceId
    label_zh: str
    label_en: str
    channel: Channel
    owner_department: str
    responsible_person: str | None  # R42; None: the row says it
    responsible_field: str | None
    authorisation: Authorisation
    signature_required: bool
    signing_keys: tuple[str, ...]  # Ed25519 public keys, hex
    layout: Layout
    columns: tuple[SourceColumn, ...]
    unknown_columns: str  # "hold" or "ignore"
    placeholders: tuple[str, ...]
    match_keys: tuple[tuple[str, ...], ...]
    party: PartyRule
    consent_reference: str
    purposes: tuple[str, ...]
    minors_allowed: bool
    legal_basis: str
    expected_by: dt.time | None
    phone_region: str  # ISO 3166-1 region that numbers without a prefix belong to
    default_industry: str | None
    contact_requirement: Requirement = Requirement.MANDATORY
    suite: str | None = None  # the contract suite beside the common two
    bundle: Bundle | None = None  # several files; `columns` are then of all of them
    enriches: bool = False  # its rows may only match, never found a customer

    @property
    def part(self) -> str:
        """Return which part of a customer its rows are: FULL, or one of its own."""
        return str(self.source_id) if self.enriches else FULL

    def fields_of(self, field: str) -> tuple[SourceColumn, ...]:
        """Return the columns that fill a field, in order."""
        return tuple(column for column in self.columns if column.field == field)

    def requirement_of(self, field: str) -> Requirement:
        """Return the strictest requirement among the columns of a field."""
        order = (Requirement.MANDATORY, Requirement.EXPECTED)
        stated = {column.requirement for column in self.fields_of(field)}
        return next((level for level in order if level in stated), Requirement.OPTIONAL)
