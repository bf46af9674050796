"""Wrapping keys in the memory of a process: asked for once, kept for minutes.

A key service is watched and paid by the call, and a key that stays in memory
outlives its destruction there (design section 4).
"""

import datetime as dt

from custody.application.ports import Clock, KeyState, ListedKeys
from custody.application.ports.restore import AdoptsKeys
from custody.domain.epochs import EpochId

KEPT = dt.timedelta(minutes=15)
"""How long an opened wrapping key may stay in memory (design section 4)."""


class KeptKeys:
    """A key provider whose opened keys this process keeps, each for KEPT at most.

    Whoever writes under a key holds its epoch's row, which says when it closes: that
    is the gate, not this memory.
    """

    def __init__(
        self, provider: ListedKeys, clock: Clock, *, kept: dt.timedelta = KEPT
    ) -> None:
        """Take the provider and the clock; `kept` is passed in by a test."""
        self._provider = provider
        self._clock = clock
        self._for = kept
        self._opened: dict[EpochId, tuple[dt.datetime, bytes]] = {}

    def create(self, epoch: EpochId) -> bytes:
        """Create the key once; it is not kept."""
        return self._provider.create(epoch)

    def open(self, epoch: EpochId) -> bytes:
        """Return the key, the provider's own or the one kept of it."""
        now = self._clock.now()
        # A clock that was set back makes what was opened "later" stale too.
        self._opened = {
            one: (since, key)
            for one, (since, key) in self._opened.items()
            if since <= now < since + self._for
        }
        if epoch not in self._opened:
            self._opened[epoch] = (now, self._provider.open(epoch))
        return self._opened[epoch][1]

    def destroy(self, epoch: EpochId) -> None:
        """Forget the key, then destroy it."""
        self._opened.pop(epoch, None)
        self._provider.destroy(epoch)

    def state(self, epoch: EpochId) -> KeyState:
        """Ask the provider."""
        return self._provider.state(epoch)

    def epochs(self) -> tuple[EpochId, ...]:
        """Ask the provider."""
        return self._provider.epochs()

    def strays(self) -> tuple[str, ...]:
        """Ask the provider."""
        return self._provider.strays()


class KeptAdoptedKeys(KeptKeys):
    """The same of a provider that takes over keys which were made elsewhere."""

    def __init__(self, provider: AdoptsKeys, clock: Clock) -> None:
        """Take the provider and the clock."""
        super().__init__(provider, clock)
        self._adopts = provider

    def adopt(self, epoch: EpochId, key: bytes) -> None:
        """Take it over; it is not kept."""
        self._adopts.adopt(epoch, key)

    def known(self) -> tuple[EpochId, ...]:
        """Ask the provider."""
        return self._adopts.known()

    def note_former(self, epoch: EpochId) -> bool:
        """Have the provider note it."""
        return self._adopts.note_former(epoch)
