"""Facts: what a check may know of a value, and what follows for its row.

A fact is `None` when the field is missing, else a `Token`; it never holds the
value (design idea 1). `ROW_VERDICTS` is the only place that decides about rows;
`mostly` in an expectation decides about deliveries (R24-R26).
"""

from collections.abc import Iterable
from enum import StrEnum


class Token(StrEnum):
    """The fact about one present value of one field."""

    VALID = "valid"
    UNCHECKED = "unchecked"  # present; its kind has no check
    MALFORMED = "malformed"
    BAD_CHECKSUM = "bad_checksum"
    DAMAGED = "damaged"  # a spreadsheet rounded the number
    PLACEHOLDER = "placeholder"
    OUT_OF_SET = "out_of_set"


class Requirement(StrEnum):
    """How much a source needs a field (R24-R26)."""

    MANDATORY = "mandatory"  # without it the row waits (pending)
    EXPECTED = "expected"  # without it the row loads, a supplement is asked for
    OPTIONAL = "optional"  # may follow later (R26)


class RowVerdict(StrEnum):
    """What the facts of a row lead to, before matching."""

    LOAD = "load"
    SUPPLEMENT = "supplement"  # loads, and a supplement request is opened (R25)
    PENDING = "pending"  # waits for a mandatory field (R25)


_M, _E, _O = Requirement.MANDATORY, Requirement.EXPECTED, Requirement.OPTIONAL
_LOAD, _ASK, _WAIT = RowVerdict.LOAD, RowVerdict.SUPPLEMENT, RowVerdict.PENDING

ROW_VERDICTS: dict[tuple[Token | None, Requirement], RowVerdict] = {
    (None, _M): _WAIT,
    (None, _E): _ASK,
    (None, _O): _LOAD,
    (Token.PLACEHOLDER, _M): _WAIT,
    (Token.PLACEHOLDER, _E): _ASK,
    (Token.PLACEHOLDER, _O): _LOAD,
    (Token.MALFORMED, _M): _WAIT,
    (Token.MALFORMED, _E): _ASK,
    (Token.MALFORMED, _O): _ASK,
    (Token.BAD_CHECKSUM, _M): _WAIT,
    (Token.BAD_CHECKSUM, _E): _ASK,
    (Token.BAD_CHECKSUM, _O): _ASK,
    (Token.DAMAGED, _M): _WAIT,
    (Token.DAMAGED, _E): _ASK,
    (Token.DAMAGED, _O): _ASK,
    (Token.OUT_OF_SET, _M): _WAIT,
    (Token.OUT_OF_SET, _E): _ASK,
    (Token.OUT_OF_SET, _O): _ASK,
    (Token.UNCHECKED, _M): _LOAD,
    (Token.UNCHECKED, _E): _LOAD,
    (Token.UNCHECKED, _O): _LOAD,
    (Token.VALID, _M): _LOAD,
    (Token.VALID, _E): _LOAD,
    (Token.VALID, _O): _LOAD,
}

_SEVERITY = {_LOAD: 0, _ASK: 1, _WAIT: 2}


def row_verdict(facts: Iterable[tuple[Token | None, Requirement]]) -> RowVerdict:
    """Return the gravest verdict among the fields of one row."""
    return max(
        (ROW_VERDICTS[fact] for fact in facts),
        key=lambda verdict: _SEVERITY[verdict],
        default=RowVerdict.LOAD,
    )
