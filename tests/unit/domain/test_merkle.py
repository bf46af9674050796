"""Merkle roots (RFC 9162 section 2.1)."""

import hashlib

import pytest

from custody.domain.merkle import MerkleTree, merkle_root

# The leaves and roots of the certificate-transparency reference tests.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        *("", "00", "10", "2021", "3031", "40414243"),
        *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("leaves", range(1, 9))
def test_the_reference_roots(leaves: int) -> None:
    """One to eight leaves."""
    assert merkle_root(LEAVES[:leaves]).hex() == ROOTS[leaves - 1]


def test_no_leaf_has_the_hash_of_nothing() -> None:
    """RFC 9162: the hash of an empty list."""
    assert merkle_root([]) == hashlib.sha256(b"").digest()


def test_a_tree_may_be_asked_on_the_way() -> None:
    """Asking for the root changes nothing."""
    tree = MerkleTree()
    for position, leaf in enumerate(LEAVES):
        tree.add(leaf)
        assert tree.root().hex() == ROOTS[position]

    assert tree.size == len(LEAVES)


def test_a_node_is_no_leaf() -> None:
    """The twin: without the two prefixes, two leaves and their node agree."""
    left, right = (hashlib.sha256(b"\x00" + leaf).digest() for leaf in (b"a", b"b"))

    assert merkle_root([b"a", b"b"]) != merkle_root([left + right])
    assert _unprefixed([b"a", b"b"]) == _unprefixed(
        [hashlib.sha256(b"a").digest() + hashlib.sha256(b"b").digest()]
    )


def _unprefixed(leaves: list[bytes]) -> bytes:
    """Return the root of one or two leaves as a careless tree would."""
    hashes = [hashlib.sha256(leaf).digest() for leaf in leaves]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256(b"".join(hashes)).digest()
