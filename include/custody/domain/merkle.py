"""Merkle roots over ordered byte strings (RFC 9162 section 2.1, SHA-256)."""

import hashlib
from collections.abc import Iterable, Sequence


class MerkleTree:
    """A root built one leaf at a time, in memory logarithmic in the leaves."""

    def __init__(self) -> None:
        """Start with no leaf."""
        self._subtrees: dict[int, bytes] = {}
        self.size = 0

    def add(self, leaf: bytes) -> None:
        """Append one leaf."""
        self.add_hashed(leaf_hash(leaf))

    def add_hashed(self, digest: bytes) -> None:
        """Append one leaf by its leaf hash, SHA-256 of a zero byte and the leaf."""
        self.extend_hashed((digest,))

    def extend_hashed(self, digests: Iterable[bytes]) -> None:
        """Append leaves by their hashes, in order, a height of the tree at a time."""
        nodes, height = list(digests), 0
        self.size += len(nodes)
        sha256 = hashlib.sha256
        while nodes:
            if height in self._subtrees:
                nodes.insert(0, self._subtrees.pop(height))
            if len(nodes) & 1:
                self._subtrees[height] = nodes.pop()
            pairs = zip(nodes[::2], nodes[1::2], strict=True)
            nodes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            height += 1

    def root(self) -> bytes:
        """Return the root of the leaves so far: 32 bytes."""
        if not self._subtrees:
            return hashlib.sha256(b"").digest()
        first, *higher = sorted(self._subtrees)
        root = self._subtrees[first]
        for height in higher:
            root = _join(self._subtrees[height], root)
        return root


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 of a zero byte and the leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over the leaves in their order."""
    tree = MerkleTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the hashes that lead from one leaf to the root (section 2.1.3.1).

    From the leaf's neighbour up to the root's child; ValueError for an index outside.
    """
    if not 0 <= index < len(leaves):
        message = "no such leaf"
        raise ValueError(message)
    path: list[bytes] = []
    first, size = 0, len(leaves)
    while size > 1:
        split = _split(size)
        if index < split:
            path.append(merkle_root(leaves[first + split : first + size]))
            size = split
        else:
            path.append(merkle_root(leaves[first : first + split]))
            first, index, size = first + split, index - split, size - split
    return tuple(reversed(path))


def root_by_path(
    leaf: bytes, *, index: int, size: int, path: Sequence[bytes]
) -> bytes | None:
    """Return the root to which a path leads; None when it fits no tree of that size.

    Section 2.1.3.2: what is proven is that the leaf stands at this index.
    """
    if not 0 <= index < size:
        return None
    node = hashlib.sha256(b"\x00" + leaf).digest()
    last = size - 1
    for beside in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            node = _join(beside, node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = _join(node, beside)
        index, last = index >> 1, last >> 1
    return node if last == 0 else None


def _split(size: int) -> int:
    """Return the largest power of two that is smaller than the size."""
    return 1 << (size - 1).bit_length() - 1


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
