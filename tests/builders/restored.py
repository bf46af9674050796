"""An empty warehouse and keyring beside an installation, and a restore into them."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from custody.adapters.config import read_settings
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.embedded.provision import connect_superuser, ensure_database
from custody.adapters.roles import DATABASES, KEYRING_DATABASE, WAREHOUSE_DATABASE
from custody.application.ports import Reached, pass_by
from custody.application.restore.restored import Restored
from custody.application.restore.run import untold
from custody.bootstrap import Custody, open_custody
from custody.bootstrap.restore import RestoreFrom
from custody.crypto import recovery
from custody.domain.ledger_check import fingerprint
from tests.builders.installation import Installation

_COUNTER = itertools.count(1)


@dataclass(frozen=True)
class Target:
    """Where an installation is made again; `source` is the one that was lost."""

    source: Installation
    environment: Mapping[str, str]

    def opened(self, reached: Reached = pass_by) -> Custody:
        """Open Custody over the target."""
        return open_custody(read_settings(self.environment), reached=reached)

    def given(
        self,
        medium: str = "a",
        told: Callable[[str, int, int], None] = untold,
    ) -> RestoreFrom:
        """Return what a restore from a medium is told."""
        custody = self.source.custody
        at = [one.name for one in custody.media].index(medium)
        file = self.source.secrets / f"{medium}.recovery"
        return RestoreFrom(
            url=custody.settings.offsite_urls[at],
            secret=recovery.secret_from_text(file.read_text("utf-8")),
            pins=(fingerprint(custody.public_keys.ledger),),
            told=told,
        )

    def restore(self, medium: str = "a") -> Restored:
        """Restore from a medium."""
        custody = self.opened()
        return custody.restore(self.given(medium))()


def describe_target(
    source: Installation, home: Path, *, warehouse_url: str, keyring_url: str
) -> Mapping[str, str]:
    """Return the environment of a target: its own key folder, the source's media."""
    settings = source.custody.settings
    return {
        **source.environment,
        "CUSTODY_HOME": str(home),
        "CUSTODY_WAREHOUSE_URL": warehouse_url,
        "CUSTODY_KEYRING_URL": keyring_url,
        "CUSTODY_OFFSITE_URLS": ",".join(settings.offsite_urls),
        "CUSTODY_LEDGER_KEY_FILE": str(settings.ledger_key_file),
        "CUSTODY_CERTIFICATE_KEY_FILE": str(settings.certificate_key_file),
        "CUSTODY_PUBLIC_KEYS_FILE": str(settings.public_keys_file),
    }


@contextmanager
def empty_target(
    server: EmbeddedPostgres, source: Installation, home: Path
) -> Iterator[Target]:
    """Make two empty databases, and drop them after."""
    at = next(_COUNTER)
    names = {
        name: f"{name}_restored_{at}" for name in (WAREHOUSE_DATABASE, KEYRING_DATABASE)
    }
    url = server.database_url("postgres")
    with connect_superuser(url, server.credentials) as connection:
        for name, own in names.items():
            ensure_database(connection, own, roles=DATABASES[name])
    try:
        yield Target(
            source,
            describe_target(
                source,
                home,
                warehouse_url=server.database_url(names[WAREHOUSE_DATABASE]),
                keyring_url=server.database_url(names[KEYRING_DATABASE]),
            ),
        )
    finally:
        _drop(server, list(names.values()))


def _drop(server: EmbeddedPostgres, names: Sequence[str]) -> None:
    url = server.database_url("postgres")
    with connect_superuser(url, server.credentials) as connection:
        for name in names:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                    sql.Identifier(name)
                )
            )
