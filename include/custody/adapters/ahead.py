"""One ahead: the next item is fetched while the last one is worked on.

The server works while we do.  Whoever iterates leaves what the items come from alone
until the end.
"""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def one_ahead(items: Iterator[Item], /) -> Generator[Item, None, None]:
    """Yield the items in order; at most one waits, and a fault comes in its place."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item
