"""The drill's secrets: one a medium, made once, none of a recovery's (R67, R68)."""

import stat
from pathlib import Path

import pytest

from custody.adapters.drill_secrets import read_drill_secrets
from custody.adapters.secret_files import keep_drill_key, keep_secrets
from custody.application.public_keys import PublicKeys
from custody.crypto import recovery
from custody.errors import ConfigurationError


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """The public keys file of an installation that is older than drills."""
    file = tmp_path / "public_keys.json"
    keep_secrets(
        ["a", "b"],
        handover=tmp_path / "secrets",
        ledger_key_file=tmp_path / "ledger.key",
        public_keys_file=file,
    )
    return file


def test_an_older_installation_gets_them_once_and_keeps_its_other_keys(
    public: Path, tmp_path: Path
) -> None:
    before = PublicKeys.from_json(public.read_bytes())
    file = tmp_path / "drill.key"

    assert not any(keys.drill_age for keys in before.media.values())
    assert keep_drill_key(drill_key_file=file, public_keys_file=public)
    assert not keep_drill_key(drill_key_file=file, public_keys_file=public)

    after = PublicKeys.from_json(public.read_bytes())
    assert PublicKeys.from_json(after.to_json()) == after
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for name, secret in read_drill_secrets(file).items():
        own = recovery.derive_drill(secret, medium=name)
        keys = after.media[name]
        assert (keys.drill_age, keys.drill_hpke) == (own.age_recipient, own.hpke_public)
        assert (keys.age, keys.hpke) == (
            before.media[name].age,
            before.media[name].hpke,
        )
        other = recovery.derive_identities(secret, medium=name)
        assert keys.drill_age != other.age_recipient


def test_a_run_that_was_killed_goes_on_with_the_file_that_it_left(
    public: Path, tmp_path: Path
) -> None:
    file, before = tmp_path / "drill.key", public.read_bytes()
    keep_drill_key(drill_key_file=file, public_keys_file=public)
    secrets = read_drill_secrets(file)
    public.write_bytes(before)

    assert keep_drill_key(drill_key_file=file, public_keys_file=public)

    assert read_drill_secrets(file) == secrets
    own = recovery.derive_drill(secrets["a"], medium="a").age_recipient
    assert PublicKeys.from_json(public.read_bytes()).media["a"].drill_age == own


def test_a_file_that_others_read_or_that_holds_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "drill.key"
    with pytest.raises(ConfigurationError, match="keys init"):
        read_drill_secrets(file)
    text = recovery.secret_to_text(bytes(32))
    file.write_text(f"a {text}\n", encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(ConfigurationError, match="no drill secrets") as told:
        read_drill_secrets(file)
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod"):
        read_drill_secrets(file)

    assert text not in str(told.value)


def test_a_drills_secret_is_no_recovery_secret() -> None:
    text = recovery.secret_to_text(bytes(32), prefix=recovery.DRILL_PREFIX)

    with pytest.raises(ValueError, match="mistyped"):
        recovery.secret_from_text(text)
    with pytest.raises(ValueError, match="32 bytes"):
        recovery.derive_drill(b"short", medium="a")
