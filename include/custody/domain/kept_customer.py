"""What is known of a customer that bears on how long they are kept (R17, R61)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from custody.domain.levels import Level
from custody.domain.retention import Anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A version's level that is left, and the day a newer version came (of the part).

    `has_salt`: it is the lowest level of the customer's first version.  Commitments
    to the customer are made with what it holds, so it stays as long as they do.
    """

    level: Level
    part: str
    version: int
    on: dt.date
    has_salt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCustomer:
    """What is known of a customer that bears on retention; dates are policy's zone's.

    `events` are days on which something happened; `asked_on` is the day on which
    the customer's request for deletion was accepted; `replaced` is for planning.
    """

    number: str
    levels: frozenset[Level]
    industry: str
    customer_type: str | None
    events: Mapping[Anchor, dt.date]
    on_hold: bool = False
    asked_on: dt.date | None = None
    replaced: tuple[Replaced, ...] = ()
