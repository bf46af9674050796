"""What a ledger tells a restore: what lies off-site, what was loaded, who stays gone.

Read in order, line by line, after it was verified.  Intents and destructions win over
every object that was written before them (R70-R72, design section 4).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from custody.domain.acts import Acts
from custody.domain.backups import SET_KINDS, manifests_of
from custody.domain.delivery import DeliveryKey, DeliveryState
from custody.domain.delivery_story import TELLS, DeliveryStory, Written
from custody.domain.destruction_story import DestructionStory, Replaced, retell
from custody.domain.epochs import EpochId
from custody.domain.ledger import Line


@dataclass(slots=True)
class Replay:
    """Folds the lines of a ledger; memory grows with deliveries, not with rows."""

    medium: str
    size: int = 0
    deliveries: dict[str, DeliveryStory] = field(default_factory=dict)
    sets: list[tuple[int, str]] = field(default_factory=list)
    """Position and manifest digest of each full set on this medium."""
    destructions: dict[str, DestructionStory] = field(default_factory=dict)
    acts: Acts = field(default_factory=Acts)
    ended: set[str] = field(default_factory=set)
    """Epochs that were told to end: nothing under them must open any more."""
    restored: int = 0
    """Position of the last `restored` line, 0 without one."""
    renewed: int = 0
    """Position from which on the medium is sealed to the cards in force."""

    def take(self, line: Line) -> None:
        """Take one line."""
        self.size = line.position
        retell(self.destructions, line)
        self.acts.take(line)
        if line.kind in SET_KINDS:
            self._full_set(line)
        elif line.kind == "rekeyed":
            self.ended.add(line.subject)
        elif line.kind == "restored":
            self.restored = line.position
        elif line.kind == "recipient_renewed":
            self._renewed(line)
        else:
            self._delivery(line)

    def _renewed(self, line: Line) -> None:
        if line.body.get("medium") == self.medium:
            self.renewed = line.position

    def gone(self, *, written_at: int) -> frozenset[bytes]:
        """Return the commitments to whom an object there must not bring back."""
        return frozenset().union(
            *(one.gone() for one in self.destructions.values() if one.bars(written_at))
        )

    def parted(self, *, written_at: int) -> Mapping[bytes, frozenset[str]]:
        """Return of whom it must not bring back some levels, and which."""
        found: dict[bytes, frozenset[str]] = {}
        for story in self.destructions.values():
            for one, levels in story.parted().items() if story.bars(written_at) else ():
                found[one] = found.get(one, frozenset()) | levels
        return found

    def suppressed_at(self, commitment: bytes) -> dt.datetime | None:
        """Return when someone left a mark, the last time; None: not yet."""
        times = [
            one.suppressed_at
            for one in self.destructions.values()
            if commitment in one.gone() | one.parted().keys() and one.suppressed_at
        ]
        return max(times, default=None)

    def replaced(self, *, written_at: int) -> frozenset[Replaced]:
        """Return the versions that it must not bring back of customers who stay."""
        return frozenset(
            version
            for one in self.destructions.values()
            if one.bars(written_at)
            for version in one.replaced
            if version.commitment not in one.spared
        )

    def objects(self, *, after: int) -> list[Written]:
        """Return the delivery objects written after a position, in their order."""
        found = [
            one.object
            for one in self.deliveries.values()
            if one.object is not None and one.object.position > after
        ]
        return sorted(found, key=lambda one: one.position)

    def everybody_gone(self) -> frozenset[bytes]:
        """Return the commitments of all destructions that were not called off."""
        return frozenset().union(
            *(
                one.gone() | one.parted().keys()
                for one in self.destructions.values()
                if not one.called_off
            )
        )

    def named_epochs(self) -> frozenset[EpochId]:
        """Return the epochs that ended, as far as the ledger names them."""
        return frozenset(map(EpochId.parse, self.ended))

    def begun_before(self, plan: str, position: int) -> int:
        """Return a position by which everything that lies in a set was loaded.

        The set of a destruction was begun when its epochs had ended; of another one
        nobody knows, so that every delivery object is read besides.
        """
        story = self.destructions.get(plan)
        ended = None if story is None else story.ended_at
        return 0 if ended is None or ended > position else ended

    def stories(self, *, after: int) -> list[DeliveryStory]:
        """Return what a restore writes of deliveries that changed after a position.

        Of one that never went off-site nothing can be restored: its file, if it still
        lies there, is admitted anew.
        """
        return [
            one
            for one in self.deliveries.values()
            if one.position > after
            and (one.object is not None or one.state in _WITHOUT_ROWS)
        ]

    def lost(self) -> tuple[str, ...]:
        """Return the deliveries that were loaded and never went off-site."""
        return tuple(
            one.key.delivery_id
            for one in self.deliveries.values()
            if one.state is DeliveryState.LOADED and one.object is None
        )

    def unsettled(self) -> frozenset[str]:
        """Return the deliveries that have changed since they last went off-site."""
        return frozenset(
            one.key.delivery_id
            for one in self.deliveries.values()
            if one.object is None or one.exported_at is None
        )

    def _full_set(self, line: Line) -> None:
        self.sets += [
            (line.position, digest)
            for medium, digest in manifests_of(line)
            if medium == self.medium
        ]

    def _delivery(self, line: Line) -> None:
        key = DeliveryKey.parse(line.subject)
        if key is None:
            return
        if line.kind == "admitted":
            self.deliveries[line.subject] = DeliveryStory(
                key=key,
                received_at=line.time,
                policy=str(line.body.get("policy", "")),
                manifest=str(line.body.get("manifest_sha256", "")),
            )
        elif line.kind in TELLS:
            story = self.deliveries.setdefault(
                line.subject, DeliveryStory(key=key, received_at=line.time)
            )
            TELLS[line.kind](story, line, self.medium)
            story.position = line.position


_WITHOUT_ROWS = (DeliveryState.REFUSED, DeliveryState.QUARANTINED)
