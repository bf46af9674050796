"""Exactly once, whatever is killed and when (threats 2.1: I1, I2, I3, I4, I8)."""

import random
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.crypto import signing
from custody.domain.delivery import DeliveryId
from custody.domain.ledger import read_line
from custody.domain.ledger_check import verify_lines
from custody.domain.outcome import Tally
from custody.errors import ConflictError
from tests.builders.deliveries import DAY
from tests.faults.breaking import unasked_check
from tests.faults.canaries import Canary, draw
from tests.faults.scanner import Scanner
from tests.faults.site import Site, open_site, website_file
from tests.faults.step import StepProcess, start_server

pytestmark = pytest.mark.integration

ROWS = 400
SEAL_KILLS = 10
LOAD_KILLS = 3
RACES = 2
RETRY_SECONDS = 30


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site of its own: its server is killed too."""
    start_server()
    with open_site() as site:
        yield site


class Story:
    """Deliveries of one test, each with its canaries, and what must hold of them."""

    def __init__(self, site: Site, name: str) -> None:
        self.site = site
        self.custody = site.installation.custody
        self.seed = random.getrandbits(32)
        self.rng = random.Random(self.seed)  # noqa: S311 - moments of a kill
        self.check = unasked_check(self.custody)
        self.name = f"{name}-{self.seed}"
        self.canaries: list[Canary] = []
        self.tell(f"seed {self.seed}")

    @staticmethod
    def tell(line: str) -> None:
        """Print what a failed test shows."""
        print(line)  # noqa: T201 - so that a failure can be repeated

    def put(self, number: int) -> DeliveryId:
        """Land and admit one delivery of ROWS people nobody else brings."""
        label = f"{self.name}-{number}"
        canaries = draw(self.seed, label)
        self.canaries += canaries.values()
        content = website_file(label, ROWS, canaries=canaries)
        key = self.site.installation.put("website", content)
        self.custody.admit("website", DAY)
        return key

    def step(self, name: str, delivery_id: DeliveryId) -> str:
        """Take a step as a retried task does: again while a killed run is held."""
        take = self.check if name == "check" else getattr(self.custody, name)
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                answer: str = take(delivery_id)
            except ConflictError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            else:
                return answer

    def finish(self, delivery_id: DeliveryId) -> None:
        """Go on to the end, and look whether every row is there exactly once."""
        for name in ("seal", "check", "load", "export", "erase"):
            self.step(name, delivery_id)
        self.holds(delivery_id)

    def holds(self, delivery_id: DeliveryId) -> None:
        """Each row loaded once, under its own handle, each value with its key."""
        assert self.site.installation.tally(delivery_id) == Tally(
            read=ROWS, loaded=ROWS
        )
        assert self.count(_LOADED, delivery_id) == (ROWS, ROWS, ROWS, ROWS)
        values, own, keys, keyless = self.keys_of(delivery_id)
        assert values == own == keys
        assert keyless == 0
        assert self.count(_STAGED, delivery_id) == (0,)
        kinds = [
            read_line(line).kind
            for line in self.custody.ledger.lines()
            if read_line(line).subject == delivery_id
        ]
        for kind in ("admitted", "loaded", "exported", "erased"):
            assert kinds.count(kind) == 1, (kind, kinds)

    def count(self, query: str, delivery_id: DeliveryId) -> tuple[int, ...]:
        """Return the numbers that a query gives."""
        engine = self.custody.warehouse(roles.WAREHOUSE_OWNER)
        with engine.connect() as connection:
            row = connection.execute(text(query), {"id": delivery_id}).one()
        return tuple(int(cell) for cell in row)

    def keys_of(self, delivery_id: DeliveryId) -> tuple[int, int, int, int]:
        """Return sealed values, their distinct keys, keys found, values without."""
        engine = self.custody.warehouse(roles.WAREHOUSE_OWNER)
        with engine.connect() as connection:
            rows = connection.execute(text(_VALUES), {"id": delivery_id}).all()
        keys = self.custody.keyring(roles.KEYRING_EXPORTER).wrapped(
            [row.handle for row in rows]
        )
        known = {
            (row["handle"], row["level"], row["key_id"])
            for row in keys.iter_rows(named=True)
        }
        missing = [row for row in rows if tuple(row) not in known]
        distinct = {row.key_id for row in rows}
        return len(rows), len(distinct), keys.height, len(missing)

    def evidence_holds(self) -> None:
        """The ledger verifies as a whole, and no plaintext is left anywhere."""
        pins = [signing.fingerprint(self.custody.public_keys.ledger)]
        verdict = verify_lines(
            self.custody.ledger.lines(), verify=signing.verify_labelled, pins=pins
        )
        assert verdict.faults == ()
        assert self.site.scan(Scanner(self.canaries)) == []


_LOADED = (
    "SELECT count(*), count(DISTINCT handle), count(DISTINCT number),"
    " count(DISTINCT row) FROM register.record_version WHERE delivery_id = :id"
)
_STAGED = "SELECT count(*) FROM intake.staged_row WHERE delivery_id = :id"
_VALUES = (
    "SELECT v.handle, v.level, v.key_id FROM register.sealed_value v"
    " JOIN register.record_version r USING (handle) WHERE r.delivery_id = :id"
)


def kill_at_random(story: Story, step: str, deliveries: list[DeliveryId]) -> int:
    """Kill the step of each delivery but the first at a random moment; count hits.

    The first runs to its end and tells how long that takes.
    """
    duration, hits = 0.0, 0
    for delivery_id in deliveries:
        running = StepProcess.start(story.site.installation, step, delivery_id)
        running.begin()
        begun = time.perf_counter()
        if not duration:
            assert running.answer() in {"sealed", "loaded"}
            duration = time.perf_counter() - begun
            continue
        moment = story.rng.uniform(0, duration)
        time.sleep(moment)
        answer = running.kill()
        if answer:  # it was quicker than the first one: look earlier
            duration = moment
        hits += not answer
        story.tell(f"{delivery_id} {step} killed after {moment:.3f} s {answer}")
    return hits


@pytest.mark.long
def test_killed_processes_and_a_retry_make_each_row_exactly_once(site: Site) -> None:
    """SIGKILL at ten random moments of sealing, then at some of loading."""
    story = Story(site, "kill")
    deliveries = [story.put(number) for number in range(SEAL_KILLS + 1)]

    hits = kill_at_random(story, "seal", deliveries)
    for delivery_id in deliveries:
        story.step("seal", delivery_id)
        story.step("check", delivery_id)
    kill_at_random(story, "load", deliveries[: LOAD_KILLS + 1])

    for delivery_id in deliveries:
        story.finish(delivery_id)
    story.evidence_holds()
    assert hits >= SEAL_KILLS // 3


@pytest.mark.parametrize("step", ["seal", "load"])
def test_two_runs_of_one_delivery_have_one_winner(site: Site, step: str) -> None:
    story = Story(site, f"race-{step}")
    for number in range(RACES):
        delivery_id = story.put(number)
        for before in ("seal", "check") if step == "load" else ():
            story.step(before, delivery_id)
        racers = [
            StepProcess.start(site.installation, step, delivery_id) for _ in range(2)
        ]
        for racer in racers:
            racer.begin()
            time.sleep(story.rng.uniform(0, 0.1))

        answers = sorted(racer.answer() for racer in racers)

        assert answers.count(f"{step}ed") == 1, answers
        assert set(answers) <= {f"{step}ed", "already", "conflict"}
        story.finish(delivery_id)


def test_a_killed_server_loses_no_row(site: Site) -> None:
    """One delivery is being sealed, the UNLOGGED staging of two others is emptied.

    `staging_lost` is the answer, and sealing again from the landed file the cure.
    """
    story = Story(site, "server")
    sealing, sealed, checked = (story.put(number) for number in range(3))
    for step, delivery_id in (("seal", sealed), ("seal", checked), ("check", checked)):
        story.step(step, delivery_id)
    process = StepProcess.start(site.installation, "seal", sealing)
    process.begin()
    time.sleep(story.rng.uniform(0.05, 0.4))
    site.kill_server()
    assert process.answer() in {"world", "sealed"}
    site.server.start()

    lost = [story.step("check", sealed), story.step("load", checked)]

    assert lost == ["staging_lost", "staging_lost"]
    assert [story.step("seal", one) for one in (sealed, checked)] == ["sealed"] * 2
    for delivery_id in (sealing, sealed, checked):
        story.finish(delivery_id)
    story.evidence_holds()
