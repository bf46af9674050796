"""An image: everything that somebody could have copied at one moment, as files.

The database files of a server that was killed (UNLOGGED forks and write-ahead log
among them), a dump of every database, and every folder.  Outside of it are the key
provider, what people took away, and the escrows that are locked: those are shown to
open everything.
"""

import datetime as dt
import io
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from custody.adapters.age_box import decrypt
from custody.adapters.database import read_password
from custody.adapters.embedded.cluster_files import programs
from custody.adapters.embedded.provision import SUPERUSER
from custody.adapters.roles import DATABASES
from custody.application.ports import Offsite
from custody.bootstrap import Custody
from tests.faults.seams import PAGE, is_log
from tests.faults.site import Site

_PAGE_HEADER = 24
_HEX = re.compile(rb"\\\\x([0-9a-f]+)")
_UUID = re.compile(rb"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_OUTSIDE = ("keys", "secrets", "offsite")
_OBJECT = ".parquet.age"


@dataclass(frozen=True)
class Image:
    """Files below a folder; `identities` open the data objects of each medium."""

    folder: Path
    identities: Mapping[str, str] = field(default_factory=dict, repr=False)

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yield each file's bytes, and once more without what cuts values in pieces.

        That are the page headers of a log, the hexadecimal of a dump, and the age
        envelope with the pages of Parquet of a data object.
        """
        for path in sorted(self.folder.rglob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            content, place = path.read_bytes(), str(path.relative_to(self.folder))
            if not content.strip(b"\0"):
                continue
            yield place, content
            if is_log(path):
                yield f"{place}:log", without_page_headers(content)
            elif path.suffix == ".dump":
                yield f"{place}:dump", without_hexadecimal(content)
            elif path.name.endswith(_OBJECT) and self.identities:
                yield f"{place}:object", self._rows(path, content)

    def _rows(self, path: Path, content: bytes) -> bytes:
        (identity,) = {
            self.identities[part] for part in path.parts if part in self.identities
        }
        frame = pl.read_parquet(io.BytesIO(decrypt(content, identity=identity)))
        return b"".join(
            cell if isinstance(cell, bytes) else str(cell).encode()
            for row in frame.iter_rows()
            for cell in row
        )


def without_page_headers(content: bytes) -> bytes:
    """Return a log's bytes as its records have them, across its pages."""
    pages = range(0, len(content), PAGE)
    return b"".join(content[at + _PAGE_HEADER : at + PAGE] for at in pages)


def without_hexadecimal(content: bytes) -> bytes:
    """Return a dump with the bytes that it writes out, of `bytea` and `uuid`."""
    whole = _HEX.sub(lambda found: bytes.fromhex(found[1].decode()), content)
    return _UUID.sub(
        lambda found: bytes.fromhex(found[0].replace(b"-", b"").decode()), whole
    )


def take_image(
    site: Site,
    custody: Custody,
    folder: Path,
    *,
    meanwhile: Callable[[], object],
) -> Image:
    """Copy everything; the server is killed for it, and started again.

    It is stopped before, for only then are UNLOGGED tables written to their files;
    `meanwhile` is done before it is killed, so that the log has what no file has.
    """
    site.server.stop()
    site.server.start()
    meanwhile()
    folder.mkdir()
    for database in DATABASES:
        _dump(site, database, folder / f"{database}.dump")
    site.kill_server()
    try:
        shutil.copytree(site.cluster, folder / "cluster", ignore=_sockets)
    finally:
        site.server.start()
    for path in site.home.iterdir():
        if path.is_dir() and path.name not in _OUTSIDE:
            shutil.copytree(path, folder / "home" / path.name)
    for medium in custody.media:
        _copy_medium(site, medium, folder, today=custody.clock.now().date())
    return Image(folder)


def _copy_medium(site: Site, medium: Offsite, folder: Path, *, today: dt.date) -> None:
    """Copy what is on a medium, but the escrows that are inside their lock."""
    for one in medium.versions(""):
        locked = one.locked_until is not None and one.locked_until >= today
        if one.marker or (locked and one.path.startswith("escrow/")):
            continue
        target = folder / "home" / "offsite" / medium.name / one.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(site.home / "offsite" / medium.name / one.path, target)


def _dump(site: Site, database: str, target: Path) -> None:
    """Dump a database as its superuser, UNLOGGED tables too."""
    command = [str(programs() / "pg_dump"), "--username", SUPERUSER]
    command += ["--host", str(site.server.socket_folder), "--dbname", database]
    password = read_password(site.server.credentials, SUPERUSER)
    with target.open("wb") as out:
        subprocess.run(
            command,
            stdout=out,
            env={"PATH": os.defpath, "PGPASSWORD": password, "LC_ALL": "C.UTF-8"},
            check=True,
        )


def _sockets(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if (Path(folder) / name).is_socket()}


def shown_files(site: Site, database: str, tables: Mapping[str, str]) -> set[str]:
    """Return the files, by path in the cluster, of tables with index and TOAST."""
    query = (
        "SELECT pg_relation_filepath(c.oid) FROM pg_class c"
        " LEFT JOIN pg_index i ON i.indexrelid = c.oid"
        " JOIN pg_class t ON t.oid IN (c.oid, i.indrelid)"
        " WHERE (t.oid = ANY(%(tables)s::regclass[]) OR t.oid IN (SELECT"
        "  reltoastrelid FROM pg_class WHERE oid = ANY(%(tables)s::regclass[])))"
        " AND c.relkind IN ('r', 'i', 't')"
    )
    names = [f"{schema}.{name}" for name, schema in tables.items()]
    with site.connect(database) as connection:
        found: list[Any] = connection.execute(query, {"tables": names}).fetchall()
    return {str(path) for (path,) in found}
