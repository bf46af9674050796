"""Seal again: what is brought to a place that was taken is kept as evidence.

It is named by the day on which it came and by its content, so that a repeated run
finds it done, another content is kept beside it, and each is kept its own time.
"""

import datetime as dt
import re

from custody.application.intake.contents import contents_of
from custody.application.intake.seal_away import SealAway, Sealed
from custody.application.ports import Entry, Ledger
from custody.domain.ledger import Line, read_line

_DIGITS = 12  # of the content's digest
_NAME = re.compile(rf"again-([0-9]{{8}})-[0-9a-f]{{{_DIGITS}}}")


def seal_again(seal: SealAway, *, today: dt.date) -> Sealed:
    """Seal a folder as `seal` does, under a name of its own.

    What was kept under another day by a run that was killed is kept twice.
    """
    contents = contents_of(seal.landing, seal.key, most=seal.most)
    digest = contents.digest[:_DIGITS]
    return seal(f"{seal.key.delivery_id}/again-{today:%Y%m%d}-{digest}")


def record_once(ledger: Ledger, entry: Entry, sealed: Sealed) -> None:
    """Append, unless a line tells of these very bytes: a killed run may have.

    Reads the whole ledger, for what is seldom: nobody's place is taken every day.
    """
    subject = entry.subject.encode()
    told = any(
        _tells_of(read_line(line), entry, sealed)
        for line in ledger.lines()
        if subject in line
    )
    if not told:
        ledger.append(entry)


def _tells_of(line: Line, entry: Entry, sealed: Sealed) -> bool:
    same = (line.kind, line.subject) == (entry.kind, entry.subject)
    told = line.body.get("sealed_sha256")
    return same and bool(sealed.digests) and told == list(sealed.digests)


def came_again_on(folder: str) -> dt.date | None:
    """Return the day in a name that `seal_again` gave; None for any other name."""
    named = _NAME.fullmatch(folder)
    if named is None:
        return None
    try:
        return dt.datetime.strptime(named[1], "%Y%m%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        return None
