"""Each worker of docker-compose.yml can do what its queue brings, with its own secrets.

The same steps as the tasks of the DAGs, each with the passwords of one worker alone:
what the embedded stack lends to its one executor would hide what a worker lacks.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from custody.adapters.config import read_settings
from custody.adapters.roles import WAREHOUSE_DATABASE
from custody.application.ports.destruction_book import Run
from custody.application.retention import EventKind
from custody.bootstrap import Custody, open_custody
from custody.domain.destruction import RunState
from custody.errors import ConfigurationError
from tests.builders.destructions import LONG_AGO, REASON, signed_plan
from tests.faults.moulds import Mould
from tests.house.files import ROOT

pytestmark = pytest.mark.integration

DESTROYER, ANY = "worker-destroyer", "worker-1"


def passwords(worker: str) -> set[str]:
    """Return the names of the secrets that a worker is given."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    return {
        one if isinstance(one, str) else one["source"]
        for one in yaml.safe_load(text)["services"][worker]["secrets"]
    }


def custody_of(worker: str, mould: Mould, folder: Path) -> Custody:
    """Open Custody with the passwords of a worker and no other."""
    environment = mould.site.installation.environment
    lent = folder / worker
    lent.mkdir(mode=0o700)
    for name in passwords(worker):
        kept = Path(environment["CUSTODY_CREDENTIALS_DIR"]) / name
        if kept.exists():
            shutil.copy2(kept, lent / name)
    settings = {**environment, "CUSTODY_CREDENTIALS_DIR": str(lent)}
    return open_custody(read_settings(settings))


@pytest.fixture
def loaded(mould: Mould) -> Iterator[Mould]:
    """A copy of the loaded site."""
    with mould.copy() as loaded:
        yield loaded


def test_the_destroyers_worker_carries_out_whatever_its_queue_brings(
    loaded: Mould, tmp_path: Path
) -> None:
    """Retention, destruction, rekey, escrow removal and the sweep of marks."""
    owner = loaded.site.installation.custody
    owner.keep_retention.record(
        loaded.persons[0].number,
        EventKind.DEREGISTRATION,
        LONG_AGO,
        reason=REASON,
        actor="test",
    )
    worker = custody_of(DESTROYER, loaded, tmp_path)

    worker.follow_states()
    assert worker.restrict_customers()
    assert worker.follow_states()
    plan = signed_plan(owner).digest
    worker.keep_monthly_plan()
    assert worker.carry_out.begin(until=RunState.ANCHORED) == "anchored"
    assert worker.carry_out.go_on(until=RunState.CERTIFIED) == "certified"
    moment = worker.clock.now()
    assert worker.rotate_epochs(before=moment)
    assert worker.rotate_index(before=moment) is not None
    assert set(worker.remove_escrows().values()) == {0}
    assert [one.certificate_id for one in worker.close_destructions()] == [None]
    assert worker.expire_suppressions() == 0

    run = worker.destructions.find(plan)
    assert isinstance(run, Run)
    assert run.state is RunState.CERTIFIED


def test_any_other_worker_shows_again_and_can_destroy_nothing(
    loaded: Mould, tmp_path: Path
) -> None:
    worker = custody_of(ANY, loaded, tmp_path)
    with loaded.site.connect(WAREHOUSE_DATABASE) as connection:
        connection.execute("TRUNCATE projection.record")

    assert worker.rebuild_projection() == len(loaded.persons)
    for step in ("follow_states", "restrict_customers", "destroy", "remove_escrows"):
        with pytest.raises(ConfigurationError, match="no password"):
            getattr(worker, step)
