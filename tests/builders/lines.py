"""Lines of a ledger for who reads what they tell; nothing is signed or chained."""

import datetime as dt

from custody.domain.ledger import BodyValue, Line

TOLD_AT = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)


def line_told(position: int, kind: str, subject: str, **body: BodyValue) -> Line:
    """Return a line that tells this."""
    return Line(
        position=position,
        time=TOLD_AT,
        kind=kind,
        subject=subject,
        body=body,
        origin="",
        previous=b"",
        signed=b"",
        signature=b"",
    )
