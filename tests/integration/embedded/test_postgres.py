"""The embedded PostgreSQL: root or not, again and again, trusting nobody."""

import multiprocessing
import os
import pwd
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from custody.adapters.database import role_engine, transaction
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.embedded.postmaster import server_answers
from custody.adapters.roles import AIRFLOW_ROLE, KEYRING_LOADER, WAREHOUSE_READER
from custody.errors import ConfigurationError

pytestmark = pytest.mark.integration


@pytest.fixture
def folder() -> Iterator[Path]:
    """Lend a folder that other accounts may be given a part of."""
    made = Path(tempfile.mkdtemp(prefix="custody-test-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def kept() -> Iterator[EmbeddedPostgres]:
    """Keep a server for this module alone, whose tests stop and kill it."""
    made = Path(tempfile.mkdtemp(prefix="custody-test-"))
    server = EmbeddedPostgres(made / "postgres", made / "credentials")
    yield server
    server.stop()
    shutil.rmtree(made)


@pytest.fixture
def server(kept: EmbeddedPostgres) -> EmbeddedPostgres:
    """Return the module's server, running."""
    if not kept.running():
        kept.start()
    return kept


def answer(server: EmbeddedPostgres) -> object:
    """Ask the warehouse something as the reader."""
    engine = role_engine(
        server.warehouse_url, role=WAREHOUSE_READER, credentials=server.credentials
    )
    with transaction(engine, "ask") as connection:
        return connection.execute(text("SELECT count(*) FROM intake.delivery")).scalar()


def postmaster(server: EmbeddedPostgres) -> int:
    """Return the process id of the server."""
    lines = (server.home / "cluster" / "postmaster.pid").read_text("utf-8")
    return int(lines.splitlines()[0])


def test_it_starts_twice_and_stops_twice(server: EmbeddedPostgres) -> None:
    before = postmaster(server)

    server.start()

    assert postmaster(server) == before
    assert answer(server) == 0
    server.stop()
    server.stop()
    assert not server.running()
    server.start()
    assert answer(server) == 0


def test_it_comes_back_after_a_kill(server: EmbeddedPostgres) -> None:
    os.kill(postmaster(server), signal.SIGKILL)
    while server.running():
        time.sleep(0.01)

    server.start()

    assert answer(server) == 0


def test_a_start_waits_for_a_server_that_heals_a_crash(
    server: EmbeddedPostgres,
) -> None:
    """A process of it dies, the postmaster lives: it takes nobody in meanwhile."""
    mine = psycopg.connect(server.airflow_url("psycopg").replace("+psycopg", ""))
    for table in range(200):  # so that healing takes a while
        mine.execute(f"CREATE TABLE t{table} AS SELECT generate_series(1, 1000)")
    mine.commit()
    before = postmaster(server)
    os.kill(mine.info.backend_pid, signal.SIGKILL)
    while server_answers(server.database_url("postgres")):
        time.sleep(0.001)

    server.start()

    assert answer(server) == 0
    assert postmaster(server) == before


def test_nothing_of_it_is_open_to_others(server: EmbeddedPostgres) -> None:
    private = [server.credentials, server.home, server.socket_folder]
    secrets = list(server.credentials.iterdir())

    assert all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in private)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secrets)
    assert len({path.read_bytes() for path in secrets}) == len(secrets)


def test_it_listens_on_the_socket_alone_and_dumps_no_core(
    server: EmbeddedPostgres,
) -> None:
    engine = role_engine(
        server.keyring_url, role=KEYRING_LOADER, credentials=server.credentials
    )
    with transaction(engine, "ask") as connection:
        listening = connection.execute(text("SHOW listen_addresses")).scalar()
        level = connection.execute(text("SHOW wal_level")).scalar()

    limits = Path(f"/proc/{postmaster(server)}/limits").read_text("utf-8")
    core = next(line for line in limits.splitlines() if "core file" in line)

    assert (listening, level) == ("", "replica")
    assert core.split()[4] == "0"


def test_an_open_password_file_is_refused(server: EmbeddedPostgres) -> None:
    (server.credentials / WAREHOUSE_READER).chmod(0o644)

    with pytest.raises(ConfigurationError, match="0600"):
        answer(server)

    (server.credentials / WAREHOUSE_READER).chmod(0o600)


def test_a_lost_password_is_replaced_at_the_next_start(
    server: EmbeddedPostgres,
) -> None:
    (server.credentials / WAREHOUSE_READER).unlink()

    server.start()

    assert answer(server) == 0


def test_airflow_has_a_database_of_its_own(server: EmbeddedPostgres) -> None:
    url = server.airflow_url("psycopg")

    assert url.startswith(f"postgresql+psycopg://{AIRFLOW_ROLE}:")
    assert "/airflow?host=" in url


def test_a_home_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    server = EmbeddedPostgres(folder / ("x" * 120) / "p", folder / "credentials")

    server.start()
    try:
        assert answer(server) == 0
    finally:
        server.stop()
        shutil.rmtree(server.socket_folder)


def test_an_ordinary_user_runs_it_as_themself(
    postgres: EmbeddedPostgres, folder: Path
) -> None:
    """As root this takes the account `nobody`; else the tester is ordinary enough.

    The other server has already imported what a start needs: the interpreter's own
    files may be closed to `nobody`.
    """
    account = pwd.getpwuid(os.geteuid() or pwd.getpwnam("nobody").pw_uid)
    os.chown(folder, account.pw_uid, account.pw_gid)
    child = multiprocessing.get_context("fork").Process(
        target=_live_once, args=(folder, account.pw_uid, account.pw_gid)
    )

    child.start()
    child.join()

    assert postgres.running()
    assert child.exitcode == 0
    assert (folder / "lived").read_text("utf-8") == "True, then False"
    assert (folder / "postgres" / "cluster").stat().st_uid == account.pw_uid


def _live_once(folder: Path, user: int, group: int) -> None:
    """Start and stop a server as an account, and write down that it ran."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    server = EmbeddedPostgres(folder / "postgres", folder / "credentials")
    server.start()
    running = server.running()
    server.stop()
    (folder / "lived").write_text(f"{running}, then {server.running()}", "utf-8")


def test_a_lock_file_that_names_a_stranger_does_not_stop_a_start(
    server: EmbeddedPostgres,
) -> None:
    """After a container's restart another process may have the old id."""
    server.stop()
    lock = server.home / "cluster" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{server.home / 'cluster'}\n", "utf-8")

    server.start()

    assert answer(server) == 0
