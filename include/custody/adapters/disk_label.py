"""The label of a disk: which medium it is, so that an absent mount is no empty disk.

It is written once, by `custody backup label`, when the disk is taken into service.
Whoever works on the disk holds its folder open by that label: what is unmounted
meanwhile is written to no more, and nothing is written to what lies under the mount.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from custody.adapters import durable
from custody.domain.language import Text
from custody.errors import ConfigurationError, EvidenceError, WorldError

LABEL = "medium.label"
ID_BYTES = 16
_PREFIX = b"custody/medium/1 "
_ABSENT = Text(
    "{medium}：磁盘不在，请挂载", "{medium}: the disk is not there: mount it"
)
_DAMAGED = Text(
    "{medium}：磁盘标签已损坏", "{medium}: the label of the disk is damaged"
)
_UNLABELLED = Text(
    "{medium}：磁盘未挂载，或为新盘：请挂载；新盘用 `custody backup label {medium}`"
    " 写入标签",
    "{medium}: the disk is not mounted, or new: mount it, or label a new one"
    " with `custody backup label {medium}`",
)
_OTHER = Text(
    "{medium}：挂载的是另一块磁盘", "{medium}: the disk that is mounted is another one"
)
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The medium's name, and an id that no other disk has (32 hex digits)."""

    name: str
    id: str

    def __bytes__(self) -> bytes:
        """Return the line of docs/formats.md."""
        fields = {"id": self.id, "name": self.name}
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        return _PREFIX + text.encode() + b"\n"


def take_into_service(
    root: Path, *, name: str, entropy: Callable[[int], bytes] = os.urandom
) -> Label:
    """Label a disk unless it bears this name's label; return the label it has.

    The folder must be there: who makes it where a mount is absent fills the wrong
    disk.  WorldError when it is not, ConfigurationError on the disk of another medium.
    """
    with durable.world(name), _opened(root, name) as here:
        fresh = bytes(Label(name=name, id=entropy(ID_BYTES).hex()))
        durable.keep(here / LABEL, fresh)
        return _insist(_read(here, name), name=name, wanted="")


@contextmanager
def in_service(root: Path, *, name: str, wanted: str = "") -> Iterator[Path]:
    """Hold a disk's folder open, and return it as it cannot be exchanged meanwhile.

    WorldError when it is not there or has no label; ConfigurationError when the label
    is another one: by its name, or by its id when one is `wanted`.
    """
    with _opened(root, name) as here:
        _insist(_read(here, name), name=name, wanted=wanted)
        yield here


@contextmanager
def _opened(root: Path, name: str) -> Iterator[Path]:
    try:
        descriptor = os.open(root, _OPEN)
    except (FileNotFoundError, NotADirectoryError):
        raise _ABSENT.as_error(WorldError, medium=name) from None
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _read(here: Path, name: str) -> Label | None:
    try:
        line = (here / LABEL).read_bytes()
    except FileNotFoundError:
        return None
    try:
        fields = json.loads(line.removeprefix(_PREFIX))
        label = Label(name=str(fields["name"]), id=str(fields["id"]))
    except (ValueError, KeyError, TypeError):
        label = None
    if label is None or bytes(label) != line:
        raise _DAMAGED.as_error(EvidenceError, medium=name)
    return label


def _insist(label: Label | None, *, name: str, wanted: str) -> Label:
    if label is None:
        raise _UNLABELLED.as_error(WorldError, medium=name)
    if label.name != name or wanted not in {"", label.id}:
        raise _OTHER.as_error(ConfigurationError, medium=name)
    return label
