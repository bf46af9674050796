"""After a destruction no restore brings anybody back: by intents, then by lost keys.

What lay on a medium before is restored as well; the twins show whom it would bring
back, and for how many days at most (R70-R72).
"""

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.adapters.offsite import DirectoryMedium
from custody.application.keys import ESCROW_LOCK_DAYS
from custody.application.restore.restored import Restored
from custody.domain.epochs import EpochId
from custody.domain.restoring import Replay
from custody.errors import EvidenceError
from tests.builders.destructions import Person, leave, signed_plan
from tests.builders.restored import Target, empty_target
from tests.faults.destructions import Destructions
from tests.faults.site import open_site

pytestmark = [pytest.mark.integration, pytest.mark.faults, pytest.mark.timeout(1200)]

CUSTOMERS = 6


@dataclass(frozen=True)
class Past:
    """What lay on a medium at times, and who was destroyed since."""

    destructions: Destructions
    before: Path
    gone: list[Person]
    old: tuple[EpochId, ...]

    @property
    def there(self) -> list[Person]:
        """Whoever is left."""
        gone = {one.number for one in self.gone}
        return [one for one in self.destructions.there if one.number not in gone]


@pytest.fixture(scope="module")
def past() -> Iterator[Past]:
    """Customers, a copy of the medium, and a destruction of two of them."""
    with open_site() as site:
        destructions = Destructions.at(site, customers=CUSTOMERS)
        custody = destructions.custody
        custody.copy_ledger()
        before = site.root / "before"
        shutil.copytree(site.home / "offsite" / "a", before)
        gone = destructions.there[:2]
        old = custody.keyring(roles.KEYRING_OWNER).living()
        leave(custody, *gone)
        custody.destroy(signed_plan(custody).digest)
        custody.copy_ledger()
        yield Past(destructions, before, gone, old)


@dataclass(frozen=True)
class Case:
    """One copy of the medium, restored."""

    past: Past
    medium: Path

    @classmethod
    def of(cls, past: Past, tmp_path: Path, *, old: bool) -> "Case":
        """Copy the medium as it was before, or as it is now."""
        site = past.destructions.site
        now = site.home / "offsite" / "a"
        medium = tmp_path / "a"
        shutil.copytree(past.before if old else now, medium)
        return cls(past, medium)

    def without(self, pattern: str) -> None:
        """Take files away, as an expired lock lets the remover do."""
        found = [path for path in self.medium.glob(pattern) if path.is_file()]
        assert found, pattern
        for path in found:
            path.unlink()

    def restore(self, tmp_path: Path) -> tuple[Restored, set[str]]:
        """Restore from this copy alone; return what came of it, and who opens."""
        site = self.past.destructions.site
        source = self.past.destructions.installation
        with empty_target(site.server, source, tmp_path / "home") as target:
            url = f"{self.medium.as_uri()}#a"
            alone: Mapping[str, str] = {
                **target.environment,
                "CUSTODY_OFFSITE_URLS": url,
            }
            only = Target(source, alone)
            custody = only.opened()
            restored = custody.restore(replace(only.given(), url=url))()
            assert custody.still_linked() == ()
            query = text(
                "SELECT DISTINCT number FROM register.record_version"
                " JOIN register.sealed_value USING (handle)"
            )
            engine = custody.warehouse(roles.WAREHOUSE_OWNER)
            with transaction(engine, "test") as connection:
                return restored, set(connection.execute(query).scalars())


def _numbers(persons: list[Person]) -> set[str]:
    return {one.number for one in persons}


def test_from_the_set_after_it_all_survivors_come_and_nobody_else(
    past: Past, tmp_path: Path
) -> None:
    restored, there = Case.of(past, tmp_path, old=False).restore(tmp_path)

    assert there == _numbers(past.there)
    assert restored.manifest
    assert (restored.tombstones, restored.withheld) == (len(past.gone), 0)


def test_from_the_objects_before_it_the_intent_refuses_who_still_opens(
    past: Past, tmp_path: Path
) -> None:
    """The set is lost, the escrows are locked still: intents win."""
    case = Case.of(past, tmp_path, old=True)
    shutil.copytree(
        past.destructions.site.home / "offsite" / "a" / "ledger",
        case.medium / "ledger",
        dirs_exist_ok=True,
    )
    _forget_the_set(case)

    restored, there = case.restore(tmp_path)

    assert there == _numbers(past.there)
    assert restored.tombstones == len(past.gone)
    assert restored.withheld == 3 * len(past.gone)


def _forget_the_set(case: Case) -> None:
    """Let the ledger end before its set was written: a run that was killed there."""
    lines = sorted((case.medium / "ledger").glob("*.lines"))
    content = b"".join(path.read_bytes() for path in lines).splitlines(keepends=True)
    cut = next(at for at, line in enumerate(content) if b'"full_set_written"' in line)
    for path in (case.medium / "ledger").iterdir():
        path.unlink()
    (case.medium / "ledger" / f"{1:012d}-{cut:012d}.lines").write_bytes(
        b"".join(content[:cut])
    )
    _sign_head(case, content[cut - 1].rstrip(b"\n"))


def _sign_head(case: Case, line: bytes) -> None:
    from custody.adapters.signing_key import read_signer  # noqa: PLC0415 - here only
    from custody.domain.ledger import head_of  # noqa: PLC0415 - as above
    from custody.domain.ledger_head import write_head  # noqa: PLC0415 - as above

    settings = case.past.destructions.custody.settings
    signed = write_head(head_of(line), read_signer(settings.ledger_key_file))
    size = head_of(line).size
    (case.medium / "ledger" / f"{size:012d}.head").write_bytes(signed + b"\n")


def test_twin_without_the_intents_the_same_objects_bring_them_back(
    past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control switched off, here only."""
    monkeypatch.setattr(Replay, "gone", lambda *_, **__: frozenset())
    case = Case.of(past, tmp_path, old=True)
    shutil.copytree(
        past.destructions.site.home / "offsite" / "a" / "ledger",
        case.medium / "ledger",
        dirs_exist_ok=True,
    )
    _forget_the_set(case)

    _, there = case.restore(tmp_path)

    assert _numbers(past.gone) < there


def test_a_copy_that_was_taken_before_opens_them_until_its_escrows_are_gone(
    past: Past, tmp_path: Path
) -> None:
    """Ledger and all: who holds it and two cards restores it as it was.

    How long the medium itself gives such a copy: the lock of the old escrows, which
    nobody lengthens any more.
    """
    case = Case.of(past, tmp_path, old=True)

    _, there = case.restore(tmp_path)

    assert there == _numbers(past.destructions.there)
    medium = DirectoryMedium(past.destructions.site.home / "offsite" / "a", name="a")
    today = past.destructions.custody.clock.now().date()
    for epoch in past.old:
        (path,) = medium.list(f"escrow/{epoch}/")
        left = medium.locked_until(path) - today
        assert dt.timedelta(0) < left <= dt.timedelta(days=ESCROW_LOCK_DAYS)
        print(f"{epoch} opens for {left.days} days at most")  # noqa: T201 - a figure


def test_once_no_escrow_is_left_the_earlier_copy_brings_back_nobody(
    past: Past, tmp_path: Path
) -> None:
    case = Case.of(past, tmp_path, old=True)
    for epoch in past.old:
        case.without(f"escrow/{epoch}/*")

    with pytest.raises(EvidenceError, match="no escrow of live"):
        case.restore(tmp_path)
