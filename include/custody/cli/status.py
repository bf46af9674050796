"""`custody status`: counts by state, outcome, level and tier."""

import json
from typing import Annotated

import typer

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
_POLICY = Text("策略摘要 {digest}", "policy digest {digest}")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status", help="一览。 The whole at a glance.")(status)


def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False
) -> None:
    """Print the counts; never a value."""
    with opened() as custody:
        counts = custody.views.counts()
        digest = custody.policy.digest
        local = all(url.startswith("file:") for url in custody.settings.offsite_urls)
    if as_json:
        found = {name: dict(counted) for name, counted in counts.items()}
        typer.echo(
            json.dumps({**found, "policy": digest, "offsite_is_local": local}, indent=2)
        )
        return
    tongue = language()
    for name, counted in counts.items():
        listed = ", ".join(f"{code} {rows}" for code, rows in sorted(counted.items()))
        typer.echo(f"{_HEADS[name].of(tongue)}: {listed or '-'}")
    typer.echo(_POLICY.of(tongue, digest=digest))
    if local:
        typer.echo(_NO_ANCHOR.of(tongue))
