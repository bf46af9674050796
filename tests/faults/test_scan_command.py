"""The scan as a command for people: what it says, and what it never says."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.scan import FOUND, NOTHING, UNABLE, main, read_values


@pytest.fixture
def values(tmp_path: Path) -> Path:
    """A file of invented values, as the command makes it."""
    file = tmp_path / "values"
    assert main(["--invent", "--values", str(file)]) == NOTHING
    return file


def test_it_invents_twelve_values_for_their_owner_alone(values: Path) -> None:
    assert len({one.kind for one in read_values(values)}) == 12
    assert values.stat().st_mode & 0o777 == 0o600


def test_a_clean_place_ends_with_0_and_a_dirty_one_with_1(
    values: Path, tmp_path: Path
) -> None:
    """The file of values itself is left out."""
    place = tmp_path / "place"
    place.write_text("nothing of anybody", encoding="utf-8")

    clean = main([str(tmp_path), "--values", str(values)])
    place.write_bytes(read_values(values)[3].value.encode("utf-16-le"))

    assert clean == NOTHING
    assert main([str(tmp_path), "--values", str(values)]) == FOUND


def test_no_value_is_ever_told(
    values: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even where the name of a file is one."""
    planted = read_values(values)
    folder = tmp_path / "of" / planted[0].value
    folder.mkdir(parents=True)
    (folder / planted[4].value).write_text("\n".join(one.value for one in planted))

    assert main([str(tmp_path / "of"), "--values", str(values)]) == FOUND

    told = capsys.readouterr().out
    assert all(f"values/{one.kind} as " in told for one in planted)
    assert not any(one.value in told for one in planted)


@pytest.mark.parametrize("place", ["/no/such/place", "pid:0", "postgresql:///?host=/x"])
def test_a_place_that_cannot_be_read_ends_with_2(values: Path, place: str) -> None:
    assert main([place, "--values", str(values)]) == UNABLE


def test_without_a_place_or_a_value_it_ends_with_2(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()

    assert main(["--values", str(empty)]) == UNABLE
    assert main([str(tmp_path), "--values", str(empty)]) == UNABLE


def test_it_is_run_as_a_module(values: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.scan", "/dev/null", "--values", values],
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
    )

    assert ended.returncode == NOTHING
