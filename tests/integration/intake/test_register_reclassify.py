"""Customers of the register are examined again when policy has changed."""

import io
import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import cast

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.config import read_settings
from custody.adapters.warehouse.registered import PostgresRegisteredValues
from custody.application.ports import DeliveryRecord, Entry, Keyring
from custody.application.ports.registered import Pins, RegisteredValues
from custody.application.register_versions import Reclassified
from custody.bootstrap import open_custody
from custody.domain.delivery import LAST_LANDED_SEQUENCE, DeliveryId
from custody.domain.held_rows import NewCustomer, ToCustomer
from custody.domain.reclassifying import Pin
from custody.errors import ConfigurationError, ConflictError
from tests.builders.deliveries import DAY
from tests.builders.installation import ROOT, Installation

pytestmark = pytest.mark.integration

PARTNER = """
label: {zh: 测试伙伴, en: Test partner}
channel: partner_transfer
owner_department: sales
responsible: {person: 客户经理-王*}
authorisation: {reference: TEST-1, valid_from: 2020-01-01, valid_until: 2035-12-31}
signature: {required: false}
layout: {format: csv, encoding: utf-8, delimiter: ",", header: true}
columns:
  - {column: id, field: source_customer_id, requirement: mandatory}
  - {column: name, field: customer_name, requirement: mandatory}
  - {column: person, field: contact_person}
  - {column: mobile, field: phone}
  - {column: amount, field: yearly_amount}
unknown_columns: hold
match_keys:
  - [source_customer_id]
party: legal
purposes: [trade]
minors_allowed: false
legal_basis: contract
phone_region: CN
"""
ROWS = 7
CONTACT = "王示例甲"
COUNTED = itertools.count()
REASON = "the policy has changed"

Bench = Callable[..., Installation]


def content(label: str, *, first: int = 0) -> bytes:
    """Return ROWS companies."""
    lines = ["id,name,person,mobile,amount"]
    lines += [
        f"{label}{n},示例{label}{n}公司,{CONTACT},1380013{n:04},{90_000 + n}"
        for n in range(first, first + ROWS)
    ]
    return "\n".join([*lines, ""]).encode()


@pytest.fixture(scope="module")
def bench(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Bench:
    """Return the installation under the policy, a text changed or a file gone."""

    def under(*changes: tuple[str, str, str], gone: str = "") -> Installation:
        folder = tmp_path_factory.mktemp("policy") / "policy"
        shutil.copytree(ROOT / "include" / "policy", folder)
        (folder / "sources" / "test_partner.yaml").write_text(PARTNER, encoding="utf-8")
        with (folder / "tiers.yaml").open("a", encoding="utf-8") as file:
            file.write(f"# {next(COUNTED)}: another digest\n")
        for name, old, new in changes:
            told = (folder / name).read_text(encoding="utf-8")
            assert old in told
            (folder / name).write_text(told.replace(old, new, 1), encoding="utf-8")
        if gone:
            (folder / gone).unlink()
        environment = {**installation.environment, "CUSTODY_POLICY_DIR": str(folder)}
        return replace(installation, custody=open_custody(read_settings(environment)))

    return under


RAISED = (
    "fields.yaml",
    "label: {zh: 联系人, en: Contact person}\n  level: medium",
    "label: {zh: 联系人, en: Contact person}\n  level: high",
)


def ask(bench: Installation, *, dry_run: bool = False) -> Reclassified:
    """Reclassify the register, as a data engineer."""
    found = bench.custody.reclassify_register(
        reason=REASON, actor="engineer", dry_run=dry_run
    )
    assert found is not None
    return found


@pytest.fixture(scope="module")
def loaded(bench: Bench) -> DeliveryId:
    """A delivery of seven companies, in the register."""
    now = bench()
    delivery_id = now.put("test_partner", content("L"), name="rows.csv")
    answers = now.run("test_partner")[delivery_id]
    assert answers == ["sealed", "checked", "loaded", "exported", "erased"]
    return delivery_id


def latest(bench: Installation) -> list[tuple[str, int, str, str]]:
    """Return number, version, level and state of the latest versions."""
    views = bench.custody.views.customers(limit=100)
    return [
        (str(one.number), one.version or 0, one.level, one.state or "") for one in views
    ]


def renewed(rows: list[tuple[str, int, str, str]]) -> list[tuple[str, int]]:
    """Return number and version of the same customers, each one version on."""
    return [(number, version + 1) for number, version, *_ in rows]


def placed(bench: Installation) -> list[tuple[str, int]]:
    """Return number and version of the latest versions."""
    return [row[:2] for row in latest(bench)]


@pytest.fixture
def rows(bench: Bench, loaded: DeliveryId) -> list[tuple[str, int, str, str]]:
    """Seven customers who stand as the policy without a change says."""
    assert loaded
    now = bench()
    ask(now)
    now.run("test_partner")
    found = latest(now)
    assert [row[2] for row in found] == ["medium"] * ROWS
    return found


Rows = list[tuple[str, int, str, str]]


def test_an_unchanged_policy_writes_nothing_but_the_count(
    bench: Bench, rows: Rows
) -> None:
    now = bench()

    found = ask(now)

    assert (found.unchanged, found.changed, found.deliveries) == (ROWS, 0, [])
    assert latest(now) == rows


@pytest.mark.usefixtures("rows")
def test_a_dry_run_counts_and_leaves_everything(bench: Bench) -> None:
    now = bench(RAISED)
    before = latest(now)

    found = ask(now, dry_run=True)

    assert (found.changed, found.deliveries) == (ROWS, [])
    assert found.levels == {"medium>high": ROWS}
    assert latest(now) == before


def test_a_raised_level_makes_a_new_version_off_site_too(
    bench: Bench, rows: Rows, capfd: pytest.CaptureFixture[str]
) -> None:
    now = bench(RAISED)

    found = ask(now)
    [key] = found.deliveries
    answers = now.run("test_partner")[key.delivery_id]
    again = ask(now)
    masks = [one.shown for one in now.custody.views.customers(limit=100)]
    told = b"".join(list(now.custody.ledger.lines())).decode()

    assert answers == ["already", "checked", "loaded", "exported", "erased"]
    assert latest(now) == [
        (*place, "high", "pending_review") for place in renewed(rows)
    ]
    assert all(one is not None and one["contact_person"] != CONTACT for one in masks)
    assert (again.unchanged, again.changed, again.waiting) == (ROWS, 0, 0)
    assert CONTACT not in told + "".join(capfd.readouterr())


class Taken:
    """Pins of which another run takes the first place."""

    def __init__(self, pins: Pins) -> None:
        self.pins = pins
        self.asked: list[int] = []

    def add(self, record: DeliveryRecord, pins: Sequence[Pin], entry: Entry) -> bool:
        """Add, but not the first time."""
        self.asked.append(len(pins))
        return len(self.asked) > 1 and self.pins.add(record, pins, entry)


class Pages:
    """What stands in the register, a customer a page."""

    def __init__(self, values: RegisteredValues) -> None:
        self.values = values

    def latest(self, policy_digest: str) -> Iterator[pl.DataFrame]:
        """Yield it so."""
        for page in self.values.latest(policy_digest):
            yield from page.partition_by("handle", maintain_order=True)


def test_many_changes_are_many_deliveries_at_places_that_are_free(
    bench: Bench, rows: Rows
) -> None:
    now = bench(RAISED)
    use = now.custody.reclassify_register
    taken, pages = Taken(use.pins), Pages(use.values)
    small = replace(use, pins=taken, values=pages, rows_per_delivery=3)

    found = small(reason=REASON, actor="engineer")
    now.run("test_partner")

    assert found is not None
    assert taken.asked == [3, 3, 3, 1]
    assert len(set(found.deliveries)) == len(found.deliveries) == 3
    assert placed(now) == renewed(rows)


@pytest.mark.usefixtures("rows")
def test_customers_of_a_source_that_left_the_policy_are_counted_alone(
    bench: Bench,
) -> None:
    now = bench(gone="sources/test_partner.yaml")

    found = ask(now)

    assert (found.unapproved, found.changed, found.deliveries) == (ROWS, 0, [])


def test_without_a_fit_reason_nothing_is_begun(bench: Bench) -> None:
    now = bench()
    before = len(list(now.custody.ledger.lines()))

    found = now.custody.reclassify_register(reason="two\nlines", actor="engineer")

    assert found is None
    assert len(list(now.custody.ledger.lines())) == before


@pytest.mark.usefixtures("rows")
def test_a_changed_mask_is_a_change(bench: Bench) -> None:
    """What is shown must follow policy, whether or not a level moves."""
    mask = "  kinds: [person_name]\n  mask: "
    masked = ("fields.yaml", f"{mask}surname", f"{mask}hidden")

    by_mask = ask(bench(masked), dry_run=True)

    assert by_mask.changed == ROWS
    assert not by_mask.levels


class KilledError(Exception):
    """The process is gone."""


def killed(*_: object) -> str:
    """End as a killed process does."""
    raise KilledError


def kill_while_sealing(now: Installation, point: str) -> None:
    """Ask for a reclassification that ends at a step of the seal."""

    def reached(step: str) -> None:
        if step == point:
            raise KilledError

    custody = open_custody(now.custody.settings, reached=reached)
    with pytest.raises(KilledError):
        custody.reclassify_register(reason=REASON, actor="engineer")


def test_killed_at_any_step_and_asked_again_it_converges(
    bench: Bench, rows: Rows
) -> None:
    """The sweep names what is owed meanwhile; no row is staged twice."""
    now = bench(RAISED)
    before_seal = replace(now.custody.reclassify_register, seal=killed)

    with pytest.raises(KilledError):
        before_seal(reason=REASON, actor="engineer")
    swept = now.custody.sweep().waiting
    kill_while_sealing(now, "stage.commit.before")
    found = ask(now)
    [key] = found.deliveries
    answers = now.run("test_partner")[key.delivery_id]

    assert ("test_partner", key.business_date) in swept
    assert (found.changed, found.waiting) == (0, ROWS)
    assert answers == ["already", "checked", "loaded", "exported", "erased"]
    assert placed(now) == renewed(rows)


@pytest.mark.usefixtures("rows")
def test_staging_that_a_crash_emptied_comes_back_from_the_register(
    bench: Bench,
) -> None:
    now = bench(RAISED)
    [key] = ask(now).deliveries
    with now.custody.warehouse(roles.WAREHOUSE_LOADER).begin() as connection:
        connection.execute(text("DELETE FROM intake.staged_projection"))
        connection.execute(text("DELETE FROM intake.staged_facts"))

    answers = now.run("test_partner")[key.delivery_id]

    assert answers == ["sealed", "checked", "loaded", "exported", "erased"]


@pytest.mark.usefixtures("rows")
def test_the_day_of_collection_stays(bench: Bench) -> None:
    """Retention counts from the day on which the data was collected."""
    now = bench(RAISED)
    ask(now)
    now.run("test_partner")

    with now.custody.warehouse(roles.WAREHOUSE_LOADER).connect() as connection:
        days = connection.execute(
            text("SELECT DISTINCT business_date FROM register.record_version")
        ).all()

    assert [day for (day,) in days] == [DAY]


def test_what_a_partner_brings_meanwhile_is_never_covered(
    bench: Bench, rows: Rows
) -> None:
    """Another tier; one company was updated between sealing and load."""
    now = bench(("tiers.yaml", "y_yuan: 100_000 ", "y_yuan: 90_000 "))

    found = ask(now)
    renew_first(now)
    [key] = found.deliveries

    assert found.tiers == {"low>medium": ROWS}
    assert now.tally(key.delivery_id).loaded == ROWS - 1
    assert now.tally(key.delivery_id).refused == 1
    assert placed(now) == renewed(rows)
    assert ask(now).unchanged == ROWS


def held_rows(now: Installation, delivery_id: DeliveryId) -> list[tuple[str, str]]:
    """Return handle and reason of the held rows, in order."""
    with now.custody.warehouse(roles.WAREHOUSE_READER).connect() as connection:
        rows = connection.execute(
            text(
                "SELECT handle, reasons FROM intake.row_outcome"
                " WHERE delivery_id = :id AND outcome = 'held' ORDER BY row"
            ),
            {"id": delivery_id},
        ).all()
    return [(row.handle.hex(), ",".join(row.reasons)) for row in rows]


def test_a_field_that_policy_no_longer_knows_holds_its_rows(
    bench: Bench, rows: Rows
) -> None:
    """A steward may give the row to its own customer, and to nobody else."""
    known, ignored = "field: contact_person}", "ignore: not needed}"
    now = bench(("sources/test_partner.yaml", known, ignored))

    found = ask(now)
    [key] = found.deliveries
    now.run("test_partner")
    tally, waiting = now.tally(key.delivery_id), held_rows(now, key.delivery_id)
    again = ask(now)
    decided = [
        now.custody.decide_row(
            waiting[0][0], ruling, reason=REASON, actor="steward"
        ).answer.value
        for ruling in (
            NewCustomer(),
            ToCustomer(rows[-1][0]),
            ToCustomer(rows[0][0]),
        )
    ]

    assert (found.held, tally.held, tally.loaded) == (ROWS, ROWS, 0)
    assert {reason for _, reason in waiting} == {"unknown_field"}
    assert (again.changed, again.waiting) == (0, ROWS)
    assert decided == ["no_customer", "no_customer", "done"]
    assert len(latest(now)) == ROWS
    renew_first(bench())
    assert [row[2] for row in latest(now)] == ["medium"] * ROWS


def renew_first(now: Installation) -> None:
    """Let the partner bring the first company again, with another phone."""
    head, first, *_ = content("L").decode().splitlines()
    phone = f"138001{next(COUNTED):05}"
    newer = "\n".join([head, first.replace("13800130000", phone), ""])
    brought = now.put("test_partner", newer.encode(), name="rows.csv")
    now.run("test_partner")
    assert now.tally(brought).loaded == 1


def test_the_loader_opens_nothing_of_the_register(
    bench: Bench, loaded: DeliveryId
) -> None:
    """Twin: the same reading as the rebuilder is let through."""
    assert loaded
    custody = bench().custody
    as_loader = PostgresRegisteredValues(custody.warehouse(roles.WAREHOUSE_LOADER))
    as_rebuilder = PostgresRegisteredValues(
        custody.warehouse(roles.WAREHOUSE_REBUILDER)
    )

    with pytest.raises(ConfigurationError):
        list(as_loader.latest(custody.policy.digest))

    assert list(as_rebuilder.latest(custody.policy.digest))


def test_a_sender_cannot_take_the_place_of_a_reclassification(bench: Bench) -> None:
    with pytest.raises(ConflictError):
        bench().custody.deliver(
            "test_partner",
            {"rows.csv": io.BytesIO(content("M"))},
            business_date=DAY,
            sequence=LAST_LANDED_SEQUENCE + 1,
        )


@pytest.mark.usefixtures("loaded")
def test_the_opening_is_in_the_ledger_before_it_happens(bench: Bench) -> None:
    now = bench()
    first = 1 + len(list(now.custody.ledger.lines()))
    begun = replace(now.custody.reclassify_register, keyring=cast("Keyring", None))

    with pytest.raises(AttributeError):
        begun(reason=REASON, actor="engineer")
    [line] = list(now.custody.ledger.lines(first=first))

    assert b'"kind":"register_reclassify_begun"' in line
    assert REASON.encode() in line
