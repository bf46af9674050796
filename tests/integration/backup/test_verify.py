"""Verify sees every byte: flips and truncations of each object are named (R65).

A sample; every byte of large objects: tests/faults/test_flips.py.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from custody.adapters.disk_label import LABEL
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.application import full_sets
from custody.application.drafted_set import WrittenSet
from custody.cli.main import app
from tests.builders.installation import Installation
from tests.faults.flips import Flips, cut, drawn, flipped, kind_of, told
from tests.integration.backup.conftest import back_up_in
from tests.integration.conftest import Databases, databases_of

pytestmark = pytest.mark.integration

FLIPS = 12
KINDS = {
    *("manifest", "page", "head", "lines", "escrow", "table", "delivery", "values"),
}


@pytest.fixture(scope="module")
def databases(postgres: EmbeddedPostgres) -> Iterator[Databases]:
    """Databases of this module's own: what lies on the media is known to a file."""
    with databases_of(postgres, __name__) as made:
        yield made


@pytest.fixture(scope="module")
def backed_up(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Installation, WrittenSet]:
    """Custody with some customers, one delivery and one set."""
    return back_up_in(databases, tmp_path_factory.mktemp("verified"))


@pytest.fixture(scope="module")
def installation(backed_up: tuple[Installation, WrittenSet]) -> Installation:
    """Custody with some customers."""
    return backed_up[0]


@pytest.fixture(scope="module")
def written(backed_up: tuple[Installation, WrittenSet]) -> WrittenSet:
    """The one set."""
    return backed_up[1]


@pytest.fixture(scope="module")
def flips(installation: Installation, written: WrittenSet) -> Flips:
    """The first medium, in memory."""
    assert written.seen
    custody = installation.custody
    return Flips.of(custody.media[0], custody.trust)


def test_an_untouched_medium_holds(installation: Installation, flips: Flips) -> None:
    found = list(installation.custody.verify_media())

    assert all(one.holds for one in found)
    assert {one.medium for one in found if not one.name} == {"a", "b"}
    assert {kind_of(path) for path in flips.objects} == KINDS
    assert all(flips.holds(*one) for one in flips.objects.items())


def test_flips_of_every_object_are_noticed(flips: Flips) -> None:
    chance = random.Random("flips")  # noqa: S311 - positions
    for path, content in flips.objects.items():
        for mask in (1, 128):
            ends = (0, len(content) - 1, *drawn(content, FLIPS, chance))
            unnoticed = flips.unnoticed(path, flipped(content, ends, mask))
            assert unnoticed == 0, path


def test_truncations_of_every_object_are_noticed(flips: Flips) -> None:
    for path, content in flips.objects.items():
        for name, other in cut(content).items():
            assert not flips.holds(path, other), f"{path}: {name}"


def test_twin_without_the_digest_nothing_is_noticed(
    flips: Flips, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who only looks whether an object is there sees neither flip nor cut."""
    known = dict(flips.digests)
    monkeypatch.setattr(full_sets, "_sha256", lambda _, path: known[path])

    for path in known:
        content = flips.objects[path]
        assert flips.unnoticed(path, flipped(content, (0,))) == 1
        assert flips.holds(path, content[:-1])


@pytest.fixture
def spoilt(disks: list[Path], flips: Flips) -> dict[str, Path]:
    """One drawn object of each kind on the second disk, by its kind; see `disks`."""
    del flips  # is taken before anything is spoilt
    found: dict[str, Path] = {}
    files = [one for one in sorted(disks[1].rglob("*")) if one.is_file()]
    random.Random("kinds").shuffle(files)  # noqa: S311 - files
    for file in files:
        path = file.relative_to(disks[1]).as_posix()
        if file.suffix != ".lock" and path != LABEL:
            found.setdefault(kind_of(path), file)
    return found


def test_on_a_disk_each_spoilt_object_is_named_and_no_other(
    installation: Installation, disks: list[Path], spoilt: dict[str, Path]
) -> None:
    """Through the whole verify, object after object: one of each kind."""
    verify = installation.custody.verify_media
    assert set(spoilt) == KINDS
    for at, (kind, file) in enumerate(spoilt.items()):
        content = file.read_bytes()
        others = (content[:-1], *flipped(content, (len(content) // 2,)))
        file.write_bytes(others[at % 2])
        path = file.relative_to(disks[1]).as_posix()
        assert told(verify()) == {("b", path)}, kind
        file.write_bytes(content)

    assert told(verify()) == set()


def test_what_is_gone_is_named(
    installation: Installation, disks: list[Path], spoilt: dict[str, Path]
) -> None:
    for kind in ("values", "table", "delivery", "lines"):
        spoilt[kind].unlink()

    found = told(installation.custody.verify_media())

    names = {path for _, path in found}
    for kind in ("values", "table"):
        assert spoilt[kind].relative_to(disks[1]).as_posix() in names
    assert spoilt["delivery"].relative_to(disks[1]).as_posix() not in names
    assert any(path.startswith("ledger/") for path in names)


def test_the_command_names_what_is_spoilt(
    installation: Installation,
    spoilt: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    written: WrittenSet,
) -> None:
    for name, value in installation.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CUSTODY_LANG", "en")
    run = CliRunner()
    whole = run.invoke(app, ["backup", "verify"])
    assert whole.exit_code == 0, whole.output
    assert f"b: {written.name} is whole" in whole.output
    assert "b: escrows, ledger, pages and deliveries are whole" in whole.output

    os.truncate(spoilt["escrow"], 5)
    beside = run.invoke(app, ["backup", "verify"])
    one_set = run.invoke(app, ["backup", "verify", written.name])

    assert beside.exit_code == 1
    assert f"{spoilt['escrow'].name}: other" in beside.output
    assert one_set.exit_code == 0
    assert run.invoke(app, ["backup", "verify", "none"]).exit_code == 1
