"""Records: every restored value is opened, and what stands beside it made anew.

Opened under the target's own keys, so each key that was wrapped anew is proved; the
content digest must be the recorded one.  Tokens are of a new index epoch: those in
older copies are worth nothing to whoever has its key (R69, design section 4).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from custody.application.opening import Opener
from custody.application.ports.restore import RestoredRecords, RestoreRegister
from custody.columns.blocks import Examined
from custody.columns.index import BlindIndex, IndexKeys
from custody.columns.recall import Recall
from custody.columns.seal import ROW_TOKENS, record_rows
from custody.domain.canonical import decode_fields
from custody.domain.levels import LEVELS_FROM_HIGH
from custody.domain.policy import Policy
from custody.domain.sources import Source
from custody.errors import ConfigurationError


class Apart(Protocol):
    """What examines rows of one source."""

    @property
    def apart(self) -> Callable[[pl.DataFrame], tuple[Examined, pl.DataFrame]]:
        """Return what examines one piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRecords:
    """Opens page by page; memory is that of a page."""

    policy: Policy
    examiner: Callable[[Source], Apart]
    opener: Opener
    register: RestoreRegister
    index_keys: IndexKeys
    index_epoch: int
    _examiners: dict[str, Apart] = field(default_factory=dict, init=False, repr=False)

    def __call__(self, told: Callable[[int], None]) -> int:
        """Restore every record; return how many values were opened.

        ConfigurationError when policy no longer has the source of a record.
        """
        opened = 0
        for page in self.register.pages():
            for part in page.partition_by("delivery_id", maintain_order=True):
                made = self._examine(part)
                self.register.write(made, index_epoch=self.index_epoch)
            opened += page.height
            told(opened)
        return opened

    def _examine(self, part: pl.DataFrame) -> RestoredRecords:
        source = self._source(str(part["delivery_id"][0]))
        texts, encodings = self._opened(part)
        cells, _ = Recall(source).cells(list(enumerate(texts.values(), start=1)))
        examined, _ = self._examiner(source).apart(cells)
        handles = pl.Series("handle", list(texts), dtype=pl.Binary)
        index = BlindIndex(
            policy=self.policy,
            source=source,
            keys=self.index_keys,
            business_date=part["business_date"][0],
        )
        tokens, suppression = index.of_block(examined, handles)
        places = part.drop("level", "sealed", "key_id", "digest").unique("handle")
        rows = record_rows(examined, handles).drop("row").join(places, on="handle")
        return RestoredRecords(
            rows=rows.with_columns(part=pl.lit(source.part)),
            tokens=tokens,
            suppression=suppression,
            row_tokens=_row_tokens(index, encodings),
        )

    def _opened(
        self, part: pl.DataFrame
    ) -> tuple[dict[bytes, dict[str, str]], dict[str, dict[bytes, bytes]]]:
        """Return each record's fields, and each level's encodings, by handle."""
        texts: dict[bytes, dict[str, str]] = {}
        encodings: dict[str, dict[bytes, bytes]] = {}
        for row, opened in self.opener.opened(part):
            fields = texts.setdefault(row["handle"], {})
            fields |= decode_fields(opened.encoding)
            encodings.setdefault(row["level"], {})[row["handle"]] = opened.encoding
        return texts, encodings

    def _source(self, delivery: str) -> Source:
        source = self.policy.source(delivery.partition("/")[0])
        if source is None:
            message = f"{delivery}: policy has no such source: restore with the policy"
            raise ConfigurationError(f"{message} of the time of the backup")
        return source

    def _examiner(self, source: Source) -> Apart:
        if source.source_id not in self._examiners:
            self._examiners[source.source_id] = self.examiner(source)
        return self._examiners[source.source_id]


def _row_tokens(
    index: BlindIndex, encodings: Mapping[str, Mapping[bytes, bytes]]
) -> pl.DataFrame:
    frames = [pl.DataFrame(schema=ROW_TOKENS)]
    for level in LEVELS_FROM_HIGH:
        found = encodings.get(level.value, {})
        if found:
            made = index.of_values(f"row/{level.value}", list(found.values()))
            columns = {
                "handle": list(found),
                "level": [level.value] * len(found),
                "token": made,
            }
            frames.append(pl.DataFrame(columns, schema=ROW_TOKENS))
    return pl.concat(frames)
