"""`custody …`: the command line, one module a group of commands.

Commands import what they need when they run, so that `custody --help` and
`custody detect` start at once.
"""

from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from custody.application.unforeseen import without_values
from custody.cli import (
    backup,
    certificate,
    classify,
    deliver,
    delivery,
    demo,
    destruction,
    detect,
    drill,
    expectations,
    keys,
    ledger,
    projection,
    quarantine,
    register,
    restore,
    retention,
    reviewer,
    row,
    sign,
    source,
    status,
    up,
    verify,
    watch,
)
from custody.cli.session import refuse

_TYPERS_OWN = (typer.Exit, typer.Abort, TyperException)


class Commands(TyperGroup):
    """All commands; what goes wrong is one line on standard error, exit status 1.

    A command catches an error itself only where it has more to say, such as the
    file's name or an exit status of its own.
    """

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer hides its context's type
        """Run a command; what is told names a place and a step, never a value."""
        try:
            return super().invoke(ctx)
        except (*_TYPERS_OWN, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - a traceback would show values
            raise refuse(without_values(error)) from None


app = typer.Typer(
    name="custody",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback with locals would show values
    help="客户信息登记：治理、加密、可证明。"
    " The governed, encrypted, provable register of a company's customers.",
)

for _commands in (
    up,
    demo,
    deliver,
    delivery,
    quarantine,
    register,
    row,
    retention,
    destruction,
    backup,
    sign,
    reviewer,
    projection,
    status,
    source,
    detect,
    classify,
    expectations,
    keys,
    ledger,
    restore,
    drill,
    watch,
    certificate,
    verify,
):
    _commands.add_to(app)
