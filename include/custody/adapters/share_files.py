"""Share cards as files: one a folder, for its owner alone, never two together (R67)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from custody.adapters import durable
from custody.adapters.recovery_shares import combine, split
from custody.crypto import recovery, signing
from custody.domain.language import Text
from custody.domain.ledger_check import fingerprint
from custody.domain.share_cards import (
    CARDS,
    CardFault,
    ShareCard,
    WrongCard,
    set_number,
    words_of,
)
from custody.errors import ConfigurationError

MAX_CARD_BYTES = 64 * 1024
_FOLDERS = Text(
    "请给出 {cards} 个不同的文件夹，最好在 {cards} 个不同的 U 盘上：每个存放一张卡",
    "name {cards} different folders, best on {cards} different sticks: one card goes"
    " into each",
)
_OCCUPIED = Text(
    "{file}：已有一张卡，请保留，并换一个文件夹",
    "{file}: a card lies there already: keep it, and name another folder",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWriter:
    """Splits the secrets of an installation's media into its three folders.

    `certificate` gives the public key of the certificates, which the cards name.
    """

    folders: tuple[Path, ...]
    certificate: Callable[[], bytes]

    def __post_init__(self) -> None:
        """Refuse folders that are not three, or of which two are one."""
        if len({folder.resolve() for folder in self.folders}) != CARDS:
            raise _FOLDERS.as_error(ConfigurationError, cards=CARDS)

    def hand_over(
        self, secrets: Mapping[str, str], ledger_key: bytes
    ) -> tuple[dict[str, str], tuple[Path, ...]]:
        """Write the cards of each medium; return its secret as the cards hold it.

        Cards that a killed run left whole are kept; others are void, for nothing was
        sealed to them yet, and are written over.  `ledger_key` is the private one.
        """
        public = signing.public_key_of(signing.private_from_pem(ledger_key))
        held = {
            name: self._hand_over(name, text, fingerprint(public))
            for name, text in secrets.items()
        }
        files = [file for name in secrets for file in self.files(name)]
        return held, tuple(files)

    def files(self, medium: str) -> tuple[Path, ...]:
        """Return where the cards of a medium lie."""
        return tuple(
            folder / f"{medium}-share-{number}.txt"
            for number, folder in enumerate(self.folders, start=1)
        )

    def _hand_over(self, medium: str, text: str, ledger: str) -> str:
        left = self._left(medium)
        if left is not None:
            return recovery.secret_to_text(left)
        self.write(medium, recovery.secret_from_text(text), ledger)
        return text

    def write(self, medium: str, secret: bytes, ledger: str) -> tuple[Path, ...]:
        """Write the three cards of a secret, over whatever lies there.

        `ledger` is the fingerprint of the ledger's key.
        """
        own = recovery.derive_identities(secret, medium=medium).age_recipient
        certificate = fingerprint(self.certificate())
        files = self.files(medium)
        parts = split(secret, set_number=set_number(own))
        for number, (file, words) in enumerate(zip(files, parts, strict=True), start=1):
            card = ShareCard(
                medium=medium,
                number=number,
                recipient=own,
                ledger=ledger,
                certificate=certificate,
                words=words,
            )
            durable.replace(file, card.face().encode())
        return files

    def renew(self, medium: str, fresh: bytes, ledger: str, *, in_force: str) -> bytes:
        """Write cards of a fresh secret; return the secret that they hold.

        No card is written over: what lies there may be one of those that open what was
        sealed before.  Whole cards that a killed renewal left are taken up.
        `in_force` is the recipient of the medium now, `ledger` the fingerprint of the
        ledger's key.  ConfigurationError when a card lies in a folder already.
        """
        left = self._left(medium)
        if left is None:
            for file in filter(Path.exists, self.files(medium)):
                raise _occupied(file)
            self.write(medium, fresh, ledger)
            return fresh
        own = recovery.derive_identities(left, medium=medium).age_recipient
        if own == in_force:
            raise _occupied(self.files(medium)[0])
        return left

    def _left(self, medium: str) -> bytes | None:
        """Return the secret of cards that are all there, of one set and no other."""
        files = self.files(medium)
        if not all(file.exists() for file in files):
            return None
        found = combine([read_card(file) for file in files])
        return found if isinstance(found, bytes) else None


def _occupied(file: Path) -> ConfigurationError:
    return _OCCUPIED.as_error(ConfigurationError, file=file)


def read_card(file: Path) -> tuple[str, ...]:
    """Return the words of a card's file, () when it is none.

    ConfigurationError when it cannot be read; what it holds is never told.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_CARD_BYTES)
    except OSError:
        raise durable.UNREADABLE.as_error(ConfigurationError, file=file) from None
    return words_of(content.decode("utf-8", errors="replace"))


def secret_of_cards(
    cards: Sequence[Sequence[str]], *, medium: str, recipient: str | None
) -> bytes | tuple[WrongCard, ...]:
    """Return the recovery secret that cards give, or which card is wrong.

    `recipient` is the medium's age recipient, where the public keys are there: then
    a card of another set is told, and what opens another medium is refused.
    """
    known = None if recipient is None else set_number(recipient)
    found = combine(cards, set_number=known)
    if isinstance(found, tuple) or recipient is None:
        return found
    own = recovery.derive_identities(found, medium=medium).age_recipient
    return found if own == recipient else (WrongCard(CardFault.NOT_OURS),)
