"""Drills: what would stop a restore is found before somebody needs one (R65-R68)."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from custody.application.drill import RunDrill
from custody.cli.main import app
from custody.domain.ledger import read_line
from custody.errors import EvidenceError
from tests.builders.destructions import bring
from tests.builders.installation import Installation
from tests.builders.restored import empty_target
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home whose parents let the server's account pass, as pytest's do not."""
    folder = Path(tempfile.mkdtemp(prefix="custody-drill-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def source(databases: Databases, home: Path) -> Installation:
    made = databases.install(home)
    made.custody.copy_ledger()
    bring(made, 1, seed=1)
    assert not made.custody.back_up().faults
    bring(made, 1, seed=2)
    made.custody.copy_ledger()
    return made


def _offsite(source: Installation) -> Path:
    return source.custody.settings.home / "offsite" / "b"


def _last(source: Installation) -> dict[str, object]:
    *_, line = source.custody.ledger.lines()
    told = read_line(line)
    assert told.kind == "drilled"
    return dict(told.body)


@pytest.mark.long
def test_a_drill_restores_each_medium_aside_and_leaves_nothing(
    source: Installation,
) -> None:
    """R68: on a server of the moment, on which no password of production fits."""
    work = source.custody.settings.home / "work"

    assert "under drill/low/1" in _run(source, "drill", "--plant").output
    assert "passed: a, b" in _run(source, "drill").output

    assert _last(source)["faults"] == []
    assert not list(work.iterdir())


def test_a_drill_that_passes_is_told(source: Installation) -> None:
    _reading(source)()

    assert _last(source) == {
        "drill": "structural", "passed": True, "media": ["a", "b"], "faults": [],
    }  # fmt: skip


def _reading(source: Installation) -> RunDrill:
    """Return the drill as far as it only reads; `test_trial` has the rest."""
    return replace(source.custody.drill, examined=lambda: nullcontext(()))


def _flip(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-3] + bytes((content[-3] ^ 1,)) + content[-2:])


_SPOIL: dict[str, tuple[str, Callable[[Path], None]]] = {
    "ledger": ("ledger/*.lines", _flip),
    "page": ("full/README.*.md", Path.unlink),
    "escrows": ("escrow/live/high/1/*.ce", Path.unlink),
    "set": ("objects/full/*/000001.parquet.age", _flip),
    "objects": ("objects/website/2026-11-23/2/*.age", Path.unlink),
}


@pytest.mark.parametrize("fault", sorted(_SPOIL))
def test_what_would_stop_a_restore_fails_the_drill(
    source: Installation, fault: str
) -> None:
    """Each check bites: a byte, or a file, on one medium of two."""
    pattern, spoil = _SPOIL[fault]
    path = max(_offsite(source).glob(pattern))
    content = path.read_bytes()
    spoil(path)
    try:
        with pytest.raises(EvidenceError, match=f"b: {fault}"):
            _reading(source)()
    finally:
        path.write_bytes(content)

    told = _last(source)
    assert told["passed"] is False
    assert f"b: {fault}" in told["faults"]  # type: ignore[operator] # a list of texts


def _run(source: Installation, *arguments: str) -> Result:
    env = {**source.environment, "CUSTODY_LANG": "en"}
    return CliRunner().invoke(app, list(arguments), env=env)


def test_an_attended_drill_opens_everything_and_leaves_nothing_behind(
    source: Installation, databases: Databases, tmp_path: Path
) -> None:
    before = {p for p in _offsite(source).rglob("*") if p.is_file()}
    with empty_target(databases.server, source, tmp_path) as target:
        drill = [
            "restore", "--drill", "--from", "b", "--pin", target.given("b").pins[0],
            "--secret", str(source.secrets / "b.recovery"),
        ]  # fmt: skip
        into = ["--into", target.environment["CUSTODY_WAREHOUSE_URL"]]
        keyring = ["--keyring", target.environment["CUSTODY_KEYRING_URL"]]
        refused = _run(source, *drill, *into)
        done = _run(source, *drill, *into, *keyring)
        at_once = _run(source, *drill)  # on a server of the moment

    assert refused.exit_code == 1
    for one in (done, at_once):
        assert one.exit_code == 0, one.output
        assert "restored: 2 customers" in one.output
    assert not list((source.custody.settings.home / "work").iterdir())
    assert _last(source)["drill"] == "attended"
    assert {p for p in _offsite(source).rglob("*") if p.is_file()} == before
    status = _run(source, "status")
    assert "attended drill: 0 days ago" in status.output
