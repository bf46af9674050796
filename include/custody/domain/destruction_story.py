"""What became of a destruction, told by the lines of the ledger alone (R69-R72).

Whom it means, by commitments; whether it is over, and what it had shown by then.
"""

import datetime as dt
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field

from custody.domain.backups import manifests_of
from custody.domain.delivery_story import texts_of
from custody.domain.destruction import OVER, RunState
from custody.domain.ledger import BodyValue, Line
from custody.domain.levels import Level
from custody.domain.observations import FullSetSeen, Recovery


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
    """Whom a destruction means, by commitments; when their rows were deleted.

    `levels` are of whom some levels go and others stay; `spared` are they of whom
    nothing goes, `spared_levels` what stays of whom something goes.
    """

    commitments: set[bytes] = field(default_factory=set)
    levels: dict[bytes, frozenset[str]] = field(default_factory=dict)
    replaced: set[Replaced] = field(default_factory=set)
    spared: set[bytes] = field(default_factory=set)
    spared_levels: dict[bytes, set[str]] = field(default_factory=dict)
    suppressed_at: dt.datetime | None = None
    deleted_at: int | None = None
    ended_at: int | None = None
    called_off: bool = False
    full_sets: tuple[FullSetSeen, ...] = ()
    recovery: Recovery | None = None
    certified: bool = False
    told_at: dt.datetime | None = None

    def bars(self, written_at: int) -> bool:
        """Whether an object of a position may hold what must not come back.

        A destruction wins over whatever was written before its rows were deleted,
        and over everything while it is on its way.
        """
        over = self.deleted_at is not None and written_at > self.deleted_at
        return not over and not self.called_off

    def gone(self) -> frozenset[bytes]:
        """Return the commitments to whom it destroys whole."""
        parted = self.levels.keys() | self.spared_levels.keys()
        return frozenset(self.commitments - self.spared - parted)

    def parted(self) -> Mapping[bytes, frozenset[str]]:
        """Return the commitments to of whom some levels go, and which."""
        parted = self.levels.keys() | self.spared_levels.keys()
        ends = {
            one: self.levels.get(one, _EVERY) - self.spared_levels.get(one, set())
            for one in (self.commitments & parted) - self.spared
        }
        return {one: levels for one, levels in ends.items() if levels}

    def condemned(self) -> frozenset[bytes]:
        """Return the commitments that the annex of its certificate lists."""
        versions = {one.commitment for one in self.replaced}
        return (self.gone() | self.parted().keys() | versions) - self.spared

    def goes_on_from(self, stood: RunState) -> RunState | None:
        """Return where a run stands that a set has so far; None: it is left out.

        What it needs for its proof lies in no set, so that only a run which has
        proven itself goes on, and one that has not begun to act.
        """
        if stood in OVER:
            return stood
        if self.recovery is not None and stood in _COVERED:
            return RunState.CERTIFIED if self.certified else RunState.PROVEN
        acts = self.commitments or self.replaced or self.called_off
        return None if acts else stood


_EVERY = frozenset(level.value for level in Level)

_COVERED = frozenset({RunState.ENDED, RunState.COVERED, RunState.PROVEN})
"""Where everything is done, and is to be shown: a run's own full set has the first."""


def retell(found: MutableMapping[str, DestructionStory], line: Line) -> None:
    """Take a line, when it is one about a destruction."""
    tells = _TELLS.get(line.kind)
    if tells is not None:
        story = found.setdefault(str(line.body.get("plan", "")), DestructionStory())
        tells(story, line)
        story.told_at = line.time


def _intended(story: DestructionStory, line: Line) -> None:
    """Whatever was refused before, this time it is carried out."""
    told = [bytes.fromhex(one) for one in texts_of(line.body, "commitments")]
    story.commitments |= set(told)
    for one, levels in zip(told, texts_of(line.body, "levels"), strict=False):
        if levels:
            story.levels[one] = frozenset(levels.split(" "))
    story.called_off = False


def _superseded(story: DestructionStory, line: Line) -> None:
    story.replaced |= set(map(Replaced.parse, texts_of(line.body, "versions")))
    story.called_off = False


def _condemned(story: DestructionStory, line: Line) -> None:
    """Until 2026-11-30 who was spared in part was told as spared."""
    spared = texts_of(line.body, "commitments_spared")
    story.spared |= {bytes.fromhex(one) for one in spared}
    for one in texts_of(line.body, "lines_spared"):
        commitment, level, *versions = one.split(" ")
        if versions:
            story.replaced.discard(Replaced.parse(one))
        else:
            story.spared_levels.setdefault(bytes.fromhex(commitment), set()).add(level)


def _called_off(story: DestructionStory, line: Line) -> None:
    """Spared as a whole, or refused before anything was done."""
    del line
    story.called_off = True


def _suppressed(story: DestructionStory, line: Line) -> None:
    story.suppressed_at = line.time


def _deleted(story: DestructionStory, line: Line) -> None:
    story.deleted_at = line.position


def _ended(story: DestructionStory, line: Line) -> None:
    story.ended_at = line.position


def _covered(story: DestructionStory, line: Line) -> None:
    story.full_sets = tuple(
        FullSetSeen(
            medium=medium,
            manifest=digest,
            values=_count(line.body, "values"),
            root=str(line.body.get("root", "")),
            seen_at=line.time,
        )
        for medium, digest in manifests_of(line)
    )


def _proven(story: DestructionStory, line: Line) -> None:
    story.recovery = Recovery(
        due=_count(line.body, "due"),
        due_before=_count(line.body, "due_before"),
        due_after=_count(line.body, "due_after"),
        survivors=_count(line.body, "survivors"),
        survivors_after=_count(line.body, "survivors_after"),
        seen_at=line.time,
    )


def _certified(story: DestructionStory, line: Line) -> None:
    del line
    story.certified = True


_TELLS: Mapping[str, Callable[[DestructionStory, Line], None]] = {
    "destruction_refused": _called_off,
    "destruction_intended": _intended,
    "superseded_intended": _superseded,
    "destruction_condemned": _condemned,
    "destruction_spared": _called_off,
    "destruction_suppressed": _suppressed,
    "destruction_deleted": _deleted,
    "destruction_ended": _ended,
    "full_set_written": _covered,
    "destruction_proven": _proven,
    "destruction_certified": _certified,
}


def _count(body: Mapping[str, BodyValue], name: str) -> int:
    found = body.get(name, 0)
    return found if isinstance(found, int) else 0
