"""The files in which a new installation's secrets are handed over.

Each is written once and for its owner alone; a run that was killed is continued
from the files it left, so that no secret is ever replaced by another.  A medium's
recovery secret is handed over as three cards in three folders, or, for a demo, whole.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from custody.adapters import durable
from custody.adapters.drill_secrets import read_drill_secrets, write_drill_secrets
from custody.adapters.share_files import CardWriter
from custody.application.public_keys import PublicKeys
from custody.application.secrets import Secrets, make_secrets
from custody.crypto import recovery, signing
from custody.domain.language import Text
from custody.errors import ConflictError

QUARANTINE_FILE = "quarantine.identity"
RECOVERY_SUFFIX = ".recovery"
_EXIST = Text(
    "{file}：本安装的密钥已存在", "{file}: the keys of this installation exist"
)


def keep_secrets(
    media: Sequence[str],
    *,
    handover: Path,
    ledger_key_file: Path,
    public_keys_file: Path,
    cards: CardWriter | None = None,
) -> tuple[Path, ...]:
    """Make what is missing and write it; return the files that people take away.

    With `cards` the recovery secrets are kept as cards only, and lie whole nowhere.
    ConflictError when the public keys file exists: secrets are made once.
    """
    with durable.world("keys init"):
        if public_keys_file.exists():
            raise _EXIST.as_error(ConflictError, file=public_keys_file)
        fresh = make_secrets(media, entropy=os.urandom, ledger_key=signing.generate())
        identity_file = handover / QUARANTINE_FILE
        ledger_key = _keep(ledger_key_file, fresh.ledger_key)
        if cards is None:
            recovery, files = _whole(fresh, handover)
        else:
            recovery, files = cards.hand_over(fresh.recovery, ledger_key)
        kept = Secrets(
            recovery=recovery,
            quarantine_identity=_keep(
                identity_file, f"{fresh.quarantine_identity}\n".encode()
            ).decode(),
            ledger_key=ledger_key,
        )
        # Last: whoever finds it knows that everything else is there.
        durable.keep(public_keys_file, kept.public.to_json())
        return (*files, identity_file)


def _whole(fresh: Secrets, handover: Path) -> tuple[dict[str, str], tuple[Path, ...]]:
    """Keep each recovery secret in a file of its own; return what the files hold."""
    files = {name: handover / f"{name}{RECOVERY_SUFFIX}" for name in fresh.recovery}
    recovery = {
        name: _keep(files[name], f"{text}\n".encode()).decode()
        for name, text in fresh.recovery.items()
    }
    return recovery, tuple(files.values())


def keep_certificate_key(*, certificate_key_file: Path, public_keys_file: Path) -> bool:
    """Make the key that signs certificates, unless the public keys name one.

    Installations that are older than certificates get it like new ones, after their
    other keys.  A run that was killed is continued; whatever else stands in the
    public keys file stays there.
    """
    with durable.world("keys init"):
        public = public_keys_file.read_bytes()
        if PublicKeys.from_json(public).certificate is not None:
            return False
        own = certificate_key_of(certificate_key_file)
        _name(public_keys_file, {**json.loads(public), "certificate": own.hex()})
        return True


def keep_drill_key(*, drill_key_file: Path, public_keys_file: Path) -> bool:
    """Make the secrets of the restore drill, one a medium, unless they are named.

    As `keep_certificate_key`: older installations get them like new ones.  What was
    written before them the drill cannot read; the next backup it can.
    """
    with durable.world("keys init"):
        content = public_keys_file.read_bytes()
        public, media = json.loads(content), PublicKeys.from_json(content).media
        if all(keys.drill_age for keys in media.values()):
            return False
        secrets = {
            name: recovery.secret_to_text(
                os.urandom(recovery.SECRET_BYTES), prefix=recovery.DRILL_PREFIX
            )
            for name in media
        }
        _keep(drill_key_file, write_drill_secrets(secrets))
        for name, secret in read_drill_secrets(drill_key_file).items():
            own = recovery.derive_drill(secret, medium=name)
            public["media"][name] |= {
                "drill_age": own.age_recipient,
                "drill_hpke": own.hpke_public.hex(),
            }
        _name(public_keys_file, public)
        return True


def _name(public_keys_file: Path, public: Mapping[str, object]) -> None:
    """Write the public keys file again, with whatever else stands there."""
    written = json.dumps(public, indent=2, sort_keys=True).encode() + b"\n"
    durable.replace(public_keys_file, written)


def certificate_key_of(certificate_key_file: Path) -> bytes:
    """Return the public half of the key that signs certificates, made now if absent."""
    with durable.world("keys init"):
        pem = _keep(certificate_key_file, signing.private_to_pem(signing.generate()))
        return signing.public_key_of(signing.private_from_pem(pem))


def _keep(file: Path, content: bytes) -> bytes:
    """Write the content unless the file exists; return what the file holds."""
    durable.keep(file, content)
    return file.read_bytes()
