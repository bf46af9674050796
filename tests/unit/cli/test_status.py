"""`custody status` tells what was begun in the landing zone and lies incomplete."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from custody.adapters.local import SystemClock
from custody.application.intake.abandoned import Begun
from custody.cli.main import app
from tests.builders.deliveries import delivery_key

BEGUN = Begun(
    place="website/2026-11-23/4", key=delivery_key(4), age=dt.timedelta(days=3, hours=2)
)


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command see one delivery that was begun, and nothing else."""

    @contextmanager
    def told() -> Iterator[object]:
        yield SimpleNamespace(
            views=SimpleNamespace(counts=dict),
            policy=SimpleNamespace(digest="00"),
            settings=SimpleNamespace(offsite_urls=("s3://medium",)),
            abandoned=SimpleNamespace(begun=lambda: (BEGUN,)),
            drill_ages=tuple,
            clock=SystemClock(),
        )

    monkeypatch.setattr("custody.cli.status.opened", told)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("zh", "落地区未写完：website/2026-11-23/4，3 天无变化"),
        ("en", "incomplete in the landing zone: website/2026-11-23/4, unchanged for"),
    ],
)
def test_it_is_told_by_place_and_age(language: str, line: str) -> None:
    result = CliRunner().invoke(app, ["status"], env={"CUSTODY_LANG": language})

    assert line in result.output


def test_machines_read_it_too() -> None:
    result = CliRunner().invoke(app, ["status", "--json"])

    assert json.loads(result.output)["incomplete_days"] == {"website/2026-11-23/4": 3}
