"""A bucket's answers are read whole and in time, or not at all."""

import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from custody.adapters.bucket import Bucket, StoredVersion
from custody.errors import WorldError

CONTENT = b"0123456789" * 1000
STORED = StoredVersion(key="k", size=len(CONTENT), version=None, etag="e")


@dataclass
class Dripping:
    """A store whose answers come in drops, each after a while."""

    drop: int
    seconds: float
    patience: float
    closed: bool = False

    def get_object(self, **_: object) -> dict[str, Any]:
        """Answer with a body that drips."""
        left = [CONTENT]

        def read(most: int) -> bytes:
            time.sleep(self.seconds)
            size = min(most, self.drop)
            taken, left[0] = left[0][:size], left[0][size:]
            return taken

        return {"Body": SimpleNamespace(read=read, close=self.close)}

    def close(self) -> None:
        """Note that the line was given up."""
        self.closed = True

    @property
    def meta(self) -> SimpleNamespace:
        """How patient the client is."""
        return SimpleNamespace(config=SimpleNamespace(read_timeout=self.patience))


def test_an_answer_that_only_drips_is_given_up_and_hung_up() -> None:
    """No single wait is too long; all of them together are."""
    store = Dripping(drop=1, seconds=0.001, patience=0.01)

    with pytest.raises(WorldError, match="slowly"):
        Bucket("b", s3=store).read(STORED, 0, len(CONTENT))

    assert store.closed


def test_an_answer_in_pieces_is_the_whole_answer() -> None:
    store = Dripping(drop=999, seconds=0, patience=60)

    assert Bucket("b", s3=store).read(STORED, 0, len(CONTENT)) == CONTENT
    assert not store.closed
