"""The warehouse of a restore: claimed, its ledger and tables first, opened up last."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from psycopg import sql
from sqlalchemy import Connection, Engine, text

from custody.adapters.database import driver, transaction, unflushed
from custody.adapters.restore_mark import Restoring
from custody.adapters.roles import WAREHOUSE_ROLES
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.adapters.warehouse.restored_indexes import set_aside
from custody.adapters.warehouse.schema import MIGRATIONS
from custody.application.ports import Entry
from custody.application.ports.restore import Counts
from custody.domain.language import Text
from custody.domain.ledger import hash_line
from custody.errors import EvidenceError

_WORKROOM = """
CREATE UNLOGGED TABLE restoring.place (
    handle bytea PRIMARY KEY,
    delivery_id text NOT NULL,
    customer text,
    version int,
    level text NOT NULL,
    business_date date NOT NULL,
    row bigint
);
CREATE INDEX ON restoring.place (delivery_id);
CREATE UNLOGGED TABLE restoring.waiting_value (
    handle bytea NOT NULL,
    level text NOT NULL,
    sealed bytea STORAGE EXTERNAL NOT NULL,
    digest bytea NOT NULL,
    key_id bytea NOT NULL,
    PRIMARY KEY (handle, level)
);
CREATE UNLOGGED TABLE restoring.work (
    source text NOT NULL,
    delivery_id text NOT NULL,
    handle bytea NOT NULL,
    row bigint NOT NULL,
    customer text,
    version int,
    business_date date NOT NULL,
    known boolean NOT NULL,
    party text,
    PRIMARY KEY (source, handle)
);
CREATE UNLOGGED TABLE restoring.version (
    delivery_id text, row bigint, handle bytea, number text, version int, level text,
    tier text, industry text, customer_type text, party text, responsible text,
    classes text, business_date date, part text, verdict text, reasons text
);
CREATE UNLOGGED TABLE restoring.story (
    delivery_id text PRIMARY KEY,
    rows_read bigint NOT NULL,
    unchanged bigint NOT NULL,
    quarantined bigint NOT NULL,
    loaded_at timestamptz,
    part text NOT NULL
);
"""
_ADD_LINE = text(
    "INSERT INTO ledger.entry (position, line, hash) VALUES (:position, :line, :hash)"
)
_COUNTS = text(
    "SELECT (SELECT count(DISTINCT number) FROM register.record_version v"
    "  WHERE EXISTS (SELECT FROM register.sealed_value s WHERE s.handle = v.handle))"
    "  AS customers,"
    " (SELECT count(*) FROM register.record_version WHERE state <> 'destroyed')"
    "  AS versions,"
    " (SELECT count(*) FROM register.sealed_value) AS sealed,"
    " (SELECT count(*) FROM intake.staged_value) AS waiting,"
    " (SELECT count(*) FROM intake.delivery) AS deliveries"
)
_LINES_PER_INSERT = 1_000
_CHUNK = 1024 * 1024
_OTHER_COUNT = Text(
    "{table}：行数与清单所载不符", "{table}: its rows are not as many as told"
)


@dataclass(frozen=True, slots=True)
class RestoredWarehouse:
    """Implements `RestoreWarehouse`; made for custody_owner."""

    engine: Engine
    ledger: LedgerWriter

    def claim(self, medium: str) -> bool:
        """Mark, close to every other role, migrate, and make the workroom."""
        return self._restoring.claim(medium, _make_workroom)

    def add_lines(self, lines: Iterable[tuple[int, bytes]]) -> None:
        """Write ledger lines as they lie off-site, by position."""
        batch: list[dict[str, object]] = []
        for position, line in lines:
            row = {"position": position, "line": line, "hash": hash_line(line)}
            batch.append(row)
            if len(batch) == _LINES_PER_INSERT:
                self._add(batch)
                batch = []
        self._add(batch)

    def _add(self, batch: Sequence[dict[str, object]]) -> None:
        if batch:
            with transaction(self.engine, "restore the ledger") as connection:
                connection.execute(_ADD_LINE, batch)

    def copy_table(
        self, table: str, columns: Sequence[str], content: BinaryIO, rows: int
    ) -> None:
        """COPY a table of a full set in; EvidenceError when it has other many rows."""
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(sql.Identifier(name) for name in columns),
        )
        with (
            unflushed(self.engine, f"restore {table}") as connection,
            driver(connection).cursor() as cursor,
        ):
            with cursor.copy(statement) as copy:
                while piece := content.read(_CHUNK):
                    copy.write(piece)
            if cursor.rowcount != rows:
                raise _OTHER_COUNT.as_error(EvidenceError, table=table)

    def counts(self) -> Counts:
        """Count what is there."""
        with transaction(self.engine, "count what was restored") as connection:
            row = connection.execute(_COUNTS).one()
        return Counts(
            customers=row.customers,
            versions=row.versions,
            values=row.sealed,
            waiting=row.waiting,
            deliveries=row.deliveries,
        )

    def open_up(self, entry: Entry) -> None:
        """Take the mark away, let the roles in, and append the entry; all or none."""
        with transaction(self.engine, "open the warehouse") as connection:
            self._restoring.let_in(connection)
            self._restoring.unmark(connection)
            self.ledger.append(connection, entry)

    @property
    def _restoring(self) -> Restoring:
        return Restoring(
            engine=self.engine,
            migrations=MIGRATIONS,
            tables=(
                *("ledger.entry", "intake.delivery", "register.customer"),
                *("register.index_epoch", "register.suppression"),
            ),
            roles=WAREHOUSE_ROLES[1:],
        )


def _make_workroom(connection: Connection) -> None:
    connection.execute(text(_WORKROOM))
    set_aside(connection)
