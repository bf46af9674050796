"""Somebody who has copied everything, and has every key that exists: what they read.

Nothing is asked of a database: sealed values and wrapped keys are known by their
magic wherever they lie in a file, in rows that were deleted and pages of the log too,
and each is tried with every key.  The thief knows whose handle is which.
"""

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import Path

from custody.adapters import roles
from custody.application.escrow_removal import epoch_of
from custody.application.ports import Offsite
from custody.bootstrap import Custody
from custody.crypto import cs1, keyrecord
from custody.crypto.blindindex import field_key, inner_values, tokens_of
from custody.crypto.escrow import open_escrow
from custody.crypto.recovery import Identities, derive_identities, secret_from_text
from custody.crypto.suppression import suppression_tokens
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId, Purpose
from custody.errors import KeyDestroyedError, OpenError

Keys = Mapping[EpochId, bytes]
Place = tuple[bytes, str]
"""A handle and a level."""

_SEALED = re.compile(rb"CS\x01[\x01\x02]\x00")
_WRAPPED = re.compile(rb"CK\x01[\x01\x02]")
_BODY = cs1.HEADER_BYTES + cs1.KEY_ID_BYTES
_TAG = 16
_LONGEST = 4096
_ROOTS = (FIELD_ROOT, SUPPRESSION_ROOT)


@dataclass(frozen=True, slots=True)
class Known:
    """What the thief knows of a sealed value, and by which it is known if it opens."""

    number: str
    handle: bytes
    level: str
    key_id: bytes
    digest: bytes

    @property
    def place(self) -> Place:
        """Whose it is."""
        return self.handle, self.level


@dataclass
class Finds:
    """What looks like a sealed value or a wrapped key, and where it lay."""

    sealed: dict[bytes, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    wrapped: set[bytes] = field(default_factory=set)
    places: dict[bytes, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, place: str, content: bytes) -> None:
        """Keep whatever has the magic."""
        for found in _SEALED.finditer(content):
            chunk = content[found.start() : found.start() + _LONGEST]
            key_id = chunk[cs1.HEADER_BYTES : _BODY]
            self.sealed[key_id].add(chunk)
            self.places[key_id].add(place)
        self.wrapped.update(
            content[found.start() : found.start() + keyrecord.RECORD_BYTES]
            for found in _WRAPPED.finditer(content)
        )


def rummage(contents: Iterable[tuple[str, bytes]], *others: Finds) -> Finds:
    """Return what is found in some contents, with what was found elsewhere."""
    finds = Finds()
    for place, content in contents:
        finds.add(place, content)
    for other in others:
        for key_id, chunks in other.sealed.items():
            finds.sealed[key_id] |= chunks
            finds.places[key_id] |= other.places[key_id]
        finds.wrapped |= other.wrapped
    return finds


def opened(finds: Finds, keys: Keys, wanted: Iterable[Known], dataset: str) -> int:
    """Count the values that open with any find and any key."""
    return sum(_opens(finds, keys, one, dataset) for one in wanted)


def _opens(finds: Finds, keys: Keys, one: Known, dataset: str) -> bool:
    return any(
        _opens_with(data_key, finds.sealed[one.key_id], one, dataset)
        for data_key in _data_keys(finds, keys, one, dataset)
    )


def _data_keys(finds: Finds, keys: Keys, one: Known, dataset: str) -> Iterator[bytes]:
    """Try every wrapped key with every wrapping key of the level."""
    for epoch, key in keys.items():
        if epoch.level != one.level:
            continue
        for wrapped in finds.wrapped:
            with contextlib.suppress(OpenError):
                yield keyrecord.unwrap_key(
                    wrapping_key=key,
                    wrapped=wrapped,
                    dataset=dataset,
                    level=one.level,
                    handle=one.handle,
                    epoch=str(epoch),
                    key_id=one.key_id,
                )


def _opens_with(
    data_key: bytes, chunks: Iterable[bytes], one: Known, dataset: str
) -> bool:
    """Try every length that a value may have: nothing in a file tells its end."""
    for chunk in chunks:
        lengths = range(_BODY + cs1.BLOCK_BYTES + _TAG, len(chunk) + 1, cs1.BLOCK_BYTES)
        for length in lengths:
            with contextlib.suppress(OpenError):
                found = cs1.open_sealed(
                    data_key=data_key,
                    sealed=chunk[:length],
                    key_id=one.key_id,
                    dataset=dataset,
                    level=one.level,
                    handle=one.handle,
                    suites=(1, 2),
                )
                return compare_digest(found.digest, one.digest)
    return False


# --- keys -------------------------------------------------------------------------


def keys_of_provider(custody: Custody) -> dict[EpochId, bytes]:
    """Return every key that the provider still gives out."""
    provider, found = custody.provider_as(roles.KEYRING_DESTROYER), {}
    for epoch in provider.epochs():
        with contextlib.suppress(KeyDestroyedError):
            found[epoch] = provider.open(epoch)
    return found


def identities_of(secrets: Path) -> dict[str, Identities]:
    """Return what every recovery secret gives, by its medium."""
    return {
        file.stem: derive_identities(
            secret_from_text(file.read_text(encoding="utf-8")), medium=file.stem
        )
        for file in secrets.glob("*.recovery")
    }


def keys_of_escrows(
    media: Iterable[Offsite], identities: Mapping[str, Identities]
) -> dict[EpochId, bytes]:
    """Return what the escrows that lie on the media give to who has the secrets."""
    found: dict[EpochId, bytes] = {}
    for medium in media:
        for path in medium.list("escrow/"):
            epoch = epoch_of(path)
            assert epoch is not None, path
            found[epoch] = open_escrow(
                identities[medium.name].hpke_private,
                epoch=str(epoch),
                escrow=medium.read(path),
            )
    return found


# --- guesses ----------------------------------------------------------------------

Guess = tuple[str, str]
"""A field and a right value of it, normalised."""


def tokens_under(
    keys: Keys, guesses: Sequence[Guess], dataset: str
) -> dict[bytes, Guess]:
    """Return the index token of each guess under every index key there is."""
    made: dict[bytes, Guess] = {}
    for epoch, key in keys.items():
        if epoch.purpose is Purpose.INDEX and epoch not in _ROOTS:
            for guess in guesses:
                (token,) = tokens_of(
                    index_key=key, inners=[_inner(keys, guess, dataset)]
                )
                made[token] = guess
    return made


def marks_of(keys: Keys, guesses: Sequence[Guess], dataset: str) -> dict[bytes, Guess]:
    """Return the suppression token of each guess, as of a match key of one field."""
    made: dict[bytes, Guess] = {}
    for guess in guesses:
        (token,) = suppression_tokens(
            key=keys[SUPPRESSION_ROOT],
            dataset=dataset,
            match_key=guess[0],
            inners=[_inner(keys, guess, dataset)],
        )
        made[token] = guess
    return made


def _inner(keys: Keys, guess: Guess, dataset: str) -> bytes:
    own = field_key(keys[FIELD_ROOT], dataset=dataset, field=guess[0])
    (inner,) = inner_values(field_key=own, values=[guess[1].encode()])
    return inner


def matched(
    contents: Iterable[tuple[str, bytes]], made: Mapping[bytes, Guess]
) -> set[Guess]:
    """Return the guesses of which a token lies anywhere in some contents."""
    return {
        guess
        for _, content in contents
        for token, guess in made.items()
        if token in content
    }
