"""Airflow's processes are lent what they need of the operator's shell, no more."""

from pathlib import Path

import pytest

from custody.adapters.embedded.airflow import EmbeddedAirflow
from custody.adapters.embedded.airflow_config import AirflowPlaces

CANARY = "an-invented-token"
FOREIGN = (
    "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET", "PGPASSWORD",
    "SSH_AUTH_SOCK", "AIRFLOW__CORE__FERNET_KEY", "CUSTODY_UNHEARD_OF", "PYTHONSTARTUP",
)  # fmt: skip


def environment_with(**settings: str) -> dict[str, str]:
    """Return the environment of Airflow's processes under these settings."""
    places = AirflowPlaces(
        home=Path("/none"), port=1, database_url="", dags=Path(), plugins=Path()
    )
    return EmbeddedAirflow(places=places, custody_environment=settings).environment()


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell as people have them."""
    for name in FOREIGN:
        monkeypatch.setenv(name, CANARY)
    for name in ("HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "https_proxy"):
        monkeypatch.setenv(name, f"of {name}")


def test_a_token_of_another_program_stays_with_the_operator() -> None:
    assert CANARY not in environment_with().values()


def test_what_processes_need_is_lent() -> None:
    lent = environment_with(CUSTODY_LANDING_URL="file:///landing")

    for name in ("HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "https_proxy"):
        assert lent[name] == f"of {name}"
    assert lent["CUSTODY_LANDING_URL"] == "file:///landing"


def test_where_figures_go_is_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    """By Airflow's own variables; of its others, some of which are secrets, none."""
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")

    lent = environment_with()

    assert lent["AIRFLOW__METRICS__STATSD_ON"] == "True"
    assert "AIRFLOW__CORE__FERNET_KEY" not in lent


@pytest.mark.parametrize(
    "place", ["s3://bucket/landing", "file:///a,s3://b", "awskms://x"]
)
def test_twin_a_configured_store_is_lent_its_credentials(place: str) -> None:
    """And nothing else is; without a store the very same variable stays behind."""
    lent = environment_with(CUSTODY_OFFSITE_URLS=place)

    assert {name for name, value in lent.items() if value == CANARY} == {
        "AWS_SECRET_ACCESS_KEY"
    }
