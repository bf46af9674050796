"""Settings: where each part of the world is, read once from the environment.

Everything has an embedded default under `CUSTODY_HOME`; a URL moves one part to
the real thing with no other change (design section 6).  No secret is read here:
settings name the files that hold them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from custody.adapters.embedded.cluster_files import socket_folder
from custody.adapters.roles import KEYRING_DATABASE, WAREHOUSE_DATABASE
from custody.adapters.shipped import shipped
from custody.domain.language import Language, Text, choose_language
from custody.errors import ConfigurationError

_LONGEST_SECONDS = 900  # five attempts of it are more than an hour
_NO_PASSWORDS = Text(
    "{name}：URL 中不写用户名或密码；请用文件指定",
    "{name}: a URL carries no user or password; name a file for them",
)
_SECONDS = Text(
    "{name}：请写 1 至 {longest} 的整秒数",
    "{name}: write whole seconds from 1 to {longest}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Places only; URLs carry no user and no password.

    `airflow_url` None means the one named in the credentials file, which
    `custody up` writes: {"url", "username", "password"}.  A later one of the
    policy folders adds to the earlier; the variable parts them by colons.
    """

    home: Path
    warehouse_url: str
    keyring_url: str
    credentials_dir: Path
    landing_url: str
    quarantine_url: str
    offsite_urls: tuple[str, ...]
    key_provider: str
    ledger_key_file: Path
    certificate_key_file: Path
    drill_key_file: Path
    public_keys_file: Path
    policy_dirs: tuple[Path, ...]
    expectations_dir: Path
    airflow_url: str | None
    airflow_credentials_file: Path
    notify_urls: tuple[str, ...]
    s3_endpoint_url: str | None
    s3_read_seconds: int | None
    language: Language

    def environment(self) -> dict[str, str]:
        """Return the variables that make another process read equal settings."""
        named = {
            "CUSTODY_HOME": str(self.home),
            "CUSTODY_WAREHOUSE_URL": self.warehouse_url,
            "CUSTODY_KEYRING_URL": self.keyring_url,
            "CUSTODY_CREDENTIALS_DIR": str(self.credentials_dir),
            "CUSTODY_LANDING_URL": self.landing_url,
            "CUSTODY_QUARANTINE_URL": self.quarantine_url,
            "CUSTODY_OFFSITE_URLS": ",".join(self.offsite_urls),
            "CUSTODY_KEY_PROVIDER": self.key_provider,
            "CUSTODY_LEDGER_KEY_FILE": str(self.ledger_key_file),
            "CUSTODY_CERTIFICATE_KEY_FILE": str(self.certificate_key_file),
            "CUSTODY_DRILL_KEY_FILE": str(self.drill_key_file),
            "CUSTODY_PUBLIC_KEYS_FILE": str(self.public_keys_file),
            "CUSTODY_POLICY_DIR": os.pathsep.join(map(str, self.policy_dirs)),
            "CUSTODY_EXPECTATIONS_DIR": str(self.expectations_dir),
            "CUSTODY_AIRFLOW_CREDENTIALS_FILE": str(self.airflow_credentials_file),
            "CUSTODY_NOTIFY_URLS": ",".join(self.notify_urls),
            "CUSTODY_LANG": self.language.value,
        }
        if self.airflow_url is not None:
            named["CUSTODY_AIRFLOW_URL"] = self.airflow_url
        if self.s3_endpoint_url is not None:
            named["CUSTODY_S3_ENDPOINT_URL"] = self.s3_endpoint_url
        if self.s3_read_seconds is not None:
            named["CUSTODY_S3_READ_SECONDS"] = str(self.s3_read_seconds)
        return named


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment (the process's own if None).

    ConfigurationError names the variable that is wrong, never its value.
    """
    read = _Reader(os.environ if environment is None else environment)
    home = read.path("CUSTODY_HOME", Path(".custody"))
    return Settings(
        home=home,
        warehouse_url=read.url(
            "CUSTODY_WAREHOUSE_URL", _embedded(home, WAREHOUSE_DATABASE)
        ),
        keyring_url=read.url("CUSTODY_KEYRING_URL", _embedded(home, KEYRING_DATABASE)),
        credentials_dir=read.path("CUSTODY_CREDENTIALS_DIR", home / "credentials"),
        landing_url=read.url("CUSTODY_LANDING_URL", _folder(home / "landing")),
        quarantine_url=read.url("CUSTODY_QUARANTINE_URL", _folder(home / "quarantine")),
        offsite_urls=read.urls(
            "CUSTODY_OFFSITE_URLS",
            (_folder(home / "offsite" / "a"), _folder(home / "offsite" / "b")),
        ),
        key_provider=read.url("CUSTODY_KEY_PROVIDER", _folder(home / "keys")),
        ledger_key_file=read.path("CUSTODY_LEDGER_KEY_FILE", home / "ledger.key"),
        certificate_key_file=read.path(
            "CUSTODY_CERTIFICATE_KEY_FILE", home / "certificate.key"
        ),
        drill_key_file=read.path("CUSTODY_DRILL_KEY_FILE", home / "drill.key"),
        public_keys_file=read.path(
            "CUSTODY_PUBLIC_KEYS_FILE", home / "public_keys.json"
        ),
        policy_dirs=read.paths("CUSTODY_POLICY_DIR", shipped("policy")),
        expectations_dir=read.path("CUSTODY_EXPECTATIONS_DIR", shipped("expectations")),
        airflow_url=read.url("CUSTODY_AIRFLOW_URL", "") or None,
        airflow_credentials_file=read.path(
            "CUSTODY_AIRFLOW_CREDENTIALS_FILE", home / "airflow" / "trigger.json"
        ),
        notify_urls=read.urls("CUSTODY_NOTIFY_URLS", ("log:",)),
        s3_endpoint_url=read.url("CUSTODY_S3_ENDPOINT_URL", "") or None,
        s3_read_seconds=read.seconds("CUSTODY_S3_READ_SECONDS"),
        language=choose_language(read.environment),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one variable after the other; an empty one counts as absent."""

    environment: Mapping[str, str]

    def path(self, name: str, default: Path) -> Path:
        given = self.environment.get(name, "")
        return (Path(given) if given else default).absolute()

    def paths(self, name: str, default: Path) -> tuple[Path, ...]:
        given = self.environment.get(name, "").split(os.pathsep)
        return tuple(Path(part).absolute() for part in given if part) or (default,)

    def url(self, name: str, default: str) -> str:
        return _plain(name, self.environment.get(name, "").strip() or default)

    def seconds(self, name: str) -> int | None:
        given = self.environment.get(name, "").strip()
        if not given:
            return None
        if not given.isdecimal() or not 1 <= int(given) <= _LONGEST_SECONDS:
            raise _SECONDS.as_error(
                ConfigurationError, name=name, longest=_LONGEST_SECONDS
            )
        return int(given)

    def urls(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        given = [part.strip() for part in self.environment.get(name, "").split(",")]
        kept = tuple(_allowed(name, part) for part in given if part)
        return kept or default


def _plain(name: str, url: str) -> str:
    """Refuse credentials in a URL: they would end up in process lists and logs."""
    if urlsplit(url).password is not None or urlsplit(url).username is not None:
        raise _NO_PASSWORDS.as_error(ConfigurationError, name=name)
    return url


def _allowed(name: str, url: str) -> str:
    """Let only a mail server's URL name a user; its password is in a file."""
    if urlsplit(url).scheme in {"smtp", "smtps"} and urlsplit(url).password is None:
        return url
    return _plain(name, url)


def _embedded(home: Path, database: str) -> str:
    """Return the URL of a database of the embedded PostgreSQL."""
    folder = socket_folder((home / "postgres").resolve())
    return f"postgresql:///{database}?host={folder}"


def _folder(path: Path) -> str:
    return path.absolute().as_uri()
