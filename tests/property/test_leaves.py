"""Leaves of a page are the leaves of the domain's own rules, hashed."""

import hashlib

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from custody.columns.leaves import loaded_leaves, sealed_digests, set_leaves
from custody.domain.levels import Level
from custody.domain.merkle import MerkleTree, merkle_root
from custody.domain.rowset import LoadedValue, row_leaf, sealed_leaf

VALUES = st.lists(
    st.tuples(
        st.binary(min_size=16, max_size=16),
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=12),
        st.integers(1, 10**6),
        st.sets(st.sampled_from([one.value for one in Level]), min_size=1),
        st.binary(min_size=32, max_size=32),
        st.binary(max_size=40),
    ),
    max_size=12,
    unique_by=lambda one: one[0],
)
NAMES = ("handle", "customer", "version", "level", "key_id", "sealed")


@given(records=VALUES, at=st.integers(0, 36))
def test_a_page_has_the_leaves_of_its_values(
    records: list[tuple[bytes, str, int, set[str], bytes, bytes]], at: int
) -> None:
    """Also when the tree takes it in two parts."""
    rows = [
        (handle, number, version, level, key_id, sealed)
        for handle, number, version, levels, key_id, sealed in records
        for level in sorted(levels)
    ]
    page = pl.DataFrame(
        rows, schema=dict(zip(NAMES, _TYPES, strict=True)), orient="row"
    )
    page = page.with_columns(sealed_digest=sealed_digests(page["sealed"]))

    loaded = [row_leaf(_loaded(row)) for row in rows]
    of_set = [sealed_leaf(row[0], row[3], row[4], row[5]) for row in rows]
    assert loaded_leaves(page) == list(map(_hashed, loaded))
    assert set_leaves(page) == list(map(_hashed, of_set))
    tree = MerkleTree()
    tree.extend_hashed(set_leaves(page[:at]))
    tree.extend_hashed(set_leaves(page[at:]))
    assert (tree.size, tree.root()) == (len(rows), merkle_root(of_set))


_TYPES = (pl.Binary, pl.String, pl.Int32, pl.String, pl.Binary, pl.Binary)


def _loaded(row: tuple[bytes, str, int, str, bytes, bytes]) -> LoadedValue:
    return LoadedValue(
        handle=row[0],
        number=row[1],
        version=row[2],
        level=row[3],
        key_id=row[4],
        sealed_digest=hashlib.sha256(row[5]).digest(),
    )


def _hashed(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()
