"""Serials are drawn by the database; the number is the rule's (R28)."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from custody.domain.matching import Applicant, Customer, Decision, NewVersion
from custody.domain.numbering import customer_number

_PREFIXES = text(
    "SELECT row, prefix FROM intake.staged_row"
    " WHERE delivery_id = :id AND row = ANY(:rows)"
)
_TAKE = text(
    "INSERT INTO register.serial AS s (prefix, year, last)"
    " VALUES (:prefix, :year, :count)"
    " ON CONFLICT (prefix, year) DO UPDATE SET last = s.last + excluded.last"
    " RETURNING last"
)


def number_founders(
    connection: Connection,
    decided: Sequence[tuple[Applicant, Decision]],
    load: Mapping[str, object],
) -> None:
    """Give every customer founded by these rows its number, in row order."""
    founded: dict[int, Customer] = {
        applicant.row: decision.customer
        for applicant, decision in decided
        if isinstance(decision, NewVersion)
        and decision.customer.number is None
        and decision.version == 1
    }
    wanted = {"id": load["id"], "rows": list(founded)}
    prefixes = {
        found.row: found.prefix for found in connection.execute(_PREFIXES, wanted)
    }
    following = {
        prefix: _take(connection, prefix, count, load)
        for prefix, count in sorted(Counter(prefixes.values()).items())
    }
    for row in sorted(founded):
        prefix = prefixes[row]
        founded[row].number = customer_number(
            prefix,
            int(str(load["year"])),
            following[prefix],
            width=int(str(load["width"])),
        )
        following[prefix] += 1


def _take(
    connection: Connection, prefix: str, count: int, load: Mapping[str, object]
) -> int:
    """Take `count` serials of a prefix and year; return the first of them."""
    bound = {"prefix": prefix, "year": load["year"], "count": count}
    return int(connection.execute(_TAKE, bound).scalar_one()) - count + 1
