"""Starts intake runs for what the sweep found."""

import datetime as dt
from typing import TYPE_CHECKING

from airflow.sdk import get_current_context

from custody.adapters.airflow_api import AirflowApi
from custody.adapters.config import read_settings
from custody.errors import ConfigurationError, WorldError

if TYPE_CHECKING:
    from custody.application.intake.sweep import Swept


def start_intakes(swept: "Swept") -> int:
    """Start one run per source and business date; return how many were new.

    Called in a task of the sweep.  The run's id names the date and the moment
    the sweep was due, so that a repeated sweep starts nothing twice.
    WorldError at the end when a run could not be started or a step of the sweep
    failed; whatever could be started was.
    """
    due: dt.datetime = get_current_context()["dag_run"].run_after
    settings = read_settings()
    api = AirflowApi.from_file(settings.airflow_credentials_file, settings.airflow_url)
    return start_each(api, swept, due)


def start_each(api: AirflowApi, swept: "Swept", due: dt.datetime) -> int:
    """As `start_intakes`, with Airflow's API and the moment given."""
    begun, faults = 0, list(swept.faults)
    for source_id, business_date in swept.waiting:
        run_id = f"sweep__{business_date.isoformat()}__{due:%Y%m%dT%H%M}"
        try:
            begun += api.start_intake(source_id, business_date, run_id=run_id)
        except (ConfigurationError, WorldError) as error:
            faults.append(f"{source_id} {business_date.isoformat()}: {error}")
    if faults:
        raise WorldError("the sweep is not complete: " + "; ".join(faults))
    return begun
