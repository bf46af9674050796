"""The seams of a write-ahead log: a value that lies across two of its pages.

PostgreSQL writes a header between the pages of a record that goes on (24 bytes, 40
at the start of a segment: `XLogPageHeaderData`, access/xlog_internal.h), so in the
bytes of the file such a value is cut in two and no plain search finds it.
"""

from collections.abc import Iterator
from pathlib import Path

PAGE = 8192  # XLOG_BLCKSZ
_HEADER = 24
_AROUND = 1024  # bytes on each side; longer than any spelling of a canary


def is_log(path: Path) -> bool:
    """Tell whether a file is a segment of the log, by its folder."""
    return path.parent.name == "pg_wal"


def seams(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each page's begin, and the bytes around it without its header."""
    with path.open("rb") as file:
        before = file.read(PAGE)[-_AROUND:]
        at = PAGE
        while page := file.read(PAGE):
            after = page[_HEADER : _HEADER + _AROUND]
            if any(after):
                yield at, before + after
            before = page[-_AROUND:]
            at += PAGE
