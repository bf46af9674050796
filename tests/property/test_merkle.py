"""The tree built leaf by leaf is the tree of RFC 9162."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.domain.merkle import inclusion_path, merkle_root, root_by_path

LEAVES = st.lists(st.binary(max_size=8), max_size=40)


def _as_written(leaves: list[bytes]) -> bytes:
    """Return the root by the RFC's own recursion: split at the largest power of 2."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = _as_written(leaves[:split]), _as_written(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@given(leaves=LEAVES)
def test_it_is_the_tree_of_the_rfc(leaves: list[bytes]) -> None:
    """Two ways to the same root."""
    assert merkle_root(leaves) == _as_written(leaves)


@given(leaves=st.lists(st.binary(max_size=8), min_size=2, max_size=20, unique=True))
def test_order_matters(leaves: list[bytes]) -> None:
    """Two rows that change places change the root."""
    turned = [leaves[1], leaves[0], *leaves[2:]]

    assert merkle_root(turned) != merkle_root(leaves)


@given(leaves=LEAVES.filter(bool), at=st.integers(0, 39))
def test_a_path_leads_from_its_leaf_to_the_root(leaves: list[bytes], at: int) -> None:
    """Section 2.1.3 of the RFC, for every size of tree."""
    index = at % len(leaves)
    path = inclusion_path(leaves, index)

    root = root_by_path(leaves[index], index=index, size=len(leaves), path=path)

    assert root == merkle_root(leaves)
    assert len(path) <= (len(leaves) - 1).bit_length()


@given(
    leaves=st.lists(st.binary(max_size=8), min_size=2, max_size=20, unique=True),
    at=st.integers(0, 19),
)
def test_no_other_leaf_index_or_path_leads_there(leaves: list[bytes], at: int) -> None:
    index, size = at % len(leaves), len(leaves)
    leaf, path, root = leaves[index], inclusion_path(leaves, index), merkle_root(leaves)

    other = leaves[index - 1]
    spoiled = (bytes([path[0][0] ^ 1]) + path[0][1:], *path[1:])
    assert root_by_path(other, index=index, size=size, path=path) != root
    assert root_by_path(leaf, index=index, size=size, path=spoiled) != root
    assert root_by_path(leaf, index=index, size=size, path=path[:-1]) is None
    assert root_by_path(leaf, index=index, size=size, path=(*path, root)) is None
    assert root_by_path(leaf, index=size, size=size, path=path) is None
    with pytest.raises(ValueError, match="leaf"):
        inclusion_path(leaves, size)
