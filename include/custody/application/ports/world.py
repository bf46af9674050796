"""Ports to time and people."""

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """The only way to the time; aware, UTC."""

    def now(self) -> dt.datetime:
        """Return the moment."""


class Notifier(Protocol):
    """Tells people; the text holds ids and counts only (R25)."""

    def notify(self, subject: str, text: str) -> None:
        """Send; failures are logged, never raised into the intake."""
