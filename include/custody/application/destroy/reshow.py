"""Reshow: the projection is written anew, so that its files hold survivors only.

It stands in clear by design (idea 2): the one place where a deleted row would be
readable in the file that it was deleted from.
"""

from dataclasses import dataclass

from custody.application.destroy.steps import Steps
from custody.application.ports.destruction import Deleting
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteProjection(Steps):
    """`rewrapped` to `reshown`; repeatable."""

    deleting: Deleting

    def __call__(self, run: Run) -> Run:
        """Write it anew; old files are cut to nothing and unlinked."""
        self.reached("destroy.reshow.before")
        self.deleting.rewrite()
        self.reached("destroy.reshow.after")
        self.reached("destroy.reshown.before")
        reshown = self.advance(run, RunState.RESHOWN)
        self.reached("destroy.reshown.after")
        return reshown
