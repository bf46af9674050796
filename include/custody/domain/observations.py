"""Observations 观察: what was seen of each copy when customers were destroyed.

A certificate states nothing that is not an observation (R72).  Who looked makes
one, at the moment of looking; a planned or computed fact is none, and a test lists
the modules that may make them.  Whether they are enough, `domain.certificate`
decides.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.epochs import EpochId


class Copy(StrEnum):
    """A kind of copy of a customer; every certificate speaks of each one."""

    ROWS = "warehouse_rows"
    KEYS = "keyring_records"
    WRAPPING_KEY = "wrapping_key"
    TOKENS = "index_tokens"
    INDEX_KEY = "index_key"
    PROJECTION = "projection"
    LANDING = "landing_files"
    QUARANTINE = "quarantine_files"
    DATA_OBJECTS = "data_objects"
    ESCROWS = "escrows"
    SNAPSHOTS = "database_snapshots"
    LOGS = "logs"
    AIRFLOW = "airflow"
    DOCUMENTS = "documents"
    BACKUP_SETS = "monthly_backup_sets"


IN_HOUSE = (
    Copy.ROWS,
    Copy.KEYS,
    Copy.WRAPPING_KEY,
    Copy.TOKENS,
    Copy.INDEX_KEY,
    Copy.PROJECTION,
)
"""What must have been seen to be gone before anything is certified."""

ON_MEDIA = (Copy.DATA_OBJECTS, Copy.ESCROWS)
"""What must have been seen on each off-site medium by itself."""

KEY_COPIES = (Copy.WRAPPING_KEY, Copy.INDEX_KEY)
"""What must have been seen of each destroyed epoch by itself."""


class Method(StrEnum):
    """How a copy was brought to its end."""

    DELETED = "deleted"  # rows deleted, and counted to be none
    REWRITTEN = "rewritten"  # the table was written anew without them
    KEY_DESTROYED = "key_destroyed"  # 粉碎: what is left opens under no key
    OVERWRITTEN = "overwritten"  # 覆写: overwritten, synced, unlinked
    SERVICE_DELETED = "service_deleted"  # the key service deleted it and says so
    LOCK_RUNS_OUT = "lock_runs_out"  # locked against everybody until a day
    DECLARED = "declared"  # kept elsewhere, for as long as policy declares
    NONE = "none"  # nothing was there to be destroyed


class Result(StrEnum):
    """What was seen."""

    GONE = "gone"
    UNREADABLE = "unreadable"  # bytes are left, and no key that opens them
    UNTIL = "until"  # there, and readable by somebody, until a day at the latest
    NEVER_HELD = "never_held"  # by construction: facts, counts and ids only
    NO_SUCH_COPY = "no_such_copy"  # this kind is not built or not used here
    FAILED = "failed"
    NOT_SEEN = "not_seen"


class Overwriting(StrEnum):
    """What "shredding and overwriting" came to at a place (R71, A8)."""

    DONE = "done"
    NOT_BY_DATABASE = "not_by_database"
    NOT_BY_OBJECT_STORE = "not_by_object_store"
    NOT_BY_KEY_SERVICE = "not_by_key_service"
    NOT_BY_CUSTODY = "not_by_custody"
    NOTHING_THERE = "nothing_there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen of one kind of copy at one place.

    `where` names a medium, a database or a key provider, never credentials.
    `left` counts what is still there.  `until` is the last day (UTC) on which it
    can still be read.  `epoch` is whose key it is about, where it is about one.
    """

    copy: Copy
    where: str
    method: Method
    result: Result
    overwriting: Overwriting
    seen_at: dt.datetime
    left: int = 0
    until: dt.date | None = None
    epoch: EpochId | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        absent = self.result in {Result.GONE, Result.NO_SUCH_COPY, Result.NEVER_HELD}
        if (absent and self.left) or self.left < 0:
            raise ValueError("what is gone has nothing left")
        if (self.result is Result.UNTIL) != (self.until is not None):
            raise ValueError("a last day belongs to what can be read until then")
        if self.until == dt.date.max:
            raise ValueError("a day follows the last one")
        if self.seen_at.utcoffset() is None:
            raise ValueError("the moment of an observation knows its time zone")
        if (self.copy in KEY_COPIES) != (self.epoch is not None):
            raise ValueError("a wrapping or index key is an epoch's")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """The attempt to recover the same sample before and after (R72).

    Of `due`, the sampled customers' levels, `due_before` opened before anything was
    deleted and `due_after` at the end; of the `survivors`, `survivors_after`.
    """

    due: int
    due_before: int
    due_after: int
    survivors: int
    survivors_after: int
    seen_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FullSetSeen:
    """A full set of every survivor that was read back from a medium (R65-R67).

    `manifest` is the SHA-256 (hex) of its signed manifest, `root` the Merkle root
    (hex) over its `values` sealed values.
    """

    medium: str
    manifest: str
    values: int
    root: str
    seen_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A complete listing of a medium, old versions and delete markers included.

    `destroyed` counts what is left of the escrows of the destroyed epochs, their
    names too; `living` those of living epochs, without which a listing is hollow.
    """

    medium: str
    objects: int
    markers: int
    destroyed: int
    living: int
    seen_at: dt.datetime
