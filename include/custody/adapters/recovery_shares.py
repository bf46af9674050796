"""SLIP-39, by SatoshiLabs' reference implementation: the one place that knows it.

What it raises quotes words, so nothing of it leaves here (ADR 19).
"""

from collections.abc import Sequence

from shamir_mnemonic import shamir
from shamir_mnemonic.share import Share
from shamir_mnemonic.utils import MnemonicError

from custody.domain.share_cards import (
    CARDS,
    ENOUGH,
    CardFault,
    WrongCard,
    odd_ones,
)

_NO_PASSPHRASE = b""
_NO_STRETCHING = 0  # the secret is 256 random bits: nobody guesses it
_SECRET_BYTES = 32


def split(secret: bytes, *, set_number: int) -> tuple[tuple[str, ...], ...]:
    """Return the words of three cards, two of which give the secret again."""
    sealed = shamir.EncryptedMasterSecret.from_master_secret(
        secret,
        _NO_PASSPHRASE,
        set_number,
        extendable=True,
        iteration_exponent=_NO_STRETCHING,
    )
    (group,) = shamir.split_ems(1, [(ENOUGH, CARDS)], sealed)
    return tuple(tuple(share.words()) for share in group)


def combine(
    cards: Sequence[Sequence[str]], *, set_number: int | None = None
) -> bytes | tuple[WrongCard, ...]:
    """Return the secret, or every card that is wrong and why.

    `set_number` is that of the medium, where it is known.
    """
    read = [_share_of(words) for words in cards]
    wrong = [
        WrongCard(one, at)
        for at, one in enumerate(read, start=1)
        if isinstance(one, CardFault)
    ]
    shares = {at: one for at, one in enumerate(read) if isinstance(one, Share)}
    sets = [shares[at].identifier if at in shares else None for at in range(len(read))]
    odd = odd_ones(sets, set_number)
    wrong += [WrongCard(CardFault.OTHER_SET, at + 1) for at in odd]
    seen: set[int] = set()
    for at, share in shares.items():
        if at not in odd and share.index in seen:
            wrong.append(WrongCard(CardFault.TWICE, at + 1))
        seen.add(share.index)
    if wrong:
        return tuple(sorted(wrong, key=lambda one: one.card))
    if len(shares) < ENOUGH:
        return (WrongCard(CardFault.TOO_FEW),)
    return _recovered(list(shares.values()))


def _share_of(words: Sequence[str]) -> Share | CardFault:
    if not words:
        return CardFault.NO_CARD
    try:
        share = Share.from_mnemonic(" ".join(words))
    except MnemonicError:
        return CardFault.MISTYPED
    ours = (share.group_count, share.member_threshold, len(share.value))
    return share if ours == (1, ENOUGH, _SECRET_BYTES) else CardFault.OTHER_SET


def _recovered(shares: list[Share]) -> bytes | tuple[WrongCard, ...]:
    group = shamir.ShareGroup()
    group.shares = set(shares[:ENOUGH])
    try:
        sealed = shamir.recover_ems({shares[0].group_index: group})
        return bytes(sealed.decrypt(_NO_PASSPHRASE))
    except MnemonicError:
        return (WrongCard(CardFault.NOT_OURS),)
