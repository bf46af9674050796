"""The sealing pass over one examined block: the hot loop's one home.

Examined rows go in, sealed bytes, tokens, masks and facts come out; nothing
that leaves here shows a personal value except the projection, which goes to
UNLOGGED tables only (design ideas 1-3).  A native loop can replace the batch
door of `custody.crypto` behind the same tests.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from custody.columns.blocks import Examined, SealedBlock
from custody.columns.encode import encode_level
from custody.columns.index import BlindIndex, IndexKeys
from custody.columns.project import project
from custody.crypto.batch import seal_batch
from custody.domain.epochs import EpochId
from custody.domain.headers import UNKNOWN, sealed_name
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.policy import Policy
from custody.domain.sources import Source

HANDLE_BYTES = 16
NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class SealKeys:
    """The keys one sealing pass holds; never shown (`repr` names none)."""

    epochs: Mapping[Level, EpochId]
    wrapping: Mapping[Level, bytes]
    index: IndexKeys

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
        business_date: dt.date,
    ) -> None:
        """Take what holds for every block of the delivery."""
        self._policy = policy
        self._keys = keys
        self._entropy = entropy
        self._index = BlindIndex(
            policy=policy,
            source=source,
            keys=keys.index,
            business_date=business_date,
        )

    def seal(
        self, examined: Examined, *, headers: Mapping[str, str] = NO_HEADERS
    ) -> SealedBlock:
        """Return the sealed block: same rows, in order.

        `headers` are those of unknown columns: each is sealed as part of the
        name of its field and stands nowhere else.
        """
        handles = self._draw_handles(examined.values.height)
        handle_column = pl.Series("handle", handles, dtype=pl.Binary)
        levels = sealed_levels(examined)
        names = {one: sealed_name(one, headers.get(one, "")) for one in levels}
        named = examined.values.rename(names)
        named_levels = {names[one]: level for one, level in levels.items()}
        sealed: list[pl.DataFrame] = []
        keys: list[pl.DataFrame] = []
        row_tokens: list[pl.DataFrame] = []
        for level in LEVELS_FROM_HIGH:
            encodings = encode_level(named, named_levels, level)
            parts = self._seal_level(encodings, handle_column, level)
            if parts is not None:
                for frames, part in zip((sealed, keys, row_tokens), parts, strict=True):
                    frames.append(part)
        tokens, suppression = self._index.of_block(examined, handle_column)
        return SealedBlock(
            rows=record_rows(examined, handle_column),
            values=_stack(sealed, VALUES),
            keys=_stack(keys, KEYS),
            tokens=tokens,
            suppression=suppression,
            row_tokens=_stack(row_tokens, ROW_TOKENS),
            projection=project(
                examined,
                handles=handle_column,
                levels=levels,
                fields=self._policy.fields,
            ),
            facts=examined.facts.with_columns(handle_column),
        )

    def _draw_handles(self, count: int) -> list[bytes]:
        drawn = self._entropy(HANDLE_BYTES * count)
        return [
            drawn[at : at + HANDLE_BYTES] for at in range(0, len(drawn), HANDLE_BYTES)
        ]

    def _seal_level(
        self,
        encodings: list[bytes | None],
        handles: pl.Series,
        level: Level,
    ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame] | None:
        present = [at for at, encoding in enumerate(encodings) if encoding]
        if not present:
            return None
        chosen = [encodings[at] or b"" for at in present]
        named = handles.gather(present)
        epoch = str(self._keys.epochs[level])
        batch = seal_batch(
            encodings=chosen,
            handles=named.to_list(),
            dataset=self._policy.dataset,
            level=level.value,
            suite=self._policy.level_rule(level).suites[0],
            wrapping_key=self._keys.wrapping[level],
            epoch=epoch,
        )
        tokens = self._index.of_values(f"row/{level.value}", chosen)
        shared = {"handle": named, "level": _same(level.value, len(named))}
        ids = {"key_id": pl.Series(batch.key_ids, dtype=pl.Binary)}
        sealed = {**shared, "sealed": batch.sealed, "digest": batch.digests, **ids}
        epochs = {"epoch": _same(epoch, len(named))}
        keys = {**shared, **epochs, **ids, "wrapped": batch.wrapped}
        return (
            pl.DataFrame(sealed, schema=VALUES),
            pl.DataFrame(keys, schema=KEYS),
            pl.DataFrame({**shared, "token": tokens}, schema=ROW_TOKENS),
        )


def _same(text: str, count: int) -> pl.Series:
    return pl.Series([text]).new_from_index(0, count)


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
ROW_TOKENS: Schema = {"handle": pl.Binary, "level": pl.String, "token": pl.Binary}


def sealed_levels(examined: Examined) -> dict[str, pl.Series]:
    """Return for each field the level it is sealed at, per row."""
    high = pl.lit(Level.HIGH.value)
    levels = {}
    for name in examined.values.columns:
        if name.startswith(UNKNOWN):
            levels[name] = examined.values.select(
                pl.when(pl.col(name).is_not_null()).then(high)
            ).to_series()
        elif name != "row":
            levels[name] = examined.facts[f"{name}__sealed"].cast(pl.String)
    return levels


def record_rows(examined: Examined, handles: pl.Series) -> pl.DataFrame:
    """Return row, handle and what is known of each record as a whole."""
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
