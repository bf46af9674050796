"""What a medium still opens of epochs that have ended, and for how long (R70-R72).

A copy that was taken before a destruction opens by these escrows and two cards; when
their locks have run out the remover lets them go, and nothing opens it any more.
"""

import datetime as dt

from custody.application.escrow_removal import epoch_of
from custody.application.keys import ESCROW_PREFIX
from custody.application.ports import Clock, Offsite
from custody.domain.epochs import Purpose, leads_up_to
from custody.domain.restoring import Replay


def still_open(
    medium: Offsite, replay: Replay, clock: Clock
) -> tuple[tuple[str, int], ...]:
    """Return each such epoch and the days that its lock lasts, by name.

    0: it may go, and opens until it does.
    """
    today = clock.now().astimezone(dt.UTC).date()
    kept = {one for one in replay.named_epochs() if one.purpose is not Purpose.DRILL}
    days: dict[str, int] = {}
    for one in medium.versions(f"{ESCROW_PREFIX}/"):
        epoch = epoch_of(one.path)
        if epoch is not None and not one.marker and leads_up_to(epoch, kept):
            until = one.locked_until or today
            left = max((until - today).days, 0)
            days[str(epoch)] = max(left, days.get(str(epoch), 0))
    return tuple(sorted(days.items()))
