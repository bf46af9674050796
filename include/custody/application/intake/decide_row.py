"""Decide row: a steward says what becomes of one held row (design section 2).

Moves sealed rows and opens nothing.  The delivery is owed again afterwards, so
that its off-site object tells where the row is now.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from custody.application.ports import DeliveryBook
from custody.application.ports.held_rows import (
    HeldRows,
    Obstacle,
    Placed,
    Terms,
    Word,
)
from custody.domain.delivery import DeliveryId
from custody.domain.held_rows import (
    NewCustomer,
    Readiness,
    Refuse,
    RowStanding,
    Ruling,
    readiness,
)
from custody.domain.policy import Policy
from custody.domain.reason import is_fit_reason
from custody.domain.sources import FULL

HANDLE_BYTES = 16


class Answer(StrEnum):
    """What came of a steward's word on a row; the code is stable and printed."""

    DONE = "done"
    ALREADY = "already"
    UNKNOWN = "unknown"
    NOT_HELD = "not_held"
    DELIVERY_HELD = "delivery_held"
    NO_CUSTOMER = "no_customer"
    NOT_IN_USE = "not_in_use"
    TOKENS_LOST = "tokens_lost"
    SUPPRESSED = "suppressed"
    SOURCE_NOT_APPROVED = "source_not_approved"
    ENRICHES_ONLY = "enriches_only"  # its source founds no customers
    UNFIT_REASON = "unfit_reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The answer, how the row stood before, and where it went when it is done."""

    answer: Answer
    standing: RowStanding | None = None
    placed: Placed = field(default_factory=Placed)

    @property
    def delivery_id(self) -> DeliveryId | None:
        """Return the delivery that brought the row."""
        return None if self.standing is None else self.standing.delivery_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRow:
    """The use case; repeating a decision finds it made and changes nothing."""

    policy: Policy
    book: DeliveryBook
    rows: HeldRows

    def __call__(
        self, handle: str, ruling: Ruling, *, reason: str, actor: str
    ) -> Decided:
        """Decide the row of a handle (32 hex digits).

        ConflictError when somebody else decides the row at the same moment.
        """
        if not is_fit_reason(reason):
            return Decided(answer=Answer.UNFIT_REASON)
        wanted = read_handle(handle)
        standing = None if wanted is None else self.rows.find(wanted)
        if standing is None:
            return Decided(answer=Answer.UNKNOWN)
        ready = readiness(standing, ruling)
        if ready is not Readiness.OPEN:
            return Decided(answer=Answer(ready.value), standing=standing)
        return self._decide(standing, ruling, Word(actor=actor, reason=reason))

    def _decide(self, standing: RowStanding, ruling: Ruling, word: Word) -> Decided:
        terms = self._terms(standing, ruling)
        if terms is None:
            return Decided(answer=Answer.SOURCE_NOT_APPROVED, standing=standing)
        if terms.part != FULL and isinstance(ruling, NewCustomer):
            return Decided(answer=Answer.ENRICHES_ONLY, standing=standing)
        made = self.rows.decide(standing, ruling, word, terms)
        if isinstance(made, Obstacle):
            return Decided(answer=Answer(made.value), standing=standing)
        return Decided(answer=Answer.DONE, standing=standing, placed=made)

    def _terms(self, standing: RowStanding, ruling: Ruling) -> Terms | None:
        """Return policy's terms; None when the source left the policy (R18).

        What may no longer be loaded may still be refused.
        """
        record = self.book.find(standing.delivery_id)
        source = None if record is None else self.policy.source(record.key.source_id)
        if source is None:
            refused = isinstance(ruling, Refuse)
            return Terms(match_keys=(), number_width=0) if refused else None
        return Terms(
            match_keys=source.match_keys,
            number_width=self.policy.number_width,
            part=source.part,
        )


def read_handle(text: str) -> bytes | None:
    """Return the bytes of a handle; None when the text is none."""
    try:
        handle = bytes.fromhex(text)
    except ValueError:
        return None
    return handle if len(handle) == HANDLE_BYTES else None
