"""The blind index of a block: which token stands for which value.

What is matched and searched is the token, never the value; only a value whose
fact is good is indexed, so a wrong number matches nobody (design section 4).  By its
match keys a row also has suppression tokens, which tell someone who was destroyed
from someone new.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from custody.columns.blocks import Examined
from custody.columns.collected import collection_days
from custody.crypto.blindindex import field_key, inner_values, tokens_of
from custody.crypto.suppression import suppression_tokens
from custody.domain.facts import Token
from custody.domain.fields import Field, Normaliser
from custody.domain.policy import Policy
from custody.domain.sources import Source
from custody.domain.suppression import match_key_name, match_key_names

SOURCE_CUSTOMER_ID = "source_customer_id"
TOKENS: dict[str, type[pl.DataType]] = {
    "handle": pl.Binary,
    "field": pl.String,
    "token": pl.Binary,
}
SUPPRESSION: dict[str, type[pl.DataType]] = {
    "handle": pl.Binary,
    "match_key": pl.String,
    "token": pl.Binary,
    "collected_on": pl.Date,
}
_SEPARATOR = "\x1f"
_INDEXED = (Token.VALID.value, Token.UNCHECKED.value)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IndexKeys:
    """The index key of the open index epoch, the field root, the suppression key."""

    index_key: bytes
    field_root: bytes
    suppression_key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class _Inner:
    """The inner values of one field, and at which rows they stand."""

    at: pl.Series
    values: list[bytes]

    def frame(self, name: str) -> pl.DataFrame:
        """Return them as a frame by row."""
        values = pl.Series(name, self.values, dtype=pl.Binary)
        return pl.DataFrame([self.at.alias("at"), values])


class BlindIndex:
    """Makes the tokens of one delivery; derives each field's key once."""

    def __init__(
        self,
        *,
        policy: Policy,
        source: Source,
        keys: IndexKeys,
        business_date: dt.date | pl.Series,
    ) -> None:
        """Take policy, source and business date of the delivery, and the keys.

        Rows of several deliveries have a business date each.
        """
        self._policy = policy
        self._source = source
        self._keys = keys
        self._business_date = business_date
        self._field_keys: dict[str, bytes] = {}
        self._match_keys = match_key_names(source.match_keys)

    def of_block(
        self, examined: Examined, handles: pl.Series
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the tokens of every indexable value, and the suppression tokens.

        Both by handle; the latter one for each match key of which a row has every
        field, with the day on which the row was collected.
        """
        found = self._found(examined)
        return (
            self._all_tokens(found, handles),
            self._suppression(found, examined, handles, self._match_keys),
        )

    def tokens_of_block(self, examined: Examined, handles: pl.Series) -> pl.DataFrame:
        """Return the tokens alone: of rows that nobody holds against the destroyed."""
        return self._all_tokens(self._found(examined), handles)

    def marks_of_block(
        self,
        examined: Examined,
        handles: pl.Series,
        match_keys: Sequence[tuple[str, ...]],
    ) -> pl.DataFrame:
        """Return the suppression tokens by these match keys, whichever source's."""
        return self._suppression(self._found(examined), examined, handles, match_keys)

    def of_values(self, name: str, values: list[bytes]) -> list[bytes]:
        """Return one token (16 bytes) per value; row tokens name `row/<level>`."""
        inners = inner_values(field_key=self._field_key(name), values=values)
        return tokens_of(index_key=self._keys.index_key, inners=inners)

    def _field_key(self, name: str) -> bytes:
        if name not in self._field_keys:
            self._field_keys[name] = field_key(
                self._keys.field_root, dataset=self._policy.dataset, field=name
            )
        return self._field_keys[name]

    def _found(self, examined: Examined) -> dict[str, _Inner]:
        return {
            one.name: self._inner(one, examined)
            for one in self._policy.fields
            if one.indexable and one.name in examined.values.columns
        }

    def _all_tokens(self, found: dict[str, _Inner], handles: pl.Series) -> pl.DataFrame:
        frames = [self._tokens(name, one, handles) for name, one in found.items()]
        return pl.concat(frames) if frames else pl.DataFrame(schema=TOKENS)

    def _inner(self, one: Field, examined: Examined) -> _Inner:
        usable = examined.facts[one.name].cast(pl.String).is_in(_INDEXED)
        at = usable.fill_null(value=False).arg_true()
        forms = index_form(examined.values[one.name], one, self._source).gather(at)
        values = forms.cast(pl.Binary).to_list()
        own = self._field_key(one.name)
        return _Inner(at, inner_values(field_key=own, values=values))

    def _tokens(self, name: str, inner: _Inner, handles: pl.Series) -> pl.DataFrame:
        made = tokens_of(index_key=self._keys.index_key, inners=inner.values)
        columns = {
            "handle": handles.gather(inner.at),
            "field": _same(name, len(made)),
            "token": made,
        }
        return pl.DataFrame(columns, schema=TOKENS)

    def _suppression(
        self,
        found: dict[str, _Inner],
        examined: Examined,
        handles: pl.Series,
        match_keys: Sequence[tuple[str, ...]],
    ) -> pl.DataFrame:
        frames = []
        days = collection_days(
            examined, self._source, self._policy, business_date=self._business_date
        )
        for fields in match_keys:
            if all(name in found for name in fields):
                key = _joined([(name, found[name]) for name in fields])
                frames.append(self._marks(match_key_name(fields), key, handles, days))
        return pl.concat(frames) if frames else pl.DataFrame(schema=SUPPRESSION)

    def _marks(
        self, name: str, key: _Inner, handles: pl.Series, days: pl.Series
    ) -> pl.DataFrame:
        made = suppression_tokens(
            key=self._keys.suppression_key,
            dataset=self._policy.dataset,
            match_key=name,
            inners=key.values,
        )
        columns = {
            "handle": handles.gather(key.at),
            "match_key": _same(name, len(made)),
            "token": made,
            "collected_on": days.gather(key.at),
        }
        return pl.DataFrame(columns, schema=SUPPRESSION)


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


def _joined(fields: list[tuple[str, _Inner]]) -> _Inner:
    """Return the inner values of rows that have every field, joined in order."""
    (name, first), *others = fields
    if not others:
        return first
    frame = first.frame(name)
    for other, inner in others:
        frame = frame.join(inner.frame(other), on="at", maintain_order="left")
    columns = [frame[one].to_list() for one, _ in fields]
    return _Inner(frame["at"], list(map(b"".join, zip(*columns, strict=True))))


def _same(text: str, count: int) -> pl.Series:
    return pl.Series([text], dtype=pl.String).new_from_index(0, count)
