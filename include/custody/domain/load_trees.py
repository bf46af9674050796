"""Trees of what is held: one for each load, one for each decision about one row.

Each has a root in the ledger (docs/formats.md) that is to be found again.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from custody.domain.merkle import MerkleTree

LoadTrees = dict[str | bytes, MerkleTree]
"""By delivery, or by the handle of a row that was decided alone."""


def grow(
    trees: LoadTrees,
    delivery_id: str,
    handles: Sequence[bytes],
    leaf_hashes: Sequence[bytes],
    *,
    decided: AbstractSet[str | bytes],
) -> None:
    """Add leaves of a delivery, in the order of handles; a decided row has its own."""
    if decided.isdisjoint(handles):
        trees.setdefault(delivery_id, MerkleTree()).extend_hashed(leaf_hashes)
        return
    for handle, leaf_hash in zip(handles, leaf_hashes, strict=True):
        key = handle if handle in decided else delivery_id
        trees.setdefault(key, MerkleTree()).add_hashed(leaf_hash)
