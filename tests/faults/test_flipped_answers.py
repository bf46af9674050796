"""A bit of an answer of a bucket differs, in a header or in the body, at each byte.

What can be parsed no more, a date, a number, a tag, is a fault of the world that is
told by operation and place; nothing else ever escapes, and no text of an answer.
"""

import dataclasses
from collections.abc import Iterator

import pytest

from custody.adapters.object_lock import LockingBucket
from custody.errors import CustodyError, WorldError
from tests.contract.conftest import LOCKED, s3_url
from tests.faults.faulty_store import ONE_BYTE
from tests.faults.test_faulty_offsite import CALLS, WRITES, Vault, emptied, vault
from tests.faults.walk import WHOLE_GRID_SECONDS

__all__ = ["emptied", "s3_url", "vault"]  # fixtures of other suites, here too

pytestmark = pytest.mark.integration

LISTINGS = (
    ("list", "GET bucket list-type", 5),
    ("versions", "GET bucket versions", 5),
    ("put_parts", "GET bucket uploads", 5),
)
"""The answers that hold most: names, sizes, moments, whether more comes; each n-th.

By five, some byte of a date is met that is no digit, wherever it begins."""


def flip(vault: Vault, call: str, operation: str, *, step: int) -> dict[str, int]:
    """Flip bytes of an operation's first answer; return how often what came of it."""
    came: dict[str, int] = {}
    path = vault._prepared(call)
    byte, size = 0, 1
    while byte < size:
        if call in WRITES:
            path = vault._prepared(call)
        if operation == "GET bucket uploads":
            vault.s3.create_multipart_upload(Bucket=LOCKED, Key=f"vault/{path}")
        vault.spoiler.byte = byte
        vault.spoiler.begin(ONE_BYTE, 1, only=operation)
        outcome = "answered"
        try:
            CALLS[call](vault.medium, path)
        except CustodyError as fault:
            outcome = type(fault).__name__
        assert vault.spoiler.spoiled, operation
        came[outcome] = came.get(outcome, 0) + 1
        size = vault.spoiler.size
        byte += step
    vault.spoiler.begin()
    return came


@pytest.mark.long
@pytest.mark.parametrize(("call", "operation", "step"), LISTINGS)
def test_a_listing_that_differs_in_a_byte_is_read_or_told(
    vault: Vault, call: str, operation: str, step: int
) -> None:
    came = flip(vault, call, operation, step=step)

    assert came.keys() == {"answered", "WorldError"}


@dataclasses.dataclass
class Says:
    """A store that answers every listing with this page."""

    page: dict[str, object]

    def get_paginator(self, _: str) -> "Says":
        """Return itself."""
        return self

    def paginate(self, **_: object) -> Iterator[dict[str, object]]:
        """Give the page."""
        yield self.page

    def list_object_versions(self, **_: object) -> dict[str, object]:
        """Give the page."""
        return self.page


@pytest.mark.parametrize(
    "page",
    [
        {"KeyCount": 1, "IsTruncated": False},
        {"KeyCount": 0, "IsTruncated": False, "NextContinuationToken": "on"},
        {"KeyCount": 0, "IsTruncated": True},
    ],
)
def test_a_listing_that_contradicts_itself_is_none(page: dict[str, object]) -> None:
    """What it does not name would pass for gone."""
    bucket = LockingBucket(LOCKED, s3=Says(page))

    with pytest.raises(WorldError, match="contradicts itself"):
        list(bucket.keys("vault/"))


def test_a_listing_of_versions_that_names_what_comes_next_was_not_the_last() -> None:
    """`true` with a flipped bit is read as false."""
    page = {"IsTruncated": False, "NextKeyMarker": "vault/b"}
    bucket = LockingBucket(LOCKED, s3=Says(page))

    with pytest.raises(WorldError, match="ends early"):
        bucket.versions("vault/")


@pytest.mark.faults
@pytest.mark.timeout(WHOLE_GRID_SECONDS)
@pytest.mark.parametrize("call", CALLS)
def test_every_byte_of_every_kind_of_answer_differs(vault: Vault, call: str) -> None:
    vault.answers(call)
    came = {
        operation: flip(vault, call, operation, step=1)
        for operation in sorted(set(vault.spoiler.operations))
    }

    print(came)  # noqa: T201 - what was tried
    assert came
