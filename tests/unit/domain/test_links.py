"""A version that was given to another customer is seen, now and in years."""

import pytest

from custody.domain.ledger import BodyValue, Line
from custody.domain.links import Linked, Links
from custody.domain.merkle import leaf_hash, merkle_root
from tests.builders.lines import line_told

A, B, C, OTHER = (bytes([at]) * 32 for at in range(4))


def _line(kind: str, subject: str, **body: BodyValue) -> Line:
    return line_told(1, kind, subject, **body)


def _tree(*leaves: bytes) -> str:
    return merkle_root(leaves).hex()


def _hashes(*leaves: bytes) -> list[bytes]:
    return [leaf_hash(one) for one in leaves]


LOADED = _line("loaded", "d", links=_tree(A, B))
DECIDED = _line("row_decided", "d", outcome="loaded", handle="cc", links=_tree(C))


def _judged(*lines: Line, **held: tuple[bytes, ...]) -> Linked:
    """Judge; of each delivery these are its leaves, C with the handle of a decision."""
    walk = Links()
    for line in lines:
        walk.tell(line)
    for delivery, leaves in held.items():
        handles = [b"\xcc" if leaf == C else leaf for leaf in leaves]
        walk.add(delivery, handles, _hashes(*leaves))
    return walk.judge()


def _found(proven: int, *relinked: str, untold: int = 0) -> Linked:
    return Linked(proven=proven, untold=untold, relinked=relinked)


def test_loads_and_decisions_are_proven_by_roots_of_their_own() -> None:
    assert _judged(LOADED, d=(A, B)) == _found(1)
    assert _judged(LOADED, DECIDED, d=(A, B, C)) == _found(2)
    assert _judged(_line("loaded", "e", links=_tree())) == _found(1)
    assert _judged(LOADED, _line("erased", "d"), d=(A, B)) == _found(1)


def test_a_refused_row_brings_nothing() -> None:
    refused = _line("row_decided", "d", outcome="refused", handle="cc")

    assert _judged(LOADED, refused, d=(A, B)) == _found(1)


@pytest.mark.parametrize("held", [(A, OTHER), (A,), (), (A, B, OTHER), (B, A)])
def test_a_version_that_is_another_or_missing_or_more_is_seen(
    held: tuple[bytes, ...],
) -> None:
    assert _judged(LOADED, d=held) == _found(0, "d")


def test_a_decided_row_that_is_missing_is_seen() -> None:
    assert _judged(LOADED, DECIDED, d=(A, B)) == _found(1, "d")


def test_a_version_of_a_delivery_that_nobody_told_of_is_nobodys() -> None:
    assert _judged(LOADED, d=(A, B), x=(C,)) == _found(1, "x")


def test_a_load_from_before_links_were_told_is_counted_and_no_more() -> None:
    assert _judged(_line("loaded", "d", root="00"), d=(OTHER,)) == _found(0, untold=1)


def test_what_lay_on_no_medium_may_be_lost_by_a_restore_and_nothing_else() -> None:
    """It may be gone as a whole; what is there must be what came in."""
    there = _line("exported", "d", objects=["tape:a/b:00"])
    elsewhere = _line("exported", "d", objects=["disk:a/b:00"])
    restored = _line("restored", "customers", medium="tape")

    assert _judged(LOADED, restored) == _found(0)
    assert _judged(LOADED, elsewhere, restored) == _found(0)
    assert _judged(LOADED, restored, d=(A,)) == _found(0, "d")
    assert _judged(LOADED, there, restored) == _found(0, "d")
    assert _judged(LOADED, there, DECIDED, restored) == _found(0)
    assert _judged(LOADED, restored, LOADED) == _found(0, "d")  # it came again
