"""The frames that travel between the steps of sealing, and their columns.

Every frame of one block has the same rows in the same order unless it says
otherwise.  All frames but `SealedBlock.*` live in the memory of one task only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True)
class RowFault:
    """One row that cannot be read: place, reason code, and its raw bytes.

    The bytes are for the quarantine only; the class has no repr of them.  `file` is
    set for a row of a bundle's side file: `row` counts in that file, and it is no
    row of the delivery.
    """

    row: int
    column: str | None
    reason: str
    raw: bytes
    file: str | None = None

    def __repr__(self) -> str:
        """Show the place and the reason, never the bytes."""
        return f"RowFault(row={self.row}, reason={self.reason!r})"


@dataclass(frozen=True, slots=True)
class RawBlock:
    """Rows as read: every cell text, nothing interpreted.

    `cells` has `row` (Int64, 1-based, running through the delivery's files) and
    one String column per file column, named as the layout names it.  Columns
    that policy does not know are named `?<position>` (1-based) here; `unknown`
    maps these to their header cells, which are sealed and never shown.
    """

    cells: pl.DataFrame
    faults: tuple[RowFault, ...]
    unknown: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Examined:
    """A block after normalising and checking (design idea 1).

    `values`: `row`, then one String column per register field of the source
    (normalised, null when missing), then `?<n>` unknown columns as they came.
    `facts`: `row` and only facts:
      `<field>`            token text or null when missing (Categorical/Enum)
      `<field>__kinds`     kinds detected, `+`-joined, sorted; null when none
      `<field>__declared`  declared level; `<field>__detected` detected one or null
      `<field>__sealed`    max of both: the level it is sealed at; null if missing
      `<field>__rule<n>`   pass, fail or null, per compiled expectation
      `contact`            valid/null: phone, e-mail or postal address present (R24)
      `record__level` `record__tier` `record__verdict` (RowVerdict)
      `record__reasons`    `field:token` joined by `,`; what the verdict rests on
    `identity`: `row`, `industry` (code), `prefix`, `customer_type`, `party`
      (natural/legal), `responsible`, `classes` (dimension=code joined by `,`).
    """

    values: pl.DataFrame
    facts: pl.DataFrame
    identity: pl.DataFrame


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """What leaves the sealing task: sealed bytes and facts, no personal value in clear.

    `rows`: row Int64, handle Binary(16), level, tier, verdict, reasons, industry,
      prefix, customer_type, party, responsible, classes (String).
    `values`: handle Binary(16), level String, sealed Binary, digest Binary(32),
      key_id Binary(32): one row per record and level present.
    `keys`: handle, level, epoch String, key_id, wrapped Binary: same rows as values.
    `tokens`: handle, field String, token Binary(16): one per indexable field present.
    `suppression`: handle, match_key String, token Binary(32), collected_on Date|null
      (unknown): one per match key of the source of which every field is there.
    `row_tokens`: handle, level, token Binary(16).
    `projection`: row, handle, name String|null, shown String (JSON object
      field -> mask or value): goes to UNLOGGED tables only.
    `facts`: as in Examined, plus `handle`.
    """

    rows: pl.DataFrame
    values: pl.DataFrame
    keys: pl.DataFrame
    tokens: pl.DataFrame
    suppression: pl.DataFrame
    row_tokens: pl.DataFrame
    projection: pl.DataFrame
    facts: pl.DataFrame
