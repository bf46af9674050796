"""The pieces of a restore, in memory: what each refuses, and why (R65-R72)."""

import dataclasses
import datetime as dt
import os

import pytest

from custody.application.copy_ledger import CopyLedger, Trust
from custody.application.keys import EnsureEpochs
from custody.application.ports import Entry
from custody.application.restore.keys import (
    EscrowedKeys,
    SucceedEpochs,
    Successors,
    bury,
    escrowed_epochs,
    former_epochs,
)
from custody.application.restore.replay import ReplayLedger
from custody.application.restore.run import untold
from custody.application.restore.sets import newest_set
from custody.application.secrets import Secrets, make_secrets
from custody.crypto import recovery, signing
from custody.domain.epochs import (
    FIELD_ROOT,
    SUPPRESSION_ROOT,
    EpochId,
    EpochState,
    Purpose,
)
from custody.domain.full_set import FullSet, manifest_digest, write_manifest
from custody.domain.ledger import Signer, origin_of, write_line
from custody.domain.levels import Level
from custody.domain.restoring import Replay
from custody.errors import (
    ConflictError,
    EvidenceError,
    KeyDestroyedError,
    WorldError,
)
from tests.fakes.keyring import FakeIndexEpochs, FakeKeyring
from tests.fakes.keys import FakeKeyProvider, FakeMedium
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock

MOMENT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
UNTIL = dt.date(2026, 4, 1)
HIGH = EpochId.parse("live/high/1")


@dataclasses.dataclass
class World:
    """An installation in memory, and the medium that is left of it."""

    secrets: Secrets
    clock: FixedClock
    provider: FakeKeyProvider
    media: list[FakeMedium]
    keyring: FakeKeyring = dataclasses.field(default_factory=FakeKeyring)
    index: FakeIndexEpochs = dataclasses.field(default_factory=FakeIndexEpochs)

    def lost(self) -> "World":
        """Return the same with an empty keyring and warehouse."""
        return dataclasses.replace(self, keyring=FakeKeyring(), index=FakeIndexEpochs())

    def births(self, provider: FakeKeyProvider) -> EnsureEpochs:
        return EnsureEpochs(
            provider=provider,
            media=self.media,
            public_keys=self.secrets.public,
            keyring=self.keyring,
            index_epochs=self.index,
            clock=self.clock,
            suites=dict.fromkeys(Level, 1),
        )

    def escrowed(self, medium: str = "disk") -> EscrowedKeys:
        text = self.secrets.recovery[medium]
        own = recovery.derive_identities(recovery.secret_from_text(text), medium=medium)
        at = [one.name for one in self.media].index(medium)
        keys = EscrowedKeys(medium=self.media[at], hpke_private=own.hpke_private)
        keys.look()
        return keys


@pytest.fixture
def world() -> World:
    clock = FixedClock(MOMENT)
    made = World(
        secrets=make_secrets(
            ["disk", "cloud"], entropy=os.urandom, ledger_key=signing.generate()
        ),
        clock=clock,
        provider=FakeKeyProvider(clock),
        media=[FakeMedium("disk"), FakeMedium("cloud")],
    )
    made.births(made.provider)()
    return made


def test_an_escrow_gives_the_key_that_its_epoch_has(world: World) -> None:
    keys = world.escrowed()

    assert keys.open(HIGH) == keys.open(HIGH) == world.provider.open(HIGH)
    assert keys.state(HIGH).name == "live"
    for refused in (keys.create, keys.destroy):
        with pytest.raises(EvidenceError):
            refused(HIGH)
    assert "hpke" not in repr(keys)


def test_an_epoch_without_an_escrow_opens_no_more(world: World) -> None:
    (path,) = world.media[0].list(f"escrow/{HIGH}/")
    del world.media[0].objects[path]
    keys = world.escrowed()
    world.births(world.provider).bear(HIGH, suite=1)  # one that is born since

    with pytest.raises(KeyDestroyedError):
        keys.open(HIGH)


def test_a_damaged_escrow_and_one_of_another_medium_are_told_apart_from_none(
    world: World,
) -> None:
    (path,) = world.media[0].list(f"escrow/{HIGH}/")
    world.media[0].objects[path] = b"damaged"

    with pytest.raises(EvidenceError, match="no escrow of live/high/1 opens"):
        world.escrowed().open(HIGH)
    other = dataclasses.replace(world.escrowed("cloud"), medium=world.media[0])
    other.look()
    with pytest.raises(EvidenceError, match="opens"):
        other.open(EpochId.parse("live/low/1"))


def test_a_listed_escrow_that_is_not_there_is_told_by_medium_and_place(
    world: World,
) -> None:
    """R68: a listing that lies is evidence, no fault in the middle of a restore."""
    (path,) = world.media[0].list(f"escrow/{HIGH}/")
    keys = world.escrowed()
    del world.media[0].objects[path]

    with pytest.raises(EvidenceError, match=f"^disk: {path} was there and is not$"):
        keys.open(HIGH)


def test_new_epochs_follow_every_former_one_and_roots_stay(world: World) -> None:
    world.media[1].objects["escrow/readme"] = b"of somebody else"
    target = FakeKeyProvider(world.clock)
    former = former_epochs(
        world.media, target, [EpochId.parse("restricted/low/4"), FIELD_ROOT]
    )
    succeed = SucceedEpochs(
        births=world.lost().births(target), provider=target, escrowed=world.escrowed()
    )

    made = succeed(former)

    assert {str(one) for one in made.all()} == {
        "live/high/2", "live/medium/2", "live/low/2", "restricted/low/5", "index/-/2",
    }  # fmt: skip
    for root in (FIELD_ROOT, SUPPRESSION_ROOT):
        assert target.open(root) == world.provider.open(root)
    assert target.open(made.index) != world.provider.open(EpochId.parse("index/-/1"))
    assert made.index in escrowed_epochs(world.media[:1])
    assert made.of(HIGH) == EpochId(Purpose.LIVE, Level.HIGH, 2)
    assert str(made.of(EpochId.parse("restricted/low/4"))) == "restricted/low/5"


@dataclasses.dataclass
class Buried:
    """A keyring that is told how former epochs stand."""

    found: dict[str, str] = dataclasses.field(default_factory=dict)

    def add_epochs(self, former: set[EpochId], *, state: str, suite: int) -> None:
        assert suite == 1
        self.found |= {str(one): str(state) for one in former}


def test_former_epochs_close_where_their_keys_stand_and_no_key_comes_back(
    world: World,
) -> None:
    """A provider that outlived its keyring; one that never was (R67-R70)."""
    never, index = EpochId.parse("restricted/low/4"), EpochId.parse("index/-/1")
    world.provider.destroy(EpochId.parse("live/low/1"))
    keyring = Buried()
    former = former_epochs([], world.provider, [never])

    bury(former, world.provider, keyring, suite=1)  # type: ignore[arg-type] # as below

    assert keyring.found == {
        "live/high/1": EpochState.CLOSING,
        "live/medium/1": EpochState.CLOSING,
        "live/low/1": EpochState.DESTROYED,
        "restricted/low/4": EpochState.DESTROYED,
    }
    assert world.provider.state(never).name == "destroyed"
    assert world.provider.open(index)  # until the index is rotated
    fresh = FakeKeyProvider(world.clock)
    bury(former, fresh, keyring, suite=1)  # type: ignore[arg-type] # as below
    assert set(keyring.found.values()) == {EpochState.DESTROYED}
    for one in former:
        with pytest.raises(KeyDestroyedError):
            fresh.open(one)


@pytest.mark.parametrize("name", ["drill/high/1", "index/-/1"])
def test_an_epoch_that_holds_no_data_key_has_no_successor(name: str) -> None:
    made = Successors(live={}, restricted={}, index=EpochId.parse("index/-/2"))

    with pytest.raises(EvidenceError, match="no data key"):
        made.of(EpochId.parse(name))


def _buried(world: World, provider: FakeKeyProvider) -> dict[str, str]:
    keyring, former = Buried(), former_epochs(world.media, provider)
    bury(former, provider, keyring, suite=1)  # type: ignore[arg-type] # what it asks
    return keyring.found


def test_an_epoch_that_the_provider_never_knew_is_destroyed_there(world: World) -> None:
    """Its escrows may leave the media: also of one that nobody here can open."""
    target = FakeKeyProvider(world.clock)
    del world.media[0].objects[world.media[0].list("escrow/live/low/1/")[0]]
    path, *_ = world.media[0].list("escrow/live/high/1/")
    world.media[0].objects[path] = b"sealed to former cards"

    found = _buried(world, target)

    assert set(found) == {"live/high/1", "live/low/1", "live/medium/1"}
    assert set(found.values()) == {"destroyed"}
    for epoch in (*map(EpochId.parse, found), EpochId.parse("index/-/1")):
        assert target.state(epoch).name == "destroyed"


def test_an_epoch_that_lives_at_the_provider_is_closing_and_no_other(
    world: World,
) -> None:
    """What was destroyed there before the databases were lost stays destroyed."""
    world.provider.destroy(EpochId.parse("live/medium/1"))

    assert _buried(world, world.provider) == {
        "live/high/1": "closing", "live/medium/1": "destroyed", "live/low/1": "closing",
    }  # fmt: skip


def test_a_provider_with_another_root_refuses_it(world: World) -> None:
    target = FakeKeyProvider(world.clock)
    target.adopt(FIELD_ROOT, bytes(32))
    succeed = SucceedEpochs(
        births=world.births(target), provider=target, escrowed=world.escrowed()
    )

    with pytest.raises(ConflictError):
        succeed(set())


# --- the ledger ---------------------------------------------------------------------


@dataclasses.dataclass
class Lines:
    """A warehouse that takes lines."""

    taken: list[tuple[int, bytes]] = dataclasses.field(default_factory=list)

    def add_lines(self, lines: object) -> None:
        self.taken += list(lines)  # type: ignore[call-overload]


class SignedLedger(FakeLedger):
    """Lines that the installation's own key signs."""

    def __init__(self, signer: Signer) -> None:
        super().__init__()
        self._signer = signer

    def append(self, entry: Entry) -> int:
        """Append; return the position."""
        last = self._lines[-1] if self._lines else None
        line = write_line(entry, last=last, moment=MOMENT, signer=self._signer)
        self._lines.append(line)
        return len(self._lines)


def _signer(world: World) -> Signer:
    private = signing.private_from_pem(world.secrets.ledger_key)
    public = signing.public_key_of(private)
    return Signer(
        origin=origin_of(public), sign=lambda m: signing.sign_labelled(private, m)
    )


def _trust(world: World) -> Trust:
    return Trust(
        signing.verify_labelled, (signing.fingerprint(world.secrets.public.ledger),)
    )


def _tell(world: World, ledger: FakeLedger, media: list[FakeMedium]) -> None:
    ledger.append(Entry(kind="keys_swept", subject="customers", body={"keys": 1}))
    CopyLedger(
        ledger=ledger,
        media=media,
        signer=_signer(world),
        trust=_trust(world),
        clock=world.clock,
    )()


def _replay(world: World, lines: Lines) -> ReplayLedger:
    return ReplayLedger(
        medium=world.media[0],
        media=world.media,
        trust=_trust(world),
        warehouse=lines,  # type: ignore[arg-type] # one method of many
    )


def test_the_fullest_ledger_within_reach_is_replayed(world: World) -> None:
    ledger, lines = SignedLedger(_signer(world)), Lines()
    _tell(world, ledger, world.media)
    _tell(world, ledger, world.media[1:])

    replay, head = _replay(world, lines)()

    assert (replay.size, head.size, len(lines.taken)) == (2, 2, 2)
    assert [position for position, _ in lines.taken] == [1, 2]
    world.media[1].list = _unreachable  # type: ignore[method-assign]
    assert _replay(world, Lines())()[1].size == 1


def _unreachable(prefix: str) -> tuple[str, ...]:
    raise WorldError(f"{prefix}: not within reach")


def test_without_a_head_nothing_is_believed(world: World) -> None:
    with pytest.raises(EvidenceError, match="no ledger"):
        _replay(world, Lines())()


def test_a_ledger_that_does_not_hold_is_not_written(world: World) -> None:
    ledger, lines = SignedLedger(_signer(world)), Lines()
    _tell(world, ledger, world.media)
    path = next(p for p in world.media[0].objects if p.endswith(".lines"))
    world.media[0].objects[path] = world.media[0].objects[path].replace(b"1", b"2", 1)
    world.media[1].objects.clear()

    with pytest.raises(EvidenceError, match="disk: "):
        _replay(world, lines)()

    assert lines.taken == []


# --- full sets ----------------------------------------------------------------------


def _full(world: World, medium: str) -> bytes:
    return write_manifest(
        FullSet(
            dataset="customers", medium=medium, plan="p", values=0, root=bytes(32),
            objects=(), made_at=MOMENT, ledger=f"2:{'0' * 64}",
        ),
        _signer(world),
    )  # fmt: skip


def test_the_newest_set_that_lies_there_is_taken(world: World) -> None:
    medium = world.media[0]
    ours, others = _full(world, "disk"), _full(world, "cloud")
    medium.put("full/a.manifest", ours, locked_until=UNTIL)
    medium.put("full/b.manifest", others, locked_until=UNTIL)
    medium.put("full/c.manifest", b"half", locked_until=UNTIL)
    medium.put("full/README.md", b"page", locked_until=UNTIL)
    replay = Replay("disk", sets=[(3, manifest_digest(ours)), (9, "0" * 64)])

    chosen = newest_set(medium, _trust(world), replay)

    assert chosen is not None
    assert (chosen.position, chosen.manifest) == (3, manifest_digest(ours))
    assert (chosen.begun, chosen.snapshot) == (2, 2)
    former = dataclasses.replace(
        chosen, begun=0, full=dataclasses.replace(chosen.full, ledger="")
    )
    assert former.snapshot == 3
    replay.sets = [(9, manifest_digest(others))]
    with pytest.raises(EvidenceError, match="no full set"):
        newest_set(medium, _trust(world), replay)
    assert newest_set(medium, _trust(world), Replay("disk")) is None


def test_a_listed_manifest_that_is_not_there_is_told_by_medium_and_place(
    world: World,
) -> None:
    """R68: one that was deleted is no set; one that is listed and gone is evidence."""
    medium = world.media[0]
    ours = _full(world, "disk")
    medium.put("full/a.manifest", ours, locked_until=UNTIL)
    medium.list = _lying  # type: ignore[method-assign]
    replay = Replay("disk", sets=[(3, manifest_digest(ours))])

    with pytest.raises(EvidenceError, match=r"^disk: full/b.manifest was there and"):
        newest_set(medium, _trust(world), replay)


def _lying(prefix: str) -> tuple[str, ...]:
    return (f"{prefix}a.manifest", f"{prefix}b.manifest")


def test_nobody_needs_to_listen() -> None:
    untold("values", 1, 2)
    assert True
