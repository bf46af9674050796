"""Seal away: every object of a landed delivery, into the quarantine 隔离."""

from dataclasses import dataclass

from custody.application.ports import Landing, Quarantine, Reached, pass_by
from custody.domain.admission import is_plain_name
from custody.domain.delivery import DeliveryKey
from custody.domain.manifest import MANIFEST_NAME, SIGNATURE_NAME
from custody.errors import DeliveryError


@dataclass(frozen=True, slots=True)
class SealAway:
    """Seals a folder; erases nothing."""

    landing: Landing
    quarantine: Quarantine
    key: DeliveryKey
    reached: Reached = pass_by

    def __call__(self, under: str) -> tuple[str, ...]:
        """Seal each object as `<under>/<name>`; return their SHA-256 digests (hex).

        A name that is not plain is replaced by its number, in a folder of its own
        which no plain name can lie in: its sender chose it.
        Links, devices and the like hold nothing of the delivery and are passed by.
        """
        digests = []
        for number, file in enumerate(self.landing.files(self.key), start=1):
            plain = is_plain_name(file.name) or file.name in _OWN
            name = file.name if plain else f"unnamed/{number:04d}"
            try:
                self.reached("quarantine.seal.before")
                with self.landing.open(self.key, file.name) as content:
                    digests.append(self.quarantine.put(f"{under}/{name}", content))
                self.reached("quarantine.seal.after")
            except DeliveryError:
                continue
        return tuple(digests)


_OWN = {MANIFEST_NAME, SIGNATURE_NAME}
