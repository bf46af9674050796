"""Every way that a delivery can take, with canaries in each, and what is left.

Deliveries are labelled, so that a finding names the way on which a value leaked.
"""

import io
import itertools
import json
import traceback
from collections.abc import Callable
from pathlib import Path

from custody.adapters.roles import WAREHOUSE_DATABASE
from custody.application.intake.deliver import signer
from custody.domain.delivery import DeliveryId
from tests.builders.deliveries import DAY
from tests.builders.installation import STEPS
from tests.faults.breaking import BrokenHereError, broken_step
from tests.faults.canaries import Canary, draw
from tests.faults.mounts import Image
from tests.faults.scanner import Finding, Scanner
from tests.faults.site import Site, website_file, website_row

PARTNER_KEY = bytes(range(32))
DONE = ["sealed", "checked", "loaded", "exported", "erased"]
Canaries = dict[str, Canary]


class Aftermath:
    """The site after its deliveries, and the canaries that travelled in them."""

    def __init__(self, site: Site, seed: int, image: Image | None) -> None:
        self.site = site
        self.seed = seed
        self.image = image
        self.canaries: list[Canary] = []
        self.landed: dict[str, Path] = {}  # deliveries not erased yet, by label
        self.ends: dict[str, str] = {}
        self.looks: dict[str, list[Finding]] = {}
        self._scanner: Scanner | None = None

    def draw(self, label: str) -> Canaries:
        """Return the canaries of a label, and look for them from now on."""
        drawn = draw(self.seed, label)
        self.canaries += drawn.values()
        return drawn

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
        try:
            broken_step(custody, step)(delivery_id)
        except BrokenHereError as fault:
            log = self.site.root / f"{step}.traceback"
            log.write_text("".join(traceback.format_exception(fault)))
        else:
            raise AssertionError(step)
        if step != "erase":
            self.landed[step] = self.site.home / "landing" / delivery_id

    def heal(self) -> None:
        """Take what failed to its end, as the next run of the intake does."""
        custody = self.site.installation.custody
        for label in STEPS:
            delivery_id = DeliveryId(self.ends[label])
            for step in STEPS:
                getattr(custody, step)(delivery_id)
            assert not (self.site.home / "landing" / delivery_id).exists()

    # --- looking ------------------------------------------------------------------

    def look(self, name: str, find: Callable[[Scanner], list[Finding]]) -> None:
        """Keep what is found of every canary by one way of looking."""
        if self._scanner is None:
            self._scanner = Scanner(self.canaries)
        self.looks[name] = find(self._scanner)

    def files(self, scanner: Scanner) -> list[Finding]:
        """Scan every file, the landed ones of unfinished deliveries left out."""
        return self.site.scan(scanner, leave_out=self.landed.values())

    def disk(self, scanner: Scanner) -> list[Finding]:
        """Scan the raw image that everything lies on; nothing if there is none."""
        if self.image is None:
            return []
        self.image.settle()
        return list(scanner.scan_file(self.image.file, "image"))


def partner_file(canaries: Canaries) -> bytes:
    """Return a bank's CSV whose one row has every canary in its own column."""
    head = "customer_id,full_name,party,resident_id,mobile,email,address,card"
    row = ("customer_number", "person_name", "natural", "resident_id", "phone", "email")
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


def take_every_way(after: Aftermath) -> None:
    """Take every kind of delivery; each ends as it should."""
    good = website_file("good", 500, canaries=after.draw("good"))
    assert after.take("good", good) == DONE
    bank = partner_file(after.draw("partner"))
    assert after.take("partner", bank, "partner_bank") == DONE
    for step in STEPS:
        after.fail_at(step)
    for way in (_unreadable_row, _unnamed, _held, _unreadable_file, _tampered):
        way(after)


def look_everywhere(after: Aftermath) -> None:
    """Look while the server runs, after it was stopped at once, and when healed."""
    site = after.site
    with site.connect(WAREHOUSE_DATABASE) as connection:
        connection.execute("ANALYZE")
        connection.execute("CHECKPOINT")
    after.look("files", after.files)
    after.look("tables", site.scan_tables)
    after.look(
        "landing", lambda scanner: list(scanner.scan_tree(site.home / "landing"))
    )
    site.stop_at_once()
    try:
        after.look("files, server stopped", after.files)
        after.look("disk", after.disk)
    finally:
        site.server.start()
    after.heal()
    after.look("files, healed", site.scan)
    after.look("tables, healed", site.scan_tables)
    after.look("disk, healed", after.disk)


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
    for one, other in itertools.pairwise(canaries.values()):
        row[one.value] = other.value  # an unknown column's very name is a value
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
