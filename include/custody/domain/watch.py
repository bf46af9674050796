"""Watch 守望: what operations see of backups, drills and destructions, in figures.

Counts and ages, never a customer.  What is longer ago than it may be, or missing, is an
alarm; so is a medium at which nobody could look (R65-R70).
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from custody.domain import backups
from custody.domain.drills import DRILL_NAMES, LONGEST, DrillAge
from custody.domain.language import Language, Text, unplaced

DESTRUCTION_LONGEST = dt.timedelta(days=35)
"""Plans are monthly: who is due for longer was left out of one, or nobody signed it."""

HEAD_LONGEST = dt.timedelta(hours=24)
"""How old a ledger line may be that lies on no medium."""

_DAY = dt.timedelta(days=1)
_UNNAMEABLE = re.compile("[^A-Za-z0-9_-]")

_DRILL = Text(
    "恢复演练（{name}）：距上次 {days} 天，上限 {limit} 天",
    "restore drills, {name}: the last is {days} days ago, {limit} are allowed",
)
_BACKUP = Text(
    "{medium}：距上次备份 {days} 天，上限 {limit} 天",
    "{medium}: the last backup is {days} days ago, {limit} are allowed",
)
_ESCROWS = Text(
    "{medium}：{count} 个有效纪元没有密钥托管",
    "{medium}: {count} living epochs have no escrow",
)
_UNCOPIED = Text(
    "{medium}：有台账条目超过 {hours} 小时未留存",
    "{medium}: a ledger line of more than {hours} hours is not there",
)
_OVERDUE = Text(
    "{count} 位客户到期超过 {limit} 天仍未销毁",
    "{count} customers are due for more than {limit} days and not destroyed",
)
_UNANSWERED = Text(
    "恢复丢失的 {count} 项法定保留或事件待答复：见 custody retention unanswered",
    "{count} legal holds and events that a restore lost wait for an answer: see custody"
    " retention unanswered",
)
_UNSEEN = Text("{medium}：无法查看：{why}", "{medium}: nobody could look: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMedium:
    """What was seen on a medium; `fault` is why nobody could look.

    `backed_up_at` is when its newest believed set was made, `head_at` the time of the
    ledger line that its newest signed head names.  None: there is none.
    """

    medium: str
    backed_up_at: dt.datetime | None = None
    without_escrow: int = 0
    head_at: dt.datetime | None = None
    uncopied: bool = False
    fault: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything that was seen at a moment.

    What never was is as old as the ledger's first line, which is of `begun`.
    `unanswered` are holds and events that a restore has lost.
    """

    now: dt.datetime
    begun: dt.datetime
    drills: tuple[DrillAge, ...]
    media: tuple[SeenMedium, ...]
    due: int
    overdue: int
    unanswered: int = 0

    def age(self, last: dt.datetime | None) -> dt.timedelta:
        """Return how long ago something was."""
        return max(self.now - (last or self.begun), dt.timedelta())


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure by its name, which is stable: letters, digits, `_`, `-` and dots."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """What people must hear of."""

    text: Text
    places: Mapping[str, object]

    def of(self, language: Language) -> str:
        """Return the sentence in a language."""
        return self.text.of(language, **self.places)

    @property
    def filled(self) -> Text:
        """Return the sentence in both."""
        return self.text.filled(**self.places)


def figures(seen: Seen) -> Iterator[Figure]:
    """Yield every figure; of a medium at which nobody could look there is none."""
    for drill in seen.drills:
        yield Figure(f"drill.{drill.kind}.age_days", _days(seen.age(drill.last)))
    for one in seen.media:
        if not one.fault:
            name = _UNNAMEABLE.sub("_", one.medium)
            backup, head = seen.age(one.backed_up_at), seen.age(one.head_at)
            yield Figure(f"backup.{name}.age_days", _days(backup))
            yield Figure(f"escrows.{name}.missing", one.without_escrow)
            yield Figure(f"ledger.{name}.head_age_days", _days(head))
    yield Figure("destruction.due", seen.due)
    yield Figure("destruction.overdue", seen.overdue)
    yield Figure("restore.unanswered", seen.unanswered)
    yield Figure("alarms", len(tuple(alarms(seen))))


def alarms(seen: Seen) -> Iterator[Alarm]:
    """Yield what people must hear of; nothing when all is well."""
    for drill in seen.drills:
        if drill.overdue:
            days, limit = seen.age(drill.last).days, LONGEST[drill.kind].days
            name = DRILL_NAMES[drill.kind]
            yield Alarm(_DRILL, {"name": name, "days": days, "limit": limit})
    for one in seen.media:
        yield from _of_medium(one, seen)
    if seen.overdue:
        limit = DESTRUCTION_LONGEST.days
        yield Alarm(_OVERDUE, {"count": seen.overdue, "limit": limit})
    if seen.unanswered:
        yield Alarm(_UNANSWERED, {"count": seen.unanswered})


def _of_medium(one: SeenMedium, seen: Seen) -> Iterator[Alarm]:
    medium = one.medium
    if one.fault:
        why = unplaced(medium, one.fault)
        yield Alarm(_UNSEEN, {"medium": medium, "why": why})
        return
    age = seen.age(one.backed_up_at)
    if age > backups.LONGEST:
        limit = backups.LONGEST.days
        yield Alarm(_BACKUP, {"medium": medium, "days": age.days, "limit": limit})
    if one.without_escrow:
        yield Alarm(_ESCROWS, {"medium": medium, "count": one.without_escrow})
    if one.uncopied:
        hours = HEAD_LONGEST // dt.timedelta(hours=1)
        yield Alarm(_UNCOPIED, {"medium": medium, "hours": hours})


def _days(age: dt.timedelta) -> float:
    return round(age / _DAY, 2)
