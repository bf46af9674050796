"""What is wrong with a recovery is told before anybody is asked for a secret."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from custody.cli.main import app

PIN = "ab" * 32
CARDS = ("--share", "no-card-1", "--share", "no-card-2")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation that has its secrets and disks, and no database."""
    assert _run(tmp_path, "keys", "init", "--whole").exit_code == 0
    return tmp_path


def _run(home: Path, *arguments: str, tongue: str = "en") -> Result:
    environment = {"CUSTODY_HOME": str(home), "CUSTODY_LANG": tongue}
    return CliRunner().invoke(app, list(arguments), env=environment)


def _restore(home: Path, medium: str = "a", pin: str = PIN, *more: str) -> str:
    result = _run(home, "restore", "--from", medium, "--pin", pin, *CARDS, *more)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize("command", ["restore", "keys recover"])
@pytest.mark.parametrize(
    ("tongue", "told"),
    [("en", "no medium named x; known are: a, b"), ("zh", "没有名为 x 的介质")],
)
def test_a_medium_that_nobody_knows_is_told_by_name(
    home: Path, command: str, tongue: str, told: str
) -> None:
    pins = ("--pin", PIN) if command == "restore" else ()

    result = _run(home, *command.split(), "--from", "x", *pins, *CARDS, tongue=tongue)

    assert result.exit_code == 1
    assert told in result.stderr


@pytest.mark.parametrize("pin", ["00", "AB" * 32, "ab" * 32 + " "])
def test_a_pin_that_is_no_fingerprint_is_told(home: Path, pin: str) -> None:
    assert "64 hex digits" in _restore(home, pin=pin)


@pytest.mark.parametrize("file", ["public_keys.json", "ledger.key"])
def test_keys_that_were_not_brought_back_are_told(home: Path, file: str) -> None:
    """None may be made anew: nothing on the media is signed by another one."""
    (home / file).unlink()

    told = _restore(home)

    assert told.startswith(f"{home / file}: it is not there")


def test_public_keys_that_are_none_are_told(home: Path) -> None:
    (home / "public_keys.json").write_text("{}", encoding="utf-8")

    assert "malformed" in _restore(home)


@pytest.mark.parametrize("medium", ["a", "b"])
def test_a_disk_that_is_not_mounted_is_told(home: Path, medium: str) -> None:
    """The other ones too: the new epochs of a restore are escrowed on each."""
    shutil.rmtree(home / "offsite" / medium)

    assert _restore(home) == f"{medium}: the disk is not there: mount it\n"


def test_a_drill_names_both_databases_or_none(home: Path) -> None:
    told = _restore(home, "a", PIN, "--drill", "--into", "postgresql:///w")

    assert "both, or by neither" in told


def test_a_card_that_cannot_be_read_is_told(home: Path) -> None:
    result = _run(home, "restore", "--from", "a", "--pin", PIN, *CARDS, tongue="zh")

    assert (result.exit_code, result.stderr) == (1, "no-card-1：无法读取该文件\n")


def test_split_tells_that_the_public_keys_are_not_there(tmp_path: Path) -> None:
    result = _run(tmp_path, "keys", "split", "a", "--secret", "none")

    assert result.exit_code == 1
    assert "public_keys.json: it is not there" in result.stderr
