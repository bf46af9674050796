"""Sealing again: a sealed value under a fresh data key, its content digest the same.

For a new suite or key layout (R54).  The 16 random bytes inside go along, so that what
was signed over content digests stays true; the data key is new, for a key seals once.
"""

import os
from dataclasses import dataclass
from hmac import compare_digest

from custody.crypto import cs1, keyrecord
from custody.crypto import suites as cipher
from custody.crypto.framing import context
from custody.crypto.rewrap import Wrapping
from custody.errors import OpenError


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a sealed value and its key record are bound to."""

    dataset: str
    level: str
    handle: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptValue:
    """A sealed value with its key record, as they stand."""

    place: Place
    sealed: bytes
    digest: bytes
    key_id: bytes
    wrapped: bytes


def reseal(
    value: KeptValue, *, old: Wrapping, new: Wrapping, suites: tuple[int, ...]
) -> KeptValue:
    """Return it sealed anew under the first of `suites`, wrapped under `new`.

    `suites` is policy's list; the value may be of any of them.  OpenError unless it
    opens to its recorded content digest.
    """
    opened = open_value(value, wrapping=old, suites=suites)
    place, suite = value.place, suites[0]
    made = cs1.seal_with(
        # Drawn here, for this message alone: the nonce of a sealed value is zero.
        os.urandom(cipher.KEY_BYTES),
        salt=opened.salt,
        bound=context(dataset=place.dataset, level=place.level, handle=place.handle),
        encoding=opened.encoding,
        suite=suite,
    )
    wrapped = keyrecord.wrap_key(
        wrapping_key=new.key,
        data_key=made.data_key,
        dataset=place.dataset,
        level=place.level,
        handle=place.handle,
        epoch=new.epoch,
        key_id=made.key_id,
        suite=suite,
    )
    return KeptValue(
        place=place,
        sealed=made.sealed,
        digest=made.digest,
        key_id=made.key_id,
        wrapped=wrapped,
    )


def open_value(
    value: KeptValue, *, wrapping: Wrapping, suites: tuple[int, ...]
) -> cs1.Opened:
    """Return what a value holds; OpenError unless it is its recorded content."""
    place = value.place
    data_key = keyrecord.unwrap_key(
        wrapping_key=wrapping.key,
        wrapped=value.wrapped,
        dataset=place.dataset,
        level=place.level,
        handle=place.handle,
        epoch=wrapping.epoch,
        key_id=value.key_id,
        suites=suites,
    )
    opened = cs1.open_sealed(
        data_key=data_key,
        sealed=value.sealed,
        key_id=value.key_id,
        dataset=place.dataset,
        level=place.level,
        handle=place.handle,
        suites=suites,
    )
    if not compare_digest(opened.digest, value.digest):
        raise OpenError
    return opened
