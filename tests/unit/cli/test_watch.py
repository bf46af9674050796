"""`custody watch` tells every figure, and each alarm by its sentence and exit 1."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from custody.cli.main import app
from custody.domain.drills import DrillAge, DrillKind
from custody.domain.watch import Seen

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def _with(monkeypatch: pytest.MonkeyPatch, *, overdue: bool) -> None:
    last = NOW - dt.timedelta(days=36 if overdue else 2)
    drill = DrillAge(kind=DrillKind.STRUCTURAL, last=last, overdue=overdue)
    seen = Seen(now=NOW, begun=NOW, drills=(drill,), media=(), due=4, overdue=0)

    @contextmanager
    def told() -> Iterator[object]:
        yield SimpleNamespace(watch=lambda: seen)

    monkeypatch.setattr("custody.cli.watch.opened", told)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh", "恢复演练（结构演练）：距上次 36 天，上限 35 天"),
        ("en", "restore drills, structural drill: the last is 36 days ago"),
    ],
)
def test_an_alarm_is_told_and_ends_with_one(
    monkeypatch: pytest.MonkeyPatch, language: str, told: str
) -> None:
    _with(monkeypatch, overdue=True)

    done = CliRunner().invoke(app, ["watch"], env={"CUSTODY_LANG": language})

    assert done.exit_code == 1
    assert told in done.stderr
    assert "destruction.due\t4" in done.stdout


def test_without_an_alarm_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _with(monkeypatch, overdue=False)

    done = CliRunner().invoke(app, ["watch"], env={"CUSTODY_LANG": "en"})

    assert done.exit_code == 0
    assert "drill.structural.age_days\t2" in done.stdout
    assert "no alarm" in done.stdout


def test_machines_read_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _with(monkeypatch, overdue=True)

    done = CliRunner().invoke(app, ["watch", "--json"], env={"CUSTODY_LANG": "zh"})

    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["figures"]["alarms"] == 1
    assert "36 days ago" in told["alarms"][0]
