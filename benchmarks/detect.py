"""Side by side: our detection of columns, and Presidio's PatternRecognizers.

Both look at the same values in turns within one run.  `FILE` is an invented file of
customers as companies send it: numbers, names, addresses, dates, amounts, notes in
English and remarks in both languages, one in five of which holds something.  `HARD`
are columns that no file has alone: remarks that all hold something, and a column of
every form that people write and of what looks alike.  Nearly every value is
different, so that nothing is gained by asking a value once.

Times are CPU seconds of each side, so that whoever else uses the machine does not
count.  Ours looks as a sealing worker does: a piece of 8,192 rows, one thread.
Presidio is given six recognisers and no language model; ours looks for all sixteen
kinds.  Presidio lives in an environment of its own (`benchmarks/requirements.lock`,
made by `make bench`).  Run: `python benchmarks/detect.py [ROWS]`; each column is
printed, and the last line is one JSON object.  Its `ratio` is how many times faster
we are on the whole file, `median` the same of its median column, `least` of the
worst column, hard ones included; each is the median of the turns.
"""

import datetime as dt
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import IO

os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl

from custody.columns.detect import detect_column
from custody.domain.kinds import Kind
from tests.builders import corpus, people, remarks

TODAY = dt.date(2026, 11, 23)
TURNS = 3
ROWS = 8_192
HERE = Path(__file__).resolve().parent
PYTHON = HERE.parent / ".bench" / "bin" / "python"

Column = tuple[Kind | None, Callable[[Random], str]]
Values = Mapping[str, tuple[Kind | None, pl.Series]]
Ratios = dict[str, list[float]]


def _day(rng: Random) -> str:
    return f"{dt.date(2012, 1, 1) + dt.timedelta(days=rng.randrange(5_000))}"


FILE: dict[str, Column] = {
    "customer number": (None, lambda rng: f"B{rng.randrange(10**6):09d}"),
    "name": (Kind.PERSON_NAME, people.person_name),
    "resident id": (Kind.RESIDENT_ID, people.resident_id),
    "company": (Kind.COMPANY_NAME, people.company_name),
    "credit code": (Kind.USCC, people.credit_code),
    "mobile": (Kind.PHONE, people.mobile),
    "e-mail": (Kind.EMAIL, people.email),
    "address": (Kind.ADDRESS, people.address),
    "card": (Kind.BANK_CARD, people.bank_card),
    "order number": (None, lambda rng: f"SO-2026-{people.digits(rng, 8)}"),
    "signed on": (None, _day),
    "amount": (None, lambda rng: f"{rng.randrange(10**7)}.{people.digits(rng, 2)}"),
    "notes": (None, remarks.english),
    "remarks": (None, remarks.remark),
}
HARD: dict[str, Column] = {"remarks that hold": (None, remarks.holding)}
EVERYTHING = "all that is written"


def made(rows: int) -> Values:
    """Return the columns of the file and the hard ones, of so many rows each."""
    rng = people.chance(1)
    columns = {
        name: (kind, pl.Series([make(rng) for _ in range(rows)]))
        for name, (kind, make) in {**FILE, **HARD}.items()
    }
    written = [value for value, _ in corpus.positives(rng)]
    written += corpus.negatives(rng, max(rows - len(written), 0))
    rng.shuffle(written)
    return {**columns, EVERYTHING: (None, pl.Series(written[:rows]))}


def ours(kind: Kind | None, values: pl.Series) -> float:
    """Return the CPU seconds of looking at a column."""
    start = time.process_time()
    detect_column(values, today=TODAY, expected=[kind] if kind else [])
    return time.process_time() - start


def measure(
    columns: Values, asked: IO[str], answers: IO[str]
) -> tuple[Ratios, list[float]]:
    """Let both take turns; return the ratios by column, and of the file."""
    by_column: Ratios = {name: [] for name in columns}
    whole: list[float] = []
    for turn in range(TURNS + 1):
        both = {}
        for name, (kind, values) in columns.items():
            asked.write(json.dumps(values.to_list()) + "\n")
            asked.flush()
            theirs = json.loads(answers.readline())["seconds"]
            both[name] = (theirs, ours(kind, values))
        if turn:  # the first turn warms both up
            of_file = [both[name] for name in FILE]
            whole.append(sum(t for t, _ in of_file) / sum(m for _, m in of_file))
            for name, (theirs, mine) in both.items():
                by_column[name].append(theirs / mine)
    for name, (theirs, mine) in both.items():
        each = 1e6 / len(columns[name][1])
        print(
            f"{name:>20}: {statistics.median(by_column[name]):6.1f} times;"
            f" last turn {theirs * each:6.1f} against {mine * each:5.2f} us a value",
            flush=True,
        )
    return by_column, whole


def main() -> None:
    """Measure both in turns and print one JSON line."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    columns = made(rows)
    command = [str(PYTHON), str(HERE / "_presidio.py")]
    with subprocess.Popen(  # noqa: S603 - our own file, our own environment
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin
        assert other.stdout
        by_column, whole = measure(columns, other.stdin, other.stdout)
        other.stdin.close()
    medians = {name: statistics.median(found) for name, found in by_column.items()}
    print(
        json.dumps(
            {
                "name": "detect",
                "rows": rows * len(FILE),
                "ratio": round(statistics.median(whole), 1),
                "against": "Presidio PatternRecognizers called directly",
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "median": round(statistics.median(medians[name] for name in FILE), 1),
                "least": round(min(medians.values()), 1),
            }
        )
    )


if __name__ == "__main__":
    main()
