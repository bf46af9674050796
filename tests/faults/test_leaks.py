"""No byte of planted values outside the landed file while it exists, none after.

One good delivery, one that fails at each step, and one for every other way that a
delivery can take; then every byte of databases, WAL, server log, logs, reports,
home, off-site folders, quarantine, temporary files and shared memory.
"""

import io
import itertools
import json
import logging
import random
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from custody.adapters.roles import KEYRING_DATABASE, WAREHOUSE_DATABASE
from custody.application.intake.deliver import signer
from custody.domain.delivery import DeliveryId
from tests.builders.deliveries import DAY
from tests.builders.installation import STEPS
from tests.faults.breaking import BrokenHereError, broken_step
from tests.faults.canaries import ENCODINGS, KINDS, Canary, draw
from tests.faults.scanner import Finding, Scanner
from tests.faults.site import Site, open_site, website_file, website_row

pytestmark = pytest.mark.integration

PARTNER_KEY = bytes(range(32))
Canaries = dict[str, Canary]


@pytest.fixture(scope="module")
def seed() -> int:
    """Return this run's seed; pytest-randomly's seed gives it again."""
    return random.getrandbits(32)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site whose programs write every log line there is into one file."""
    with open_site(partner_key=PARTNER_KEY) as site:
        lines = logging.FileHandler(site.root / "python.log", encoding="utf-8")
        root = logging.getLogger()
        before = root.level
        root.addHandler(lines)
        root.setLevel(logging.DEBUG)
        yield site
        root.setLevel(before)
        root.removeHandler(lines)
        lines.close()


class Aftermath:
    """The site after its deliveries, and the canaries that travelled in them."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site = site
        self.seed = seed
        self.canaries: list[Canary] = []
        self.landed: list[Path] = []  # deliveries not erased yet
        self.ends: dict[str, str] = {}

    def draw(self, label: str) -> Canaries:
        """Return the canaries of a label, and look for them from now on."""
        drawn = draw(self.seed, label)
        self.canaries += drawn.values()
        return drawn

    def scan(self) -> list[Finding]:
        """Scan every file, the landed ones of unfinished deliveries left out."""
        return self.site.scan(Scanner(self.canaries), leave_out=self.landed)

    def put(self, label: str, content: bytes, source: str = "website") -> DeliveryId:
        """Land a file and admit it."""
        sign = signer(PARTNER_KEY) if source == "partner_bank" else None
        custody = self.site.installation.custody
        key = custody.deliver(
            source, {"rows": io.BytesIO(content)}, business_date=DAY, sign=sign
        )
        custody.admit(source)
        self.ends[label] = key.delivery_id
        return key.delivery_id

    def take(self, label: str, content: bytes, source: str = "website") -> list[str]:
        """Take a delivery the whole way; return what each step answers."""
        delivery_id = self.put(label, content, source)
        custody = self.site.installation.custody
        return [getattr(custody, step)(delivery_id) for step in STEPS]

    def fail_at(self, step: str) -> None:
        """Take a delivery to a step that fails there; keep what Airflow would log."""
        content = website_file(step, 20, canaries=self.draw(step))
        delivery_id = self.put(step, content)
        custody = self.site.installation.custody
        for before in STEPS[: STEPS.index(step)]:
            getattr(custody, before)(delivery_id)
        with pytest.raises(BrokenHereError) as caught:
            broken_step(custody, step)(delivery_id)
        log = self.site.root / f"{step}.traceback"
        log.write_text("".join(traceback.format_exception(caught.value)))
        if step != "erase":
            self.landed.append(self.site.home / "landing" / delivery_id)


def partner_file(canaries: Canaries) -> bytes:
    """Return a bank's CSV whose one row has every canary in its own column."""
    head = "customer_id,full_name,party,resident_id,mobile,email,address,card"
    row = ("P-1", "person_name", "natural", "resident_id", "phone", "email")
    values = [canaries[name].value if name in canaries else name for name in row]
    values += [canaries["address"].value, canaries["bank_card"].value]
    head += ",credit_code,contact,credit_report,industry,customer_type,standing"
    head += ",yearly_amount,branch"
    values += [
        "",
        canaries["person_name"].value,
        "",
        "金融-银行",
        "existing",
        "",
        "",
        "",
    ]
    return f"{head}\n{','.join(values)}\n".encode()


def line(row: dict[str, object]) -> bytes:
    """Return one line of JSONL."""
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


DONE = ["sealed", "checked", "loaded", "exported", "erased"]


@pytest.fixture(scope="module")
def aftermath(site: Site, seed: int) -> Aftermath:
    """Take every kind of delivery; each ends as it should."""
    after = Aftermath(site, seed)
    good = website_file("good", 500, canaries=after.draw("good"))
    assert after.take("good", good) == DONE
    bank = partner_file(after.draw("partner"))
    assert after.take("partner", bank, "partner_bank") == DONE
    for step in STEPS:
        after.fail_at(step)
    _unreadable_row(after)
    _unnamed(after)
    _held(after)
    _unreadable_file(after)
    _tampered(after)
    return after


def _unreadable_row(after: Aftermath) -> None:
    broken = line(website_row("broken", after.draw("row")))[:-3] + b"\n"
    answers = after.take("row", website_file("row", 20) + broken)
    assert answers == DONE
    assert after.site.installation.tally(after.ends["row"]).quarantined == 1


def _unnamed(after: Aftermath) -> None:
    row = website_row("unnamed", after.draw("pending")) | {"name": None}
    assert after.take("pending", website_file("pending", 20) + line(row)) == DONE
    assert after.site.installation.tally(after.ends["pending"]).pending == 1


def _held(after: Aftermath) -> None:
    canaries = after.draw("held")
    row = website_row("held", canaries)
    row[canaries["email"].value] = canaries["address"].value
    row[canaries["person_name"].value] = canaries["phone"].value
    answers = after.take("held", website_file("held", 20) + line(row))
    assert answers == ["sealed", "held", "held", "exported", "erased"]


def _unreadable_file(after: Aftermath) -> None:
    content = website_file("file", 20, canaries=after.draw("file"))
    answers = after.take("file", content.decode().encode("utf-16-le"))
    assert answers[0] == "quarantined"


def _tampered(after: Aftermath) -> None:
    """Quarantined by admission: the file is not the one of the manifest."""
    custody = after.site.installation.custody
    content = website_file("tampered", 20, canaries=after.draw("tampered"))
    key = custody.deliver("website", {"rows": io.BytesIO(b"{}")}, business_date=DAY)
    landed = after.site.home / "landing" / key.delivery_id
    (landed / "rows").write_bytes(content)
    admission = custody.admit("website")
    assert key.delivery_id in {one for one, _ in admission.quarantined}
    assert not landed.exists()


def test_no_plaintext_while_the_server_runs(aftermath: Aftermath) -> None:
    with aftermath.site.connect(WAREHOUSE_DATABASE) as connection:
        connection.execute("ANALYZE")
        connection.execute("CHECKPOINT")

    assert aftermath.scan() == []


def test_no_plaintext_after_an_immediate_stop(aftermath: Aftermath) -> None:
    aftermath.site.stop_at_once()
    try:
        found = aftermath.scan()
    finally:
        aftermath.site.server.start()

    assert found == []


def test_no_plaintext_in_any_row_of_any_table(aftermath: Aftermath) -> None:
    """Read through SQL: what lies there compressed or in pieces is whole."""
    assert aftermath.site.scan_tables(Scanner(aftermath.canaries)) == []


def test_the_landed_files_are_what_was_left_out(aftermath: Aftermath) -> None:
    """The twin of leaving them out: there, and only there, the values lie."""
    found = aftermath.site.scan(Scanner(aftermath.canaries))

    assert {one.canary.label for one in found} == {"seal", "check", "load", "export"}
    assert all("/landing/website/" in one.place for one in found)


# --- the positive control ----------------------------------------------------------

FOLDERS: dict[str, Callable[[Site], Path]] = {
    "landing": lambda site: site.home / "landing",
    "quarantine": lambda site: site.home / "quarantine",
    "work": lambda site: site.home / "work",
    "offsite": lambda site: site.home / "offsite" / "a",
    "keys": lambda site: site.home / "keys",
    "home": lambda site: site.home,
    "tmp": lambda site: site.temporary,
    "user": lambda site: site.root / "user",
    "base": lambda site: site.cluster / "base",
    "server log": lambda site: site.server.home,
    "shared memory": lambda _: Path("/dev/shm"),  # noqa: S108 - it is what is scanned
}


def test_a_copy_planted_in_any_place_is_found(site: Site, seed: int) -> None:
    """One file for each place and encoding, with every kind of value in it."""
    canaries = draw(seed, "control")
    planted: dict[str, Path] = {}
    for place, (folder_of, encoding) in enumerate(
        itertools.product(FOLDERS.values(), ENCODINGS)
    ):
        folder = folder_of(site)
        folder.mkdir(exist_ok=True)
        texts = [ENCODINGS[encoding](one.value)[0] for one in canaries.values()]
        name = f"custody-control-{seed}-{place}."
        planted[name] = folder / name
        planted[name].write_bytes(b"\n".join(texts))

    found = site.scan(Scanner(canaries.values()))

    for path in planted.values():
        path.unlink()
    for name in planted:
        here = {one.canary.kind for one in found if one.place.endswith(name)}
        assert here == set(KINDS), name
    assert len(planted) == len(FOLDERS) * len(ENCODINGS)


def test_a_copy_planted_in_a_table_is_found_through_sql(site: Site, seed: int) -> None:
    """Compressed by PostgreSQL and cut into pieces: no byte scan sees it whole."""
    canaries = draw(seed, "toast")
    padding = json.dumps(["compress me"] * 3000)
    text = padding.join(canary.value for canary in canaries.values())
    with site.connect(WAREHOUSE_DATABASE) as connection:
        connection.execute("CREATE TABLE twin (value text STORAGE extended)")
        connection.execute("INSERT INTO twin VALUES (%s)", (text,))

        found = site.scan_tables(Scanner(canaries.values()))

        connection.execute("DROP TABLE twin")
    assert {one.canary.kind for one in found} == set(KINDS)


@pytest.mark.parametrize("database", [WAREHOUSE_DATABASE, KEYRING_DATABASE])
def test_twin_a_logged_table_leaves_copies_in_the_wal(
    site: Site, seed: int, database: str
) -> None:
    """Deleted, vacuumed: the WAL still tells.  UNLOGGED never tells it."""
    logged = draw(seed, f"logged {database}")
    unlogged = draw(seed, f"unlogged {database}")
    with site.connect(database) as connection:
        for kind, canaries in (("", logged), ("UNLOGGED", unlogged)):
            connection.execute(f"CREATE {kind} TABLE twin (value text)".encode())
            for canary in canaries.values():
                connection.execute("INSERT INTO twin VALUES (%s)", (canary.value,))
            connection.execute("DELETE FROM twin")
            connection.execute("VACUUM FULL twin")
            connection.execute("DROP TABLE twin")

    found = list(Scanner([*logged.values(), *unlogged.values()]).scan_tree(site.wal))

    assert {one.canary.kind for one in found} == set(KINDS)
    assert {one.canary.label for one in found} == {f"logged {database}"}


def test_twin_a_logged_projection_leaves_names_in_the_wal(
    site: Site, seed: int
) -> None:
    """A company's name is shown by design; it must still stay out of the WAL."""
    company = Canary("company", "name", draw(seed, "company")["address"].value)
    row = website_row(
        "company", name=f"{company.value}有限公司", party="legal", phone="13800138000"
    )
    scanner = Scanner([company])
    key = site.installation.put("website", line(row))
    site.installation.custody.admit("website")
    for step in ("seal", "check", "load"):
        getattr(site.installation.custody, step)(key)
    kept = list(scanner.scan_tree(site.wal))
    with site.connect(WAREHOUSE_DATABASE) as connection:
        shown = connection.execute(
            "SELECT count(*) FROM projection.record WHERE name LIKE %s",
            (f"{company.value}%",),
        ).fetchone()
        connection.execute("ALTER TABLE projection.record SET LOGGED")
        leaked = list(scanner.scan_tree(site.wal))
        connection.execute("ALTER TABLE projection.record SET UNLOGGED")

    assert shown == (1,)
    assert kept == []
    assert leaked != []


def test_twin_a_parser_with_a_spool_file_is_found(site: Site, seed: int) -> None:
    """What an ordinary pipeline does: values go to TMPDIR on their way."""
    canaries = draw(seed, "spool")
    with tempfile.NamedTemporaryFile() as spool:
        spool.write(website_file("spool", 20, canaries=canaries))
        spool.flush()

        found = site.scan(Scanner(canaries.values()))

    assert {one.canary.kind for one in found} == set(KINDS)
    assert all("/tmp/" in one.place for one in found)  # noqa: S108 - the site's own
