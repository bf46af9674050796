"""An event that was recorded in error spares its customer, even after the mark."""

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import RunState
from custody.domain.record_states import RecordState
from tests.builders.destructions import (
    REASON,
    bring,
    leave,
    signed_plan,
)
from tests.builders.installation import Installation

pytestmark = pytest.mark.integration


def test_who_is_taken_back_after_the_mark_is_not_destroyed(
    installation: Installation,
) -> None:
    """R69: the withdrawal and the condemnation take the same rows."""
    custody = installation.custody
    (person,) = bring(installation, 1, seed=310)
    leave(custody, person)
    plan = signed_plan(custody).digest
    custody.destroy(plan, until=RunState.MARKED)
    asked = text("SELECT event_id FROM retention.event WHERE number = :number")
    with custody.warehouse(roles.WAREHOUSE_REGISTRAR).begin() as connection:
        event = connection.execute(asked, {"number": person.number}).scalar_one()

    told = custody.keep_retention.withdraw(bytes(event), reason=REASON, actor="test")
    found = custody.destroy(plan)
    query = text("SELECT state FROM register.standing WHERE number = :number")
    with custody.warehouse(roles.WAREHOUSE_READER).begin() as connection:
        stands = set(connection.execute(query, {"number": person.number}).scalars())

    assert told.answer == "done"
    assert {move.new for move in told.moves} == {RecordState.STORAGE_ONLY}
    assert isinstance(found, Run)
    assert found.state is not RunState.CERTIFIED
    assert stands == {RecordState.STORAGE_ONLY}
