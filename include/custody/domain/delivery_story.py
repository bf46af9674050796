"""What became of a delivery, told by the lines of the ledger alone."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from custody.domain.delivery import DeliveryKey, DeliveryState
from custody.domain.ledger import BodyValue, Line
from custody.domain.outcome import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An object on the medium that is read, as the ledger names it, and where."""

    path: str
    sha256: str
    position: int


@dataclass(slots=True, kw_only=True)
class DeliveryStory:
    """What became of one delivery, by the ledger alone."""

    key: DeliveryKey
    received_at: dt.datetime
    policy: str = ""
    manifest: str = ""
    state: DeliveryState = DeliveryState.ADMITTED
    tally: Tally = field(default_factory=Tally)
    reasons: tuple[str, ...] = ()
    object: Written | None = None
    loaded_at: dt.datetime | None = None
    exported_at: dt.datetime | None = None
    erased_at: dt.datetime | None = None
    root: bytes | None = None
    values: int = 0
    part: str = ""
    """Which part of a customer its rows are, of a source that enriches."""
    position: int = 0
    """Of the last line about it."""


def _sealed(story: DeliveryStory, line: Line, medium: str) -> None:
    del medium
    unreadable = _count(line.body, "unreadable")
    rows = _count(line.body, "rows") + unreadable
    story.state = DeliveryState.SEALED
    story.tally = Tally(read=rows, quarantined=unreadable)
    story.exported_at, story.reasons = None, ()


def _held(story: DeliveryStory, line: Line, medium: str) -> None:
    del medium
    told = story.tally
    story.state = DeliveryState.HELD
    story.tally = Tally(
        read=told.read,
        quarantined=told.quarantined,
        held=told.read - told.quarantined,
    )
    story.reasons = tuple(texts_of(line.body, "reasons"))


def _released(story: DeliveryStory, line: Line, medium: str) -> None:
    del line, medium
    story.state = DeliveryState.CHECKED
    story.exported_at, story.object = None, None


def _loaded(story: DeliveryStory, line: Line, medium: str) -> None:
    del medium
    story.state = DeliveryState.LOADED
    story.tally = Tally(**{name: _count(line.body, name) for name in _OUTCOMES})
    story.root = bytes.fromhex(str(line.body.get("root", "")))
    story.values = _count(line.body, "values")
    story.part = str(line.body.get("part", ""))
    story.loaded_at = line.time
    story.reasons = ()


def _refused(story: DeliveryStory, line: Line, medium: str) -> None:
    del medium
    rows = _count(line.body, "rows")
    story.state = DeliveryState.REFUSED
    story.tally = Tally(
        read=story.tally.read, quarantined=story.tally.quarantined, refused=rows
    )
    story.object = None


def _quarantined(story: DeliveryStory, line: Line, medium: str) -> None:
    del medium
    story.state, story.tally = DeliveryState.QUARANTINED, Tally()
    story.reasons = tuple(texts_of(line.body, "reasons"))
    story.object = None


def _decided(story: DeliveryStory, line: Line, medium: str) -> None:
    del medium
    told, loaded = story.tally, line.body.get("outcome") == "loaded"
    story.tally = Tally(
        read=told.read,
        loaded=told.loaded + loaded,
        unchanged=told.unchanged,
        pending=told.pending,
        quarantined=told.quarantined,
        refused=told.refused + (not loaded),
        held=told.held - 1,
    )
    story.exported_at = None


def _exported(story: DeliveryStory, line: Line, medium: str) -> None:
    story.exported_at = line.time
    for one in texts_of(line.body, "objects"):
        where, rest = one.split(":", 1)
        path, _, digest = rest.rpartition(":")
        if where == medium:
            story.object = Written(path=path, sha256=digest, position=line.position)


def _erased(story: DeliveryStory, line: Line, medium: str) -> None:
    del medium
    story.erased_at = line.time


_OUTCOMES = (
    *("read", "loaded", "unchanged", "pending"),
    *("quarantined", "refused", "held"),
)
TELLS = {
    "sealed": _sealed,
    "held": _held,
    "released": _released,
    "loaded": _loaded,
    "refused": _refused,
    "quarantined": _quarantined,
    "row_decided": _decided,
    "exported": _exported,
    "erased": _erased,
}
"""How each kind of line changes a story; the last argument is a medium's name."""


def texts_of(body: Mapping[str, BodyValue], name: str) -> Sequence[str]:
    """Return a list of texts of a line's body, () where it has none."""
    found = body.get(name, ())
    return () if isinstance(found, (str, int)) else found


def _count(body: Mapping[str, BodyValue], name: str) -> int:
    found = body.get(name, 0)
    return found if isinstance(found, int) else 0
