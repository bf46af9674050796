"""A whole destruction with AWS KMS as key provider, which takes its days (R70-R72).

moto stands behind the guard of `tests/faults/kms_guard.py`: a key that is pending
deletion opens nothing there, and is unknown when its window is over.
"""

import datetime as dt
from collections.abc import Callable

import pytest

from custody.adapters import roles
from custody.adapters.config import read_settings
from custody.application.opening import Opener
from custody.application.ports import KeyState
from custody.application.ports.destruction_book import Run
from custody.bootstrap import open_custody
from custody.crypto import signing
from custody.domain.certificate import DestructionCertificate
from custody.domain.certificate_check import judge_certificate
from custody.domain.destruction import RunState
from custody.domain.epochs import EpochId, Purpose
from custody.domain.observations import KEY_COPIES, Method, Result
from custody.errors import EvidenceError, KeyDestroyedError
from tests.builders.destructions import (
    Loot,
    bring,
    copy_everything,
    found_reviewers,
    leave,
    signed_plan,
)
from tests.builders.installation import Installation, describe
from tests.contract.key_rooms import WINDOW_DAYS, KmsRoom
from tests.integration.conftest import Databases

pytestmark = [
    pytest.mark.integration,
    pytest.mark.long,
    pytest.mark.timeout(1200),
]

DAY = dt.timedelta(days=1)


class Place:
    """An installation whose keys are in KMS, and the one clock of both.

    A client of boto3 takes long to make: each part is made once.
    """

    def __init__(self, installation: Installation, room: KmsRoom) -> None:
        self.installation, self.guard = installation, room.guard
        self.clock = room.guard.clock
        self.custody = installation.custody
        self.custody.clock = self.clock  # type: ignore[assignment]
        self.destroy = self.custody.destroy
        self.provider = self.custody.provider_as(roles.KEYRING_DESTROYER)
        self.thief = self.custody.thief_provider

    def opens(self, loot: Loot) -> int:
        """Count what opens for who copied everything, and asks KMS as anybody here."""
        thief = Opener(
            policy=self.custody.policy,
            keyring=self.custody.keyring(roles.KEYRING_DESTROYER),
            provider=self.thief,
        )
        count = 0
        for row in loot.values:
            try:
                thief.open_copied(row)
            except KeyDestroyedError:
                continue
            count += 1
        return count

    def states(self, epochs: tuple[EpochId, ...]) -> set[KeyState]:
        """Return what KMS says of the keys of epochs."""
        return {self.provider.state(one) for one in epochs}

    def goes_on(self, plan: str) -> RunState:
        """Take the run up, as every day does; return where it stands then."""
        run = self.custody.destroy(plan)  # made anew: a thief keeps what it opened
        assert isinstance(run, Run)
        return run.state

    def certificates(self) -> list[str]:
        """Return the kinds of certificates that exist."""
        kept = self.custody.certificates_as(roles.WAREHOUSE_READER).all()
        return [one.kind for one in kept]


@pytest.fixture
def place(
    databases: Databases,
    rooms: Callable[[], KmsRoom],
    tmp_path_factory: pytest.TempPathFactory,
) -> Place:
    """Install Custody over KMS, with two reviewers."""
    room = rooms()
    room.guard.clock.moment = dt.datetime.now(dt.UTC)
    home = tmp_path_factory.mktemp("kms")
    told = describe(
        home,
        warehouse_url=databases.warehouse_url,
        keyring_url=databases.keyring_url,
        credentials=databases.server.credentials,
    )
    environment = {**told, "CUSTODY_KEY_PROVIDER": room.url()}
    custody = open_custody(read_settings(environment))
    custody.prepare()
    made = found_reviewers(Installation(custody, home / "secrets", environment))
    return Place(made, room)


def test_a_destruction_waits_for_kms_and_is_certified_when_it_is_seen_done(
    place: Place,
) -> None:
    """Not a certificate while KMS says `PendingDeletion`; nothing opens meanwhile.

    In the same run the twin: as long as KMS opens with such a key, as moto does, the
    attempt at recovery succeeds, and the run goes no further.
    """
    custody, guard = place.custody, place.guard
    gone, *_ = bring(place.installation, 3, seed=501)
    leave(custody, gone)
    plan = signed_plan(custody).digest
    loot = copy_everything(custody)
    place.destroy(plan, until=RunState.COVERED)
    epochs = tuple(one.old for one in custody.destructions.successions(plan))

    guard.states = False
    assert place.opens(loot) == len(loot.values) > 0
    with pytest.raises(EvidenceError, match="of the destroyed open again"):
        place.goes_on(plan)
    guard.states = True

    ordered = guard.operations("destroyer").count("ScheduleKeyDeletion")
    day = place.clock.now().date() + WINDOW_DAYS * DAY
    assert {one.purpose for one in epochs} == {
        *(Purpose.LIVE, Purpose.RESTRICTED, Purpose.INDEX)
    }
    for days in (1, WINDOW_DAYS - 1):
        assert place.goes_on(plan) is RunState.PROVEN
        assert place.states(epochs) == {KeyState(name="pending", final=day)}
        assert place.opens(loot) == 0
        assert place.certificates() == []
        place.clock.moment += days * DAY
    assert guard.operations("destroyer").count("ScheduleKeyDeletion") == ordered

    assert place.goes_on(plan) is RunState.CERTIFIED
    assert {one.name for one in place.states(epochs)} == {"destroyed"}
    assert place.opens(loot) == 0
    assert len(copy_everything(custody).values) == len(loot.values) * 2 / 3
    _is_closed_when_the_last_escrow_is_gone(place, epochs)


def _is_closed_when_the_last_escrow_is_gone(
    place: Place, epochs: tuple[EpochId, ...]
) -> None:
    custody = place.custody
    (kept,) = custody.certificates_as(roles.WAREHOUSE_READER).all()
    own = custody.public_keys.certificate
    assert own is not None
    judged = judge_certificate(
        kept.content, verify=signing.verify_labelled, pins={signing.fingerprint(own)}
    )
    assert judged.holds
    assert judged.found is not None
    stated = judged.found.certificate
    assert isinstance(stated, DestructionCertificate)
    seen = [
        one
        for one in stated.destruction.observations
        if one.copy in KEY_COPIES
        if one.epoch is not None
    ]
    assert {one.epoch for one in seen} == set(epochs)
    assert {(one.result, one.method) for one in seen} == {
        (Result.GONE, Method.SERVICE_DELETED)
    }
    assert {one.seen_at.date() for one in seen} == {place.clock.now().date()}
    (early,) = custody.close_destructions()
    assert early.certificate_id is None

    place.clock.moment = dt.datetime.combine(
        stated.expected_from + DAY, dt.time(4), tzinfo=dt.UTC
    )
    custody.remove_escrows()
    (closed,) = custody.close_destructions()

    assert closed.certificate_id is not None, closed
    assert place.certificates() == ["destruction", "closing"]
