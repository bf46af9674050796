"""What the register holds is what the ledger says was loaded, or it is told why not."""

import pytest

from custody.domain.ledger import BodyValue, Line
from custody.domain.merkle import MerkleTree
from custody.domain.reconciliation import Reconciled, Reconciliation
from tests.builders.lines import line_told

LEAVES = {b"a": b"1" * 32, b"b": b"2" * 32, b"c": b"3" * 32}


def _root(*handles: bytes) -> dict[str, BodyValue]:
    tree = MerkleTree()
    for handle in handles:
        tree.add_hashed(LEAVES[handle])
    return {"root": tree.root().hex(), "values": tree.size}


def _judged(
    *lines: Line, held: tuple[bytes, ...] = (b"a", b"b"), destroyed: str = ""
) -> Reconciled:
    walk = Reconciliation()
    for line in lines:
        walk.tell(line)
    walk.add("d", held, [LEAVES[handle] for handle in held])
    return walk.judge({destroyed})


LOADED = line_told(1, "loaded", "d", **_root(b"a", b"b"))


def test_a_load_is_proven_by_its_root() -> None:
    assert _judged(LOADED) == Reconciled(proven=1, changed=(), contradicted=())


def test_a_load_of_nothing_is_proven_by_nothing() -> None:
    assert _judged(line_told(1, "loaded", "d", **_root()), held=()).proven == 1


def test_a_decided_row_is_proven_by_its_own_root() -> None:
    decided = line_told(2, "row_decided", "d", handle=b"c".hex(), **_root(b"c"))
    refused = line_told(3, "row_decided", "d", handle=b"x".hex())

    assert _judged(LOADED, decided, refused, held=(b"a", b"b", b"c")).proven == 2


@pytest.mark.parametrize(
    ("lines", "held"),
    [
        ((LOADED,), (b"a",)),  # deleted
        ((LOADED,), (b"a", b"b", b"c")),  # added
        ((LOADED,), (b"b", b"a")),  # exchanged
        ((), (b"a",)),  # never loaded
        ((line_told(1, "loaded", "d", root="00", values="2"),), (b"a", b"b")),
        (
            (line_told(1, "resealed", "x"), line_told(2, "loaded", "d", **_root())),
            (b"a",),
        ),
    ],
)
def test_whatever_the_ledger_does_not_tell_contradicts_it(
    lines: tuple[Line, ...], held: tuple[bytes, ...]
) -> None:
    assert _judged(*lines, held=held).contradicted == ("d",)


def test_what_was_sealed_again_since_is_changed() -> None:
    found = _judged(LOADED, line_told(2, "resealed", "live/high/1"), held=(b"a", b"c"))

    assert found == Reconciled(proven=0, changed=("d",), contradicted=())


@pytest.mark.parametrize("kind", ["destruction_condemned", "destruction_deleted"])
def test_what_was_destroyed_since_is_changed_and_only_that(kind: str) -> None:
    """A register cut short elsewhere is not excused by somebody's destruction."""
    told = (LOADED, line_told(2, kind, "customers", plan="11"))

    assert _judged(*told, held=(b"a",), destroyed="d").changed == ("d",)
    assert _judged(*told, held=(b"a",), destroyed="other").contradicted == ("d",)
    assert _judged(LOADED, held=(b"a",), destroyed="d").contradicted == ("d",)


def test_what_a_restore_could_not_bring_back_is_changed_and_only_that() -> None:
    """By its name in the line, and until it is loaded again."""
    named = line_told(2, "restored", "customers", changed=["d"])
    other = line_told(2, "restored", "customers", changed=["e"])
    older = line_told(2, "restored", "customers")
    again = line_told(3, "loaded", "d", **_root(b"a", b"b"))

    assert _judged(LOADED, named, held=(b"a",)).changed == ("d",)
    assert _judged(LOADED, other, held=(b"a",)).contradicted == ("d",)
    assert _judged(LOADED, older, held=(b"a",)).contradicted == ("d",)
    assert _judged(LOADED, named, again, held=(b"a",)).contradicted == ("d",)
    assert _judged(LOADED, named, again).proven == 1
