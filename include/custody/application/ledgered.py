"""What the ledger of a snapshot says: whether it holds, and what it says was loaded."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import polars as pl

from custody.application.copy_ledger import Trust
from custody.columns.leaves import loaded_leaves
from custody.domain.ledger import Line, read_line
from custody.domain.ledger_check import verify_lines
from custody.domain.reconciliation import Reconciled, Reconciliation
from custody.errors import EvidenceError

_BACKED_UP = "backed_up"


@dataclass(slots=True)
class Ledgered:
    """A verified ledger, walked once; `head` is its size and hash."""

    head: str = ""
    newest_set: Line | None = None
    _reconciliation: Reconciliation = field(default_factory=Reconciliation)

    @classmethod
    def of(cls, lines: Iterator[bytes], trust: Trust) -> "Ledgered":
        """Walk the lines; EvidenceError when they do not hold."""
        made = cls()
        verdict = verify_lines(made._heard(lines), verify=trust.verify, pins=trust.pins)
        if verdict.head is None or not verdict.holds:
            position, fault = verdict.faults[0]
            raise EvidenceError(f"the ledger: {fault} at line {position}")
        made.head = f"{verdict.head.size}:{verdict.head.hash.hex()}"
        return made

    def take(self, page: pl.DataFrame) -> None:
        """Take values of the register in their order; those that wait have no load."""
        loaded = page.filter(pl.col("delivery_id").is_not_null())
        for part in loaded.partition_by("delivery_id", maintain_order=True):
            self._reconciliation.add(
                str(part["delivery_id"][0]),
                part["handle"].to_list(),
                loaded_leaves(part),
            )

    def judge(self, destroyed: Collection[str]) -> Reconciled:
        """Judge which loads are proven."""
        return self._reconciliation.judge(destroyed)

    def _heard(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        for line in lines:
            try:
                told = read_line(line)
            except EvidenceError:  # told by who verifies
                yield line
                continue
            self._reconciliation.tell(told)
            if told.kind == _BACKED_UP:
                self.newest_set = told
            yield line
