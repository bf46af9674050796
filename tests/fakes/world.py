"""Time and people for tests: a fixed clock, a notifier that remembers."""

import datetime as dt


class FixedClock:
    """A clock that stands still until it is told."""

    def __init__(self, moment: dt.datetime) -> None:
        """Stand at a moment, aware."""
        self.moment = moment

    def now(self) -> dt.datetime:
        """Return the moment."""
        return self.moment


class FakeNotifier:
    """Remembers what it was asked to send."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self.sent: list[tuple[str, str]] = []

    def notify(self, subject: str, text: str) -> None:
        """Remember."""
        self.sent.append((subject, text))
