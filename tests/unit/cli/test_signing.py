"""From a key of one's own to a destruction that may be carried out, as commands."""

import datetime as dt
import itertools
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from custody import bootstrap
from custody.application.approve import Approval, Approved
from custody.application.decision_record import ReadRecord
from custody.application.founding import FoundReviewers
from custody.application.keep_plan import KeepPlan
from custody.application.public_keys import PublicKeys
from custody.application.retention_plan import PlanRetention
from custody.application.reviewers import KnowReviewers
from custody.application.sign import SignDecisions
from custody.cli import retention, reviewer, sign
from custody.cli.main import Commands
from custody.domain.decisions import read_decision
from custody.domain.kept_customer import KeptCustomer
from custody.domain.ledger import origin_of
from custody.domain.levels import Level
from custody.domain.people import Role
from custody.domain.retention import Anchor
from tests.builders.boardroom import RULES
from tests.builders.decided import NOW, TODAY, TRUST
from tests.builders.policies import policy_with
from tests.fakes.decisions import FakeDecisions, FakePlans
from tests.fakes.ledger import FakeLedger
from tests.fakes.retention import FakeRetention
from tests.fakes.world import FixedClock

PASSPHRASE = "three words and a number 7"
SHOP, OTHER = "XX2020000001", "XX2020000002"
PUBLIC = PublicKeys(media={}, quarantine="age1invented", ledger=bytes(32))


def customer(number: str, *, over: bool) -> KeptCustomer:
    """Return a customer whose time is over, or has not begun to run."""
    ended = {Anchor.DEREGISTRATION: dt.date(2020, 1, 1)} if over else {}
    return KeptCustomer(
        number=number,
        levels=frozenset({Level.MEDIUM, Level.LOW}),
        industry="unknown",
        customer_type=None,
        events={Anchor.COLLECTION: dt.date(2019, 1, 1), **ended},
    )


class Installation:
    """What commands open: fakes, and real key files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.policy = replace(policy_with("example"), destruction=RULES)
        self.ledger = FakeLedger()
        self.decisions = FakeDecisions(self.ledger)
        self.plans = FakePlans(self.ledger)
        self.book = FakeRetention(
            self.ledger,
            {
                SHOP: customer(SHOP, over=True),
                OTHER: customer(OTHER, over=False),
            },
        )
        self.public = PUBLIC
        self.clock = FixedClock(NOW)
        self.nonces: Iterator[bytes] = (
            at.to_bytes(16, "big") for at in itertools.count()
        )
        self.app = typer.Typer(cls=Commands)
        for group in (retention, reviewer, sign):
            group.add_to(self.app)
        self.passphrase = folder / "passphrase"
        self.passphrase.write_text(PASSPHRASE + "\n", "utf-8")
        self.passphrase.chmod(0o600)

    def opened(self) -> SimpleNamespace:
        """Return Custody as the commands see it."""
        founders = {who: origin_of(key) for who, key in self.public.enrolment.items()}
        record = ReadRecord(
            people=self.policy.people,
            decisions=self.decisions,
            founders=founders,
            trust=TRUST,
        )

        def keep(content: bytes) -> None:
            self.public = PublicKeys.from_json(content)

        def entropy(count: int) -> bytes:
            return next(self.nonces)[-count:]

        shared: dict[str, Any] = {"policy": self.policy, "decisions": self.decisions}
        return SimpleNamespace(
            policy=self.policy,
            clock=self.clock,
            plan_retention=PlanRetention(policy=self.policy, book=self.book),
            keep_plan=KeepPlan(
                policy=self.policy, book=self.book, plans=self.plans, clock=self.clock
            ),
            sign=SignDecisions(
                **shared, plans=self.plans, record=record, clock=self.clock,
                entropy=entropy,
            ),
            reviewers=KnowReviewers(
                **shared, record=record, clock=self.clock, entropy=entropy
            ),
            found_reviewers=FoundReviewers(
                **shared, public_keys=self.public, keep=keep, verify=TRUST.verify,
                clock=self.clock,
            ),
            approval_status=Approved(**shared, plans=self.plans, record=record),
        )  # fmt: skip

    def run(self, *arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(self.app, list(arguments), input=typed)

    def make(self, person: str, name: str = "") -> Result:
        """Make a key; `name` is the file's, by default the person's."""
        return self.run(
            "reviewer", "new", person, "--out", self.key(name or person),
            "--passphrase-file", str(self.passphrase),
        )  # fmt: skip

    def key(self, name: str) -> str:
        return str(self.folder / f"{name}.key")

    def shown(self, name: str) -> str:
        return str(self.folder / f"{name}.key.pub")

    def as_(self, person: str, name: str = "") -> tuple[str, ...]:
        """Return the options by which a person signs."""
        return (
            "--as", person, "--key", self.key(name or person),
            "--passphrase-file", str(self.passphrase),
        )  # fmt: skip

    def found(self) -> Result:
        for person in ("sun", "qian"):
            self.make(person)
        return self.run("reviewer", "found", self.shown("sun"), self.shown("qian"))

    def plan(self) -> str:
        """Keep the plan of today; return its digest."""
        told = self.run("retention", "plan", "--on", TODAY.isoformat(), "--keep")
        assert told.exit_code == 0, told.output
        (digest,) = self.plans.kept
        assert f"custody sign request {digest}" in told.output
        return digest


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Installation:
    house = Installation(tmp_path)
    monkeypatch.setenv("CUSTODY_LANG", "en")
    monkeypatch.setattr(bootstrap, "open_custody", house.opened)
    return house


def test_the_road_of_a_destruction(house: Installation) -> None:
    """R69, R70: what the README tells security and the executive to type."""
    assert house.found().exit_code == 0
    plan = house.plan()
    before = house.run("sign", "status", plan)

    asked = house.run(
        "sign", "request", plan, *house.as_("sun"), "--reason", "retention is over"
    )
    between = house.run("sign", "status", plan)
    agreed = house.run("sign", "approve", plan, *house.as_("qian"))
    after = house.run("sign", "status", plan)

    assert before.exit_code == 1
    assert "nobody has requested it" in before.stderr
    assert asked.exit_code == 0, asked.output
    assert "You are about to sign: destruction request" in asked.output
    assert "customers  1 of 100 in the register, 2 lines" in asked.output
    assert "medium  standard  1" in asked.output
    assert "low  standard  1" in asked.output
    assert f"plan       {plan}" in asked.output
    assert "nobody has approved it" in between.stderr
    assert "nobody has requested it" not in between.stderr
    assert agreed.exit_code == 0, agreed.output
    assert "requested by sun (sun) on 2026-11-24 02:00 UTC" in agreed.output
    assert "retention is over" in agreed.output
    assert after.exit_code == 0
    assert "requested by sun, approved by qian, 1 customers" in after.output


def test_the_passphrase_is_the_last_word(house: Installation) -> None:
    """What is signed stands there before the passphrase is asked for."""
    house.found()
    plan = house.plan()
    word = ("sign", "request", plan, "--as", "sun", "--key", house.key("sun"))

    left = house.run(*word, typed="")
    wrong = house.run(*word, typed="another passphrase\n")
    right = house.run(*word, typed=PASSPHRASE + "\n")

    assert left.exit_code != 0
    assert "about to sign" in left.output
    assert wrong.exit_code == 1
    assert "does not open" in wrong.stderr
    assert right.exit_code == 0
    assert PASSPHRASE not in right.output
    assert len(house.decisions.lines) == 3  # two keys shown, one request


def test_a_third_reviewer_needs_two_voices(house: Installation) -> None:
    house.found()
    house.make("zhao")

    waits = house.run("reviewer", "propose", "zhao", house.shown("zhao"))
    digest = list(house.decisions.lines)[-1]
    one = house.run("reviewer", "vouch", digest, *house.as_("sun"))
    half = house.run("reviewer", "list").output
    other = house.run("reviewer", "vouch", digest, *house.as_("qian"))
    whole = house.run("reviewer", "list").output

    assert f"custody reviewer vouch {digest}" in waits.output
    assert "key is zhao's" in one.output
    assert f"zhao\twaits (1 of 2)\t" in half  # noqa: F541 - as it is printed
    assert other.exit_code == 0
    assert "zhao\tstands\t" in whole
    assert "waits" not in whole


def test_a_reviewer_revokes_their_own_key(house: Installation) -> None:
    house.found()
    plan = house.plan()
    house.run("sign", "request", plan, *house.as_("sun"))

    revoked = house.run(
        "reviewer", "revoke", "sun", *house.as_("sun"), "--reason", "the key was lost"
    )
    told = house.run("sign", "status", plan)
    again = house.run("sign", "request", plan, *house.as_("sun"))

    assert revoked.exit_code == 0
    assert "for good" in revoked.output
    assert "sun\trevoked\t" in house.run("reviewer", "list").output
    assert "the key was revoked" in told.stderr
    assert again.exit_code == 1
    assert "was not the signer's" in again.stderr


def test_a_withdrawal_ends_what_was_approved(house: Installation) -> None:
    house.found()
    plan = house.plan()
    house.run("sign", "request", plan, *house.as_("sun"))
    house.run("sign", "approve", plan, *house.as_("qian"))

    ended = house.run("sign", "withdraw", plan, *house.as_("qian"))
    told = house.run("sign", "status", plan)

    assert ended.exit_code == 0
    assert "You are about to sign: withdrawal" in ended.output
    assert "the request was withdrawn" in told.stderr


def test_more_than_the_cap_is_said_expressly(house: Installation) -> None:
    house.found()
    plan = house.plan()
    house.plans.size = 1

    plain = house.run("sign", "request", plan, *house.as_("sun"))
    larger = house.run("sign", "request", plan, *house.as_("sun"), "--larger")

    assert plain.exit_code == 1
    assert "must both say --larger" in plain.stderr
    assert larger.exit_code == 0
    assert "MORE than policy's cap" in larger.output


def test_a_key_is_made_once_and_locked(house: Installation) -> None:
    first = house.make("sun")
    again = house.make("sun")
    file = Path(house.key("sun"))

    assert first.exit_code == 0
    assert again.exit_code == 1
    assert "made once" in again.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    pem = file.read_bytes()
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE")
    shown = read_decision(Path(house.shown("sun")).read_bytes().strip())
    assert (shown.decision.person, shown.decision.role) == ("sun", None)


def test_a_new_passphrase_is_asked_for_twice(house: Installation) -> None:
    made = house.run(
        "reviewer", "new", "sun", "--out", house.key("sun"),
        typed=f"{PASSPHRASE}\n{PASSPHRASE}\n",
    )  # fmt: skip

    assert made.exit_code == 0, made.output
    assert PASSPHRASE not in made.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("reviewer", "new", "nobody", "--out", "{folder}/x"), "names nobody so"),
        (("reviewer", "propose", "sun", "{folder}/none"), "cannot be read"),
        (("reviewer", "propose", "sun", "{folder}/passphrase"), "formats.md"),
        (("reviewer", "propose", "he", "{folder}/zhao.key.pub"), "not the role"),
        (("reviewer", "vouch", "ab" * 32, "{sun}"), "no such key waits"),
        (("reviewer", "revoke", "he", "{sun}"), "no key that stands"),
        (("reviewer", "found", "{folder}/zhao.key.pub", "{folder}/zhao.key.pub"),
         "stand in the public keys file"),
        (("sign", "request", "ab" * 32, "{sun}"), "no such plan"),
        (("sign", "status", "nonsense"), "no such plan"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(
    house: Installation, arguments: tuple[str, ...], told: str
) -> None:
    house.found()
    house.make("zhao")
    before = dict(house.decisions.lines)
    filled: list[str] = []
    for one in arguments:
        more = house.as_("sun") if one == "{sun}" else (
            one.format(folder=house.folder),
        )  # fmt: skip
        filled += more

    result = house.run(*filled)

    assert result.exit_code == 1
    assert told in result.stderr
    assert house.decisions.lines == before


def test_a_short_passphrase_is_refused(house: Installation) -> None:
    """The library stretches it 2,048 times only: a short one would be guessed."""
    house.passphrase.write_text("short", "utf-8")

    made = house.make("sun")

    assert made.exit_code == 1
    assert "at least 15 characters" in made.stderr
    assert not Path(house.key("sun")).exists()


def test_a_passphrase_that_others_may_read_is_refused(house: Installation) -> None:
    house.passphrase.chmod(0o644)

    made = house.make("sun")

    assert made.exit_code == 1
    assert "0600" in made.stderr


def test_a_passphrase_file_that_is_not_there_is_told(house: Installation) -> None:
    house.passphrase.unlink()

    assert "cannot be read" in house.make("sun").stderr


def test_another_s_key_signs_nothing(house: Installation) -> None:
    """The file of another reviewer, brought in one's own name."""
    house.found()
    plan = house.plan()
    before = dict(house.decisions.lines)

    result = house.run("sign", "request", plan, *house.as_("sun", "qian"))

    assert result.exit_code == 1
    assert "holds another one" in result.stderr
    assert house.decisions.lines == before


def test_nobody_has_a_key_at_first(house: Installation) -> None:
    assert "no reviewer has a key yet" in house.run("reviewer", "list").output


def test_a_chinese_reader_is_told_in_chinese(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODY_LANG", "zh")
    house.found()
    plan = house.plan()

    asked = house.run("sign", "request", plan, *house.as_("sun"))
    refused = house.run("sign", "approve", plan, *house.as_("sun"))

    assert "您将签署：销毁申请" in asked.output
    assert "不能签署：" in refused.stderr
    assert "不能批准自己的申请" in refused.stderr


def test_the_answer_of_the_commands_is_the_executor_s(house: Installation) -> None:
    house.found()
    plan = house.plan()
    house.run("sign", "request", plan, *house.as_("sun"))
    house.run("sign", "approve", plan, *house.as_("qian"))

    answer = house.opened().approval_status.take(plan, now=NOW)

    assert isinstance(answer, Approval)
    assert answer.request.decision.role is Role.SECURITY_REVIEWER
    late = house.run("sign", "withdraw", plan, *house.as_("qian"))
    assert late.exit_code == 1
    assert "was carried out" in late.stderr
