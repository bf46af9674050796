"""A delivery 批次交付: its identity, manifest, and the table of its life.

Every delivery is the folder `<source>/<YYYY-MM-DD>/<sequence>/`, complete when
`manifest.json` is there (design section 2).
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from custody.domain.sources import SourceId

DeliveryId = NewType("DeliveryId", str)

MAX_SEQUENCE = 999_999_999
"""The highest sequence of a source's day; every store holds it."""

LAST_LANDED_SEQUENCE = 899_999_999
"""The highest that a sender may use; those above are reclassifications'."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    ADMITTED = "admitted"
    SEALED = "sealed"
    CHECKED = "checked"
    HELD = "held"
    LOADED = "loaded"
    REFUSED = "refused"  # by a steward, after a hold
    QUARANTINED = "quarantined"  # not admitted: sealed with age, file erased


_S = DeliveryState
MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    # sealed again after a crash emptied the UNLOGGED staging; unreadable files
    # are found while sealing and go to quarantine.
    _S.ADMITTED: frozenset({_S.SEALED, _S.QUARANTINED}),
    _S.SEALED: frozenset({_S.SEALED, _S.CHECKED, _S.HELD, _S.QUARANTINED}),
    _S.CHECKED: frozenset({_S.SEALED, _S.LOADED, _S.QUARANTINED}),
    # a changed policy examines the staged values again.
    _S.HELD: frozenset({_S.SEALED, _S.CHECKED, _S.REFUSED}),
    _S.LOADED: frozenset(),
    _S.REFUSED: frozenset(),
    _S.QUARANTINED: frozenset(),
}

UNFINISHED = (_S.ADMITTED, _S.SEALED, _S.CHECKED)
"""States in which the intake goes on by itself."""

SETTLED = (_S.LOADED, _S.HELD)
"""States whose sealed rows go off-site, and whose landed file is then erased."""


def may_move(old: DeliveryState, new: DeliveryState) -> bool:
    """Return whether the life of a delivery knows this move."""
    return new in MOVES[old]


def is_owed(state: DeliveryState, *, exported: bool, erased: bool) -> bool:
    """Return whether a run still has to do something for a delivery.

    Of a quarantined one that is only to record that its folder is erased.
    """
    if state in UNFINISHED:
        return True
    if state is DeliveryState.QUARANTINED:
        return not erased
    return state in SETTLED and not (exported and erased)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryKey:
    """The place of a delivery in the landing zone; its text form is its id."""

    source_id: SourceId
    business_date: dt.date
    sequence: int

    @property
    def delivery_id(self) -> DeliveryId:
        """Return `<source>/<YYYY-MM-DD>/<sequence>`."""
        return DeliveryId(
            f"{self.source_id}/{self.business_date.isoformat()}/{self.sequence}"
        )

    @property
    def reclassifies(self) -> bool:
        """Whether its rows are of the register, examined again: no file landed."""
        return self.sequence > LAST_LANDED_SEQUENCE

    @classmethod
    def parse(cls, text: str) -> "DeliveryKey | None":
        """Read a delivery id; None when the text is not exactly one."""
        parts = text.split("/")
        if len(parts) != _PARTS or not parts[0] or not _is_sequence(parts[2]):
            return None
        try:
            date = dt.date.fromisoformat(parts[1])
        except ValueError:
            return None
        key = cls(
            source_id=SourceId(parts[0]), business_date=date, sequence=int(parts[2])
        )
        return key if key.delivery_id == text else None


_PARTS = 3


def _is_sequence(text: str) -> bool:
    """Whether a text is a number in bounds; a long one is never converted."""
    return (
        len(text) <= len(str(MAX_SEQUENCE))
        and text.isdecimal()
        and 1 <= int(text) <= MAX_SEQUENCE
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """One file that a manifest names: plain name, SHA-256 (hex), bytes, rows."""

    name: str
    sha256: str
    size: int
    rows: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the sender says of the delivery (docs/formats.md)."""

    source_id: SourceId
    sequence: int
    business_date: dt.date
    not_before: dt.datetime | None
    not_after: dt.datetime | None
    files: tuple[ManifestFile, ...]
    schema: str | None


class Refusal(StrEnum):
    """Why a delivery is not admitted; the code is stable and printed."""

    UNKNOWN_SOURCE = "unknown_source"
    SOURCE_NOT_IN_FORCE = "source_not_in_force"
    MANIFEST_MALFORMED = "manifest_malformed"
    MANIFEST_PLACE = "manifest_does_not_match_place"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_WRONG = "signature_wrong"
    NOT_YET = "not_yet_valid"
    EXPIRED = "expired"
    FILE_MISSING = "file_missing"
    FILE_EXTRA = "file_extra"
    FILE_NAME = "file_name"
    FILE_SIZE = "file_size"
    FILE_TOO_LARGE = "file_too_large"
    FILE_DIGEST = "file_digest"
    FILE_COUNT = "file_count"
    REPLAY = "replay"
    PLACE_TAKEN = "place_taken"  # deliver it with a higher sequence
    INCOMPLETE = "incomplete"  # begun, and no manifest came
    UNREADABLE = "unreadable"
    UNCHECKED = "unchecked"  # no check was asked for: nobody is let in by that
