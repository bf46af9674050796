"""Reconciliation: whether the register holds what the ledger says was loaded.

A load's entry bears the Merkle root over its values, a decision about one held row
that of its own (docs/formats.md).  What was sealed again or destroyed since, or did not
come back by a restore, has other values, and no root of its load any more: such a
delivery is *changed* when the ledger tells of that, and contradicts the ledger when it
does not.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from custody.domain.delivery_story import texts_of
from custody.domain.ledger import Line
from custody.domain.load_trees import LoadTrees, grow
from custody.domain.merkle import MerkleTree
from custody.domain.unanswered import RESTORED

_CHANGES = {
    "resealed": "*",
    "destruction_condemned": "destroyed",
    "destruction_deleted": "destroyed",
}
"""Kinds that change what loads have brought: of everybody, or of the destroyed."""

_SEALED_AGAIN = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """How many loads are proven by their roots, and which are not."""

    proven: int
    changed: tuple[str, ...]
    contradicted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the ledger says of a load or a decision, and where."""

    position: int
    root: str
    values: int
    delivery_id: str


@dataclass(slots=True)
class Reconciliation:
    """Walks the ledger first, then the values by handle and level."""

    _loaded: dict[str, _Told] = field(default_factory=dict)
    _decided: dict[bytes, _Told] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)
    _restored: dict[str, int] = field(default_factory=dict)
    _trees: LoadTrees = field(default_factory=dict)

    def tell(self, line: Line) -> None:
        """Take a line of the ledger, in order."""
        change = _CHANGES.get(line.kind)
        if change is not None:
            self._last[change] = line.position
        if line.kind == RESTORED:
            changed = texts_of(line.body, "changed")
            self._restored |= dict.fromkeys(changed, line.position)
        if "root" not in line.body:
            return
        if line.kind == "loaded":
            self._loaded[line.subject] = _told(line)
        elif line.kind == "row_decided":
            handle = bytes.fromhex(str(line.body["handle"]))
            self._decided[handle] = _told(line)

    def add(
        self,
        delivery_id: str,
        handles: Sequence[bytes],
        leaf_hashes: Sequence[bytes],
    ) -> None:
        """Take values of a delivery, in the order of handles and levels."""
        grow(
            self._trees, delivery_id, handles, leaf_hashes, decided=self._decided.keys()
        )

    def judge(self, destroyed: Collection[str]) -> Reconciled:
        """Judge; `destroyed` are the deliveries some of whose values were destroyed."""
        proven = 0
        changed: set[str] = set()
        contradicted: set[str] = set()
        for told, delivery_id, tree in self._pairs():
            if told is not None and _proves(told, tree):
                proven += 1
            elif told is not None and self._explains(told, destroyed):
                changed.add(delivery_id)
            else:
                contradicted.add(delivery_id)
        return Reconciled(
            proven=proven,
            changed=tuple(sorted(changed - contradicted)),
            contradicted=tuple(sorted(contradicted)),
        )

    def _pairs(self) -> Iterator[tuple[_Told | None, str, MerkleTree]]:
        for delivery_id, told in self._loaded.items():
            yield told, delivery_id, self._trees.get(delivery_id, MerkleTree())
        for handle, told in self._decided.items():
            yield told, told.delivery_id, self._trees.get(handle, MerkleTree())
        for key, tree in self._trees.items():
            if isinstance(key, str) and key not in self._loaded:
                yield None, key, tree

    def _explains(self, told: _Told, destroyed: Collection[str]) -> bool:
        """Whether the ledger tells of a change that came after."""
        restored = self._restored.get(told.delivery_id, 0)
        if max(self._last.get(_SEALED_AGAIN, 0), restored) > told.position:
            return True
        since = self._last.get("destroyed", 0)
        return told.delivery_id in destroyed and since > told.position


def _told(line: Line) -> _Told:
    values = line.body.get("values")
    return _Told(
        position=line.position,
        root=str(line.body["root"]),
        values=values if isinstance(values, int) else -1,
        delivery_id=line.subject,
    )


def _proves(told: _Told, tree: MerkleTree) -> bool:
    return tree.size == told.values and tree.root().hex() == told.root
