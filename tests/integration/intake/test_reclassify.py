"""A delivery whose file is gone is examined again from its staged sealed values."""

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.config import read_settings
from custody.adapters.warehouse import fetching
from custody.application.intake.seal import LANDED_FILE_GONE
from custody.application.opening import Opener
from custody.bootstrap import Custody, open_custody
from custody.columns import seal as seal_columns
from custody.domain.delivery import DeliveryId, DeliveryKey, DeliveryState
from custody.domain.fields import Mask
from custody.domain.masking import mask
from custody.domain.outcome import Tally
from custody.errors import EvidenceError
from tests.builders.installation import STEPS, Installation

pytestmark = pytest.mark.integration

HEADER = "CANARY-HEADER"
"""The header cell that policy does not know at first."""

PARTNER = """
label: {{zh: 测试伙伴, en: Test partner}}
channel: partner_transfer
owner_department: sales
responsible: {{person: 客户经理-王*}}
authorisation: {{reference: TEST-1, valid_from: 2020-01-01, valid_until: 2035-12-31}}
signature: {{required: false}}
layout: {{format: csv, encoding: utf-8, delimiter: ",", header: true}}
columns:
  - {{column: id, field: source_customer_id, requirement: mandatory}}
  - {{column: name, field: customer_name, requirement: mandatory}}
  - {{column: street, field: postal_address}}
  - {{column: town, field: postal_address}}
  - {{column: mobile, field: phone}}
{more}unknown_columns: hold
match_keys:
  - [source_customer_id]
party: legal
purposes: [trade]
minors_allowed: false
legal_basis: contract
phone_region: CN
"""
NAMED = f"  - {{column: {HEADER}, field: contact_person}}\n"
CONTACT = "王示例甲"
ROWS = 7
KEPT = ["", *[CONTACT] * ROWS]
"""An unknown column is kept as it came, empty cells too."""

UNREADABLE = Tally(read=ROWS + 2, quarantined=1)
STAGED = ("staged_facts", "staged_token", "staged_row_token", "staged_projection")

Bench = Callable[..., Installation]


def content(label: str) -> bytes:
    """Return ROWS companies, one row of nothing, and one that cannot be read."""
    lines = [f"id,name,street,town,mobile,{HEADER}"]
    lines += [
        f"{label}{n},示例{label}{n}公司,甲路{n}号,示例城,1380013{n:04},{CONTACT}"
        for n in range(ROWS)
    ]
    return "\n".join([*lines[:3], ",,,,,", "short", *lines[3:], ""]).encode()


@pytest.fixture
def bench(installation: Installation, tmp_path: Path) -> Bench:
    """Return the installation under a policy whose partner has these columns more."""

    def under(more: str = "") -> Installation:
        folder = tmp_path / (f"named-{len(more)}")
        (folder / "sources").mkdir(parents=True, exist_ok=True)
        file = folder / "sources" / "test_partner.yaml"
        file.write_text(PARTNER.format(more=more), encoding="utf-8")
        dirs = installation.environment["CUSTODY_POLICY_DIR"]
        environment = {
            **installation.environment,
            "CUSTODY_POLICY_DIR": os.pathsep.join((dirs, str(folder))),
        }
        return replace(installation, custody=open_custody(read_settings(environment)))

    return under


def put_and_hold(bench: Installation, label: str) -> DeliveryId:
    """Run a delivery until it is held, exported and erased."""
    delivery_id = bench.put("test_partner", content(label), name="rows.csv")
    answers = bench.run("test_partner")
    assert answers[delivery_id] == ["sealed", "held", "held", "exported", "erased"]
    key = DeliveryKey.parse(delivery_id)
    assert key is not None
    assert not bench.custody.landing.files(key)
    return delivery_id


def again(bench: Installation, delivery_id: DeliveryId) -> list[str]:
    """Do what a run of the DAG does with a delivery that was sealed before."""
    custody = bench.custody
    answers = [custody.seal(delivery_id), custody.ensure_staged(delivery_id)]
    return answers + [getattr(custody, step)(delivery_id) for step in STEPS[1:]]


def reclassify(bench: Installation, delivery_id: DeliveryId) -> str:
    """Ask for a reclassification, as a steward."""
    return bench.custody.reclassify(
        delivery_id, reason="the column is named now", actor="steward"
    )


def crash(bench: Installation) -> None:
    """Do what a crash of PostgreSQL does to UNLOGGED tables."""
    tables = ", ".join(f"intake.{table}" for table in STAGED)
    engine = bench.custody.warehouse(roles.WAREHOUSE_OWNER)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables}"))


def query(custody: Custody, sql: str, **bound: object) -> pl.DataFrame:
    """Return what the warehouse's owner sees."""
    with custody.warehouse(roles.WAREHOUSE_OWNER).connect() as connection:
        found = connection.execute(text(sql), bound)
        names = list(found.keys())
        return pl.DataFrame(
            [tuple(row) for row in found.all()], schema=names, orient="row"
        )


def opened(custody: Custody, table: str, delivery_id: str) -> dict[str, list[str]]:
    """Open what is sealed of a delivery: `<level> <field>` to its values, sorted."""
    rows = "intake.staged_row" if "staged" in table else "register.record_version"
    values = query(
        custody,
        f"SELECT v.handle, v.level, v.sealed, v.key_id, v.digest FROM {table} v"  # noqa: S608
        f" JOIN {rows} r USING (handle) WHERE r.delivery_id = :id",
        id=delivery_id,
    )
    opener = Opener(
        policy=custody.policy,
        keyring=custody.keyring(roles.KEYRING_REBUILDER),
        provider=custody.provider,
    )
    found: dict[str, list[str]] = {}
    for row, fields in opener.each(values):
        for name, value in fields.items():
            found.setdefault(f"{row['level']} {name}", []).append(value)
    return {name: sorted(texts) for name, texts in found.items()}


def entries(custody: Custody, delivery_id: str) -> list[Mapping[str, object]]:
    """Return the ledger's entries about a delivery, in order."""
    lines = (
        json.loads(line.split(b" ", 1)[1].rsplit(b" ", 1)[0])
        for line in custody.ledger.lines()
    )
    return [line for line in lines if line["subject"] == delivery_id]


def test_a_column_named_later_is_in_the_register(bench: Bench) -> None:
    """Held, exported, erased; then policy names the column, and nothing was lost."""
    before, after = bench(), bench(NAMED)
    delivery_id = put_and_hold(before, "a")
    held = opened(before.custody, "intake.staged_value", delivery_id)

    answer = reclassify(after, delivery_id)
    loaded = again(after, delivery_id)

    assert answer == "sealed"
    assert loaded == ["already", "already", "checked", "loaded", "exported", "already"]
    assert held[f"high ?6:{HEADER}"] == KEPT
    sealed = opened(after.custody, "register.sealed_value", delivery_id)
    assert sealed["medium contact_person"] == [CONTACT] * ROWS
    assert not [name for name in sealed if "?" in name]
    for name in ("low customer_name", "medium postal_address", "medium phone"):
        assert sealed[name] == held[name]
    assert after.tally(delivery_id) == replace(UNREADABLE, loaded=ROWS, pending=1)
    masks = {
        (line.shown or {}).get("contact_person")
        for line in after.custody.views.customers()
        if (line.name or "").startswith("示例a")
    }
    assert masks == {mask(CONTACT, Mask.SURNAME, natural_person=False)}
    assert CONTACT not in masks


def test_every_step_is_in_the_ledger_and_the_opening_comes_first(bench: Bench) -> None:
    """Who, why, under which policy; then what came of it."""
    delivery_id = put_and_hold(bench(), "b")
    after = bench(NAMED)

    reclassify(after, delivery_id)
    again(after, delivery_id)

    told = entries(after.custody, delivery_id)
    assert [one["kind"] for one in told] == [
        *("admitted", "sealed", "held", "exported", "erased"),
        *("reclassified", "sealed", "checked", "loaded", "exported"),
    ]
    assert told[5]["body"] == {
        "reason": "the column is named now",
        "actor": "steward",
        "state": "held",
        "policy": after.custody.policy.digest,
    }
    assert told[6]["body"] == {
        "rows": ROWS + 1,
        "unreadable": 1,
        "policy": after.custody.policy.digest,
    }


def test_no_handle_and_no_key_is_used_again(bench: Bench) -> None:
    """New keys draw new nonces' worth: a key seals one message (docs/formats.md)."""
    before, after = bench(), bench(NAMED)
    delivery_id = put_and_hold(before, "c")
    sql = "SELECT handle, key_id FROM intake.staged_value WHERE delivery_id = :id"
    old = query(before.custody, sql, id=delivery_id)

    reclassify(after, delivery_id)

    new = query(after.custody, sql, id=delivery_id)
    assert not set(old["key_id"]) & set(new["key_id"])
    assert not set(old["handle"]) & set(new["handle"])


@pytest.mark.parametrize("fetch", [1, 4])
def test_rows_keep_their_numbers_however_few_are_opened_at_a_time(
    bench: Bench, fetch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks end where a row ends; a row of nothing is a row."""
    before, after = bench(), bench(NAMED)
    delivery_id = put_and_hold(before, f"d{fetch}-")
    sql = "SELECT row, level FROM intake.staged_row WHERE delivery_id = :id"
    rows = query(before.custody, sql, id=delivery_id)["row"].sort()
    with before.custody.warehouse(roles.WAREHOUSE_OWNER).begin() as connection:
        connection.execute(
            text("DELETE FROM intake.staged_value WHERE delivery_id = :id AND row = 3"),
            {"id": delivery_id},
        )
    monkeypatch.setattr(fetching, "ROWS_PER_FETCH", fetch)

    reclassify(after, delivery_id)

    assert query(after.custody, sql, id=delivery_id)["row"].sort().equals(rows)
    facts = pl.concat(list(after.custody.staging.facts(delivery_id)))
    assert facts["row"].to_list() == rows.to_list()
    assert facts.filter(pl.col("record__reasons").str.contains("missing")).height == 1


def test_a_policy_that_does_not_name_it_holds_it_again(bench: Bench) -> None:
    """The header is still there for a policy that does."""
    before = bench()
    delivery_id = put_and_hold(before, "e")

    reclassify(before, delivery_id)
    checked = before.custody.check(delivery_id)

    assert checked == "held"
    assert before.tally(delivery_id) == replace(UNREADABLE, held=ROWS + 1)
    sealed = opened(before.custody, "intake.staged_value", delivery_id)
    assert sealed[f"high ?6:{HEADER}"] == KEPT


def test_without_the_header_the_value_stays_unknown(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twin: nothing tells any more which column it was."""
    monkeypatch.setattr(seal_columns, "sealed_name", lambda column, _header: column)
    before, after = bench(), bench(NAMED)
    delivery_id = put_and_hold(before, "f")

    reclassify(after, delivery_id)
    checked = after.custody.check(delivery_id)

    assert checked == "held"
    sealed = opened(after.custody, "intake.staged_value", delivery_id)
    assert sealed["high ?6"] == KEPT


def test_the_header_is_nowhere_in_clear(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in tables, facts, reports, ledger nor logs; the value likewise."""
    caplog.set_level(logging.DEBUG)
    before = bench()
    delivery_id = put_and_hold(before, "g")
    reclassify(before, delivery_id)
    before.custody.check(delivery_id)

    tables = query(
        before.custody,
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
        " WHERE schemaname IN ('intake', 'register', 'projection', 'ledger')",
    )["name"]
    kept = [
        str(cell)
        for name in tables
        for cell in query(before.custody, f"SELECT t::text FROM {name} t")["t"]  # noqa: S608
    ]
    facts = pl.concat(list(before.custody.staging.facts(delivery_id)), how="diagonal")
    report = before.custody.reports.get(delivery_id)
    assert report is not None
    seen = "\n".join(
        (
            *kept,
            *facts.columns,
            str(facts.drop("handle").rows()),
            report.page.decode(),
            caplog.text,
        )
    )
    for secret in (HEADER, CONTACT):
        assert secret not in seen
        assert secret.encode().hex() not in seen
    assert "示例g1公司" in seen  # a low field, in the projection: the search finds


def test_a_released_delivery_recovers_from_a_crash_without_its_file(
    bench: Bench,
) -> None:
    """A release is a word on what held it; a crash does not take it back."""
    before = bench()
    delivery_id = put_and_hold(before, "h")
    before.custody.held.release(delivery_id, reason="agreed", actor="steward")
    crash(before)

    answers = again(before, delivery_id)

    assert answers[:4] == [LANDED_FILE_GONE, "checked", "checked", "loaded"]
    assert before.tally(delivery_id) == replace(UNREADABLE, loaded=ROWS, pending=1)
    kinds = [one["kind"] for one in entries(before.custody, delivery_id)]
    assert kinds[5:] == [
        *("released", "reclassified", "sealed", "checked", "loaded", "exported")
    ]


def test_a_steward_who_asks_for_it_anew_decides_anew(bench: Bench) -> None:
    """A reclassification that was asked for voids the release before it."""
    before = bench()
    delivery_id = put_and_hold(before, "i")
    before.custody.held.release(delivery_id, reason="agreed", actor="steward")

    reclassify(before, delivery_id)

    assert before.custody.check(delivery_id) == "held"


def test_a_landed_file_is_sealed_again_after_a_crash(bench: Bench) -> None:
    """Where there is a file, nothing needs opening."""
    after = bench(NAMED)
    delivery_id = after.put("test_partner", content("j"), name="rows.csv")
    after.run("test_partner", steps=("seal", "check"))
    crash(after)

    assert after.custody.ensure_staged(delivery_id) == "checked"
    assert after.custody.load(delivery_id) == "loaded"
    kinds = [one["kind"] for one in entries(after.custody, delivery_id)]
    assert "reclassified" not in kinds


def test_a_row_that_is_missing_in_staging_changes_nothing(bench: Bench) -> None:
    """Conservation is proven before the old staging is let go."""
    before, after = bench(), bench(NAMED)
    delivery_id = put_and_hold(before, "k")
    with before.custody.warehouse(roles.WAREHOUSE_OWNER).begin() as connection:
        connection.execute(
            text("DELETE FROM intake.staged_row WHERE delivery_id = :id AND row = 2"),
            {"id": delivery_id},
        )

    with pytest.raises(EvidenceError):
        reclassify(after, delivery_id)

    found = after.custody.book.find(delivery_id)
    assert found is not None
    assert found.state is DeliveryState.HELD
    assert opened(after.custody, "intake.staged_value", delivery_id)


def test_a_loaded_delivery_is_not_reclassified(bench: Bench) -> None:
    """Its rows are in the register: policy changes reach them there."""
    after = bench(NAMED)
    delivery_id = after.put("test_partner", content("l"), name="rows.csv")
    after.run("test_partner")

    assert reclassify(after, delivery_id) == "loaded"
    assert reclassify(after, DeliveryId("test_partner/2026-11-23/999")) == "unknown"
