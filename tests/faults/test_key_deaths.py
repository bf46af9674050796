"""A provider killed at any step of a birth or a destruction is made whole by one retry.

AWS KMS: every call, and every write of a row, is once the last that happens.  The key
folder: its process kills itself before every single call to the operating system that
changes something; the calls are found, not listed.
"""

import contextlib
import datetime as dt
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import pytest

from custody.adapters.key_folder import KeyFolder
from custody.adapters.kms import KmsKeys
from custody.adapters.kms_place import ProviderKey
from custody.application.ports import KeyProvider, KeyState
from custody.domain.epochs import EpochId
from custody.errors import ConflictError, KeyDestroyedError, WorldError
from tests.contract.conftest import rooms, s3_url
from tests.contract.key_rooms import MOMENT, WINDOW_DAYS, KmsRoom
from tests.fakes.keys import FakeProviderKeys
from tests.fakes.world import FixedClock

__all__ = ["rooms", "s3_url"]  # fixtures of the contract suites, here too

EPOCH, OTHER = EpochId.parse("live/high/1"), EpochId.parse("live/high/2")


def born(provider: KeyProvider) -> bytes:
    """Create or open, as the birth of an epoch does."""
    try:
        return provider.create(EPOCH)
    except ConflictError:
        return provider.open(EPOCH)


# --- AWS KMS ------------------------------------------------------------------------


@dataclass
class DyingRows:
    """Rows of a room whose writes are effects that its guard counts with its own."""

    room: KmsRoom

    @property
    def inner(self) -> FakeProviderKeys:
        return self.room.rows

    def find(self, epoch: EpochId) -> ProviderKey | None:
        return self.inner.find(epoch)

    def epochs(self) -> tuple[EpochId, ...]:
        return self.inner.epochs()

    def add(self, epoch: EpochId, kept: ProviderKey) -> bool:
        with self._effect() as happens:
            return happens and self.inner.add(epoch, kept)

    def condemn(self, epoch: EpochId, final: dt.date) -> None:
        with self._effect() as happens:
            if happens:
                self.inner.condemn(epoch, final)

    def settle(self, epoch: EpochId, final: dt.date) -> None:
        with self._effect() as happens:
            if happens:
                self.inner.settle(epoch, final)

    @contextlib.contextmanager
    def _effect(self) -> Iterator[bool]:
        happens, heard = self.room.guard.effect()
        yield happens
        if not heard:
            raise WorldError("killed")


def provider_of(room: KmsRoom) -> KmsKeys:
    return KmsKeys(
        room.place,
        opener=room.door("opener"),
        destroyer=lambda: room.door("destroyer"),
        kept=DyingRows(room),
        clock=room.guard.clock,
    )


@dataclass(frozen=True)
class Deaths:
    """Kills an act after each of its effects, each time in a new room."""

    rooms: Callable[[], KmsRoom]
    act: Callable[[KmsKeys], object]
    before: Callable[[KmsKeys], object] = field(default=lambda _: None)

    def __iter__(self) -> Iterator[KmsRoom]:
        room = self._prepared()
        self.act(provider_of(room))
        for at in range(1, room.guard.effects + 1):
            room = self._prepared()
            room.guard.last = (at, "after")
            with pytest.raises(WorldError, match=r"[Kk]illed"):
                self.act(provider_of(room))
            room.guard.last = None
            yield room

    def _prepared(self) -> KmsRoom:
        room = self.rooms()
        self.before(provider_of(room))
        room.guard.effects = 0
        return room


@pytest.mark.integration
def test_a_birth_in_kms_that_was_killed_is_finished_and_no_key_is_unseen(
    rooms: Callable[[], KmsRoom],
) -> None:
    """Each KMS key of ours is an epoch's, or told as a stray that nobody ever used."""
    killed = 0
    for room in Deaths(rooms, lambda provider: provider.create(EPOCH)):
        key = born(provider_of(room))

        provider = room.provider()
        assert provider.open(EPOCH) == key
        assert provider.state(EPOCH) == KeyState(name="live")
        own = {arn for arn, _ in room.door("opener").tagged(room.place.tags())}
        strays = {stray.split()[1] for stray in provider.strays()}
        assert own == strays | {room.key_of(EPOCH)}
        assert len(strays) <= 1
        assert room.door("opener").describe(room.place.alias(EPOCH))
        killed += 1

    assert killed == 5  # look for the alias, key, data key, row, alias


@pytest.mark.integration
def test_a_destruction_in_kms_that_was_killed_is_finished_and_spares_bystanders(
    rooms: Callable[[], KmsRoom],
) -> None:
    def both(provider: KmsKeys) -> None:
        provider.create(EPOCH)
        provider.create(OTHER)

    killed = 0
    for room in Deaths(rooms, lambda one: one.destroy(EPOCH), before=both):
        provider = room.provider()
        bystander = provider.open(OTHER)
        opened = room.rows.rows[EPOCH].final is None
        with contextlib.nullcontext() if opened else pytest.raises(KeyDestroyedError):
            provider.open(EPOCH)

        provider.destroy(EPOCH)

        final = MOMENT.date() + dt.timedelta(days=WINDOW_DAYS)
        assert provider.state(EPOCH) == KeyState(name="pending", final=final)
        room.guard.clock.moment += dt.timedelta(days=WINDOW_DAYS)
        assert provider.state(EPOCH) == KeyState(name="destroyed", final=final)
        assert room.provider().open(OTHER) == bystander
        killed += 1

    assert killed == 6  # facts, tags, order, disable, schedule, the day


# --- the key folder -----------------------------------------------------------------

EFFECTS = {
    *("write", "flush", "fsync", "link", "replace", "rename"),
    *("unlink", "remove", "mkdir", "truncate", "ftruncate"),
}
"""Calls by which Python changes files; each is reported by its C function's name."""


def traced(act: Callable[[], object], hear: Callable[[str], None]) -> None:
    """Do something; each call that changes a file is heard of before it is made."""

    def profile(_: FrameType, event: str, function: object) -> None:
        name = str(getattr(function, "__name__", ""))
        if event == "c_call" and name in EFFECTS:
            hear(name)

    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(None)


def survives(act: Callable[[], object], *, until: int) -> bool:
    """Do something in a fork that SIGKILLs itself before its effect number `until`."""
    process = os.fork()
    if process == 0:
        heard: list[str] = []

        def hear(name: str) -> None:
            heard.append(name)
            if len(heard) == until:
                os.kill(os.getpid(), signal.SIGKILL)

        traced(act, hear)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    assert os.WIFEXITED(status) or os.WTERMSIG(status) == signal.SIGKILL
    return os.WIFEXITED(status)


def folder_deaths(
    root: Path,
    act: Callable[[KeyFolder], object],
    before: Callable[[KeyFolder], object] = lambda _: None,
) -> Iterator[Path]:
    """Yield folders in which the act was killed before each of its effects."""
    until, lived = 1, False
    while not lived:
        place = root / str(until)
        before(folder(place))
        lived = survives(lambda: act(folder(place)), until=until)  # noqa: B023
        if not lived:
            yield place
        until += 1


def folder(root: Path) -> KeyFolder:
    return KeyFolder(root, FixedClock(MOMENT))


def test_a_birth_in_the_folder_that_was_killed_is_finished(tmp_path: Path) -> None:
    killed = 0
    for place in folder_deaths(tmp_path, lambda keys: keys.create(EPOCH)):
        key = born(folder(place))

        assert folder(place).open(EPOCH) == key
        assert folder(place).state(EPOCH) == KeyState(name="live")
        assert folder(place).epochs() == (EPOCH,)
        assert folder(place).strays() == ()
        killed += 1

    assert killed >= 5  # write, flush, fsync, link, fsync of the folder; new folders


def test_a_destruction_in_the_folder_that_was_killed_is_finished(
    tmp_path: Path,
) -> None:
    """At no moment both: a key that opens, and one that is told to be destroyed."""
    keys: dict[EpochId, bytes] = {}

    def both(one: KeyFolder) -> None:
        keys.update({epoch: one.create(epoch) for epoch in (EPOCH, OTHER)})

    seen = set()
    for place in folder_deaths(tmp_path, lambda one: one.destroy(EPOCH), both):
        found = folder(place).state(EPOCH)
        seen.add(found.name)
        if found.name == "live":
            assert folder(place).open(EPOCH) == keys[EPOCH]
        else:
            with pytest.raises(KeyDestroyedError):
                folder(place).open(EPOCH)
        if found.name == "destroyed":
            assert not _holds(place, keys[EPOCH])

        folder(place).destroy(EPOCH)

        gone = KeyState(name="destroyed", final=MOMENT.date())
        assert folder(place).state(EPOCH) == gone
        assert not _holds(place, keys[EPOCH])
        assert folder(place).open(OTHER) == keys[OTHER]
        with pytest.raises(ConflictError):
            folder(place).create(EPOCH)

    assert seen == {"live", "pending", "destroyed"}


def _holds(place: Path, key: bytes) -> bool:
    files = [path for path in place.rglob("*") if path.is_file()]
    return any(key in path.read_bytes() for path in files)


def test_the_order_in_which_a_key_file_comes_and_goes(tmp_path: Path) -> None:
    """Whole and safe before it is named; overwritten and safe before it is not."""
    keys = folder(tmp_path)
    keys.create(OTHER)
    birth: list[str] = []
    death: list[str] = []

    traced(lambda: keys.create(EPOCH), birth.append)
    traced(lambda: keys.destroy(EPOCH), death.append)

    assert birth == ["write", "flush", "fsync", "link", "fsync"]
    tombstone = ["write", "flush", "fsync", "replace", "fsync"]
    assert [one for one in death if one != "unlink"] == [
        *tombstone, "write", "flush", "fsync", "fsync",
    ]  # fmt: skip
    assert death[-2:] == ["unlink", "fsync"]
