"""Figures go where Airflow's own metrics go: StatsD or OpenTelemetry, or nowhere.

Airflow's configuration decides (`[metrics]`), and puts its prefix before ours.
"""

from airflow.sdk.observability import stats

from custody.domain.watch import Figure

PREFIX = "custody"


def publish(figure: Figure) -> None:
    """Set the gauge `custody.NAME`; tags would be lost on plain StatsD."""
    stats.gauge(f"{PREFIX}.{figure.name}", figure.value)
