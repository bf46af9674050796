"""Share cards 恢复密钥分片卡: a third of a medium's recovery secret, on paper (R67).

Two of three restore, one alone opens nothing.  The card names its medium, its place
in the set, and whose ledger, manifests and certificates the holder may believe; only
its words are secret.  What is wrong with a card is said by its place, never by them.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.language import Text

CARDS, ENOUGH = 3, 2
"""Cards of a set, and how many of them restore."""

HEAD = "custody/share/1"
_SET_BITS = 15  # what SLIP-39 has for the identifier of a set
_WORDS_A_LINE = 4
_WORD = re.compile(r"\b[0-9]{2} +([a-z]{3,10})\b")
_PLAIN_WORDS = re.compile(r"[a-zA-Z]+(?:\s+[a-zA-Z]+)*")
_FACE = Text(
    "恢复密钥分片卡 {number}/{cards}，介质 {medium}\n"
    "任意两张可恢复该介质；单独一张打不开任何东西。请与其他卡分开存放，"
    "切勿拍照或录入联网设备。",
    "Share card {number} of {cards}, medium {medium}\n"
    "Any two restore what lies there; one alone opens nothing.  Keep it apart from the"
    " others, and in no photograph and no machine on a network.",
)
_TRUST = Text(
    "可信指纹（SHA-256）：恢复时只相信这些公钥",
    "Fingerprints (SHA-256): believe these keys alone when you restore",
)


class CardFault(StrEnum):
    """What is wrong with a card, or with cards together; the code is stable."""

    NO_CARD = "no_card"  # no words, or not of their number
    MISTYPED = "mistyped"
    OTHER_SET = "other_set"
    TWICE = "twice"
    TOO_FEW = "too_few"
    NOT_OURS = "not_ours"  # together they open another medium


@dataclass(frozen=True, slots=True)
class WrongCard:
    """A fault, and the card (from 1, as they were given) that has it; 0: all."""

    fault: CardFault
    card: int = 0


CARD_FAULTS = {
    CardFault.NO_CARD: Text("第 {card} 张不是分片卡", "card {card} is no share card"),
    CardFault.MISTYPED: Text(
        "第 {card} 张有词抄错", "a word of card {card} was copied wrongly"
    ),
    CardFault.OTHER_SET: Text(
        "第 {card} 张属于另一介质或另一套卡",
        "card {card} is of another medium or another set",
    ),
    CardFault.TWICE: Text(
        "第 {card} 张与前面一张相同", "card {card} is one that was given before"
    ),
    CardFault.TOO_FEW: Text(
        "需要两张不同的卡", "two different cards of the medium are needed"
    ),
    CardFault.NOT_OURS: Text(
        "这些卡打不开此介质", "together these cards do not open this medium"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCard:
    """One card; `words` are secret, so it is never shown by `repr`.

    `ledger` and `certificate` are fingerprints in hex; the ledger's key signs the
    manifests too.
    """

    medium: str
    number: int
    recipient: str
    ledger: str
    certificate: str
    words: tuple[str, ...]

    def __repr__(self) -> str:
        """Name the place only."""
        return f"ShareCard({self.medium}, {self.number})"

    def face(self) -> str:
        """Return the card as it is printed, in Chinese and English."""
        places = {"number": self.number, "cards": CARDS, "medium": self.medium}
        numbered = [f"{at:02d} {word}" for at, word in enumerate(self.words, start=1)]
        rows = [
            "   ".join(f"{one:<11}" for one in numbered[at : at + _WORDS_A_LINE])
            for at in range(0, len(numbered), _WORDS_A_LINE)
        ]
        return "\n".join(
            (
                f"{HEAD} {self.medium} {self.number}/{CARDS}",
                "",
                _FACE.zh.format(**places),
                _FACE.en.format(**places),
                "",
                *(row.rstrip() for row in rows),
                "",
                _TRUST.zh,
                _TRUST.en,
                f"台账与清单 ledger, manifests: {self.ledger}",
                f"销毁记录 certificates: {self.certificate}",
                f"介质公钥 recipient: {self.recipient}",
                "",
            )
        )


def set_number(recipient: str) -> int:
    """Return the number of a medium's set of cards: 15 bits of its age recipient.

    It stands in the first words of each card, so that a card of another medium, or
    of a secret that was replaced, is told by itself.
    """
    digest = hashlib.sha256(b"custody/share-set/1" + recipient.encode()).digest()
    return int.from_bytes(digest[:2], "big") >> (16 - _SET_BITS)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a card: those that a number stands before, or all there are.

    () when the text is neither a card nor plain words.
    """
    numbered = _WORD.findall(text)
    if numbered:
        return tuple(numbered)
    plain = text.strip()
    return tuple(plain.lower().split()) if _PLAIN_WORDS.fullmatch(plain) else ()


def odd_ones(sets: Sequence[int | None], known: int | None) -> list[int]:
    """Return which cards are of another set than the others, by place from 0.

    `known` is the medium's own; without it the majority decides, and of a tie
    nobody can tell, so that the later ones are named.
    """
    told = [one for one in sets if one is not None]
    wanted = max(told, key=told.count) if known is None and told else known
    return [at for at, one in enumerate(sets) if one not in {None, wanted}]
