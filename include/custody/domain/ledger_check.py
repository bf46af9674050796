"""Whether a ledger holds: every line, their order, and who signed them.

A hash chain alone shows few attacks; signatures by a pinned key show more; the
rest (a ledger cut short, or written anew by its own signer) only a head kept
elsewhere shows (design idea 6, R72).
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.ledger import GENESIS, Head, Line, hash_line, key_of, read_line
from custody.errors import EvidenceError

Verify = Callable[[bytes, bytes, bytes], bool]
"""(raw public key, message, signature) -> whether the signature holds."""


class LedgerFault(StrEnum):
    """What a ledger can be found guilty of; the codes are stable."""

    MALFORMED = "malformed"
    POSITION = "position"
    CHAIN = "chain"
    ORIGIN = "origin"
    TIME = "time"
    SIGNATURE = "signature"
    NOT_PINNED = "not_pinned"
    TRUNCATED = "truncated"
    FORKED = "forked"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict on a ledger: its head, and (position, fault) where it fails."""

    head: Head | None
    faults: tuple[tuple[int, LedgerFault], ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


def verify_lines(
    lines: Iterable[bytes],
    *,
    verify: Verify,
    pins: Collection[str],
    heads: Collection[Head] = (),
    after: Head | None = None,
) -> Verification:
    """Verify a whole ledger, from its first line, in one pass.

    `pins` are the fingerprints (SHA-256 hex of the raw public key) that the
    reader trusts; with none, nothing holds.  `heads` were kept elsewhere: without
    one a ledger cut short cannot be told from a young one.  With `after`, a head
    that is trusted already, the lines are those that follow it.
    """
    faults: list[tuple[int, LedgerFault]] = []
    walk = _Walk(verify=verify, pins=frozenset(pins), faults=faults, after=after)
    for line in lines:
        walk.step(line)
        for head in heads:
            if head.size == walk.size:
                _compare(walk, head)
    if walk.size == 0:
        faults.append((0, LedgerFault.EMPTY))
    if any(walk.size < head.size for head in heads):
        faults.append((walk.size, LedgerFault.TRUNCATED))
    return Verification(head=walk.head, faults=tuple(faults))


class _Walk:
    """The state that one pass over the lines carries along."""

    def __init__(
        self,
        *,
        verify: Verify,
        pins: frozenset[str],
        faults: list[tuple[int, LedgerFault]],
        after: Head | None,
    ) -> None:
        self._verify = verify
        self._pins = pins
        self.faults = faults
        self.size = 0 if after is None else after.size
        self.head = after
        self._hash = GENESIS if after is None else after.hash
        self._origin = None if after is None else after.origin
        self._time: dt.datetime | None = None

    def step(self, line: bytes) -> None:
        self.size += 1
        try:
            parsed = read_line(line)
        except EvidenceError:
            self._fault(LedgerFault.MALFORMED)
        else:
            self._judge(parsed)
            self.head = Head(origin=parsed.origin, size=self.size, hash=hash_line(line))
        self._hash = hash_line(line)

    def _judge(self, line: Line) -> None:
        key = key_of(line.origin)
        findings = {
            LedgerFault.POSITION: line.position != self.size,
            LedgerFault.CHAIN: line.previous != self._hash,
            LedgerFault.ORIGIN: line.origin != (self._origin or line.origin),
            LedgerFault.TIME: line.time < (self._time or line.time),
            LedgerFault.NOT_PINNED: fingerprint(key) not in self._pins,
            LedgerFault.SIGNATURE: not self._verify(key, line.signed, line.signature),
        }
        for fault, found in findings.items():
            if found:
                self._fault(fault)
        self._origin = self._origin or line.origin
        self._time = line.time

    def _fault(self, fault: LedgerFault) -> None:
        self.faults.append((self.size, fault))


def fingerprint(public_key: bytes) -> str:
    """Return SHA-256 of a raw public key, in hex: what `--pin` takes."""
    return hashlib.sha256(public_key).hexdigest()


def _compare(walk: _Walk, expected: Head) -> None:
    found = walk.head
    if (
        found is None
        or (found.size, found.hash) != (expected.size, expected.hash)
        or expected.origin not in {None, found.origin}
    ):
        walk.faults.append((walk.size, LedgerFault.FORKED))
