"""Certificates on PostgreSQL: kept once, never changed."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, Row, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.ports import Entry
from custody.application.ports.certificates import KeptCertificate

_HEX = frozenset("0123456789abcdef")

ADD = text(
    "INSERT INTO destruction.certificate"
    " (certificate_id, kind, plan, closes, issued_at, content, annex)"
    " VALUES (:id, :kind, :plan, :closes, :issued_at, :content, :annex)"
    " ON CONFLICT DO NOTHING"
)
_KEPT = (
    "SELECT certificate_id, kind, plan, closes, issued_at, content, annex"
    " FROM destruction.certificate c"
)
_OF_PLAN = text(f"{_KEPT} WHERE plan = :plan AND kind = :kind")
_FIND = text(
    f"{_KEPT} WHERE starts_with(encode(certificate_id, 'hex'), :beginning)"
    " ORDER BY arrival LIMIT 2"
)
_ALL = text(f"{_KEPT} ORDER BY arrival")
_UNCLOSED = text(
    f"{_KEPT} WHERE kind = 'destruction' AND NOT EXISTS"
    " (SELECT FROM destruction.certificate l WHERE l.closes = c.certificate_id)"
    " ORDER BY arrival"
)
_SALT = text(
    "SELECT salt FROM destruction.customer WHERE plan = :plan AND number = :number"
)
_FORGET = text(
    "UPDATE destruction.customer SET salt = NULL"
    " WHERE plan = :plan AND number = :number"
)


class PostgresCertificates:
    """Implements `CertificateBook`; the destroyer adds, the reader reads."""

    def __init__(self, engine: Engine, ledger: LedgerWriter) -> None:
        """Take a role's engine and the ledger's writer."""
        self._engine = engine
        self._ledger = ledger

    def add(self, kept: KeptCertificate, entry: Entry) -> bool:
        """Keep one with its ledger entry; False when the plan has one of its kind."""
        with transaction(self._engine, "keep a certificate") as connection:
            if not connection.execute(ADD, row_of(kept)).rowcount:
                return False
            self._ledger.append(connection, entry)
            return True

    def of_plan(self, kind: str, plan: str) -> KeptCertificate | None:
        """Return the certificate of a plan."""
        bound = {"plan": bytes.fromhex(plan), "kind": kind}
        with transaction(self._engine, "find a certificate") as connection:
            row = connection.execute(_OF_PLAN, bound).one_or_none()
            return None if row is None else _kept(row)

    def find(self, beginning: str) -> tuple[KeptCertificate, ...]:
        """Return those whose id begins so, at most two; of nothing, nothing."""
        if not beginning or set(beginning) - _HEX:
            return ()
        with transaction(self._engine, "find a certificate") as connection:
            rows = connection.execute(_FIND, {"beginning": beginning})
            return tuple(map(_kept, rows))

    def all(self) -> Iterator[KeptCertificate]:
        """Yield them, the oldest first."""
        with transaction(self._engine, "list the certificates") as connection:
            yield from map(_kept, connection.execute(_ALL))

    def unclosed(self) -> tuple[KeptCertificate, ...]:
        """Return the destruction certificates without a closing one."""
        with transaction(self._engine, "find what is not closed") as connection:
            return tuple(map(_kept, connection.execute(_UNCLOSED)))


class PostgresSalts:
    """Implements `KeptSalts`, as the destroyer."""

    def __init__(self, engine: Engine) -> None:
        """Take the destroyer's engine."""
        self._engine = engine

    def salt_of(self, plan: str, number: str) -> bytes | None:
        """Return the salt of a customer of a plan."""
        with transaction(self._engine, "read a salt") as connection:
            salt = connection.execute(_SALT, _customer(plan, number)).scalar()
            return None if salt is None else bytes(salt)

    def forget(self, plan: str, number: str) -> None:
        """Delete it; the commitment stays."""
        with transaction(self._engine, "forget a salt") as connection:
            connection.execute(_FORGET, _customer(plan, number))


def row_of(kept: KeptCertificate) -> dict[str, object]:
    """Return a certificate as it is bound to `ADD`."""
    return {
        "id": bytes.fromhex(kept.certificate_id),
        "kind": kept.kind,
        "plan": bytes.fromhex(kept.plan),
        "closes": None if kept.closes is None else bytes.fromhex(kept.closes),
        "issued_at": kept.issued_at,
        "content": kept.content,
        "annex": kept.annex,
    }


def _customer(plan: str, number: str) -> dict[str, object]:
    return {"plan": bytes.fromhex(plan), "number": number}


def _kept(row: Row[Any]) -> KeptCertificate:
    return KeptCertificate(
        certificate_id=bytes(row.certificate_id).hex(),
        kind=row.kind,
        plan=bytes(row.plan).hex(),
        issued_at=row.issued_at,
        content=bytes(row.content),
        annex=bytes(row.annex),
        closes=None if row.closes is None else bytes(row.closes).hex(),
    )
