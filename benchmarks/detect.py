"""Side by side: our detection of columns, and Presidio's PatternRecognizers.

Both look at the same values, nine columns of an invented file, each value
different, in turns within one run.  Presidio is given six recognisers and no
language model; ours looks for all sixteen kinds.  Presidio lives in an
environment of its own (`benchmarks/requirements.lock`, made by `make bench`).
Run: `python benchmarks/detect.py [ROWS]`; the last line is one JSON object, its
ratio how many times faster we are.
"""

import datetime as dt
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import polars as pl

from custody.columns.detect import detect_column
from custody.domain.kinds import Kind
from tests.builders import people

TODAY = dt.date(2026, 11, 23)
TURNS = 3
HERE = Path(__file__).resolve().parent
PYTHON = HERE.parent / ".bench" / "bin" / "python"
COLUMNS: dict[Kind | None, Callable[[Random], str]] = {
    Kind.RESIDENT_ID: people.resident_id,
    Kind.USCC: people.credit_code,
    Kind.BANK_CARD: people.bank_card,
    Kind.PHONE: people.mobile,
    Kind.EMAIL: people.email,
    Kind.PERSON_NAME: people.person_name,
    Kind.COMPANY_NAME: people.company_name,
    Kind.ADDRESS: people.address,
    None: lambda rng: f"普通客户，第{people.digits(rng, 5)}次回访，满意",
}


def ours(columns: dict[Kind | None, pl.Series]) -> float:
    """Return the seconds of looking at every column."""
    start = time.perf_counter()
    for kind, values in columns.items():
        detect_column(values, today=TODAY, expected=[kind] if kind else [])
    return time.perf_counter() - start


def main() -> None:
    """Measure both in turns and print one JSON line."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    rng = people.chance(1)
    each = rows // len(COLUMNS)
    columns = {
        kind: pl.Series([make(rng) for _ in range(each)])
        for kind, make in COLUMNS.items()
    }
    values = [value for column in columns.values() for value in column.to_list()]
    asked = json.dumps(values) + "\n"
    command = [str(PYTHON), str(HERE / "_presidio.py")]
    with subprocess.Popen(  # noqa: S603 - our own file, our own environment
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin
        assert other.stdout
        ratios = []
        for turn in range(TURNS + 1):
            other.stdin.write(asked)
            other.stdin.flush()
            theirs = json.loads(other.stdout.readline())["seconds"]
            mine = ours(columns)
            if turn:  # the first turn warms both up
                ratios.append(theirs / mine)
                print(f"turn {turn}: Presidio {theirs:.2f} s, ours {mine:.3f} s")
        other.stdin.close()
    print(
        json.dumps(
            {
                "name": "detect",
                "rows": len(values),
                "ratio": round(statistics.median(ratios), 1),
                "against": "Presidio PatternRecognizers called directly",
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
