"""A medium in memory, each of whose bytes can be flipped, and the real verify of it.

What judges an object alone is the same code that judges the whole medium; it is given
that object alone so that hundreds of thousands of flips take minutes.
"""

import dataclasses
import random
from collections.abc import Callable, Iterable, Iterator

from custody.application.copied_ledger import CopiedLedger
from custody.application.copy_ledger import FOLDER as LEDGER
from custody.application.copy_ledger import Trust
from custody.application.full_sets import ReadFullSets, digest_faults
from custody.application.ports import Offsite
from custody.application.readme import PAGES
from custody.application.verify_media import Verified, escrow_faults, page_faults
from custody.domain.full_set import MANIFEST
from custody.domain.restoring import Replay
from tests.fakes.keys import FakeMedium

FIRST_BYTES, LAST_BYTES = 4 * 1024, 64 * 1024
AGE_CHUNK = 64 * 1024 + 16
"""What a chunk of age takes: 64 KiB, and its tag."""
_HEADER_END = b"\n--- "
_NONCE_BYTES = 16


@dataclasses.dataclass
class Flips:
    """What lies on a medium, by path; `digests` are what manifests and ledger tell."""

    medium: str
    objects: dict[str, bytes]
    digests: dict[str, str]
    trust: Trust

    @classmethod
    def of(cls, medium: Offsite, trust: Trust) -> "Flips":
        """Take a medium into memory."""
        digests = dict(
            part
            for one in ReadFullSets(trust).listed(medium)
            if one.full is not None
            for part in one.full.parts()
        )
        replay = Replay(medium.name)
        for line in CopiedLedger(medium, trust).lines():
            replay.take(line)
        digests |= {one.path: one.sha256 for one in replay.objects(after=0)}
        objects = {path: medium.read(path) for path in medium.list("")}
        return cls(medium.name, objects, digests, trust)

    def holds(self, path: str, content: bytes) -> bool:
        """Whether verify has nothing to say of an object that has this content."""
        disk = FakeMedium(self.medium)
        disk.objects = {path: content}
        if path in self.digests:
            return not list(digest_faults(disk, [(path, self.digests[path])]))
        if path.endswith(MANIFEST):
            return all(one.full for one in ReadFullSets(self.trust).listed(disk))
        if path.startswith(PAGES):
            return not list(page_faults(disk))
        if path.startswith(LEDGER):
            disk.objects |= {one: self.objects[one] for one in self._stretch(path)}
            ledger = CopiedLedger(disk, self.trust)
            list(ledger.lines())
            return path not in dict(ledger.faults)
        assert path.startswith("escrow/"), f"{path}: nobody tells what it must be"
        return not list(escrow_faults(disk))

    def unnoticed(self, path: str, contents: Iterable[bytes]) -> int:
        """Count the contents that pass for the object's own."""
        return sum(self.holds(path, content) for content in contents)

    def _stretch(self, path: str) -> Iterator[str]:
        """Yield the lines that a head is of."""
        if path.endswith(".head"):
            size = path.removeprefix(LEDGER).removesuffix(".head")
            yield from (one for one in self.objects if one.endswith(f"-{size}.lines"))


def flipped(content: bytes, positions: Iterable[int], mask: int = 1) -> Iterator[bytes]:
    """Yield the content with one byte flipped, for each position."""
    spoilt = bytearray(content)
    for at in positions:
        spoilt[at] ^= mask
        yield bytes(spoilt)
        spoilt[at] ^= mask


def edges(content: bytes) -> list[int]:
    """Return the positions of the first 4 KiB and of the last 64 KiB."""
    size = len(content)
    first, last = range(min(FIRST_BYTES, size)), range(max(size - LAST_BYTES, 0), size)
    return sorted({*first, *last})


def drawn(content: bytes, count: int, chance: random.Random) -> list[int]:
    """Return positions drawn from anywhere, none twice."""
    return chance.sample(range(len(content)), min(count, len(content)))


def cut(content: bytes) -> dict[str, bytes]:
    """Return every class of truncation that the object is large enough for."""
    header = content.find(_HEADER_END)
    header = content.find(b"\n", header + 1) + 1 if header >= 0 else 0
    first = header + _NONCE_BYTES
    chunks = range(first + AGE_CHUNK, len(content), AGE_CHUNK) if header else ()
    found = {
        "nothing": b"",
        "one byte short": content[:-1],
        "half": content[: len(content) // 2],
        "one byte more": content + b"\0",
        "a newline more": content + b"\n",
        "twice": content * 2,
    }
    if header:
        found |= {"its header": content[:header], "no payload": content[:first]}
    return found | {f"until {at}": content[:at] for at in chunks}


def kind_of(path: str) -> str:
    """Return what lies at a path."""
    for kind, holds in _KINDS.items():
        if holds(path):
            return kind
    return "values"


_KINDS: dict[str, Callable[[str], bool]] = {
    "manifest": lambda path: path.endswith(MANIFEST),
    "page": lambda path: path.startswith(PAGES),
    "head": lambda path: path.endswith(".head"),
    "lines": lambda path: path.endswith(".lines"),
    "escrow": lambda path: path.startswith("escrow/"),
    "table": lambda path: path.endswith(".copy.age"),
    "delivery": lambda path: not path.startswith("objects/full/"),
}


def told(found: Iterable[Verified]) -> set[tuple[str, str]]:
    """Return medium and path of everything that verify names."""
    return {(one.medium, path) for one in found for path, _ in one.faults}
