"""The secrets of a new installation, made once and handed to people.

One recovery secret per off-site medium and the quarantine identity are kept by
people, apart from the machines and from one another; the ledger's key stays on the
machine (R67, R68, design section 4).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from custody.application.public_keys import MediumKeys, PublicKeys
from custody.crypto import recovery, signing
from custody.domain.language import Text
from custody.errors import ConfigurationError

_UNREAD = Text("无法读取密钥：{what}", "a secret cannot be read: {what}")
_NAMES = Text(
    "每个异地介质须有自己的名称", "each off-site medium needs a name of its own"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """The secrets in the text forms of docs/formats.md.

    `recovery`: medium -> recovery secret; `quarantine_identity`: age identity;
    `ledger_key`: Ed25519 private key, PEM.
    """

    recovery: Mapping[str, str]
    quarantine_identity: str
    ledger_key: bytes

    def __repr__(self) -> str:
        """Show nothing."""
        return "Secrets(…)"

    @property
    def public(self) -> PublicKeys:
        """What jobs may know; ConfigurationError when a secret was mistyped."""
        try:
            derived = {
                name: recovery.derive_identities(
                    recovery.secret_from_text(text), medium=name
                )
                for name, text in self.recovery.items()
            }
            quarantine = recovery.recipient_of(self.quarantine_identity)
            ledger = signing.public_key_of(signing.private_from_pem(self.ledger_key))
        except ValueError as fault:
            raise _UNREAD.as_error(ConfigurationError, what=fault) from None
        return PublicKeys(
            media={
                name: MediumKeys(age=keys.age_recipient, hpke=keys.hpke_public)
                for name, keys in derived.items()
            },
            quarantine=quarantine,
            ledger=ledger,
        )


def make_secrets(
    media: Sequence[str], *, entropy: Callable[[int], bytes], ledger_key: bytes
) -> Secrets:
    """Make one recovery secret per medium and the quarantine identity.

    `ledger_key` is a fresh Ed25519 private key (`signing.generate`).
    ConfigurationError when two media share a name, or there is none.
    """
    if not media or len(set(media)) != len(media):
        raise _NAMES.as_error(ConfigurationError)
    identity, _ = recovery.age_identity(entropy(recovery.SECRET_BYTES))
    return Secrets(
        recovery={
            name: recovery.secret_to_text(entropy(recovery.SECRET_BYTES))
            for name in media
        },
        quarantine_identity=identity,
        ledger_key=signing.private_to_pem(ledger_key),
    )
