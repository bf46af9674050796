"""What fails on a medium is told in the reader's language, and where (R65, R68)."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from custody.application.at_media import Removed
from custody.application.escrow_care import MediumEscrows
from custody.application.verify_media import Verified
from custody.cli.main import app
from custody.domain.language import Text, said
from custody.domain.reconciliation import Reconciled
from custody.errors import WorldError

AWAY = Text("disk：没有标签：请挂载", "disk: no label: mount it").as_error(WorldError)
ZH = "disk：没有标签：请挂载"
EN = "disk: no label: mount it"


def _ran(
    monkeypatch: pytest.MonkeyPatch, word: str, tongue: str, **custody: object
) -> Result:
    @contextmanager
    def told() -> Iterator[object]:
        yield SimpleNamespace(**custody)

    monkeypatch.setattr("custody.cli.backup.opened", told)
    return CliRunner().invoke(app, ["backup", word], env={"CUSTODY_LANG": tongue})


@pytest.mark.parametrize(
    ("tongue", "away", "amiss"),
    [
        ("zh", f"无法查看：{ZH}\n", "告警：cloud：没有托管的纪元：live/high/1\n"),
        (
            "en",
            f"nobody could look: {EN}\n",
            "alarm: cloud: no escrow of live/high/1\n",
        ),
    ],
)
def test_escrows_of_a_medium_that_nobody_saw_are_not_counted(
    monkeypatch: pytest.MonkeyPatch, tongue: str, away: str, amiss: str
) -> None:
    """None there and nobody looked are two things."""
    found = (
        MediumEscrows(medium="disk", living=6, fault=AWAY),
        MediumEscrows(medium="cloud", living=6, there=5, missing=("live/high/1",)),
    )

    seen = _ran(monkeypatch, "escrows", tongue, care_for_escrows=lambda: found)

    assert seen.exit_code == 1
    assert seen.stderr == away + amiss
    assert "disk" not in seen.stdout
    assert seen.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("tongue", "told"),
    [("zh", f"备份失败：{ZH}\n"), ("en", f"the backup failed: {EN}\n")],
)
def test_why_a_medium_took_no_backup(
    monkeypatch: pytest.MonkeyPatch, tongue: str, told: str
) -> None:
    written = SimpleNamespace(
        seen=(),
        reconciled=Reconciled(proven=1, changed=(), contradicted=()),
        missing=(),
        faults={"disk": said(AWAY)},
    )

    seen = _ran(
        monkeypatch,
        "run",
        tongue,
        back_up=lambda: written,
        copy_backup_ledger=lambda: None,
    )

    assert (seen.exit_code, seen.stderr) == (1, told)


@pytest.mark.parametrize(
    ("tongue", "told"),
    [
        (
            "zh",
            (
                "cloud：full/a.manifest：签名不可信\ncloud：b：备份集没有任何对象\n"
                f"无法查看：{ZH}\n"
            ),
        ),
        (
            "en",
            (
                "cloud: full/a.manifest: not signed by a key that is trusted here\n"
                f"cloud: b: a set that names no object\nnobody could look: {EN}\n"
            ),
        ),
    ],
)
def test_what_verify_finds(
    monkeypatch: pytest.MonkeyPatch, tongue: str, told: str
) -> None:
    untrusted, empty = (("full/a.manifest", "untrusted"),), (("", "empty"),)
    found = (
        Verified(medium="cloud", name="a", faults=untrusted),
        Verified(medium="cloud", name="b", faults=empty),
        Verified(medium="disk", name="", why=said(AWAY)),
    )

    seen = _ran(monkeypatch, "verify", tongue, verify_media=lambda _: found)

    assert (seen.exit_code, seen.stderr) == (1, told)


@pytest.mark.parametrize(
    ("tongue", "left", "stayed"),
    [
        (
            "zh",
            "disk：移除 2 个对象\ncloud：移除 3 个对象\n",
            f"其余未移除：{ZH}\n",
        ),
        (
            "en",
            "disk: 2 versions removed\ncloud: 3 versions removed\n",
            f"no more were removed: {EN}\n",
        ),
    ],
)
def test_what_left_is_told_also_when_a_medium_fails(
    monkeypatch: pytest.MonkeyPatch, tongue: str, left: str, stayed: str
) -> None:
    found = (
        Removed(medium="disk", count=2, fault=AWAY),
        Removed(medium="cloud", count=3),
    )
    expiry = SimpleNamespace(each=lambda: iter(found))

    seen = _ran(monkeypatch, "expire", tongue, expire_sets=expiry)

    assert seen.exit_code == 1
    assert (seen.stdout, seen.stderr) == (left, stayed)
