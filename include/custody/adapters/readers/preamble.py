"""The lines above the header that policy says to skip: titles, dates, notes."""

from custody.adapters.readers.limits import MAX_ROW_CHARS
from custody.errors import DeliveryError


class Preamble:
    """Takes a text piece by piece and leaves out its first lines.

    Quotes have no meaning there: a line ends where its mark stands.
    """

    def __init__(self, lines: int, row_end: str) -> None:
        """Take how many lines to leave out, and what ends one."""
        self._lines = lines
        self._row_end = row_end
        self._held = ""

    def below(self, text: str) -> str:
        """Return what of the text lies below the preamble; DeliveryError if too long.

        A file that ends within its preamble gives nothing, and so is empty.
        """
        if not self._lines:
            return text
        *whole, self._held = (self._held + text).split(self._row_end, self._lines)
        self._lines -= len(whole)
        if not self._lines:
            text, self._held = self._held, ""
            return text
        if len(self._held) > MAX_ROW_CHARS:
            raise DeliveryError("row_too_long", row=0)
        return ""
