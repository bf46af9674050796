"""Events, holds and the time machine, as commands over a fake register."""

import datetime as dt
import hashlib
import itertools
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from custody import bootstrap
from custody.adapters.policy import load_policy
from custody.application.keep_plan import KeepPlan
from custody.application.ports import Entry
from custody.application.retention import Answer, KeepRetention
from custody.application.retention_plan import PlanRetention
from custody.application.unanswered import AnswerRestore
from custody.cli import retention
from custody.cli.main import Commands
from custody.domain.kept_customer import KeptCustomer
from custody.domain.ledger import read_line
from custody.domain.levels import Level
from custody.domain.retention import Anchor
from custody.domain.unanswered import unanswered
from tests.builders.deliveries import MOMENT
from tests.fakes.decisions import FakePlans
from tests.fakes.ledger import FakeLedger
from tests.fakes.retention import FakeRetention
from tests.fakes.world import FixedClock

POLICY = load_policy(Path(__file__).parents[3] / "include" / "policy")
SHOP, BANK = "XX2020000001", "FI2020000001"
REASON = ("--reason", "closed the account at the branch")


def customer(number: str, industry: str) -> KeptCustomer:
    """Return a customer with two levels."""
    return KeptCustomer(
        number=number,
        levels=frozenset({Level.MEDIUM, Level.LOW}),
        industry=industry,
        customer_type="deregistered",
        events={Anchor.COLLECTION: dt.date(2020, 1, 1)},
    )


class Desk:
    """The commands over two customers."""

    def __init__(self) -> None:
        self.app = typer.Typer(cls=Commands)
        retention.add_to(self.app)
        self.ledger = FakeLedger()
        known = {
            SHOP: customer(SHOP, "unknown"),
            BANK: customer(BANK, "finance_bank"),
        }
        self.book = FakeRetention(self.ledger, known)
        self.plans = FakePlans(self.ledger)
        ids = (bytes([at]) for at in itertools.count(1))
        self.custody = SimpleNamespace(
            policy=POLICY,
            retention_book=self.book,
            lost_words=lambda: unanswered(map(read_line, self.ledger.lines())),
            plan_retention=PlanRetention(policy=POLICY, book=self.book),
            keep_plan=KeepPlan(
                policy=POLICY,
                book=self.book,
                plans=self.plans,
                clock=FixedClock(MOMENT),
            ),
        )
        self.keep(
            KeepRetention(
                policy=POLICY,
                book=self.book,
                clock=FixedClock(MOMENT),
                entropy=lambda count: next(ids) * count,
            )
        )

    def keep(self, use: KeepRetention) -> None:
        """Let words be recorded by this."""
        self.custody.keep_retention = use
        self.custody.answer_restore = AnswerRestore(
            keep=use, book=self.book, lost=self.custody.lost_words
        )

    def lose(self) -> tuple[str, str]:
        """Let a hold and an event be said, and a restore lose both; return the ids."""
        hold = self.run("hold", "set", SHOP, *REASON).output.split()[-1]
        event = self.ended(BANK, "2024-03-31").output.split()[-1]
        for said in (self.book.standing, self.book.events, self.book.said):
            said.clear()
        unknown = [f"hold {hold}", f"event {event}"]
        self.ledger.append(
            Entry(kind="restored", subject="customers", body={"unknown": unknown})
        )
        self.told = len(self.ledger.entries)
        return hold, event

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(self.app, list(arguments))

    def ended(self, number: str, on: str) -> Result:
        return self.run(
            "customer", "event", number, "deregistration", "--on", on, *REASON
        )


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk()
    monkeypatch.setenv("CUSTODY_LANG", "en")
    monkeypatch.setattr(bootstrap, "open_custody", lambda: desk.custody)
    return desk


def is_one_line(result: Result, told: str) -> bool:
    """Whether a command was refused in one line that says so."""
    (line,) = result.stderr.splitlines()
    return result.exit_code == 1 and told in line


def test_a_plan_tells_who_and_why_and_how_the_others_stand(desk: Desk) -> None:
    """R17: three years for a shop, ten for a bank (AML Law 34)."""
    assert desk.ended(SHOP, "2024-03-31").exit_code == 0
    assert desk.ended(BANK, "2024-03-31").exit_code == 0

    told = desk.run("retention", "plan", "--on", "2027-04-01").output

    assert f"{SHOP}\tmedium\tall\t2027-03-31\tstandard\t" in told
    assert f"{SHOP}\tlow\tall\t2027-03-31\tstandard\t" in told
    assert BANK not in told
    assert "due\tstandard\t2" in told
    assert "storage only\tfinancial\t2" in told


def test_nobody_is_due_a_day_early(desk: Desk) -> None:
    desk.ended(SHOP, "2024-03-31")

    told = desk.run("retention", "plan", "--on", "2027-03-31").output

    assert "Nobody is due on 2027-03-31." in told
    assert SHOP not in told


def test_a_plan_as_json_is_what_its_digest_is_over(desk: Desk) -> None:
    desk.ended(SHOP, "2024-03-31")

    plan = desk.run("retention", "plan", "--on", "2027-04-01", "--json").stdout
    told = desk.run("retention", "plan", "--on", "2027-04-01").output

    assert f"plan digest {hashlib.sha256(plan.encode()).hexdigest()}" in told
    head, *lines = plan.splitlines()
    assert head.startswith("custody/plan/3 {")
    assert json.loads(head.partition(" ")[2])["ordinal"] == 1
    assert [json.loads(line)["number"] for line in lines] == [SHOP, SHOP]


def test_a_plan_that_came_to_its_end_is_kept_anew_at_once(desk: Desk) -> None:
    """What is printed is what would be kept: the next one of its day (R69)."""
    desk.ended(SHOP, "2024-03-31")
    day = ("retention", "plan", "--on", "2027-04-01")

    first = digest_told(desk.run(*day, "--keep"))
    again = digest_told(desk.run(*day, "--keep"))
    desk.plans.ended.add(first)
    printed = desk.run(*day, "--json").stdout
    second = digest_told(desk.run(*day, "--keep"))

    assert first == again != second
    assert hashlib.sha256(printed.encode()).hexdigest() == second
    assert {one.ordinal for one in desk.plans.plans()} == {1, 2}


def digest_told(result: Result) -> str:
    """Return the digest that a plan is told by."""
    (line,) = (one for one in result.output.splitlines() if "plan digest" in one)
    return line.rpartition(" ")[2]


def test_a_hold_takes_a_customer_off_the_plan_until_it_is_lifted(desk: Desk) -> None:
    desk.ended(SHOP, "2024-03-31")
    made = desk.run("hold", "set", SHOP, *REASON)
    hold = made.output.split()[-1]

    listed = desk.run("hold", "list", "--json")
    held = desk.run("retention", "plan", "--on", "2027-04-01").output
    lifted = desk.run("hold", "lift", hold, *REASON)
    free = desk.run("retention", "plan", "--on", "2027-04-01").output

    assert json.loads(listed.output)["number"] == SHOP
    assert "on legal hold\tstandard\t2" in held
    assert lifted.exit_code == 0
    assert "due\tstandard\t2" in free


def test_an_event_is_withdrawn_by_its_id(desk: Desk) -> None:
    event = desk.ended(SHOP, "2024-03-31").output.split()[-1]

    again = desk.ended(SHOP, "2024-04-30")
    withdrawn = desk.run("customer", "withdraw", event, *REASON)
    told = desk.run("retention", "plan", "--on", "2040-01-01").output

    assert is_one_line(again, "withdraw it first")
    assert withdrawn.exit_code == 0
    assert "in use\tstandard\t2" in told


def test_the_ledger_hears_of_each_word_and_names_no_customer(desk: Desk) -> None:
    """Idea 6: only who may open writes about a subject."""
    event = desk.ended(SHOP, "2024-03-31").output.split()[-1]
    desk.run("customer", "withdraw", event, *REASON)
    hold = desk.run("hold", "set", SHOP, *REASON).output.split()[-1]
    desk.run("hold", "lift", hold, *REASON)

    kinds = [entry.kind for entry in desk.ledger.entries]

    assert kinds == ["event_recorded", "event_withdrawn", "hold_set", "hold_lifted"]
    assert not any(SHOP.encode() in line for line in desk.ledger.lines())
    assert {entry.subject for entry in desk.ledger.entries} == {POLICY.dataset}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("customer", "event", "XX1", "deregistration", "--on", "2024-03-31"), "XX1"),
        (("customer", "event", SHOP, "whim", "--on", "2024-03-31"), "one of: dereg"),
        (("customer", "event", SHOP, "deregistration", "--on", "today"), "2027-03-31"),
        (("customer", "event", SHOP, "deregistration", "--on", "20240331"), "written"),
        (("customer", "event", SHOP, "deregistration", "--on", "2040-01-01"), "come"),
        (("customer", "withdraw", "ab" * 16), "not found"),
        (("customer", "withdraw", "no"), "32 hex"),
        (("hold", "set", "XX1"), "not found: XX1"),
        (("hold", "lift", "ab" * 16), "not found"),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    desk: Desk, arguments: tuple[str, ...], told: str
) -> None:
    result = desk.run(*arguments, *REASON)

    assert is_one_line(result, told)
    assert desk.ledger.entries == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("customer", "event", SHOP, "deregistration", "--on", "2024-03-31"),
        ("customer", "withdraw", "ab" * 16),
        ("hold", "set", SHOP),
        ("hold", "lift", "ab" * 16),
    ],
)
def test_a_reason_that_names_a_person_is_refused(
    desk: Desk, arguments: tuple[str, ...]
) -> None:
    result = desk.run(*arguments, "--reason", "call 13800138000")

    assert is_one_line(result, "without personal data")
    assert desk.ledger.entries == []


def test_a_day_is_policy_s_day(desk: Desk) -> None:
    """At 18:00 UTC it is tomorrow in Shanghai: that day has begun there."""
    late = FixedClock(dt.datetime(2026, 11, 24, 18, 0, tzinfo=dt.UTC))
    desk.keep(KeepRetention(policy=POLICY, book=desk.book, clock=late, entropy=bytes))

    assert desk.ended(SHOP, "2026-11-25").exit_code == 0
    assert is_one_line(desk.ended(BANK, "2026-11-26"), "not come")


# --- what a restore lost ------------------------------------------------------------


def bodies(desk: Desk) -> list[tuple[str, dict[str, object]]]:
    """Return what was told after the restore, without moves."""
    return [
        (one.kind, {name: one.body[name] for name in one.body if name != "moved"})
        for one in desk.ledger.entries[desk.told :]
    ]


def test_what_a_restore_lost_is_listed_with_all_that_the_ledger_has(desk: Desk) -> None:
    """When, by whom and why: the customer stands in no line (R69)."""
    hold, event = desk.lose()

    told = desk.run("retention", "unanswered").output
    lines = desk.run("retention", "unanswered", "--json").output.splitlines()

    assert f"custody hold set NUMBER --again {hold}" in told
    assert f"deregistration --on 2024-03-31 --again {event}" in told
    assert told.count("closed the account at the branch") == 2
    first, second = map(json.loads, lines)
    assert (first["kind"], first["id"], first["day"]) == ("hold", hold, "2026-11-23")
    assert (second["id"], second["event"]) == (event, "deregistration")


def test_nothing_is_listed_where_nothing_was_lost(desk: Desk) -> None:
    assert "nothing waits" in desk.run("retention", "unanswered").output
    assert desk.run("retention", "unanswered", "--json").output == ""


def test_it_is_said_again_under_its_own_id(desk: Desk) -> None:
    """The customer is held as before, and the line says what it answers."""
    hold, event = desk.lose()

    held = desk.run("hold", "set", SHOP, "--again", hold, *REASON)
    gone = desk.run(
        *("customer", "event", BANK, "deregistration", "--on", "2024-03-31"),
        *("--again", event, *REASON),
    )

    assert (held.exit_code, gone.exit_code) == (0, 0)
    assert {one.hold_id.hex() for one in desk.book.holds()} == {hold}
    assert {one.hex() for one in desk.book.events} == {event}
    told = bodies(desk)
    assert [kind for kind, _ in told] == ["hold_set", "event_recorded"]
    assert [body["restored"] for _, body in told] == [3, 3]
    assert desk.run("retention", "unanswered", "--json").output == ""
    assert is_one_line(
        desk.run("hold", "set", SHOP, "--again", hold, *REASON), "it was answered"
    )


def test_it_is_said_to_be_over_with_a_reason(desk: Desk) -> None:
    hold, event = desk.lose()

    assert desk.run("hold", "lift", hold, *REASON).exit_code == 0
    assert desk.run("customer", "withdraw", event, *REASON).exit_code == 0

    why = {"reason": REASON[1], "restored": 3}
    (lifted, first), (withdrawn, second) = bodies(desk)
    assert (lifted, withdrawn) == ("hold_lifted", "event_withdrawn")
    assert first == {"hold": hold, **why, "actor": first["actor"]}
    assert second == {"event": event, **why, "actor": second["actor"]}
    assert desk.run("retention", "unanswered", "--json").output == ""
    assert is_one_line(desk.run("hold", "lift", hold, *REASON), "not found")


def test_of_two_answers_at_the_same_moment_the_one_that_keeps_stands(
    desk: Desk,
) -> None:
    """Set again while another says that it is over: who comes later is told."""
    hold, _ = desk.lose()
    before = desk.custody.lost_words()
    desk.run("hold", "set", SHOP, "--again", hold, *REASON)
    del desk.book.standing[bytes.fromhex(hold)]  # lift() does not see it yet
    late = AnswerRestore(
        keep=desk.custody.keep_retention, book=desk.book, lost=lambda: before
    )

    told = late.lift(bytes.fromhex(hold), reason=REASON[1], actor="test")

    assert told.answer is Answer.ALREADY
    assert [kind for kind, _ in bodies(desk)] == ["hold_set"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("hold", "set", SHOP, "--again", "ab" * 16), "no restore has lost"),
        (("hold", "set", "XX1", "--again", "HOLD"), "not found: XX1"),
        (("hold", "set", SHOP, "--again", "EVENT"), "no restore has lost"),
        (("hold", "set", SHOP, "--again", "no"), "32 hex"),
        (
            *(("customer", "event", SHOP, "deregistration", "--on", "2024-04-01"),),
            "another kind or day",
        ),
        (
            *(("customer", "event", SHOP, "last_transaction", "--on", "2024-03-31"),),
            "another kind or day",
        ),
    ],
)
def test_what_answers_nothing_is_refused(
    desk: Desk, arguments: tuple[str, ...], told: str
) -> None:
    hold, event = desk.lose()
    names = {"HOLD": hold, "EVENT": event}
    typed = [names.get(one, one) for one in arguments]
    typed += [] if "--again" in typed else ["--again", event]

    assert is_one_line(desk.run(*typed, *REASON), told)
    assert bodies(desk) == []


def test_an_event_that_nobody_lost_is_not_recorded_again(desk: Desk) -> None:
    answer = desk.run(
        *("customer", "event", SHOP, "deregistration", "--on", "2024-03-31"),
        *("--again", "ab" * 16, *REASON),
    )

    assert is_one_line(answer, "no restore has lost")
