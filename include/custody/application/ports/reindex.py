"""The port to the tokens of the blind index and the epochs they are made under."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from custody.application.ports.warehouse import Entry

Rewrite = Callable[[bytes], bytes]
"""Takes the tokens of one batch, 16 bytes each and one after the other; returns
those that stand in their places from now on."""

Verify = Callable[[bytes, bytes], None]
"""Takes what was there and what is read back; raises when they are not the same."""


@dataclass(frozen=True, slots=True)
class IndexTurn:
    """The index epoch that closes and its open successor, by their numbers."""

    old: int
    new: int


class IndexTokens(Protocol):
    """Tokens and index epochs; the destroyer's port, which opens and founds nothing."""

    def standing(self) -> tuple[int | None, int]:
        """Return the closing index epoch, or None, and the open one.

        WorldError when none is open.
        """

    def is_older(self, moment: dt.datetime) -> bool:
        """Tell whether the open epoch was recorded before a moment."""

    def turn(self, turn: IndexTurn, entry: Entry) -> None:
        """Close the open epoch and open its successor, with the entry, at once.

        Waits for whoever commits tokens under the old one.  ConflictError when it
        is not the open one, or another is still closing.
        """

    def move(self, turn: IndexTurn, rewrite: Rewrite, verify: Verify) -> Iterator[int]:
        """Rewrite every token under the old epoch, batch by batch; yield their counts.

        A batch is one transaction: what `verify` refuses is not kept.  Resumable:
        what is under the new epoch already is passed over.
        """

    def ending(self, turn: IndexTurn, entry: Entry) -> AbstractContextManager[int]:
        """Hold the old epoch's row; yield how many tokens are left under it.

        At a clean exit it is destroyed, with the entry; neither, when it was before.
        ConflictError when it is neither closing nor destroyed.
        """
