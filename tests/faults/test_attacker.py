"""Who copied everything in time, and has every key that exists now, reads nobody.

The twin is the same run before the old epochs end: rows and data keys are deleted,
survivors are moved, and the same copies open one and all.
"""

import contextlib
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.adapters.roles import WAREHOUSE_DATABASE
from custody.bootstrap import Custody
from custody.crypto.blindindex import field_key, tokens
from custody.domain.destruction import RunState
from custody.domain.epochs import FIELD_ROOT, Purpose
from custody.errors import KeyDestroyedError
from tests.builders.destructions import (
    Person,
    copy_everything,
    leave,
    opened_of,
    signed_plan,
)
from tests.faults.destructions import Destructions
from tests.faults.site import Site, open_site

pytestmark = pytest.mark.integration

GUESSED = {"phone": "phone", "id_number": "resident_id"}
"""Column of the form -> field of the register: what has few possible values."""


@pytest.fixture(scope="module")
def destructions() -> Iterator[Destructions]:
    """A site whose every byte can be searched."""
    with open_site() as site:
        yield Destructions.at(site, customers=12)


def copied_tokens(custody: Custody) -> set[bytes]:
    """Copy every token of the register."""
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        found = connection.execute(text("SELECT uuid_send(token) FROM register.token"))
        return {bytes(one) for one in found.scalars()}


def guessed(custody: Custody, persons: list[Person], copied: set[bytes]) -> int:
    """Guess right values under every index key there is; count what matches."""
    provider = custody.provider_as(roles.KEYRING_DESTROYER)
    root = provider.open(FIELD_ROOT)
    hits = 0
    for epoch in provider.epochs():
        if epoch.purpose is not Purpose.INDEX or epoch.number > 999_999_000:
            continue
        with contextlib.suppress(KeyDestroyedError):
            key = provider.open(epoch)
            for column, field in GUESSED.items():
                own = field_key(root, dataset=custody.policy.dataset, field=field)
                values = [value.encode() for value in spellings(persons, column)]
                made = tokens(index_key=key, field_key=own, values=values)
                hits += len(copied.intersection(made))
    return hits


def spellings(persons: list[Person], column: str) -> list[str]:
    """Return values as they are normalised."""
    values = [one.row[column] for one in persons]
    return [f"+86{value}" for value in values] if column == "phone" else values


def bytes_found(site: Site, persons: list[Person]) -> dict[str, int]:
    """Search every file for the names and numbers of some customers."""
    with site.connect(WAREHOUSE_DATABASE) as connection:
        connection.autocommit = True
        connection.execute("CHECKPOINT")
    wanted = [
        one.row[column].encode()
        for one in persons
        for column in ("name", "phone", "id_number", "email", "address")
    ]
    found = {}
    for path in site.root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            hits = sum(value in content for value in wanted if len(value) > 6)
            if hits:
                found[str(path.relative_to(site.root))] = hits
    return found


def test_an_attacker_with_every_later_key_reads_none_of_the_destroyed(
    destructions: Destructions,
) -> None:
    custody = destructions.custody
    due, survivors = destructions.there[:4], destructions.there[4:]
    leave(custody, *due)
    loot, index = copy_everything(custody), copied_tokens(custody)
    values = len(loot.of(*due))
    plan = signed_plan(custody).digest

    custody.destroy(plan, until=RunState.RESHOWN)
    twin = opened_of(custody, loot.of(*due)), guessed(custody, due, index)
    custody.destroy(plan)

    assert values
    assert twin == (values, len(GUESSED) * len(due))
    assert opened_of(custody, loot.of(*due)) == 0
    assert guessed(custody, due, index) == 0
    now = copy_everything(custody)
    assert not now.of(*due)
    kept = loot.of(*survivors)
    assert opened_of(custody, now.of(*survivors)) == len(kept)
    assert guessed(custody, survivors, copied_tokens(custody)) == len(GUESSED) * len(
        survivors
    )
    planted = destructions.site.root / "planted"
    planted.write_text(due[0].row["id_number"], encoding="utf-8")
    assert bytes_found(destructions.site, due) == {"planted": 1}
