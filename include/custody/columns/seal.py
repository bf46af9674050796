"""The sealing pass over one examined block: the hot loop's one home.

Examined rows go in, sealed bytes, tokens, masks and facts come out; nothing
that leaves here shows a personal value except the projection, which goes to
UNLOGGED tables only (design ideas 1-3).  A native loop can replace the batch
door of `custody.crypto` behind the same tests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from custody.columns.blocks import Examined, SealedBlock
from custody.columns.encode import UNKNOWN_COLUMN, encode_level
from custody.columns.project import project
from custody.crypto.batch import seal_batch
from custody.crypto.blindindex import field_key, tokens
from custody.domain.epochs import EpochId
from custody.domain.facts import Token
from custody.domain.fields import Field, Normaliser
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.policy import Policy
from custody.domain.sources import Source

HANDLE_BYTES = 16
SOURCE_CUSTOMER_ID = "source_customer_id"
_SEPARATOR = "\x1f"
_INDEXED = (Token.VALID.value, Token.UNCHECKED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealKeys:
    """The keys one sealing pass holds; never shown (`repr` names none)."""

    epochs: Mapping[Level, EpochId]
    wrapping: Mapping[Level, bytes]
    index_key: bytes
    field_root: bytes

    def __repr__(self) -> str:
        """Name the epochs, never a key."""
        return f"SealKeys({[str(epoch) for epoch in self.epochs.values()]})"


class Sealer:
    """Seals the blocks of one delivery; `entropy(n)` returns n random bytes."""

    def __init__(
        self,
        *,
        policy: Policy,
        source: Source,
        keys: SealKeys,
        entropy: Callable[[int], bytes],
    ) -> None:
        """Derive the field keys once; everything else is per block."""
        self._policy = policy
        self._source = source
        self._keys = keys
        self._entropy = entropy
        self._field_keys: dict[str, bytes] = {}

    def seal(self, examined: Examined) -> SealedBlock:
        """Return the sealed block: same rows, in order."""
        drawn = self._entropy(HANDLE_BYTES * examined.values.height)
        handles = [
            drawn[at : at + HANDLE_BYTES] for at in range(0, len(drawn), HANDLE_BYTES)
        ]
        handle_column = pl.Series("handle", handles, dtype=pl.Binary)
        levels = _sealed_levels(examined)
        sealed: list[pl.DataFrame] = []
        keys: list[pl.DataFrame] = []
        row_tokens: list[pl.DataFrame] = []
        for level in LEVELS_FROM_HIGH:
            parts = self._seal_level(examined, levels, handles, level)
            if parts is not None:
                for frames, part in zip((sealed, keys, row_tokens), parts, strict=True):
                    frames.append(part)
        return SealedBlock(
            rows=_rows(examined, handle_column),
            values=_stack(sealed, VALUES),
            keys=_stack(keys, KEYS),
            tokens=self._tokens(examined, handles),
            row_tokens=_stack(row_tokens, ROW_TOKENS),
            projection=project(
                examined,
                handles=handle_column,
                levels=levels,
                fields=self._policy.fields,
            ),
            facts=examined.facts.with_columns(handle_column),
        )

    def _seal_level(
        self,
        examined: Examined,
        levels: Mapping[str, pl.Series],
        handles: list[bytes],
        level: Level,
    ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame] | None:
        encodings = encode_level(examined.values, levels, level)
        present = [at for at, encoding in enumerate(encodings) if encoding]
        if not present:
            return None
        chosen = [encodings[at] or b"" for at in present]
        names = [handles[at] for at in present]
        epoch = self._keys.epochs[level]
        batch = seal_batch(
            encodings=chosen,
            handles=names,
            dataset=self._policy.dataset,
            level=level.value,
            suite=self._policy.level_rule(level).suites[0],
            wrapping_key=self._keys.wrapping[level],
            epoch=str(epoch),
        )
        shared = {"handle": names, "level": [level.value] * len(names)}
        return (
            pl.DataFrame(
                {
                    **shared,
                    "sealed": batch.sealed,
                    "digest": batch.digests,
                    "key_id": batch.key_ids,
                },
                schema=VALUES,
            ),
            pl.DataFrame(
                {
                    **shared,
                    "epoch": [str(epoch)] * len(names),
                    "key_id": batch.key_ids,
                    "wrapped": batch.wrapped,
                },
                schema=KEYS,
            ),
            pl.DataFrame(
                {**shared, "token": self._token(f"row/{level.value}", chosen)},
                schema=ROW_TOKENS,
            ),
        )

    def _tokens(self, examined: Examined, handles: list[bytes]) -> pl.DataFrame:
        frames = [
            self._field_tokens(field, examined, handles)
            for field in self._policy.fields
            if field.indexable and field.name in examined.values.columns
        ]
        return _stack(frames, TOKENS)

    def _field_tokens(
        self, field: Field, examined: Examined, handles: list[bytes]
    ) -> pl.DataFrame:
        usable = examined.facts[field.name].cast(pl.String).is_in(_INDEXED)
        at = usable.fill_null(value=False).arg_true().to_list()
        forms = index_form(examined.values[field.name], field, self._source)[at]
        return pl.DataFrame(
            {
                "handle": [handles[position] for position in at],
                "field": [field.name] * len(at),
                "token": self._token(field.name, [form.encode() for form in forms]),
            },
            schema=TOKENS,
        )

    def _token(self, field: str, values: list[bytes]) -> list[bytes]:
        if field not in self._field_keys:
            self._field_keys[field] = field_key(
                self._keys.field_root, dataset=self._policy.dataset, field=field
            )
        return tokens(
            index_key=self._keys.index_key,
            field_key=self._field_keys[field],
            values=values,
        )


Schema = dict[str, type[pl.DataType]]

VALUES: Schema = {
    "handle": pl.Binary,
    "level": pl.String,
    "sealed": pl.Binary,
    "digest": pl.Binary,
    "key_id": pl.Binary,
}
KEYS: Schema = {
    "handle": pl.Binary,
    "level": pl.String,
    "epoch": pl.String,
    "key_id": pl.Binary,
    "wrapped": pl.Binary,
}
TOKENS: Schema = {"handle": pl.Binary, "field": pl.String, "token": pl.Binary}
ROW_TOKENS: Schema = {"handle": pl.Binary, "level": pl.String, "token": pl.Binary}


def index_form(values: pl.Series, field: Field, source: Source) -> pl.Series:
    """Return what a token stands for: the value in the form it is matched by.

    Names are lower-cased; a source's own customer id is bound to the source.
    """
    if field.name == SOURCE_CUSTOMER_ID:
        return pl.select(
            pl.lit(f"{source.source_id}{_SEPARATOR}") + pl.lit(values)
        ).to_series()
    if field.normaliser is Normaliser.NAME:
        return values.str.to_lowercase()
    return values


def _sealed_levels(examined: Examined) -> dict[str, pl.Series]:
    """Return for each field the level it is sealed at, per row."""
    high = pl.lit(Level.HIGH.value)
    levels = {}
    for name in examined.values.columns:
        if name.startswith(UNKNOWN_COLUMN):
            levels[name] = examined.values.select(
                pl.when(pl.col(name).is_not_null()).then(high)
            ).to_series()
        elif name != "row":
            levels[name] = examined.facts[f"{name}__sealed"].cast(pl.String)
    return levels


def _rows(examined: Examined, handles: pl.Series) -> pl.DataFrame:
    return pl.DataFrame(
        [
            examined.values["row"],
            handles,
            *(
                examined.facts[f"record__{name}"].cast(pl.String).alias(name)
                for name in ("level", "tier", "verdict", "reasons")
            ),
            *(
                examined.identity[name].cast(pl.String)
                for name in (
                    "industry",
                    "prefix",
                    "customer_type",
                    "party",
                    "responsible",
                    "classes",
                )
            ),
        ]
    )


def _stack(frames: list[pl.DataFrame], schema: Schema) -> pl.DataFrame:
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)
