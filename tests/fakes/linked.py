"""Whose each version is, in memory: the suite also runs on PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from custody.application.ports import Entry
from custody.domain.merkle import MerkleTree, leaf_hash
from custody.domain.rowset import link_leaf
from tests.fakes.doomed import FakeCustomers


@dataclass(frozen=True)
class FakeLinks:
    """Implements `LinksNow` and `LinksThen`; nobody changes anything meanwhile."""

    customers: FakeCustomers

    @contextmanager
    def taken(self) -> Iterator["FakeLinks"]:
        """Hold a moment for the block."""
        yield self

    def lines(self) -> Iterator[bytes]:
        """Yield the ledger's lines in order."""
        return self.customers.book.ledger.lines()

    def versions(self) -> Iterator[tuple[str, Sequence[bytes], Sequence[bytes]]]:
        """Yield a delivery, handles and the hashes of their leaves, in parts."""
        ordered = sorted(
            self.customers.versions, key=lambda one: (one.delivery, one.handle)
        )
        for delivery, found in groupby(ordered, key=lambda one: one.delivery):
            part = list(found)
            yield (
                delivery,
                [one.handle for one in part],
                [
                    leaf_hash(link_leaf(one.handle, one.number, one.version, one.part))
                    for one in part
                ],
            )


def tell_links(customers: FakeCustomers) -> None:
    """Tell the ledger whose all versions are, as their loads would have."""
    for delivery, _, hashes in FakeLinks(customers).versions():
        tree = MerkleTree()
        tree.extend_hashed(hashes)
        body = {"links": tree.root().hex()}
        customers.book.ledger.append(Entry(kind="loaded", subject=delivery, body=body))
