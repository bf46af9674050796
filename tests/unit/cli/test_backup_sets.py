"""`custody backup list|show` tell each set, and the intake days that it lacks (R65)."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from custody.application.drafted_set import WrittenSet
from custody.application.full_sets import ListedSet
from custody.cli.main import app
from custody.domain.full_set import FullSet, SetTable
from custody.domain.language import Text
from custody.domain.reconciliation import Reconciled
from custody.errors import WorldError

FULL = FullSet(
    dataset="customers",
    medium="disk",
    plan="",
    made_at=dt.datetime(2026, 11, 29, tzinfo=dt.UTC),
    ledger="9:" + "00" * 32,
    values=36,
    root=bytes(32),
    objects=(),
    missing=("website 2026-11-24", "website 2026-11-25"),
    tables=(
        SetTable(
            name="register.customer",
            columns=("number",),
            rows=12,
            path="x",
            sha256="00",
        ),
    ),
    epochs=("live/high/1",),
)


def _run(
    monkeypatch: pytest.MonkeyPatch,
    *words: str,
    tongue: str = "en",
    gone: bool = False,
) -> Result:
    listed = [
        ListedSet(medium="disk", name="20261129-aa", digest="00", full=FULL),
        ListedSet(medium="disk", name="20261130-bb", digest="00", full=None),
    ]

    def seen(medium: SimpleNamespace) -> list[ListedSet]:
        if medium.name == "gone":
            raise Text("请挂载", "mount it").as_error(WorldError)
        return listed

    @contextmanager
    def told() -> Iterator[object]:
        names = [] if "empty" in words else ["gone", "disk"] if gone else ["disk"]
        yield SimpleNamespace(
            media=[SimpleNamespace(name=name) for name in names],
            full_sets=SimpleNamespace(listed=seen),
        )

    monkeypatch.setattr("custody.cli.backup.opened", told)
    asked = [one for one in words if one != "empty"]
    return CliRunner().invoke(app, ["backup", *asked], env={"CUSTODY_LANG": tongue})


@pytest.mark.parametrize("lost", [{}, {"disk": Text("磁盘已满", "full")}])
def test_the_ledger_follows_a_set_to_the_media(
    monkeypatch: pytest.MonkeyPatch, lost: dict[str, Text]
) -> None:
    """So that a restore knows of it at once, on the media that took it (R65)."""
    steps: list[str] = []
    written = WrittenSet(
        name="20261129-aa",
        values=36,
        root="00",
        rows=12,
        seen=(),
        faults=lost,
        missing=(),
        reconciled=Reconciled(proven=1, changed=(), contradicted=()),
    )

    def back_up() -> WrittenSet:
        steps.append("set")
        return written

    @contextmanager
    def told() -> Iterator[object]:
        yield SimpleNamespace(
            back_up=back_up, copy_backup_ledger=lambda: steps.append("ledger")
        )

    monkeypatch.setattr("custody.cli.backup.opened", told)
    run = CliRunner().invoke(app, ["backup", "run"], env={"CUSTODY_LANG": "en"})

    assert steps == ["set", "ledger"]
    assert run.exit_code == bool(lost)
    assert ("disk: full" in run.output) == bool(lost)


@pytest.mark.parametrize(
    ("tongue", "head", "believed", "doubtful"),
    [
        ("en", "incomplete days", "believed", "NOT BELIEVED"),
        ("zh", "未齐备的接收日", "可信", "不可信"),
    ],
)
def test_a_list_has_heads_and_counts_the_days_that_a_set_lacks(
    monkeypatch: pytest.MonkeyPatch,
    tongue: str,
    head: str,
    believed: str,
    doubtful: str,
) -> None:
    first, good, bad = _run(monkeypatch, "list", tongue=tongue).output.splitlines()

    assert head in first
    assert good.split("\t") == [
        *("disk", "20261129-aa", "2026-11-29T00:00:00+00:00", "36", "2", believed)
    ]
    assert bad.split("\t") == ["disk", "20261130-bb", "-", "-", "-", doubtful]


def test_an_empty_list_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no set" in _run(monkeypatch, "list", "empty").output


def test_machines_read_the_days_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _run(monkeypatch, "list", "--json").output.splitlines()

    good, bad = map(json.loads, lines)
    assert good["missing"] == list(FULL.missing)
    assert (bad["missing"], bad["believed"]) == ([], False)


def test_a_set_is_shown_with_its_days_and_tables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = json.loads(_run(monkeypatch, "show", "20261129-aa", "--json").output)
    doubtful = json.loads(_run(monkeypatch, "show", "20261130-bb", "--json").output)
    absent = _run(monkeypatch, "show", "20990101-cc")

    assert shown["missing"] == list(FULL.missing)
    assert shown["tables"] == {"register.customer": 12}
    assert not doubtful["believed"]
    assert (absent.exit_code, "20990101-cc" in absent.output) == (1, True)


def test_a_set_is_shown_in_the_readers_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """In English the names are those of the document that machines read."""
    chinese = _run(monkeypatch, "show", "20261129-aa", tongue="zh").output
    english = _run(monkeypatch, "show", "20261129-aa").output
    document = json.loads(_run(monkeypatch, "show", "20261129-aa", "--json").output)

    heads = [line.partition("：")[0] for line in chinese.splitlines()]
    assert (heads[:3], heads[-1]) == (["介质", "备份集", "写成时间"], "各表行数")
    assert '未齐备的接收日：["website 2026-11-24", "website 2026-11-25"]' in chinese
    assert [line.split()[0] for line in english.splitlines()] == list(document)


@pytest.mark.parametrize("words", [("list",), ("show", "20261129-aa")])
def test_a_medium_that_is_not_there_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    seen = _run(monkeypatch, *words, tongue="zh", gone=True)

    assert seen.exit_code == 1
    assert seen.stderr == "请挂载\n"
    assert "20261129-aa" in seen.stdout
