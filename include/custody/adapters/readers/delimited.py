"""Delimited text (CSV), streamed: its dialect is policy's, its faults are placed.

What ends the look at a file whatever its dialect is found here: bytes that do
not decode, and NUL.
"""

from collections.abc import Iterator
from typing import BinaryIO, NoReturn, Protocol

from custody.adapters.readers.assembly import Assembly
from custody.adapters.readers.decoding import UndecodableError, pieces
from custody.adapters.readers.grammar import QUOTED
from custody.adapters.readers.plain import PlainReading
from custody.adapters.readers.preamble import Preamble
from custody.adapters.readers.quoted import SWAPPED, QuotedReading
from custody.columns.blocks import RawBlock
from custody.domain.sources import Layout, Source


class DelimitedReader:
    """Port `Reader` for `FileFormat.CSV`."""

    def blocks(
        self, stream: BinaryIO, layout: Layout, source: Source, *, first_row: int
    ) -> Iterator[RawBlock]:
        """Yield blocks; DeliveryError when the file as a whole is unreadable."""
        how = QuotedReading if layout.quoting else PlainReading
        reading = how(layout, source, first_row)
        for text in _decoded(stream, layout, reading):
            reading.take(text)
            yield from reading.assembly.full()
        reading.end()
        yield from reading.assembly.rest()


class Reading(Protocol):
    """One file on its way into an assembly, whatever its dialect."""

    assembly: Assembly

    def take(self, text: str) -> None:
        """Add text and turn every whole row into cells."""

    def end(self) -> None:
        """Read the last row, which may lack its row end."""

    def refuse_after(self, text: str, reason: str, *, byte: int | None) -> NoReturn:
        """Refuse the file behind a text, unless something in it is refused first."""


def _decoded(stream: BinaryIO, layout: Layout, reading: Reading) -> Iterator[str]:
    """Yield the text below the preamble; place what does not decode and NUL."""
    preamble = Preamble(layout.skip_lines, layout.row_end or "\n")
    swap = layout.quoting and layout.row_end == "\r"
    undecodable = None
    try:
        for piece in pieces(stream, layout.encoding):
            text = preamble.below(piece)
            text = text.translate(SWAPPED) if swap else text
            if QUOTED in text:
                reading.refuse_after(text[: text.index(QUOTED)], "nul", byte=None)
            if text:
                yield text
    except UndecodableError as error:
        undecodable = (preamble.below(error.before), error.reason, error.byte)
    if undecodable is not None:
        before, reason, byte = undecodable
        if QUOTED in before:
            before = before[: before.index(QUOTED)]
            reason, byte = "nul", -1
        before = before.translate(SWAPPED) if swap else before
        reading.refuse_after(before, reason, byte=None if byte < 0 else byte)
