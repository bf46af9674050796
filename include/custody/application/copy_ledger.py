"""Copy ledger: new entries and a signed head lie off-site (design idea 6, R72).

A chain shows edits, a signature shows strangers; that its own writer cut the
ledger short or wrote it anew, only a copy shows that the writer cannot take back.
Objects, on every medium: `ledger/<first>-<last>.lines` and `ledger/<last>.head`,
positions in twelve digits (docs/formats.md).
"""

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from custody.application.at_media import as_one
from custody.application.ports import Clock, Ledger, Offsite
from custody.application.there import read_there
from custody.domain import ledger_words as words
from custody.domain.ledger import Head, Signer, hash_line, read_line
from custody.domain.ledger_check import (
    LedgerFault,
    Verification,
    Verify,
    verify_lines,
)
from custody.domain.ledger_head import read_head, write_head
from custody.errors import CustodyError, EvidenceError

FOLDER = "ledger/"
LOCK_DAYS = 3 * 366
"""Records are kept for three years at least (PIPL 55, 56)."""

LINES_PER_OBJECT = 10_000
OVERDUE = dt.timedelta(hours=24)

_HEAD = re.compile(r"ledger/([0-9]{12})\.head")
_LINES = re.compile(r"ledger/([0-9]{12})-([0-9]{12})\.lines")


@dataclass(frozen=True, slots=True)
class Trust:
    """By which check and which fingerprints a head is believed."""

    verify: Verify
    pins: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLedger:
    """The use case; repeatable, and a medium that fails stops no other."""

    ledger: Ledger
    media: Sequence[Offsite]
    signer: Signer
    trust: Trust
    clock: Clock

    def __call__(self) -> dict[str, int]:
        """Bring every medium up to the end; return name -> lines that lie there.

        An error, once every medium was tried, when the ledger does not go on
        from what lies on a medium, or a medium gives back other bytes: nothing is
        written over, and no head is signed for a ledger that does not hold.
        """
        sizes: dict[str, int] = {}
        faults: dict[str, CustodyError] = {}
        for medium in self.media:
            try:
                sizes[medium.name] = self.to(medium)
            except CustodyError as error:
                faults[medium.name] = error
        if faults:
            raise as_one(words.NOT_OFFSITE, faults)
        return sizes

    def to(self, medium: Offsite) -> int:
        """Bring one medium up to the end; return how many lines lie there."""
        there = newest_head(medium, self.trust)
        lines = iter(self.ledger.lines(first=1 if there is None else there.size))
        if there is not None:
            _go_on_from(there, next(lines, None))
        head = there
        for batch in _batches(lines):
            verdict = verify_lines(
                batch, verify=self.trust.verify, pins=self.trust.pins, after=head
            )
            first = 1 if head is None else head.size + 1
            head = _insist(verdict)
            self._put(medium, lines_path(first, head.size), _joined(batch))
        if head is not None and head != there:
            signed = write_head(head, self.signer)
            self._put(medium, _head_path(head.size), signed + b"\n")
        return 0 if head is None else head.size

    def overdue(self) -> tuple[str, ...]:
        """Return the media that lack a line which is older than a day."""
        before = self.clock.now() - OVERDUE
        return tuple(
            medium.name for medium in self.media if self._lacks(medium, before)
        )

    def _lacks(self, medium: Offsite, before: dt.datetime) -> bool:
        head = newest_head(medium, self.trust)
        first = 1 if head is None else head.size + 1
        missing = next(iter(self.ledger.lines(first=first)), None)
        return missing is not None and read_line(missing).time < before

    def _put(self, medium: Offsite, path: str, content: bytes) -> None:
        until = self.clock.now().date() + dt.timedelta(days=LOCK_DAYS)
        medium.put(path, content, locked_until=until)
        if read_there(medium, path) != content:
            raise words.OTHER_BYTES.as_error(EvidenceError, path=path)


def newest_head(medium: Offsite, trust: Trust) -> Head | None:
    """Return the head of most lines on a medium, None when there is none.

    EvidenceError when it is not signed by a pinned key or speaks of another size
    than its name.
    """
    paths = [path for path, _ in heads_of(medium)]
    if not paths:
        return None
    path = max(paths)
    head = read_head(read_there(medium, path), verify=trust.verify, pins=trust.pins)
    if path != _head_path(head.size):
        raise words.OTHER_SIZE.as_error(EvidenceError, path=path)
    return head


def copied_lines(medium: Offsite) -> Iterator[bytes]:
    """Yield the lines that lie on a medium, from the first; none is doubled.

    They are as they lie there: `verify_lines` tells whether they hold.
    EvidenceError where a stretch is missing.
    """
    position = 0
    for first, last in stretches(medium):
        if last <= position:
            continue
        if first > position + 1:
            raise words.NO_LINE.as_error(
                EvidenceError, line=position + 1, medium=medium.name
            )
        content = read_there(medium, lines_path(first, last))
        yield from content.splitlines()[position + 1 - first :]
        position = last


def stretches(medium: Offsite) -> list[tuple[int, int]]:
    """Return first and last line of each object of lines on a medium, ordered."""
    found = (_LINES.fullmatch(path) for path in medium.list(FOLDER))
    return sorted((int(one[1]), int(one[2])) for one in found if one)


def heads_of(medium: Offsite) -> list[tuple[str, int]]:
    """Return path and size of each signed head on a medium, by its name."""
    found = (_HEAD.fullmatch(path) for path in medium.list(FOLDER))
    return [(one[0], int(one[1])) for one in found if one]


def lines_path(first: int, last: int) -> str:
    """Return where the lines of these positions lie."""
    return f"{FOLDER}{first:012d}-{last:012d}.lines"


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(lines)
    while batch := list(itertools.islice(rest, LINES_PER_OBJECT)):
        yield batch


def _go_on_from(there: Head, line: bytes | None) -> None:
    """Refuse a ledger that is shorter than its copy, or another one."""
    if line is None:
        raise words.fault_at(there.size, LedgerFault.TRUNCATED)
    if hash_line(line) != there.hash:
        raise words.fault_at(there.size, LedgerFault.FORKED)


def _insist(verdict: Verification) -> Head:
    """Return the head of what was verified; EvidenceError when it does not hold."""
    if verdict.head is None or not verdict.holds:
        position, fault = verdict.faults[0]
        raise words.fault_at(position, fault)
    return verdict.head


def _joined(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _head_path(size: int) -> str:
    return f"{FOLDER}{size:012d}.head"
