"""Real Airflow runs of what moves and ends keys, on the destroyer's queue.

A customer who is due goes the whole way, from two signatures to a certificate that
holds offline.  Neither value nor number of any customer is left with Airflow: not in
XCom, rendered fields, logs or the ledger, where they are commitments (design idea 6).
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from custody.adapters import roles
from custody.application.ports.destruction_book import Run
from custody.application.retention import EventKind
from custody.bootstrap import Custody
from custody.crypto import signing
from custody.domain.destruction import RunState
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.orchestration.furniture import DESTROYER_QUEUE
from tests.builders.destructions import (
    LONG_AGO,
    REASON,
    copy_everything,
    found_reviewers,
    keep_plan,
    leave,
    opened_of,
    signed_plan,
)
from tests.dags.conftest import Running
from tests.dags.registers import Register, bring_carriers, installation_of, run

pytestmark = [pytest.mark.dags, pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def register(running: Running) -> Register:
    """Two reviewers, and customers of whom nobody has left yet."""
    return bring_carriers(running, found_reviewers(installation_of(running)))


def test_an_approved_destruction_goes_the_whole_way(
    register: Register, tmp_path: Path
) -> None:
    custody, (gone, *others) = register.custody, register.persons
    leave(custody, gone)
    copied = copy_everything(custody)
    plan = signed_plan(custody, gone)

    tasks = run(register.running, "destruction")["destruction"]

    ended = custody.destructions.find(plan.digest)
    assert plan.lines == len({row["level"] for row in copied.of(gone)})
    assert isinstance(ended, Run)
    assert ended.state is RunState.CERTIFIED
    assert {one["state"] for one in tasks} == {"success"}
    assert {one["queue"] for one in tasks} == {DESTROYER_QUEUE}
    assert opened_of(custody, copied.of(gone)) == 0
    now = copy_everything(custody)
    assert not now.of(gone)
    assert opened_of(custody, now.of(*others)) == len(copied.of(*others)) > 0
    assert holds_offline(custody, tmp_path).returncode == 0
    assert register.found() == []


def holds_offline(
    custody: Custody, folder: Path
) -> "subprocess.CompletedProcess[bytes]":
    """Verify the last certificate as somebody who has nothing but it and a pin."""
    *_, kept = custody.certificates_as(roles.WAREHOUSE_READER).all()
    file = folder / "certificate.json"
    file.write_bytes(kept.content)
    own = custody.public_keys.certificate
    assert own is not None
    return subprocess.run(
        [str(Path(sys.executable).with_name("custody")), "verify", "certificate",
         str(file), "--pin", signing.fingerprint(own)],
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        cwd=folder, check=False, capture_output=True, timeout=120,
    )  # fmt: skip


def test_nights_and_a_rotation_run_on_the_destroyers_queue(register: Register) -> None:
    """Whom the night finds over becomes due; every key and token gets a new epoch."""
    custody, late = register.custody, register.persons[-1]
    custody.keep_retention.record(
        late.number, EventKind.DEREGISTRATION, LONG_AGO, reason=REASON, actor="test"
    )
    before = opened(custody)
    index = custody.rotate_index.tokens.standing()

    night = run(register.running, "retention")["retention"]
    rest = run(register.running, "rekey", "escrow_removal")

    assert {one["state"] for one in night} == {"success"}
    assert {one["queue"] for one in night if one["task_id"] == "restrict_keys"} == {
        DESTROYER_QUEUE
    }
    assert {one["queue"] for tasks in rest.values() for one in tasks} == {
        DESTROYER_QUEUE
    }
    plan = keep_plan(custody, late)
    assert plan.lines == len(copy_everything(custody).of(late))
    assert opened(custody) == {level: one + 1 for level, one in before.items()}
    assert custody.rotate_index.tokens.standing() == (None, index[1] + 1)
    now = copy_everything(custody)
    assert opened_of(custody, now.values) == len(now.values)
    assert register.found() == []


def opened(custody: Custody) -> dict[Level, int]:
    """Return the number of each level's open epoch."""
    keyring = custody.keyring(roles.KEYRING_LOADER)
    return {level: keyring.open_epoch(level).number for level in LEVELS_FROM_HIGH}
