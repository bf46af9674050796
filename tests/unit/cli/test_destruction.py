"""`custody destruction run|list|show`, over a small world (R69-R72)."""

import datetime as dt
import json
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from custody.application.destroy.begin import Refusal
from custody.application.destroy.certify import NotCertifiedError
from custody.application.ports.destruction_book import Run
from custody.cli import destruction as commands
from custody.domain.certificate import Doubt, Reason
from custody.domain.destruction import RunState
from custody.domain.observations import FullSetSeen, Recovery
from tests.fakes.destruction import FakeDestructionBook
from tests.fakes.ledger import FakeLedger

NOW = dt.datetime(2026, 12, 1, 3, tzinfo=dt.UTC)
PLAN, OTHER = "ab" * 32, "cd" * 32
Answer = Callable[[str], Run | Refusal]


def run_in(state: RunState, plan: str = PLAN) -> Run:
    """Return a run that stands somewhere."""
    return Run(plan=plan, state=state, begun_at=NOW, moved_at=NOW)


@pytest.fixture
def book() -> FakeDestructionBook:
    """One run that came to its end."""
    book = FakeDestructionBook(FakeLedger())
    book.started[PLAN] = run_in(RunState.CERTIFIED)
    return book


@pytest.fixture
def desk(
    book: FakeDestructionBook, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Return what gives a command, with what `destroy` answers."""

    def give(
        *arguments: str, answer: Answer | None = None, language: str = "en"
    ) -> Result:
        custody = SimpleNamespace(destroy=answer, destruction_runs=book)
        monkeypatch.setattr(commands, "opened", lambda: nullcontext(custody))
        app = typer.Typer()
        commands.add_to(app)
        app.command("other")(lambda: None)
        return CliRunner().invoke(
            app, ["destruction", *arguments], env={"CUSTODY_LANG": language}
        )

    return give


def test_a_run_that_came_to_its_end_says_so_in_both_languages(
    desk: Callable[..., Result],
) -> None:
    def answer(plan: str) -> Run:
        return run_in(RunState.CERTIFIED, plan)

    english = desk("run", PLAN, answer=answer)
    chinese = desk("run", PLAN, answer=answer, language="zh")

    assert english.exit_code == 0
    assert f"the destruction is certified (certified): {PLAN}" in english.output
    assert "certified (已出具销毁记录)" in chinese.output
    assert "another day" not in english.output


@pytest.mark.parametrize(
    ("language", "words"), [("en", "planned anew"), ("zh", "重新保存当日计划")]
)
@pytest.mark.parametrize("state", [RunState.REFUSED, RunState.SPARED])
def test_a_run_that_did_nothing_says_how_to_ask_again(
    desk: Callable[..., Result], state: RunState, language: str, words: str
) -> None:
    told = desk("run", PLAN, answer=lambda _: run_in(state), language=language)
    done = desk(
        "run", PLAN, answer=lambda _: run_in(RunState.CERTIFIED), language=language
    )

    assert told.exit_code == 0
    assert words in told.output
    assert words not in done.output


def test_a_run_that_awaits_its_key_service_is_to_be_repeated(
    desk: Callable[..., Result],
) -> None:
    told = desk("run", PLAN, answer=lambda plan: run_in(RunState.PROVEN, plan))

    assert told.exit_code == 0
    assert "repeat this on another day" in told.output


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "on_hold 2 — on legal hold"), ("zh", "on_hold 2 — 处于法定保留")],
)
def test_every_reason_of_a_refusal_is_told_in_words(
    desk: Callable[..., Result], language: str, words: str
) -> None:
    refusal = Refusal(("on_hold 2", "no_approval"))

    told = desk("run", PLAN, answer=lambda _: refusal, language=language)

    assert told.exit_code == 1
    assert len(told.stderr.splitlines()) == 3
    assert words in told.stderr


def test_what_is_not_certified_yet_says_why_in_words(
    desk: Callable[..., Result],
) -> None:
    """Nothing is undone by it: the run is taken up again."""

    def answer(plan: str) -> Run:
        assert plan
        raise NotCertifiedError([Reason(Doubt.NO_FULL_SET, "tape")])

    told = desk("run", PLAN, answer=answer)

    assert told.exit_code == 1
    assert "no_full_set tape — no full set of the survivors lies there" in told.stderr


def test_runs_are_listed_as_lines_and_as_json(desk: Callable[..., Result]) -> None:
    plain, as_json = desk("list"), desk("list", "--json")

    assert plain.output.split("\t")[:2] == [PLAN, "certified"]
    assert json.loads(as_json.output)["state"] == "certified"


def test_a_run_is_shown_with_what_was_seen(
    desk: Callable[..., Result], book: FakeDestructionBook
) -> None:
    bare = json.loads(desk("show", PLAN, "--json").output)
    book.keep_recovery(
        PLAN,
        Recovery(
            due=25,
            due_before=25,
            due_after=0,
            survivors=20,
            survivors_after=20,
            seen_at=NOW,
        ),
    )
    book.keep_full_sets(
        PLAN,
        [
            FullSetSeen(
                medium="tape", manifest="11" * 32, values=7, root="22" * 32, seen_at=NOW
            )
        ],
    )

    shown = json.loads(desk("show", PLAN, "--json").output)

    assert bare.keys() == {"plan", "state", "begun_at", "moved_at"}
    assert (shown["opened_before"], shown["opened_after"]) == (25, 0)
    assert (shown["survivors"], shown["survivors_opened"]) == (20, 20)
    assert shown["full_set tape"] == 7


def test_an_unknown_plan_has_no_run(desk: Callable[..., Result]) -> None:
    told = desk("show", OTHER)

    assert told.exit_code == 1
    assert f"there is no destruction of this plan: {OTHER}" in told.stderr
