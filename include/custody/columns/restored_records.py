"""Records of a page, opened once, and what is made again from what they held.

Opened under the target's own keys, so each key that was wrapped anew is proved; the
content digest must be the recorded one.  Tokens are of a new index epoch: those in
older copies are worth nothing to whoever has its key (R69, design section 4).  Tokens,
facts and masks come from the one opening.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from custody.columns.blocks import Examined
from custody.columns.facts import ExaminePlan, examine
from custody.columns.index import SUPPRESSION, BlindIndex, IndexKeys
from custody.columns.line import Headers
from custody.columns.opened import Fields, open_values
from custody.columns.project import project
from custody.columns.recall import Recall
from custody.columns.seal import ROW_TOKENS, record_rows
from custody.crypto.cs1 import Opened
from custody.domain.levels import LEVELS_FROM_HIGH
from custody.domain.policy import Policy

PLACES = (
    *("delivery_id", "handle", "row", "customer", "version", "business_date"),
    *("known", "settled"),
)
"""Where a record stands, which all of its values tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredRecords:
    """What records of one source came to: frames by handle, as sealing makes them.

    `rows` has also customer, version, business_date, part, known (a set's table tells
    of it) and settled (its delivery is loaded); tokens are of the new index epoch.
    `projection` has handle, name and shown of whom a level in use is there.
    """

    rows: pl.DataFrame
    tokens: pl.DataFrame
    row_tokens: pl.DataFrame
    suppression: pl.DataFrame
    projection: pl.DataFrame
    opened: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWork:
    """Opens one page of a source and makes again what stands beside its values.

    It holds wrapping keys: it may travel to a worker through memory, never lie in a
    file.
    """

    policy: Policy
    plan: ExaminePlan
    wrapping: Mapping[str, bytes]
    index: IndexKeys

    def __call__(self, page: pl.DataFrame, headers: Headers) -> RestoredRecords:
        """Return what the page came to; no record is split between pages.

        EvidenceError or OpenError when a single value is not what it must be.
        """
        del headers  # each record has its own, sealed with it
        opened = open_values(page, policy=self.policy, wrapping=self.wrapping)
        records = page.unique("handle", keep="first", maintain_order=True)
        handles = records["handle"]
        numbers = pl.int_range(1, len(handles) + 1, dtype=pl.Int64, eager=True)
        fields = Fields(len(handles))
        fields.take(page, dict(zip(handles, range(len(handles)), strict=True)), opened)
        cells, _ = Recall(self.plan.source).columns(numbers, fields.texts())
        examined = examine(cells, self.plan)
        index = self._index(records)
        tokens, suppression = _tokens(index, examined, records)
        rows = record_rows(examined, handles).drop("row")
        party = pl.when("known").then("party").otherwise(rows["party"]).alias("party")
        return RestoredRecords(
            rows=rows.join(records.select(PLACES), on="handle").with_columns(
                part=pl.lit(self.plan.source.part)
            ),
            tokens=tokens,
            suppression=suppression,
            row_tokens=_row_tokens(index, page, opened),
            projection=self._shown(records.with_columns(party), numbers, fields),
            opened=page.height,
        )

    def __repr__(self) -> str:
        """Show nothing: there are keys inside."""
        return "RecordWork()"

    def _index(self, records: pl.DataFrame) -> BlindIndex:
        return BlindIndex(
            policy=self.policy,
            source=self.plan.source,
            keys=self.index,
            business_date=records["business_date"],
        )

    def _shown(
        self, records: pl.DataFrame, numbers: pl.Series, fields: "Fields"
    ) -> pl.DataFrame:
        """Return handle, name and shown, by the masks of today's policy."""
        chosen = [one for one in self.policy.fields if one.name in fields.names]
        levels = {one.name: fields.level(one.name) for one in chosen}
        texts = [
            fields.text(one.name).set(levels[one.name].is_null(), None).alias(one.name)
            for one in chosen
        ]
        shown = project(
            Examined(
                values=pl.DataFrame([numbers.alias("row"), *texts]),
                facts=numbers.alias("row").to_frame(),
                identity=records.select("party"),
            ),
            handles=records["handle"],
            levels=levels,
            fields=chosen,
        )
        return shown.select("handle", "name", "shown").filter(fields.in_use())


def _tokens(
    index: BlindIndex, examined: Examined, records: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return index tokens, and suppression tokens where a row waits."""
    handles = records["handle"]
    if records["customer"].null_count():
        return index.of_block(examined, handles)
    return index.tokens_of_block(examined, handles), pl.DataFrame(schema=SUPPRESSION)


def _row_tokens(
    index: BlindIndex, page: pl.DataFrame, opened: Sequence[Opened]
) -> pl.DataFrame:
    frames = [pl.DataFrame(schema=ROW_TOKENS)]
    for level in LEVELS_FROM_HIGH:
        at = (page["level"] == level.value).arg_true()
        if len(at):
            encodings = [opened[place].encoding for place in at]
            columns = {
                "handle": page["handle"].gather(at),
                "level": page["level"].gather(at),
                "token": index.of_values(f"row/{level.value}", encodings),
            }
            frames.append(pl.DataFrame(columns, schema=ROW_TOKENS))
    return pl.concat(frames)
