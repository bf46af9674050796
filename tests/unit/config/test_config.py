"""Settings: places only, each with an embedded default, none with a secret."""

import os
from pathlib import Path

import pytest

from custody.adapters.config import read_settings
from custody.domain.language import Language
from custody.errors import ConfigurationError


def test_everything_has_a_default_in_the_home() -> None:
    """Nothing but a folder is needed (design section 6)."""
    settings = read_settings({"CUSTODY_HOME": "/srv/c"})

    assert settings.landing_url == "file:///srv/c/landing"
    assert settings.credentials_dir == Path("/srv/c/credentials")
    assert len(settings.offsite_urls) == 2
    assert settings.warehouse_url.startswith("postgresql:///custody_warehouse?host=")
    assert settings.airflow_url is None
    assert settings.notify_urls == ("log:",)
    assert settings.language is Language.EN


def test_each_part_moves_by_its_own_url() -> None:
    """And nothing else moves with it."""
    plain = read_settings({"CUSTODY_HOME": "/srv/c"})

    moved = read_settings(
        {"CUSTODY_HOME": "/srv/c", "CUSTODY_LANDING_URL": "s3://bucket/prefix"}
    )

    assert moved.landing_url == "s3://bucket/prefix"
    assert moved.quarantine_url == plain.quarantine_url


def test_an_empty_variable_counts_as_absent() -> None:
    """As a compose file writes what is not set."""
    assert read_settings({"CUSTODY_LANDING_URL": ""}).landing_url.startswith("file:")


@pytest.mark.parametrize(
    "name", ["CUSTODY_WAREHOUSE_URL", "CUSTODY_KEYRING_URL", "CUSTODY_AIRFLOW_URL"]
)
def test_a_password_in_a_url_is_refused_unquoted(name: str) -> None:
    """It would stand in process lists; the error names the variable alone."""
    with pytest.raises(ConfigurationError) as caught:
        read_settings({name: "postgresql://someone:hidden@db/x"})

    assert name in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_a_mail_server_may_name_its_user() -> None:
    """Its password is a file of the credentials folder."""
    url = "smtp://custody@mail.example:587/stewards@example.com"

    assert read_settings({"CUSTODY_NOTIFY_URLS": f"log:,{url}"}).notify_urls[1] == url
    with pytest.raises(ConfigurationError):
        read_settings({"CUSTODY_NOTIFY_URLS": "smtp://custody:hidden@mail.example/x"})


@pytest.mark.parametrize("written", ["0", "-1", "1.5", "901", "soon"])
def test_patience_with_a_store_is_whole_seconds_and_has_an_end(written: str) -> None:
    assert read_settings({}).s3_read_seconds is None
    assert read_settings({"CUSTODY_S3_READ_SECONDS": "900"}).s3_read_seconds == 900

    with pytest.raises(ConfigurationError, match="CUSTODY_S3_READ_SECONDS"):
        read_settings({"CUSTODY_S3_READ_SECONDS": written})


def test_another_process_reads_equal_settings() -> None:
    """The environment handed to tasks says all that was read."""
    settings = read_settings(
        {
            "CUSTODY_HOME": "/srv/c",
            "CUSTODY_POLICY_DIR": os.pathsep.join(("/a", "/b")),
            "CUSTODY_S3_ENDPOINT_URL": "http://127.0.0.1:9000",
            "CUSTODY_S3_READ_SECONDS": "7",
            "CUSTODY_AIRFLOW_URL": "http://127.0.0.1:1",
            "CUSTODY_LANG": "zh",
        }
    )

    assert settings.policy_dirs == (Path("/a"), Path("/b"))
    assert read_settings(settings.environment()) == settings
