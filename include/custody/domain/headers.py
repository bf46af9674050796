"""The header cell of a column: how it is compared, and how an unknown one is kept.

A column that policy does not know is called `?<position>` wherever people see
it, for its header cell may be a value (a file without a header).  The text is
kept all the same, as part of the field name under which the value is sealed, so
that policy may name the column later and the value is still there.
"""

UNKNOWN = "?"
"""The prefix of a column that policy does not know."""

MAX_HEADER_CHARS = 1000
"""Characters of a header cell that are kept; policy names no column so long."""

_BLANKS = " \t\r\n\u3000\ufeff\u200b\u200c\u200d\u00a0"
_MARK = ":"


def tidy(cell: str) -> str:
    """Return a header cell without blanks and invisible marks around it."""
    return cell.strip(_BLANKS)


def kept_header(cell: str) -> str:
    """Return what is kept of an unknown header: tidy, cut, always valid UTF-8.

    A lone surrogate (JSON can spell one) becomes `?`.
    """
    return tidy(cell)[:MAX_HEADER_CHARS].encode("utf-8", "replace").decode()


def sealed_name(column: str, header: str) -> str:
    """Return the field name an unknown column is sealed under: `?7:<header>`.

    Without a header it is `?7` alone (docs/formats.md).
    """
    return f"{column}{_MARK}{header}" if header else column


def split_sealed_name(name: str) -> tuple[str, str]:
    """Return column and header of an unknown column's field name; header may be ''."""
    column, _, header = name.partition(_MARK)
    return column, header
