"""The blind index of a block: which token stands for which value.

What is matched and searched is the token, never the value; only a value whose
fact is good is indexed, so a wrong number matches nobody (design section 4).
"""

import polars as pl

from custody.columns.blocks import Examined
from custody.crypto.blindindex import field_key, tokens
from custody.domain.facts import Token
from custody.domain.fields import Field, Normaliser
from custody.domain.policy import Policy
from custody.domain.sources import Source

SOURCE_CUSTOMER_ID = "source_customer_id"
TOKENS: dict[str, type[pl.DataType]] = {
    "handle": pl.Binary,
    "field": pl.String,
    "token": pl.Binary,
}
_SEPARATOR = "\x1f"
_INDEXED = (Token.VALID.value, Token.UNCHECKED.value)


class BlindIndex:
    """Makes the tokens of one delivery; derives each field's key once."""

    def __init__(
        self, *, policy: Policy, source: Source, index_key: bytes, field_root: bytes
    ) -> None:
        """Take the index key of the open index epoch and the field root."""
        self._policy = policy
        self._source = source
        self._index_key = index_key
        self._field_root = field_root
        self._field_keys: dict[str, bytes] = {}

    def of_block(self, examined: Examined, handles: pl.Series) -> pl.DataFrame:
        """Return handle, field and token of every indexable value."""
        frames = [
            self._of_field(field, examined, handles)
            for field in self._policy.fields
            if field.indexable and field.name in examined.values.columns
        ]
        return pl.concat(frames) if frames else pl.DataFrame(schema=TOKENS)

    def of_values(self, field: str, values: list[bytes]) -> list[bytes]:
        """Return one token (16 bytes) per value; row tokens name `row/<level>`."""
        if field not in self._field_keys:
            self._field_keys[field] = field_key(
                self._field_root, dataset=self._policy.dataset, field=field
            )
        return tokens(
            index_key=self._index_key,
            field_key=self._field_keys[field],
            values=values,
        )

    def _of_field(
        self, field: Field, examined: Examined, handles: pl.Series
    ) -> pl.DataFrame:
        usable = examined.facts[field.name].cast(pl.String).is_in(_INDEXED)
        at = usable.fill_null(value=False).arg_true()
        forms = index_form(examined.values[field.name], field, self._source).gather(at)
        return pl.DataFrame(
            {
                "handle": handles.gather(at),
                "field": pl.Series([field.name]).new_from_index(0, len(at)),
                "token": self.of_values(field.name, forms.cast(pl.Binary).to_list()),
            },
            schema=TOKENS,
        )


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
