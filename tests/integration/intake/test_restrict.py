"""Storage-only on a whole installation: ended, restricted, and taken back (R17)."""

import itertools
import json
import os
import random

import polars as pl
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from custody.adapters import roles
from custody.application.opening import Opener
from custody.application.ports import pass_by
from custody.application.retention import Answer, EventKind
from custody.bootstrap import Custody, open_custody
from custody.domain.epochs import EpochId
from custody.errors import KeyRestrictedError
from tests.builders import people
from tests.builders.deliveries import DAY
from tests.builders.installation import Installation
from tests.faults.points import kill_points

pytestmark = pytest.mark.integration

LABELS = itertools.count(1)
REASON = "closed the account at the branch"


class KilledError(Exception):
    """A run ends here, as if it had been killed."""


def bring(installation: Installation) -> tuple[str, bytes]:
    """Bring one invented customer; return number and handle."""
    label = next(LABELS)
    chance = people.chance(random.Random(label).randrange(10**9))  # noqa: S311 - invented
    form = {
        "form_id": f"R-{label}",
        "name": "示例甲乙",
        "party": "natural",
        "id_number": people.resident_id(chance),
        "phone": "13800138000",
        "industry": "教育-学校",
        "customer_type": "new",
        "consent_time": f"{DAY}T08:00:00+08:00",
    }
    line = json.dumps(form, ensure_ascii=False).encode()
    delivery_id = installation.put("website", line, name="forms.jsonl")
    assert installation.run("website")[delivery_id][2] == "loaded"
    query = text(
        "SELECT number, handle FROM register.record_version WHERE delivery_id = :id"
    )
    engine = installation.custody.warehouse(roles.WAREHOUSE_READER)
    with engine.begin() as connection:
        row = connection.execute(query, {"id": delivery_id}).one()
    return row.number, bytes(row.handle)


def end(custody: Custody, number: str) -> bytes:
    """Record that a customer deregistered; return the event's id."""
    today = custody.policy.today(custody.clock.now())
    told = custody.keep_retention.record(
        number, EventKind.DEREGISTRATION, today, reason=REASON, actor="olive"
    )
    assert told.answer is Answer.DONE
    return told.made_id


def raise_level(custody: Custody, number: str) -> None:
    """Give a customer of one low version a second one, whose level is high."""
    with custody.warehouse(roles.WAREHOUSE_OWNER).begin() as connection:
        connection.execute(
            text(
                "INSERT INTO register.record_version (handle, number, version,"
                " delivery_id, row, level, business_date, loaded_at)"
                " SELECT :handle, number, 2, delivery_id, 99, 'high', business_date,"
                " now() FROM register.record_version WHERE number = :number"
            ),
            {"number": number, "handle": os.urandom(16)},
        )
        connection.execute(
            text(
                "UPDATE register.record_version SET level = 'low'"
                " WHERE number = :number AND version = 1"
            ),
            {"number": number},
        )


def states(custody: Custody, number: str) -> set[str]:
    """Return the states of a customer's levels."""
    query = text("SELECT state FROM register.standing WHERE number = :number")
    with custody.warehouse(roles.WAREHOUSE_READER).begin() as connection:
        return set(connection.execute(query, {"number": number}).scalars())


def epochs(custody: Custody, handle: bytes) -> list[str]:
    """Return the epochs of a record's keys, as the exporter sees them."""
    found = custody.keyring(roles.KEYRING_EXPORTER).wrapped([handle])
    return sorted(str(EpochId.parse(one).purpose) for one in found["epoch"])


def is_shown(custody: Custody, handle: bytes) -> bool:
    """Whether people see a mask."""
    record = custody.views.record(handle)
    assert record is not None
    return record.shown is not None


def test_who_ends_is_hidden_at_once_then_restricted_and_comes_back_whole(
    installation: Installation,
) -> None:
    custody = installation.custody
    number, handle = bring(installation)
    bystander, other = bring(installation)

    event = end(custody, number)
    hidden = is_shown(custody, handle)
    custody.rebuild_projection()
    still_hidden = is_shown(custody, handle)
    custody.restrict_customers()
    kept = (states(custody, number), epochs(custody, handle))
    custody.rebuild_projection()
    unseen = is_shown(custody, handle)
    custody.keep_retention.withdraw(event, reason=REASON, actor="olive")
    back = custody.restrict_customers()
    custody.rebuild_projection()

    assert (hidden, still_hidden, unseen) == (False, False, False)
    assert kept[0] == {"storage_only"}
    assert set(kept[1]) == {"restricted"}
    assert sum(back.values()) >= 1
    assert states(custody, number) == set()
    assert set(epochs(custody, handle)) == {"live"}
    assert is_shown(custody, handle)
    assert is_shown(custody, other)
    assert states(custody, bystander) == set()


def test_only_the_destroyer_opens_what_is_restricted(
    installation: Installation,
) -> None:
    """The provider refuses, and the database shows the rebuilder live keys alone."""
    custody = installation.custody
    number, handle = bring(installation)
    end(custody, number)
    custody.restrict_customers()
    restricted = next(
        EpochId.parse(one)
        for one in custody.keyring(roles.KEYRING_EXPORTER).wrapped([handle])["epoch"]
    )

    for role in set(roles.KEYRING_ROLES) - {roles.KEYRING_DESTROYER}:
        with pytest.raises(KeyRestrictedError):
            custody.provider_as(role).open(restricted)
    rebuilder = custody.keyring(roles.KEYRING_REBUILDER)
    engine = custody.keyring_engine(roles.KEYRING_REBUILDER)

    assert len(custody.provider_as(roles.KEYRING_DESTROYER).open(restricted)) == 32
    assert rebuilder.wrapped([handle]).is_empty()
    with engine.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text("SELECT * FROM keyring.data_key"))


def test_without_the_guards_the_rebuilder_would_open_it(
    installation: Installation,
) -> None:
    """The twin: keys as the exporter sees them, and the provider unguarded."""
    custody = installation.custody
    number, handle = bring(installation)
    end(custody, number)
    custody.restrict_customers()
    query = text(
        "SELECT handle, level, sealed, key_id, digest FROM register.sealed_value"
        " WHERE handle = :handle"
    )
    with custody.warehouse(roles.WAREHOUSE_REBUILDER).begin() as connection:
        rows = connection.execute(query, {"handle": handle}).mappings().all()
    opener = Opener(
        policy=custody.policy,
        keyring=custody.keyring(roles.KEYRING_EXPORTER),
        provider=custody.provider_as(roles.KEYRING_DESTROYER),
    )

    opened = list(opener.each(pl.DataFrame([dict(row) for row in rows])))

    assert len(opened) == len(rows) > 0


@pytest.mark.parametrize("point", sorted(kill_points("restrict.")))
def test_killed_at_any_step_the_next_run_converges(
    installation: Installation, point: str
) -> None:
    """Tested = found: every `restrict.` point is passed and ended at."""
    custody = installation.custody
    number, handle = bring(installation)
    raised = point.startswith("restrict.raised.")
    if raised:
        raise_level(custody, number)
    else:
        event = end(custody, number)
    if point.startswith("restrict.return."):
        custody.restrict_customers()
        custody.keep_retention.withdraw(event, reason=REASON, actor="olive")
    heard: list[str] = []

    def ear(step: str) -> None:
        heard.append(step)
        if step == point:
            raise KilledError

    killed = open_custody(custody.settings, reached=ear)
    with pytest.raises(KilledError):
        killed.restrict_customers()
    open_custody(custody.settings, reached=pass_by).restrict_customers()

    returned = point.startswith("restrict.return.")
    purposes = epochs(custody, handle)
    assert heard[-1] == point
    stays = returned or raised
    assert states(custody, number) == (set() if stays else {"storage_only"})
    if raised:
        assert purposes.count("restricted") == 1  # of the low level alone
    else:
        assert set(purposes) == {"live" if returned else "restricted"}


def test_the_registrar_restricts_nobody(installation: Installation) -> None:
    """Keys are moved by the destroyer alone: no other role may change one."""
    for role in set(roles.KEYRING_ROLES[1:]) - {roles.KEYRING_DESTROYER}:
        engine = installation.custody.keyring_engine(role)
        with engine.connect() as connection, pytest.raises(ProgrammingError):
            connection.execute(text("UPDATE keyring.data_key SET epoch = epoch"))
