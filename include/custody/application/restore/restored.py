"""What a restore came to, step by step and as a whole."""

from dataclasses import dataclass

from custody.application.ports.restore import Counts
from custody.application.restore.sets import ChosenSet
from custody.application.restore.values import Read
from custody.domain.ledger import Head
from custody.domain.restoring import Replay


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of a restore; `lost` are deliveries that never went off-site.

    `unknown`: what the ledger tells of and nobody can bring back, `kind id` each.
    `still_open`: epochs that have ended, by which copies from before still open, and
    for how many days the locks of their escrows last.
    """

    counts: Counts
    head: Head
    manifest: str
    tombstones: int
    withheld: int
    opened: int
    shown: int
    lost: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    still_open: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """What the steps of a restore came to so far."""

    replay: Replay
    head: Head
    chosen: ChosenSet | None
    read: Read
    opened: int
    shown: int
    unknown: tuple[str, ...]
