"""What a destruction finds and leaves in the register, fake and real (R69-R72)."""

import datetime as dt
import os
from pathlib import Path

import polars as pl
import pytest

from custody.adapters.keyring.doomed import PostgresDoomedKeys
from custody.adapters.keyring.epochs import PostgresKeyring
from custody.adapters.policy import load_policy
from custody.adapters.roles import KEYRING_DESTROYER, KEYRING_LOADER, KEYRING_OWNER
from custody.application.ports import Keyring
from custody.application.ports.destruction import DoomedKeys, LinksThen
from custody.application.ports.destruction_book import EndOf, Fate
from custody.domain.destruction import RunState
from custody.domain.epochs import EpochId
from custody.domain.ledger import read_line
from custody.domain.levels import Level
from custody.domain.merkle import leaf_hash
from custody.domain.record_states import RecordState
from custody.domain.retention_plan import REQUEST, Due, Planning, UpTo
from custody.domain.rowset import link_leaf
from custody.errors import ConflictError, EvidenceError
from tests.builders.deliveries import MOMENT
from tests.contract.conftest import FAKE_AND_REAL
from tests.contract.destroying import (
    ENTRY,
    KEY,
    Customer,
    Office,
    add_version,
    fake_office,
    real_office,
)
from tests.contract.worlds import invented_keys
from tests.fakes.deleting import FakeDoomedKeys
from tests.fakes.destruction import FakeDestructionBook
from tests.fakes.doomed import FakeCustomers
from tests.fakes.keyring import FakeKeyring
from tests.fakes.ledger import FakeLedger
from tests.integration.conftest import Databases

POLICY = load_policy(Path(__file__).parents[2] / "include" / "policy")
LATER = dt.date(2060, 1, 1)
"""By then the period of replaced versions is over."""


@pytest.fixture(params=FAKE_AND_REAL, scope="module")
def office(request: pytest.FixtureRequest) -> Office:
    """The ports; each test brings customers of its own."""
    if request.param == "fake":
        return fake_office()
    return real_office(request.getfixturevalue("databases"))


def line(
    one: Customer, level: Level, *, rule: str = "standard", up_to: UpTo | None = None
) -> Due:
    """Return a line of a plan."""
    return Due(
        number=one.number,
        level=level,
        last_day=dt.date(2026, 1, 1),
        rule_id=rule,
        legal_basis="民法典第188条",
        up_to=up_to,
    )


def both(one: Customer) -> list[Due]:
    """Return the lines of a customer who goes as a whole."""
    return [line(one, Level.HIGH), line(one, Level.LOW)]


def planning(on: dt.date = LATER) -> Planning:
    """Return by what lines are judged once more."""
    return Planning(
        schedule=POLICY.retention,
        on=on,
        unknown_industry=POLICY.unknown_industry.code,
        zone=POLICY.time_zone,
    )


def due_versions(one: Customer) -> Due:
    """Return the line of a high level's first version, as policy judges it."""
    here = FakeCustomers(FakeDestructionBook(FakeLedger()))
    for _ in range(2):
        add_version(here, one.number, "d")
    dues = planning().dues(here.kept[one.number])
    (found,) = (due for due in dues if due.level is Level.HIGH)
    return found


def anything(_: LinksThen) -> None:
    """Let every moment pass."""


def condemned(office: Office, dues: list[Due], *customers: Customer) -> str:
    """Return a plan whose customers are condemned."""
    plan = office.scene.keep(dues)
    run = office.begun(plan)
    office.intend(plan, *customers)
    assert office.condemning.mark(run, ENTRY, at=MOMENT) is not None
    office.condemning.condemn(plan, planning(), at=MOMENT)
    office.moved(plan, RunState.CONDEMNED)
    return plan


def test_each_line_is_told_with_what_the_register_says(office: Office) -> None:
    due, held = office.customers(2)
    office.scene.become_due(due.number)
    office.scene.hold(held.number)
    lines = [line(due, Level.HIGH), line(held, Level.LOW, up_to=UpTo("", 1))]
    plan = office.scene.keep(lines)

    (first, one), (second, other) = office.intending.standings(plan)
    office.scene.erase()
    office.scene.comes_again(due)
    office.scene.comes_again(held)
    later = [found for _, found in office.intending.standings(plan)]

    assert [first, second] == lines
    assert (one.state, other.state) == (RecordState.DUE, RecordState.IN_USE)
    assert (one.on_hold, other.on_hold) == (False, True)
    assert one.landed
    assert other.landed
    assert not one.unsettled
    assert [found.landed for found in later] == [False, False]
    # Who stays is no less gone for a version that comes: theirs do not count.
    assert [found.unsettled for found in later] == [True, False]


def test_the_salt_is_in_the_lowest_level_of_the_first_version(office: Office) -> None:
    one, asks = office.customers(2, versions=2)
    plan = office.scene.keep([*both(one), line(asks, Level.HIGH, rule=REQUEST)])

    (found,) = office.intending.first_values(plan)

    assert found.select("number", "asked", "handle", "level").rows() == [
        (one.number, False, one.handles[0], "low"),
        (asks.number, True, asks.handles[0], "low"),
    ]
    assert found["sealed"].null_count() == 0


def test_an_intent_is_kept_once_and_names_who_goes(office: Office) -> None:
    goes, stays = office.customers(2, versions=2)
    lines = [*both(goes), line(stays, Level.HIGH, up_to=UpTo("", 1))]
    plan = office.scene.keep(lines)
    office.begun(plan)

    office.intend(plan, goes, stays)
    office.intend(plan, goes, stays)

    commitment = goes.number.encode().rjust(32, b"-")
    assert office.book.who_goes(plan) == (EndOf(commitment=commitment),)
    assert [one.up_to for one in office.book.versions(plan)] == [UpTo("", 1)]


def test_who_goes_at_one_level_alone_is_told_with_it(office: Office) -> None:
    """As a whole goes whoever has nothing left then (R70)."""
    whole, parted = office.customers(2)
    plan = office.scene.keep([*both(whole), line(parted, Level.LOW)])
    office.begun(plan)
    office.intend(plan, whole, parted)

    found = {one.commitment: one.levels for one in office.book.who_goes(plan)}

    told = {one.number: one.number.encode().rjust(32, b"-") for one in (whole, parted)}
    assert found == {told[whole.number]: (), told[parted.number]: (Level.LOW,)}


def test_parted_values_are_of_versions_that_keep_another_level(office: Office) -> None:
    """What goes as a whole needs no look at its fields."""
    whole, parted = office.customers(2)
    plan = office.scene.keep([*both(whole), line(parted, Level.HIGH)])
    office.begun(plan)
    office.intend(plan, whole, parted)

    (found,) = office.intending.parted_values(plan)

    assert found.select("number", "position", "handle", "level").rows() == [
        (parted.number, 3, parted.handles[0], "high")
    ]


def test_all_lines_are_marked_or_none(office: Office) -> None:
    due, held = office.customers(2)
    for one in (due, held):
        office.scene.become_due(one.number)
    plan = office.scene.keep([*both(due), *both(held)])
    run = office.begun(plan)
    office.intend(plan, due, held)
    office.scene.hold(held.number)

    assert office.condemning.mark(run, ENTRY, at=MOMENT) is None
    assert set(office.states(plan)) == {RecordState.DUE}

    plan = office.scene.keep(both(due))
    run = office.begun(plan)
    office.intend(plan, due)
    marked = office.condemning.mark(run, ENTRY, at=MOMENT)

    assert marked is not None
    assert marked.state is RunState.MARKED
    assert set(office.states(plan)) == {RecordState.DESTROYING}
    with pytest.raises(ConflictError):
        office.condemning.spare(run, ENTRY, at=MOMENT)


def test_who_is_not_due_is_not_marked(office: Office) -> None:
    (one,) = office.customers(1)
    plan = office.scene.keep(both(one))
    run = office.begun(plan)
    office.intend(plan, one)

    assert office.condemning.mark(run, ENTRY, at=MOMENT) is None
    assert office.moved(plan).state is RunState.ANCHORED


def test_whoever_is_spared_is_kept_as_before(office: Office) -> None:
    (one,) = office.customers(1)
    office.scene.become_due(one.number)
    plan = office.scene.keep(both(one))
    run = office.begun(plan)
    office.intend(plan, one)
    marked = office.condemning.mark(run, ENTRY, at=MOMENT)
    assert marked is not None

    spared = office.condemning.spare(marked, ENTRY, at=MOMENT)

    assert spared.state is RunState.SPARED
    assert set(office.states(plan)) == {RecordState.STORAGE_ONLY}
    assert len(office.book.commitments(plan, Fate.SPARED)) == 1
    assert list(office.condemning.numbers(plan)) == []


def test_a_hold_that_comes_after_the_mark_spares_its_customer(office: Office) -> None:
    goes, held = office.customers(2)
    for one in (goes, held):
        office.scene.become_due(one.number)
    plan = office.scene.keep([*both(goes), line(held, Level.HIGH)])
    run = office.begun(plan)
    office.intend(plan, goes, held)
    office.condemning.mark(run, ENTRY, at=MOMENT)
    office.scene.hold(held.number)

    counts = [office.condemning.condemn(plan, planning(), at=MOMENT) for _ in range(2)]

    assert counts == [(2, 1), (2, 1)]
    assert list(office.condemning.numbers(plan)) == [(goes.number,)]
    assert office.states(plan) == [
        *(RecordState.DESTROYED, RecordState.DESTROYED),
        RecordState.STORAGE_ONLY,
    ]
    assert [one.values for one in office.book.portions(plan)] == [1, 1]


@pytest.mark.parametrize(
    ("on", "counts"), [(LATER, (1, 0)), (dt.date(2027, 1, 1), (0, 1))]
)
def test_versions_go_only_while_they_are_due(
    office: Office, on: dt.date, counts: tuple[int, int]
) -> None:
    """Who stays is not marked, keeps their standing, and is named by no number."""
    (one,) = office.customers(1, versions=2)
    plan = office.scene.keep([due_versions(one)])
    run = office.begun(plan)
    office.intend(plan, one)

    marked = office.condemning.mark(run, ENTRY, at=MOMENT)
    found = office.condemning.condemn(plan, planning(on), at=MOMENT)

    assert marked is not None
    assert found == counts
    assert office.states(plan) == [RecordState.IN_USE]
    assert list(office.condemning.numbers(plan)) == []


def test_lines_that_nobody_signed_are_neither_marked_condemned_nor_deleted(
    office: Office,
) -> None:
    (one,) = office.customers(1)
    office.scene.become_due(one.number)
    early = office.scene.keep(both(one))
    run = office.begun(early)
    office.intend(early, one)
    office.scene.alter(early)

    with pytest.raises(EvidenceError, match="the run's lines"):
        office.condemning.mark(run, ENTRY, at=MOMENT)
    with pytest.raises(EvidenceError, match="the run's lines"):
        office.condemning.condemn(early, planning(), at=MOMENT)

    late = condemned(office, both(one), one)
    office.scene.alter(late)
    with pytest.raises(EvidenceError, match="the run's lines"):
        list(office.deleting.batches(late, {}, anything))


def test_rows_of_the_condemned_go_and_a_bystander_keeps_theirs(office: Office) -> None:
    whole, parted, bystander = office.customers(3, versions=2)
    for one in (whole, parted):
        office.scene.become_due(one.number)
    plan = condemned(office, [*both(whole), line(parted, Level.HIGH)], whole, parted)
    office.intending.keep_fields(plan, {3: {KEY}})
    before, landed = office.left_over.left(plan), office.left_over.landed(plan)

    (batch,) = office.deleting.batches(plan, {"crm": ((KEY,),)}, anything)
    for _ in range(2):
        office.deleting.delete(plan, batch)
    office.deleting.rewrite()
    office.scene.erase()

    assert batch.positions == (1, 2, 3)
    assert batch.handles.keys() == {Level.HIGH, Level.LOW}
    assert {*batch.handles[Level.LOW]} == {*whole.handles}
    assert {*batch.handles[Level.HIGH]} == {*whole.handles, *parted.handles}
    assert (before["values"], landed) == (6, 2)
    assert before["tokens"] > 0
    assert office.left_over.left(plan) == {"values": 0, "tokens": 0, "shown": 0}
    assert office.left_over.landed(plan) == 0
    assert list(office.deleting.batches(plan, {}, anything)) == []
    told = {level: {*handles} for level, handles in office.left_over.handles(plan)}
    assert told == {level: {*found} for level, found in batch.handles.items()}
    drawn = office.sample.draw(plan, pivot=bytes(16), size=1_000)
    places = set(drawn.select("handle", "level").rows())
    assert {(one, level) for one in bystander.handles for level in ("high", "low")} | {
        (one, "low") for one in parted.handles
    } <= places
    assert not {*whole.handles} & {handle for handle, _ in places}
    assert not drawn["due"].any()


def test_whose_versions_are_is_asked_before_the_first_batch(office: Office) -> None:
    """Of all of them, and in the ledger's words; whoever refuses ends it there."""
    goes, stays = office.customers(2, versions=2)
    office.scene.become_due(goes.number)
    plan = condemned(office, both(goes), goes)
    found: dict[bytes, bytes] = {}
    kinds: set[str] = set()

    def look(moment: LinksThen) -> None:
        kinds.update(read_line(one).kind for one in moment.lines())
        parts = list(moment.versions())
        order = [(delivery, one) for delivery, handles, _ in parts for one in handles]
        assert order == sorted(order)
        for _, handles, hashes in parts:
            found.update(zip(handles, hashes, strict=True))

    def refuse(_: LinksThen) -> None:
        raise EvidenceError("a stranger's")

    list(office.deleting.batches(plan, {}, look))
    inside = dict(found)
    with office.links.taken() as moment:
        look(moment)

    assert found == inside
    for one in (goes, stays):
        for version, handle in enumerate(one.handles, start=1):
            leaf = link_leaf(handle, one.number, version, "")
            assert found[handle] == leaf_hash(leaf)
    assert ENTRY.kind in kinds
    with pytest.raises(EvidenceError, match="a stranger's"):
        list(office.deleting.batches(plan, {}, refuse))
    for batch in office.deleting.batches(plan, {}, anything):
        office.deleting.delete(plan, batch)
    assert list(office.deleting.batches(plan, {}, refuse)) == []  # nothing is left


def test_the_version_with_the_salt_stays(office: Office) -> None:
    """It is asked for by a line of the salt's own level."""
    (one,) = office.customers(1, versions=3)
    plan = office.scene.keep([line(one, Level.LOW, up_to=UpTo("", 2))])
    office.begun(plan)
    office.intend(plan, one)

    ((level, handles),) = office.left_over.handles(plan)

    assert (level, handles) == (Level.LOW, (one.handles[1],))


def test_a_sample_is_of_both_sides_and_is_kept_until_it_is_forgotten(
    office: Office,
) -> None:
    goes, _ = office.customers(2)
    office.scene.become_due(goes.number)
    plan = condemned(office, both(goes), goes)

    one = office.sample.draw(plan, pivot=os.urandom(16), size=1)
    many = office.sample.draw(plan, pivot=goes.handles[0], size=1_000)
    kept = many.with_columns(epoch=pl.lit("live/high/1"), wrapped=pl.lit(b"w"))
    empty = office.sample.kept(plan)
    for sample in (kept.head(1), kept):
        office.sample.keep(plan, sample)
    found = office.sample.kept(plan)
    office.sample.forget(plan)

    assert sorted(one["due"]) == [False, True]
    due = many.filter("due")
    assert set(due.select("handle", "level").rows()) == {
        (goes.handles[0], "high"),
        (goes.handles[0], "low"),
    }
    assert empty.is_empty()
    assert found.columns == [*many.columns, "epoch", "wrapped"]
    assert found.sort("handle", "level").equals(kept.sort("handle", "level"))
    assert office.sample.kept(plan).is_empty()


@pytest.fixture(params=FAKE_AND_REAL)
def keys(request: pytest.FixtureRequest) -> tuple[Keyring, Keyring, DoomedKeys]:
    """The keyring as its owner has it, as who loads, and as the destroyer."""
    if request.param == "fake":
        keyring = FakeKeyring()
        return keyring, keyring, FakeDoomedKeys(keyring)
    databases: Databases = request.getfixturevalue("databases")
    return (
        PostgresKeyring(databases.keyring(KEYRING_OWNER)),
        PostgresKeyring(databases.keyring(KEYRING_LOADER)),
        PostgresDoomedKeys(databases.keyring(KEYRING_DESTROYER)),
    )


def test_the_keys_of_handles_are_deleted_of_one_level_or_of_all(
    keys: tuple[Keyring, Keyring, DoomedKeys],
) -> None:
    owner, loader, doomed = keys
    high, low = (EpochId.parse(name) for name in ("live/high/9", "live/low/9"))
    frames = [invented_keys(epoch, 3, entropy=b"doomed") for epoch in (high, low)]
    for epoch, frame in zip((high, low), frames, strict=True):
        owner.add_epoch(epoch, suite=1)
        with loader.writing([epoch]) as writer:
            writer.write(frame, dataset="customers", department="sales")
    first, second, bystander = frames[0]["handle"].to_list()

    assert {high, low} <= set(doomed.living())
    assert doomed.left([first, second]) == 4
    assert doomed.delete([first], Level.HIGH) == 1
    assert doomed.left([first]) == doomed.left([first], Level.LOW) == 1
    assert doomed.delete([first, second]) == 3
    assert doomed.delete([first, second]) == 0
    assert doomed.left([bystander]) == 2
