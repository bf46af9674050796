"""The ledger as it lies on a medium, object by object: which of them are damaged.

`verify_lines` tells whether a ledger holds; here each stretch and each head is judged
by itself, so that one that was spoilt is named, and the others still tell what they
tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from custody.application.copy_ledger import (
    FOLDER,
    Trust,
    heads_of,
    lines_path,
    stretches,
)
from custody.application.ports import Offsite
from custody.application.there import read_there
from custody.domain.ledger import GENESIS, Head, Line, read_line
from custody.domain.ledger_check import verify_lines
from custody.domain.ledger_head import read_head
from custody.errors import EvidenceError

NEWLINE = b"\n"


@dataclass(slots=True)
class CopiedLedger:
    """Reads it once; `faults` are complete when `lines` has come to its end."""

    medium: Offsite
    trust: Trust
    faults: list[tuple[str, str]] = field(default_factory=list)
    _ends: dict[int, bytes | None] = field(default_factory=lambda: {0: GENESIS})
    """After which lines a stretch ends, and their hash where it holds."""

    def lines(self) -> Iterator[Line]:
        """Yield the lines of every stretch that holds, none twice; then heads."""
        position = 0
        for first, last in stretches(self.medium):
            path = lines_path(first, last)
            if first - 1 not in self._ends:
                self.faults.append((f"{FOLDER}{first - 1:012d}", "missing"))
            lines = read_there(self.medium, path).split(NEWLINE)
            head = self._held(lines, first)
            if head is None or head.size != last:
                self._ends.setdefault(last, None)
                self.faults.append((path, "other"))
                continue
            self._ends[last] = head.hash
            for line in map(read_line, lines[:-1]):
                if line.position > position:
                    position = line.position
                    yield line
        self._judge_heads()

    @property
    def size(self) -> int:
        """Return how many lines the names tell of."""
        return max(self._ends)

    def _held(self, lines: list[bytes], first: int) -> Head | None:
        """Return the head of a stretch that holds; its last newline is an empty one."""
        try:
            begun = read_line(lines[0])
        except EvidenceError:
            return None
        before = self._ends.get(first - 1) or begun.previous
        verdict = verify_lines(
            lines[:-1],
            verify=self.trust.verify,
            pins=self.trust.pins,
            after=Head(origin=begun.origin, size=first - 1, hash=before),
        )
        return verdict.head if verdict.holds and not lines[-1] else None

    def _judge_heads(self) -> None:
        for path, size in heads_of(self.medium):
            if size not in self._ends:
                self.faults.append((f"{FOLDER}{size:012d}", "missing"))
            if not self._is_head(read_there(self.medium, path), size):
                self.faults.append((path, "other"))

    def _is_head(self, content: bytes, size: int) -> bool:
        """Whether it is written as Custody writes one, and of the lines there."""
        line = content.removesuffix(NEWLINE)
        try:
            head = read_head(line, verify=self.trust.verify, pins=self.trust.pins)
        except EvidenceError:
            return False
        known = self._ends.get(size)
        return (
            head.size == size
            and (known is None or head.hash == known)
            and content == line + NEWLINE
            and line.rstrip() == line  # a copy by hand may end otherwise
        )
