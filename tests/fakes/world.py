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


class TickingClock:
    """A clock on which a second goes by each time it is read."""

    def __init__(self, moment: dt.datetime) -> None:
        """Start a second before the first reading."""
        self._moment = moment

    def now(self) -> dt.datetime:
        """Return the next second."""
        self._moment += dt.timedelta(seconds=1)
        return self._moment


class FakeNotifier:
    """Remembers what it was asked to send."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self.sent: list[tuple[str, str]] = []

    def notify(self, subject: str, text: str) -> None:
        """Remember."""
        self.sent.append((subject, text))
