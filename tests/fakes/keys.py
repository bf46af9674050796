"""Fakes of the key provider and an off-site medium.

Proven by the contract suites that also run on the folders.
"""

import dataclasses
import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from custody.adapters.kms_place import ProviderKey
from custody.application.ports import KeyState, PathVersion
from custody.domain.epochs import EpochId
from custody.errors import ConflictError, KeyDestroyedError, WorldError
from tests.fakes.world import FixedClock


class FakeKeyProvider:
    """Keys in a dict: counted, not random.

    `window`: days that a destruction takes, as at a key service.
    """

    def __init__(self, clock: FixedClock, *, window: int = 0) -> None:
        """Start empty."""
        self._clock = clock
        self._window = dt.timedelta(days=window)
        self._keys: dict[EpochId, bytes] = {}
        self._dead: dict[EpochId, dt.date] = {}

    def create(self, epoch: EpochId) -> bytes:
        """Create the key once."""
        if epoch in self._keys or epoch in self._dead:
            raise ConflictError(f"{epoch}: its key exists or was destroyed")
        self._keys[epoch] = hashlib.sha256(str(epoch).encode()).digest()
        return self._keys[epoch]

    def adopt(self, epoch: EpochId, key: bytes) -> None:
        """Keep a key that was made elsewhere, once."""
        if epoch in self._dead or self._keys.get(epoch, key) != key:
            raise ConflictError(f"{epoch}: its key exists or was destroyed")
        self._keys[epoch] = key

    def known(self) -> tuple[EpochId, ...]:
        """Return every epoch."""
        return self.epochs()

    def note_former(self, epoch: EpochId) -> bool:
        """Tell whether its key is here; else it is dead from today."""
        if epoch not in self._keys:
            self._dead.setdefault(epoch, self._clock.now().date())
        return epoch in self._keys

    def open(self, epoch: EpochId) -> bytes:
        """Return the key."""
        if epoch in self._dead:
            raise KeyDestroyedError(str(epoch))
        return self._keys[epoch]

    def destroy(self, epoch: EpochId) -> None:
        """Destroy for good."""
        if epoch not in self._dead:
            del self._keys[epoch]
            self._dead[epoch] = self._clock.now().date() + self._window

    def state(self, epoch: EpochId) -> KeyState:
        """Tell the state."""
        if epoch in self._dead:
            gone = self._clock.now().date() >= self._dead[epoch]
            name = "destroyed" if gone else "pending"
            return KeyState(name=name, final=self._dead[epoch])
        if epoch not in self._keys:
            raise KeyError(str(epoch))
        return KeyState(name="live")

    def epochs(self) -> tuple[EpochId, ...]:
        """Return every epoch, ordered by name."""
        return tuple(sorted({*self._keys, *self._dead}, key=str))

    def strays(self) -> tuple[str, ...]:
        """Leave none."""
        return ()


class FakeProviderKeys:
    """The rows of a key service's keys, in a dict."""

    def __init__(self) -> None:
        """Start empty."""
        self.rows: dict[EpochId, ProviderKey] = {}

    def find(self, epoch: EpochId) -> ProviderKey | None:
        """Return the row."""
        return self.rows.get(epoch)

    def add(self, epoch: EpochId, kept: ProviderKey) -> bool:
        """Keep it once."""
        return self.rows.setdefault(epoch, kept) is kept

    def condemn(self, epoch: EpochId, final: dt.date) -> None:
        """Note a day unless one is noted."""
        if epoch in self.rows and self.rows[epoch].final is None:
            self.settle(epoch, final)

    def settle(self, epoch: EpochId, final: dt.date) -> None:
        """Note a day."""
        if epoch in self.rows:
            self.rows[epoch] = dataclasses.replace(self.rows[epoch], final=final)

    def epochs(self) -> tuple[EpochId, ...]:
        """Return every epoch, ordered by name."""
        return tuple(sorted(self.rows, key=str))


class FakeMedium:
    """Objects and locks in dicts; `flip` makes it give back other bytes.

    Not `there`: a disk that is not mounted.
    """

    def __init__(self, name: str) -> None:
        """Start empty."""
        self._name = name
        self.objects: dict[str, bytes] = {}
        self.locks: dict[str, dt.date] = {}
        self.flip = False
        self.there = True

    @property
    def name(self) -> str:
        """The medium's label."""
        return self._name

    def put(self, path: str, content: bytes, *, locked_until: dt.date) -> None:
        """Write once."""
        self._look()
        if self.objects.setdefault(path, content) != content:
            raise ConflictError(f"{self._name}: {path} exists with other content")
        self.locks[path] = max(locked_until, self.locks.get(path, locked_until))

    def put_stream(
        self, path: str, content: BinaryIO, *, locked_until: dt.date
    ) -> None:
        """As `put`."""
        self.put(path, content.read(), locked_until=locked_until)

    def read(self, path: str) -> bytes:
        """Read an object."""
        self._look()
        content = self.objects[path]
        return bytes((content[0] ^ 1,)) + content[1:] if self.flip else content

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open an object."""
        yield io.BytesIO(self.read(path))

    def list(self, prefix: str) -> tuple[str, ...]:
        """List the object paths under a prefix."""
        self._look()
        return tuple(sorted(path for path in self.objects if path.startswith(prefix)))

    def locked_until(self, path: str) -> dt.date:
        """Return the last day of an object's lock."""
        return self.locks[path]

    @property
    def overwrites(self) -> bool:
        """Overwrite nothing."""
        return False

    def versions(self, prefix: str) -> tuple[PathVersion, ...]:
        """List everything."""
        return tuple(
            PathVersion(path=path, locked_until=self.locks[path])
            for path in self.list(prefix)
        )

    def remove(self, version: PathVersion, *, today: dt.date) -> bool:
        """Remove what is locked no more."""
        if version.locked_until is not None and version.locked_until >= today:
            return False
        self._look()
        self.objects.pop(version.path, None)
        self.locks.pop(version.path, None)
        return True

    def _look(self) -> None:
        if not self.there:
            raise WorldError(f"{self._name}: not there")
