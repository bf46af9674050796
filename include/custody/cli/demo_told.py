"""What the demo has delivered so far, and whether it ended as told."""

import datetime as dt
from typing import TYPE_CHECKING

import typer

from custody.cli.demo_story import Chapter, deliver
from custody.domain.language import Language, Text

if TYPE_CHECKING:
    from custody.application.views import DeliverySummary
    from custody.bootstrap import Custody
    from custody.domain.delivery import DeliveryId

_DELIVERED = Text("   送达：{title}  {delivery}", "   delivered: {title}  {delivery}")
_OTHERWISE = Text(
    "与预期不符：{delivery} 为 {state} {reasons}",
    "not as it must be: {delivery} is {state} {reasons}",
)


class Told:
    """The chapters that were delivered, with the ids they got."""

    def __init__(
        self, custody: "Custody", day: dt.date, partner_key: bytes, language: Language
    ) -> None:
        """Take where, for which date and with which partner key to deliver."""
        self.ids: list[DeliveryId] = []
        self._chapters: list[Chapter] = []
        self._custody, self._day = custody, day
        self._partner_key, self._language = partner_key, language

    def deliver(self, chapter: Chapter) -> None:
        """Deliver a chapter and say so."""
        delivery_id = deliver(self._custody, chapter, self._day, self._partner_key)
        self.ids.append(delivery_id)
        self._chapters.append(chapter)
        title = chapter.title.of(self._language)
        typer.echo(_DELIVERED.of(self._language, title=title, delivery=delivery_id))

    def ended_right(self, by_id: dict["DeliveryId", "DeliverySummary"]) -> bool:
        """Say what came out otherwise than told; True when nothing did."""
        right = True
        for chapter, delivery_id in zip(self._chapters, self.ids, strict=True):
            found = by_id.get(delivery_id)
            if found is None or not _is_as_told(chapter, found):
                right = False
                typer.echo(
                    _OTHERWISE.of(
                        self._language,
                        delivery=delivery_id,
                        state="unknown" if found is None else found.state,
                        reasons="" if found is None else " ".join(found.reasons),
                    ),
                    err=True,
                )
        return right


def _is_as_told(chapter: Chapter, found: "DeliverySummary") -> bool:
    return (
        found.state == chapter.state
        and (chapter.reason is None or chapter.reason in found.reasons)
        and found.tally.pending >= chapter.pending
        and found.tally.conserves
    )
