"""Anchor: the intent lies on every medium before anything is done (design idea 6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from custody.application.destroy.steps import Steps
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import RunState
from custody.domain.language import Text
from custody.errors import EvidenceError

_NOT_ANCHORED = Text(
    "没有异地介质存有销毁意图：不做任何事",
    "no off-site medium holds the intent: nothing is done",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorIntent(Steps):
    """`intended` to `anchored`; `copy_ledger` reads back what it writes."""

    copy_ledger: Callable[[], Mapping[str, int]]

    def __call__(self, run: Run) -> Run:
        """Copy the ledger; EvidenceError when no medium has it to its end."""
        self.reached("destroy.anchor.before")
        sizes = self.copy_ledger()
        self.reached("destroy.anchor.after")
        if not sizes:
            raise _NOT_ANCHORED.as_error(EvidenceError)
        self.reached("destroy.anchored.before")
        anchored = self.advance(run, RunState.ANCHORED)
        self.reached("destroy.anchored.after")
        return anchored
