"""The README's road to a destruction on PostgreSQL, and what its owner may forge.

R69, R70: whoever owns the database may write what they like; the executor asks the
signatures, the plan's digest and the ledger.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from custody.adapters.database import transaction
from custody.adapters.roles import WAREHOUSE_OWNER
from custody.application.approve import Approval
from custody.bootstrap import Custody, open_custody
from custody.cli.main import app
from custody.domain.approving import Doubt, Refusals
from custody.errors import EvidenceError
from tests.builders.installation import Installation
from tests.integration.conftest import Databases
from tests.integration.warehouse.deliveries import Row, open_warehouse

pytestmark = pytest.mark.integration

PASSPHRASE = "three words and a number 7"
NUMBERS = ("FI2026000001", "FI2026000002")


@dataclass(frozen=True)
class Desk:
    """One installation, its commands, and its database as the owner has it."""

    installation: Installation
    databases: Databases
    folder: Path

    @property
    def custody(self) -> Custody:
        """Return Custody as a new process opens it: founders are read once."""
        return open_custody(self.installation.custody.settings)

    def run(self, *arguments: str) -> Result:
        environment = {**self.installation.environment, "CUSTODY_LANG": "en"}
        result = CliRunner().invoke(app, list(arguments), env=environment)
        assert result.exit_code == 0, result.output + result.stderr
        return result

    def file(self, person: str) -> str:
        return str(self.folder / f"{person}.key")

    def sign(self, word: str, plan: str, person: str) -> Result:
        larger = () if word == "withdraw" else ("--larger",)
        return self.run(
            "sign", word, plan, "--as", person, "--key", self.file(person),
            "--passphrase-file", str(self.folder / "passphrase"), *larger,
        )  # fmt: skip

    def owner(self, *statements: str, plan: str = "") -> None:
        """Do as the owner of the database, its triggers switched off."""
        with transaction(
            self.databases.warehouse(WAREHOUSE_OWNER), "forge"
        ) as connection:
            for table in ("review.decision", "destruction.plan_line"):
                connection.execute(
                    text(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
                )
            for statement in statements:
                connection.execute(text(statement), {"plan": plan})
            for table in ("review.decision", "destruction.plan_line"):
                connection.execute(
                    text(f"ALTER TABLE {table} ENABLE TRIGGER append_only")
                )

    def reasons(self, plan: str) -> set[Doubt]:
        """Return why the executor refuses; none when it does not."""
        answer = self.custody.approved.verify(plan, now=self.custody.clock.now())
        if isinstance(answer, Refusals):
            return {one.doubt for one in answer.reasons}
        return set()


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two customers whose time is over, and two founding reviewers."""
    warehouse = open_warehouse(databases)
    warehouse.load([Row({"resident_id": "a"}), Row({"resident_id": "b"})])
    folder = tmp_path_factory.mktemp("signed")
    installation = databases.install(folder / "home")
    (folder / "passphrase").write_text(PASSPHRASE, "utf-8")
    (folder / "passphrase").chmod(0o600)
    desk = Desk(installation, databases, folder)
    for number in NUMBERS:
        desk.run(
            "customer", "event", number, "deregistration", "--on", "2015-01-01",
            "--reason", "closed the account at the branch",
        )  # fmt: skip
    for person in ("sun", "qian"):
        desk.run(
            "reviewer", "new", person, "--out", desk.file(person),
            "--passphrase-file", str(folder / "passphrase"),
        )  # fmt: skip
    desk.run("reviewer", "found", f"{desk.file('sun')}.pub", f"{desk.file('qian')}.pub")
    return desk


_days = iter(range(1, 28))


@pytest.fixture
def plan(desk: Desk) -> str:
    """A plan of a day of its own, requested and approved."""
    on = f"2026-10-{next(_days):02}"
    told = desk.run("retention", "plan", "--on", on, "--keep").output
    digest = next(
        line.rpartition(" ")[2]
        for line in told.splitlines()
        if line.startswith("plan digest")
    )
    desk.sign("request", digest, "sun")
    desk.sign("approve", digest, "qian")
    return digest


def test_what_the_readme_says_leads_to_an_approval(desk: Desk, plan: str) -> None:
    told = desk.run("sign", "status", plan).output

    answer = desk.custody.approved.take(plan, now=desk.custody.clock.now())

    assert "it may be carried out" in told
    assert isinstance(answer, Approval)
    assert answer.customers == len(NUMBERS)
    assert (answer.requested_by.person_id, answer.approved_by.person_id) == (
        "sun",
        "qian",
    )
    assert desk.reasons(plan) == {Doubt.USED}


def test_a_plan_set_back_after_it_was_taken_stays_used(desk: Desk, plan: str) -> None:
    """The ledger remembers what the row forgets."""
    desk.custody.approved.take(plan, now=desk.custody.clock.now())

    desk.owner(
        "UPDATE destruction.plan SET state = 'kept', request = NULL,"
        " approval = NULL, taken_at = NULL"
    )

    assert desk.reasons(plan) == {Doubt.USED}


def test_a_line_added_to_a_signed_plan_is_found(desk: Desk, plan: str) -> None:
    desk.owner(
        "INSERT INTO destruction.plan_line SELECT digest, 999, 'XX2020000009',"
        " level, last_day, rule, legal_basis FROM destruction.plan_line"
        " WHERE position = 1 AND digest = decode(:plan, 'hex')",
        plan=plan,
    )

    assert desk.reasons(plan) == {Doubt.PLAN_ALTERED, Doubt.OTHER_COUNT}


def test_a_line_edited_in_a_signed_plan_is_found(desk: Desk, plan: str) -> None:
    desk.owner(
        "UPDATE destruction.plan_line SET last_day = last_day - 1"
        " WHERE position = 1 AND digest = decode(:plan, 'hex')",
        plan=plan,
    )

    assert desk.reasons(plan) == {Doubt.PLAN_ALTERED}


def test_a_deleted_withdrawal_is_missed(desk: Desk, plan: str) -> None:
    """Without its row it still ends the request, and everybody's plan waits."""
    desk.sign("withdraw", plan, "qian")
    kept = "CREATE TABLE review.aside AS SELECT * FROM review.decision"
    gone = (
        "DELETE FROM review.decision WHERE kind = 'destruction_withdrawal'"
        " AND subject = :plan"
    )

    desk.owner(kept, gone, plan=plan)
    found = desk.reasons(plan)
    desk.owner(
        "INSERT INTO review.decision OVERRIDING SYSTEM VALUE"
        " SELECT * FROM review.aside ON CONFLICT DO NOTHING",
        "DROP TABLE review.aside",
    )

    assert found == {Doubt.WITHDRAWN, Doubt.MISSING}
    assert desk.reasons(plan) == {Doubt.WITHDRAWN}


def test_a_planted_row_is_found(desk: Desk, plan: str) -> None:
    """A row that the ledger was never told of, however well it is signed."""
    desk.owner(
        "INSERT INTO review.decision (digest, kind, subject, line, recorded_at)"
        " SELECT sha256('other'), kind, subject, replace(encode(line, 'escape'),"
        " '\"larger\"\\:true', '\"larger\"\\:false')::bytea, recorded_at"
        " FROM review.decision WHERE subject = :plan LIMIT 1",
        plan=plan,
    )
    found = desk.reasons(plan)
    desk.owner("DELETE FROM review.decision WHERE digest = sha256('other')")

    assert found == {Doubt.UNTOLD}
    assert desk.reasons(plan) == set()


def test_founders_written_into_the_file_are_not_the_ledger_s(
    desk: Desk, plan: str
) -> None:
    public = desk.custody.settings.public_keys_file
    before = public.read_bytes()
    key = desk.custody.public_keys.enrolment["qian"].hex()
    public.write_bytes(before.replace(key.encode(), b"ab" * 32))
    try:
        with pytest.raises(EvidenceError, match="founding reviewers"):
            desk.reasons(plan)
    finally:
        public.write_bytes(before)


def test_each_refusal_is_a_line_of_the_ledger(desk: Desk) -> None:
    """Even of a plan that nobody kept."""
    before = _refusals(desk)

    assert desk.reasons("ab" * 32) == {Doubt.UNKNOWN_PLAN}

    assert _refusals(desk) == before + 1


def _refusals(desk: Desk) -> int:
    return sum(
        b'"kind":"approval_refused"' in line for line in desk.custody.ledger.lines()
    )
