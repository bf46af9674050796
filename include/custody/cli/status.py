"""`custody status`: counts by state, outcome, level and tier; what lies incomplete."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.drill import told_of_drill
from custody.cli.session import language, opened
from custody.cli.unanswered import waiting
from custody.domain.language import Language, Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from custody.domain.backups import BackupAge, LastBackups
    from custody.domain.drills import DrillAge
    from custody.domain.unanswered import Unanswered

_HEADS = {
    "delivery_state": Text("批次", "deliveries"),
    "outcome": Text("行结果", "row outcomes"),
    "level": Text("敏感级别", "sensitivity levels"),
    "tier": Text("价值等级", "value tiers"),
    "state": Text("记录状态", "record states"),
}
_NO_ANCHOR = Text(
    "注意：异地介质是本机目录，不构成独立的备份锚点。",
    "Note: the off-site media are folders of this machine: no independent anchor.",
)
_INCOMPLETE = Text(
    "落地区未写完：{place}，{days} 天无变化",
    "incomplete in the landing zone: {place}, unchanged for {days} days",
)
_NO_BACKUP = Text("备份（{medium}）：尚无", "backups, {medium}: none yet")
_BACKUP = Text("备份（{medium}）：{days} 天前", "backups, {medium}: {days} days ago")
_OVERDUE = Text("，已超期，请尽快备份", ", OVERDUE: make one now")
_MISSING = Text(
    "最近一次备份中未齐备的接收日：{days}",
    "intake days that were not complete in the last backup: {days}",
)
_POLICY = Text("策略摘要 {digest}", "policy digest {digest}")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status", help="一览。 The whole at a glance.")(status)


def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False
) -> None:
    """Print the counts, and what was begun in the landing zone; never a value."""
    with opened() as custody:
        seen = _Seen(
            counts=custody.views.counts(),
            digest=custody.policy.digest,
            local=all(url.startswith("file:") for url in custody.settings.offsite_urls),
            drills=custody.drill_ages(),
            backups=custody.last_backups(),
            unanswered=custody.unanswered(),
            now=custody.clock.now(),
            begun={one.place: one.age.days for one in custody.abandoned.begun()},
        )
    if as_json:
        typer.echo(json.dumps(_document(seen), indent=2, ensure_ascii=False))
        return
    for line in _lines(seen, language()):
        typer.echo(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    counts: "Mapping[str, Mapping[str, int]]"
    digest: str
    local: bool
    drills: "Sequence[DrillAge]"
    backups: "LastBackups"
    unanswered: "Sequence[Unanswered]"
    now: "dt.datetime"
    begun: "Mapping[str, int]"


def _document(seen: _Seen) -> dict[str, object]:
    ages = {one.kind.value: one for one in seen.drills}
    media = {one.medium: one for one in seen.backups.ages}
    return {
        **{name: dict(counted) for name, counted in seen.counts.items()},
        "incomplete_days": seen.begun,
        "policy": seen.digest,
        "drills": {
            name: {"days": one.days(seen.now), "overdue": one.overdue}
            for name, one in ages.items()
        },
        "backups": {
            name: {"days": one.days(seen.now), "overdue": one.overdue}
            for name, one in media.items()
        },
        "missing_days": list(seen.backups.missing),
        "unanswered": list(map(str, seen.unanswered)),
        "offsite_is_local": seen.local,
    }


def _lines(seen: _Seen, tongue: Language) -> "Iterator[str]":
    for name, counted in seen.counts.items():
        listed = ", ".join(
            f"{_named(code, tongue)} {rows}" for code, rows in sorted(counted.items())
        )
        yield f"{_HEADS[name].of(tongue)}: {listed or '-'}"
    for place, days in seen.begun.items():
        yield _INCOMPLETE.of(tongue, place=place, days=days)
    for drill in seen.drills:
        yield told_of_drill(drill, drill.days(seen.now), tongue)
    for backup in seen.backups.ages:
        yield _told_of_backup(backup, backup.days(seen.now), tongue)
    if seen.backups.missing:
        yield _MISSING.of(tongue, days=", ".join(seen.backups.missing))
    yield from waiting(seen.unanswered, tongue)
    yield _POLICY.of(tongue, digest=seen.digest)
    if seen.local:
        yield _NO_ANCHOR.of(tongue)


def _named(code: str, tongue: Language) -> str:
    """Return a code in Chinese words; in English it is a word itself."""
    from custody.steward.words import word  # noqa: PLC0415 - light start

    return code if tongue is Language.EN else word(code, tongue)


def _told_of_backup(age: "BackupAge", days: int | None, tongue: Language) -> str:
    text = _NO_BACKUP if days is None else _BACKUP
    late = _OVERDUE.of(tongue) if age.overdue else ""
    return text.of(tongue, medium=age.medium, days=days) + late
