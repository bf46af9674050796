"""A run that cannot be started stops no other, and the sweep says so at its end."""

import datetime as dt
from typing import cast

import pytest

from custody.adapters.airflow_api import AirflowApi
from custody.application.intake.sweep import Swept
from custody.errors import ConfigurationError, WorldError
from custody.orchestration.announcing import report_unjudged_deliveries
from custody.orchestration.starting import start_each
from tests.builders.deliveries import DAY, MOMENT, delivery_key


class OneMissing:
    """An Airflow that knows no DAG of the partner."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def start_intake(self, source_id: str, _day: dt.date, *, run_id: str) -> bool:
        """Start, or answer as the API does for an unknown DAG."""
        if source_id == "partner":
            message = "Airflow has no DAG intake__partner (yet)"
            raise ConfigurationError(message)
        self.started.append(run_id)
        return True


def test_a_missing_dag_stops_no_other_source() -> None:
    airflow = OneMissing()
    swept = Swept((("partner", DAY), ("website", DAY)))

    with pytest.raises(WorldError, match="partner 2026-11-23"):
        start_each(cast("AirflowApi", airflow), swept, MOMENT)

    assert airflow.started == ["sweep__2026-11-23__20261123T0200"]


def test_a_fault_of_the_sweep_is_raised_after_the_starts() -> None:
    airflow = OneMissing()
    swept = Swept((("website", DAY),), ("WorldError: quarantine",))

    with pytest.raises(WorldError, match="quarantine"):
        start_each(cast("AirflowApi", airflow), swept, MOMENT)

    assert len(airflow.started) == 1


def test_what_could_not_be_judged_turns_a_run_red() -> None:
    with pytest.raises(WorldError, match=delivery_key().delivery_id):
        report_unjudged_deliveries([delivery_key().delivery_id])

    assert report_unjudged_deliveries([]) == 0
