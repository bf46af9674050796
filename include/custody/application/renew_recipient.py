"""Renewal: from now on a medium is sealed to another recovery secret (R67, R68).

When a holder leaves, a card is lost, or two may have been seen together.  What lies
on the medium stays as it is: it opens by the former cards, until the sets and objects
from before have expired and their epochs have ended.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from custody.application.ports import Entry, Ledger
from custody.application.public_keys import MediumKeys, PublicKeys
from custody.domain.language import Text
from custody.errors import ConfigurationError

RECIPIENT_RENEWED = "recipient_renewed"
_NO_MEDIUM = Text(
    "{medium}：不是公钥文件中的介质", "{medium}: no medium of the public keys file"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewRecipient:
    """The use case; `keep` writes the public keys file."""

    public_keys: PublicKeys
    keep: Callable[[bytes], None]
    ledger: Ledger
    dataset: str

    def __call__(self, medium: str, keys: MediumKeys) -> None:
        """Let `keys` stand for a medium, told first; nothing when they do already.

        Who was killed in between repeats it, and it is told twice.
        ConfigurationError when no such medium is known.
        """
        former = self.public_keys.media.get(medium)
        if former is None:
            raise _NO_MEDIUM.as_error(ConfigurationError, medium=medium)
        keys = replace(former, age=keys.age, hpke=keys.hpke)  # the drill keeps its own
        if former == keys:
            return
        entry = Entry(
            kind=RECIPIENT_RENEWED,
            subject=self.dataset,
            body={"medium": medium, "former": former.tag, "recipient": keys.tag},
        )
        self.ledger.append(entry)
        media = {**self.public_keys.media, medium: keys}
        self.keep(replace(self.public_keys, media=media).to_json())
