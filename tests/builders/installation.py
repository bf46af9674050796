"""A whole Custody in a temporary folder, for tests; its secrets are its own."""

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from custody.adapters.config import read_settings
from custody.adapters.offsite import medium_name
from custody.adapters.secret_files import (
    keep_certificate_key,
    keep_drill_key,
    keep_secrets,
)
from custody.adapters.stores import label_own_disks
from custody.bootstrap import Custody, open_custody
from custody.domain.delivery import DeliveryId
from custody.domain.outcome import Tally
from tests.builders.deliveries import DAY

ROOT = Path(__file__).resolve().parents[2]
EXPECTATIONS = ROOT / "expectations"
STEPS = ("seal", "check", "load", "export", "erase")


@dataclass(frozen=True)
class Installation:
    """Custody, the folder of what people would keep, and its environment."""

    custody: Custody
    secrets: Path
    environment: Mapping[str, str]

    def put(self, source: str, content: bytes, *, name: str = "rows") -> DeliveryId:
        """Land one file as a delivery of DAY."""
        key = self.custody.deliver(
            source, {name: io.BytesIO(content)}, business_date=DAY
        )
        return key.delivery_id

    def run(self, source: str, *, steps: Sequence[str] = STEPS) -> dict[str, list[str]]:
        """Do what a run of the source's DAG does; return each delivery's answers."""
        admitted = self.custody.admit(source)
        return {
            delivery_id: [getattr(self.custody, step)(delivery_id) for step in steps]
            for delivery_id in admitted.to_process
        }

    def tally(self, delivery_id: str) -> Tally:
        """Return where the rows of a delivery went."""
        record = self.custody.book.find(DeliveryId(delivery_id))
        assert record is not None
        return record.tally


def describe(
    home: Path,
    *,
    warehouse_url: str,
    keyring_url: str,
    credentials: Path,
    overlays: Sequence[str | Path] = (),
    expectations: Path = EXPECTATIONS,
) -> Mapping[str, str]:
    """Make the secrets of an installation; return its environment.

    Policies lie on top of the project's own: those of tests by their name, others
    by their folder.
    """
    policies = [ROOT / "include" / "policy"]
    policies += [ROOT / "tests" / "policies" / name for name in overlays]
    environment = {
        "CUSTODY_HOME": str(home),
        "CUSTODY_WAREHOUSE_URL": warehouse_url,
        "CUSTODY_KEYRING_URL": keyring_url,
        "CUSTODY_CREDENTIALS_DIR": str(credentials),
        "CUSTODY_POLICY_DIR": os.pathsep.join(map(str, policies)),
        "CUSTODY_EXPECTATIONS_DIR": str(expectations),
    }
    settings = read_settings(environment)
    label_own_disks(settings.offsite_urls, home=settings.home)
    keep_secrets(
        [medium_name(url) for url in settings.offsite_urls],
        handover=home / "secrets",
        ledger_key_file=settings.ledger_key_file,
        public_keys_file=settings.public_keys_file,
    )
    keep_certificate_key(
        certificate_key_file=settings.certificate_key_file,
        public_keys_file=settings.public_keys_file,
    )
    keep_drill_key(
        drill_key_file=settings.drill_key_file,
        public_keys_file=settings.public_keys_file,
    )
    return environment


def install(
    home: Path,
    *,
    warehouse_url: str,
    keyring_url: str,
    credentials: Path,
    overlays: Sequence[str | Path] = (),
    expectations: Path = EXPECTATIONS,
) -> Installation:
    """Make secrets, migrate, bear the first epochs; arguments as of `describe`."""
    environment = describe(
        home,
        warehouse_url=warehouse_url,
        keyring_url=keyring_url,
        credentials=credentials,
        overlays=overlays,
        expectations=expectations,
    )
    custody = open_custody(read_settings(environment))
    custody.prepare()
    return Installation(custody, home / "secrets", environment)
