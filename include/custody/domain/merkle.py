"""Merkle roots over ordered byte strings (RFC 9162 section 2.1, SHA-256)."""

import hashlib
from collections.abc import Iterable


class MerkleTree:
    """A root built one leaf at a time, in memory logarithmic in the leaves."""

    def __init__(self) -> None:
        """Start with no leaf."""
        self._subtrees: list[tuple[int, bytes]] = []
        self.size = 0

    def add(self, leaf: bytes) -> None:
        """Append one leaf."""
        self.add_hashed(hashlib.sha256(b"\x00" + leaf).digest())

    def add_hashed(self, digest: bytes) -> None:
        """Append one leaf by its leaf hash, SHA-256 of a zero byte and the leaf."""
        node = (0, digest)
        while self._subtrees and self._subtrees[-1][0] == node[0]:
            height, left = self._subtrees.pop()
            node = (height + 1, _join(left, node[1]))
        self._subtrees.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the leaves so far: 32 bytes."""
        if not self._subtrees:
            return hashlib.sha256(b"").digest()
        root = self._subtrees[-1][1]
        for _, left in reversed(self._subtrees[:-1]):
            root = _join(left, root)
        return root


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over the leaves in their order."""
    tree = MerkleTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
