"""`custody …`: the command line, one module a group of commands.

Commands import what they need when they run, so that `custody --help` and
`custody detect` start at once.
"""

import typer

from custody.cli import (
    classify,
    deliver,
    delivery,
    demo,
    detect,
    expectations,
    keys,
    ledger,
    projection,
    quarantine,
    register,
    source,
    status,
    up,
)

app = typer.Typer(
    name="custody",
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
    projection,
    status,
    source,
    detect,
    classify,
    expectations,
    keys,
    ledger,
):
    _commands.add_to(app)
