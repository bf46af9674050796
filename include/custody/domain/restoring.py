"""What a ledger tells a restore: what lies off-site, what was loaded, who stays gone.

Read in order, line by line, after it was verified.  Intents and destructions win over
every object that was written before them (R70-R72, design section 4).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from custody.domain.delivery import DeliveryKey, DeliveryState
from custody.domain.delivery_story import TELLS, DeliveryStory, Written, texts_of
from custody.domain.epochs import EpochId
from custody.domain.ledger import BodyValue, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """Versions that go of a customer who stays: of one part, up to a number."""

    commitment: bytes
    level: str
    up_to: int
    part: str = ""

    @classmethod
    def parse(cls, text: str) -> "Replaced":
        """Read the ledger's form: `commitment level version part`."""
        commitment, level, up_to, *part = text.split(" ")
        return cls(
            commitment=bytes.fromhex(commitment),
            level=level,
            up_to=int(up_to),
            part=" ".join(part),
        )


@dataclass(slots=True)
class DestructionStory:
    """Whom a destruction means, by commitments; when their rows were deleted."""

    commitments: set[bytes] = field(default_factory=set)
    replaced: set[Replaced] = field(default_factory=set)
    spared: set[bytes] = field(default_factory=set)
    suppressed_at: dt.datetime | None = None
    deleted_at: int | None = None
    ended_at: int | None = None
    called_off: bool = False

    def bars(self, written_at: int) -> bool:
        """Whether an object of a position may hold what must not come back.

        A destruction wins over whatever was written before its rows were deleted,
        and over everything while it is on its way.
        """
        over = self.deleted_at is not None and written_at > self.deleted_at
        return not over and not self.called_off


@dataclass(slots=True)
class Replay:
    """Folds the lines of a ledger; memory grows with deliveries, not with rows."""

    medium: str
    size: int = 0
    deliveries: dict[str, DeliveryStory] = field(default_factory=dict)
    sets: list[tuple[int, str]] = field(default_factory=list)
    """Position and manifest digest of each full set on this medium."""
    destructions: dict[str, DestructionStory] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    """Epochs that were told to end: nothing under them must open any more."""
    restored: int = 0
    """Position of the last `restored` line, 0 without one."""
    renewed: int = 0
    """Position from which on the medium is sealed to the cards in force."""

    def take(self, line: Line) -> None:
        """Take one line."""
        self.size = line.position
        if line.kind in _DESTRUCTION:
            _destruction(self, line)
        elif line.kind in _SETS:
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
            *(
                one.commitments - one.spared
                for one in self.destructions.values()
                if one.bars(written_at)
            )
        )

    def suppressed_at(self, commitment: bytes) -> dt.datetime | None:
        """Return when someone left a mark, the last time; None: not yet."""
        times = [
            one.suppressed_at
            for one in self.destructions.values()
            if commitment in one.commitments - one.spared and one.suppressed_at
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
                one.commitments - one.spared
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
        for one in texts_of(line.body, "manifests"):
            medium, _, digest = one.rpartition(":")
            if medium == self.medium:
                self.sets.append((line.position, digest))

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


_SETS = frozenset({"full_set_written", "backed_up"})
_WITHOUT_ROWS = (DeliveryState.REFUSED, DeliveryState.QUARANTINED)
_DESTRUCTION = frozenset(
    {
        *("destruction_intended", "destruction_condemned", "destruction_spared"),
        *("destruction_refused", "destruction_deleted", "superseded_intended"),
        *("destruction_suppressed", "destruction_ended"),
    }
)


def _destruction(replay: Replay, line: Line) -> None:
    plan = str(line.body.get("plan", ""))
    story = replay.destructions.setdefault(plan, DestructionStory())
    if line.kind == "destruction_intended":
        story.commitments |= _hashes(line.body, "commitments")
    elif line.kind == "superseded_intended":
        story.replaced |= set(map(Replaced.parse, texts_of(line.body, "versions")))
    elif line.kind == "destruction_condemned":
        story.spared |= _hashes(line.body, "commitments_spared")
    elif line.kind == "destruction_suppressed":
        story.suppressed_at = line.time
    elif line.kind == "destruction_deleted":
        story.deleted_at = line.position
    elif line.kind == "destruction_ended":
        story.ended_at = line.position
    else:  # spared as a whole, or refused before anything was done
        story.called_off = True


def _hashes(body: Mapping[str, BodyValue], name: str) -> set[bytes]:
    return {bytes.fromhex(one) for one in texts_of(body, name)}
