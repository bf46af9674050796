"""Admission: what became of the deliveries that were looked at."""

from dataclasses import dataclass, field

from custody.domain.delivery import DeliveryId, Refusal
from custody.errors import WorldError


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of the deliveries that were looked at; each in one place.

    `to_process`: newly admitted and known unfinished ones, in landing order;
    `unchanged`: known and finished, brought again; `quarantined`: with reasons.
    """

    to_process: tuple[DeliveryId, ...] = ()
    unchanged: tuple[DeliveryId, ...] = ()
    quarantined: tuple[tuple[DeliveryId, tuple[Refusal, ...]], ...] = ()


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
        """Return the result; WorldError when any delivery could not be judged."""
        if self.failed:
            raise WorldError(
                f"{len(self.failed)} deliveries could not be admitted, the others "
                f"are; repeat for: {', '.join(self.failed)}"
            )
        return Admission(
            to_process=tuple(dict.fromkeys(self.to_process)),
            unchanged=tuple(self.unchanged),
            quarantined=tuple(self.quarantined),
        )
