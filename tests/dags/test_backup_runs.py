"""Real Airflow runs of backup, escrow care, drill and watch, each by its own worker.

They end in a set, in ledger entries, in a drill that passed, and in figures on the
wire.  Neither value nor number of any customer is left with Airflow (R65-R68).
"""

import pytest

from custody.adapters import roles
from custody.application.copy_ledger import copied_lines
from custody.application.keys import escrow_folder
from custody.domain.drills import DrillKind
from custody.domain.ledger import Line, read_line
from custody.domain.levels import Level
from custody.domain.watch import figures
from custody.orchestration.furniture import (
    BACKUP_QUEUE,
    DESTROYER_QUEUE,
    DRILL_QUEUE,
)
from tests.dags.conftest import Running
from tests.dags.registers import Register, bring_carriers, installation_of, run

pytestmark = [pytest.mark.dags, pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def register(running: Running) -> Register:
    """Customers who stay."""
    return bring_carriers(running, installation_of(running))


@pytest.fixture(scope="module")
def drilled(register: Register) -> dict[str, list[dict[str, str]]]:
    """A set of today, cared for, and a drill of it; the tasks of each."""
    tasks: dict[str, list[dict[str, str]]] = {}
    for name in ("backup", "escrow_care", "drill"):
        tasks |= run(register.running, name)
    return tasks


def told(register: Register, kind: str) -> list[Line]:
    """Return the ledger's entries of a kind."""
    lines = map(read_line, register.custody.ledger.lines())
    return [line for line in lines if line.kind == kind]


def test_backup_care_and_drill_run_each_as_its_own_worker(
    register: Register, drilled: dict[str, list[dict[str, str]]]
) -> None:
    """A set on every medium, restored aside without a fault, and told."""
    custody = register.custody
    queues = {name: {one["queue"] for one in them} for name, them in drilled.items()}
    written, last = told(register, "backed_up")[-1], told(register, "drilled")[-1]
    listed = [one for it in custody.media for one in custody.full_sets.listed(it)]

    assert queues == {
        "backup": {BACKUP_QUEUE},
        "escrow_care": {DESTROYER_QUEUE},
        "drill": {DESTROYER_QUEUE, DRILL_QUEUE},
    }
    assert {one["state"] for them in drilled.values() for one in them} == {"success"}
    assert [one.medium for one in listed if one.name == written.body["set"]] == [
        one.name for one in custody.media
    ]
    for medium in custody.media:
        assert written.position in {
            read_line(it).position for it in copied_lines(medium)
        }
    assert (last.body["drill"], last.body["passed"]) == (DrillKind.STRUCTURAL, True)
    assert told(register, "drill_planted")
    assert register.found() == []


@pytest.mark.usefixtures("drilled")
def test_the_watch_publishes_what_it_sees(register: Register) -> None:
    """By Airflow's metrics, over UDP, from the task's own process."""
    register.running.heard.hear()

    (task,) = run(register.running, "watch")["watch"]

    heard = register.running.heard.hear()
    names = {f"airflow.custody.{one.name}" for one in figures(register.custody.watch())}
    media = [one.name for one in register.custody.media]
    assert task["state"] == "success"
    assert names <= set(heard)
    assert heard["airflow.custody.alarms"] == 0
    assert heard["airflow.custody.drill.structural.age_days"] < 1
    assert all(heard[f"airflow.custody.backup.{it}.age_days"] < 1 for it in media)


def test_a_lost_escrow_turns_the_watch_red_until_care_seals_it_anew(
    register: Register,
) -> None:
    """What nobody mended is told by the run and by its figures (R65-R68)."""
    custody, running = register.custody, register.running
    medium = custody.media[0]
    epoch = custody.keyring(roles.KEYRING_LOADER).open_epoch(Level.HIGH)
    paths = list(medium.list(escrow_folder(epoch)))
    renewed = len(told(register, "escrow_renewed"))
    for path in paths:
        (running.settings.home / "offsite" / medium.name / path).unlink()
    running.heard.hear()

    (seen,) = run(running, "watch", red=True)["watch"]
    lost = running.heard.hear()
    (care,) = run(running, "escrow_care")["escrow_care"]
    (again,) = run(running, "watch")["watch"]
    mended = running.heard.hear()

    gauges = f"airflow.custody.escrows.{medium.name}.missing", "airflow.custody.alarms"
    states = [one["state"] for one in (seen, care, again)]
    assert paths
    assert states == ["failed", "success", "success"]
    assert [lost[one] for one in gauges] == [1, 1]
    assert [mended[one] for one in gauges] == [0, 0]
    assert len(told(register, "escrow_renewed")) == renewed + 1
    assert register.found() == []
