"""The strict grammar of RFC 4180 over text, without a look at the meaning.

Splitting the text at every quote leaves, in turn, pieces outside and inside of
quotes.  A text is well formed exactly when each piece outside that follows a
quote begins with a delimiter or row end, and each that precedes one ends so; an
empty piece between two quotes is an escaped quote.  That makes the check and
the cut a few passes in C, and leaves nothing to a lenient parser.
"""

from collections.abc import Sequence
from dataclasses import dataclass

QUOTE = '"'
QUOTED = "\0"  # stands for a quoted cell; NUL itself is refused in the input


@dataclass(frozen=True, slots=True)
class Stray:
    """The first breach of the grammar: a reason code and where it stands.

    `piece` is the number of the piece outside, `at` the offset of its quote.
    """

    reason: str  # "stray_quote" (before an opening quote), "text_after_quote"
    piece: int
    at: int


def first_stray(pieces: Sequence[str], delimiter: str) -> Stray | None:
    """Return the first breach among the pieces of a text that begins a row."""
    if len(pieces) == 1:
        return None
    begins, ends = (delimiter, "\n", "\r"), (delimiter, "\n")
    last = len(pieces) - 1
    if _is_clean(pieces, begins, ends):
        return None
    at = 0
    for number, piece in enumerate(pieces):
        if number % 2 == 0 and piece:
            if number and not piece.startswith(begins):
                return Stray("text_after_quote", number, at - 1)
            if number != last and not piece.endswith(ends):
                return Stray("stray_quote", number, at + len(piece))
        at += len(piece) + 1
    return None


def _is_clean(
    pieces: Sequence[str], begins: tuple[str, ...], ends: tuple[str, ...]
) -> bool:
    outside = pieces[0::2]
    closed = len(pieces) % 2 == 1
    followed = outside[:-1] if closed else outside
    return all(not piece or piece.endswith(ends) for piece in followed) and all(
        not piece or piece.startswith(begins) for piece in outside[1:]
    )


def end_of_rows(pieces: Sequence[str]) -> int:
    """Return the offset behind the last row end outside quotes; 0 without one."""
    end = sum(map(len, pieces)) + len(pieces) - 1
    for number in range(len(pieces) - 1, -1, -1):
        piece = pieces[number]
        begin = end - len(piece)
        if number % 2 == 0:
            found = piece.rfind("\n")
            if found >= 0:
                return begin + found + 1
        end = begin - 1
    return 0


def end_of_first_row(pieces: Sequence[str]) -> int:
    """Return the offset behind the first row end outside quotes; 0 without one."""
    begin = 0
    for number, piece in enumerate(pieces):
        if number % 2 == 0:
            found = piece.find("\n")
            if found >= 0:
                return begin + found + 1
        begin += len(piece) + 1
    return 0


def row_ends(text: str) -> int:
    """Count the row ends outside quotes."""
    return sum(piece.count("\n") for piece in text.split(QUOTE)[0::2])


def unquote(pieces: Sequence[str]) -> tuple[str, list[str]]:
    """Return the text with `QUOTED` for each quoted cell, and those cells in order.

    The pieces are of a well-formed text that ends with a row end.
    """
    outside, inside = pieces[0::2], pieces[1::2]
    if "" not in outside[1:]:
        return QUOTED.join(outside), list(inside)
    kept, cells = [outside[0]], []
    cell = ""
    for content, after in zip(inside, outside[1:], strict=True):
        cell += content
        if after:
            kept.append(after)
            cells.append(cell)
            cell = ""
        else:
            cell += QUOTE
    return QUOTED.join(kept), cells


def requote(line: str, cells: Sequence[str]) -> str:
    """Return one row as it was written, from its line and its quoted cells."""
    parts = line.split(QUOTED)
    quoted = (QUOTE + cell.replace(QUOTE, QUOTE * 2) + QUOTE for cell in cells)
    return "".join(part + cell for part, cell in zip(parts, (*quoted, ""), strict=True))
