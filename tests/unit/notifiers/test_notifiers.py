"""Telling people: every channel is tried, none can stop the intake."""

import logging
from pathlib import Path

import pytest

from custody.adapters.config import read_settings
from custody.adapters.notifiers import Notifiers, open_notifier
from custody.errors import ConfigurationError


def test_one_broken_channel_does_not_silence_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A failure is logged by its kind: its text may carry an address."""
    told: list[str] = []

    def broken(subject: str, text: str) -> None:
        del subject, text
        message = "no route to stewards@example.com"
        raise OSError(message)

    with caplog.at_level(logging.WARNING):
        Notifiers(
            (("mail", broken), ("log", lambda subject, _: told.append(subject)))
        ).notify("held", "website/2026-11-23/1")

    assert told == ["held"]
    assert "OSError" in caplog.text
    assert "stewards" not in caplog.text


def test_the_log_is_the_default_channel(caplog: pytest.LogCaptureFixture) -> None:
    """Somebody reads it, sooner or later."""
    with caplog.at_level(logging.WARNING):
        open_notifier(read_settings({})).notify("held", "60 rows")

    assert "held" in caplog.text
    assert "60 rows" in caplog.text


def test_an_unknown_channel_is_refused_at_once(tmp_path: Path) -> None:
    """Not when the first delivery is held."""
    environment = {"CUSTODY_HOME": str(tmp_path), "CUSTODY_NOTIFY_URLS": "fax:12"}

    with pytest.raises(ConfigurationError, match="CUSTODY_NOTIFY_URLS"):
        open_notifier(read_settings(environment))
