"""The page beside the sets, followed to the letter without Custody (R65-R68).

Its pieces are saved and its commands are run as they stand, by a Python that cannot
import Custody, with `age` and `psql` and nothing else.
"""

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cryptography
import pytest
from psycopg import sql

from custody.adapters.by_hand import readme
from custody.adapters.config import read_settings
from custody.adapters.embedded import cluster_files
from custody.adapters.embedded.provision import connect_superuser
from custody.adapters.share_files import CardWriter
from custody.application.public_keys import MediumKeys
from custody.application.readme import put_readme, readme_path
from custody.bootstrap import open_custody
from custody.crypto import recovery
from custody.domain.ledger_check import fingerprint
from custody.errors import EvidenceError
from tests.builders.deliveries import DAY
from tests.builders.destructions import Person, bring, bring_rows
from tests.builders.installation import Installation
from tests.fakes.keys import FakeMedium
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

COUNT, MEDIUM = 5, "a"
_PIECE = re.compile(r"`([a-z.]+)`\n\n```(?:text|python)\n(.*?)```", re.DOTALL)
_COMMANDS = re.compile(r"```sh\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def source(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    return databases.install(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def persons(source: Installation) -> list[Person]:
    """Some in a full set, one more in a delivery after it; the cards were renewed.

    The first moved since: their second version lies in an object of its own.
    """
    renewed = _renewed(source)
    found = bring(renewed, COUNT - 1, seed=1)
    assert not renewed.custody.back_up().faults
    found += bring(renewed, 1, seed=2)
    row = {**found[0].row, "form_id": "moved", "phone": "13900139000"}
    (moved,) = bring_rows(renewed, [row])
    assert moved.number == found[0].number
    found[0] = moved
    renewed.custody.copy_ledger()
    return found


def _renewed(source: Installation) -> Installation:
    """Seal the medium to another secret: each epoch has two escrows there."""
    fresh = bytes(range(32))
    own = recovery.derive_identities(fresh, medium=MEDIUM)
    keys = MediumKeys(age=own.age_recipient, hpke=own.hpke_public)
    source.custody.renew_recipient(MEDIUM, keys)
    secret = recovery.secret_to_text(fresh)
    (source.secrets / f"{MEDIUM}.recovery").write_text(secret, "utf-8")
    custody = open_custody(read_settings(source.environment))
    assert custody.care_for_escrows.insist()
    return replace(source, custody=custody)


@pytest.fixture(scope="module")
def desk(
    source: Installation,
    persons: list[Person],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """What somebody has who has the medium, two cards and the page."""
    assert persons
    desk = tmp_path_factory.mktemp("desk")
    medium = next(one for one in source.custody.media if one.name == MEDIUM)
    shutil.copytree(source.secrets.parent / "offsite" / MEDIUM, desk / "medium")
    (path,) = medium.list("full/README.")
    page = medium.read(path).decode()
    for name, content in _PIECE.findall(page):
        (desk / name).write_text(content, "utf-8")
    secret = recovery.secret_from_text(
        (source.secrets / f"{MEDIUM}.recovery").read_text("utf-8")
    )
    folders = tuple(desk / f"holder-{at}" for at in (1, 2, 3))
    writer = CardWriter(folders=folders, certificate=lambda: bytes(32))
    cards = writer.write(MEDIUM, secret, fingerprint(source.custody.public_keys.ledger))
    for name, card in zip(("card-1.txt", "card-2.txt"), cards[1:], strict=True):
        shutil.copy(card, desk / name)
    _tools(desk / "bin")
    return desk


def _tools(folder: Path) -> None:
    """Lay out python3 without Custody, age, and psql; nothing else is on the path."""
    folder.mkdir()
    only = folder.parent / "only-cryptography"
    only.mkdir()
    packages = Path(cryptography.__file__).parents[1]
    for found in packages.iterdir():
        if found.name in {"cryptography", "cffi"} or found.name.startswith("_cffi"):
            (only / found.name).symlink_to(found)
    _program(
        folder / "python3",
        f"PYTHONPATH={shlex.quote(str(only))} exec {shlex.quote(sys.executable)}"
        ' -S "$@"',
    )
    real = shutil.which("age")
    ours = f"{shlex.quote(sys.executable)} {shlex.quote(str(folder / 'age.py'))}"
    (folder / "age.py").write_text(_AGE, "utf-8")
    _program(folder / "age", f'exec {shlex.quote(real) if real else ours} "$@"')
    _program(
        folder / "psql",
        f'exec {shlex.quote(str(cluster_files.programs() / "psql"))} "$@"',
    )


_AGE = """
import sys, pyrage
_, _, _, key, _, out, file = sys.argv
identity = pyrage.x25519.Identity.from_str(open(key).read().strip())
open(out, "wb").write(pyrage.decrypt(open(file, "rb").read(), [identity]))
"""


def _program(file: Path, line: str) -> None:
    file.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
    file.chmod(0o700)


def _run(desk: Path, command: str, **names: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{desk / 'bin'}{os.pathsep}/bin", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["/bin/sh", "-ec", command],
        cwd=desk,
        env={**environment, **names},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def _commands() -> list[str]:
    return _COMMANDS.findall(readme().decode())


def test_custody_cannot_be_imported_there(desk: Path) -> None:
    """The premise: should Custody be gone."""
    for module in ("custody", "shamir_mnemonic", "pyarrow", "polars"):
        done = _run(desk, f"python3 -c 'import {module}'")
        assert "ModuleNotFoundError" in done.stderr
    assert _run(desk, "python3 -c 'import cryptography'").returncode == 0


def test_the_page_restores_every_field_of_every_customer(
    desk: Path, source: Installation, persons: list[Person], databases: Databases
) -> None:
    pin = fingerprint(source.custody.public_keys.ledger)
    server = databases.server
    admin = server.database_url("postgres")
    with connect_superuser(admin, server.credentials) as connection:
        connection.execute("DROP DATABASE IF EXISTS by_hand WITH (FORCE)")
        connection.execute("CREATE DATABASE by_hand TEMPLATE template0")
        password = (server.credentials / "postgres").read_text("utf-8").strip()
        try:
            names = {
                "NAME": MEDIUM,
                "PIN": pin,
                "DATABASE": f"{server.database_url('by_hand')}&user=postgres",
                "PGPASSWORD": password,
            }
            for command in _commands():
                done = _run(desk, command, **names)
                assert done.returncode == 0, done.stderr
            with connect_superuser(
                server.database_url("by_hand"), server.credentials
            ) as restored:
                rows = restored.execute(
                    sql.SQL(
                        "SELECT customer, field, value FROM restored ORDER BY version"
                    )
                ).fetchall()
        finally:
            connection.execute("DROP DATABASE by_hand WITH (FORCE)")
    found: dict[str, dict[str, str]] = {}
    for customer, field, value in rows:
        found.setdefault(customer, {})[field] = value
    assert set(found) == {one.number for one in persons}
    for one in persons:
        told = found[one.number]
        assert told["customer_name"] == one.row["name"]
        assert told["resident_id"] == one.row["id_number"]
        assert told["phone"] == f"+86{one.row['phone']}"


def test_a_foreign_pin_a_flipped_object_and_one_card_are_refused(
    desk: Path, source: Installation
) -> None:
    """Twins of what the page checks."""
    pin = fingerprint(source.custody.public_keys.ledger)
    combine, read, _ = _commands()

    assert _run(desk, combine, NAME=MEDIUM).returncode == 0
    assert _run(desk, read, NAME=MEDIUM, PIN="00" * 32).returncode != 0
    once = combine.replace("card-2.txt", "card-1.txt")
    assert "two different cards" in _run(desk, once, NAME=MEDIUM).stderr
    assert _run(desk, combine, NAME=MEDIUM).returncode == 0
    file = max((desk / "medium" / "objects" / "website").rglob("*.age"))
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes((content[-1] ^ 1,)))
    try:
        refused = _run(desk, read, NAME=MEDIUM, PIN=pin)
    finally:
        file.write_bytes(content)
    assert "not what was written" in refused.stderr


def test_who_is_told_as_destroyed_is_left_out(
    desk: Path, source: Installation, persons: list[Person]
) -> None:
    """An intent in the ledger wins over an object that is older (R70).

    It names the salt of one version; those in other objects stay away as well.
    """
    from custody.domain.commitments import commit  # noqa: PLC0415 - this test only

    page = (desk / "open.py").read_text("utf-8")
    pin = fingerprint(source.custody.public_keys.ledger)
    combine, read, _ = _commands()
    assert _run(desk, combine, NAME=MEDIUM).returncode == 0
    salts = page.replace(
        "seen = set()",
        "print(json.dumps([[r['customer'].decode(), opened(r)[0].hex()]"
        " for r in bring(*todo[0]) if r['level'] == b'low'])); sys.exit()",
    )
    (desk / "open.py").write_text(salts, "utf-8")
    try:
        told = dict(json.loads(_run(desk, read, NAME=MEDIUM, PIN=pin).stdout))
        number = persons[0].number
        one = commit(bytes.fromhex(told[number]), number).hex()
        intended = page.replace(
            "manifests = {}", f"gone['plan'] = {{{one!r}}}\nmanifests = {{}}", 1
        )
        (desk / "open.py").write_text(intended, "utf-8")
        assert _run(desk, read, NAME=MEDIUM, PIN=pin).returncode == 0
    finally:
        (desk / "open.py").write_text(page, "utf-8")
    with (desk / "values.csv").open(encoding="utf-8", newline="") as opened:
        left = {row[0] for row in csv.reader(opened)}
    assert left == {one.number for one in persons[1:]}


def test_a_page_that_reads_back_otherwise_is_noticed() -> None:
    medium = FakeMedium("disk")
    assert put_readme(medium, b"page", locked_until=DAY) == readme_path(b"page")
    medium.flip = True

    with pytest.raises(EvidenceError, match=r"README"):
        put_readme(medium, b"page", locked_until=DAY)
