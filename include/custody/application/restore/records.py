"""Records: every restored value is opened once, and what stands beside it made anew.

A page at a time, on a line that may work on several pages at once, here and beside;
what comes out is written here.  Memory is that of the pages on their way.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from custody.application.ports.restore import RestoreKeyring, RestoreRegister
from custody.columns.facts import ExaminePlan
from custody.columns.index import IndexKeys
from custody.columns.key_records import with_key_records
from custody.columns.line import Lines, one_by_one
from custody.columns.restored_records import RecordWork, RestoredRecords
from custody.domain.language import Text
from custody.domain.policy import Policy
from custody.domain.sources import Source
from custody.errors import ConfigurationError

_NO_SOURCE = Text(
    "{source}：策略中没有此来源：请用备份当时的策略恢复",
    "{source}: policy has no such source: restore with the policy of the time of the"
    " backup",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRecords:
    """The step; `wrapping` has the key of every epoch that the target's keys are under.

    `plan` gives what is worked out once a source.
    """

    policy: Policy
    plan: Callable[[Source], ExaminePlan]
    register: RestoreRegister
    keyring: RestoreKeyring
    wrapping: Mapping[str, bytes]
    index_keys: IndexKeys
    index_epoch: int
    lines: Lines = one_by_one

    def __call__(self, told: Callable[[int], None]) -> tuple[int, int]:
        """Restore every record; return how many values were opened, records shown.

        ConfigurationError when policy no longer has the source of a record;
        EvidenceError or OpenError when a value is not what it must be.
        """
        opened = shown = 0
        for made in self._made():
            self.register.write(made, index_epoch=self.index_epoch)
            opened += made.opened
            shown += made.projection.height
            told(opened)
        return opened, shown

    def _made(self) -> Iterator[RestoredRecords]:
        by_source = itertools.groupby(self.register.pages(), key=_source_id)
        for source_id, pages in by_source:
            work = RecordWork(
                policy=self.policy,
                plan=self.plan(self._source(source_id)),
                wrapping=self.wrapping,
                index=self.index_keys,
            )
            with self.lines(work) as line:
                for page in pages:
                    yield from line.put(self._with_keys(page), {})
                yield from line.rest()

    def _with_keys(self, page: pl.DataFrame) -> pl.DataFrame:
        """Return the page with the key records as the target has them now."""
        handles = page["handle"].unique(maintain_order=True)
        return with_key_records(page, self.keyring.wrapped(handles.to_list()))

    def _source(self, source_id: str) -> Source:
        source = self.policy.source(source_id)
        if source is None:
            raise _NO_SOURCE.as_error(ConfigurationError, source=source_id)
        return source


def _source_id(page: pl.DataFrame) -> str:
    return str(page["delivery_id"][0]).partition("/")[0]
