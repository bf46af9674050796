"""Data keys and index tokens moved to the next epoch, per second, on one core.

Three figures of keys: the batch door alone (unwrap, check the key id, wrap), beside
sealing's own batch door; a whole rotation of one level on PostgreSQL (read, wrap, move,
read back, verify, commit; then every survivor verified again and the epoch ended); and
its share in the crypto.  Tokens: `register.token` encrypted anew, batch by batch.
CPU time is told beside the clock, of this process and of the server: a shared machine's
clock tells little.  A rotated key cost 51 and 29 microseconds before pages went by
columns and an index went; 32 and 24 since (decision 15).
Run: `python benchmarks/rewrap.py [--keys N]`; the last line is one JSON object.
"""

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from custody.adapters import roles
from custody.adapters.copying import copy_frame
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.embedded.provision import connect_superuser
from custody.bootstrap import Custody
from custody.crypto.entropy import EntropyPool
from custody.crypto.rewrap import KeyRecords, Wrapping, check_batch, rewrap_batch
from custody.domain.epochs import EpochId, Purpose
from custody.domain.levels import Level

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks._server import server_seconds  # noqa: E402 - the path comes first
from tests.builders.installation import install  # noqa: E402
from tests.builders.sealed import DATASET, sealed_frame  # noqa: E402

KEYS = 200_000
BATCH = 10_000
LEVEL = Level.HIGH
OLD = EpochId(Purpose.LIVE, LEVEL, 1)
_TOKEN = {
    "handle": "bytea",
    "number": "text",
    "field": "text",
    "token": "uuid",
    "index_epoch": "int4",
}


class Cost(NamedTuple):
    """Seconds that went by, and CPU seconds of this process and of the server."""

    seconds: float
    client: float
    server: float


def doors(count: int) -> dict[str, float]:
    """Return what is sealed, moved and verified a second, without a database."""
    keys = [Wrapping(key=os.urandom(32), epoch=f"live/high/{n}") for n in (1, 2)]
    old, new = keys
    frame, sealing = timed(lambda: sealed_frame(OLD, old.key, count=count))
    records = KeyRecords(
        handles=frame["handle"].to_list(),
        levels=frame["level"].to_list(),
        datasets=[DATASET] * count,
        key_ids=frame["key_id"].to_list(),
        wrapped=frame["wrapped"].to_list(),
    )
    pool = EntropyPool(12 * count)
    _, moving = timed(lambda: rewrap_batch(records, old=old, new=new, pool=pool))
    _, checking = timed(lambda: check_batch(records, wrapping=old))
    return {
        "sealed": count / sealing,
        "moved": count / moving,
        "verified": count / checking,
    }


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what the work gave, and its seconds."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def fill(custody: Custody, count: int) -> None:
    """Write data keys under the open epoch, in batches, as the loader does."""
    key = custody.provider.open(OLD)
    keyring = custody.keyring(roles.KEYRING_LOADER)
    for start in range(0, count, BATCH):
        frame = sealed_frame(OLD, key, count=min(BATCH, count - start))
        with keyring.writing([OLD]) as writer:
            writer.write(frame, dataset=DATASET, department="sales")


def fill_tokens(server: EmbeddedPostgres, count: int) -> None:
    """Write invented tokens of the first index epoch."""
    url = server.warehouse_url
    with connect_superuser(url, server.credentials) as connection:
        for start in range(0, count, BATCH):
            rows = min(BATCH, count - start)
            frame = pl.DataFrame(
                {
                    "handle": [os.urandom(16) for _ in range(rows)],
                    "number": ["X2026000001"] * rows,
                    "field": ["phone"] * rows,
                    "token": [os.urandom(16) for _ in range(rows)],
                    "index_epoch": [1] * rows,
                },
                schema_overrides={"index_epoch": pl.Int32},
            )
            copy_frame(connection, "register.token", frame, columns=_TOKEN)


def rotation(custody: Custody, server: EmbeddedPostgres, count: int) -> dict[str, Cost]:
    """Return what each step of a rotation of one level costs."""
    rekey = custody.rekey_epochs

    def costing(work: Callable[[], Any]) -> tuple[Any, Cost]:
        here, there = time.process_time(), server_seconds(server)
        found, seconds = timed(work)
        ours, theirs = time.process_time() - here, server_seconds(server) - there
        return found, Cost(seconds, ours, theirs)

    with custody.exclusively():
        new, succeeding = costing(lambda: rekey.succeed(OLD))
        moved, moving = costing(lambda: rekey.rewrap(OLD, new))
        verified, verifying = costing(lambda: rekey.verify(new))
        state, ending = costing(lambda: rekey.end(OLD, new))
    assert (moved, verified, state.name) == (count, count, "destroyed")
    return {
        "succeed": succeeding,
        "rewrap": moving,
        "verify": verifying,
        "end": ending,
    }


def reindexing(custody: Custody, count: int) -> float:
    """Return the seconds in which every token was encrypted anew."""
    reindex = custody.reindex_tokens
    with custody.exclusively():
        turn = reindex.succeed()
        moved, seconds = timed(reindex.reencrypt)
        reindex.end(turn)
    assert moved == count
    return seconds


def measure(folder: Path, count: int) -> tuple[dict[str, Cost], float]:
    """Return what a rotation's steps cost, and the seconds of the tokens."""
    server = EmbeddedPostgres(folder / "postgres", folder / "credentials")
    server.start()
    try:
        custody = install(
            folder / "home",
            warehouse_url=server.warehouse_url,
            keyring_url=server.keyring_url,
            credentials=server.credentials,
        ).custody
        fill(custody, count)
        fill_tokens(server, count)
        return rotation(custody, server, count), reindexing(custody, count)
    finally:
        server.stop()


def main() -> None:
    """Measure and print one JSON line."""
    asked = argparse.ArgumentParser(description="Data keys and tokens moved.")
    asked.add_argument("--keys", type=int, default=KEYS)
    count = asked.parse_args().keys
    door = doors(min(count, 100_000))
    for name, each in door.items():
        print(f"{name:>9} by the batch door alone: {each:>9,.0f} a second", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="custody-bench-"))
    try:
        steps, tokens = measure(folder, count)
    finally:
        shutil.rmtree(folder)
    for name, one in steps.items():
        ours, theirs = (1e6 * cpu / count for cpu in (one.client, one.server))
        print(
            f"{name:>9}: {one.seconds:7.2f} s for {count:,} keys;"
            f" CPU a key: {ours:.1f} us here, {theirs:.1f} in the server",
            flush=True,
        )
    print(f"   tokens: {tokens:7.2f} s for {count:,}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {
        "name": "rewrap",
        "keys": count,
        "keys_a_second": round(count / steps["rewrap"].seconds),
        "verified_a_second": round(count / steps["verify"].seconds),
        "rotated_a_second": round(count / sum(one.seconds for one in steps.values())),
        "client_cpu_us": round(sum(1e6 * one.client for one in steps.values()) / count),
        "server_cpu_us": round(sum(1e6 * one.server for one in steps.values()) / count),
        "tokens_a_second": round(count / tokens),
        "door_ratio": round(door["moved"] / door["sealed"], 2),
        "against": "the batch door that seals",
        "peak_mib": round(peak),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
