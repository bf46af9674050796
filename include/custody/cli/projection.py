"""`custody projection rebuild`: what is shown, made again from sealed values."""

import typer

from custody.cli.session import language, opened
from custody.domain.language import Text

_DONE = Text(
    "已重建 {records} 条记录的投影。", "The projection of {records} records is rebuilt."
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    projection = typer.Typer(
        no_args_is_help=True,
        help="投影：崩溃后重建。 The projection: rebuild it.",
    )
    projection.callback()(_group)
    projection.command(
        "rebuild", help="重建缺失的部分（记入台账）。 Rebuild what is missing."
    )(rebuild)
    app.add_typer(projection, name="projection")


def _group() -> None:
    """Keep `rebuild` a command of the group while it is the only one."""


def rebuild() -> None:
    """Rebuild what a database crash or a restore emptied; repeatable."""
    with opened() as custody:
        records = custody.rebuild_projection()
    typer.echo(_DONE.of(language(), records=records))
