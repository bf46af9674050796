"""Customers who carry canaries, in the register of the running stack, and real runs."""

import dataclasses
import datetime as dt
import random
import secrets

from custody.adapters.roles import AIRFLOW_DATABASE
from custody.bootstrap import Custody
from custody.cli.demo_runs import Runs
from tests.builders import people
from tests.builders.destructions import Person, bring_rows, form
from tests.builders.installation import Installation
from tests.dags.conftest import Running
from tests.dags.test_planted_values import connect
from tests.faults.canaries import Canary, draw
from tests.faults.looking import scan_database
from tests.faults.scanner import Finding, Scanner

CUSTOMERS = 3
_CARRIED = {
    "name": "person_name",
    "id_number": "resident_id",
    "phone": "phone",
    "email": "email",
    "address": "address",
}


@dataclasses.dataclass
class Register:
    """Customers who carry canaries, in the register of the running stack."""

    running: Running
    installation: Installation
    persons: list[Person]
    canaries: list[Canary]

    @property
    def custody(self) -> Custody:
        """Custody over the same home."""
        return self.installation.custody

    def found(self) -> list[Finding]:
        """Scan what Airflow keeps, what left the house, and the ledger."""
        numbers = [Canary("register", "number", one.number) for one in self.persons]
        scanner = Scanner([*self.canaries, *numbers])
        home = self.running.settings.home
        found = list(scanner.scan_tree(self.running.airflow.places.home))
        for folder in sorted(home.glob("offsite*")):
            found += scanner.scan_tree(folder)
        with connect(self.running, AIRFLOW_DATABASE) as connection:
            found += scan_database(connection, AIRFLOW_DATABASE, scanner)
        for line in self.custody.ledger.lines():
            found += scanner.scan_bytes(line, "ledger")
        assert scanner.scanned
        return found


def installation_of(running: Running) -> Installation:
    """Return the stack as an installation."""
    return Installation(
        running.custody,
        running.settings.home / "secrets",
        running.settings.environment(),
    )


def bring_carriers(running: Running, installation: Installation) -> Register:
    """Bring customers who carry canaries through the whole intake."""
    seed = random.getrandbits(32)
    print(f"seed {seed}")  # noqa: T201 - so that a failure can be repeated
    drawn = [draw(seed, f"customer{at}") for at in range(CUSTOMERS)]
    rng = people.chance(seed)
    rows = [
        form(rng, f"runs-{seed}-{at}")
        | {column: canaries[kind].value for column, kind in _CARRIED.items()}
        for at, canaries in enumerate(drawn)
    ]
    carried = [one[kind] for one in drawn for kind in _CARRIED.values()]
    return Register(running, installation, bring_rows(installation, rows), carried)


def run(
    running: Running, *dag_ids: str, red: bool = False
) -> dict[str, list[dict[str, str]]]:
    """Run DAGs, all at once; return the task instances of each.

    Every run is green, or every one red when that is what is expected.
    """
    runs = Runs(running.api, dt.date(2026, 3, 1))
    for dag_id in dag_ids:
        run_id = f"test__{secrets.token_hex(4)}"
        assert running.api.start_run(dag_id, run_id=run_id)
        runs.started.append((dag_id, run_id))
    assert list(runs.wait()) == (runs.started if red else [])
    found = {}
    for dag_id, run_id in runs.started:
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        status, answer = running.as_user("operator", "GET", path)
        assert status == 200
        found[dag_id] = answer["task_instances"]
    return found
