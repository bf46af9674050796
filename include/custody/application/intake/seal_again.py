"""Seal again: what is brought to a place that was taken is kept as evidence.

It is named by the day on which it came and by its content, so that a repeated run
finds it done, another content is kept beside it, and each is kept its own time.
"""

import datetime as dt
import re

from custody.application.intake.contents import contents_of
from custody.application.intake.seal_away import SealAway, Sealed

_DIGITS = 12  # of the content's digest
_NAME = re.compile(rf"again-([0-9]{{8}})-[0-9a-f]{{{_DIGITS}}}")


def seal_again(seal: SealAway, *, today: dt.date) -> Sealed:
    """Seal a folder as `seal` does, under a name of its own.

    What was kept under another day by a run that was killed is kept twice.
    """
    contents = contents_of(seal.landing, seal.key, most=seal.most)
    digest = contents.digest[:_DIGITS]
    return seal(f"{seal.key.delivery_id}/again-{today:%Y%m%d}-{digest}")


def came_again_on(folder: str) -> dt.date | None:
    """Return the day in a name that `seal_again` gave; None for any other name."""
    named = _NAME.fullmatch(folder)
    if named is None:
        return None
    try:
        return dt.datetime.strptime(named[1], "%Y%m%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        return None
