"""The roads that deliveries take, what lies on each, and how each must end."""

import dataclasses
import io
import shutil
from collections.abc import Callable, Mapping, Sequence

from custody.domain.delivery import DeliveryId, DeliveryKey
from custody.domain.outcome import Tally
from tests.builders.deliveries import DAY
from tests.faults.breaking import unasked_check
from tests.faults.canaries import Canary, draw
from tests.faults.site import Site, website_file
from tests.faults.walk import SOURCE, take_intake

ROWS = 6
"""Of each of two files: a first block, and one in the middle."""

MANY = 300
"""Rows that make every file and table grow."""

FILE = "0.jsonl"


@dataclasses.dataclass
class Road:
    """One way of a delivery: what is landed, and how it must end."""

    name: str
    site: Site
    seed: int
    ledger: tuple[str, ...]
    tally: Tally
    canaries: list[Canary] = dataclasses.field(default_factory=list)
    landed: int = 0

    def land(self) -> DeliveryId:
        """Land one delivery that nobody else brings; the first file has canaries."""
        self.landed += 1
        label = f"{self.name}-{self.landed}"
        canaries = draw(self.seed, label)
        self.canaries += canaries.values()
        files = [
            website_file(
                f"{self.seed}-{label}-{n}", ROWS, canaries=canaries if not n else None
            )
            for n in range(2)
        ]
        return _LANDS[self.name](self.site, files)


def roads(site: Site, seed: int) -> dict[str, Road]:
    """Return every road by its name."""
    return {name: Road(name, site, seed, *ends) for name, ends in _ENDS.items()}


def _land(
    site: Site, files: Sequence[bytes], sequence: int | None = None
) -> DeliveryKey:
    streams = {f"{n}.jsonl": io.BytesIO(content) for n, content in enumerate(files)}
    return site.installation.custody.deliver(
        SOURCE, streams, business_date=DAY, sequence=sequence
    )


def _land_good(site: Site, files: Sequence[bytes]) -> DeliveryId:
    """Two files, one row of which is cut short."""
    first, second = files
    return _land(site, [first, second[:-3] + b"\n"]).delivery_id


def _land_unreadable(site: Site, files: Sequence[bytes]) -> DeliveryId:
    return _land(site, [files[0].decode().encode("utf-16-le")]).delivery_id


def _land_tampered(site: Site, files: Sequence[bytes]) -> DeliveryId:
    """The file is not the one of the manifest."""
    delivery_id = _land(site, [b"{}\n", b"{}\n"]).delivery_id
    (site.home / "landing" / delivery_id / FILE).write_bytes(files[0])
    return delivery_id


def _land_again(site: Site, files: Sequence[bytes]) -> DeliveryId:
    """Something else lies where a delivery lay that had its end."""
    key = _land(site, files[1:])
    take_intake(site.installation.custody)
    return _land(site, files[:1], key.sequence).delivery_id


def _land_overtaken(site: Site, files: Sequence[bytes]) -> DeliveryId:
    """Something else lies where a delivery lay that had just been let in."""
    key = _land(site, files[1:])
    site.installation.custody.admit(SOURCE, DAY)
    shutil.rmtree(site.home / "landing" / key.delivery_id)
    return _land(site, files[:1], key.sequence).delivery_id


def _land_swapped(site: Site, files: Sequence[bytes]) -> DeliveryId:
    """A file is another one when it is about to be erased."""
    custody = site.installation.custody
    delivery_id = _land(site, files[1:]).delivery_id
    custody.admit(SOURCE, DAY)
    for step in (custody.seal, unasked_check(custody), custody.load, custody.export):
        step(delivery_id)
    (site.home / "landing" / delivery_id / FILE).write_bytes(files[0])
    return delivery_id


def _land_many(site: Site, files: Sequence[bytes]) -> DeliveryId:
    """Enough to make every file grow."""
    more = website_file(f"many-{hash(files[0])}", MANY)
    return _land(site, [files[0], more]).delivery_id


_LANDS: Mapping[str, Callable[[Site, Sequence[bytes]], DeliveryId]] = {
    "good": _land_good,
    "many": _land_many,
    "unreadable": _land_unreadable,
    "tampered": _land_tampered,
    "again": _land_again,
    "overtaken": _land_overtaken,
    "swapped": _land_swapped,
}
_WHOLE = ("admitted", "sealed", "checked", "loaded", "exported", "erased")
_ENDS = {
    "good": (_WHOLE, Tally(read=2 * ROWS, loaded=2 * ROWS - 1, quarantined=1)),
    "many": (_WHOLE, Tally(read=ROWS + MANY, loaded=ROWS + MANY)),
    "unreadable": (("admitted", "quarantined", "erased"), Tally()),
    "tampered": (("quarantined", "erased"), Tally()),
    "again": ((*_WHOLE, "quarantined"), Tally(read=ROWS, loaded=ROWS)),
    "overtaken": (("admitted", "quarantined", "erased"), Tally()),
    "swapped": ((*_WHOLE, "quarantined"), Tally(read=ROWS, loaded=ROWS)),
}
