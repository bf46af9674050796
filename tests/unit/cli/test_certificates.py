"""`custody certificate` and `custody verify`: on paper, offline, and handed over."""

import json
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import typer
from typer.testing import CliRunner, Result

from custody.application.receipts import MakeReceipt
from custody.cli import certificate as commands
from custody.cli import verify
from custody.cli.main import app
from custody.domain.certificate_form import sign_certificate, write_certificate
from tests.builders.certificates import (
    ANNEX,
    PEOPLE,
    PIN,
    certificate,
    closing_certificate,
    signer,
)
from tests.fakes.certificates import FakeSalts
from tests.unit.application.test_certificates import PLAN, Yard


def _run(*arguments: str, language: str = "en") -> Result:
    app = typer.Typer()
    commands.add_to(app)
    verify.add_to(app)
    return CliRunner().invoke(app, list(arguments), env={"CUSTODY_LANG": language})


@pytest.fixture
def yard(monkeypatch: pytest.MonkeyPatch) -> Yard:
    """An installation with one certificate, and the salts of who asked."""
    yard = Yard()
    yard.keep(certificate(), ANNEX)
    salts = FakeSalts({(PLAN, number): salt for number, salt in PEOPLE.items()})
    custody = SimpleNamespace(
        certificates_as=lambda _: yard.book,
        make_receipt=MakeReceipt(book=yard.book, salts=salts),
        policy=SimpleNamespace(time_zone=ZoneInfo("Asia/Shanghai")),
    )
    monkeypatch.setattr(commands, "opened", lambda: nullcontext(custody))
    return yard


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A certificate's file."""
    file = tmp_path / "certificate.json"
    file.write_bytes(write_certificate(sign_certificate(certificate(), signer())))
    return file


def test_a_certificate_is_verified_with_nothing_but_the_pin(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable of ours is set, no folder of ours is there."""
    monkeypatch.setenv("CUSTODY_HOME", "/nowhere")

    result = _run("verify", "certificate", str(file), "--pin", PIN)

    assert result.exit_code == 0
    assert "it holds: destruction" in result.output
    assert "2027-05-06" in result.output


@pytest.mark.parametrize(
    ("pin", "tell"), [("00" * 32, "not_pinned"), ("", "not_pinned")]
)
def test_another_pin_believes_nothing(file: Path, pin: str, tell: str) -> None:
    result = _run("verify", "certificate", str(file), "--pin", pin)

    assert (result.exit_code, tell in result.output) == (1, True)


def test_a_chinese_reader_is_told_in_words(file: Path) -> None:
    """The code stays, for the documents name it."""
    command = ["verify", "certificate", str(file), "--pin", "00" * 32]

    told = CliRunner().invoke(app, command, env={"CUSTODY_LANG": "zh"}).output

    assert told == "不成立：签名公钥不可信（not_pinned）\n"


def test_a_pin_is_demanded(file: Path) -> None:
    """A key that came with the file proves nothing."""
    assert _run("verify", "certificate", str(file)).exit_code == 2


def test_what_was_edited_or_is_not_there_fails(file: Path, tmp_path: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"customers":5', b'"customers":4', 1))

    edited = _run("verify", "certificate", str(file), "--pin", PIN)
    absent = _run("verify", "certificate", str(tmp_path / "no"), "--pin", PIN)

    assert (edited.exit_code, absent.exit_code) == (1, 1)
    assert "does not hold" in edited.output
    assert "cannot be read" in absent.output


def test_a_closing_certificate_tells_the_observed_moment(tmp_path: Path) -> None:
    file = tmp_path / "closing.json"
    signed = sign_certificate(closing_certificate(), signer())
    file.write_bytes(write_certificate(signed))

    result = _run("verify", "certificate", str(file), "--pin", PIN, language="zh")

    assert result.exit_code == 0
    assert "观察所得" in result.output


def test_certificates_are_listed_shown_and_written_once(
    yard: Yard, tmp_path: Path
) -> None:
    (kept,) = yard.book.kept
    short, written = kept.certificate_id[:10], tmp_path / "c.json"

    listed, shown = _run("certificate", "list"), _run("certificate", "show", short)
    first = _run("certificate", "export", short, "--json", str(written))
    again = _run("certificate", "export", short, "--json", str(written))

    assert kept.certificate_id in listed.output
    assert json.loads(shown.output) == json.loads(kept.content)
    assert (first.exit_code, again.exit_code) == (0, 1)
    assert written.read_bytes() == kept.content
    assert written.stat().st_mode & 0o777 == 0o600
    assert _run("verify", "certificate", str(written), "--pin", PIN).exit_code == 0


def test_paper_and_annex_are_written(yard: Yard, tmp_path: Path) -> None:
    (kept,) = yard.book.kept
    pdf, annex = tmp_path / "c.pdf", tmp_path / "annex"

    result = _run(
        *("certificate", "export", kept.certificate_id),
        *("--pdf", str(pdf), "--annex", str(annex)),
    )

    assert result.exit_code == 0, result.output
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert annex.read_bytes() == kept.annex


def test_what_is_asked_wrongly_is_told(yard: Yard, tmp_path: Path) -> None:
    (kept,) = yard.book.kept

    assert _run("certificate", "export", kept.certificate_id).exit_code == 1
    assert "begins with" in _run("certificate", "show", "ffff").output
    yard.book.kept.clear()
    assert "no certificates" in _run("certificate", "list").output
    assert not list(tmp_path.iterdir())


def test_a_receipt_is_handed_over_once(yard: Yard, tmp_path: Path) -> None:
    (kept,) = yard.book.kept
    mine, again = tmp_path / "mine.json", tmp_path / "again.json"
    ask = ("certificate", "receipt", kept.certificate_id, "FI000002", "--out")

    first, second = _run(*ask, str(mine)), _run(*ask, str(again))
    verified = _run("verify", "receipt", str(mine), "--pin", PIN)

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert "no salt is kept" in second.output
    assert not again.exists()
    assert (verified.exit_code, "FI000002" in verified.output) == (0, True)


def test_a_receipt_that_cannot_be_written_forgets_nothing(
    yard: Yard, tmp_path: Path
) -> None:
    (kept,) = yard.book.kept
    taken, free = tmp_path / "taken", tmp_path / "free"
    taken.touch()
    ask = ("certificate", "receipt", kept.certificate_id, "FI000002", "--out")

    assert _run(*ask, str(taken)).exit_code == 1
    assert _run(*ask, str(free)).exit_code == 0


def test_a_receipt_of_somebody_else_fails(yard: Yard, tmp_path: Path) -> None:
    (kept,) = yard.book.kept
    mine = tmp_path / "mine.json"
    _run("certificate", "receipt", kept.certificate_id, "FI000002", "--out", str(mine))
    mine.write_bytes(mine.read_bytes().replace(b"FI000002", b"FI000003"))

    result = _run("verify", "receipt", str(mine), "--pin", PIN)

    assert (result.exit_code, "not_listed" in result.output) == (1, True)
