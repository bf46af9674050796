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
from custody.domain.backups import BackupAge, LastBackups
from custody.domain.unanswered import Unanswered, WordKind
from tests.builders.deliveries import delivery_key

BEGUN = Begun(
    place="website/2026-11-23/4", key=delivery_key(4), age=dt.timedelta(days=3, hours=2)
)

DISK = BackupAge(
    medium="disk", last=dt.datetime.now(dt.UTC) - dt.timedelta(days=40), overdue=True
)
CLOUD = BackupAge(medium="cloud", last=None, overdue=False)
BACKUPS = LastBackups((DISK, CLOUD), ("website 2026-11-23",), known=True)


COUNTS = {"outcome": {"loaded": 3, "held": 1}, "state": {"pending_review": 3}}
LOST = tuple(
    Unanswered(kind=kind, word_id=name, restored=9)
    for kind, name in ((WordKind.HOLD, "0a"), (WordKind.EVENT, "0b"))
)


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command see one delivery that was begun, and nothing else."""

    @contextmanager
    def told() -> Iterator[object]:
        yield SimpleNamespace(
            views=SimpleNamespace(counts=lambda: COUNTS),
            policy=SimpleNamespace(digest="00"),
            settings=SimpleNamespace(offsite_urls=("s3://medium",)),
            abandoned=SimpleNamespace(begun=lambda: (BEGUN,)),
            drill_ages=tuple,
            last_backups=lambda: BACKUPS,
            unanswered=lambda: LOST,
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


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("zh", ["行结果: 挂起 1, 入库 3", "记录状态: 待审核 3"]),
        ("en", ["row outcomes: held 1, loaded 3", "record states: pending_review 3"]),
    ],
)
def test_counts_are_told_in_the_readers_words(language: str, lines: list[str]) -> None:
    result = CliRunner().invoke(app, ["status"], env={"CUSTODY_LANG": language})

    assert result.output.splitlines()[:2] == lines


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "zh",
            (
                "备份（disk）：40 天前，已超期，请尽快备份",
                "备份（cloud）：尚无",
                "最近一次备份中未齐备的接收日：website 2026-11-23",
            ),
        ),
        (
            "en",
            (
                "backups, disk: 40 days ago, OVERDUE: make one now",
                "backups, cloud: none yet",
                "not complete in the last backup: website 2026-11-23",
            ),
        ),
    ],
)
def test_backups_are_told_by_medium_and_what_the_last_one_lacks(
    language: str, lines: tuple[str, ...]
) -> None:
    result = CliRunner().invoke(app, ["status"], env={"CUSTODY_LANG": language})

    assert all(line in result.output for line in lines)


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "zh",
            (
                "恢复丢失的法定保留 0a，待答复；此前不会销毁",
                "恢复丢失的事件 0b，待答复",
            ),
        ),
        (
            "en",
            ("legal hold 0a, which a restore lost", "event 0b, which a restore lost"),
        ),
    ],
)
def test_what_a_restore_lost_is_told_until_it_is_answered(
    language: str, lines: tuple[str, ...]
) -> None:
    result = CliRunner().invoke(app, ["status"], env={"CUSTODY_LANG": language})

    assert all(line in result.output for line in lines)


def test_machines_read_it_too() -> None:
    result = CliRunner().invoke(app, ["status", "--json"])

    told = json.loads(result.output)
    assert told["incomplete_days"] == {"website/2026-11-23/4": 3}
    assert told["backups"] == {
        "disk": {"days": 40, "overdue": True},
        "cloud": {"days": None, "overdue": False},
    }
    assert told["missing_days"] == ["website 2026-11-23"]
    assert told["unanswered"] == ["hold 0a", "event 0b"]
