"""Bech32 (BIP 173) without its length limit, as age writes keys.

Its checksum finds every error in up to four characters: a recovery secret typed
from paper is refused when it is wrong.
"""

from collections.abc import Iterable

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_SYMBOLS = 6


def encode(prefix: str, content: bytes) -> str:
    """Return `<prefix>1<content><checksum>` in lower case."""
    symbols = _regroup(content, source=8, target=5, padded=True)
    check = _polymod([*_expand(prefix), *symbols, *[0] * _CHECKSUM_SYMBOLS]) ^ 1
    checksum = [check >> 5 * (5 - place) & 31 for place in range(_CHECKSUM_SYMBOLS)]
    return f"{prefix}1" + "".join(_ALPHABET[symbol] for symbol in symbols + checksum)


def decode(prefix: str, text: str) -> bytes:
    """Return the content; ValueError, without the text, when it is not whole."""
    lower = text.lower()
    head, _, tail = lower.rpartition("1")
    if text not in {lower, text.upper()} or head != prefix:
        raise ValueError(_WRONG)
    symbols = [_ALPHABET.find(character) for character in tail]
    if (
        len(symbols) < _CHECKSUM_SYMBOLS
        or -1 in symbols
        or _polymod([*_expand(prefix), *symbols]) != 1
    ):
        raise ValueError(_WRONG)
    content = bytes(
        _regroup(symbols[:-_CHECKSUM_SYMBOLS], source=5, target=8, padded=False)
    )
    if encode(prefix, content) != lower:
        raise ValueError(_WRONG)
    return content


_WRONG = "the text is not the expected bech32 string, or was mistyped"


def _polymod(symbols: Iterable[int]) -> int:
    check = 1
    for symbol in symbols:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ symbol
        for place, generator in enumerate(_GENERATOR):
            check ^= generator if top >> place & 1 else 0
    return check


def _expand(prefix: str) -> list[int]:
    codes = prefix.encode("ascii")
    return [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]


def _regroup(
    symbols: Iterable[int], *, source: int, target: int, padded: bool
) -> list[int]:
    held, bits, result = 0, 0, []
    for symbol in symbols:
        held, bits = held << source | symbol, bits + source
        while bits >= target:
            bits -= target
            result.append(held >> bits)
            held &= (1 << bits) - 1
    if padded and bits:
        result.append(held << target - bits)
    return result
