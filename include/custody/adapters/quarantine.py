"""The quarantine 隔离 in a folder: what was not admitted, sealed with age.

Writers hold the recipient only; reading takes the identity, which people keep
(R19).  Erasing overwrites; what lay there was sealed to begin with.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from custody.adapters import age_box, durable

SUFFIX = ".age"


class QuarantineFolder:
    """Age files `<root>/<name>.age`; one writer's name is never another's."""

    def __init__(self, root: Path, *, recipient: str) -> None:
        """Take the folder and the age recipient (`age1…`)."""
        self._root = root
        self._recipient = recipient

    def put(self, name: str, plain: BinaryIO) -> str:
        """Seal and store; return SHA-256 (hex) of the stored bytes.

        Putting a name again keeps what is there and returns its digest: age seals
        every time to other bytes, and the first to come is the evidence.
        """
        target = self._target(name)
        with durable.world(f"quarantine, {name}"):
            if target.exists():
                return durable.sha256_of(target)
            seal = partial(age_box.encrypt_stream, plain, recipients=[self._recipient])
            durable.write_once(target, seal)
            return durable.sha256_of(target)

    def names(self) -> Iterator[str]:
        """Yield what is kept, ordered."""
        with durable.world("quarantine"):
            found = sorted(self._root.rglob(f"*{SUFFIX}"))
        for path in found:
            if not path.name.startswith(durable.TEMPORARY):
                yield path.relative_to(self._root).as_posix().removesuffix(SUFFIX)

    def open(self, name: str, identity: str) -> bytes:
        """Open with an age identity; OpenError if not the one, KeyError if absent."""
        with durable.world(f"quarantine, {name}"):
            try:
                sealed = self._target(name).read_bytes()
            except FileNotFoundError:
                raise KeyError(name) from None
        return age_box.decrypt(sealed, identity=identity)

    def erase(self, name: str) -> None:
        """Erase; idempotent."""
        with durable.world(f"quarantine, {name}"):
            durable.erase(self._target(name))

    def _target(self, name: str) -> Path:
        plain = durable.inside(self._root, name)
        return plain.with_name(plain.name + SUFFIX)
