"""`custody retention status|follow`, over a small world."""

from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from custody import bootstrap
from custody.application.restriction import Raised, TellRestriction
from custody.cli import retention
from custody.cli.main import Commands
from custody.cli.standing import STATES
from custody.domain.epochs import EpochState
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from tests.fakes.keys import FakeKeyProvider
from tests.fakes.world import FixedClock
from tests.unit.application.test_restriction import (
    DAY,
    MOMENT,
    ONE,
    POLICY,
    SHOP,
    Registry,
    life,
)


class Quiet(Registry):
    """Nobody stands anywhere but in use."""

    def levels(self, number: str) -> tuple[()]:
        """Return nothing."""
        assert number
        return ()

    def counted(self) -> tuple[()]:
        """Return nothing."""
        return ()

    def raised(self) -> tuple[()]:
        """Return nothing."""
        return ()


class Desk:
    """The commands over a registry whose old epoch lives, or is gone."""

    def __init__(self, registry: Registry, *, gone: bool = False) -> None:
        provider = FakeKeyProvider(FixedClock(MOMENT))
        provider.create(ONE)
        if gone:
            provider.destroy(ONE)
        self.moved: dict[str, int] = {"low storage_only>due": 2}
        self.shown = 3
        self.app = typer.Typer(cls=Commands)
        retention.add_to(self.app)
        self.custody = SimpleNamespace(
            policy=POLICY,
            clock=FixedClock(MOMENT + DAY),
            tell_restriction=TellRestriction(
                policy=POLICY,
                views=registry,
                kept=registry,
                lives=registry,
                provider=provider,
            ),
            follow_states=lambda: self.moved,
            restrict_customers=dict,
            rebuild_projection=lambda: self.shown,
        )

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(self.app, ["retention", *arguments])


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("CUSTODY_LANG", "en")
    return monkeypatch


def desk(opened: pytest.MonkeyPatch, registry: Registry, *, gone: bool = False) -> Desk:
    """Return the commands, opened over a registry."""
    made = Desk(registry, gone=gone)
    opened.setattr(bootstrap, "open_custody", lambda: made.custody)
    return made


def test_a_customer_s_levels_are_told_with_what_still_opens(
    opened: pytest.MonkeyPatch,
) -> None:
    made = desk(opened, Registry(life(ONE, EpochState.OPEN)))

    told = made.run("status", SHOP).output

    assert f"high\tstorage only\t{MOMENT.date()}\t2027-03-31\tstandard" in told
    assert "restriction is not complete: older copies open until live/high/1" in told


def test_once_the_old_epoch_is_gone_the_date_is_told(
    opened: pytest.MonkeyPatch,
) -> None:
    made = desk(opened, Registry(life(ONE, EpochState.DESTROYED)), gone=True)

    told = made.run("status").output

    assert f"restriction is complete since {MOMENT.date()}" in told
    assert "high\tstorage only\t1" in told
    assert "high: 2 customers were raised from it" in told


class JustRaised(Registry):
    """What a level had sealed is under its live epoch still."""

    def raised(self) -> tuple[Raised, ...]:
        """Return two customers with three values."""
        return (Raised(level=Level.HIGH, customers=2, last=MOMENT, open=3),)


def test_what_was_raised_today_is_told_to_be_open(
    opened: pytest.MonkeyPatch,
) -> None:
    """Nothing is said of older copies before the keys have left."""
    made = desk(opened, JustRaised(life(ONE, EpochState.OPEN)))

    told = made.run("status").output

    assert "3 versions of the old level are under a live epoch" in told
    assert told.count("older copies open until live/high/1") == 1  # of who is kept only


def test_who_is_in_use_is_told_so(opened: pytest.MonkeyPatch) -> None:
    made = desk(opened, Quiet())

    assert "high\tin use\t2027-03-31\tstandard" in made.run("status", SHOP).output
    assert "every customer is in use" in made.run("status").output


def test_nobody_has_no_status(opened: pytest.MonkeyPatch) -> None:
    result = desk(opened, Quiet()).run("status", "XX0")

    assert result.exit_code == 1
    assert "not found: XX0" in result.stderr


def test_following_tells_what_moved(opened: pytest.MonkeyPatch) -> None:
    made = desk(opened, Quiet())

    assert "moved: low storage_only>due: 2, shown: 3" in made.run("follow").output
    assert '"shown": 3' in made.run("follow", "--json").output
    made.moved, made.shown = {}, 0
    assert "nothing to move" in made.run("follow").output


def test_every_state_has_its_words() -> None:
    assert set(STATES) == set(RecordState)
