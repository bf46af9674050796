"""Suppression tokens on PostgreSQL; made for custody_destroyer."""

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.adapters.warehouse.register import ONE_AT_A_TIME, PATIENCE
from custody.application.ports import Entry
from custody.application.ports.suppress import Suppressed, VersionTokens

_VERSIONS = text(
    "SELECT t.handle, t.index_epoch, t.field, uuid_send(t.token) AS token"
    " FROM register.record_version v JOIN register.token t USING (handle)"
    " WHERE v.number = ANY(:numbers) AND t.field = ANY(:fields)"
    " ORDER BY t.handle, t.index_epoch"
)
_ADD = text(
    "INSERT INTO register.suppression AS s"
    " (match_key, token, destroyed_on, expires_on, legal_basis)"
    " SELECT match_key, token, :destroyed_on, :expires_on, :legal_basis"
    " FROM unnest(CAST(:keys AS text[]), CAST(:tokens AS bytea[]))"
    "  AS n(match_key, token) ORDER BY match_key, token"
    " ON CONFLICT (match_key, token) DO UPDATE SET"
    "  destroyed_on = greatest(s.destroyed_on, excluded.destroyed_on),"
    "  expires_on = greatest(s.expires_on, excluded.expires_on),"
    "  legal_basis = excluded.legal_basis"
    " WHERE s.destroyed_on < excluded.destroyed_on"
    "  OR s.expires_on < excluded.expires_on"
)
_EXPIRE = text("DELETE FROM register.suppression WHERE expires_on < :today")


class PostgresSuppressions:
    """Implements `Suppressions`."""

    def __init__(self, engine: Engine, ledger: LedgerWriter, dataset: str) -> None:
        """Take the destroyer's engine, the ledger's writer and the register's name."""
        self._engine = engine
        self._ledger = ledger
        self._dataset = dataset

    def versions(
        self, numbers: Sequence[str], fields: Sequence[str]
    ) -> Iterator[VersionTokens]:
        """Yield the tokens of these fields of every version of these customers."""
        wanted = {"numbers": list(numbers), "fields": list(fields)}
        with transaction(self._engine, "read index tokens") as connection:
            found = connection.execute(_VERSIONS, wanted).all()
        groups = itertools.groupby(found, lambda one: (one.handle, one.index_epoch))
        for (_, epoch), rows in groups:
            tokens = {row.field: bytes(row.token) for row in rows}
            yield VersionTokens(index_epoch=epoch, tokens=tokens)

    def add(self, suppressed: Suppressed, entry: Entry) -> int:
        """Write the tokens, with the entry; return how many are new or last longer."""
        bound = {
            "keys": [name for name, _ in suppressed.tokens],
            "tokens": [token for _, token in suppressed.tokens],
            "destroyed_on": suppressed.destroyed_on,
            "expires_on": suppressed.expires_on,
            "legal_basis": suppressed.legal_basis,
        }
        with transaction(self._engine, "suppress customers") as connection:
            connection.execute(PATIENCE)
            connection.execute(ONE_AT_A_TIME)
            changed = int(connection.execute(_ADD, bound).rowcount)
            if changed:
                self._ledger.append(connection, entry)
        return changed

    def expire(self, today: dt.date) -> int:
        """Delete the tokens whose last day is past, with an entry; return how many."""
        with transaction(self._engine, "expire suppressions") as connection:
            gone = int(connection.execute(_EXPIRE, {"today": today}).rowcount)
            if gone:
                entry = Entry(
                    kind="suppression_expired",
                    subject=self._dataset,
                    body={"tokens": gone, "today": today.isoformat()},
                )
                self._ledger.append(connection, entry)
        return gone
