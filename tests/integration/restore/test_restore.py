"""An installation made again from one medium: what was there is there, and opens."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from psycopg import errors
from sqlalchemy import text
from typer.testing import CliRunner

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.adapters.keyring.restored import RestoredKeyring
from custody.adapters.process_pool import pooled
from custody.adapters.warehouse.restored_records import RestoredRegister
from custody.application.ports.restore import Counts
from custody.application.restore.restored import Restored
from custody.bootstrap import Custody
from custody.cli.main import app
from custody.crypto import signing
from custody.domain.ledger import read_line
from custody.domain.ledger_check import verify_lines
from custody.errors import ConflictError, EvidenceError
from tests.builders.destructions import Person, bring, form
from tests.builders.installation import Installation
from tests.builders.people import chance
from tests.builders.restored import Target, empty_target
from tests.faults.walk import take_intake
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

COUNT = 12


@pytest.fixture(scope="module")
def source(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    return databases.install(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def persons(source: Installation) -> list[Person]:
    """Customers, one of them with a second version, and a row that waits."""
    found = bring(source, COUNT, seed=1)
    rng = chance(9)
    moved = {**found[0].row, "form_id": "moved", "phone": "13900139000"}
    silent = {**form(rng, "silent"), "phone": "", "email": "", "address": ""}
    lines = [json.dumps(row, ensure_ascii=False) for row in (moved, silent)]
    source.put("website", "\n".join(lines).encode(), name="more.jsonl")
    assert take_intake(source.custody)
    source.custody.copy_ledger()
    return found


@pytest.fixture(scope="module")
def target(
    databases: Databases,
    source: Installation,
    persons: list[Person],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Target]:
    assert persons
    home = tmp_path_factory.mktemp("target")
    with empty_target(databases.server, source, home) as target:
        yield target


@dataclass(frozen=True)
class Both:
    """What came of a restore, and how both sides stood right after it."""

    restored: Restored
    custody: Custody
    before: dict[str, list[tuple[object, ...]]]
    after: dict[str, list[tuple[object, ...]]]
    lines: list[bytes]


@pytest.fixture(scope="module")
def both(source: Installation, target: Target) -> Both:
    restored, there = target.restore(), target.opened()
    return Both(
        restored,
        there,
        {what: _rows(source.custody, query) for what, query in _SAME.items()},
        {what: _rows(there, query) for what, query in _SAME.items()},
        list(there.ledger.lines()),
    )


def _rows(custody: Custody, query: str) -> list[tuple[object, ...]]:
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def _shown(custody: Custody) -> dict[str, tuple[str | None, object]]:
    return {str(one.number): (one.name, one.shown) for one in custody.views.customers()}


def test_every_customer_is_there_again(both: Both) -> None:
    """R65-R68: from the medium alone, and counted."""
    assert both.restored.counts == Counts(
        customers=COUNT, versions=COUNT + 1, values=3 * COUNT + 3, waiting=3,
        deliveries=2,
    )  # fmt: skip
    assert (both.restored.opened, both.restored.shown) == (3 * COUNT + 6, COUNT + 2)


_SAME = {
    "versions": "SELECT handle, number, version, delivery_id, level, tier, industry,"
    " customer_type, party, responsible, classes, state, business_date, part"
    " FROM register.record_version ORDER BY handle",
    "values": "SELECT * FROM register.sealed_value ORDER BY handle, level",
    "waiting values": "SELECT handle, level, sealed, digest, key_id"
    " FROM intake.staged_value ORDER BY handle, level",
    "customers": "SELECT number, prefix, year, serial, first_delivery"
    " FROM register.customer ORDER BY number",
    "serials": "SELECT * FROM register.serial ORDER BY prefix, year",
    "deliveries": "SELECT delivery_id, source_id, business_date, sequence, state,"
    " manifest_digest, rows_read, loaded, unchanged, pending, quarantined, refused,"
    " held, policy_digest, exported_at IS NULL, erased_at IS NULL"
    " FROM intake.delivery ORDER BY delivery_id",
    "waiting rows": "SELECT handle, level, tier, verdict, reasons, prefix"
    " FROM intake.staged_row ORDER BY handle",
    "token fields": "SELECT handle, number, field FROM register.token"
    " ORDER BY handle, field",
    "row token levels": "SELECT handle, number, version, level"
    " FROM register.row_token ORDER BY handle, level",
    "marks that wait": "SELECT handle, match_key, token, collected_on"
    " FROM intake.waiting_suppression ORDER BY handle, match_key",
    "shown": "SELECT handle, number, name, shown::jsonb FROM projection.record"
    " ORDER BY handle",
    "indexes": "SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes"
    " WHERE schemaname IN ('register', 'intake', 'projection') ORDER BY indexname",
    "requests": "SELECT handle, field, reason, state FROM intake.supplement_request"
    " ORDER BY handle, field, reason",
}


@pytest.mark.parametrize("what", sorted(_SAME))
def test_what_stood_in_the_tables_stands_there(what: str, both: Both) -> None:
    assert both.before[what]
    assert both.after[what] == both.before[what]


def test_keys_go_on_under_new_epochs_and_none_under_an_old_one(
    source: Installation, both: Both
) -> None:
    old = set(source.custody.keyring(roles.KEYRING_OWNER).living())
    keyring = both.custody.keyring(roles.KEYRING_OWNER)

    assert old
    assert not old & set(keyring.living())
    assert all(keyring.keys_left(one) == 0 for one in old)
    (number,) = {one.number for one in keyring.living()}
    assert number > max(one.number for one in old)  # others may have restored before
    for epoch in keyring.living():
        assert both.custody.provider.open(epoch)


def test_every_version_is_whose_the_ledger_says(both: Both) -> None:
    """What was restored may be destroyed from (ADR 26)."""
    assert both.custody.still_linked() == ()


def test_no_token_is_one_of_before(source: Installation, both: Both) -> None:
    """Guesses against older copies do not help with the new ones, nor the reverse."""
    query = (
        "SELECT token FROM register.token UNION SELECT token FROM register.row_token"
    )

    assert not set(_rows(source.custody, query)) & set(_rows(both.custody, query))


def test_the_ledger_goes_on(source: Installation, both: Both, target: Target) -> None:
    """From its off-site head, told as `restored`, and it holds as a whole (R72)."""
    before = list(source.custody.ledger.lines())

    assert both.lines[: len(before)] == before
    assert both.restored.head.size == len(before)
    last = read_line(both.lines[-1])
    assert (last.kind, last.body["customers"]) == ("restored", COUNT)
    assert len(both.lines) == len(before) + 1  # nothing was opened twice, for the view
    verdict = verify_lines(
        both.lines, verify=signing.verify_labelled, pins=target.given().pins
    )
    assert verdict.holds


def test_a_customer_is_known_again(both: Both, persons: list[Person]) -> None:
    """Tokens match: the same form is unchanged, a moved one the same customer's."""
    there = both.custody
    same = {**persons[1].row, "form_id": persons[1].row["form_id"]}
    moved = {**persons[2].row, "form_id": "later", "phone": "13700137000"}
    lines = [json.dumps(row, ensure_ascii=False) for row in (same, moved)]
    installation = Installation(there, there.settings.home, {})
    delivery = installation.put("website", "\n".join(lines).encode(), name="n.jsonl")

    assert take_intake(there)

    tally = installation.tally(delivery)
    assert (tally.unchanged, tally.loaded) == (1, 1)
    query = f"SELECT number, version FROM register.record_version WHERE delivery_id = '{delivery}'"  # noqa: E501, S608 - ours
    assert _rows(there, query) == [(persons[2].number, 2)]


def test_a_target_that_holds_anything_is_refused(target: Target, both: Both) -> None:
    before = _shown(both.custody)

    with pytest.raises(ConflictError, match="not empty"):
        target.restore()

    assert _shown(target.opened()) == before


def test_the_command_restores_from_the_other_medium_with_two_cards(
    databases: Databases,
    source: Installation,
    persons: list[Person],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """R67: and tells what it did; a wrong card is told by its place."""
    base = tmp_path_factory.mktemp("cards")
    folders = [part for n in "123" for part in ("--cards", str(base / n))]
    secret = str(source.secrets / "b.recovery")
    env = {**source.environment, "CUSTODY_LANG": "en"}
    split = CliRunner().invoke(
        app, ["keys", "split", "b", "--secret", secret, *folders], env=env
    )
    assert split.exit_code == 0, split.output
    cards = [base / n / f"b-share-{n}.txt" for n in "123"]
    with empty_target(databases.server, source, base / "home") as target:
        env = {**target.environment, "CUSTODY_LANG": "en"}
        pin = target.given("b").pins[0]
        command = [
            "restore", "--from", "b", "--pin", pin,
            "--into", env["CUSTODY_WAREHOUSE_URL"],
            "--keyring", env["CUSTODY_KEYRING_URL"],
        ]  # fmt: skip

        once = [*command, "--share", str(cards[1]), "--share", str(cards[1])]
        refused = CliRunner().invoke(app, once, env=env)
        done = CliRunner().invoke(
            app, [*command, "--share", str(cards[2]), "--share", str(cards[0])], env=env
        )

        assert refused.exit_code == 1
        assert "card 2" in refused.stderr
        assert done.exit_code == 0, done.output
        assert f"restored: {COUNT} customers" in done.output
        assert "values opened" in done.stderr, "its progress"
        assert "data objects" in done.stderr
        assert len(_shown(target.opened())) == len(persons)


def test_nobody_but_the_owner_enters_before_everything_agrees(
    databases: Databases,
    source: Installation,
    persons: list[Person],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Counts that disagree stop it; the next run starts afresh and succeeds."""
    assert persons
    home = tmp_path_factory.mktemp("closed")
    with empty_target(databases.server, source, home) as target:
        custody = target.opened()
        use = custody.restore(target.given())
        engine = custody.keyring_engine(roles.KEYRING_OWNER)
        spoilt = replace(use, keyring=_Miscounting(engine))

        with pytest.raises(EvidenceError, match="keys"):
            spoilt()

        with pytest.raises(Exception, match="read"):
            list(custody.views.customers())
        with pytest.raises(errors.InsufficientPrivilege):
            _connect(target)
        assert target.restore().counts.customers == COUNT
        assert len(_shown(target.opened())) == COUNT


@pytest.mark.long
def test_several_pages_by_a_worker_come_to_the_same(
    databases: Databases,
    source: Installation,
    persons: list[Person],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whoever works on a page, and in however many pages: what stands is the same."""
    assert persons
    home = tmp_path_factory.mktemp("paged")
    with empty_target(databases.server, source, home) as target:
        custody = target.opened()
        engine = custody.warehouse(roles.WAREHOUSE_OWNER)
        use = custody.restore(target.given())
        paged = replace(use, register=RestoredRegister(engine, page=2), lines=pooled(1))

        assert paged().opened == 3 * COUNT + 6

        for query in _SAME.values():
            assert _rows(custody, query) == _rows(source.custody, query)


class _Miscounting(RestoredKeyring):
    """A keyring that counts other many keys than it holds."""

    def count(self) -> int:
        return -1


def _connect(target: Target) -> None:
    engine = target.opened().warehouse(roles.WAREHOUSE_READER)
    try:
        engine.connect()
    except Exception as error:  # SQLAlchemy wraps it
        cause = getattr(error, "orig", error)
        if "permission denied for database" in str(cause):
            raise errors.InsufficientPrivilege from None
        raise
