"""A bundle is sealed like one file; what its sides have left over is kept sealed."""

import base64
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from custody.application.intake.seal import UNREADABLE_ROWS
from custody.domain.delivery import DeliveryState
from custody.domain.outcome import Tally
from tests.builders.bundles import (
    CONTRACTS,
    FILES,
    HOLDERS,
    bundle_policy,
    manifest_files,
)
from tests.fakes.workroom import ID, MANIFEST, Workroom


def landed(folder: Path, files: Mapping[str, bytes]) -> Workroom:
    """Return a room in which a bundle of these files is admitted."""
    room = Workroom(policy=bundle_policy(folder, "website"))
    record = dataclasses.replace(room.record, files=tuple(manifest_files(files)))
    room.book.records[ID] = record
    room.landing.folders[record.key] = {"manifest.json": MANIFEST, **files}
    return room


def test_each_main_row_is_sealed_with_what_its_sides_say(tmp_path: Path) -> None:
    """Its rows are the delivery's rows, and the ledger is told of nothing else."""
    room = landed(tmp_path, FILES)

    assert room.seal() == "sealed"

    assert room.record.tally == Tally(read=3)
    assert [sorted(one) for one in room.opened().values()] == [
        ["customer_name", "phone", "source_customer_id"]
    ] * 3
    assert "aside" not in room.book.entries[-1].body
    assert not room.quarantine.kept


def test_rows_of_sides_that_joined_nothing_are_kept_and_counted(
    tmp_path: Path,
) -> None:
    """By file, row, column and reason; they are no rows of the delivery."""
    files = FILES | {
        "holders.tsv": HOLDERS + b"4\tn\n",
        "contracts.txt": CONTRACTS + b"A+|+|z&|\nC+|+|z&|\n",
    }
    room = landed(tmp_path, files)

    assert room.seal() == "sealed"

    assert room.record.tally == Tally(read=3)
    body = room.book.entries[-1].body
    assert (body["rows"], body["unreadable"]) == (3, 0)
    assert body["aside"] == (
        "holders.tsv short_row 1",
        "contracts.txt ambiguous_join 1",
        "contracts.txt unjoined_row 1",
    )
    kept = room.quarantine.kept[f"{ID}/{UNREADABLE_ROWS}"]
    lines = [json.loads(line) for line in kept.splitlines()]
    raw = [base64.b64decode(line.pop("raw")).decode() for line in lines]
    assert [tuple(line.values()) for line in lines] == [
        (4, "holders.tsv", None, "short_row"),
        (3, "contracts.txt", "number", "ambiguous_join"),
        (4, "contracts.txt", "number", "unjoined_row"),
    ]
    assert raw[0] == "4\tn"
    assert json.loads(raw[2]) == {"number": "C", "phone": "", "note": "z"}


def test_a_bundle_without_one_of_its_files_is_quarantined(tmp_path: Path) -> None:
    """Before a row is read; the reason names the file by policy's word for it."""
    room = landed(tmp_path, {name: FILES[name] for name in list(FILES)[:2]})

    assert room.seal() == "quarantined"

    assert room.record.state is DeliveryState.QUARANTINED
    assert room.record.reasons == ("bundle_file_missing in contracts.txt",)
