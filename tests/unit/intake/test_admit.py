"""What is let in, what is sealed away, and that a repeated run changes nothing."""

import dataclasses
import datetime as dt
import io
import json
from collections.abc import Callable

import pytest

from custody.application.intake.admit import AdmitDeliveries
from custody.application.intake.deliver import DeliverFiles, signer
from custody.application.ports import DeliveryRecord, Entry
from custody.crypto import signing
from custody.domain.delivery import DeliveryKey, DeliveryState, Refusal
from custody.domain.manifest import MANIFEST_NAME, SIGNATURE_NAME
from custody.domain.sources import (
    Bundle,
    FileFormat,
    Layout,
    SideFile,
    Source,
    SourceColumn,
)
from custody.errors import DeliveryError, WorldError
from tests.builders.deliveries import DAY, MOMENT, delivery_key, delivery_record
from tests.builders.policies import policy_of, source
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.landing import FakeLanding
from tests.fakes.ledger import FakeLedger
from tests.fakes.quarantine import FakeQuarantine
from tests.fakes.world import FakeNotifier, FixedClock

PARTNER_KEY = bytes(range(32))
ROWS = b'{"customer_name": "invented"}\n'


class World:
    """One admission with everything it touches."""

    def __init__(self, *sources: Source, most: int = 10_000_000) -> None:
        self.landing = FakeLanding()
        self.quarantine = FakeQuarantine()
        self.book = FakeDeliveryBook(MOMENT)
        self.ledger = FakeLedger()
        self.notifier = FakeNotifier()
        partner = source(
            "partner", signing_keys=(signing.public_key_of(PARTNER_KEY).hex(),)
        )
        policy = policy_of(*(sources or (source(), partner)))
        self.admit = AdmitDeliveries(
            policy=dataclasses.replace(policy, max_landed_bytes=most),
            landing=self.landing,
            quarantine=self.quarantine,
            book=self.book,
            ledger=self.ledger,
            clock=FixedClock(MOMENT),
            notifier=self.notifier,
        )
        self.deliver = DeliverFiles(landing=self.landing, book=self.book)

    def drop(
        self,
        rows: bytes = ROWS,
        *,
        source_id: str = "website",
        date: dt.date = DAY,
        key: bytes | None = None,
    ) -> DeliveryKey:
        """Put one delivery with one file."""
        return self.deliver(
            source_id,
            {"rows.jsonl": io.BytesIO(rows)},
            business_date=date,
            sign=None if key is None else signer(key),
        )

    def reasons(self, key: DeliveryKey) -> tuple[str, ...]:
        """Return why the delivery was quarantined, once it is erased and recorded."""
        record = self.book.records[key.delivery_id]
        assert record.state is DeliveryState.QUARANTINED
        assert record.erased_at is not None
        assert key not in self.landing.folders
        assert record.files == ()
        return record.reasons

    def edit(self, key: DeliveryKey, **changes: object) -> None:
        """Change the manifest of a landed delivery; None takes a key away."""
        document = json.loads(self.landing.folders[key][MANIFEST_NAME])
        document.update(changes)
        kept = {name: value for name, value in document.items() if value is not None}
        self.landing.folders[key][MANIFEST_NAME] = json.dumps(kept).encode()


def test_a_good_delivery_is_admitted_and_recorded_with_its_files() -> None:
    world = World()
    key = world.drop()

    found = world.admit("website")

    record = world.book.records[key.delivery_id]
    assert found.to_process == (key.delivery_id,)
    assert record.state is DeliveryState.ADMITTED
    assert [file.name for file in record.files] == ["rows.jsonl"]
    assert [entry.kind for entry in world.book.entries] == ["admitted"]
    assert world.landing.folders[key]


def _file_of(world: World, key: DeliveryKey, **changes: object) -> None:
    document = json.loads(world.landing.folders[key][MANIFEST_NAME])
    world.edit(key, files=[{**document["files"][0], **changes}])


def _extra(world: World, key: DeliveryKey) -> None:
    world.landing.folders[key]["more.csv"] = b"x"


def _missing(world: World, key: DeliveryKey) -> None:
    del world.landing.folders[key]["rows.jsonl"]


def _flip(world: World, key: DeliveryKey) -> None:
    world.landing.folders[key]["rows.jsonl"] = ROWS.swapcase()


def _bad_name(world: World, key: DeliveryKey) -> None:
    folder = world.landing.folders[key]
    folder["../rows"] = folder.pop("rows.jsonl")
    _file_of(world, key, name="../rows")


def _garbage(world: World, key: DeliveryKey) -> None:
    world.landing.folders[key][MANIFEST_NAME] = b"{not json"


Trick = Callable[[World, DeliveryKey], None]


@pytest.mark.parametrize(
    ("trick", "reason"),
    [
        (_extra, Refusal.FILE_EXTRA),
        (_missing, Refusal.FILE_MISSING),
        (_flip, Refusal.FILE_DIGEST),
        (_bad_name, Refusal.FILE_NAME),
        (_garbage, Refusal.MANIFEST_MALFORMED),
        (lambda w, k: w.edit(k, files=[]), Refusal.FILE_COUNT),
        (lambda w, k: w.edit(k, sequence=2), Refusal.MANIFEST_PLACE),
        (lambda w, k: w.edit(k, source="other"), Refusal.MANIFEST_PLACE),
        (
            lambda w, k: w.edit(k, not_before="2027-01-01T00:00:00+00:00"),
            Refusal.NOT_YET,
        ),
        (
            lambda w, k: w.edit(k, not_after="2026-01-01T00:00:00+00:00"),
            Refusal.EXPIRED,
        ),
        (lambda w, k: _file_of(w, k, size=1), Refusal.FILE_SIZE),
        (lambda w, k: w.edit(k, surprise=1), Refusal.MANIFEST_MALFORMED),
    ],
)
def test_each_fault_is_refused_by_its_reason_and_sealed_away(
    trick: Trick, reason: Refusal
) -> None:
    world = World()
    key, bystander = world.drop(), world.drop(b'{"customer_name": "other"}\n')
    trick(world, key)

    found = world.admit("website")

    assert reason.value in world.reasons(key)
    assert any(name.endswith(MANIFEST_NAME) for name in world.quarantine.kept)
    assert [entry.kind for entry in world.book.entries] == [
        "quarantined",
        "erased",
        "admitted",
    ]
    assert found.to_process == (bystander.delivery_id,)


def test_more_bytes_than_policy_lets_land_are_refused_unread() -> None:
    world = World(most=10)
    key = world.drop()

    world.admit("website")

    assert world.reasons(key) == (Refusal.FILE_TOO_LARGE,)


def test_a_source_that_nobody_approved_is_sealed_away_by_the_sweep() -> None:
    """R19: what a crawler drops never becomes a customer."""
    world = World()
    key = world.drop(source_id="crawler")
    world.drop()

    found = world.admit.unknown()

    assert [one for one, _ in found.quarantined] == [key.delivery_id]
    assert Refusal.UNKNOWN_SOURCE in world.reasons(key)
    assert len(world.landing.folders) == 1


@pytest.mark.parametrize("date", [dt.date(2025, 12, 31), dt.date(2028, 1, 1)])
def test_a_source_delivers_only_while_its_paper_is_in_force(date: dt.date) -> None:
    world = World()
    key = world.drop(date=date)

    world.admit("website")

    assert Refusal.SOURCE_NOT_IN_FORCE in world.reasons(key)


def test_a_paper_that_has_run_out_by_today_lets_nothing_in() -> None:
    over = dataclasses.replace(
        source().authorisation, valid_until=DAY - dt.timedelta(days=1)
    )
    world = World(dataclasses.replace(source(), authorisation=over))
    key = world.drop(date=DAY - dt.timedelta(days=2))

    world.admit("website")

    assert world.reasons(key) == (Refusal.SOURCE_NOT_IN_FORCE,)


# --- signatures -----------------------------------------------------------------


def test_a_signed_delivery_of_a_partner_is_admitted() -> None:
    world = World()
    key = world.drop(source_id="partner", key=PARTNER_KEY)

    found = world.admit("partner")

    assert found.to_process == (key.delivery_id,)


def test_an_unsigned_delivery_of_a_partner_is_refused() -> None:
    world = World()
    key = world.drop(source_id="partner")

    world.admit("partner")

    assert world.reasons(key) == (Refusal.SIGNATURE_MISSING,)


def test_a_forged_delivery_is_refused_and_let_in_only_without_the_check() -> None:
    """Twin: with `verify` off the forgery is admitted."""
    world, open_world = World(), World()
    forger = bytes(32)
    key = world.drop(source_id="partner", key=forger)
    open_world.drop(source_id="partner", key=forger)

    world.admit("partner")
    off = dataclasses.replace(open_world.admit, verify=lambda *_: True)
    let_in = off("partner")

    assert world.reasons(key) == (Refusal.SIGNATURE_WRONG,)
    assert let_in.to_process == (key.delivery_id,)


@pytest.mark.parametrize("length", [0, 63, 65, 4096])
def test_a_signature_has_exactly_64_bytes(length: int) -> None:
    world = World()
    key = world.drop(source_id="partner", key=PARTNER_KEY)
    signature = world.landing.folders[key][SIGNATURE_NAME]
    world.landing.folders[key][SIGNATURE_NAME] = (signature + bytes(4096))[:length]

    world.admit("partner")

    assert world.reasons(key) == (Refusal.SIGNATURE_WRONG,)


def test_a_signature_covers_every_byte_of_the_manifest() -> None:
    world = World()
    key = world.drop(source_id="partner", key=PARTNER_KEY)
    world.landing.folders[key][MANIFEST_NAME] += b"\n"

    world.admit("partner")

    assert world.reasons(key) == (Refusal.SIGNATURE_WRONG,)


# --- replay and repetition --------------------------------------------------------


def test_the_same_file_under_another_sequence_is_a_replay() -> None:
    world = World()
    first, second = world.drop(), world.drop()

    found = world.admit("website")

    assert found.to_process == (first.delivery_id,)
    assert world.reasons(second) == (Refusal.REPLAY,)


@pytest.mark.parametrize(
    ("main", "side", "reasons"),
    [(b"new", b"side", ()), (b"main", b"new", ()), (b"main", b"side", ("replay",))],
)
def test_a_bundle_is_a_replay_when_all_of_its_files_are(
    main: bytes, side: bytes, reasons: tuple[str, ...]
) -> None:
    """A list of shops stays as it was while the customers change, or they stay."""
    columns = (SourceColumn(name="id", field=None),)
    layout = Layout(format=FileFormat.CSV)
    joined = SideFile(
        name="side", layout=layout, columns=columns, joins=(("id", "id"),)
    )
    bundle = Bundle(
        main="main", columns=columns, sides=(joined,), most_rows=1, most_bytes=1
    )
    world = World(dataclasses.replace(source(), bundle=bundle))
    for files in ((b"main", b"side"), (main, side)):
        named = zip(("main", "side"), map(io.BytesIO, files), strict=True)
        key = world.deliver("website", dict(named), business_date=DAY)
        world.admit("website")

    assert world.book.records[key.delivery_id].reasons == reasons


def test_a_file_that_was_only_ever_quarantined_may_come_again() -> None:
    """A partner that forgot to sign signs and sends again, one sequence higher."""
    world = World()
    world.drop(source_id="partner")
    world.admit("partner")
    second = world.drop(source_id="partner", key=PARTNER_KEY)

    found = world.admit("partner")

    assert second.sequence == 2
    assert found.to_process == (second.delivery_id,)


def test_admitting_twice_finds_the_same_and_writes_nothing() -> None:
    world = World()
    key = world.drop()
    first = world.admit("website")
    entries = list(world.book.entries)

    second = world.admit("website", DAY)

    assert second.to_process == first.to_process == (key.delivery_id,)
    assert world.book.entries == entries


@pytest.mark.parametrize(
    "state", [DeliveryState.ADMITTED, DeliveryState.SEALED, DeliveryState.CHECKED]
)
def test_an_unfinished_delivery_goes_on_though_its_folder_is_gone(
    state: DeliveryState,
) -> None:
    world = World()
    record = delivery_record(state)
    world.book.records[record.key.delivery_id] = record

    found = world.admit("website", DAY)

    assert found.to_process == (record.key.delivery_id,)


def test_a_loaded_delivery_that_lands_again_is_unchanged_and_erased() -> None:
    world = World()
    key = world.drop()
    world.admit("website")
    folder = dict(world.landing.folders[key])
    record = dataclasses.replace(
        world.book.records[key.delivery_id],
        state=DeliveryState.LOADED,
        exported_at=MOMENT,
        erased_at=MOMENT,
    )
    world.book.records[key.delivery_id] = record
    world.landing.folders[key] = folder

    found = world.admit("website", DAY)

    assert found.unchanged == (key.delivery_id,)
    assert found.to_process == ()
    assert key not in world.landing.folders


def test_a_loaded_delivery_is_not_erased_before_its_data_object_is_off_site() -> None:
    world = World()
    key = world.drop()
    world.admit("website")
    world.book.records[key.delivery_id] = dataclasses.replace(
        world.book.records[key.delivery_id], state=DeliveryState.LOADED
    )

    found = world.admit("website", DAY)

    assert found.to_process == (key.delivery_id,)
    assert found.unchanged == ()
    assert key in world.landing.folders


def test_another_manifest_at_a_known_place_is_a_replay_and_kept_as_evidence() -> None:
    world = World()
    key = world.drop()
    world.admit("website")
    world.edit(key, schema="another")

    found = world.admit("website")

    assert found.quarantined == ((key.delivery_id, (Refusal.REPLAY,)),)
    assert found.to_process == ()
    assert all("/again-" in name for name in world.quarantine.kept)
    assert world.book.records[key.delivery_id].state is DeliveryState.QUARANTINED


def test_a_replay_at_a_loaded_place_leaves_the_loaded_record_alone() -> None:
    world = World()
    key = world.drop()
    world.admit("website")
    world.book.records[key.delivery_id] = dataclasses.replace(
        world.book.records[key.delivery_id],
        state=DeliveryState.LOADED,
        erased_at=MOMENT,
    )
    world.edit(key, schema="another")

    world.admit("website")

    assert world.book.records[key.delivery_id].state is DeliveryState.LOADED
    assert [entry.kind for entry in world.ledger.entries] == ["quarantined"]
    assert key not in world.landing.folders


def test_what_a_killed_run_told_of_a_taken_place_is_not_told_again() -> None:
    """The same bytes are one piece of evidence; other bytes there are another."""
    world = World()
    key = world.drop()
    world.admit("website")
    world.book.records[key.delivery_id] = dataclasses.replace(
        world.book.records[key.delivery_id], state=DeliveryState.LOADED
    )
    world.edit(key, schema="another")
    folder = dict(world.landing.folders[key])
    world.admit("website")  # and is killed before it erased anything
    world.landing.folders[key] = folder

    world.admit("website")

    assert [one.kind for one in world.ledger.entries] == ["quarantined"]
    world.landing.folders[key] = {**folder, "rows.jsonl": b"other"}
    world.admit("website")
    assert [one.kind for one in world.ledger.entries] == ["quarantined"] * 2


def test_a_run_killed_before_the_erasure_is_finished_by_the_next() -> None:
    world = World()
    key = world.drop()
    _garbage(world, key)
    folder = dict(world.landing.folders[key])
    world.admit("website")
    world.landing.folders[key] = folder
    world.book.records[key.delivery_id] = dataclasses.replace(
        world.book.records[key.delivery_id], erased_at=None
    )

    world.admit("website")

    assert world.reasons(key) == (Refusal.MANIFEST_MALFORMED,)


def test_a_good_repetition_of_a_torn_upload_is_kept_not_destroyed() -> None:
    """Same place, same manifest, now the right file: told, sealed away, erased."""
    world = World()
    key = world.drop()
    right = dict(world.landing.folders[key])
    _flip(world, key)
    world.admit("website")
    world.landing.folders[key] = dict(right)

    found = world.admit("website")

    assert found.quarantined == ((key.delivery_id, (Refusal.PLACE_TAKEN,)),)
    kept = [name for name in world.quarantine.kept if "/again-" in name]
    assert right["rows.jsonl"] in [world.quarantine.kept[name] for name in kept]
    assert world.ledger.entries[-1].body["reasons"] == ["place_taken"]
    assert [text for _, text in world.notifier.sent] == ["file_digest", "place_taken"]
    assert key not in world.landing.folders


def test_two_repetitions_at_a_taken_place_are_kept_apart() -> None:
    """What is kept is named by its content: the first is never taken for another."""
    world = World()
    key = world.drop()
    folder = dict(world.landing.folders[key])
    _flip(world, key)
    world.admit("website")

    for rows in (b"first", b"second"):
        world.landing.folders[key] = {**folder, "rows.jsonl": rows}
        world.admit("website")

    assert {b"first", b"second"} <= set(world.quarantine.kept.values())


@pytest.mark.parametrize("state", [DeliveryState.LOADED, DeliveryState.HELD])
def test_another_file_at_a_finished_place_is_kept_not_destroyed(
    state: DeliveryState,
) -> None:
    world = World()
    key = world.drop()
    world.admit("website")
    world.book.records[key.delivery_id] = dataclasses.replace(
        world.book.records[key.delivery_id],
        state=state,
        exported_at=MOMENT,
        erased_at=MOMENT,
    )
    world.landing.folders[key]["rows.jsonl"] = b"another"

    found = world.admit("website")

    assert found.quarantined == ((key.delivery_id, (Refusal.PLACE_TAKEN,)),)
    assert b"another" in world.quarantine.kept.values()
    assert world.book.records[key.delivery_id].state is state


def _unreadable_but_not_erased(world: World) -> DeliveryKey:
    """Leave what a run leaves that sealing refused and that died before erasing."""
    key = world.drop()
    world.admit("website")
    world.book.records[key.delivery_id] = dataclasses.replace(
        world.book.records[key.delivery_id],
        state=DeliveryState.QUARANTINED,
        reasons=("unreadable",),
    )
    return key


def test_another_file_put_before_a_refused_one_was_erased_is_kept() -> None:
    world = World()
    key = _unreadable_but_not_erased(world)
    world.landing.folders[key]["rows.jsonl"] = b"another"

    found = world.admit("website")

    assert found.quarantined == ((key.delivery_id, (Refusal.PLACE_TAKEN,)),)
    assert b"another" in world.quarantine.kept.values()
    assert [text for _, text in world.notifier.sent] == ["unreadable\nplace_taken"]
    assert world.book.records[key.delivery_id].erased_at is not None
    assert key not in world.landing.folders


def test_the_refused_file_itself_is_erased_without_another_copy() -> None:
    """Whether whole or what a killed erasing left of its folder."""
    for gone in (None, "rows.jsonl"):
        world = World()
        key = _unreadable_but_not_erased(world)
        world.landing.folders[key].pop(gone or "", None)

        found = world.admit("website")

        assert found.unchanged == (key.delivery_id,)
        assert world.quarantine.kept == {}
        assert world.book.records[key.delivery_id].erased_at is not None
        assert key not in world.landing.folders


def test_people_are_told_of_each_quarantine_whoever_looked() -> None:
    """The sweep's strangers too; ids and reason codes only (R25)."""
    world = World()
    key = world.drop(source_id="crawler")

    world.admit.unknown()

    ((subject, text),) = world.notifier.sent
    assert subject.endswith(key.delivery_id)
    assert text == "unknown_source"


def test_more_owed_deliveries_than_a_page_are_all_processed() -> None:
    world = World()
    for sequence in range(1, 1_201):
        record = delivery_record(DeliveryState.SEALED, sequence=sequence)
        world.book.records[record.key.delivery_id] = record

    assert len(world.admit("website").to_process) == 1_200


# --- one bad delivery never stops the others ----------------------------------------


class FailingQuarantine(FakeQuarantine):
    """A store that is down."""

    def put(self, name: str, plain: object) -> str:  # noqa: ARG002 - the port
        raise WorldError(name)


def test_a_failing_store_is_told_at_the_end_and_the_others_are_admitted() -> None:
    world = World()
    bad, good = world.drop(), world.drop(b'{"customer_name": "other"}\n')
    _garbage(world, bad)
    admit = dataclasses.replace(world.admit, quarantine=FailingQuarantine())

    found = admit("website")

    assert found.to_process == (good.delivery_id,)
    assert found.failed == (bad.delivery_id,)
    assert [text for _, text in world.notifier.sent] == [bad.delivery_id]
    assert world.book.records[good.delivery_id].state is DeliveryState.ADMITTED
    assert bad in world.landing.folders


class FailingBook(FakeDeliveryBook):
    """A book that cannot hold one place."""

    def add(self, record: DeliveryRecord, entry: Entry) -> bool:
        """Fail at sequence 1."""
        if record.key.sequence == 1:
            raise WorldError(record.key.delivery_id)
        return super().add(record, entry)


def test_a_delivery_that_cannot_be_recorded_hides_no_other() -> None:
    world = World()
    bad, good = world.drop(), world.drop(b'{"customer_name": "other"}\n')
    admit = dataclasses.replace(world.admit, book=FailingBook(MOMENT))

    found = admit("website")

    assert (found.to_process, found.failed) == ((good.delivery_id,), (bad.delivery_id,))


def test_only_the_date_asked_for_is_looked_at() -> None:
    world = World()
    world.drop()
    other = world.drop(b"x\n", date=DAY - dt.timedelta(days=1))

    found = world.admit("website", other.business_date)

    assert found.to_process == (other.delivery_id,)


# --- delivering -------------------------------------------------------------------


def test_the_next_sequence_is_above_what_landed_and_what_was_known() -> None:
    world = World()
    world.drop()
    known = delivery_record(DeliveryState.LOADED, sequence=7)
    world.book.records[known.key.delivery_id] = known

    key = world.drop(b"x\n")

    assert key.sequence == 8


def test_a_given_manifest_and_signature_are_put_byte_for_byte() -> None:
    world = World()
    signed = world.drop(source_id="partner", key=PARTNER_KEY)
    folder = world.landing.folders.pop(signed)

    key = world.deliver.given(
        {"rows.jsonl": io.BytesIO(folder["rows.jsonl"])},
        manifest=folder[MANIFEST_NAME],
        signature=folder[SIGNATURE_NAME],
    )

    assert key == delivery_key(source="partner")
    assert world.landing.folders[key] == folder


def test_a_given_manifest_that_names_no_place_is_refused() -> None:
    world = World()

    with pytest.raises(DeliveryError, match="manifest_malformed"):
        world.deliver.given({}, manifest=b"[]", signature=b"")
