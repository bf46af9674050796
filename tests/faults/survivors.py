"""What must hold of survivors at any moment, whoever was killed or waits.

An epoch is never destroyed before every survivor verifies under another one, and the
escrow of that one reads back from every medium (issue 4; R69-R71).
"""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Engine, TextClause, text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.application.escrows import media_without
from custody.bootstrap import Custody
from custody.crypto.blindindex import inners_of
from custody.domain.epochs import EpochId, Purpose

_KEYS = text("SELECT handle, level, key_id, epoch FROM keyring.data_key")
_OPEN = text("SELECT id FROM keyring.epoch WHERE state = 'open'")
_VALUES = text(
    "SELECT s.handle, s.level, s.key_id FROM register.sealed_value s"
    " JOIN register.record_version v USING (handle) WHERE v.number = ANY(:numbers)"
)
_TOKENS = text(
    "SELECT handle, field, uuid_send(token) AS token, index_epoch FROM register.token"
    " WHERE number = ANY(:numbers) UNION ALL"
    " SELECT handle, level, uuid_send(token), index_epoch FROM register.row_token"
    " WHERE number = ANY(:numbers)"
)
_INDEX = text("SELECT number FROM register.index_epoch WHERE state = 'open'")
_LIVE = "live"

Inner = tuple[bytes, str, bytes]


def inners(custody: Custody, numbers: Collection[str]) -> set[Inner]:
    """Return what the tokens of customers are tokens of; KeyDestroyedError if lost."""
    provider = custody.provider_as(roles.KEYRING_DESTROYER)
    found = set()
    for handle, field, token, number in _tokens(custody, numbers):
        key = provider.open(EpochId(Purpose.INDEX, None, number))
        (inner,) = inners_of(index_key=key, tokens=[token])
        found.add((handle, field, inner))
    return found


def lost(custody: Custody, numbers: Collection[str]) -> list[str]:
    """Return what is wrong with survivors, by epochs and counts.

    An epoch that was destroyed too early has something under it that opens no more.
    """
    keys = _rows(custody.keyring_engine(roles.KEYRING_OWNER), _KEYS)
    values = _rows(
        custody.warehouse(roles.WAREHOUSE_OWNER), _VALUES, numbers=list(numbers)
    )
    under = {EpochId.parse(key[3]) for key in keys}
    under |= {
        EpochId(Purpose.INDEX, None, number) for *_, number in _tokens(custody, numbers)
    }
    provider = custody.provider_as(roles.KEYRING_DESTROYER)
    found = [
        f"{epoch} is destroyed, and something is under it"
        for epoch in sorted(under, key=str)
        if provider.state(epoch).name != _LIVE
    ]
    if found:
        return found
    living = custody.keyring(roles.KEYRING_DESTROYER).living()
    verified = sum(map(custody.rekey_epochs.verify, living))
    if verified != len(keys):
        found.append(f"{verified} of {len(keys)} keys verify")
    keyless = {value[:3] for value in values} - {key[:3] for key in keys}
    if keyless or not values:
        found.append(f"{len(keyless)} of {len(values)} values have no key")
    return [*found, *_unescrowed(custody)]


def _unescrowed(custody: Custody) -> Iterator[str]:
    """Yield the open epochs, index too, whose escrow does not read back somewhere."""
    keyring = custody.keyring_engine(roles.KEYRING_OWNER)
    warehouse = custody.warehouse(roles.WAREHOUSE_OWNER)
    opened = [EpochId.parse(name) for (name,) in _rows(keyring, _OPEN)]
    opened += [EpochId(Purpose.INDEX, None, one) for (one,) in _rows(warehouse, _INDEX)]
    for epoch in opened:
        if media_without(epoch, custody.media, custody.public_keys.tags):
            yield f"{epoch} is open, and a medium has no escrow of it"


def _tokens(
    custody: Custody, numbers: Collection[str]
) -> list[tuple[bytes, str, bytes, int]]:
    engine = custody.warehouse(roles.WAREHOUSE_OWNER)
    return _rows(engine, _TOKENS, numbers=list(numbers))


def _rows(engine: Engine, query: TextClause, **bound: object) -> list[Any]:
    with transaction(engine, "look") as connection:
        return [tuple(row) for row in connection.execute(query, bound)]
