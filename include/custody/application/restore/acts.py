"""Acts: what people decided and ended after a set was read, by the ledger (R69-R72).

Decisions come back whole, else no plan would ever be approved again; certificates too,
with their annexes; a run goes on from where it had proven itself, or is left out, so
that none stands in the way of the next.  Of an event or a legal hold that was set
later nobody knows whose it is: it is named, for people to set it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from custody.application.ports.certificates import KeptCertificate, kept_of
from custody.application.ports.restore import RestoreActs
from custody.domain.acts import IssuedCertificate, missing
from custody.domain.certificate import DestructionCertificate
from custody.domain.certificate_form import read_certificate
from custody.domain.commitments import in_order, sum_up, write_annex
from custody.domain.decisions import read_decision
from custody.domain.destruction_story import DestructionStory
from custody.domain.restoring import Replay


@dataclass(frozen=True, slots=True)
class Lacks:
    """What nobody can bring back, `kind id` each, and deliveries that lack something.

    Of those that were destroyed in part, and of whose destruction no run tells.
    """

    unknown: tuple[str, ...]
    changed: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreTold:
    """The step, once the tables of a set, if there is one, are in."""

    acts: RestoreActs

    def __call__(self, replay: Replay) -> Lacks:
        """Write them; return what is not as the ledger has it."""
        acts = replay.acts
        self.acts.add_decisions(
            (moment, read_decision(line)) for moment, line in acts.decisions
        )
        self.acts.end_words(acts.events, acts.holds)
        changed = frozenset().union(*self._settle_runs(replay))
        lost = tuple(self._certificates(replay))
        there = self.acts.words()
        unknown = (
            *(f"hold {one}" for one in missing(acts.holds, there=there)),
            *(f"event {one}" for one in missing(acts.events, there=there)),
            *(f"certificate {one}" for one in lost),
        )
        return Lacks(unknown, changed)

    def _settle_runs(self, replay: Replay) -> Iterator[frozenset[str]]:
        """Yield the deliveries of which the runs that are left out took something."""
        for plan, stood in self.acts.runs():
            story = replay.destructions.get(plan)
            if story is None:
                continue
            state = story.goes_on_from(stood)
            if state is None:
                yield self.acts.leave_out(plan)
            elif state is not stood:
                self.acts.settle(plan, state, story)

    def _certificates(self, replay: Replay) -> Iterator[str]:
        """Add those that no table has; yield the ids of whose file no line has."""
        there = {"", *self.acts.certificates()}
        for one in replay.acts.certificates:
            if one.certificate_id in there:
                continue
            kept = _kept(one, replay)
            if kept is None or (kept.closes or "") not in there:
                yield one.certificate_id
            else:
                self.acts.add_certificate(kept)
                there.add(kept.certificate_id)


def _kept(one: IssuedCertificate, replay: Replay) -> KeptCertificate | None:
    """Return the certificate that a line has, None when it does not add up."""
    if not one.content:
        return None
    content = one.content.encode()
    signed = read_certificate(content)
    stated = signed.certificate
    if not isinstance(stated, DestructionCertificate):
        return kept_of(signed, content)
    story = replay.destructions.get(stated.destruction.plan, DestructionStory())
    listed = in_order(story.condemned())
    if sum_up(listed) != stated.destruction.commitments:
        return None
    return kept_of(signed, content, annex=write_annex(listed))
