"""Held rows in memory: what the decision's use case and commands meet."""

import dataclasses

from custody.application.ports.held_rows import Obstacle, Placed, Terms, Word
from custody.domain.held_rows import (
    Refuse,
    RowStanding,
    Ruling,
    ToCustomer,
    mark_of,
    outcome_of,
)
from custody.errors import ConflictError

KNOWN = "XX2026000001"
FOUNDED = "XX2026000009"


class FakeHeldRows:
    """Keeps rows by handle; `taken` rows are in somebody else's hands."""

    def __init__(self, *rows: RowStanding) -> None:
        """Take how the rows stand."""
        self.rows = {row.handle: row for row in rows}
        self.taken: set[bytes] = set()
        self.without_tokens: set[bytes] = set()
        self.shown = True
        self.answered = 0
        self.words: list[Word] = []
        self.terms: list[Terms] = []

    def find(self, handle: bytes) -> RowStanding | None:
        """Return how a row stands."""
        return self.rows.get(handle)

    def decide(
        self, standing: RowStanding, ruling: Ruling, word: Word, terms: Terms
    ) -> Placed | Obstacle:
        """Place the row, or say what stands in the way."""
        if standing.handle in self.taken:
            message = f"row {standing.row}: somebody else decides it"
            raise ConflictError(message)
        placed = self._place(standing, ruling)
        if isinstance(placed, Placed):
            self.words.append(word)
            self.terms.append(terms)
            self.rows[standing.handle] = dataclasses.replace(
                standing,
                outcome=outcome_of(ruling),
                reasons=(*standing.reasons, mark_of(ruling)),
                number=placed.number,
                version=placed.version,
            )
        return placed

    def _place(self, standing: RowStanding, ruling: Ruling) -> Placed | Obstacle:
        if isinstance(ruling, Refuse):
            return Placed()
        if standing.handle in self.without_tokens:
            return Obstacle.TOKENS_LOST
        if not isinstance(ruling, ToCustomer):
            return self._placed(FOUNDED, 1)
        if ruling.number != KNOWN:
            return Obstacle.NO_CUSTOMER
        return self._placed(KNOWN, 2)

    def _placed(self, number: str, version: int) -> Placed:
        return Placed(
            number=number, version=version, shown=self.shown, answered=self.answered
        )
