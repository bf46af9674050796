"""A wheel is the whole product: what the package reads goes along."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from custody.adapters.shipped import shipped
from tests.house.files import ROOT

FOLDERS = {
    "policy": ROOT / "include" / "policy",
    "expectations": ROOT / "expectations",
    "dags": ROOT / "dags",
    "plugins": ROOT / "plugins",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the names in a wheel built here, without network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_every_file_of_a_folder_is_in_the_wheel(wheel: set[str], name: str) -> None:
    owed = {
        f"custody/_shipped/{name}/{path.relative_to(FOLDERS[name]).as_posix()}"
        for path in FOLDERS[name].rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert owed
    assert owed <= wheel


def test_the_package_is_in_it_and_nothing_stray(wheel: set[str]) -> None:
    assert "custody/cli/main.py" in wheel
    assert "custody/adapters/reports/page.css" in wheel
    assert {name.split("/")[0].partition("-")[0] for name in wheel} == {"custody"}
    assert not [name for name in wheel if "__pycache__" in name]


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_copies_are_taken_where_there_are_some(tmp_path: Path, name: str) -> None:
    assert shipped(name) == FOLDERS[name]
    assert shipped(name, copies=tmp_path) == tmp_path / name
