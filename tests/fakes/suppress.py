"""In-memory suppression tokens; their suite also runs on PostgreSQL."""

import datetime as dt
from collections.abc import Iterator, Sequence

from custody.application.ports import Entry
from custody.application.ports.suppress import Suppressed, VersionTokens


class FakeSuppressions:
    """Tokens in a dict: match key and token to the last days and the basis."""

    def __init__(self) -> None:
        """Start without a customer; `known` has the versions of each number."""
        self.known: dict[str, list[VersionTokens]] = {}
        self.standing: dict[tuple[str, bytes], tuple[dt.date, dt.date]] = {}
        self.entries: list[Entry] = []

    def versions(
        self, numbers: Sequence[str], fields: Sequence[str]
    ) -> Iterator[VersionTokens]:
        """Yield the versions' tokens of these fields."""
        for number in numbers:
            for one in self.known.get(number, ()):
                tokens = {f: t for f, t in one.tokens.items() if f in fields}
                if tokens:
                    yield VersionTokens(index_epoch=one.index_epoch, tokens=tokens)

    def add(self, suppressed: Suppressed, entry: Entry) -> int:
        """Keep the later of the days."""
        days = (suppressed.destroyed_on, suppressed.expires_on)
        changed = 0
        for token in suppressed.tokens:
            old = self.standing.get(token, (dt.date.min, dt.date.min))
            new = (max(old[0], days[0]), max(old[1], days[1]))
            changed += new != old
            self.standing[token] = new
        if changed:
            self.entries.append(entry)
        return changed

    def expire(self, today: dt.date) -> int:
        """Delete what is past."""
        gone = [one for one, days in self.standing.items() if days[1] < today]
        for one in gone:
            del self.standing[one]
        if gone:
            entry = Entry(
                kind="suppression_expired",
                subject="customers",
                body={"tokens": len(gone), "today": today.isoformat()},
            )
            self.entries.append(entry)
        return len(gone)
