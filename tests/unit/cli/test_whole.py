"""The command line as a whole: an error is one line, and who acts is who acts."""

import os
import pwd
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from custody.cli import runs, status
from custody.cli.main import app


def _run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(
        app, list(arguments), env={"CUSTODY_LANG": "en"} | environment
    )


def _is_one_line(result: Result) -> bool:
    return result.exit_code == 1 and len(result.stderr.splitlines()) == 1


def test_two_media_named_alike_are_one_line(tmp_path: Path) -> None:
    media = f"file://{tmp_path}/x/disk,file://{tmp_path}/y/disk"

    result = _run(
        "keys",
        "init",
        "--whole",
        CUSTODY_HOME=str(tmp_path),
        CUSTODY_OFFSITE_URLS=media,
    )

    assert _is_one_line(result)
    assert "a name of its own" in result.stderr


def test_a_policy_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("电话,备注\n13800138000,普通\n", "utf-8")

    result = _run("source", "check", str(file), CUSTODY_POLICY_DIR=str(tmp_path / "no"))

    assert _is_one_line(result)


def test_a_setting_that_is_wrong_is_one_line_without_its_value(tmp_path: Path) -> None:
    result = _run(
        "keys", "init", "--whole", CUSTODY_HOME=str(tmp_path),
        CUSTODY_LANDING_URL="s3://me:hidden@bucket",
    )  # fmt: skip

    assert _is_one_line(result)
    assert "CUSTODY_LANDING_URL" in result.stderr
    assert "hidden" not in result.stderr


def test_a_file_is_checked_outside_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy is where the settings say, not under the current folder."""
    file = tmp_path / "rows.csv"
    file.write_text("客户名称,电话\n甲公司,13800138000\n", "utf-8")
    monkeypatch.chdir(tmp_path)

    result = _run("source", "check", str(file))

    assert result.exit_code == 0, result.stderr


def test_several_policy_folders_make_one_policy(tmp_path: Path) -> None:
    """As everywhere: a later folder adds to an earlier one."""
    file = tmp_path / "rows.csv"
    file.write_text("客户名称,电话\n甲公司,13800138000\n", "utf-8")
    (tmp_path / "beside").mkdir()
    shipped = Path(__file__).parents[3] / "include" / "policy"

    result = _run(
        "source", "check", str(file),
        CUSTODY_POLICY_DIR=f"{shipped}{os.pathsep}{tmp_path / 'beside'}",
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr


def test_a_draft_is_not_written_over_another(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("客户名称,电话\n甲公司,13800138000\n", "utf-8")
    arguments = ("source", "propose", str(file), "--out", str(tmp_path / "drafts"))

    first, second = _run(*arguments), _run(*arguments)

    assert first.exit_code == 0, first.stderr
    assert _is_one_line(second)
    assert "draft.yaml" in second.stderr


def test_who_acts_is_not_what_the_shell_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twin: getpass believes each of these variables."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "CUSTODY_ACTOR"):
        monkeypatch.setenv(name, "somebody-else")

    assert runs.actor() == pwd.getpwuid(os.getuid()).pw_name


def test_an_account_without_a_name_is_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(_uid: int) -> object:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)

    assert runs.actor() == f"uid {os.getuid()}"


def _fail_unforeseen() -> None:
    message = "an-invented-canary"
    raise ValueError(message)


def test_what_nobody_foresaw_is_one_line_with_its_place_and_no_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custody.cli.status.opened", _fail_unforeseen)

    result = _run("status")

    assert _is_one_line(result)
    assert "ValueError in custody.cli.status, status, line" in result.stderr
    assert "an-invented-canary" not in result.stderr + result.stdout


def test_twin_the_same_command_alone_shows_the_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custody.cli.status.opened", _fail_unforeseen)

    with pytest.raises(ValueError, match="an-invented-canary"):
        status.status()
