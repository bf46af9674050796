"""Sealed values of a frame opened with the key records beside them (design section 5).

By the batch door of `custody.crypto`, an epoch and a level at a time; what is opened
stays in memory, and whoever asks has told the ledger.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest

import polars as pl

from custody.crypto.batch_open import Place, SealedRecords, open_batch
from custody.crypto.cs1 import Opened
from custody.domain.canonical import decode_fields
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.domain.policy import Policy
from custody.errors import EvidenceError, OpenError

NO_BYTES = Text("密钥或加密值不是字节串", "a key or sealed value is not a byte string")
_NO_KEY = Text(
    "有加密值没有密钥记录：打开前请先核对",
    "a sealed value has no key record: reconcile before opening",
)


def open_values(
    values: pl.DataFrame, *, policy: Policy, wrapping: Mapping[str, bytes]
) -> list[Opened]:
    """Return what each value held, in order; `wrapping` has the key of each epoch.

    `values` has handle, level, sealed, key_id, digest, epoch and wrapped.
    EvidenceError without a key record of that key id, OpenError when the bytes do
    not open or are not those of the recorded content digest.
    """
    if values["wrapped"].null_count():
        raise _NO_KEY.as_error(EvidenceError)
    if any(values.select("sealed", "digest").null_count().row(0)):
        raise NO_BYTES.as_error(EvidenceError)
    found: list[Opened | None] = [None] * values.height
    numbered = values.select(
        "epoch", "level", "handle", "key_id", "wrapped", "sealed", "digest"
    ).with_row_index("at")
    for part in numbered.partition_by("epoch", "level", maintain_order=True):
        epoch, level = str(part["epoch"][0]), str(part["level"][0])
        opened = open_batch(
            SealedRecords(
                handles=part["handle"].to_list(),
                key_ids=part["key_id"].to_list(),
                wrapped=part["wrapped"].to_list(),
                sealed=part["sealed"].to_list(),
            ),
            Place(
                dataset=policy.dataset,
                level=level,
                epoch=epoch,
                suites=policy.level_rule(Level(level)).suites,
            ),
            wrapping_key=wrapping[epoch],
        )
        for at, digest, one in zip(part["at"], part["digest"], opened, strict=True):
            if not compare_digest(one.digest, digest):
                raise OpenError
            found[at] = one
    return [one for one in found if one is not None]


@dataclass(slots=True)
class Fields:
    """What was opened, a column a field, and at which level it may be shown."""

    height: int
    _texts: dict[str, list[str | None]] = field(default_factory=dict)
    _levels: dict[str, list[str | None]] = field(default_factory=dict)
    _used: list[bool] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        """The sealed names of all fields there are."""
        return frozenset(self._texts)

    def take(
        self, page: pl.DataFrame, places: Mapping[bytes, int], opened: Sequence[Opened]
    ) -> None:
        """Take what the values held; one that is not `shown` tells no level."""
        self._used = [False] * self.height
        for handle, level, one in zip(
            page["handle"], _shown_levels(page), opened, strict=True
        ):
            at = places[handle]
            self._used[at] = self._used[at] or level is not None
            for name, text in decode_fields(one.encoding).items():
                if name not in self._texts:
                    self._texts[name] = [None] * self.height
                    self._levels[name] = [None] * self.height
                self._texts[name][at] = text
                self._levels[name][at] = level

    def texts(self) -> dict[str, pl.Series]:
        """Return every field's text, by record."""
        return {name: self.text(name) for name in self._texts}

    def text(self, name: str) -> pl.Series:
        """Return a field's text, by record."""
        return pl.Series(name, self._texts[name], dtype=pl.String)

    def level(self, name: str) -> pl.Series:
        """Return the level of a field where it may be shown, by record."""
        return pl.Series(name, self._levels[name], dtype=pl.String)

    def in_use(self) -> pl.Series:
        """Tell of which records a value may be shown."""
        return pl.Series(self._used, dtype=pl.Boolean)


def _shown_levels(page: pl.DataFrame) -> Iterator[str | None]:
    shown = pl.when("shown").then("level")
    yield from page.select(shown).to_series()
