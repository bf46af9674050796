"""A site where customers are destroyed, and what somebody copied of them before.

In this order: an earlier destruction, whose escrows leave when their lock is over; a
rotation and, on its very day, the image; the destruction; and the day when the last
escrows have left, too.
"""

import contextlib
import dataclasses
import datetime as dt
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from custody.adapters.config import read_settings
from custody.adapters.roles import AIRFLOW_DATABASE, WAREHOUSE_DATABASE
from custody.application.ports.destruction_book import Run
from custody.bootstrap import Custody, open_custody
from custody.domain.destruction import RunState
from tests.builders.destructions import (
    Person,
    bring_rows,
    copy_everything,
    found_reviewers,
    leave,
    signed_plan,
)
from tests.builders.installation import Installation
from tests.fakes.world import FixedClock
from tests.faults import thief
from tests.faults.canaries import Canary, draw
from tests.faults.image import Image, shown_files, take_image
from tests.faults.scanner import Finding, Scanner
from tests.faults.site import Site, open_site, website_row
from tests.faults.thief import Finds, Keys, Known

CUSTOMERS, DUE, EARLIER = 12, 4, 1
LOCK_IS_OVER = dt.timedelta(days=40)
SHOWN = {"record": "projection", "staged_projection": "intake"}
Canaries = dict[str, Canary]
Contents = list[tuple[str, bytes]]


@dataclasses.dataclass
class Purge:
    """A site, and what somebody knows, has and finds at each of its moments."""

    site: Site
    installation: Installation
    folder: Path
    canaries: list[Canaries]
    there: list[Person] = dataclasses.field(default_factory=list)
    known: list[Known] = dataclasses.field(default_factory=list)
    contents: Contents = dataclasses.field(default_factory=list, repr=False)
    finds: Finds = dataclasses.field(default_factory=Finds, repr=False)
    shown: set[str] = dataclasses.field(default_factory=set)
    removed: int = 0
    provider_before: Keys = dataclasses.field(default_factory=dict, repr=False)
    escrows_before: Keys = dataclasses.field(default_factory=dict, repr=False)
    without_the_end: Keys = dataclasses.field(default_factory=dict, repr=False)
    at_the_end: Keys = dataclasses.field(default_factory=dict, repr=False)
    after: Finds = dataclasses.field(default_factory=Finds, repr=False)
    after_contents: Contents = dataclasses.field(default_factory=list, repr=False)
    bytes_before: list[Finding] = dataclasses.field(default_factory=list)
    bytes_after: list[Finding] = dataclasses.field(default_factory=list)
    closed: list[str | None] = dataclasses.field(default_factory=list)

    @property
    def custody(self) -> Custody:
        """Custody as of now."""
        return self.installation.custody

    @property
    def dataset(self) -> str:
        """The register's name."""
        return self.custody.policy.dataset

    @property
    def due(self) -> list[Person]:
        """Who is destroyed."""
        return self.there[:DUE]

    @property
    def survivors(self) -> list[Person]:
        """Who is not."""
        return self.there[DUE:]

    def of(self, persons: Sequence[Person]) -> list[Known]:
        """Return the sealed values of some."""
        numbers = {one.number for one in persons}
        return [one for one in self.known if one.number in numbers]

    def canaries_of(self, persons: Sequence[Person]) -> list[Canary]:
        """Return every planted value of some."""
        at = [self.there.index(one) for one in persons]
        return [canary for one in at for canary in self.canaries[one].values()]

    # --- what happens, in this order ------------------------------------------------

    def go_on(self, by: dt.timedelta) -> None:
        """Let time pass; escrows of the living are kept, the others may leave."""
        later = FixedClock(self.custody.clock.now() + by)
        custody = open_custody(read_settings(self.installation.environment))
        custody.clock = later  # type: ignore[assignment]
        self.installation = dataclasses.replace(self.installation, custody=custody)
        custody.sweep.care_for_escrows()
        self.removed += sum(custody.remove_escrows().values())
        self.closed += [one.certificate_id for one in custody.close_destructions()]

    def destroy(self, *persons: Person, until: RunState | None = None) -> str:
        """Let customers leave, and destroy them."""
        leave(self.custody, *persons)
        plan = signed_plan(self.custody).digest
        self.carry_out(plan, until=until)
        return plan

    def carry_out(self, plan: str, *, until: RunState | None = None) -> None:
        """Go on with a run."""
        run = self.custody.destroy(plan, until=until)
        assert isinstance(run, Run), run
        with self.site.connect(AIRFLOW_DATABASE) as connection:
            keep_as_airflow_does(connection, run.state)

    def copy(self) -> None:
        """Take the image, and note which files show something in clear."""
        loot = copy_everything(self.custody)
        copied: tuple[dict[str, Any], ...] = loot.values
        self.known = [
            Known(
                number=str(row["number"]),
                handle=bytes(row["handle"]),
                level=str(row["level"]),
                key_id=bytes(row["key_id"]),
                digest=bytes(row["digest"]),
            )
            for row in copied
        ]
        image = take_image(
            self.site, self.custody, self.folder, meanwhile=self.custody.copy_ledger
        )
        self.shown = shown_files(self.site, WAREHOUSE_DATABASE, SHOWN)
        self.custody.rebuild_projection()
        identities = thief.identities_of(self.installation.secrets)
        told = {name: one.age_identity for name, one in identities.items()}
        self.contents = list(Image(image.folder, told).contents())
        self.finds = thief.rummage(self.contents)
        self.provider_before = thief.keys_of_provider(self.custody)
        self.escrows_before = thief.keys_of_escrows(self.custody.media, identities)

    def look_again(self) -> None:
        """Take every key that is left, and look at every file that is left."""
        identities = thief.identities_of(self.installation.secrets)
        told = {name: one.age_identity for name, one in identities.items()}
        self.at_the_end = {
            **thief.keys_of_escrows(self.custody.media, identities),
            **thief.keys_of_provider(self.custody),
        }
        with self.site.connect(WAREHOUSE_DATABASE) as connection:
            connection.execute("CHECKPOINT")
        self.after_contents = list(Image(self.site.root, told).contents())
        self.after = thief.rummage(self.after_contents, self.finds)


def keep_as_airflow_does(
    connection: "psycopg.Connection[tuple[object, ...]]", told: str
) -> None:
    """Keep what a task returned where Airflow keeps it: XCom, log, rendered fields."""
    kept = {"return_value": told, "queue": "destroyer"}
    for table in ("xcom", "log", "rendered_task_instance_fields"):
        name = sql.Identifier(table)
        connection.execute(
            sql.SQL("CREATE TABLE IF NOT EXISTS {} (told jsonb)").format(name)
        )
        connection.execute(
            sql.SQL("INSERT INTO {} VALUES (%s)").format(name), (json.dumps(kept),)
        )


def rows_of(drawn: Sequence[Canaries]) -> Iterator[dict[str, str]]:
    """Yield forms that carry planted values; every third is a company's."""
    for at, canaries in enumerate(drawn):
        row = {key: str(value) for key, value in website_row("", canaries).items()}
        row |= {"industry": "F51", "customer_type": "ordinary"}
        if at % 3 == 0:
            row |= {"name": f"{row['name']}商贸有限公司", "party": "legal"}
            del row["id_number"]
        yield row


@contextlib.contextmanager
def purged(folder: Path) -> Iterator[Purge]:
    """Two destructions and a rotation, and what somebody copied in between."""
    seed = random.getrandbits(32)
    print(f"seed {seed}")  # noqa: T201 - so that a failure can be repeated
    drawn = [draw(seed, f"customer {at}") for at in range(CUSTOMERS + EARLIER)]
    with open_site() as site:
        purge = Purge(site, found_reviewers(site.installation), folder, drawn)
        *purge.there, earlier = bring_rows(purge.installation, list(rows_of(drawn)))
        purge.destroy(earlier)
        purge.go_on(LOCK_IS_OVER)
        now = purge.custody.clock.now() + dt.timedelta(days=1)
        assert purge.custody.rotate_epochs(before=now)
        purge.copy()
        scanner = Scanner(purge.canaries_of(purge.due))
        plan = purge.destroy(*purge.due, until=RunState.REWRAPPED)
        site.server.stop()  # only then are UNLOGGED tables written to their files
        site.server.start()
        purge.bytes_before = site.scan(scanner)
        purge.carry_out(plan, until=RunState.RESHOWN)
        purge.without_the_end = thief.keys_of_provider(purge.custody)
        purge.carry_out(plan)
        purge.bytes_after = purge.site.scan(scanner)
        purge.go_on(LOCK_IS_OVER)
        purge.look_again()
        yield purge
