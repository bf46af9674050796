"""A site where customers leave one by one, and a run may die at any kill point."""

import dataclasses
from collections.abc import Iterator
from functools import partial

from custody.adapters import roles
from custody.application.ports.destruction import Run
from custody.bootstrap import Custody
from custody.crypto import signing
from custody.domain.destruction import RunState
from custody.domain.ledger import read_line
from custody.domain.ledger_check import verify_lines
from custody.errors import ConflictError
from tests.builders.destructions import (
    Loot,
    Person,
    bring,
    copy_everything,
    found_reviewers,
    leave,
    opened_of,
    signed_plan,
)
from tests.builders.installation import Installation
from tests.faults.site import Site
from tests.faults.walk import Death, walk


def carry(custody: Custody, *, plan: str, until: RunState | None = None) -> object:
    """Carry a plan out."""
    return custody.destroy(plan, until=until)


@dataclasses.dataclass
class Destructions:
    """The site, who is still there, and what a destruction passes."""

    site: Site
    installation: Installation
    there: list[Person]
    passed: list[str] = dataclasses.field(default_factory=list)

    @classmethod
    def at(cls, site: Site, *, customers: int) -> "Destructions":
        """Found the reviewers and bring customers."""
        installation = found_reviewers(site.installation)
        return cls(site, installation, bring(installation, customers, seed=7))

    @property
    def custody(self) -> Custody:
        """Custody as this process has it."""
        return self.installation.custody

    def next_plan(self) -> tuple[Person, str]:
        """Let the next customer leave; return them, and the signed plan."""
        gone = self.there.pop()
        leave(self.custody, gone)
        return gone, signed_plan(self.custody).digest

    def pass_once(self) -> None:
        """Destroy one unharmed, and note what is passed."""
        gone, plan = self.next_plan()
        before = copy_everything(self.custody)
        work = partial(carry, plan=plan)
        self.passed = walk(self.installation.environment, work=work) or []
        self.holds(gone, plan, before)

    def deaths(self) -> Iterator[Death]:
        """Yield the first visit of each point of a destruction's own."""
        for point in dict.fromkeys(self.passed):
            if point.startswith("destroy."):
                yield Death(point)

    def die(self, death: Death) -> None:
        """Destroy, die, destroy once more, and look whether everything holds."""
        print(death)  # noqa: T201 - what failed is told last
        gone, plan = self.next_plan()
        before = copy_everything(self.custody)
        work = partial(carry, plan=plan)
        heard = walk(self.installation.environment, death, work=work)
        assert heard is None, f"{death} survived"
        self.retry(plan)
        self.holds(gone, plan, before)

    def retry(self, plan: str) -> None:
        """Carry out once more; the server may take a moment to see who died."""
        for _ in range(20):
            try:
                self.custody.destroy(plan)
            except ConflictError:
                continue
            return
        raise AssertionError("what died still holds the lock")

    def holds(self, gone: Person, plan: str, before: Loot) -> None:
        """Who left is gone for good and certified once; everybody else opens."""
        run = self.custody.destructions.find(plan)
        assert isinstance(run, Run)
        assert run.state is RunState.CERTIFIED
        assert before.of(gone)
        assert opened_of(self.custody, before.of(gone)) == 0
        now = copy_everything(self.custody)
        assert not now.of(gone)
        assert opened_of(self.custody, now.of(*self.there)) == len(
            before.of(*self.there)
        )
        told = [read_line(line) for line in self.custody.ledger.lines()]
        own = [one.kind for one in told if one.body.get("plan") == plan]
        for kind in ("approval_taken", "destruction_marked", "destruction_certified"):
            assert own.count(kind) == 1, kind

    def evidence_lost(self) -> list[object]:
        """Return what the ledger's verification finds."""
        pins = [signing.fingerprint(self.custody.public_keys.ledger)]
        lines = self.custody.ledger.lines()
        verdict = verify_lines(lines, verify=signing.verify_labelled, pins=pins)
        return list(verdict.faults)

    def nobody_waits(self) -> bool:
        """Whether no lock is left in the keyring."""
        engine = self.custody.keyring_engine(roles.KEYRING_OWNER)
        with engine.begin() as connection:
            query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            return int(connection.exec_driver_sql(query).scalar_one()) == 0
