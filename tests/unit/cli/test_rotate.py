"""`custody keys rotate` tells how far it is and what has ended."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from custody.application.rotate import RotateEpochs
from custody.cli import keys, rekey
from tests.fakes.rekey import FakeExclusion
from tests.fakes.rekey_world import MOMENT, OLD, World, open_world
from tests.fakes.world import FixedClock


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """An installation with seven keys of the level high, served to the command."""
    world = open_world()
    world.seal(OLD, 7)
    custody = SimpleNamespace(
        rotate_epochs=RotateEpochs(rekey=world.rekey, exclusively=FakeExclusion()),
        clock=FixedClock(MOMENT.replace(month=4)),
    )
    monkeypatch.setattr(rekey, "opened", lambda: nullcontext(custody))
    return world


def run(*arguments: str, language: str = "en") -> Result:
    app = typer.Typer()
    keys.add_to(app)
    return CliRunner().invoke(
        app, ["keys", "rotate", *arguments], env={"CUSTODY_LANG": language}
    )


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
    assert result.output.count("已终结") == 3
    assert world.keys.leaving() == ()


def test_what_a_killed_run_began_is_finished_and_nothing_else(world: World) -> None:
    world.rekey.succeed(OLD)

    first, again = run("--finish"), run("--finish")

    assert first.output.count("has ended") == 1
    assert again.output == "No epoch is to be ended.\n"
