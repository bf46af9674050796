"""What a restore came to, step by step and as a whole."""

from dataclasses import dataclass

from custody.application.ports import Entry
from custody.application.ports.restore import Counts
from custody.application.restore.acts import Lacks
from custody.application.restore.sets import ChosenSet
from custody.application.restore.values import Read
from custody.domain.ledger import Head
from custody.domain.policy import Policy
from custody.domain.restoring import Replay


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of a restore; `lost` are deliveries that never went off-site.

    `unknown`: what the ledger tells of and nobody can bring back, `kind id` each.
    `changed`: deliveries whose values are not those of their loads any more.
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
    changed: tuple[str, ...] = ()
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
    lacks: Lacks

    def changed(self, buried: frozenset[str]) -> tuple[str, ...]:
        """Return the deliveries that are not as they were loaded, in order.

        Something of them was left out, is a tombstone now, or never went off-site.
        """
        left_out = self.read.changed | self.lacks.changed
        return tuple(sorted(left_out | buried | self.replay.unsettled()))


def entry_of(restored: Restored, *, policy: Policy, medium: str) -> Entry:
    """Return what the ledger hears of a restore."""
    counts = restored.counts
    return Entry(
        kind="restored",
        subject=policy.dataset,
        body={
            "medium": medium,
            "manifest": restored.manifest,
            "head": f"{restored.head.size}:{restored.head.hash.hex()}",
            "customers": counts.customers,
            "versions": counts.versions,
            "values": counts.values,
            "waiting": counts.waiting,
            "deliveries": counts.deliveries,
            "tombstones": restored.tombstones,
            "withheld": restored.withheld,
            "lost": list(restored.lost),
            "unknown": list(restored.unknown),
            "changed": list(restored.changed),
            "policy": policy.digest,
        },
    )
