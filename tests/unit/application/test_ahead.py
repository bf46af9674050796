"""One ahead: the next item is fetched while the last one is worked on."""

import threading
from collections.abc import Iterator

import pytest

from custody.adapters.ahead import one_ahead


def test_items_come_in_order_and_the_fault_at_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("gone")

    coming = one_ahead(items())

    assert [next(coming), next(coming)] == [1, 2]
    with pytest.raises(OSError, match="gone"):
        next(coming)


def test_the_next_is_fetched_while_the_last_is_worked_on() -> None:
    fetched = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        fetched.set()
        yield 2

    coming = one_ahead(items())
    next(coming)

    assert fetched.wait(10)
    assert list(coming) == [2]
