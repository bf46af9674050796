"""Commands about rows that wait, in both languages, over fakes."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from custody import bootstrap
from custody.adapters.policy import load_policy
from custody.application.intake.decide_row import DecideRow
from custody.application.views import SupplementView, WaitingRow
from custody.cli import delivery, register, row
from custody.cli.main import Commands
from custody.domain.delivery import DeliveryState
from custody.domain.held_rows import RowStanding
from custody.domain.ledger import BodyValue
from custody.domain.outcome import Outcome
from tests.builders.deliveries import MOMENT, delivery_key, delivery_record
from tests.builders.held_rows import HANDLE, held_row
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.held_rows import FOUNDED, KNOWN, FakeHeldRows
from tests.fakes.views import FakeViews
from tests.fakes.world import FixedClock

POLICY = load_policy(Path(__file__).parents[3] / "include" / "policy")
REASON = ("--reason", "asked the branch")
WAITS = WaitingRow(
    delivery_id=delivery_key().delivery_id,
    row=3,
    handle=HANDLE,
    outcome=Outcome.HELD,
    reasons=("ambiguous_match",),
    level="high",
    name="王*",
    candidates={KNOWN: ("resident_id",)},
)
PENDING = WaitingRow(
    delivery_id=WAITS.delivery_id,
    row=4,
    handle=bytes(16),
    outcome=Outcome.PENDING,
    reasons=("contact:missing",),
    level="low",
    name=None,
    candidates={},
)
ASKED = SupplementView(
    request_id=1,
    delivery_id=WAITS.delivery_id,
    row=4,
    handle=bytes(16),
    field="contact",
    reason="missing",
    opened_at=MOMENT,
)


class Desk:
    """The commands over one held row of one delivery."""

    def __init__(self, standing: RowStanding, folder: Path) -> None:
        self.app = typer.Typer(cls=Commands)
        for module in (row, register, delivery):
            module.add_to(self.app)
        self.rows = FakeHeldRows(standing)
        book = FakeDeliveryBook(MOMENT)
        book.records[standing.delivery_id] = delivery_record(DeliveryState.LOADED)
        self.custody = SimpleNamespace(
            policy=POLICY,
            clock=FixedClock(MOMENT),
            book=book,
            views=FakeViews((), (), (WAITS, PENDING), (ASKED,)),
            decide_row=DecideRow(policy=POLICY, book=book, rows=self.rows),
            settings=SimpleNamespace(
                airflow_url=None, airflow_credentials_file=folder / "none.json"
            ),
        )

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(self.app, list(arguments))

    def decide(self, *arguments: str, handle: str = HANDLE.hex()) -> Result:
        return self.run("row", "decide", handle, *arguments, *REASON)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    desk = Desk(held_row(), tmp_path)
    monkeypatch.setenv("CUSTODY_LANG", "en")
    monkeypatch.setattr(bootstrap, "open_custody", lambda: desk.custody)
    return desk


def is_one_line(result: Result) -> bool:
    return result.exit_code == 1 and len(result.stderr.splitlines()) == 1


def test_rows_that_wait_are_listed_masked(desk: Desk) -> None:
    table = desk.run("row", "list")
    held = desk.run("row", "list", "--held", "--json")
    none = desk.run("row", "list", "--delivery", "website/2026-11-23/9")

    for expected in (
        *(HANDLE.hex(), "王*", "its match keys name different customers", KNOWN),
        "contact (phone, e-mail or address): missing",
    ):
        assert expected in table.output
    assert json.loads(held.output) == {
        "delivery": WAITS.delivery_id,
        "row": 3,
        "handle": HANDLE.hex(),
        "outcome": "held",
        "reasons": ["ambiguous_match"],
        "level": "high",
        "name": "王*",
        "customers": {KNOWN: ["resident_id"]},
    }
    assert "no row waits" in none.output


@pytest.mark.parametrize(
    ("ruling", "told"),
    [
        (("--customer", KNOWN), f"loaded: customer {KNOWN} version 2"),
        (("--new-customer",), f"loaded: customer {FOUNDED} version 1"),
        (("--refuse",), "refused: website/2026-11-23/1 row 3"),
    ],
)
def test_a_row_is_decided_once(desk: Desk, ruling: tuple[str, ...], told: str) -> None:
    """And the delivery's next run takes it off-site."""
    first, second = desk.decide(*ruling), desk.decide(*ruling)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert told in first.output
    assert "hourly sweep" in first.output
    assert "decided so before, nothing was changed" in second.output
    assert len(desk.rows.words) == 1
    assert desk.rows.words[0].actor


def test_what_else_came_of_it_is_told(desk: Desk) -> None:
    desk.rows.shown, desk.rows.answered = False, 2

    result = desk.decide("--new-customer")

    assert "supplement requests closed: 2" in result.output
    assert "custody projection rebuild" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "one of --customer"),
        (("--refuse", "--new-customer"), "one of --customer"),
        (("--customer", "XX2026999999"), "no customer of this number"),
    ],
)
def test_a_ruling_that_cannot_be_made_is_one_line(
    desk: Desk, arguments: tuple[str, ...], told: str
) -> None:
    result = desk.decide(*arguments)

    assert is_one_line(result)
    assert told in result.stderr
    assert desk.rows.words == []


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        (held_row(outcome=Outcome.PENDING), "not held: website/2026-11-23/1 row 3 (p"),
        (held_row(DeliveryState.HELD, None), "custody delivery release|refuse website"),
        (held_row(DeliveryState.CHECKED, None), "not held"),
    ],
)
def test_a_row_that_is_not_held_is_one_line(
    desk: Desk, standing: RowStanding, told: str
) -> None:
    desk.rows.rows[HANDLE] = standing

    result = desk.decide("--refuse")

    assert is_one_line(result)
    assert told in result.stderr


@pytest.mark.parametrize("handle", ["nothing", "00" * 16])
def test_an_unknown_handle_is_one_line(desk: Desk, handle: str) -> None:
    decided = desk.decide("--refuse", handle=handle)
    shown = desk.run("row", "show", handle)

    assert is_one_line(decided)
    assert is_one_line(shown)


def test_lost_tokens_a_lost_race_and_an_unfit_reason_are_one_line(desk: Desk) -> None:
    desk.rows.without_tokens.add(HANDLE)
    lost = desk.decide("--new-customer")
    desk.rows.taken.add(HANDLE)
    raced = desk.decide("--refuse")
    unfit = desk.run(
        "row", "decide", HANDLE.hex(), "--refuse", "--reason", "13800138000"
    )

    assert all(is_one_line(one) for one in (lost, raced, unfit))
    assert "under a higher sequence" in lost.stderr
    assert "somebody else" in raced.stderr
    assert "13800138000" not in unfit.stderr


def test_texts_are_chinese_where_chinese_is_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODY_LANG", "zh")

    listed = desk.run("row", "list")
    decided = desk.decide("--refuse")

    assert "匹配键指向不同的客户" in listed.output
    assert "联系方式（电话、邮箱或地址）：缺失" in listed.output
    assert "已拒绝：website/2026-11-23/1 第 3 行" in decided.output


def test_a_delivery_tells_how_many_requests_are_open(desk: Desk) -> None:
    result = desk.run("delivery", "show", WAITS.delivery_id, "--json")

    document: dict[str, BodyValue] = json.loads(result.output)
    assert document["supplements_open"] == 1
    assert document["supplements_closed"] == 0
