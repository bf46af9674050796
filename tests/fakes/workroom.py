"""Sealing in memory: one source, fakes of its ports, and real keys and readers."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable

import polars as pl

from custody.adapters.readers.choose import reader_of
from custody.application.intake.reclassify import ReclassifyDelivery
from custody.application.intake.seal import SealDelivery
from custody.application.intake.sealing import Sealing
from custody.application.opening import Opener
from custody.application.ports import DeliveryRecord
from custody.columns.facts import BlockExaminer, build_plan
from custody.columns.line import Lines, one_by_one
from custody.domain.delivery import DeliveryId, ManifestFile
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId, Purpose
from custody.domain.levels import LEVELS_FROM_HIGH
from custody.domain.policy import Policy
from custody.domain.sources import FileFormat, Layout, Source
from tests.builders.deliveries import DAY, MOMENT, delivery_record
from tests.builders.people import chance, customer
from tests.builders.policies import policy_of, source
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.keyring import FakeKeyring
from tests.fakes.keys import FakeKeyProvider
from tests.fakes.landing import FakeLanding
from tests.fakes.ledger import FakeLedger
from tests.fakes.quarantine import FakeQuarantine
from tests.fakes.staging import INDEX_EPOCH, FakeStagedValues, FakeStaging
from tests.fakes.world import FixedClock

ID = delivery_record().key.delivery_id
MANIFEST = b"{}"
DELIVERED = ("customer_name", "phone", "resident_id")


def json_lines(rows: int, *, seed: int = 1) -> bytes:
    """Return that many invented people, a line each, by register field."""
    rng = chance(seed)
    people = (customer(rng) for _ in range(rows))
    lines = ({name: one[name] for name in DELIVERED} for one in people)
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines).encode()


def laid_out(form: FileFormat) -> Source:
    """Return the source of `policy_of`, in another format."""
    return dataclasses.replace(source(), layout=Layout(format=form))


class Workroom:
    """The ports of sealing, one delivery admitted, and the use cases over them."""

    def __init__(
        self,
        content: bytes = b"",
        *,
        policy: Policy | None = None,
        provider: FakeKeyProvider | None = None,
    ) -> None:
        """Bear the first epochs; land and admit one file."""
        self.policy = policy or policy_of(source())
        self.keyring = FakeKeyring()
        self.provider = provider or FakeKeyProvider(FixedClock(MOMENT))
        for epoch in (
            FIELD_ROOT,
            SUPPRESSION_ROOT,
            EpochId(Purpose.INDEX, None, INDEX_EPOCH),
        ):
            self.provider.create(epoch)
        for level in LEVELS_FROM_HIGH:
            self.bear(EpochId(Purpose.LIVE, level, 1))
        self.book = FakeDeliveryBook(MOMENT)
        self.staging = FakeStaging(whole=False, book=self.book)
        self.values = FakeStagedValues(self.staging)
        self.landing = FakeLanding()
        self.quarantine = FakeQuarantine()
        self.ledger = FakeLedger()
        self.lines: Lines = one_by_one
        self.before_each_attempt: Callable[[], object] = lambda: None
        self.admit(content)

    def bear(self, epoch: EpochId) -> None:
        """Create an epoch's key and open the epoch."""
        self.provider.create(epoch)
        self.keyring.add_epoch(epoch, suite=1)

    def admit(self, content: bytes, *, rows: int | None = None) -> None:
        """Land the file; the manifest states so many rows, or none."""
        digest = hashlib.sha256(content).hexdigest()
        record = dataclasses.replace(
            delivery_record(),
            files=(
                ManifestFile(name="rows", sha256=digest, size=len(content), rows=rows),
            ),
            manifest_digest=hashlib.sha256(MANIFEST).hexdigest(),
        )
        self.book.records[ID] = record
        self.landing.folders[record.key] = {"manifest.json": MANIFEST, "rows": content}

    @property
    def record(self) -> DeliveryRecord:
        """What the book says of the delivery now."""
        return self.book.records[ID]

    @property
    def told(self) -> list[str]:
        """The kinds of entries, those of the book."""
        return [entry.kind for entry in self.book.entries]

    def sealing(self) -> Sealing:
        """Return what seals under the room's policy."""
        return Sealing(
            policy=self.policy,
            examiner=self._examiner,
            staging=self.staging,
            keyring=self.keyring,
            provider=self.provider,
            entropy=os.urandom,
            lines=self.lines,
        )

    def seal(self) -> str:
        """Seal the landed file."""
        use = SealDelivery(
            landing=self.landing,
            quarantine=self.quarantine,
            reader=lambda one: reader_of(one.layout),
            book=self.book,
            sealing=self.sealing(),
            reclassified=lambda record: record.state.value,
        )
        return use(ID)

    def reclassifier(self) -> ReclassifyDelivery:
        """Return what examines staged values again."""
        return ReclassifyDelivery(
            sealing=self.sealing(),
            book=self.book,
            values=self.values,
            keyring=self.keyring,
            provider=self.provider,
            ledger=self.ledger,
        )

    def opener(self) -> Opener:
        """Return what opens."""
        return Opener(policy=self.policy, keyring=self.keyring, provider=self.provider)

    def staged(self) -> pl.DataFrame:
        """Return the sealed values that are staged, by row and level."""
        return pl.concat(list(self.values.of(ID)))

    def opened(self, delivery_id: DeliveryId = ID) -> dict[int, dict[str, str]]:
        """Open what is staged of a delivery: fields by row."""
        rows: dict[int, dict[str, str]] = {}
        for values in self.values.of(delivery_id):
            for row, fields in self.opener().each(values):
                rows.setdefault(row["row"], {}).update(fields)
        return rows

    def _examiner(self, one: Source) -> BlockExaminer:
        self.before_each_attempt()
        return BlockExaminer(build_plan(one, self.policy, today=DAY), key=7)
