"""`custody keys` and `custody ledger`: secrets are made once and never printed."""

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from custody.adapters.disk_label import LABEL
from custody.adapters.key_folder import KeyFolder
from custody.adapters.local import SystemClock
from custody.adapters.secret_files import keep_secrets
from custody.adapters.signing_key import read_signer
from custody.application.ports import KeyState
from custody.application.public_keys import PublicKeys
from custody.cli import keys, ledger
from custody.cli.main import app
from custody.domain.epochs import FIELD_ROOT, EpochId
from custody.domain.language import Language
from custody.domain.ledger import Head
from custody.domain.ledger_check import LedgerFault, Verification
from custody.errors import ConflictError


def _run(home: Path, *arguments: str) -> Result:
    app = typer.Typer()
    keys.add_to(app)
    ledger.add_to(app)
    environment = {"CUSTODY_HOME": str(home), "CUSTODY_LANG": "en"}
    return CliRunner().invoke(app, list(arguments), env=environment)


def test_init_writes_secrets_once_and_prints_none(tmp_path: Path) -> None:
    first = _run(tmp_path, "keys", "init", "--whole")
    files = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    second = _run(tmp_path, "keys", "init", "--whole")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "nothing was changed" in second.output
    assert "SECRET" not in first.output.replace(str(tmp_path), "").upper().replace(
        "/SECRETS/", ""
    )
    assert {p.name for p in files} == {
        "a.recovery", "b.recovery", "quarantine.identity",
        "ledger.key", "certificate.key", "public_keys.json", "drill.key", LABEL,
    }  # fmt: skip
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in files)
    assert files == {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}


def test_a_killed_init_is_continued_with_the_secrets_it_left(tmp_path: Path) -> None:
    file = tmp_path / "public_keys.json"
    keep = partial(
        keep_secrets,
        ["a", "b"],
        handover=tmp_path / "secrets",
        ledger_key_file=tmp_path / "ledger.key",
        public_keys_file=file,
    )
    keep()
    public = file.read_bytes()
    file.unlink()
    (tmp_path / "secrets" / "b.recovery").unlink()

    keep()

    before = PublicKeys.from_json(public)
    after = PublicKeys.from_json(file.read_bytes())
    assert after.media["a"] == before.media["a"]
    assert after.media["b"] != before.media["b"]
    assert (after.ledger, after.quarantine) == (before.ledger, before.quarantine)
    with pytest.raises(ConflictError):
        keep()


def test_an_installation_that_is_older_gets_a_key_for_certificates(
    tmp_path: Path,
) -> None:
    """What else stands in the public keys file stays there; a retry changes nothing."""
    _run(tmp_path, "keys", "init", "--whole")
    public = tmp_path / "public_keys.json"
    older = {**json.loads(public.read_bytes()), "enrolment": {"sun": "00" * 32}}
    del older["certificate"]
    public.write_text(json.dumps(older), "utf-8")
    (tmp_path / "certificate.key").unlink()
    assert PublicKeys.from_json(public.read_bytes()).certificate is None

    first, second = _run(tmp_path, "keys", "init"), _run(tmp_path, "keys", "init")

    assert "certificates was made" in first.output
    assert "nothing was changed" in second.output
    named = json.loads(public.read_bytes())
    signer = read_signer(tmp_path / "certificate.key", key_name="certificate key")
    assert {**older, "certificate": named["certificate"]} == named
    assert signer.origin == f"ed25519:{named['certificate']}"
    both = PublicKeys.from_json(public.read_bytes())
    assert PublicKeys.from_json(both.to_json()) == both


def test_list_tells_epochs_and_fingerprint(tmp_path: Path) -> None:
    _run(tmp_path, "keys", "init", "--whole")
    folder = KeyFolder(tmp_path / "keys", SystemClock())
    for epoch in (FIELD_ROOT, EpochId.parse("live/high/1")):
        folder.create(epoch)
    folder.destroy(EpochId.parse("live/high/1"))

    result = _run(tmp_path, "keys", "list")

    assert result.exit_code == 0
    assert "index/-/999999999\tlive" in result.output
    assert "live/high/1\tdestroyed\t20" in result.output
    assert "ledger fingerprint" in result.output


def test_list_tells_states_in_the_readers_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each state that a provider can answer."""
    states = {"live/high/1": "live", "live/low/1": "pending", "index/-/1": "destroyed"}
    provider = SimpleNamespace(
        epochs=lambda: tuple(states),
        state=lambda epoch: KeyState(name=states[epoch]),
        strays=tuple,
    )

    @contextmanager
    def told() -> Iterator[object]:
        public = SimpleNamespace(ledger=bytes(32), certificate=None, media={})
        yield SimpleNamespace(public_keys=public, provider=provider)

    monkeypatch.setattr("custody.cli.keys.opened", told)
    monkeypatch.setenv("CUSTODY_LANG", "zh")

    lines = CliRunner().invoke(app, ["keys", "list"]).output.splitlines()

    assert lines[1:] == [
        *("live/high/1\t有效", "live/low/1\t待销毁", "index/-/1\t已销毁")
    ]


def test_without_keys_the_commands_say_so(tmp_path: Path) -> None:
    for command in (("keys", "list"), ("ledger", "verify")):
        result = _run(tmp_path, *command)

        assert result.exit_code == 1
        assert "Traceback" not in result.output


def test_a_verdict_is_told_in_both_languages() -> None:
    head = Head(origin="ed25519:", size=3, hash=bytes(32))
    faults = tuple((at, LedgerFault.CHAIN) for at in range(1, 31))

    (holds,) = ledger.describe(Verification(head=head, faults=()))
    broken = ledger.describe(Verification(head=head, faults=faults))

    assert holds.of(Language.EN).startswith("the ledger holds: 3 lines")
    assert holds.of(Language.ZH).startswith("台账完整：3 行")
    assert broken[1].of(Language.EN) == "  line 1: chain"
    assert broken[-1].of(Language.ZH) == "  另有 10 处"


def test_bear_tells_which_epochs_are_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    born = SimpleNamespace(prepare=lambda: (EpochId.parse("live/high/1"),))
    monkeypatch.setattr(keys, "opened", lambda: nullcontext(born))

    result = _run(tmp_path, "keys", "bear")

    assert result.exit_code == 0
    assert result.output == "epoch is open: live/high/1\n"


def test_sweep_says_how_many_keys_nobody_claimed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    swept = SimpleNamespace(sweep_keys=lambda: 7)
    monkeypatch.setattr(keys, "opened", lambda: nullcontext(swept))

    result = _run(tmp_path, "keys", "sweep")

    assert result.exit_code == 0
    assert result.output == "unclaimed data keys deleted: 7\n"
