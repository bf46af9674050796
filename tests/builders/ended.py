"""A destruction in memory, from the condemned on: real values, keys and tokens.

One customer goes and one stays, each with one version at two levels.
"""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl

from custody.adapters.policy import load_policy
from custody.application.approve import Approved
from custody.application.decision_record import ReadRecord
from custody.application.destroy.begin import BeginRun
from custody.application.destroy.certify import IssueCertificate
from custody.application.destroy.cover import CoverSurvivors
from custody.application.destroy.delete import DeleteCondemned
from custody.application.destroy.end import EndEpochs
from custody.application.destroy.linked import StillLinked
from custody.application.destroy.observe import ObserveCopies, Places
from custody.application.destroy.prove import AttemptRecovery
from custody.application.destroy.reshow import RewriteProjection
from custody.application.destroy.rewrap import RewrapSurvivors
from custody.application.destroy.run import Destroy, Step
from custody.application.destroy.sample import TakeSample
from custody.application.destroy.suppress import SuppressCondemned
from custody.application.drafted_set import WrittenSet
from custody.application.opening import Opener
from custody.application.ports.decisions import Taken
from custody.application.ports.destruction_book import Fate, Run
from custody.application.reindex import ReindexTokens
from custody.application.write_set import WriteSet
from custody.crypto.batch import seal_batch
from custody.domain.canonical import encode_fields
from custody.domain.certificate import DestructionCertificate
from custody.domain.destruction import RunState
from custody.domain.epochs import EpochId, Purpose
from custody.domain.levels import Level
from custody.domain.observations import FullSetSeen, Method, Overwriting
from custody.domain.reconciliation import Reconciled
from custody.domain.retention_plan import Due
from tests.builders.decided import kept_plan
from tests.fakes.condemning import FakeCondemning, FakeSample
from tests.fakes.deleting import FakeDeleting, FakeDoomedKeys
from tests.fakes.destruction import FakeDestructionBook, FakeLine
from tests.fakes.doomed import FakeCustomers, FakeLeftOver, FakeVersion
from tests.fakes.ledger import FAKE_TRUST, FakeLedger
from tests.fakes.linked import FakeLinks, tell_links
from tests.fakes.quarantine import FakeQuarantine
from tests.fakes.reindex import FakeIndexTokens
from tests.fakes.rekey import FakeExclusion
from tests.fakes.rekey_world import MOMENT, World, open_world
from tests.fakes.world import FixedClock

POLICY = load_policy(Path(__file__).parents[2] / "include" / "policy")
GOES, STAYS = "FI2020000001", "FI2020000002"
LEVELS = (Level.HIGH, Level.LOW)
COMMITMENT, ROOT = b"\x01" * 32, "22" * 32
PLACES = Places(
    provider="key folder",
    destroys=Method.KEY_DESTROYED,
    overwrites_keys=Overwriting.DONE,
    landing="landing folder",
    overwrites_landing=Overwriting.DONE,
)


@dataclass
class Ended:
    """A run whose customer is condemned, and everything its steps are made of."""

    world: World
    clock: FixedClock
    book: FakeDestructionBook = field(
        default_factory=lambda: FakeDestructionBook(FakeLedger())
    )
    store: FakeIndexTokens = field(default_factory=FakeIndexTokens)
    quarantine: FakeQuarantine = field(default_factory=FakeQuarantine)
    issued: list[DestructionCertificate] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Seal both customers, tell the ledger whose they are, and condemn the one."""
        self.plan = kept_plan()
        self.customers = FakeCustomers(self.book)
        self.sample, self.deleting = (
            FakeSample(self.customers),
            FakeDeleting(self.customers),
        )
        self.left_over = FakeLeftOver(self.customers)
        self.keys = FakeDoomedKeys(self.world.keyring)
        for number in (GOES, STAYS):
            self.seal(number)
        self.linked = StillLinked(now=FakeLinks(self.customers), trust=FAKE_TRUST)
        tell_links(self.customers)
        dues = tuple(
            Due(
                number=GOES,
                level=level,
                last_day=MOMENT.date(),
                rule_id="standard",
                legal_basis="民法典第188条",
            )
            for level in LEVELS
        )
        digest = self.plan.digest
        self.customers.plans[digest] = dues
        self.book.lines[digest] = [
            FakeLine(one, COMMITMENT, Fate.CONDEMNED, 1) for one in dues
        ]
        self.book.started[digest] = Run(
            plan=digest, state=RunState.CONDEMNED, begun_at=MOMENT, moved_at=MOMENT
        )

    def seal(self, number: str) -> None:
        """Seal one version of a customer at both levels."""
        handle = number.encode().rjust(16, b"-")
        values = {}
        for level in LEVELS:
            epoch = EpochId(Purpose.LIVE, level, 1)
            batch = seal_batch(
                encodings=[encode_fields({"remark": f"invented {level}"})],
                handles=[handle],
                dataset=POLICY.dataset,
                level=level.value,
                suite=POLICY.level_rule(level).suites[0],
                wrapping_key=self.world.provider.open(epoch),
                epoch=str(epoch),
            )
            keys = pl.DataFrame(
                {
                    "handle": [handle],
                    "level": [level.value],
                    "epoch": [str(epoch)],
                    "key_id": batch.key_ids,
                    "wrapped": batch.wrapped,
                }
            )
            with self.world.keyring.writing([epoch]) as writer:
                writer.write(keys, dataset=POLICY.dataset, department="sales")
            values[level] = {
                "sealed": batch.sealed[0],
                "key_id": batch.key_ids[0],
                "digest": batch.digests[0],
            }
        self.customers.versions.append(
            FakeVersion(number, 1, handle, values, {"phone"})
        )

    # --- the steps --------------------------------------------------------------

    @property
    def run(self) -> Run:
        """The run as it stands."""
        return self.book.started[self.plan.digest]

    def carry(self, until: RunState = RunState.CERTIFIED) -> Run:
        """Take the steps one after the other, as a destruction does."""
        destroy = Destroy(
            begin=cast("BeginRun", lambda _: self.run),
            steps=self.steps,
            exclusively=FakeExclusion(),
        )
        return cast("Run", destroy(self.plan.digest, until=until))

    @property
    def steps(self) -> dict[RunState, Step]:
        """Return every step from the condemned on."""
        shared: dict[str, Any] = {
            "policy": POLICY,
            "book": self.book,
            "clock": self.clock,
        }
        moving = {"rekey": self.world.rekey, "reindex": self.reindex, **shared}
        signed = cast("Approved", SimpleNamespace(check=lambda *_, **__: None))
        return {
            RunState.CONDEMNED: TakeSample(
                sample=self.sample,
                keyring=self.world.keyring,
                opener=self.opener,
                entropy=bytes,
                **shared,
            ),
            RunState.SAMPLED: SuppressCondemned(
                condemning=FakeCondemning(self.customers),
                suppress=lambda numbers, **_: len(numbers),
                **shared,
            ),
            RunState.SUPPRESSED: DeleteCondemned(
                deleting=self.deleting,
                left_over=self.left_over,
                keys=self.keys,
                signed=signed,
                linked=self.linked,
                **shared,
            ),
            RunState.DELETED: RewrapSurvivors(**moving),
            RunState.REWRAPPED: RewriteProjection(deleting=self.deleting, **shared),
            RunState.RESHOWN: EndEpochs(**moving),
            RunState.ENDED: CoverSurvivors(
                write_set=cast("WriteSet", self.write_set), entropy=bytes, **shared
            ),
            RunState.COVERED: AttemptRecovery(
                sample=self.sample, thief=self.opener, opener=self.opener, **shared
            ),
            RunState.PROVEN: self.certifying(shared),
        }

    @property
    def opener(self) -> Opener:
        """Who opens with what the keyring and the provider have now."""
        return Opener(
            policy=POLICY, keyring=self.world.keyring, provider=self.world.provider
        )

    @property
    def reindex(self) -> ReindexTokens:
        """Index tokens move to a new key."""
        return ReindexTokens(
            provider=self.world.provider,
            media=self.world.media,
            tokens=self.store,
            bear=self.world.births.escrow,
            tags=self.world.births.public_keys.tags,
            dataset=POLICY.dataset,
        )

    @property
    def observe(self) -> ObserveCopies:
        """Look at every copy."""
        return ObserveCopies(
            policy=POLICY,
            book=self.book,
            left_over=self.left_over,
            keys=self.keys,
            provider=self.world.provider,
            quarantine=self.quarantine,
            media=self.world.media,
            places=PLACES,
            clock=self.clock,
        )

    def write_set(self, name: str, *, plan: str) -> WrittenSet:
        """Say that a set lies on every medium."""
        assert plan == self.plan.digest
        seen = [
            FullSetSeen(
                medium=one.name,
                manifest="11" * 32,
                values=2,
                root=ROOT,
                seen_at=self.clock.now(),
            )
            for one in self.world.media
        ]
        return WrittenSet(
            name=name,
            values=2,
            root=ROOT,
            rows=2,
            seen=tuple(seen),
            faults={},
            missing=(),
            reconciled=Reconciled(proven=2, changed=(), contradicted=()),
        )

    def certifying(self, shared: dict[str, Any]) -> IssueCertificate:
        """Return the last step; two people of policy decided."""
        people = POLICY.people.everybody
        taken = Taken(request="33" * 32, approval="44" * 32, at=MOMENT)
        told = [
            SimpleNamespace(
                digest=digest,
                decision=SimpleNamespace(
                    person=person.person_id, role="executive", made_at=MOMENT
                ),
            )
            for digest, person in zip(
                (taken.request, taken.approval), people[:2], strict=True
            )
        ]
        plans = SimpleNamespace(find=lambda _: self.plan, taken=lambda _: taken)

        def issue(certificate: DestructionCertificate, annex: object) -> str:
            assert annex == (COMMITMENT,)
            self.issued.append(certificate)
            return "ab" * 32

        self.book.ledger.append(
            cast("Any", SimpleNamespace(kind="looked", subject="s", body={}))
        )
        return IssueCertificate(
            observe=self.observe,
            plans=cast("Any", plans),
            record=cast("ReadRecord", lambda: SimpleNamespace(told=told)),
            media=self.world.media,
            ledger=self.book.ledger,
            issue=issue,
            **shared,
        )


def ended(*, window: int = 0) -> Ended:
    """Return a run whose customer is condemned."""
    clock = FixedClock(MOMENT)
    return Ended(open_world(clock=clock, window=window), clock)
