"""Links: whether each version of the register is whose the ledger says it is.

The entry of a load, and of a decision about one row, bears a root over handle, number,
version and part of what came in (docs/formats.md).  None of these changes when a value
is sealed again or destroyed, so that this root is found again as long as the register
lives: a version that was given another number is seen (ADR 26).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from custody.domain.delivery_story import texts_of
from custody.domain.ledger import Line
from custody.domain.load_trees import LoadTrees, grow
from custody.domain.merkle import MerkleTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """How many loads and decisions are proven, and which deliveries are not.

    `untold` are those of before links were told: nothing can be said of them.
    """

    proven: int
    untold: int
    relinked: tuple[str, ...]


@dataclass(slots=True)
class _Told:
    """What the ledger says of a load or a decision."""

    delivery_id: str
    root: str
    may_be_lost: bool = False


@dataclass(slots=True)
class Links:
    """Walks the ledger first, then the versions by delivery and handle."""

    _told: dict[str | bytes, _Told] = field(default_factory=dict)
    _media: dict[str, frozenset[str]] = field(default_factory=dict)
    _trees: LoadTrees = field(default_factory=dict)

    def tell(self, line: Line) -> None:
        """Take a line of the ledger, in order."""
        if line.kind == "exported":
            told = texts_of(line.body, "objects")
            self._media[line.subject] = frozenset(one.partition(":")[0] for one in told)
        elif line.kind == "restored":
            self._restored(str(line.body.get("medium", "")))
        elif line.kind in {"loaded", "row_decided"}:
            self._media.pop(line.subject, None)
            self._come_in(line)

    def _come_in(self, line: Line) -> None:
        root = str(line.body.get("links", ""))
        if line.kind == "loaded":
            self._told[line.subject] = _Told(line.subject, root)
        elif line.body.get("outcome") == "loaded":
            handle = bytes.fromhex(str(line.body["handle"]))
            self._told[handle] = _Told(line.subject, root)

    def _restored(self, medium: str) -> None:
        """Note what did not lie on the medium by then: it may have been lost."""
        for one in self._told.values():
            if medium not in self._media.get(one.delivery_id, ()):
                one.may_be_lost = True

    def add(
        self, delivery_id: str, handles: Sequence[bytes], leaf_hashes: Sequence[bytes]
    ) -> None:
        """Take versions of a delivery, in the order of handles."""
        grow(self._trees, delivery_id, handles, leaf_hashes, decided=self._told.keys())

    def judge(self) -> Linked:
        """Judge; a version that no line tells of is nobody's."""
        proven = untold = 0
        relinked = {str(key) for key in self._trees.keys() - self._told.keys()}
        for key, told in self._told.items():
            tree = self._trees.get(key)
            if not told.root:
                untold += 1
            elif (tree or MerkleTree()).root().hex() == told.root:
                proven += 1
            elif tree is not None or not told.may_be_lost:
                relinked.add(told.delivery_id)
        return Linked(proven=proven, untold=untold, relinked=tuple(sorted(relinked)))
