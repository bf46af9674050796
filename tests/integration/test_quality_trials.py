"""`custody expectations try` tells counts of a file and no value of it."""

import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from custody.cli import expectations

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
SUITE = """{"name": "mine", "expectations": [
  {"type": "expect_column_values_to_match_regex",
   "kwargs": {"column": "phone", "regex": "^[0-9]+$"}, "severity": "%s"},
  {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"},
   "severity": "info"}]}"""
FILE = "id,phone\nC1,123\nC2,canary\nC2,\n"


def run(
    folder: Path, *options: str, severity: str = "critical", file: str = FILE
) -> tuple[int, str]:
    (folder / "suite.json").write_text(SUITE % severity, encoding="utf-8")
    (folder / "file.csv").write_text(file, encoding="utf-8")
    app = typer.Typer()
    expectations.add_to(app)
    result = CliRunner().invoke(
        app,
        [
            "expectations",
            "try",
            str(folder / "suite.json"),
            str(folder / "file.csv"),
            *options,
        ],
        env={"CUSTODY_LANG": "en"},
    )
    return result.exit_code, result.output


def test_counts_are_told_and_no_value(tmp_path: Path) -> None:
    code, output = run(tmp_path)

    assert code == expectations.FAILED
    assert "failed  [critical]  phone" in output
    assert "1 of 3" in output
    assert "canary" not in output


def test_what_is_not_critical_lets_the_command_pass(tmp_path: Path) -> None:
    code, output = run(tmp_path, severity="warning")

    assert code == 0
    assert "failed  [info]  id  is unique  2 of 3" in output


def test_a_field_that_is_no_header_cell_is_named(tmp_path: Path) -> None:
    code, output = run(tmp_path, file="id,mobile\n1,2\n")

    assert code == expectations.WRONG
    assert "phone" in output


def test_a_source_that_is_not_approved_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODY_POLICY_DIR", str(ROOT / "include" / "policy"))

    code, output = run(tmp_path, "--source", "crawler")

    assert code == expectations.WRONG
    assert "crawler" in output


def test_a_bundle_is_not_tried_on_one_of_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its fields come of several files; a trial on one would tell of missing ones."""
    overlay = ROOT / "tests" / "policies" / "aw_bundle"
    folders = f"{ROOT / 'include' / 'policy'}{os.pathsep}{overlay}"
    monkeypatch.setenv("CUSTODY_POLICY_DIR", folders)

    code, output = run(tmp_path, "--source", "aw_bundle")

    assert code == expectations.WRONG
    assert "aw_bundle: is a bundle" in output
