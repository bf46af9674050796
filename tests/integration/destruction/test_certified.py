"""The end of a destruction is certified, handed over, and closed by what is seen."""

import datetime as dt

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.application.ports.certificates import KeptCertificate
from custody.application.ports.destruction_book import Run
from custody.application.retention import Answer, EventKind
from custody.bootstrap import Custody
from custody.crypto import signing
from custody.domain.certificate import DestructionCertificate
from custody.domain.certificate_check import judge_certificate, judge_receipt
from custody.domain.certificate_form import read_certificate
from custody.domain.observations import Copy
from tests.builders.destructions import LONG_AGO, bring, leave, signed_plan
from tests.builders.installation import Installation
from tests.fakes.world import FixedClock

pytestmark = pytest.mark.integration


def _pin(custody: Custody) -> str:
    own = custody.public_keys.certificate
    assert own is not None
    return signing.fingerprint(own)


def _kept(custody: Custody) -> tuple[KeptCertificate, ...]:
    return tuple(custody.certificates_as(roles.WAREHOUSE_READER).all())


@pytest.fixture(scope="module")
def destroyed(installation: Installation) -> Custody:
    """An installation after one destruction."""
    custody = installation.custody
    persons = bring(installation, 4, seed=77)
    asked = custody.keep_retention.record(
        persons[1].number,
        EventKind.DELETION_REQUEST,
        LONG_AGO,
        reason="asked in writing",
        actor="test",
    )
    assert asked.answer is Answer.DONE
    leave(custody, persons[0], persons[1])
    run = custody.destroy(signed_plan(custody).digest)
    assert isinstance(run, Run), run
    return custody


def test_the_certificate_holds_offline_and_names_every_copy(destroyed: Custody) -> None:
    kept, *_ = _kept(destroyed)

    judged = judge_certificate(
        kept.content, verify=signing.verify_labelled, pins={_pin(destroyed)}
    )

    assert judged.holds
    assert judged.found is not None
    stated = judged.found.certificate
    assert isinstance(stated, DestructionCertificate)
    assert {one.copy for one in stated.destruction.observations} == set(Copy)
    assert stated.destruction.media == {medium.name for medium in destroyed.media}
    assert stated.destruction.customers == 2


def test_who_asked_gets_a_receipt_once_and_nobody_else_does(
    destroyed: Custody,
) -> None:
    """The salt is in the database for them alone, and gone when it is handed over."""
    kept, *_ = _kept(destroyed)
    query = text("SELECT number, salt FROM destruction.customer ORDER BY number")
    with transaction(destroyed.destroyer, "look") as connection:
        (other, none), (mine, salt) = sorted(
            connection.execute(query).all(), key=lambda row: row.salt is not None
        )

    assert none is None
    assert len(salt) == 16
    assert destroyed.make_receipt(kept.certificate_id, other) == "no_salt"
    receipt = destroyed.make_receipt(kept.certificate_id, mine)
    assert isinstance(receipt, bytes)
    assert judge_receipt(
        receipt, verify=signing.verify_labelled, pins={_pin(destroyed)}
    ).holds
    destroyed.make_receipt.handed_over(kept.certificate_id, mine)
    assert destroyed.make_receipt(kept.certificate_id, mine) == "no_salt"


def test_it_is_closed_when_the_last_escrow_is_seen_gone(destroyed: Custody) -> None:
    """Not a day before: escrows are locked, then removed, then seen to be gone."""
    kept, *_ = _kept(destroyed)
    stated = read_certificate(kept.content).certificate
    assert isinstance(stated, DestructionCertificate)
    assert destroyed.remove_escrows() == {m.name: 0 for m in destroyed.media}
    (early,) = destroyed.close_destructions()
    assert {str(one) for one in early.reasons} >= {
        f"still_there: {medium.name}" for medium in destroyed.media
    }

    destroyed.clock = FixedClock(  # type: ignore[assignment]
        dt.datetime.combine(
            stated.expected_from + dt.timedelta(days=1), dt.time(4), tzinfo=dt.UTC
        )
    )
    removed = destroyed.remove_escrows()
    (closed,) = destroyed.close_destructions()

    assert all(removed.values()), removed
    assert closed.certificate_id is not None, closed
    assert destroyed.close_destructions() == ()
    assert [one.kind for one in _kept(destroyed)] == ["destruction", "closing"]
    last = _kept(destroyed)[-1]
    assert judge_certificate(
        last.content, verify=signing.verify_labelled, pins={_pin(destroyed)}
    ).holds
