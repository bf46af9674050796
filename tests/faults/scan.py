"""Look for values in places: `python -m tests.faults.scan PLACE… --values FILE`.

A PLACE is a file, a folder, a block device or disk image; `postgresql://…` (every
table, as a superuser reads it); `http://…` (one answer); `pid:N` (environment and
command line).  The file of values has one a line, with its kind and a TAB before
it if it shall be named; `--invent` writes such a file of twelve invented values to
be planted first.  No value is ever printed.

Ends with 0 when nothing is found, 1 when something is, 2 when a place cannot be
read or the scan does not find its own copies.
"""

import argparse
import gzip
import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

from tests.faults.canaries import ENCODINGS, Canary, draw
from tests.faults.looking import scan_database, scan_page, scan_process
from tests.faults.scanner import Finding, Scanner

NOTHING, FOUND, UNABLE = 0, 1, 2
_MIB = 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Scan, tell what was found and where; return the exit code."""
    given = _parser().parse_args(arguments)
    if given.invent:
        _invent(given.values)
        return NOTHING
    if not given.places:
        _tell("name a place to look at")
        return UNABLE
    try:
        return _scan(given.places, given.values)
    except (OSError, ValueError, psycopg.Error, AssertionError) as fault:
        _tell(f"cannot look there: {type(fault).__name__}")
        return UNABLE


def _scan(places: Sequence[str], values: Path) -> int:
    canaries = read_values(values)
    scanner = Scanner(canaries)
    if missed := unseen(scanner, canaries):
        _tell(f"the scan does not see its own copies: {', '.join(missed)}")
        return UNABLE
    scanner.scanned, begun, count = 0, time.perf_counter(), 0
    for place in places:
        for finding in _look(place, scanner, leave_out=values):
            _tell(str(finding))
            count += 1
    seconds = time.perf_counter() - begun
    _tell(
        f"{count} found of {len(canaries)} values in {len(ENCODINGS)} encodings and"
        f" compressed; {scanner.scanned / _MIB:.1f} MiB in {seconds:.1f} s;"
        f" {values.name} itself left out"
    )
    return FOUND if count else NOTHING


def read_values(file: Path) -> list[Canary]:
    """Return the values of a file: `value` or `kind TAB value` a line.

    ValueError when there is none: a scan for nothing finds nothing.
    """
    canaries = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        kind, tab, value = line.partition("\t")
        if not line.strip():
            continue
        canaries.append(
            Canary("values", kind if tab else f"line {number}", value if tab else kind)
        )
    if not canaries:
        message = "the file of values is empty"
        raise ValueError(message)
    return canaries


def unseen(scanner: Scanner, canaries: Sequence[Canary]) -> list[str]:
    """Plant every spelling in memory, plain and packed; return what is not found."""
    texts = {
        (canary.kind, encoding): write(canary.value)
        for canary in canaries
        for encoding, write in ENCODINGS.items()
    }
    missed = []
    for (kind, encoding), spellings in texts.items():
        for spelling in spellings:
            for content in (spelling, gzip.compress(b"before " + spelling)):
                found = {one.canary.kind for one in scanner.scan_bytes(content, "")}
                if kind not in found:
                    missed.append(f"{kind} as {encoding}")
    return missed


def _look(place: str, scanner: Scanner, *, leave_out: Path) -> Iterator[Finding]:
    scheme, _, rest = place.partition(":")
    if scheme in {"postgresql", "postgres"}:
        with psycopg.connect(place, autocommit=True) as connection:
            name = connection.info.dbname
            yield from scan_database(connection, name, scanner)
    elif scheme in {"http", "https"}:
        yield from scan_page(place, scanner)
    elif scheme == "pid":
        Path(f"/proc/{int(rest)}").stat()  # a process that is gone was not seen
        yield from scan_process(int(rest), scanner)
    else:
        yield from _look_at_files(Path(place).resolve(), scanner, leave_out.resolve())


def _look_at_files(path: Path, scanner: Scanner, leave_out: Path) -> Iterator[Finding]:
    if path.is_dir():
        yield from scanner.scan_tree(path, leave_out=[leave_out])
    elif path != leave_out:
        path.stat()  # a place that is not there was not looked at
        yield from scanner.scan_file(path, str(path))


def _invent(file: Path) -> None:
    """Write twelve invented values into a new file that its owner alone reads."""
    drawn = draw(secrets.randbits(64), "invented").values()
    lines = "".join(f"{one.kind}\t{one.value}\n" for one in drawn)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:  # noqa: PTH123 - an open descriptor
        out.write(lines)
    _tell(f"{file}: plant these in a delivery, then look for them")


def _parser() -> argparse.ArgumentParser:
    about = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="tests.faults.scan", description=about)
    parser.add_argument("places", nargs="*", metavar="PLACE")
    parser.add_argument("--values", type=Path, required=True, metavar="FILE")
    parser.add_argument("--invent", action="store_true", help="write FILE, and end")
    return parser


def _tell(line: str) -> None:
    print(line)  # noqa: T201 - a command for people


if __name__ == "__main__":
    sys.exit(main())
