"""Control customers 对照客户: invented ones, in an epoch of the drill's own.

Each month the oldest is destroyed and a new one comes, as customers are: the others
are wrapped anew under the next epoch, the former one's key ends, and its escrows leave
the media when their locks have run out.  A drill shows that those who live open and
that those who were destroyed do not.  They are nobody's: sealed under a dataset of
their own, in no table that a report, plan, count or view reads.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from custody.domain.delivery_story import texts_of
from custody.domain.epochs import EpochId
from custody.domain.ledger import read_line
from custody.domain.levels import Level

PLANTED, ENDED = "drill_planted", "drill_ended"
DATASET = "custody-drill"
LEVEL = Level.LOW
KEPT = 3
"""How many live after each month."""

LONGEST_ESCROW = dt.timedelta(days=42)
"""How long after its end an epoch's escrow may be on a medium: its lock, and a week
in which the nightly removal comes, or a disk is mounted."""

_FIELD = "control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """Who lived in one epoch: how many, and medium -> path and SHA-256 of the object.

    `ended` is when the epoch was last told to end, or, when a restore came between,
    when the next one was planted; None while it lives.
    """

    epoch: EpochId
    alive: int
    planted: dt.datetime
    objects: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    ended: dt.datetime | None = None

    def outlives(self, now: dt.datetime) -> bool:
        """Whether an escrow that still lies on a medium should have left it."""
        return self.ended is not None and now - self.ended > LONGEST_ESCROW


def generations(lines: Iterable[bytes]) -> tuple[Generation, ...]:
    """Return them by the ledger's lines of drills, the newest last."""
    found: dict[str, Generation] = {}
    for line in map(read_line, lines):
        epoch = str(line.body.get("epoch", ""))
        if line.kind == PLANTED:
            alive = line.body.get("alive")
            found[epoch] = Generation(
                epoch=EpochId.parse(epoch),
                alive=alive if isinstance(alive, int) else 0,
                planted=line.time,
                objects=dict(map(_object, texts_of(line.body, "objects"))),
            )
        elif line.kind == ENDED and epoch in found:
            found[epoch] = replace(found[epoch], ended=line.time)
    return tuple(_followed(list(found.values())))


def _followed(found: list[Generation]) -> Iterator[Generation]:
    for one, following in itertools.pairwise(found):
        yield replace(one, ended=one.ended or following.planted)
    yield from found[-1:]


def invented(handle: bytes) -> dict[str, str]:
    """Return the fields of a control: it says whose they are and nothing else."""
    return {_FIELD: handle.hex()}


def _object(text: str) -> tuple[str, tuple[str, str]]:
    medium, _, rest = text.partition(":")
    path, _, digest = rest.rpartition(":")
    return medium, (path, digest)
