"""Side by side: loading a staged delivery, and a raw INSERT of the same rows.

One side is the load as it is: number, match, move, outcomes, Merkle root, ledger.
The other inserts the very same staged rows by `INSERT … SELECT` into copies of the
register's tables, with their indexes and checks, and matches, numbers, proves and
removes nothing.  Both take turns on deliveries of three kinds:
`new` (nobody is known), `unchanged` (all are known and equal) and `mixed` (a third
each new, unchanged and changed).  The raw side inserts every row of the delivery,
whichever kind; each figure is the median of the repetitions.

`ratio` is of `new`: raw seconds by load seconds, higher is better; the two others
stand beside it.  Peak memory is that of a process of its own that loads one
delivery of each kind.  Run: `python benchmarks/register.py [--rows N] [--repeat N]`;
the last line is one JSON object.
"""

import argparse
import itertools
import json
import multiprocessing
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from custody.adapters.database import RoleEngines, transaction  # noqa: E402 - the path comes first
from custody.adapters.embedded.postgres import EmbeddedPostgres  # noqa: E402
from custody.adapters.roles import WAREHOUSE_OWNER  # noqa: E402
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs  # noqa: E402
from custody.columns.blocks import SealedBlock  # noqa: E402
from custody.domain.delivery import DeliveryState  # noqa: E402
from custody.domain.outcome import Tally  # noqa: E402
from tests.builders.deliveries import DAY, delivery_key, delivery_record  # noqa: E402
from tests.integration.conftest import Databases  # noqa: E402
from tests.integration.warehouse.deliveries import (  # noqa: E402
    Warehouse,
    entry,
    open_warehouse,
)

BLOCK = 65_536
KEYS = (("resident_id",), ("full_name", "phone"))
FIELDS = ("resident_id", "full_name", "phone")
LEVELS = ("high", "low")
SEALED_BYTES = 200
KINDS = ("new", "unchanged", "mixed")

COPIES = """
CREATE SCHEMA raw;
CREATE TABLE raw.customer (LIKE register.customer INCLUDING ALL);
CREATE TABLE raw.record_version (LIKE register.record_version INCLUDING ALL);
CREATE TABLE raw.sealed_value (LIKE register.sealed_value INCLUDING ALL);
CREATE TABLE raw.token (LIKE register.token INCLUDING ALL);
CREATE TABLE raw.row_token (LIKE register.row_token INCLUDING ALL);
CREATE UNLOGGED TABLE raw.record (LIKE projection.record INCLUDING ALL);
"""
NUMBER = "'FI' || lpad((r.row + :before)::text, 9, '0')"
DESCRIBED = "row, level, tier, industry, customer_type, party, responsible, classes"
DATED = "business_date, loaded_at"
# Per copy: its columns, what they are made of, and the staging they come from.
SOURCES = (
    (
        "customer (number, prefix, year, serial, first_delivery, created_at)",
        f"{NUMBER}, r.prefix, 2026, r.row + :before, :id, now()",
        "staged_row",
    ),
    (
        f"record_version (handle, number, version, {DESCRIBED}, delivery_id, {DATED})",
        f"r.handle, {NUMBER}, 1, {DESCRIBED}, :id, '2026-11-23', now()",
        "staged_row",
    ),
    (
        "token (handle, number, field, token, index_epoch)",
        f"r.handle, {NUMBER}, r.field, r.token, r.index_epoch",
        "staged_token",
    ),
    (
        "row_token (handle, number, version, level, token, index_epoch)",
        f"r.handle, {NUMBER}, 1, r.level, r.token, r.index_epoch",
        "staged_row_token",
    ),
    (
        "sealed_value (handle, level, sealed, digest, key_id)",
        "r.handle, r.level, r.sealed, r.digest, r.key_id",
        "staged_value",
    ),
    (
        "record (handle, number, name, shown)",
        f"r.handle, {NUMBER}, r.name, r.shown",
        "staged_projection",
    ),
)
RAW = tuple(
    f"INSERT INTO raw.{into} SELECT {made} FROM intake.{staged} r"  # noqa: S608 - constants
    " WHERE r.delivery_id = :id"
    for into, made, staged in SOURCES
)


@dataclass(frozen=True, slots=True)
class Population:
    """Who the rows of a delivery are: people by number, contents by number."""

    people: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    contents: "np.ndarray[tuple[int], np.dtype[np.int64]]"

    def blocks(self) -> Iterator[SealedBlock]:
        """Yield the delivery as sealing makes it, with invented bytes."""
        for start in range(0, len(self.people), BLOCK):
            people = self.people[start : start + BLOCK]
            yield invented(start, people, self.contents[start : start + BLOCK])


def binary(rows: int, width: int, seed: int | None = None) -> pl.Series:
    """Return random bytes, `width` to a row."""
    drawn = np.random.default_rng(seed).bytes(rows * width)
    at = range(0, rows * width, width)
    return pl.Series([drawn[one : one + width] for one in at], dtype=pl.Binary)


def tokens(
    salt: int, people: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> pl.Series:
    """Return 16 bytes for each number: equal numbers, equal tokens, no order."""
    mixed = np.empty((len(people), 2), dtype=np.uint64)
    for half in (0, 1):
        start = (salt * 2 + half + 1) * 0x9E3779B97F4A7C15 % 2**64
        word = people.astype(np.uint64) + np.uint64(start)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            word = (word ^ (word >> np.uint64(shift))) * np.uint64(factor)
        mixed[:, half] = word ^ (word >> np.uint64(31))
    drawn = mixed.tobytes()
    return pl.Series(
        [drawn[at : at + 16] for at in range(0, len(drawn), 16)], dtype=pl.Binary
    )


def invented(
    start: int,
    people: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    contents: "np.ndarray[tuple[int], np.dtype[np.int64]]",
) -> SealedBlock:
    """Return one block of rows from `start` on."""
    rows = len(people)
    each = pl.DataFrame(
        {"row": np.arange(start + 1, start + rows + 1), "handle": binary(rows, 16)}
    )
    handle = each.select("handle")
    plain = {"tier": "c", "verdict": "load", "industry": "J66", "prefix": "FI"}
    plain |= {"customer_type": "ordinary", "party": "natural", "responsible": "P-1"}
    absent = pl.lit(None, dtype=pl.String)
    values = [
        handle.with_columns(
            pl.lit(level).alias("level"),
            binary(rows, SEALED_BYTES).alias("sealed"),
            binary(rows, 32).alias("digest"),
            binary(rows, 32).alias("key_id"),
        )
        for level in LEVELS
    ]
    found = [
        handle.with_columns(
            pl.lit(field).alias("field"), tokens(at, people).alias("token")
        )
        for at, field in enumerate(FIELDS)
    ]
    equal = people * 1000 + contents
    levels = [
        handle.with_columns(
            pl.lit(level).alias("level"), tokens(10 + at, equal).alias("token")
        )
        for at, level in enumerate(LEVELS)
    ]
    return SealedBlock(
        rows=each.with_columns(
            *(pl.lit(text).alias(name) for name, text in plain.items()),
            level=pl.lit("high"),
            reasons=absent,
            classes=absent,
        ),
        values=pl.concat(values),
        keys=pl.DataFrame(),
        tokens=pl.concat(found),
        suppression=pl.concat(
            [
                handle.with_columns(
                    pl.lit("+".join(sorted(key))).alias("match_key"),
                    binary(rows, 32).alias("token"),
                    pl.lit(DAY).alias("collected_on"),
                )
                for key in KEYS
            ]
        ),
        row_tokens=pl.concat(levels),
        projection=each.with_columns(
            name=absent, shown=pl.lit('{"customer_name":"某*","phone":"138****0000"}')
        ),
        facts=each.with_columns(
            customer_name=pl.lit("valid"), record__verdict=pl.lit("load")
        ),
    )


@dataclass(slots=True)
class Bench:
    """A warehouse, and who is known in it."""

    databases: Databases
    warehouse: Warehouse
    rows: int
    strangers: int = 0
    raw: int = 0
    content: int = 0

    def population(self, kind: str) -> Population:
        """Return the rows of a delivery; the first `rows` people are known."""
        numbers = np.arange(self.rows, dtype=np.int64)
        contents = np.zeros(self.rows, dtype=np.int64)
        if kind == "unchanged":
            # Nobody of the last third ever changes; the others are stable here.
            return Population(numbers, contents)
        self.strangers += self.rows
        fresh = numbers + 10_000_000 * 2 + self.strangers
        if kind == "new":
            return Population(fresh, contents)
        self.content += 1
        changed = numbers + 10_000_000
        third = numbers % 3
        people = np.where(third == 0, fresh, np.where(third == 1, numbers, changed))
        return Population(people, np.where(third == 2, self.content, contents))

    def stage(self, population: Population) -> str:
        """Stage a delivery, ready to load; return its id."""
        key = delivery_key(next(self.warehouse.sequences))
        record = delivery_record(sequence=key.sequence)
        self.warehouse.book.add(record, entry("admitted", key))
        with self.warehouse.staging.restage(key) as writer:
            for block in population.blocks():
                writer.write(block)
            writer.finish(late_facts=None, entry=entry("sealed", key))
        self.warehouse.book.move(
            key.delivery_id,
            [DeliveryState.SEALED],
            DeliveryState.CHECKED,
            entry("checked", key),
        )
        return key.delivery_id

    def load(self, delivery_id: str) -> tuple[float, Tally]:
        """Load a delivery; return seconds and counts."""
        record = self.warehouse.book.find(delivery_id)  # type: ignore[arg-type]
        assert record is not None
        start = time.perf_counter()
        tally = self.warehouse.load_record(record, *KEYS)
        return time.perf_counter() - start, tally

    def insert(self, delivery_id: str) -> float:
        """Insert the staged rows into the copies; return seconds."""
        engine = self.databases.warehouse(WAREHOUSE_OWNER)
        bound = {"id": delivery_id, "before": self.raw}
        start = time.perf_counter()
        with transaction(engine, "raw") as connection:
            for statement in RAW:
                connection.execute(text(statement), bound)
        seconds = time.perf_counter() - start
        self.raw += self.rows
        return seconds


def expected(kind: str, rows: int) -> Tally:
    """Return the counts of a delivery."""
    if kind == "new":
        return Tally(read=rows, loaded=rows)
    if kind == "unchanged":
        return Tally(read=rows, unchanged=rows)
    unchanged = len(range(1, rows, 3))
    return Tally(read=rows, loaded=rows - unchanged, unchanged=unchanged)


def peak_of(databases: Databases, deliveries: list[str], answer: "object") -> None:
    """Load in this process and send its highest memory in MiB."""
    bench = Bench(databases, open_warehouse(databases), 0)
    for delivery_id in deliveries:
        bench.load(delivery_id)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    answer.put(peak)  # type: ignore[attr-defined]


def measure(bench: Bench, repeat: int) -> dict[str, float]:
    """Return the ratio of each kind, the medians printed."""
    ratios = {}
    seconds: dict[tuple[str, str], list[float]] = {}
    for _, kind in itertools.product(range(repeat), KINDS):
        delivery_id = bench.stage(bench.population(kind))
        seconds.setdefault((kind, "raw"), []).append(bench.insert(delivery_id))
        took, tally = bench.load(delivery_id)
        assert tally == expected(kind, bench.rows), (kind, tally)
        seconds.setdefault((kind, "load"), []).append(took)
    for kind in KINDS:
        raw, load = (statistics.median(seconds[kind, side]) for side in ("raw", "load"))
        rate, limit = round(bench.rows / load), round(bench.rows / raw)
        print(f"{kind}: load {load:.2f} s, {rate} rows/s; raw {raw:.2f} s, {limit}")
        ratios[kind] = round(raw / load, 3)
    return ratios


def run(server: EmbeddedPostgres, rows: int, repeat: int) -> dict[str, object]:
    """Measure on a fresh server; return the JSON object."""
    server.start()
    engines = RoleEngines(server.credentials)
    databases = Databases(server, server.warehouse_url, server.keyring_url, engines)
    owner = databases.warehouse(WAREHOUSE_OWNER)
    PostgresIndexEpochs(owner).add(1)
    with transaction(owner, "copies") as connection:
        connection.execute(text(COPIES))
    bench = Bench(databases, open_warehouse(databases), rows)
    numbers = np.arange(rows, dtype=np.int64)
    for known in (numbers, numbers[numbers % 3 == 2] + 10_000_000):
        bench.load(bench.stage(Population(known, np.zeros_like(known))))
    ratios = measure(bench, repeat)
    last = [bench.stage(bench.population(kind)) for kind in KINDS]
    spawn = multiprocessing.get_context("spawn")
    answer: multiprocessing.Queue[int] = spawn.Queue()
    child = spawn.Process(target=peak_of, args=(databases, last, answer))
    child.start()
    peak_mib = answer.get()
    child.join()
    return {
        "name": "register",
        "rows": rows,
        "ratio": ratios["new"],
        "ratio_unchanged": ratios["unchanged"],
        "ratio_mixed": ratios["mixed"],
        "against": "INSERT … SELECT of the same rows into copies, without matching",
        "peak_mib": peak_mib,
    }


def main() -> None:
    """Measure both ways, prove the counts, print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="custody-bench-"))
    server = EmbeddedPostgres(folder / "postgres", folder / "credentials")
    try:
        measured = run(server, asked.rows, asked.repeat)
    finally:
        server.stop()
        shutil.rmtree(folder)
    print(json.dumps(measured, ensure_ascii=False))


if __name__ == "__main__":
    main()
