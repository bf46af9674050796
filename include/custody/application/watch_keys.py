"""Watch the keys: what is sealed must open, and only a destruction may end that.

Whoever rules the provider can disable a key, or order its deletion, without Custody;
between the order and the end lie days in which people can withdraw it (threats 2.3).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from custody.application.escrows import living_epochs
from custody.application.keys import IndexEpochs
from custody.application.ports import KeyProvider, Keyring
from custody.domain.epochs import EpochId
from custody.errors import EvidenceError


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchKeys:
    """Asks the provider about the key of each living epoch; opens none."""

    provider: KeyProvider
    keyring: Keyring
    index_epochs: IndexEpochs

    def __call__(self) -> tuple[str, ...]:
        """Return a sentence for each key that is not what it must be; none is well.

        WorldError when the provider does not answer.
        """
        return tuple(self._threats())

    def _threats(self) -> Iterator[str]:
        for epoch in living_epochs(self.keyring, self.index_epochs):
            standing = self._standing(epoch)
            if standing is not None:
                yield f"the key of the living epoch {epoch}: {standing}"

    def _standing(self, epoch: EpochId) -> str | None:
        """Return what is wrong with a key, None when nothing is."""
        try:
            state = self.provider.state(epoch)
        except KeyError:
            return "not at the provider"
        except EvidenceError as error:  # somebody else's doing, in the provider's words
            return str(error)
        if state.name == "live":
            return None
        day = "no day" if state.final is None else state.final.isoformat()
        return f"{state.name}, for good on {day}"
