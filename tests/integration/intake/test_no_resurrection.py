"""Through the whole intake: who was destroyed comes back by no delivery (R69).

What a destruction does to tokens is done here by hand: they leave their marks, and
are deleted; the survivors' move to another index key, and the old one dies.
"""

import datetime as dt
import io
from collections.abc import Sequence
from unittest.mock import patch

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.warehouse import register
from custody.domain.delivery import DeliveryId
from custody.domain.epochs import EpochId
from custody.domain.outcome import Tally
from custody.errors import KeyDestroyedError
from tests.builders.deliveries import DAY
from tests.builders.installation import STEPS, Installation
from tests.integration.intake.test_register_reclassify import (
    CONTACT,
    RAISED,
    Bench,
    ask,
    bench,
)

__all__ = ["bench"]  # a fixture of the register's road, here too

pytestmark = pytest.mark.integration

SOURCE = "test_partner"
NEXT = DAY + dt.timedelta(days=1)


def rows(*names: str, amount: int = 90_000) -> bytes:
    """Return the file of some companies."""
    lines = ["id,name,person,mobile,amount"]
    lines += [
        f"{name},示例{name}公司,{CONTACT},13800137{at:03},{amount}"
        for at, name in enumerate(names)
    ]
    return "\n".join([*lines, ""]).encode()


def bring(
    bench: Installation, *names: str, day: dt.date = DAY, amount: int = 90_000
) -> Tally:
    """Deliver companies, and take the delivery its whole way."""
    content = io.BytesIO(rows(*names, amount=amount))
    key = bench.custody.deliver(SOURCE, {"rows.csv": content}, business_date=day)
    bench.run(SOURCE)
    return bench.tally(key.delivery_id)


def numbers_of(bench: Installation, delivery_id: str) -> list[str]:
    """Return the customers that a delivery founded, in row order."""
    query = (
        "SELECT number FROM register.record_version"
        " WHERE delivery_id = :id ORDER BY row"
    )
    with bench.custody.loader.begin() as connection:
        return list(connection.execute(text(query), {"id": delivery_id}).scalars())


def found(bench: Installation, *names: str) -> list[str]:
    """Deliver new companies; return their numbers."""
    content = io.BytesIO(rows(*names))
    key = bench.custody.deliver(SOURCE, {"rows.csv": content}, business_date=DAY)
    bench.run(SOURCE)
    return numbers_of(bench, key.delivery_id)


def forget(bench: Installation, numbers: Sequence[str]) -> None:
    """Delete the tokens of customers, as a destruction does."""
    engine = bench.custody.warehouse(roles.WAREHOUSE_DESTROYER)
    with engine.begin() as connection:
        for table in ("token", "row_token"):
            delete = f"DELETE FROM register.{table} WHERE number = ANY(:numbers)"  # noqa: S608 - ours
            connection.execute(text(delete), {"numbers": list(numbers)})


def destroy(bench: Installation, numbers: Sequence[str]) -> int:
    """Leave marks, then delete the tokens; return how many marks."""
    marks = bench.custody.suppress_customers(numbers, destroyed_on=DAY)
    forget(bench, numbers)
    return marks


def test_a_replay_is_refused_and_what_is_collected_later_is_new(bench: Bench) -> None:
    now = bench()
    (number,) = found(now, "R1")

    marks = destroy(now, [number])
    replayed = bring(now, "R1", amount=1)
    later = bring(now, "R1", day=NEXT, amount=2)

    assert marks == 2  # its id here, and its name, by which another source matches
    assert replayed == Tally(read=1, refused=1)
    assert later == Tally(read=1, loaded=1)


def test_twin_without_suppression_they_are_founded_again(bench: Bench) -> None:
    now = bench()
    (number,) = found(now, "T1")
    destroy(now, [number])

    with patch.object(register, "assign_suppressed", return_value=False):
        replayed = bring(now, "T1", amount=1)

    assert replayed == Tally(read=1, loaded=1)


def test_survivors_are_known_again_after_the_index_key_has_died(bench: Bench) -> None:
    now = bench()
    gone, kept = found(now, "S1", "S2")
    destroy(now, [gone])
    before = now.custody.births.index_epochs.open_number()

    reindex = now.custody.reindex_tokens
    with now.custody.exclusively():
        turn = reindex.succeed()
        moved = reindex.reencrypt()
        state = reindex.end(turn)
    again = bring(now, "S2", "S1", amount=2)

    assert (turn.old, turn.new) == (before, before + 1)
    assert moved
    assert state.name == "destroyed"
    with pytest.raises(KeyDestroyedError):
        now.custody.provider.open(EpochId.parse(f"index/-/{before}"))
    assert again == Tally(read=2, loaded=1, refused=1)
    with now.custody.loader.begin() as connection:
        query = (
            "SELECT max(version) FROM register.record_version WHERE number = :number"
        )
        assert connection.execute(text(query), {"number": kept}).scalar() == 2
    assert again.loaded == 1


def test_a_delivery_sealed_before_the_destruction_is_told_apart(bench: Bench) -> None:
    """Its marks were staged when nobody was suppressed yet."""
    now = bench()
    (number,) = found(now, "B1")
    content = io.BytesIO(rows("B1", "B2", amount=3))
    key = now.custody.deliver(SOURCE, {"rows.csv": content}, business_date=DAY)
    now.run(SOURCE, steps=STEPS[:2])

    destroy(now, [number])
    loaded = now.custody.load(key.delivery_id)

    assert loaded == "loaded"
    assert now.tally(key.delivery_id) == Tally(read=2, loaded=1, refused=1)


def examined_again(
    bench: Bench, label: str
) -> tuple[str, str, Installation, list[DeliveryId]]:
    """Reclassify two customers, one of whom leaves meanwhile.

    Returns who leaves, who stays, and the installation with the deliveries to run.
    """
    gone, kept = found(bench(), f"{label}1", f"{label}2")
    raised = bench(RAISED)
    deliveries = [key.delivery_id for key in ask(raised).deliveries]
    destroy(raised, [gone])
    return gone, kept, raised, deliveries


def test_a_customer_who_is_examined_again_does_not_come_back(bench: Bench) -> None:
    """The rows of a reclassification are matched to nobody, and pinned: marks hold."""
    gone, kept, raised, deliveries = examined_again(bench, "P")

    raised.run(SOURCE)

    renewed = [one for each in deliveries for one in numbers_of(raised, each)]
    assert kept in renewed
    assert gone not in renewed
    assert sum(raised.tally(one).refused for one in deliveries)


def test_twin_without_suppression_who_is_examined_again_comes_back(
    bench: Bench,
) -> None:
    """Under their own number: a row that is pinned asks no token."""
    gone, kept, raised, deliveries = examined_again(bench, "Q")

    with patch.object(register, "assign_suppressed", return_value=False):
        raised.run(SOURCE)

    renewed = [one for each in deliveries for one in numbers_of(raised, each)]
    assert {gone, kept} <= set(renewed)


def test_marks_expire_with_an_entry(bench: Bench) -> None:
    now = bench()
    (number,) = found(now, "E1")
    destroy(now, [number])
    standing = "SELECT count(*) FROM register.suppression"
    with now.custody.loader.begin() as connection:
        before = connection.execute(text(standing)).scalar_one()

    use = now.custody.expire_suppressions
    early = use.suppressions.expire(DAY)
    late = use.suppressions.expire(dt.date.max)

    assert (early, late) == (0, before)
    assert use() == 0
