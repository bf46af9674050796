"""What most commands share: Custody opened, the language chosen, errors told.

An error of ours is one line on standard error and exit status 1; it names the
place and the next step, never a value.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from custody.domain.language import Language, choose_language

if TYPE_CHECKING:
    from custody.bootstrap import Custody

REFUSED = 1


def language() -> Language:
    """Return the language of this command: CUSTODY_LANG, then LANG."""
    return choose_language(os.environ)


@contextmanager
def opened() -> Iterator["Custody"]:
    """Open Custody from the environment; end the command on its errors."""
    from custody.bootstrap import open_custody  # noqa: PLC0415 - heavy
    from custody.errors import CustodyError  # noqa: PLC0415 - as above

    try:
        yield open_custody()
    except CustodyError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from None
