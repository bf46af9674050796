"""What lies in a folder, and cannot be read, is told as that."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from custody.application.intake.contents import UNREADABLE, contents_of, sha256_of
from custody.domain.delivery import DeliveryKey
from custody.errors import DeliveryError
from tests.builders.deliveries import delivery_key
from tests.fakes.landing import FakeLanding

KEY = delivery_key()


class LandingWithLink(FakeLanding):
    """A landing zone in which `link` is no plain file."""

    @contextmanager
    def open(self, key: DeliveryKey, name: str) -> Iterator[BinaryIO]:
        """Refuse the link."""
        if name == "link":
            raise DeliveryError("unreadable")
        with super().open(key, name) as stream:
            yield stream


def test_a_link_has_no_digest_and_hinders_no_other_file() -> None:
    landing = LandingWithLink()
    landing.folders[KEY] = {"link": b"x", "rows": b"x"}

    found = contents_of(landing, KEY, most=100)

    assert found.digests["link"] == UNREADABLE
    assert found.digests["rows"] == sha256_of(landing, KEY, "rows")
    assert sha256_of(landing, KEY, "link") is None
