"""A backup to a bucket whose answers fail: a whole set or a loud fault, never a half.

Each kind of request that a backup makes (PUT, part, complete, HEAD, GET, lists, locks),
its first and its last answer, each fault, once and lasting.  Afterwards no object is
there twice, and nothing that was half sent is left a day later.
"""

import dataclasses
import datetime as dt
import functools
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from custody.adapters import parts
from custody.adapters.bucket import Bucket
from custody.application.drafted_set import WrittenSet
from custody.bootstrap import Custody
from custody.errors import CustodyError
from tests.contract.conftest import LOCKED, client_of, s3_url
from tests.faults.faulty_store import FAULTS, MORE_FAULTS, Spoiler, faulty_store
from tests.faults.site import Site, open_site, website_file
from tests.faults.test_faulty_offsite import uploads, versions
from tests.faults.walk import WHOLE_GRID_SECONDS, opened, take_intake

__all__ = ["s3_url"]  # a fixture of the contract suites, here too

pytestmark = pytest.mark.integration

CUSTOMERS = 60
PART_BYTES = 16 * 1024
PATIENCE = 1  # seconds of silence
PLACE = "harbour/"
SETS = (f"{PLACE}objects/full/", f"{PLACE}full/2")
ALL_FAULTS = tuple(fault for fault in (*FAULTS, *MORE_FAULTS) if fault != "spoilt")
"""A store that forgives what was garbled is no S3: `test_faulty_offsite`."""
PUT, PART, COMPLETE = "PUT object", "PUT object partNumber uploadId", "POST object"
SAMPLE = (
    (PUT, "lost", True),
    (PART, "garbled", False),
    (f"{COMPLETE} uploadId", "dropped", False),
    ("GET object", "flipped", False),
)
KINDS = {
    *(PUT, PART, f"{COMPLETE} uploadId", f"{COMPLETE} uploads", "HEAD object"),
    *("GET object", "GET bucket list-type", "GET bucket uploads"),
    *("GET bucket object-lock", "GET bucket versioning"),
}
"""What a backup asks a bucket for."""


@dataclasses.dataclass
class Harbour:
    """A site whose first medium is a bucket behind a store that fails."""

    site: Site
    spoiler: Spoiler
    s3: Any
    asked: dict[str, int] = dataclasses.field(default_factory=dict)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a task is told."""
        installation = self.site.installation
        _, second = installation.custody.settings.offsite_urls
        return {
            **installation.environment,
            "CUSTODY_OFFSITE_URLS": f"s3://{LOCKED}/{PLACE}#a,{second}",
            "CUSTODY_S3_ENDPOINT_URL": self.spoiler.url,
            "CUSTODY_S3_READ_SECONDS": str(PATIENCE),
        }

    @functools.cached_property
    def custody(self) -> Custody:
        """Custody, one of whose media is the bucket."""
        return opened(self.environment)

    def pass_once(self) -> None:
        """Back up unharmed, and count what is asked for."""
        self.spoiler.begin()
        self.custody.back_up.everywhere()
        for operation in self.spoiler.operations:
            self.asked[operation] = self.asked.get(operation, 0) + 1

    def cells(self) -> list[tuple[str, int, str, bool]]:
        """Return kind, number, fault, lasting: the first and last answer of a kind."""
        return [
            (kind, at, fault, lasting)
            for kind, count in sorted(self.asked.items())
            for at in sorted({1, count})
            for fault in ALL_FAULTS
            for lasting in (False, True)
        ]

    def spoil(self, kind: str, at: int, fault: str, *, lasting: bool) -> bool:
        """Back up, let answers fail, heal, look, back up; whether it was told."""
        print(f"{fault}: {kind} {at}{' and after' * lasting}")  # noqa: T201 - told last
        before = self.sets()
        self.spoiler.begin(fault, at, lasting=lasting, only=kind)
        written = self._back_up()
        spoiled = self.spoiler.spoiled
        self.spoiler.begin()
        assert spoiled
        self.holds(written, before)
        self.heals()
        self.forget()
        return written is None or bool(written.faults)

    def _back_up(self) -> WrittenSet | None:
        try:
            return self.custody.back_up()
        except CustodyError:
            return None

    def sets(self) -> set[str]:
        """Return the names of the sets that are believed in the bucket."""
        medium = self.custody.media[0]
        listed = self.custody.full_sets.listed(medium)
        return {one.name for one in listed if one.full is not None}

    def holds(self, written: WrittenSet | None, before: set[str]) -> None:
        """What is believed is whole; what was said to be written is believed."""
        custody = self.custody
        new = self.sets() - before
        for name in new:
            assert all(one.holds for one in custody.verify_media(name)), name
        if written is not None:
            seen = {one.medium for one in written.seen}
            assert "b" in seen
            assert "a" not in seen or new == {written.name}
            assert ("a" in seen) != ("a" in written.faults)
        keys = versions(self.s3, PLACE)
        assert len(keys) == len(set(keys)), "an object is there twice"

    def heals(self) -> None:
        """The next backup is whole on both; a day later nothing half sent is left."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parts, "LEFT_AFTER", dt.timedelta(0))
            name = self.custody.back_up.everywhere()
        assert all(one.holds for one in self.custody.verify_media(name))
        assert name in self.sets()
        assert uploads(self.s3) == []

    def forget(self) -> None:
        """Let the store forget the sets, whatever their locks: they only cost time."""
        from moto.s3.models import s3_backends  # noqa: PLC0415 - a second to import

        for account in s3_backends.values():
            for backend in account.values():
                keys = backend.buckets[LOCKED].keys if LOCKED in backend.buckets else {}
                for key in [one for one in keys if one.startswith(SETS)]:
                    dict.pop(keys, key)

    def holds_at_last(self) -> None:
        """Everything else that lies there holds: ledger, escrows, pages, deliveries."""
        self.forget()
        found = list(self.custody.verify_media())
        assert all(one.holds for one in found), found


@pytest.fixture(scope="module")
def harbour(s3_url: str) -> Iterator[Harbour]:
    with (
        pytest.MonkeyPatch.context() as patch,
        faulty_store(s3_url) as spoiler,
        open_site() as site,
    ):
        defaults = Bucket.__init__.__kwdefaults__
        assert defaults is not None
        patch.setitem(defaults, "part_bytes", PART_BYTES)
        patch.setenv("AWS_ACCESS_KEY_ID", "invented")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "invented")
        content = website_file("harbour", CUSTOMERS)
        harbour = Harbour(site, spoiler, client_of(s3_url))
        harbour.custody.prepare()
        site.installation.put("website", content, name="rows.jsonl")
        take_intake(harbour.custody)
        harbour.pass_once()
        yield harbour


@pytest.mark.long
def test_a_backup_asks_for_every_kind_of_request(harbour: Harbour) -> None:
    assert set(harbour.asked) >= KINDS, set(harbour.asked)
    assert harbour.asked[PART] > 1


@pytest.mark.long
@pytest.mark.parametrize(("kind", "fault", "lasting"), SAMPLE)
def test_answers_that_matter_fail_while_a_backup_is_written(
    harbour: Harbour, kind: str, fault: str, *, lasting: bool
) -> None:
    harbour.spoil(kind, harbour.asked[kind], fault, lasting=lasting)

    harbour.holds_at_last()


@pytest.mark.faults
@pytest.mark.timeout(WHOLE_GRID_SECONDS)
@pytest.mark.parametrize("fault", ALL_FAULTS)
def test_every_kind_of_answer_fails_while_a_backup_is_written(
    harbour: Harbour, fault: str
) -> None:
    cells = [cell for cell in harbour.cells() if cell[2] == fault]
    random.Random(fault).shuffle(cells)  # noqa: S311 - the order only

    told = [
        harbour.spoil(kind, at, fault, lasting=lasting)
        for kind, at, _, lasting in cells
    ]

    tally = f"{len(told)} cells, {sum(told)} told"
    print(f"{fault}: {tally}")  # noqa: T201 - what was tried
    assert told
    harbour.holds_at_last()
