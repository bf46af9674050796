"""`custody keys rotate` and `reseal` tell how far they are and what has ended."""

import datetime as dt
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from custody.application.ports import KeyState
from custody.application.ports.reindex import IndexTurn
from custody.application.reseal import ResealLevel
from custody.application.rotate import RotateEpochs
from custody.application.rotate_index import IndexEnded
from custody.cli import keys, rekey
from custody.domain.epochs import EpochState
from custody.domain.levels import Level
from tests.builders.sealed import DATASET
from tests.fakes.rekey import FakeExclusion
from tests.fakes.rekey_world import MOMENT, OLD, World, open_world
from tests.fakes.reseal import FakeFormerKeys, FakeSealedValues
from tests.fakes.world import FixedClock

NOW = MOMENT.replace(month=4)


def index_rotated(*, before: dt.datetime) -> IndexEnded | None:
    """Rotate an index epoch that was recorded yesterday."""
    if before < NOW:
        return None
    key = KeyState(name="destroyed", final=MOMENT.date())
    return IndexEnded(turn=IndexTurn(1, 2), tokens=40, key=key)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """An installation with seven keys of the level high, served to the command."""
    world = open_world()
    world.seal(OLD, 7)
    custody = SimpleNamespace(
        rotate_epochs=RotateEpochs(rekey=world.rekey, exclusively=FakeExclusion()),
        rotate_index=index_rotated,
        clock=FixedClock(NOW),
    )
    monkeypatch.setattr(rekey, "opened", lambda: nullcontext(custody))
    return world


def ran(*arguments: str, language: str = "en") -> Result:
    app = typer.Typer()
    keys.add_to(app)
    environment = {"CUSTODY_LANG": language}
    return CliRunner().invoke(app, ["keys", *arguments], env=environment)


def run(*arguments: str, language: str = "en") -> Result:
    return ran("rotate", *arguments, language=language)


@pytest.fixture
def resealing(world: World, monkeypatch: pytest.MonkeyPatch) -> FakeSealedValues:
    """The same installation with its seven values, to be sealed again."""
    values = FakeSealedValues(world.ledger)
    frame = world.seal(OLD, 4)
    values.put(Level.HIGH, frame)
    use = ResealLevel(
        dataset=DATASET,
        suites=dict.fromkeys(Level, (1,)),
        rekey=world.rekey,
        exclusively=FakeExclusion(),
        keyring=world.keyring,
        former=FakeFormerKeys(world.keyring),
        values=values,
    )
    custody = SimpleNamespace(
        reseal_level=use, clock=FixedClock(MOMENT.replace(month=4))
    )
    monkeypatch.setattr(rekey, "opened", lambda: nullcontext(custody))
    return values


RESEAL = ("reseal", "--level", "high", "--reason")


@pytest.mark.usefixtures("resealing")
def test_what_is_sealed_again_is_counted(world: World) -> None:
    result = ran(*RESEAL, "new suite")

    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "live/high/1: values sealed again: 4"
    assert lines[-2] == "values sealed again: 4, every content digest as before"
    assert lines[-1].startswith("live/high/1 has ended")
    assert world.ledger.entries[0].kind == "reseal_begun"


@pytest.mark.usefixtures("resealing")
def test_sealing_again_asks_for_a_reason(world: World) -> None:
    result = ran(*RESEAL, "")

    assert result.exit_code == 1
    assert "a reason is one line" in result.output
    assert world.ledger.entries == []


@pytest.mark.usefixtures("resealing")
def test_a_resealing_that_nobody_began_is_not_finished(world: World) -> None:
    result = ran(*RESEAL, "new suite", "--finish")

    assert result.output == "values sealed again: 0, every content digest as before\n"
    assert world.keys.leaving() == ()


def test_progress_and_end_of_one_level_are_told(world: World) -> None:
    result = run("--level", "high")

    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "epoch is open: live/high/2",
        "live/high/1: data keys moved: 3",
        "live/high/1: data keys moved: 6",
        "live/high/1: data keys moved: 7",
        (
            "live/high/1 has ended: no data key is under it;"
            " after it comes live/high/2; its wrapping key: destroyed 2026-03-01"
        ),
    ]
    assert world.keys.leaving() == ()


def test_all_levels_in_chinese(world: World) -> None:
    result = run(language="zh")

    assert result.exit_code == 0
    assert result.output.count("已终结") == 4
    assert world.keys.leaving() == ()


def test_what_a_killed_run_began_is_finished_and_nothing_else(world: World) -> None:
    world.rekey.succeed(OLD)

    first, again = run("--finish"), run("--finish")

    assert first.output.count("has ended") == 1
    assert again.output == "No epoch is to be ended.\n"


def test_the_index_alone(world: World) -> None:
    result = run("--index")

    assert result.exit_code == 0
    assert result.output == (
        "index/-/1 has ended: no token is under it, 40 were moved; after it comes"
        " index/-/2; its key: destroyed 2026-03-01\n"
    )
    assert world.keys.leaving() == ()
    assert world.keys.state(OLD) is EpochState.OPEN


@pytest.mark.usefixtures("world")
def test_a_level_or_the_index_but_not_both() -> None:
    result = run("--index", "--level", "high")

    assert result.exit_code == 1
    assert result.output == "--level or --index, not both of them\n"
