"""The tree built leaf by leaf is the tree of RFC 9162."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from custody.domain.merkle import merkle_root

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
