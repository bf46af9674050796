"""The path of one record, from the landing zone to the ledger, for an auditor.

One invented person fills in the website's form. The tests follow what becomes of it,
in the order in which it happens.
"""

import io
import json

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.age_box import decrypt
from custody.application.views import RecordView
from custody.crypto import recovery
from custody.domain.delivery import DeliveryId
from custody.domain.outcome import Tally
from tests.builders import people
from tests.builders.deliveries import DAY
from tests.builders.installation import Installation

pytestmark = [pytest.mark.journey, pytest.mark.integration]

CHANCE = people.chance(20_261_123)
PERSON = {
    "form_id": "W-1",
    "name": "示例甲乙",
    "party": "natural",
    "phone": "13800138000",
    "email": "example@example.com",
    "id_number": people.resident_id(CHANCE, born=DAY.replace(year=1990)),
    "industry": "金融-银行",
    "customer_type": "new",
    "consent_time": f"{DAY}T08:00:00+08:00",
}
SECRETS = [PERSON[name] for name in ("name", "phone", "email", "id_number")]


@pytest.fixture(scope="module")
def delivery(installation: Installation) -> DeliveryId:
    """The form as it lands."""
    line = json.dumps(PERSON, ensure_ascii=False).encode()
    return installation.put("website", line, name="forms.jsonl")


@pytest.fixture(scope="module")
def answers(installation: Installation, delivery: DeliveryId) -> list[str]:
    """What each step of the intake answered."""
    return installation.run("website")[delivery]


@pytest.fixture(scope="module")
def record(installation: Installation, answers: list[str]) -> RecordView:
    """The record as the register shows it."""
    assert answers[-1] == "erased"
    (customer,) = installation.custody.views.customers()
    return customer


def test_each_step_is_done_once(answers: list[str]) -> None:
    """Sealed at first touch, checked, loaded, written off-site, erased (R1)."""
    assert answers == ["sealed", "checked", "loaded", "exported", "erased"]


def test_the_row_is_accounted_for(
    installation: Installation, delivery: DeliveryId, answers: list[str]
) -> None:
    """Read = loaded + unchanged + pending + quarantined + refused + held."""
    assert answers
    assert installation.tally(delivery) == Tally(read=1, loaded=1)


def test_the_customer_has_a_number_of_industry_year_and_serial(
    record: RecordView,
) -> None:
    """R28: FI for finance, the year of the business date, a serial."""
    assert record.number == f"FI{DAY.year}000001"
    assert record.version == 1


def test_the_record_is_as_sensitive_as_the_most_sensitive_thing_in_it(
    record: RecordView,
) -> None:
    """R7, R21: it holds an identity number, so it is high; it waits for review."""
    assert record.level == "high"
    assert record.state == "pending_review"


def test_people_see_masks(record: RecordView) -> None:
    """R30, R31, R75, R76."""
    assert record.shown is not None
    assert record.shown["customer_name"] == "示*"
    assert record.shown["phone"] == "138****8000"
    assert record.shown["email"] == "ex*@example.com"
    assert record.shown["resident_id"] != PERSON["id_number"]
    assert record.name is None


def test_the_warehouse_holds_sealed_bytes_only(
    installation: Installation, record: RecordView
) -> None:
    """R14: three levels, three keys; none of the bytes shows a value."""
    values = text("SELECT level, sealed FROM register.sealed_value")
    engine = installation.custody.warehouse(roles.WAREHOUSE_EXPORTER)
    with engine.connect() as connection:
        sealed = {
            str(level): bytes(value) for level, value in connection.execute(values)
        }

    assert record.handle
    assert set(sealed) == {"high", "medium", "low"}
    assert all(value.startswith(b"CS\x01\x01") for value in sealed.values())
    assert not [s for s in SECRETS if s.encode() in b"".join(sealed.values())]


def test_the_landed_file_is_gone(
    installation: Installation, answers: list[str]
) -> None:
    """R64: nothing is kept locally."""
    assert answers
    assert list(installation.custody.landing.deliveries()) == []


def test_the_report_tells_counts_and_no_value(
    installation: Installation, delivery: DeliveryId, answers: list[str]
) -> None:
    """A steward reads the verdict; nobody reads the person."""
    assert answers
    report = installation.custody.reports.get(delivery)
    assert report is not None
    page = report.page.decode()

    assert delivery in page
    assert not [secret for secret in SECRETS if secret in page]


def test_each_medium_holds_the_sealed_row_with_its_wrapped_key(
    installation: Installation, delivery: DeliveryId, record: RecordView
) -> None:
    """R65-R68: opened with the medium's recovery secret, which no job has."""
    for medium in installation.custody.media:
        (path,) = medium.list(f"objects/{delivery}")
        secret = recovery.secret_from_text(
            (installation.secrets / f"{medium.name}.recovery").read_text().strip()
        )
        identity = recovery.derive_identities(secret, medium=medium.name).age_identity

        rows = pl.read_parquet(
            io.BytesIO(decrypt(medium.read(path), identity=identity))
        )

        assert rows["customer"].unique().to_list() == [record.number]
        assert rows["level"].sort().to_list() == ["high", "low", "medium"]
        assert rows["wrapped"].null_count() == 0


def test_the_ledger_tells_the_story(
    installation: Installation, delivery: DeliveryId, answers: list[str]
) -> None:
    """Recorded, chained, signed, in the order in which it happened."""
    assert answers
    lines = list(installation.custody.ledger.lines())
    told = [json.loads(line.split(b" ", 1)[1].rsplit(b" ", 1)[0]) for line in lines]

    assert [one["kind"] for one in told if one["subject"] == delivery] == [
        "admitted",
        "sealed",
        "checked",
        "loaded",
        "exported",
        "erased",
    ]
    assert not [secret for secret in SECRETS if secret.encode() in b"".join(lines)]


def test_the_same_form_again_is_a_replay(
    installation: Installation, record: RecordView
) -> None:
    """Nothing is loaded twice."""
    line = json.dumps(PERSON, ensure_ascii=False).encode()
    again = installation.put("website", line, name="forms.jsonl")

    admission = installation.custody.admit("website")

    assert admission.to_process == ()
    assert [(one, list(why)) for one, why in admission.quarantined] == [
        (again, ["replay"])
    ]
    assert [one.number for one in installation.custody.views.customers()] == [
        record.number
    ]


def test_a_changed_phone_becomes_a_new_version(
    installation: Installation, record: RecordView
) -> None:
    """R52: the same identity number names the same customer."""
    moved = {**PERSON, "phone": "13900139000"}
    line = json.dumps(moved, ensure_ascii=False).encode()
    installation.put("website", line, name="forms.jsonl")

    installation.run("website")
    history = installation.custody.views.history(str(record.number))

    assert [one.version for one in history] == [2, 1]
    assert history[0].shown is not None
    assert history[0].shown["phone"] == "139****9000"
