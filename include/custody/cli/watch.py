"""`custody watch`: the figures and alarms of backups, drills and destructions."""

import json
from typing import Annotated

import typer

from custody.cli.runs import say
from custody.cli.session import REFUSED, language, opened
from custody.domain.language import Text

_WELL = Text("没有告警", "no alarm")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "watch",
        help="守望：备份、演练、托管、台账头与到期销毁的指标及告警；有告警时退出码 1。"
        " The figures and alarms of backups, drills, escrows, ledger heads and"
        " destructions; exit status 1 with an alarm.",
    )(watch)


def watch(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。 JSON.")] = False,
) -> None:
    """Look at every medium and tell; it publishes nothing, the DAG `watch` does."""
    from custody.domain.language import Language  # noqa: PLC0415 - light start
    from custody.domain.watch import alarms, figures  # noqa: PLC0415 - as above

    with opened() as custody:
        seen = custody.watch()
    told = tuple(alarms(seen))
    if as_json:
        document = {
            "figures": {one.name: one.value for one in figures(seen)},
            "alarms": [one.of(Language.EN) for one in told],
        }
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        for one in figures(seen):
            typer.echo(f"{one.name}\t{one.value:g}")
        for alarm in told:
            typer.echo(alarm.of(language()), err=True)
        if not told:
            say(_WELL)
    if told:
        raise typer.Exit(REFUSED)
