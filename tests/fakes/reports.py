"""In-memory validation reports: their contract suite also runs on PostgreSQL."""

import dataclasses
import json
from collections.abc import Mapping

from custody.application.ports import CheckReport
from custody.domain.delivery import DeliveryId, DeliveryKey


class FakeReports:
    """Reports in a dict, the last one made at its end."""

    def __init__(self, *past: Mapping[str, float]) -> None:
        """Start with the rates of past deliveries of any source, the oldest first."""
        self.kept: dict[DeliveryId, CheckReport] = {}
        self._past = past

    def put(self, delivery_id: DeliveryId, report: CheckReport) -> None:
        """Store or replace; the summary is what JSON keeps of it."""
        summary = json.loads(json.dumps(dict(report.summary)))
        self.kept.pop(delivery_id, None)
        self.kept[delivery_id] = dataclasses.replace(report, summary=summary)

    def get(self, delivery_id: DeliveryId) -> CheckReport | None:
        """Return the report."""
        return self.kept.get(delivery_id)

    def rates(self, source_id: str, *, last: int) -> tuple[Mapping[str, float], ...]:
        """Return the rates of the last reports of a source, the newest first."""
        told = [
            report.summary["token_rates"]
            for delivery_id, report in self.kept.items()
            if _source_of(delivery_id) == source_id and "token_rates" in report.summary
        ]
        rates = [*self._past, *(rates for rates in told if isinstance(rates, dict))]
        return tuple(reversed(rates))[:last]


def _source_of(delivery_id: DeliveryId) -> str | None:
    key = DeliveryKey.parse(delivery_id)
    return None if key is None else key.source_id
