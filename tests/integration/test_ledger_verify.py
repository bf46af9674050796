"""`custody ledger verify` on a real ledger: no edit of the table goes unseen.

Whoever owns the database can switch off its trigger and write what they like; what
they cannot do is sign, nor reach the head that lies elsewhere.
"""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from custody.adapters.embedded.provision import connect_superuser
from custody.adapters.local import folder_of
from custody.application.ports import Entry
from custody.cli.main import app
from custody.crypto import signing
from custody.domain.ledger import PREFIX, hash_line, origin_of, read_line
from tests.builders.installation import Installation
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

SIZE = 6
MIDDLE = 2  # counted from 0: neither the first line nor the last
OTHER_KEY = bytes(range(32))

Lines = list[bytes]


@pytest.fixture(scope="module")
def installation(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """A Custody whose ledger tells of six invented things."""
    made = databases.install(tmp_path_factory.mktemp("custody"))
    told = sum(1 for _ in made.custody.ledger.lines())
    for n in range(told, SIZE):
        made.custody.ledger.append(
            Entry(kind="loaded", subject=f"web/2026-01-02/{n}", body={"rows": 40 + n})
        )
    return made


@pytest.fixture
def table(databases: Databases) -> Iterator["Table"]:
    """The ledger's table in the hands of a superuser; put back after the test."""
    url, credentials = databases.warehouse_url, databases.server.credentials
    with connect_superuser(url, credentials) as connection:
        table = Table(connection)
        before = table.lines()
        yield table
        table.hold(before)


class Table:
    """Reads and writes the lines past every rule but that a hash is of its line."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection

    def lines(self) -> Lines:
        """Return the lines as they stand."""
        found = self._connection.execute(
            "SELECT line FROM ledger.entry ORDER BY position"
        )
        return [bytes(row[0]) for row in found.fetchall()]

    def hold(self, lines: Lines) -> None:
        """Make these lines the ledger, their places and hashes fitting."""
        switch = "ALTER TABLE ledger.entry {} TRIGGER append_only"
        with self._connection.transaction():
            self._connection.execute(switch.format("DISABLE").encode())
            self._connection.execute(
                "ALTER TABLE ledger.entry DROP CONSTRAINT IF EXISTS entry_hash_key"
            )
            self._connection.execute("DELETE FROM ledger.entry")
            with self._connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO ledger.entry (position, line, hash)"
                    " VALUES (%s, %s, %s)",
                    [(at, one, hash_line(one)) for at, one in enumerate(lines, 1)],
                )
            self._connection.execute(switch.format("ENABLE").encode())


def custody(installation: Installation, *arguments: str) -> Result:
    """Give a command as a person would."""
    environment = {**installation.environment, "CUSTODY_LANG": "en"}
    return CliRunner().invoke(app, ["ledger", *arguments], env=environment)


def rewritten(
    line: bytes, change: dict[str, object], *, key: bytes | None = None
) -> bytes:
    """Return a line that says something else; signed anew if a key is given."""
    fields = json.loads(line.removeprefix(PREFIX).rpartition(b" ")[0]) | change
    signed = (
        PREFIX
        + json.dumps(
            fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()
    )
    signature = (
        read_line(line).signature if key is None else signing.sign_labelled(key, signed)
    )
    return signed + b" " + base64.b64encode(signature)


def chained(lines: Lines, *, key: bytes | None = None) -> Lines:
    """Return the lines with every place and previous hash made to fit again."""
    whole: Lines = []
    for at, line in enumerate(lines, 1):
        previous = hash_line(whole[-1]).hex() if whole else "00" * 32
        whole.append(rewritten(line, {"position": at, "previous": previous}, key=key))
    return whole


def replaced(lines: Lines, line: bytes, at: int = MIDDLE) -> Lines:
    return [*lines[:at], line, *lines[at + 1 :]]


FIELDS: dict[str, object] = {
    "kind": "erased",
    "subject": "web/2026-01-02/99",
    "body": {"rows": 1},
    "time": "2020-01-02T03:04:05.000006Z",
    "position": 99,
    "previous": "11" * 32,
    "origin": origin_of(signing.public_key_of(OTHER_KEY)),
}
OTHER_ORIGIN = {"origin": FIELDS["origin"]}

EDITS: dict[str, Callable[[Lines], Lines]] = {
    **{
        f"{name} of a line": (
            lambda lines, name=name: replaced(  # type: ignore[misc]
                lines, rewritten(lines[MIDDLE], {name: FIELDS[name]})
            )
        )
        for name in FIELDS
    },
    **{
        f"{name} of the last line": (
            lambda lines, name=name: replaced(  # type: ignore[misc]
                lines, rewritten(lines[-1], {name: FIELDS[name]}), SIZE - 1
            )
        )
        for name in FIELDS
    },
    **{
        f"{name} of a line, signed by another key": (
            lambda lines, name=name: replaced(  # type: ignore[misc]
                lines,
                rewritten(lines[MIDDLE], {name: FIELDS[name]}, key=OTHER_KEY),
            )
        )
        for name in FIELDS
    },
    "a key more": lambda lines: replaced(
        lines, rewritten(lines[MIDDLE], {"note": "x"}, key=OTHER_KEY)
    ),
    "signature": lambda lines: replaced(
        lines, lines[MIDDLE].rpartition(b" ")[0] + b" " + base64.b64encode(bytes(64))
    ),
    "order": lambda lines: [lines[1], lines[0], *lines[2:]],
    "order, chained again": lambda lines: chained([lines[1], lines[0], *lines[2:]]),
    "the first removed": lambda lines: lines[1:],
    "one in the middle removed": lambda lines: lines[:MIDDLE] + lines[MIDDLE + 1 :],
    "one removed, chained again": lambda lines: chained(
        lines[:MIDDLE] + lines[MIDDLE + 1 :]
    ),
    "one inserted": lambda lines: [
        *lines[:MIDDLE],
        rewritten(lines[0], {"subject": "web/2026-01-02/98"}),
        *lines[MIDDLE:],
    ],
    "one inserted, chained again": lambda lines: chained(
        [*lines[:MIDDLE], lines[0], *lines[MIDDLE:]]
    ),
    "one appended, signed by another key": lambda lines: [
        *lines,
        rewritten(
            lines[-1],
            {
                "position": len(lines) + 1,
                "previous": hash_line(lines[-1]).hex(),
                **OTHER_ORIGIN,
            },
            key=OTHER_KEY,
        ),
    ],
    "all signed by another key": lambda lines: chained(
        [rewritten(line, OTHER_ORIGIN) for line in lines], key=OTHER_KEY
    ),
    "all signed by another key under the old name": lambda lines: chained(
        lines, key=OTHER_KEY
    ),
    "everything removed": lambda _: [],
    "bytes that are no line": lambda lines: replaced(lines, b"[" * 5000),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_every_edit_of_the_table_is_found_without_a_head(
    installation: Installation, table: Table, edit: Callable[[Lines], Lines]
) -> None:
    before = table.lines()
    table.hold(edit(before))

    result = custody(installation, "verify")

    assert table.lines() != before
    assert result.exit_code == 1
    assert "the ledger does not hold" in result.output
    assert "Traceback" not in result.output


def test_an_untouched_ledger_holds_and_its_head_is_the_same_each_time(
    installation: Installation, table: Table, tmp_path: Path
) -> None:
    printed = custody(installation, "head").output
    kept = tmp_path / "head"
    kept.write_text(printed, encoding="utf-8")

    result = custody(installation, "verify", "--head", str(kept))

    assert custody(installation, "head").output == printed
    assert printed.startswith('custody/head/1 {"hash":"')
    assert (result.exit_code, len(table.lines())) == (0, SIZE)
    assert f"the ledger holds: {SIZE} lines" in result.output
    assert "cut short" not in result.output


@pytest.mark.parametrize("form", ["file", "copied by hand"])
def test_a_cut_end_is_found_by_the_head_kept_elsewhere(
    installation: Installation, table: Table, tmp_path: Path, form: str
) -> None:
    """Twin: without the head the ledger cut short holds, and says what it cannot."""
    kept = tmp_path / "head"
    kept.write_text(custody(installation, "head").output, encoding="utf-8")
    by_hand = f"{SIZE}:{hash_line(table.lines()[-1]).hex()}"
    head = {"file": str(kept), "copied by hand": by_hand}[form]
    table.hold(table.lines()[:-1])

    without = custody(installation, "verify")
    result = custody(installation, "verify", "--head", head)

    assert (without.exit_code, result.exit_code) == (0, 1)
    assert "cut short" in without.output
    assert f"line {SIZE - 1}: truncated" in result.output


def test_a_ledger_that_grew_since_the_head_holds(
    installation: Installation, table: Table
) -> None:
    head = f"{SIZE - 1}:{hash_line(table.lines()[SIZE - 2]).hex()}"

    result = custody(installation, "verify", "--head", head)

    assert result.exit_code == 0


def test_another_history_of_the_same_key_is_found_by_the_head(
    installation: Installation, table: Table
) -> None:
    """Whoever holds the ledger's own key can write all anew, but not the head."""
    before = table.lines()
    key = signing.private_from_pem(
        installation.custody.settings.ledger_key_file.read_bytes()
    )
    told = [rewritten(line, {"kind": "x"}, key=key) for line in before]
    table.hold(chained(told, key=key))
    head = f"{SIZE}:{hash_line(before[-1]).hex()}"

    without = custody(installation, "verify")
    result = custody(installation, "verify", "--head", head)

    assert (without.exit_code, result.exit_code) == (0, 1)
    assert f"line {SIZE}: forked" in result.output


def test_no_head_is_signed_of_a_ledger_that_does_not_hold(
    installation: Installation, table: Table
) -> None:
    before = table.lines()
    table.hold([before[1], before[0], *before[2:]])

    result = custody(installation, "head")

    assert result.exit_code == 1
    assert "custody/head/1" not in result.output


def test_a_head_that_proves_nothing_ends_the_command(
    installation: Installation, tmp_path: Path
) -> None:
    forged = tmp_path / "forged"
    good = custody(installation, "head").output
    forged.write_text(good.replace('"size":', '"size":1'), encoding="utf-8")

    for head in (str(forged), str(tmp_path / "absent"), f"0:{'0' * 64}"):
        result = custody(installation, "verify", "--head", head)

        assert result.exit_code == 1
        assert "holds" not in result.output
        assert "Traceback" not in result.output


def test_a_pin_that_is_not_the_ledgers_key_trusts_nothing(
    installation: Installation,
) -> None:
    result = custody(installation, "verify", "--pin", "00" * 32)

    assert result.exit_code == 1
    assert "line 1: not_pinned" in result.output


@pytest.fixture
def copied(installation: Installation) -> Iterator[Result]:
    """The ledger copied to every medium; the copies go with the test."""
    yield custody(installation, "copy")
    for url in installation.custody.settings.offsite_urls:
        shutil.rmtree(folder_of(url, "CUSTODY_OFFSITE_URLS") / "ledger")


@pytest.mark.usefixtures("copied")
def test_a_cut_end_is_found_by_the_copy_without_anybody_keeping_a_head(
    installation: Installation, table: Table
) -> None:
    """Twin: before there is a copy, the same ledger holds (the tests above)."""
    table.hold(table.lines()[:-1])

    verified = custody(installation, "verify")
    again = custody(installation, "copy")

    assert (verified.exit_code, again.exit_code) == (1, 1)
    assert f"line {SIZE - 1}: truncated" in verified.output
    assert f"truncated before line {SIZE}" in again.output


def test_a_copy_tells_what_lies_where_and_verify_needs_no_head(
    installation: Installation, copied: Result
) -> None:
    verified = custody(installation, "verify")

    names = [medium.name for medium in installation.custody.media]
    assert copied.exit_code == 0
    assert copied.output.splitlines() == [f"{name}: {SIZE} lines" for name in names]
    assert verified.exit_code == 0
    assert "no --head given" not in verified.output
