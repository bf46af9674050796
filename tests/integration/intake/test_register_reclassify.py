"""Customers of the register are examined again when policy has changed."""

import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from custody.adapters.config import read_settings
from custody.application.reclassify_register import Reclassified
from custody.bootstrap import open_custody
from custody.domain.delivery import DeliveryId
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
REASON = "the policy has changed"
LEVEL = ("fields.yaml", "contact_person:                   # R30, R75")

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
    """Return the installation under the policy with a text of a file changed."""

    def under(*changes: tuple[str, str, str]) -> Installation:
        folder = tmp_path_factory.mktemp("policy") / "policy"
        shutil.copytree(ROOT / "include" / "policy", folder)
        (folder / "sources" / "test_partner.yaml").write_text(PARTNER, encoding="utf-8")
        for file, old, new in changes:
            told = (folder / file).read_text(encoding="utf-8")
            assert old in told
            (folder / file).write_text(told.replace(old, new, 1), encoding="utf-8")
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


def latest(bench: Installation) -> list[tuple[object, ...]]:
    """Return number, version, level and state of the latest versions."""
    views = bench.custody.views.customers(limit=100)
    return [(one.number, one.version, one.level, one.state) for one in views]


def test_an_unchanged_policy_writes_nothing_but_the_count(
    bench: Bench, loaded: DeliveryId
) -> None:
    assert loaded
    now = bench()
    before = latest(now)

    found = ask(now)

    assert (found.unchanged, found.changed, found.deliveries) == (ROWS, 0, [])
    assert latest(now) == before


def test_a_raised_level_makes_a_new_version_off_site_too(
    bench: Bench, loaded: DeliveryId, capfd: pytest.CaptureFixture[str]
) -> None:
    assert loaded
    now = bench(RAISED)
    before = latest(now)

    dry = ask(now, dry_run=True)
    untouched = latest(now)
    found = ask(now)
    [key] = found.deliveries
    answers = now.run("test_partner")[key.delivery_id]
    again = ask(now)

    assert (dry.changed, dry.deliveries, untouched) == (ROWS, [], before)
    assert found.levels == {"medium>high": ROWS}
    assert answers == ["already", "checked", "loaded", "exported", "erased"]
    assert latest(now) == [
        (number, 2, "high", "pending_review") for number, *_ in before
    ]
    assert (again.unchanged, again.changed, again.waiting) == (ROWS, 0, 0)
    told = "".join(line.decode() for line in now.custody.ledger.lines()) + "".join(
        capfd.readouterr()
    )
    assert CONTACT not in told
