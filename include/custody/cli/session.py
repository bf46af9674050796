"""What most commands share: Custody opened, the language chosen, errors told.

An error of ours is one line on standard error and exit status 1; it names the
place and the next step, never a value.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from custody.domain.language import Language, choose_language, said

if TYPE_CHECKING:
    from custody.bootstrap import Custody
    from custody.errors import CustodyError

REFUSED = 1


def language() -> Language:
    """Return the language of this command: CUSTODY_LANG, then LANG."""
    return choose_language(os.environ)


def refuse(error: "CustodyError") -> typer.Exit:
    """Say an error in the user's language, on one line; return the exit to raise."""
    typer.echo(" ".join(said(error).of(language()).split()), err=True)
    return typer.Exit(REFUSED)


@contextmanager
def opened() -> Iterator["Custody"]:
    """Open Custody from the environment; end the command on its errors."""
    from custody.bootstrap import open_custody  # noqa: PLC0415 - heavy
    from custody.errors import CustodyError  # noqa: PLC0415 - as above

    try:
        yield open_custody()
    except CustodyError as error:
        raise refuse(error) from None
