"""Check sums of whole columns of equally long numbers, by NumPy.

The fast twin of `domain.checksums`; the columns hold ASCII of one length.
"""

from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from custody.domain.checksums import USCC_ALPHABET

Matrix = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

_ID_WEIGHTS = np.array(
    (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), dtype=np.int32
)
_ID_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_USCC_WEIGHTS = np.array(
    (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28), dtype=np.int32
)
_USCC_VALUES = np.zeros(128, dtype=np.int32)
_USCC_VALUES[list(USCC_ALPHABET.encode())] = np.arange(len(USCC_ALPHABET))


def characters(values: pl.Series, length: int) -> Matrix:
    """Return the ASCII codes of equally long texts: rows by `length`."""
    flat = np.array(values.to_list(), dtype=f"S{length}").view(np.uint8)
    return flat.reshape(-1, length).astype(np.int32)


def resident_id_sums(codes: Matrix) -> Mask:
    """Return where 18 characters end in their check character (GB 11643)."""
    total = (codes[:, :17] - ord("0")) @ _ID_WEIGHTS
    return cast("Mask", _ID_CHECKS[total % 11] == codes[:, 17])


def resident_births(codes: Matrix) -> tuple[Matrix, Mask]:
    """Return birth dates in 18 characters as yyyymmdd, and where they exist."""
    digits = codes[:, 6:14] - ord("0")
    year = digits[:, :4] @ np.array((1000, 100, 10, 1), dtype=np.int32)
    month = digits[:, 4] * 10 + digits[:, 5]
    day = digits[:, 6] * 10 + digits[:, 7]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    lengths = np.array((0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31))
    inside = (month >= 1) & (month <= len(lengths) - 1)
    last = lengths[np.where(inside, month, 0)] + (leap & (month == 2))  # noqa: PLR2004
    real = inside & (day >= 1) & (day <= last)
    return year * 10_000 + month * 100 + day, real


def uscc_sums(codes: Matrix) -> Mask:
    """Return where 18 characters end in their check character (GB 32100)."""
    values = _USCC_VALUES[codes]
    return cast("Mask", -(values[:, :17] @ _USCC_WEIGHTS) % 31 == values[:, 17])


def luhn_sums(codes: Matrix) -> Mask:
    """Return where the digits pass Luhn."""
    digits = codes[:, ::-1] - ord("0")
    digits[:, 1::2] *= 2
    return cast("Mask", (digits - 9 * (digits > 9)).sum(axis=1) % 10 == 0)  # noqa: PLR2004
