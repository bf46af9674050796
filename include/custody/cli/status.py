"""`custody status`: counts by state, outcome, level and tier; what lies incomplete."""

import json
from typing import Annotated

import typer

from custody.cli.drill import told_of_drill
from custody.cli.session import language, opened
from custody.domain.language import Text

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
_POLICY = Text("策略摘要 {digest}", "policy digest {digest}")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status", help="一览。 The whole at a glance.")(status)


def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False
) -> None:
    """Print the counts, and what was begun in the landing zone; never a value."""
    with opened() as custody:
        counts = custody.views.counts()
        digest = custody.policy.digest
        local = all(url.startswith("file:") for url in custody.settings.offsite_urls)
        drills = custody.drill_ages()
        now = custody.clock.now()
        begun = {one.place: one.age.days for one in custody.abandoned.begun()}
    if as_json:
        told = {
            **{name: dict(counted) for name, counted in counts.items()},
            "incomplete_days": begun,
            "policy": digest,
            "drills": {
                one.kind.value: {"days": one.days(now), "overdue": one.overdue}
                for one in drills
            },
            "offsite_is_local": local,
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    tongue = language()
    for name, counted in counts.items():
        listed = ", ".join(f"{code} {rows}" for code, rows in sorted(counted.items()))
        typer.echo(f"{_HEADS[name].of(tongue)}: {listed or '-'}")
    for place, days in begun.items():
        typer.echo(_INCOMPLETE.of(tongue, place=place, days=days))
    for one in drills:
        typer.echo(told_of_drill(one, one.days(now), tongue))
    typer.echo(_POLICY.of(tongue, digest=digest))
    if local:
        typer.echo(_NO_ANCHOR.of(tongue))
