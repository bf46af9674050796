"""What the ledger of a snapshot says: whether it holds, and what it says was loaded."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

from custody.application.copy_ledger import Trust
from custody.columns.leaves import loaded_leaves
from custody.domain.language import Text
from custody.domain.ledger import Head, Line, read_line
from custody.domain.ledger_check import verify_lines
from custody.domain.ledger_words import fault_at
from custody.domain.reconciliation import Reconciled, Reconciliation
from custody.errors import EvidenceError

_BACKED_UP = "backed_up"

_FAILS = Text("{why}", "the ledger: {why}")


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
        head = walk_ledger(lines, trust, made._hear)
        made.head = f"{head.size}:{head.hash.hex()}"
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

    def _hear(self, told: Line) -> None:
        self._reconciliation.tell(told)
        if told.kind == _BACKED_UP:
            self.newest_set = told


def walk_ledger(
    lines: Iterable[bytes], trust: Trust, tell: Callable[[Line], None]
) -> Head:
    """Tell each line, and verify all; return the head.

    EvidenceError when they do not hold: what was told is to be forgotten then.
    """
    verdict = verify_lines(_heard(lines, tell), verify=trust.verify, pins=trust.pins)
    if verdict.head is None or not verdict.holds:
        position, fault = verdict.faults[0]
        raise _FAILS.as_error(EvidenceError, why=fault_at(position, fault))
    return verdict.head


def _heard(lines: Iterable[bytes], tell: Callable[[Line], None]) -> Iterator[bytes]:
    for line in lines:
        with contextlib.suppress(EvidenceError):  # told by who verifies
            tell(read_line(line))
        yield line
