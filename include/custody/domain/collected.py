"""On which business day a customer's data were collected, as a row tells it."""

import datetime as dt
from zoneinfo import ZoneInfo

_DATE_ONLY = len("2026-01-31")


def collection_day(told: str, zone: ZoneInfo) -> dt.date | None:
    """Return the day in policy's zone of an ISO 8601 date or time; None: no such.

    A time without an offset is of policy's zone.
    """
    try:
        if len(told) == _DATE_ONLY:
            return dt.date.fromisoformat(told)
        moment = dt.datetime.fromisoformat(told)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return moment.date()
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return None
