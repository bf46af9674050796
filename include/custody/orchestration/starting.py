"""Starts intake runs for what the sweep found."""

import datetime as dt
from collections.abc import Iterable

from airflow.sdk import get_current_context

from custody.adapters.airflow_api import AirflowApi
from custody.adapters.config import read_settings


def start_intakes(found: Iterable[tuple[str, dt.date]]) -> int:
    """Start one run per source and business date; return how many were new.

    Called in a task of the sweep.  The run's id names the date and the moment
    the sweep was due, so that a repeated sweep starts nothing twice.
    WorldError when Airflow cannot be reached.
    """
    due: dt.datetime = get_current_context()["dag_run"].run_after
    settings = read_settings()
    api = AirflowApi.from_file(settings.airflow_credentials_file, settings.airflow_url)
    return sum(
        api.start_intake(
            source_id,
            business_date,
            run_id=f"sweep__{business_date.isoformat()}__{due:%Y%m%dT%H%M}",
        )
        for source_id, business_date in found
    )
