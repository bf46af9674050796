"""Restricted wrapping keys are not for everybody who may open others (R17).

Only destruction, restore and legal requests ask for them, by an identity of their own
(design section 4).  Every other identity has its provider through this; with a key
service the service refuses as well, and a keyring role sees live keys alone.
"""

from custody.application.ports import KeyState, ListedKeys
from custody.domain.epochs import EpochId, Purpose
from custody.domain.language import Text
from custody.errors import KeyRestrictedError

_RESTRICTED = Text(
    "{epoch} 受限制：只可存储", "{epoch} is restricted: storage is all that is allowed"
)


class UnrestrictedKeys:
    """A key provider that opens, bears and ends no restricted epoch."""

    def __init__(self, provider: ListedKeys) -> None:
        """Take the provider itself."""
        self._provider = provider

    def create(self, epoch: EpochId) -> bytes:
        """Create a key; KeyRestrictedError when it is restricted."""
        _refuse(epoch)
        return self._provider.create(epoch)

    def open(self, epoch: EpochId) -> bytes:
        """Return a key; KeyRestrictedError when it is restricted."""
        _refuse(epoch)
        return self._provider.open(epoch)

    def destroy(self, epoch: EpochId) -> None:
        """Destroy a key; KeyRestrictedError when it is restricted."""
        _refuse(epoch)
        self._provider.destroy(epoch)

    def state(self, epoch: EpochId) -> KeyState:
        """Tell the state of any key: looking opens nothing."""
        return self._provider.state(epoch)

    def epochs(self) -> tuple[EpochId, ...]:
        """Return every epoch that has, or had, a key here, ordered by name."""
        return self._provider.epochs()

    def strays(self) -> tuple[str, ...]:
        """Return the names of what killed births left."""
        return self._provider.strays()


def _refuse(epoch: EpochId) -> None:
    if epoch.purpose is Purpose.RESTRICTED:
        raise _RESTRICTED.as_error(KeyRestrictedError, epoch=epoch)
