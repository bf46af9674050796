"""Ports to what stands in the register, for who examines it again."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import polars as pl

from custody.application.ports.warehouse import DeliveryRecord, Entry
from custody.domain.reclassifying import Pin


class RegisteredValues(Protocol):
    """The latest version of every part of every customer; the rebuilder's port."""

    def latest(self, policy_digest: str) -> Iterator[pl.DataFrame]:
        """Yield frames of whole customers, in order of their numbers.

        One row a sealed value (level, sealed, key_id, digest; null when a version
        has none) with handle, number, part, source_id, business_date,
        record_level, tier, industry, customer_type, party, responsible, classes,
        reasons (list), name, shown, and `waits`: it was examined and found
        changed under this policy already.
        """


class Pins(Protocol):
    """Deliveries whose rows are customers of the register; the loader's port."""

    def add(self, record: DeliveryRecord, pins: Sequence[Pin], entry: Entry) -> bool:
        """Add the delivery with a pin a row from 1 on, in one transaction.

        False when its place is taken; ConflictError when a row was pinned under
        this policy meanwhile.
        """
