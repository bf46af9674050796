"""Admission: what became of the deliveries that were looked at."""

from dataclasses import dataclass, field

from custody.domain.delivery import DeliveryId, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of the deliveries that were looked at.

    `to_process`: newly admitted and known unfinished ones, in landing order;
    `unchanged`: known and finished, brought again; `quarantined`: with reasons;
    `failed`: the world failed while they were judged, so they are to be judged
    again (one that was known before may go on all the same).
    """

    to_process: tuple[DeliveryId, ...] = ()
    unchanged: tuple[DeliveryId, ...] = ()
    quarantined: tuple[tuple[DeliveryId, tuple[Refusal, ...]], ...] = ()
    failed: tuple[DeliveryId, ...] = ()


@dataclass(slots=True)
class Findings:
    """What is known so far, while deliveries are looked at one by one."""

    to_process: list[DeliveryId] = field(default_factory=list)
    unchanged: list[DeliveryId] = field(default_factory=list)
    quarantined: list[tuple[DeliveryId, tuple[Refusal, ...]]] = field(
        default_factory=list
    )
    failed: list[DeliveryId] = field(default_factory=list)

    def done(self) -> Admission:
        """Return the result, each delivery to process once."""
        return Admission(
            to_process=tuple(dict.fromkeys(self.to_process)),
            unchanged=tuple(self.unchanged),
            quarantined=tuple(self.quarantined),
            failed=tuple(self.failed),
        )
