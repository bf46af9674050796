"""The arrows that import-linter cannot see (design section 3, ADR 1).

dags/ and plugins/ lie outside the package, and an import inside a function is an
import too.
"""

import ast
import sys
from pathlib import Path

import pytest

from tests.house.files import DOORS, PACKAGE, imported, is_within, place, python_files

# Beside the standard library and what stands below them in the house.
DOORS_MAY_IMPORT = {
    "dags": ("airflow", "custody.orchestration", "custody.bootstrap", "custody.domain"),
    "plugins": (
        "airflow",
        "fastapi",
        "custody.steward",
        "custody.orchestration",
        "custody.bootstrap",
        "custody.domain",
    ),
}

# A library and the only places that may know it.
ONE_DOOR = {
    "boto3": ("include/custody/adapters/aws.py",),
    "botocore": ("include/custody/adapters/aws.py",),
    "great_expectations": ("include/custody/adapters/quality/",),
    "pandas": ("include/custody/adapters/quality/",),
    "pyrage": ("include/custody/adapters/",),
    "shamir_mnemonic": ("include/custody/adapters/recovery_shares.py",),
    "openpyxl": ("include/custody/adapters/",),
    "typer": ("include/custody/cli/",),
    "fastapi": ("include/custody/steward/", "include/custody/orchestration/"),
    "cryptography": ("include/custody/crypto/",),
    "airflow": ("include/custody/orchestration/",),
}


def _tree(path: Path) -> ast.Module:
    """Return the parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def _is_allowed(module: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether a door may import the module."""
    if module.partition(".")[0] in sys.stdlib_module_names or module == "custody":
        return True
    return any(is_within(module, package) for package in allowed)


def test_doors_import_only_what_stands_below_them() -> None:
    """A DAG or plugin file is wiring: Airflow, the furniture, and no library."""
    wrong = [
        f"{place(path)}: {module}"
        for folder in DOORS
        for path in python_files(folder)
        for module in imported(_tree(path))
        if not _is_allowed(module, DOORS_MAY_IMPORT[folder.name])
    ]

    assert not wrong


def test_plugins_is_one_unmistakable_file() -> None:
    """Airflow imports every file under plugins/ under its bare stem."""
    assert [path.name for path in python_files(DOORS[1])] == ["custody_plugin.py"]


@pytest.mark.parametrize("library", sorted(ONE_DOOR))
def test_a_library_comes_through_its_door(library: str) -> None:
    """Imports inside functions count: who may know a library is written once."""
    wrong = [
        place(path)
        for path in python_files(PACKAGE)
        if not place(path).startswith(ONE_DOOR[library])
        and any(is_within(module, library) for module in imported(_tree(path)))
    ]

    assert not wrong


def test_nothing_below_knows_the_doors() -> None:
    """The package imports neither DAG files nor plugins nor tests."""
    wrong = [
        f"{place(path)}: {module}"
        for path in python_files(PACKAGE)
        for module in imported(_tree(path))
        if module.partition(".")[0] in {"dags", "plugins", "tests", "benchmarks"}
    ]

    assert not wrong


def test_an_arrow_up_is_seen() -> None:
    """The twin: a file with the forbidden imports is caught by the same rule."""
    tree = ast.parse("def f():\n    import boto3\n    from custody.cli import main\n")

    seen = list(imported(tree))

    assert any(is_within(module, "boto3") for module in seen)
    assert not _is_allowed("custody.cli.main", DOORS_MAY_IMPORT["dags"])


def test_a_stage_does_not_call_another_stage() -> None:
    """What two stages share lies below them or in the ports."""
    folder = PACKAGE / "application"
    stages = [it.name for it in folder.iterdir() if (it / "__init__.py").exists()]
    stages.remove("ports")

    wrong = [
        f"{place(path)}: {module}"
        for stage in stages
        for path in python_files(folder / stage)
        for module in imported(_tree(path))
        for other in stages
        if other != stage and is_within(module, f"custody.application.{other}")
    ]

    assert stages
    assert not wrong
